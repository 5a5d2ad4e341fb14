"""Files made to mislead the reader or to bring the process down: read rightly, or refused in bounded memory."""

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

from evaluation.answers.issues import Refused
from evaluation.workbooks.format.safe_open import Package
from tests.support.factories import bin_of, clean, row, workbook
from tests.support.workbook_reading import ASKED, KINDS, ORDER, errors, good, of_type, read
from tests.torture.breakage import repacked, zipped

KIND = KINDS[0]
MONEY, WHOLE = of_type(KIND, "money"), of_type(KIND, "whole", 0)
SHEET = "xl/worksheets/sheet2.xml"


def made(**cells: object) -> bytes:
    """A sound workbook of one organisation, as XlsxWriter makes it, with shared strings; E4 holds the amount 15."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    about, sheet = book.add_worksheet("about"), book.add_worksheet(KIND)
    about.write_row(0, 0, ["order", ORDER.code])
    about.write_row(1, 0, ["year", 2024])
    columns = ["body_bin", "body_name", "bin", "name", *ASKED[KIND]]
    line = row(ORDER, bin_of(1), bin_of(2), clean(ORDER, KIND)) | {MONEY: 15} | cells
    for number in range(3):
        sheet.write_row(number, 0, columns)
    sheet.write_row(3, 0, [line[code] for code in columns])
    book.close()
    return out.getvalue()


def changed(old: bytes, new: bytes, part: str = SHEET) -> bytes:
    """The sound workbook with one place of one part changed."""

    def change(name: str, content: bytes) -> bytes:
        assert name != part or old in content, content[:500]
        return content.replace(old, new) if name == part else content

    return repacked(made(), change)


def amount(data: bytes) -> object:
    return read(data).sheets[KIND].columns[MONEY][0]


VALUE = b'<c r="E4"><v>15</v></c>'
FORMULA = b'<c r="E4"><f>1+1</f></c>'


def prefixed(content: bytes) -> bytes:
    """The same XML with every element under a prefix."""
    content = re.sub(rb"<(/?)(\w)", rb"<\1x:\2", content).replace(b"xmlns=", b"xmlns:x=")
    return re.sub(rb"<x:(\?xml)", rb"<\1", content)


SPELLINGS: dict[str, Callable[[bytes], bytes]] = {
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


@pytest.mark.parametrize("name", SPELLINGS)
def test_every_spelling_is_read_alike(name: str) -> None:
    """However the XML is written: the same values, and the same formula without a value found."""

    def spelt(data: bytes) -> bytes:
        spelling = SPELLINGS[name]
        data = repacked(data, lambda part, content: spelling(content) if part == SHEET else content)
        if name == "upper case parts":
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                data = zipped({(part.upper() if part == SHEET else part): archive.read(part) for part in archive.namelist()})
        return data

    assert amount(spelt(made())) == 1500
    assert errors(spelt(changed(VALUE, FORMULA))) == [(KIND, "E4", MONEY, "formula_without_value")]


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
def test_cells_are_read_as_excel_shows_them(cell: bytes, expected: object) -> None:
    data = changed(VALUE, cell)
    if isinstance(expected, str):
        assert errors(data) == [(KIND, "E4", MONEY, expected)]
    else:
        assert amount(data) == expected


@pytest.mark.parametrize(
    "data",
    [
        lambda: changed(VALUE, b'<c r="GQ1"><f>1</f><v>1</v></c>'),
        lambda: changed(VALUE, VALUE + VALUE.replace(b'r="E4"', b'r = "E4"')),
        lambda: changed(f'name="{KIND}"'.encode(), b'name="about"', "xl/workbook.xml"),
        lambda: changed(b"<worksheet", b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet'),
        lambda: zipped({"xl/workbook.xml": b"<workbook>" + b"<sheet/>" * 10**6 + b"</workbook>"}),
    ],
)
def test_what_contradicts_itself_is_damaged(data: Callable[[], bytes]) -> None:
    assert [each[3] for each in errors(data())] == ["damaged"]


def test_other_compressions_are_damaged() -> None:
    for compression in (zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2):
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(made())) as source, zipfile.ZipFile(out, "w", compression) as target:
            for name in source.namelist():
                target.writestr(name, source.read(name))
        assert errors(out.getvalue()) == [(None, None, None, "damaged")]


def _parts() -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(made())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_numbers_of_absurd_length_are_told_of() -> None:
    long = "1" * 1_500_000
    for code, problem in ((MONEY, "not_money"), (WHOLE, "not_whole")):
        data = workbook(ORDER, 2024, {KIND: [good(KIND, **{code: "?"})]})
        data = repacked(data, lambda name, content: content.replace(b"<t>?</t>", f"<t>{long}</t>".encode()))
        assert [each[2:] for each in errors(data)] == [(code, problem)]


def test_float_noise_and_what_nobody_sees() -> None:
    data = workbook(ORDER, 2024, {KIND: [good(KIND, "\ufeff" + bin_of(10), **{WHOLE: 0.1 * 3 * 10})]})
    data = repacked(data, lambda name, content: content.replace("Ұйым".encode(), "Ұй\u200bым".encode()))
    found = read(data).sheets[KIND].columns
    assert (found[WHOLE], found["bin"], found["name"]) == ([3], [bin_of(10)], [f"Ұйым \ufeff{bin_of(10)}".replace("\ufeff", "")])


BOMBS: dict[str, Callable[[], bytes]] = {
    "a count of shared strings": lambda: changed(
        b"<sst xmlns=", b'<sst uniqueCount="999999999999999" xmlns=', "xl/sharedStrings.xml"
    ),
    "a cell far out on many worksheets": lambda: _far_out(6),
    "one long string in many cells": lambda: _one_long_string(20_000, 200_000),
    "ten million elements": lambda: changed(VALUE, VALUE + b"<c/>" * 10**7),
    "a million merges": lambda: changed(
        b"</worksheet>", b"<mergeCells>" + b'<mergeCell ref="A4:B5"/>' * 10**6 + b"</mergeCells></worksheet>"
    ),
    "a cell far out by its row": lambda: changed(VALUE, b'</row><row r="1048576"><c r="GQ1048576"/><c><v>1</v></c>'),
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
def test_bombs_neither_kill_nor_fill_the_process(name: str, tmp_path: Path) -> None:
    """Each in a process of its own that may take 1.5 GB, because what the parser asks for in vain ends the process."""
    path = tmp_path / "bomb.xlsx"
    path.write_bytes(BOMBS[name]())
    script = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))\n"
        "from evaluation.criteria import load_orders\nfrom evaluation.answers.issues import Refused\n"
        "from evaluation.workbooks.format.reader import read_workbook\n"
        "try:\n    read_workbook(open(sys.argv[1], 'rb').read(), load_orders())\n    print('taken')\n"
        "except Refused as refused:\n    print('refused', len(refused.problems))\n"
        # Not ru_maxrss, which begins with what the process had that started this one.
        "print(int(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM'))) // 1024)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, f"{done.returncode}: {done.stderr[-500:]}"
    said, peak = done.stdout.splitlines()
    assert int(peak) < 1500, f"{said}: {peak} MB"


@pytest.mark.parametrize("options", [{}, {"date_1904": True}, {"constant_memory": True}])
def test_dates_are_read_by_the_workbooks_own_calendar(options: dict[str, bool]) -> None:
    kind = KINDS[1]
    dated = next(item for item in ORDER.asked_of(kind) if item.type == "date")
    amounts = {item.code: 5 for item in ORDER.asked_of(kind) if item.type == "money"}
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, options)
    about, sheet = book.add_worksheet("about"), book.add_worksheet(kind)
    about.write_row(0, 0, ["order", ORDER.code])
    about.write_row(1, 0, ["year", 2024])
    columns = ["body_bin", "body_name", "bin", "name", *ASKED[kind]]
    line = row(ORDER, bin_of(1), bin_of(2), clean(ORDER, kind)) | amounts
    for number in range(3):
        sheet.write_row(number, 0, columns)
    for place, code in enumerate(columns):
        if code == dated.code:
            sheet.write_datetime(3, place, datetime(2025, 5, 31), book.add_format({"num_format": "dd.mm.yyyy"}))
        elif code in line:
            sheet.write(3, place, line[code])
    book.close()
    assert read(out.getvalue()).sheets[kind].columns[dated.code] == ["2025-05-31"]


def test_a_worksheet_is_given_up_after_use() -> None:
    package = Package(made())
    package.parse(KIND)
    assert len(package.rows(KIND)) == 4
    with pytest.raises(Refused):
        package.rows(KIND)


def test_plain_worksheets_take_the_quick_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """What spreadsheet programs write for values is not rewritten, however it is formatted."""
    from evaluation.workbooks.format import safe_open as package_module

    def never(_: bytes) -> None:
        raise AssertionError("rewritten")

    monkeypatch.setattr(package_module, "rewrite", never)
    assert amount(made()) == 1500
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
