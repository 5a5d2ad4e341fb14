"""Misleading and hostile files: read correctly, or rejected in bounded memory."""

import io
import re
import resource
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
import xlsxwriter

from evaluation.xlsx.errors import UnreadableWorkbook
from evaluation.xlsx.safe_open import SafeWorkbook
from tests.support.factories import bin_of, clean, row
from tests.support.factories import workbook as write_workbook
from tests.support.workbook_reading import INDICATOR_CODES, KINDS, ORDER, errors, good, of_type, read
from tests.torture.breakage import repacked, zipped

KIND = KINDS[0]
MONEY, WHOLE = of_type(KIND, "money"), of_type(KIND, "whole", 0)
SHEET = "xl/worksheets/sheet2.xml"


def make_workbook(**cells: object) -> bytes:
    """Return a valid workbook of one organisation, as XlsxWriter writes it, with shared strings; E4 holds the amount 15."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    about, sheet = book.add_worksheet("about"), book.add_worksheet(KIND)
    about.write_row(0, 0, ["order", ORDER.code])
    about.write_row(1, 0, ["year", 2024])
    columns = ["body_bin", "body_name", "bin", "name", *INDICATOR_CODES[KIND]]
    values = row(ORDER, bin_of(1), bin_of(2), clean(ORDER, KIND)) | {MONEY: 15} | cells
    for number in range(3):
        sheet.write_row(number, 0, columns)
    sheet.write_row(3, 0, [values[code] for code in columns])
    book.close()
    return out.getvalue()


def change_part(old: bytes, new: bytes, part: str = SHEET) -> bytes:
    """Return the valid workbook with `old` replaced by `new` in one part."""

    def change(name: str, content: bytes) -> bytes:
        assert name != part or old in content, content[:500]
        return content.replace(old, new) if name == part else content

    return repacked(make_workbook(), change)


def amount(data: bytes) -> object:
    return read(data).worksheets[KIND].columns[MONEY][0]


VALUE = b'<c r="E4"><v>15</v></c>'
FORMULA = b'<c r="E4"><f>1+1</f></c>'


def prefixed(content: bytes) -> bytes:
    """Return the same XML with a namespace prefix at every element."""
    content = re.sub(rb"<(/?)(\w)", rb"<\1x:\2", content).replace(b"xmlns=", b"xmlns:x=")
    return re.sub(rb"<x:(\?xml)", rb"<\1", content)


XML_SPELLINGS: dict[str, Callable[[bytes], bytes]] = {
    "prefix": prefixed,
    "space in the end tag": lambda xml: xml.replace(b"</sheetData>", b"</sheetData >"),
    "space in the start tag": lambda xml: xml.replace(b"<sheetData>", b"<sheetData >"),
    "new lines": lambda xml: xml.replace(b"<c r=", b"<c\nr="),
    "single quotes": lambda xml: re.sub(rb'r="(\w+)"', rb"r='\1'", xml),
    "spaces about =": lambda xml: xml.replace(b'r="', b'r = "'),
    "a comment": lambda xml: xml.replace(b"<sheetData>", b"<!-- <sheetData></sheetData> --><sheetData>"),
    "UTF-16": lambda xml: xml.decode().replace("UTF-8", "UTF-16").encode("utf-16"),
    "no names of cells": lambda xml: re.sub(rb'<c r="\w+"', b"<c", xml),
    "upper case parts": lambda xml: xml,
}


@pytest.mark.parametrize("name", XML_SPELLINGS)
def test_every_spelling_of_the_xml_means_the_same_values_and_errors(name: str) -> None:

    def respell(data: bytes) -> bytes:
        spelling = XML_SPELLINGS[name]
        data = repacked(data, lambda part, content: spelling(content) if part == SHEET else content)
        if name == "upper case parts":
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                data = zipped({(part.upper() if part == SHEET else part): archive.read(part) for part in archive.namelist()})
        return data

    assert amount(respell(make_workbook())) == 1500
    assert errors(respell(change_part(VALUE, FORMULA))) == [(KIND, "E4", MONEY, "formula_without_value")]


@pytest.mark.parametrize(
    "cell, expected",
    [
        (b'<c r="E4" t="e"><v>#SPILL!</v></c>', "excel_error"),
        (b'<c r="E4" t="e"><f>A1</f><v>Err:522</v></c>', "excel_error"),
        (b"<c t='e' r=\"E4\"><v>#N/A</v></c>", "excel_error"),
        (b'<c r="E4" t="str"><f>A1</f></c>', "formula_without_value"),
        (b'<c r="E4"><f t="shared" si="0"/></c>', "formula_without_value"),
        (b'<c r="E4" t="str"><f>A1</f><v></v></c>', None),
        (b'<c r="E4"><f>7+8</f><v>15</v></c>', 1500),
        (b'<c r="E4"><v>1&#53;</v></c>', 1500),
        (b'<c r="E4"><v>1<!-- -->5</v></c>', 1500),
        (b'<c r="E4"><v><![CDATA[15]]></v></c>', 1500),
        (b'<c r="E4" t="inlineStr"><is><r><t>1</t></r><r><t>5</t></r></is></c>', 1500),
        (b'<c r="E4" t="str"><v>15,00</v></c>', 1500),
    ],
)
def test_cells_have_the_values_that_excel_shows(cell: bytes, expected: object) -> None:
    data = change_part(VALUE, cell)
    if isinstance(expected, str):
        assert errors(data) == [(KIND, "E4", MONEY, expected)]
    else:
        assert amount(data) == expected


@pytest.mark.parametrize(
    "data",
    [
        lambda: change_part(VALUE, b'<c r="GQ1"><f>1</f><v>1</v></c>'),
        lambda: change_part(VALUE, VALUE + VALUE.replace(b'r="E4"', b'r = "E4"')),
        lambda: change_part(f'name="{KIND}"'.encode(), b'name="about"', "xl/workbook.xml"),
        lambda: change_part(b"<worksheet", b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet'),
        lambda: zipped({"xl/workbook.xml": b"<workbook>" + b"<sheet/>" * 10**6 + b"</workbook>"}),
    ],
)
def test_a_contradictory_file_is_damaged(data: Callable[[], bytes]) -> None:
    assert [issue_code for *_, issue_code in errors(data())] == ["damaged"]


def test_other_compressions_are_damaged() -> None:
    for compression in (zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2):
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(make_workbook())) as source, zipfile.ZipFile(out, "w", compression) as target:
            for name in source.namelist():
                target.writestr(name, source.read(name))
        assert errors(out.getvalue()) == [(None, None, None, "damaged")]


def _parts() -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(make_workbook())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_number_of_absurd_length_is_an_issue() -> None:
    long = "1" * 1_500_000
    for code, issue_code in ((MONEY, "not_money"), (WHOLE, "not_whole")):
        data = write_workbook(ORDER, 2024, {KIND: [good(KIND, **{code: "?"})]})
        data = repacked(data, lambda name, content: content.replace(b"<t>?</t>", f"<t>{long}</t>".encode()))
        assert [issue[2:] for issue in errors(data)] == [(code, issue_code)]


def test_float_noise_and_invisible_characters_are_removed() -> None:
    data = write_workbook(ORDER, 2024, {KIND: [good(KIND, "\ufeff" + bin_of(10), **{WHOLE: 0.1 * 3 * 10})]})
    data = repacked(data, lambda name, content: content.replace("Ұйым".encode(), "Ұй\u200bым".encode()))
    columns = read(data).worksheets[KIND].columns
    assert (columns[WHOLE], columns["bin"], columns["name"]) == (
        [3],
        [bin_of(10)],
        [f"Ұйым \ufeff{bin_of(10)}".replace("\ufeff", "")],
    )


BOMBS: dict[str, Callable[[], bytes]] = {
    "a count of shared strings": lambda: change_part(
        b"<sst xmlns=", b'<sst uniqueCount="999999999999999" xmlns=', "xl/sharedStrings.xml"
    ),
    "a cell far out on many worksheets": lambda: _far_out(6),
    "one long string in many cells": lambda: _one_long_string(20_000, 200_000),
    "ten million elements": lambda: change_part(VALUE, VALUE + b"<c/>" * 10**7),
    "a million merges": lambda: change_part(
        b"</worksheet>", b"<mergeCells>" + b'<mergeCell ref="A4:B5"/>' * 10**6 + b"</mergeCells></worksheet>"
    ),
    "a cell far out by its row": lambda: change_part(VALUE, b'</row><row r="1048576"><c r="GQ1048576"/><c><v>1</v></c>'),
}


def _far_out(count: int) -> bytes:
    parts = _parts()
    far = b'<row r="99999"><c r="FZ99999"><v>1</v></c></row></sheetData>'
    names = [f'<sheet name="s{number}" sheetId="{number + 10}" r:id="r{number}"/>' for number in range(count)]
    links = [f'<Relationship Id="r{number}" Type="x/worksheet" Target="worksheets/s{number}.xml"/>' for number in range(count)]
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(b"</sheets>", "".join(names).encode() + b"</sheets>")
    rels = "xl/_rels/workbook.xml.rels"
    parts[rels] = parts[rels].replace(b"</Relationships>", "".join(links).encode() + b"</Relationships>")
    return zipped(parts | {f"xl/worksheets/s{n}.xml": parts[SHEET].replace(b"</sheetData>", far) for n in range(count)})


def _one_long_string(cells: int, length: int) -> bytes:
    parts = _parts()
    rows = b"".join(b'<row r="%d"><c r="D%d" t="s"><v>0</v></c></row>' % (n, n) for n in range(5, 5 + cells))
    parts["xl/sharedStrings.xml"] = parts["xl/sharedStrings.xml"].replace(b"<t>", b"<t>" + b"x" * length, 1)
    return zipped(parts | {SHEET: parts[SHEET].replace(b"</sheetData>", rows + b"</sheetData>")})


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_neither_ends_nor_fills_the_process(name: str, tmp_path: Path) -> None:
    """Each runs in its own process with 1.5 GB, because a failed allocation of the parser ends the process."""
    path = tmp_path / "bomb.xlsx"
    path.write_bytes(BOMBS[name]())
    script = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))\n"
        "from evaluation.criteria import load_orders\nfrom evaluation.answers.issues import WorkbookRejected\n"
        "from evaluation.workbooks.format.reader import read_workbook\n"
        "try:\n    read_workbook(open(sys.argv[1], 'rb').read(), load_orders())\n    print('accepted')\n"
        "except WorkbookRejected as error:\n    print('rejected', len(error.issues))\n"
        # Not ru_maxrss: it starts from the memory of the parent process.
        "print(int(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM'))) // 1024)"
    )
    process = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, timeout=60, check=False)
    assert process.returncode == 0, f"{process.returncode}: {process.stderr[-500:]}"
    result, peak_megabytes = process.stdout.splitlines()
    assert int(peak_megabytes) < 1500, f"{result}: {peak_megabytes} MB"


@pytest.mark.parametrize("options", [{}, {"date_1904": True}, {"constant_memory": True}])
def test_dates_are_read_by_the_calendar_of_the_workbook(options: dict[str, bool]) -> None:
    kind = KINDS[1]
    date_item = next(item for item in ORDER.indicators_of(kind) if item.type == "date")
    amounts = {item.code: 5 for item in ORDER.indicators_of(kind) if item.type == "money"}
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, options)
    about, sheet = book.add_worksheet("about"), book.add_worksheet(kind)
    about.write_row(0, 0, ["order", ORDER.code])
    about.write_row(1, 0, ["year", 2024])
    columns = ["body_bin", "body_name", "bin", "name", *INDICATOR_CODES[kind]]
    values = row(ORDER, bin_of(1), bin_of(2), clean(ORDER, kind)) | amounts
    for number in range(3):
        sheet.write_row(number, 0, columns)
    for column, code in enumerate(columns):
        if code == date_item.code:
            sheet.write_datetime(3, column, datetime(2025, 5, 31), book.add_format({"num_format": "dd.mm.yyyy"}))
        elif code in values:
            sheet.write(3, column, values[code])
    book.close()
    assert read(out.getvalue()).worksheets[kind].columns[date_item.code] == ["2025-05-31"]


def test_a_worksheet_is_released_after_its_rows_are_read() -> None:
    workbook = SafeWorkbook(make_workbook())
    workbook.parse(KIND)
    assert len(workbook.rows(KIND)) == 4
    with pytest.raises(UnreadableWorkbook):
        workbook.rows(KIND)


def test_a_plain_worksheet_takes_the_fast_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """The XML that spreadsheet programs write for values is not rewritten, for any format of its cells."""
    from evaluation.xlsx import safe_open

    def fail(_: bytes) -> None:
        raise AssertionError("rewritten")

    monkeypatch.setattr(safe_open, "normalise", fail)
    assert amount(make_workbook()) == 1500
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
