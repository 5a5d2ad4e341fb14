"""The workbook reader accepts what the data dictionary allows and reports everything else by worksheet and cell."""

import io
import unicodedata
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from evaluation.answers.issues import WorkbookRejected
from evaluation.language import heading, language
from evaluation.workbooks.format.worksheet_titles import labels_of, titles
from tests.support.factories import REGISTRY_COLUMNS, bin_of, clean, excel
from tests.support.workbook_reading import BODY, INDICATOR_CODES, KINDS, ORDER, OTHER, book, errors, good, of_type, read


def test_a_valid_workbook_is_read_completely() -> None:
    rows = {kind: [good(kind, bin_of(10 + n))] for n, kind in enumerate(KINDS)}
    result = read(book(rows, previous=[{"body_bin": BODY, "kind": KINDS[0], "loss_making": 3}]))
    assert (result.order.code, result.year, result.body_names) == (ORDER.code, 2024, {BODY: f"Әкімдік {BODY}"})
    for kind in KINDS:
        stored = {code: column[0] for code, column in result.worksheets[kind].columns.items() if code in INDICATOR_CODES[kind]}
        assert {code: value for code, value in stored.items() if value is not None} == clean(ORDER, kind)
    assert list(result.prior_year_counts().values()) == [3]
    assert result.warnings == []


@pytest.mark.parametrize("code", ["kk", "ru", "en"])
def test_worksheets_are_named_by_code_or_by_their_title_in_any_language(code: str) -> None:
    names = titles(labels_of(ORDER), language(code))
    assert len({*names.values()}) == len(names) and all(len(name) <= 31 for name in names.values())

    def file_name(worksheet: str) -> str:
        title = names[worksheet]
        return title if title == worksheet else title.upper()

    def rename(opened: Any) -> None:
        for sheet in opened.worksheets:
            sheet.title = file_name(sheet.title)

    kind = KINDS[1]
    rows = {kind: [good(kind)], KINDS[0]: [good(KINDS[0], bin_of(11))]}
    previous = [{"body_bin": BODY, "kind": kind, "loss_making": 3}]
    result = read(book(rows, previous=previous, change=rename))
    assert set(result.worksheets) == set(rows) and list(result.prior_year_counts().values()) == [3]
    assert result.titles[kind] == file_name(kind)
    rows[KINDS[0]] = [good(KINDS[0], bin_of(10), name="Мектеп")]
    with pytest.raises(WorkbookRejected) as error:
        read(book(rows, change=rename))
    [issue] = error.value.issues
    assert (issue.worksheet, issue.cell) == (kind, "C4") and issue.title == file_name(kind)
    assert file_name(KINDS[0]) in issue.message(language(code)) and issue.organisation.endswith(f"({bin_of(10)})")
    assert issue.as_json(language(code))["worksheet"] == kind, "the contract of the JSON"


def test_two_worksheets_of_one_kind_are_an_error() -> None:
    kind = KINDS[0]

    def add(opened: Any) -> None:
        opened.create_sheet(heading(ORDER.kinds[0].plural.ru))

    title = heading(ORDER.kinds[0].plural.ru)
    assert errors(book({kind: [good(kind)]}, change=add)) == [(title, None, None, "duplicate_worksheet")]


def test_columns_have_any_order_and_columns_without_heading_are_ignored() -> None:
    kind = KINDS[1]
    columns = ["", *reversed([*REGISTRY_COLUMNS, *INDICATOR_CODES[kind]]), ""]
    result = read(book({kind: [good(kind) | {"": "anything"}]}, columns={kind: columns}))
    assert result.worksheets[kind].columns["bin"] == [bin_of(10)]


def test_blank_rows_are_skipped_and_cells_have_their_names_in_the_file() -> None:
    kind = KINDS[0]
    money = of_type(kind, "money")
    rows = [good(kind), {}, {"name": "   "}, good(kind, bin_of(11), **{money: "много"})]
    assert errors(book({kind: rows})) == [(kind, "E7", money, "not_money")]


def test_one_bin_twice_is_an_error_at_the_later_row_in_any_worksheet() -> None:
    first, second = KINDS[0], KINDS[1]
    rows = {second: [good(second)], first: [good(first), good(first) | {"body_bin": OTHER}]}
    assert errors(book(rows)) == [(first, "C5", "bin", "duplicate_bin"), (second, "C4", "bin", "duplicate_bin")]


def test_a_body_may_also_be_an_organisation() -> None:
    kind = KINDS[0]
    assert read(book({kind: [good(kind, BODY)]})).body_names == {BODY: f"Әкімдік {BODY}"}


def test_one_body_under_two_names_is_a_warning() -> None:
    kind = KINDS[0]
    same = unicodedata.normalize("NFD", f"«ӘКІМДІК» –  {BODY}")
    result = read(book({kind: [good(kind), good(kind, bin_of(11), body_name="Басқа"), good(kind, bin_of(12), body_name=same)]}))
    assert [(w.issue_code, w.cell) for w in result.warnings] == [("other_name", "B5")], "a name that looks alike is the same"
    assert result.body_names == {BODY: f"Әкімдік {BODY}"}


def test_unknown_missing_and_duplicate_headings_are_errors() -> None:
    kind = KINDS[0]
    foreign = next(code for code in INDICATOR_CODES[KINDS[1]] if code not in INDICATOR_CODES[kind])
    columns = [*REGISTRY_COLUMNS, *INDICATOR_CODES[kind][1:], "nonsense", foreign, INDICATOR_CODES[kind][1]]
    end = len(columns)
    bad_row = good(kind, **{INDICATOR_CODES[kind][-1]: "x"})
    result = errors(book({kind: [bad_row]}, columns={kind: columns}))
    position = columns.index(INDICATOR_CODES[kind][-1])
    assert result == [
        (kind, "A1", INDICATOR_CODES[kind][0], "missing_column"),
        (kind, f"{_letter(end - 3)}1", "nonsense", "unknown_column"),
        (kind, f"{_letter(end - 2)}1", foreign, "column_not_asked"),
        (kind, f"{_letter(end - 1)}1", INDICATOR_CODES[kind][1], "duplicate_column"),
        (kind, f"{_letter(position)}4", INDICATOR_CODES[kind][-1], "not_whole"),
    ]


def _letter(column: int) -> str:
    from openpyxl.utils import get_column_letter

    return get_column_letter(column + 1)


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
def test_the_order_and_year_are_checked(about: dict[str, Any], expected: Any) -> None:
    data = book({KINDS[0]: [good(KINDS[0])]}, about=about)
    if expected is None:
        assert read(data).year == 2024
    else:
        assert errors(data) == expected


def test_unknown_and_missing_worksheets_are_errors_and_private_ones_are_not() -> None:
    def change(workbook: Any) -> None:
        workbook.create_sheet("Лист1")
        workbook.create_sheet("_mine")
        del workbook["about"]

    assert errors(book({KINDS[0]: [good(KINDS[0], "1")]}, change=change)) == [
        ("about", None, None, "missing_worksheet"),
        (KINDS[0], "C4", "bin", "not_bin"),
        ("Лист1", None, None, "unknown_worksheet"),
    ]


def test_a_contradiction_is_an_error_at_its_cell() -> None:
    kind = KINDS[1]
    columns = [*REGISTRY_COLUMNS, *INDICATOR_CODES[kind]]
    for rule in ORDER.contradictions:
        answers = _answers_for(rule.code)
        result = errors(book({kind: [good(kind, **{code: excel(ORDER, code, value) for code, value in answers.items()})]}))
        assert (kind, f"{_letter(columns.index(rule.indicator))}4", rule.indicator, rule.code) in result
    date_beside_blank = next(rule for rule in ORDER.contradictions if ORDER.by_code[rule.indicator].type == "date")
    amount = next(iter(_amount_of(date_beside_blank)))
    assert read(book({kind: [good(kind, **{date_beside_blank.indicator: "2025-05-31", amount: None})]}))


def _amount_of(rule: Any) -> set[str]:
    from evaluation.criteria.expressions import codes

    return set(codes(rule.when)) - {rule.indicator}


def _answers_for(code: str) -> dict[str, Any]:
    """Search answers that violate the contradiction of this code."""
    import itertools

    from evaluation.criteria.expressions import codes
    from evaluation.scoring.conditions import evaluate, is_certain
    from tests.support.factories import report_frame, small_domain

    rule = next(rule for rule in ORDER.contradictions if rule.code == code)
    names = sorted(codes(rule.when))
    for values in itertools.product(*(small_domain(ORDER, ORDER.by_code[name]) for name in names)):
        answers = dict(zip(names, values, strict=True))
        if is_certain(evaluate(ORDER, rule.when, report_frame(ORDER, KINDS[1], [""], [""], [answers])))[0]:
            return answers
    raise AssertionError(code)


def test_declared_prior_year_counts_are_checked() -> None:
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


def test_error_values_and_formulas_without_values_are_errors() -> None:
    kind = KINDS[0]
    money, whole = of_type(kind, "money"), of_type(kind, "whole", 0)
    result = errors(book({kind: [good(kind, **{money: "=1+1", whole: "#N/A"})]}))
    assert [issue[2:] for issue in result] == [(money, "formula_without_value"), (whole, "excel_error")]


def test_a_formula_has_its_stored_value() -> None:
    kind = KINDS[0]
    money = of_type(kind, "money")
    data = _patched(
        book({kind: [good(kind, **{money: "=1+1"})]}),
        b"<f>1+1</f><v></v>",
        b"<f>1+1</f><v>2</v>",
        b"<f>1+1</f><v />",
        b"<f>1+1</f><v/>",
    )
    assert read(data).worksheets[kind].columns[money] == [200]


def _patched(data: bytes, old: bytes, new: bytes, *alternatives: bytes) -> bytes:
    out, is_patched = io.BytesIO(), False
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            for text in (old, *alternatives):
                is_patched = is_patched or text in content
                content = content.replace(text, new)
            target.writestr(name, content)
    assert is_patched
    return out.getvalue()


def test_all_errors_are_reported_together_and_sorted() -> None:
    rows = {kind: [good(kind, bin_of(20 + n), **dict.fromkeys(INDICATOR_CODES[kind], "?!"))] for n, kind in enumerate(KINDS)}
    result = errors(book(rows))
    assert [(issue[0], issue[2]) for issue in result] == [(kind, code) for kind in KINDS for code in INDICATOR_CODES[kind]]


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
def test_files_of_other_formats_are_rejected(make: Callable[[], bytes]) -> None:
    result = errors(make())
    assert result[0][3] in {"not_a_workbook", "damaged", "missing_worksheet"}


def _zip(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def test_a_zip_bomb_is_rejected_before_it_is_unpacked() -> None:
    for megabytes, code in ((300, "too_large"), (20, "repetitive")):
        parts = {"xl/workbook.xml": b"<workbook/>", "xl/worksheets/sheet1.xml": bytes(megabytes * 2**20)}
        assert errors(_zip(parts)) == [(None, None, None, code)]


def test_a_filled_cell_far_out_is_rejected_and_a_blank_one_is_not() -> None:
    kind = KINDS[0]

    def fill_cell(workbook: Any) -> None:
        workbook[kind]["XFD1048576"] = 1

    def format_cell(workbook: Any) -> None:
        workbook[kind]["XFD1048576"].number_format = "0.00"

    assert errors(book({kind: [good(kind)]}, change=fill_cell)) == [(None, None, None, "too_many_rows")]
    assert read(book({kind: [good(kind)]}, change=format_cell)).body_names
