"""The workbook reader takes what the data dictionary allows and names everything else by worksheet and cell."""

import io
import zipfile
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

import pytest

from evaluation.collection.problems import Refused
from evaluation.collection.workbook.reader import Workbook, read_workbook
from evaluation.criteria import load_orders
from evaluation.language import CODES, language
from tests.factories import OWN, bin_of, clean, excel, row, workbook

ORDERS = load_orders()
ORDER = ORDERS.latest
BODY, OTHER = bin_of(1), bin_of(2)
KINDS = tuple(ORDER.kind)
ASKED = {kind: [item.code for item in ORDER.asked_of(kind)] for kind in KINDS}


def good(kind: str, own: str = bin_of(10), **cells: Any) -> dict[str, Any]:
    return row(ORDER, BODY, own, clean(ORDER, kind), **cells)


def of_type(kind: str, type_: str, minimum: int | None = None) -> str:
    """An indicator's code by what it is."""
    return next(item.code for item in ORDER.asked_of(kind) if item.type == type_ and item.min == minimum and not item.asked_when)


def errors(data: bytes) -> list[tuple[str | None, str | None, str | None, str]]:
    with pytest.raises(Refused) as refused:
        read_workbook(data, ORDERS)
    for problem in refused.value.problems:
        for code in CODES:
            assert problem.message(language(code)).strip(), problem
    return [(each.worksheet, each.cell, each.code, each.problem) for each in refused.value.problems]


def read(data: bytes) -> Workbook:
    return read_workbook(data, ORDERS)


def book(rows: Mapping[str, list[dict[str, Any]]], **options: Any) -> bytes:
    return workbook(ORDER, 2024, rows, **options)


def test_a_clean_workbook_is_read_as_it_was_meant() -> None:
    given = {kind: [good(kind, bin_of(10 + n))] for n, kind in enumerate(KINDS)}
    found = read(book(given, previous=[{"body_bin": BODY, "kind": KINDS[0], "loss_making": 3}]))
    assert (found.order.code, found.year, found.names) == (ORDER.code, 2024, {BODY: f"Әкімдік {BODY}"})
    for kind in KINDS:
        stored = {code: column[0] for code, column in found.sheets[kind].columns.items() if code in ASKED[kind]}
        assert {code: value for code, value in stored.items() if value is not None} == clean(ORDER, kind)
    assert list(found.declared().values()) == [3]
    assert found.warnings == []


def test_columns_may_stand_in_any_order_and_unnamed_ones_are_ignored() -> None:
    kind = KINDS[1]
    columns = ["", *reversed([*OWN, *ASKED[kind]]), ""]
    found = read(book({kind: [good(kind) | {"": "anything"}]}, columns={kind: columns}))
    assert found.sheets[kind].columns["bin"] == [bin_of(10)]


def test_blank_rows_are_passed_over_and_cells_keep_their_names() -> None:
    kind = KINDS[0]
    money = of_type(kind, "money")
    rows = [good(kind), {}, {"name": "   "}, good(kind, bin_of(11), **{money: "много"})]
    assert errors(book({kind: rows})) == [(kind, "E7", money, "not_money")]


@pytest.mark.parametrize("cell, stored", [
    (1234.5, 123450), (0, 0), (-0.01, -1), ("12 500 000,50", 1250000050), ("12\u00a0500.5", 1250050), ("-3", -300), ("−3,1", -310),
    (0.1 + 0.2, 30), (90071992547409.91, 9007199254740991), (None, None), ("  ", None), (123456789012.35, 12345678901235),
])
def test_money(cell: Any, stored: int | None) -> None:
    kind = KINDS[0]
    code = of_type(kind, "money")
    assert read(book({kind: [good(kind, **{code: cell})]})).sheets[kind].columns[code] == [stored]


@pytest.mark.parametrize("cell, problem", [
    (12.345, "too_many_decimals"), ("12,345", "too_many_decimals"), ("12,500", "too_many_decimals"), (1e14, "too_large_amount"),
    ("1,234.50", "not_money"), ("тысяча", "not_money"), (True, "not_money"), (date(2024, 1, 1), "not_money"), ("1e5", "not_money"),
    ("(100)", "not_money"), ("٣", "not_money"),
])
def test_not_money(cell: Any, problem: str) -> None:
    kind = KINDS[0]
    code = of_type(kind, "money")
    assert errors(book({kind: [good(kind, **{code: cell})]})) == [(kind, "E4", code, problem)]


@pytest.mark.parametrize("cell, problem", [(-1, "negative"), (1.5, "not_whole"), ("two", "not_whole"), (True, "not_whole"), ("-2", "negative"),
                                          (1e16, "too_large_number")])
def test_not_whole(cell: Any, problem: str) -> None:
    kind = KINDS[0]
    code = of_type(kind, "whole", 0)
    [found] = errors(book({kind: [good(kind, **{code: cell})]}))
    assert (found[0], found[2], found[3]) == (kind, code, problem)


@pytest.mark.parametrize("cell, stored", [
    (date(2025, 5, 31), "2025-05-31"), (datetime(2025, 5, 31, 10, 30), "2025-05-31"), ("2025-05-31", "2025-05-31"),
    ("31.05.2025", "2025-05-31"), (" 1.6.2025 ", "2025-06-01"),
])
def test_dates(cell: Any, stored: str) -> None:
    kind = KINDS[1]
    dated = next(item for item in ORDER.asked_of(kind) if item.type == "date")
    amount = ORDER.asked_of(kind)[[item.code for item in ORDER.asked_of(kind)].index(dated.code) - 1].code
    assert read(book({kind: [good(kind, **{dated.code: cell, amount: 5})]})).sheets[kind].columns[dated.code] == [stored]


@pytest.mark.parametrize("cell", ["31.02.2025", "2025/05/31", "05-31-2025", 45808, True, "вчера", "31.05.25"])
def test_not_dates(cell: Any) -> None:
    kind = KINDS[1]
    code = next(item.code for item in ORDER.asked_of(kind) if item.type == "date")
    [found] = errors(book({kind: [good(kind, **{code: cell})]}))
    assert found[2:] == (code, "not_date")


@pytest.mark.parametrize("cell, stored", [("yes", True), ("YES", True), ("Иә", True), ("ИӘ", True), ("да", True), ("Да ", True), (True, True),
                                         ("no", False), ("Жоқ", False), ("ЖОҚ", False), ("НЕТ", False), (False, False), ("", None)])
def test_yes_and_no_in_three_languages(cell: Any, stored: bool | None) -> None:
    kind = KINDS[1]
    code = ASKED[kind][-1]
    assert read(book({kind: [good(kind, **{code: cell})]})).sheets[kind].columns[code] == [stored]


@pytest.mark.parametrize("cell", [1, 0, "y", "иа", "нетт", date(2024, 1, 1)])
def test_neither_yes_nor_no(cell: Any) -> None:
    kind = KINDS[1]
    code = ASKED[kind][-1]
    [found] = errors(book({kind: [good(kind, **{code: cell})]}))
    assert found[2:] == (code, "not_yes_no")


def test_choices_by_code_and_by_every_label() -> None:
    kind = KINDS[0]
    item = next(item for item in ORDER.asked_of(kind) if item.type == "choice")
    for choice in ORDER.choices[str(item.choices)]:
        for label in (choice.value, *choice.label.everywhere()):
            for form in (label, label.upper(), f" {label} "):
                assert read(book({kind: [good(kind, **{item.code: form})]})).sheets[kind].columns[item.code] == [choice.value]
    [found] = errors(book({kind: [good(kind, **{item.code: "maybe"})]}))
    assert found[2:] == (item.code, "not_choice")


def test_bins() -> None:
    kind = KINDS[0]
    padded = "001240000" + next(str(n) for n in range(100, 999) if _valid(f"001240000{n}"))
    assert read(book({kind: [good(kind, int(padded))]})).sheets[kind].columns["bin"] == [padded]
    wrong = bin_of(10)[:-1] + str((int(bin_of(10)[-1]) + 1) % 10)
    for cell, problem in ((wrong, "bin_check_digit"), ("200340000200", "bin_check_digit"), ("12345", "not_bin"), (None, "missing_value"),
                          ("абв", "not_bin"), (12.5, "not_bin"), (True, "not_bin"), (-5, "not_bin")):
        assert errors(book({kind: [good(kind, cell)]})) == [(kind, "C4", "bin", problem)], cell


def _valid(bin_: str) -> bool:
    from idnumbers.nationalid.kaz.util import checksum

    return checksum(bin_) == int(bin_[-1])


def test_one_bin_twice_is_an_error_at_the_later_row_in_any_worksheet() -> None:
    first, second = KINDS[0], KINDS[1]
    rows = {second: [good(second)], first: [good(first), good(first) | {"body_bin": OTHER}]}
    assert errors(book(rows)) == [(first, "C5", "bin", "duplicate_bin"), (second, "C4", "bin", "duplicate_bin")]


def test_a_body_may_be_its_own_organisation() -> None:
    kind = KINDS[0]
    assert read(book({kind: [good(kind, BODY)]})).names == {BODY: f"Әкімдік {BODY}"}


def test_one_body_under_two_names_is_a_warning() -> None:
    kind = KINDS[0]
    found = read(book({kind: [good(kind), good(kind, bin_of(11), body_name="Басқа")]}))
    assert [(w.problem, w.cell) for w in found.warnings] == [("other_name", "B5")]
    assert found.names == {BODY: f"Әкімдік {BODY}"}


def test_headings() -> None:
    kind = KINDS[0]
    foreign = next(code for code in ASKED[KINDS[1]] if code not in ASKED[kind])
    columns = [*OWN, *ASKED[kind][1:], "nonsense", foreign, ASKED[kind][1]]
    end = len(columns)
    bad_row = good(kind, **{ASKED[kind][-1]: "x"})
    found = errors(book({kind: [bad_row]}, columns={kind: columns}))
    place = columns.index(ASKED[kind][-1])
    assert found == [
        (kind, "A1", ASKED[kind][0], "missing_column"),
        (kind, f"{_letter(end - 3)}1", "nonsense", "unknown_column"),
        (kind, f"{_letter(end - 2)}1", foreign, "column_not_asked"),
        (kind, f"{_letter(end - 1)}1", ASKED[kind][1], "duplicate_column"),
        (kind, f"{_letter(place)}4", ASKED[kind][-1], "not_whole"),
    ]


def _letter(place: int) -> str:
    from openpyxl.utils import get_column_letter

    return get_column_letter(place + 1)


@pytest.mark.parametrize("about, expected", [
    ({"year": 2024}, [("about", "B2", "order", "missing_key")]),
    ({"order": None, "year": 2024}, [("about", "B1", "order", "missing_key")]),
    ({"order": "47-2022", "year": None}, [("about", "B2", "year", "missing_key")]),
    ({"order": "193-2015", "year": 2024}, [("about", "B1", "order", "wrong_order")]),
    ({"order": "47-2022", "year": "soon"}, [("about", "B2", "year", "wrong_year")]),
    ({"order": "47-2022", "year": 2021}, [("about", "B2", "year", "order_not_in_effect")]),
    ({}, [("about", "B1", "order", "missing_key"), ("about", "B2", "year", "missing_key")]),
    ({"year": "2024 ", "order": " 47-2022", "made by": "clerk"}, None),
])
def test_about(about: dict[str, Any], expected: Any) -> None:
    data = book({KINDS[0]: [good(KINDS[0])]}, about=about)
    if expected is None:
        assert read(data).year == 2024
    else:
        assert errors(data) == expected


def test_other_worksheets() -> None:
    def change(made: Any) -> None:
        made.create_sheet("Лист1")
        made.create_sheet("_mine")
        del made["about"]

    assert errors(book({KINDS[0]: [good(KINDS[0], "1")]}, change=change)) == [
        ("about", None, None, "missing_worksheet"), (KINDS[0], "C4", "bin", "not_bin"), ("Лист1", None, None, "unknown_worksheet")]


def test_contradictions_name_their_cell() -> None:
    kind = KINDS[1]
    columns = [*OWN, *ASKED[kind]]
    for rule in ORDER.contradictions:
        answers = _answers_for(rule.code)
        found = errors(book({kind: [good(kind, **{code: excel(ORDER, code, value) for code, value in answers.items()})]}))
        assert (kind, f"{_letter(columns.index(rule.at))}4", rule.at, rule.code) in found
    date_beside_blank = next(rule for rule in ORDER.contradictions if ORDER.by_code[rule.at].type == "date")
    amount = next(iter(_amount_of(date_beside_blank)))
    assert read(book({kind: [good(kind, **{date_beside_blank.at: "2025-05-31", amount: None})]}))


def _amount_of(rule: Any) -> set[str]:
    from evaluation.criteria.expressions import codes

    return set(codes(rule.when)) - {rule.at}


def _answers_for(code: str) -> dict[str, Any]:
    """Answers that the contradiction of this code speaks of, found by trying."""
    import itertools

    from evaluation.criteria.expressions import codes
    from evaluation.scoring.conditions import certain, evaluate
    from tests.factories import frame, small_domain

    rule = next(rule for rule in ORDER.contradictions if rule.code == code)
    names = sorted(codes(rule.when))
    for values in itertools.product(*(small_domain(ORDER, ORDER.by_code[name]) for name in names)):
        answers = dict(zip(names, values, strict=True))
        if certain(evaluate(ORDER, rule.when, frame(ORDER, KINDS[1], [""], [""], [answers])))[0]:
            return answers
    raise AssertionError(code)


def test_previous() -> None:
    rows = {KINDS[0]: [good(KINDS[0])]}
    bad = [{"body_bin": BODY, "kind": KINDS[0], "loss_making": -1}, {"body_bin": BODY, "kind": "shop", "loss_making": 1},
           {"body_bin": BODY, "kind": KINDS[0], "loss_making": 1}, {"body_bin": "1", "kind": None, "loss_making": 1.5}]
    assert errors(book(rows, previous=bad)) == [
        ("previous", "C4", "loss_making", "negative"), ("previous", "B5", "kind", "not_kind"),
        ("previous", "A6", "body_bin", "duplicate_row"), ("previous", "A7", "body_bin", "not_bin"),
        ("previous", "B7", "kind", "missing_value"), ("previous", "C7", "loss_making", "not_whole")]


def test_errors_and_formulas_without_values_are_found() -> None:
    kind = KINDS[0]
    money, whole = of_type(kind, "money"), of_type(kind, "whole", 0)
    found = errors(book({kind: [good(kind, **{money: "=1+1", whole: "#N/A"})]}))
    assert [each[2:] for each in found] == [(money, "formula_without_value"), (whole, "excel_error")]


def test_a_formula_with_its_value_is_taken() -> None:
    kind = KINDS[0]
    money = of_type(kind, "money")
    data = _patched(book({kind: [good(kind, **{money: "=1+1"})]}), b"<f>1+1</f><v></v>", b"<f>1+1</f><v>2</v>",
                    b"<f>1+1</f><v />", b"<f>1+1</f><v/>")
    assert read(data).sheets[kind].columns[money] == [200]


def _patched(data: bytes, old: bytes, new: bytes, *others: bytes) -> bytes:
    out, done = io.BytesIO(), False
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            for each in (old, *others):
                done = done or each in content
                content = content.replace(each, new)
            target.writestr(name, content)
    assert done
    return out.getvalue()


def test_all_errors_come_at_once_in_order() -> None:
    rows = {kind: [good(kind, bin_of(20 + n), **{code: "?!" for code in ASKED[kind]})] for n, kind in enumerate(KINDS)}
    found = errors(book(rows))
    assert [(each[0], each[2]) for each in found] == [(kind, code) for kind in KINDS for code in ASKED[kind]]


Change = Callable[[Any], None]


@pytest.mark.parametrize("make", [
    lambda: b"", lambda: b"PK", lambda: b"hello;world\n", lambda: b"PK\x03\x04" + bytes(200), lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
    lambda: _zip({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}), lambda: _zip({"xl/workbook.xml": b"<no"}),
    lambda: _zip({"xl/workbook.xml": b"<workbook/>"}), lambda: book({})[:-300],
])
def test_other_files_are_refused_as_a_whole(make: Callable[[], bytes]) -> None:
    found = errors(make())
    assert found[0][3] in {"not_a_workbook", "damaged", "missing_worksheet"}


def _zip(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    parts = {"xl/workbook.xml": b"<workbook/>", "xl/worksheets/sheet1.xml": bytes(300 * 2**20)}
    assert errors(_zip(parts)) == [(None, None, None, "too_large")]


def test_a_filled_cell_far_out_is_refused_and_a_blank_one_is_not() -> None:
    kind = KINDS[0]

    def far(made: Any) -> None:
        made[kind]["XFD1048576"] = 1

    def blank(made: Any) -> None:
        made[kind]["XFD1048576"].number_format = "0.00"

    assert errors(book({kind: [good(kind)]}, change=far)) == [(None, None, None, "too_many_rows")]
    assert read(book({kind: [good(kind)]}, change=blank)).names
