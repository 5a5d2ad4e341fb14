"""The workbook given back with its wrong cells marked."""

import io
import zipfile
from pathlib import Path

import openpyxl
import pytest
from flask import Flask

from evaluation.criteria import Order
from evaluation.language import language
from evaluation.workbooks.format import annotate as marked
from evaluation.workbooks.format.annotate import ERROR, LIST, Unmarkable, mark
from tests.integration.web.core.test_pages import assert_valid
from tests.support.factories import row, workbook
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
    own,
    plan,
    send,
    sent,
    signed_in,
)

# The marked workbook


def test_a_workbook_comes_back_marked_and_mended_it_is_taken(
    filled: Flask, order: Order, kinds: tuple[str, ...], tmp_path: Path
) -> None:
    data = download(filled, "ru")
    code = money(order, kinds[1])[0]
    bad, twice = cell_of(data, kinds[1], code), cell_of(data, kinds[1], "bin", own(1, 1))
    client = signed_in(filled, "clerk", BODY, code="ru")
    address = sent(client, changed(data, **{f"{kinds[1]}__{bad}": "много", f"{kinds[1]}__{twice}": own(1, 0)}))
    page = client.get(address)
    assert count(page.text, "wrong") == 2
    response = client.get(f"{address}/marked.xlsx")
    assert response.status_code == 200
    for given in (response.data, office(response.data, tmp_path)):
        book = openpyxl.load_workbook(io.BytesIO(given))
        assert book[kinds[1]][bad].fill.fgColor.rgb == ERROR and "не сумма" in book[kinds[1]][bad].comment.text
        assert book[kinds[1]][twice].comment is not None and book[kinds[1]]["E5"].comment is None
        listed = [tuple(cell.value for cell in line)[:3] for line in book[LIST].iter_rows(min_row=2)]
        assert listed == [(kinds[1], bad, code), (kinds[1], twice, "bin")]
        assert book[LIST]["B2"].hyperlink.location.replace("'", "").replace("$", "") == f"{kinds[1]}!{bad}"
        assert book[kinds[1]]["E2"].comment is not None, "hints stay"
        mended = changed(given, **{f"{kinds[1]}__{bad}": 5, f"{kinds[1]}__{twice}": own(1, 1)})
        found = plan(filled, clerk(filled), mended)
        assert not found.errors and counts(found)[:2] == (0, 1)
    with filled.app_context():
        again = openpyxl.load_workbook(io.BytesIO(mark(mended, [], [], language("ru"))))
    assert again[kinds[1]][bad].fill.fill_type is None and again[kinds[1]][bad].comment is None, "old marks are gone"


def test_warnings_are_marked_in_another_colour(filled: Flask, order: Order, kinds: tuple[str, ...]) -> None:
    data = download(filled)
    kind = next(kind for kind in kinds if any(each.at for each in order.concerning(kind, order.cautions)))
    client = signed_in(filled, "clerk", BODY)
    name = cell_of(data, kind, "body_name")
    address = sent(client, changed(data, **{f"{kind}__{name}": "Басқа атау"}))
    page = client.get(address).text
    assert count(page, "odd") >= 1 and count(page, "wrong") == 0
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"{address}/marked.xlsx").data))
    marks = [cell for line in book[kind].iter_rows(min_row=4) for cell in line if cell.fill.fgColor.rgb == marked.WARNING]
    assert marks and all(cell.comment for cell in marks)


def bomb(order: Order, part: str, content: bytes) -> bytes:
    """A workbook into one of whose worksheets something was put that spreads over a million cells."""
    source = workbook(order, YEAR, {order.kinds[0].code: [row(order, BODY, "1", {})]})
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(source)) as given, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name in given.namelist():
            data = given.read(name)
            made.writestr(name, data.replace(b"</sheetData>", b"</sheetData>" + content) if name == part else data)
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
def test_what_spreads_beyond_measure_is_not_marked(order: Order, content: bytes) -> None:
    with pytest.raises(Unmarkable):
        mark(bomb(order, "xl/worksheets/sheet2.xml", content), [], [], language("en"))


def test_what_cannot_be_marked_says_why(filled: Flask, order: Order) -> None:
    client = signed_in(filled, "clerk", BODY)
    data = bomb(order, "xl/worksheets/sheet2.xml", b'<hyperlinks><hyperlink ref="A1:XFD1048576" location="x"/></hyperlinks>')
    address = sent(client, data)
    response = client.get(f"{address}/marked.xlsx")
    assert response.status_code == 422 and "cannot be copied" in response.text
    assert_valid(response, "en")
    for nothing in (b"", b"no workbook"):
        refused = send(client, nothing)
        assert refused.status_code == 422 and "not an Excel workbook" in refused.text
        assert_valid(refused, "en")
