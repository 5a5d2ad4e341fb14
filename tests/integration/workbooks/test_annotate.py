"""The copy of an uploaded workbook with its issues marked in the cells."""

import io
import zipfile
from pathlib import Path

import openpyxl
import pytest
from flask import Flask

from evaluation.criteria import Order
from evaluation.language import heading, language
from evaluation.workbooks.format.annotate import ERROR_COLOUR, WARNING_COLOUR, AnnotationError, annotate, issues_title
from tests.integration.web.core.test_pages import assert_valid
from tests.support.factories import row, workbook
from tests.support.html import texts
from tests.support.upload_cases import (
    BODY,
    YEAR,
    cell_of,
    changed,
    clerk,
    count,
    counts,
    download,
    money,
    office,
    organisation_bin,
    plan,
    send,
    sent,
    sheet_of,
    signed_in,
)


def test_the_annotated_copy_names_every_issue_and_is_accepted_after_correction(
    filled: Flask, order: Order, kinds: tuple[str, ...], tmp_path: Path
) -> None:
    data = download(filled, "ru")
    code = money(order, kinds[1])[0]
    bad_cell, duplicate_cell = cell_of(data, kinds[1], code), cell_of(data, kinds[1], "bin", organisation_bin(1, 1))
    client = signed_in(filled, "clerk", BODY, code="ru")
    address = sent(
        client, changed(data, **{f"{kinds[1]}__{bad_cell}": "много", f"{kinds[1]}__{duplicate_cell}": organisation_bin(1, 0)})
    )
    page = client.get(address)
    assert count(page.text, "errors") == 2
    title, names = heading(order.kind[kinds[1]].plural.ru), [f"Ұйым {organisation_bin(1, 0)} ({organisation_bin(1, 0)})"]
    assert f"«{title}»" in texts(page.text, "caption")[0] and texts(page.text, ".issue-table li") == [
        *names,
        f"Ұйым {organisation_bin(1, 1)} ({organisation_bin(1, 0)})",
    ]
    response = client.get(f"{address}/annotated.xlsx")
    assert response.status_code == 200
    for copy in (response.data, office(response.data, tmp_path)):
        book = openpyxl.load_workbook(io.BytesIO(copy))
        sheet, issues = book[title], book[issues_title(language("ru"))]
        assert sheet[bad_cell].fill.fgColor.rgb == ERROR_COLOUR and "не сумма" in sheet[bad_cell].comment.text
        assert sheet[duplicate_cell].comment is not None and sheet["E5"].comment is None
        listed = [tuple(cell.value for cell in row_cells)[:4] for row_cells in issues.iter_rows(min_row=2)]
        label = f"{order.by_code[code].label.ru} [{code}]"
        assert listed[0] == (title, bad_cell, names[0], label) and listed[1][:2] == (title, duplicate_cell)
        assert issues["B2"].hyperlink.location.replace("'", "").replace("$", "") == f"{title}!{bad_cell}"
        assert sheet["E2"].comment is not None, "hints stay"
        corrected = changed(copy, **{f"{kinds[1]}__{bad_cell}": 5, f"{kinds[1]}__{duplicate_cell}": organisation_bin(1, 1)})
        result = plan(filled, clerk(filled), corrected)
        assert not result.errors and counts(result)[:2] == (0, 1)
    with filled.app_context():
        again = openpyxl.load_workbook(io.BytesIO(annotate(corrected, [], [], order, language("kk"))))
    assert again[title][bad_cell].fill.fill_type is None and again[title][bad_cell].comment is None, "old annotations are removed"
    assert issues_title(language("ru")) not in again.sheetnames


def test_warnings_have_another_colour(filled: Flask, order: Order, kinds: tuple[str, ...]) -> None:
    data = download(filled)
    kind = next(kind for kind in kinds if any(rule.indicator for rule in order.rules_for_kind(kind, order.cautions)))
    client = signed_in(filled, "clerk", BODY)
    name = cell_of(data, kind, "body_name")
    address = sent(client, changed(data, **{f"{kind}__{name}": "Басқа атау"}))
    page = client.get(address).text
    assert count(page, "warnings") >= 1 and count(page, "errors") == 0
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"{address}/annotated.xlsx").data))
    cells = [cell for row_cells in sheet_of(book, kind).iter_rows(min_row=4) for cell in row_cells]
    annotated = [cell for cell in cells if cell.fill.fgColor.rgb == WARNING_COLOUR]
    assert annotated and all(cell.comment for cell in annotated)


def bomb(order: Order, part: str, content: bytes) -> bytes:
    """Return a workbook with an element in one worksheet that covers more than a million cells."""
    source = workbook(order, YEAR, {order.kinds[0].code: [row(order, BODY, "1", {})]})
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(source)) as source_archive, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in source_archive.namelist():
            data = source_archive.read(name)
            archive.writestr(name, data.replace(b"</sheetData>", b"</sheetData>" + content) if name == part else data)
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b'<mergeCells><mergeCell ref="A10:XFD1048576"/></mergeCells>',
        b"<mergeCells>" + b'<mergeCell ref="A10:Z99"/>' * 2001 + b"</mergeCells>",
        b'<hyperlinks><hyperlink ref="A1:XFD1048576" location="x"/></hyperlinks>',
        b'<hyperlinks><hyperlink ref="A:XFD" location="x"/></hyperlinks>',
        b"<hyperlinks><hyperlink ref='A1&#58;XFD1048576' location='x'/></hyperlinks>",
        b"<dataValidations>" + b'<dataValidation sqref="A1"/>' * 60_001 + b"</dataValidations>",
    ],
)
def test_a_workbook_with_huge_ranges_is_not_copied(order: Order, content: bytes) -> None:
    with pytest.raises(AnnotationError):
        annotate(bomb(order, "xl/worksheets/sheet2.xml", content), [], [], order, language("en"))


def test_the_page_says_why_a_workbook_cannot_be_copied(filled: Flask, order: Order) -> None:
    client = signed_in(filled, "clerk", BODY)
    data = bomb(order, "xl/worksheets/sheet2.xml", b'<hyperlinks><hyperlink ref="A1:XFD1048576" location="x"/></hyperlinks>')
    address = sent(client, data)
    response = client.get(f"{address}/annotated.xlsx")
    assert response.status_code == 422 and "cannot be annotated" in response.text
    assert_valid(response, "en")
    for content in (b"", b"no workbook"):
        rejection = send(client, content)
        assert rejection.status_code == 422 and "not an Excel workbook" in rejection.text
        assert_valid(rejection, "en")
