"""The workbook reader takes what the data dictionary allows and names everything else by worksheet and cell."""

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.factories import OWN, bin_of, clean, excel
from tests.support.workbook_reading import ASKED, BODY, KINDS, ORDER, OTHER, book, errors, good, of_type, read


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


@pytest.mark.parametrize(
    "about, expected",
    [
        ({"year": 2024}, [("about", "B2", "order", "missing_key")]),
        ({"order": None, "year": 2024}, [("about", "B1", "order", "missing_key")]),
        ({"order": "47-2022", "year": None}, [("about", "B2", "year", "missing_key")]),
        ({"order": "193-2015", "year": 2024}, [("about", "B1", "order", "wrong_order")]),
        ({"order": "47-2022", "year": "soon"}, [("about", "B2", "year", "wrong_year")]),
        ({"order": "47-2022", "year": 2021}, [("about", "B2", "year", "order_not_in_effect")]),
        ({}, [("about", "B1", "order", "missing_key"), ("about", "B2", "year", "missing_key")]),
        ({"year": "2024 ", "order": " 47-2022", "made by": "clerk"}, None),
    ],
)
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
        ("about", None, None, "missing_worksheet"),
        (KINDS[0], "C4", "bin", "not_bin"),
        ("Лист1", None, None, "unknown_worksheet"),
    ]


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
    from tests.support.factories import frame, small_domain

    rule = next(rule for rule in ORDER.contradictions if rule.code == code)
    names = sorted(codes(rule.when))
    for values in itertools.product(*(small_domain(ORDER, ORDER.by_code[name]) for name in names)):
        answers = dict(zip(names, values, strict=True))
        if certain(evaluate(ORDER, rule.when, frame(ORDER, KINDS[1], [""], [""], [answers])))[0]:
            return answers
    raise AssertionError(code)


def test_previous() -> None:
    rows = {KINDS[0]: [good(KINDS[0])]}
    bad = [
        {"body_bin": BODY, "kind": KINDS[0], "loss_making": -1},
        {"body_bin": BODY, "kind": "shop", "loss_making": 1},
        {"body_bin": BODY, "kind": KINDS[0], "loss_making": 1},
        {"body_bin": "1", "kind": None, "loss_making": 1.5},
    ]
    assert errors(book(rows, previous=bad)) == [
        ("previous", "C4", "loss_making", "negative"),
        ("previous", "B5", "kind", "not_kind"),
        ("previous", "A6", "body_bin", "duplicate_row"),
        ("previous", "A7", "body_bin", "not_bin"),
        ("previous", "B7", "kind", "missing_value"),
        ("previous", "C7", "loss_making", "not_whole"),
    ]


def test_errors_and_formulas_without_values_are_found() -> None:
    kind = KINDS[0]
    money, whole = of_type(kind, "money"), of_type(kind, "whole", 0)
    found = errors(book({kind: [good(kind, **{money: "=1+1", whole: "#N/A"})]}))
    assert [each[2:] for each in found] == [(money, "formula_without_value"), (whole, "excel_error")]


def test_a_formula_with_its_value_is_taken() -> None:
    kind = KINDS[0]
    money = of_type(kind, "money")
    data = _patched(
        book({kind: [good(kind, **{money: "=1+1"})]}),
        b"<f>1+1</f><v></v>",
        b"<f>1+1</f><v>2</v>",
        b"<f>1+1</f><v />",
        b"<f>1+1</f><v/>",
    )
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
    rows = {kind: [good(kind, bin_of(20 + n), **dict.fromkeys(ASKED[kind], "?!"))] for n, kind in enumerate(KINDS)}
    found = errors(book(rows))
    assert [(each[0], each[2]) for each in found] == [(kind, code) for kind in KINDS for code in ASKED[kind]]


Change = Callable[[Any], None]


@pytest.mark.parametrize(
    "make",
    [
        lambda: b"",
        lambda: b"PK",
        lambda: b"hello;world\n",
        lambda: b"PK\x03\x04" + bytes(200),
        lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        lambda: _zip({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}),
        lambda: _zip({"xl/workbook.xml": b"<no"}),
        lambda: _zip({"xl/workbook.xml": b"<workbook/>"}),
        lambda: book({})[:-300],
    ],
)
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
