"""Functions that break a workbook at random. Every result must be rejected with messages or remain valid."""

import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from evaluation.criteria import Order
from tests.support.factories import REGISTRY_COLUMNS, bin_of, clean, random_answers, row, workbook

GARBAGE: tuple[Any, ...] = (
    "?",
    "№",
    "=",
    "'",
    "NaN",
    "inf",
    "1e309",
    "-",
    "0x10",
    "١٢",
    "十",
    "true or false",
    "\u202e",
    "x" * 5000,
    "иә жоқ",
    " \t ",
    "12,345",
    "1.234,56",
    -1,
    -0.001,
    1e300,
    1e16,
    0.005,
    2**53,
    True,
    False,
    date(1900, 1, 1),
    date(9999, 12, 31),
    datetime(2024, 2, 29, 23, 59),
    time(1, 2),
    timedelta(days=400),
    "#REF!",
    "=1/0",
    "=A1",
    '=""',
    "31.02.2024",
    "2024-13-01",
    "00000000000",
    "141040004757",
)
BAD = ("?!", "∞")
"""Values that only text columns accept."""


def valid_rows(order: Order, random: Random, rows: int = 3) -> dict[str, list[dict[str, Any]]]:
    """Return a few rows of each kind with random answers that do not contradict each other."""
    number = 0
    rows_by_kind: dict[str, list[dict[str, Any]]] = {}
    for kind in order.kind:
        rows_by_kind[kind] = []
        for _ in range(random.randint(1, rows)):
            number += 1
            answers = {code: value for code, value in clean(order, kind).items() if random.random() < 0.8}
            rows_by_kind[kind].append(row(order, bin_of(1 + number % 2), bin_of(100 + number), answers))
    return rows_by_kind


def invalid_values(order: Order, random: Random) -> bytes:
    rows = valid_rows(order, random)
    for _ in range(random.randint(1, 12)):
        values = random.choice(random.choice(list(rows.values())))
        values[random.choice(list(values))] = random.choice(GARBAGE)
    add_invalid_cell(order, rows, random)
    return workbook(order, 2024, rows)


def add_invalid_cell(order: Order, rows: dict[str, list[dict[str, Any]]], random: Random) -> None:
    """Make at least one cell certainly invalid."""
    kind = random.choice(list(order.kind))
    code = random.choice([item.code for item in order.indicators_of(kind)])
    random.choice(rows[kind])[code] = random.choice(BAD)


def worksheets(order: Order, random: Random) -> bytes:
    def change(book: Any) -> None:
        name = random.choice(book.sheetnames)
        match random.randrange(3):
            case 0:
                del book["about"]
            case 1:
                book[name].title = random.choice(("Лист1", "Sheet", "abouт", name.title() + "x"))
            case _:
                book.create_sheet(random.choice(("итог", "x", "2024")))

    return workbook(order, 2024, valid_rows(order, random), change=change)


def merged(order: Order, random: Random) -> bytes:
    rows = valid_rows(order, random)
    add_invalid_cell(order, rows, random)

    def change(book: Any) -> None:
        for _ in range(random.randint(1, 4)):
            sheet = book[random.choice(book.sheetnames)]
            top, left = random.randint(1, 6), random.randint(1, 12)
            sheet.merge_cells(
                start_row=top, start_column=left, end_row=top + random.randint(0, 4), end_column=left + random.randint(0, 4)
            )

    return _guarded(lambda: workbook(order, 2024, rows, change=change), order, rows)


def _guarded(make: Callable[[], bytes], order: Order, rows: dict[str, list[dict[str, Any]]]) -> bytes:
    """Return the workbook; without the merges if the writer rejects them because they overlap."""
    try:
        return make()
    except (ValueError, AttributeError, KeyError):
        return workbook(order, 2024, rows)


def formulas(order: Order, random: Random) -> bytes:
    rows = valid_rows(order, random)
    for _ in range(random.randint(1, 5)):
        kind = random.choice(list(rows))
        values = random.choice(rows[kind])
        values[random.choice([*REGISTRY_COLUMNS, *(item.code for item in order.indicators_of(kind))])] = random.choice(
            ("=1+1", "#N/A", "=SUM(A1:A9)", "#DIV/0!")
        )
    return workbook(order, 2024, rows)


def headings(order: Order, random: Random) -> bytes:
    rows, columns = valid_rows(order, random), {}
    for kind in rows:
        codes: list[Any] = [*REGISTRY_COLUMNS, *(item.code for item in order.indicators_of(kind))]
        random.shuffle(codes)
        columns[kind] = codes
    codes = columns[random.choice(list(columns))]
    match random.randrange(4):
        case 0:
            del codes[random.randrange(len(codes))]
        case 1:
            codes.append(random.choice(codes))
        case 2:
            codes.insert(random.randrange(len(codes)), random.choice(("нет такого", "bin ", "x1", "Name")) + "_")
        case _:
            codes[random.randrange(len(codes))] = None
    return workbook(order, 2024, rows, columns=columns)


def about(order: Order, random: Random) -> bytes:
    keys = random.choice(
        (
            {},
            {"order": order.code},
            {"year": 2024},
            {"order": "9", "year": 2024},
            {"order": order.code, "year": 1e9},
            {"order": order.code, "year": "жыл"},
            {"order": True, "year": date(2024, 1, 1)},
            {"order": "#N/A", "year": "=2024"},
        )
    )
    return workbook(order, 2024, valid_rows(order, random), about=keys)


def contradictions(order: Order, random: Random) -> bytes:
    """Random answers, which may contradict each other, and one certainly invalid cell."""
    rows = {
        kind: [row(order, bin_of(1), bin_of(200 + 10 * kind_index + n), random_answers(order, kind, random)) for n in range(3)]
        for kind_index, kind in enumerate(order.kind)
    }
    add_invalid_cell(order, rows, random)
    return workbook(order, 2024, rows)


def truncated(order: Order, random: Random) -> bytes:
    data = workbook(order, 2024, valid_rows(order, random))
    return data[: random.randrange(len(data) - 1)]


def bytes_flipped(order: Order, random: Random) -> bytes:
    data = bytearray(workbook(order, 2024, _rows_with_invalid_cell(order, random)))
    for _ in range(random.randint(1, 40)):
        data[random.randrange(len(data))] = random.randrange(256)
    return bytes(data)


def _rows_with_invalid_cell(order: Order, random: Random) -> dict[str, list[dict[str, Any]]]:
    rows = valid_rows(order, random)
    add_invalid_cell(order, rows, random)
    return rows


def xml_flipped(order: Order, random: Random) -> bytes:
    """A valid ZIP archive with damaged XML."""

    def damage(name: str, content: bytes) -> bytes:
        if not name.endswith((".xml", ".rels")) or random.random() < 0.5:
            return content
        match random.randrange(5):
            case 0:
                return content[: random.randrange(len(content))]
            case 1:
                spot = random.randrange(len(content))
                return content[:spot] + bytes(random.randrange(256) for _ in range(8)) + content[spot:]
            case 2:
                return content.replace(
                    random.choice((b'r="', b't="', b"<v>", b"<row", b"</c>", b"<sheetData", b'count="')),
                    random.choice((b"", b"<", b'r="-', b"\0")),
                    2,
                )
            case 3:
                return content.replace(b' r="A', random.choice((b' r="ZZZZ', b' r="0', b' r="$', b' r="a', b' R="A')), 1)
            case _:
                return content.replace(b"<v>", b"<v>999999", 3)

    return repacked(workbook(order, 2024, _rows_with_invalid_cell(order, random)), damage)


def parts_missing(order: Order, random: Random) -> bytes:
    data = workbook(order, 2024, _rows_with_invalid_cell(order, random))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        victim = random.choice(archive.namelist())
    return repacked(data, lambda name, content: None if name == victim else content)


def other_formats(_order: Order, random: Random) -> bytes:
    formats: tuple[Callable[[], bytes], ...] = (
        lambda: b"",
        lambda: b"\n" * random.randint(1, 99),
        lambda: "БСН;атауы\n1;2\n".encode("cp1251"),
        lambda: b"%PDF-1.7\n" + random.randbytes(200),
        lambda: b"\x89PNG\r\n\x1a\n" + random.randbytes(200),
        lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + random.randbytes(1000),
        lambda: b"<html><table><tr><td>1</td></tr></table></html>",
        lambda: b'{"order": "47-2022"}',
        lambda: random.randbytes(random.randint(1, 3000)),
        lambda: b"PK\x03\x04" + random.randbytes(500),
        lambda: b"PK\x05\x06" + bytes(18),
        lambda: zipped({"word/document.xml": b"<w/>"}),
        lambda: zipped({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<o/>"}),
        lambda: zipped({"xl/workbook.bin": b"1"}),
        lambda: zipped({"xl/workbook.xml": random.randbytes(300)}),
        lambda: zipped({}),
        lambda: zipped(
            {"xl/workbook.xml": b"<workbook><sheets><sheet name='about' sheetId='1' r:id='rId1'/></sheets></workbook>"}
        ),
    )
    return random.choice(formats)()


def entities(order: Order, random: Random) -> bytes:
    """XML entities that expand exponentially or refer to files."""
    bomb = (
        b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
        + b"".join(b'<!ENTITY %c "&%c;&%c;&%c;&%c;&%c;&%c;&%c;&%c;">' % ((99 + n,) + (98 + n,) * 8) for n in range(12))
        + b"]>"
    )
    file = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
    target = random.choice(("xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml", "xl/sharedStrings.xml"))
    doctype, word = random.choice(((bomb, b"&n;"), (file, b"&a;")))

    def damage(name: str, content: bytes) -> bytes:
        if name != target:
            return content
        start = content.find(b"?>") + 2 if content.startswith(b"<?xml") else 0
        return content[:start] + doctype + content[start:].replace(b"<t>", b"<t>" + word, 1).replace(b"<v>", b"<v>" + word, 1)

    return repacked(workbook(order, 2024, _rows_with_invalid_cell(order, random)), damage)


def cells_astray(order: Order, random: Random) -> bytes:
    """Cells with distant, unordered, duplicate, or missing references."""
    cell = random.choice(
        (
            b'<c r="XFD1048576"><v>1</v></c>',
            b'<c r="A99999999"><v>1</v></c>',
            b"<c><v>1</v></c>",
            b'<c r="A1"><v>7</v></c>',
            b'<c r="AAAAAAA1"><v>1</v></c>',
            b'<c r="B2" t="s"><v>99999999</v></c>',
            b'<c r="C3" t="d"><v>x</v></c>',
            b'<c r="D1" t="n"><v>1e999</v></c>',
            b"<c\nr='XFD1'><v>1</v></c>",
            b'<c r = "XFD9"><v>1</v></c>',
            b'<c r="B0"><v>1</v></c>',
        )
    )

    def damage(name: str, content: bytes) -> bytes:
        if "worksheets/" not in name:
            return content
        mark = random.choice((b"</row>", b"<row "))
        spot = content.find(mark) if random.random() < 0.5 else content.rfind(mark)
        row_of = b"" if mark == b"</row>" else b"<row>"
        return content[:spot] + row_of + cell + (b"</row>" if row_of else b"") + content[spot:]

    return repacked(workbook(order, 2024, _rows_with_invalid_cell(order, random)), damage)


def bomb(_order: Order, random: Random) -> bytes:
    size = random.choice((40, 300)) * 2**20
    return zipped(
        {"xl/workbook.xml": b"<workbook/>", random.choice(("xl/worksheets/sheet1.xml", "xl/media/image1.png")): bytes(size)}
    )


def lying_bomb(_order: Order, random: Random) -> bytes:
    """A ZIP archive whose directory gives 1 KB as the size of 80 MB."""
    data = bytearray(zipped({"xl/workbook.xml": b"<workbook/>", "xl/worksheets/sheet1.xml": bytes(80 * 2**20)}))
    size = (80 * 2**20).to_bytes(4, "little")
    while (spot := data.find(size)) >= 0:
        data[spot : spot + 4] = (1024).to_bytes(4, "little")
    return bytes(data)


def many_rows(order: Order, random: Random) -> bytes:
    """About 100,000 rows or more, all invalid."""
    kind = random.choice(list(order.kind))
    base = workbook(order, 2024, {kind: [row(order, bin_of(1), bin_of(100), {})]})
    count = random.choice((99_990, 100_001, 120_000))
    body = b"".join(
        b'<row r="%d"><c r="A%d"><v>1</v></c><c r="E%d" t="b"><v>1</v></c></row>' % (n, n, n) for n in range(5, count)
    )

    def damage(name: str, content: bytes) -> bytes:
        return content.replace(b"</sheetData>", body + b"</sheetData>") if name == "xl/worksheets/sheet2.xml" else content

    return repacked(base, damage)


def repacked(data: bytes, change: Callable[[str, bytes], bytes | None]) -> bytes:
    """Return a workbook with each part replaced by the result of `change`; None drops the part."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: change(name, archive.read(name)) for name in archive.namelist()}
    return zipped({name: content for name, content in parts.items() if content is not None})


def zipped(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


COMMON = (
    invalid_values,
    worksheets,
    merged,
    formulas,
    headings,
    about,
    contradictions,
    truncated,
    bytes_flipped,
    xml_flipped,
    parts_missing,
    other_formats,
    entities,
    cells_astray,
)
HEAVY = (bomb, lying_bomb, many_rows)


def broken(order: Order, seed: int) -> tuple[str, bytes]:
    """Return the name of the damage and the broken workbook of a seed; about one in three hundred is a heavy one."""
    random = Random(seed)
    damage = random.choice(HEAVY) if random.random() < 1 / 300 else COMMON[seed % len(COMMON)]
    return damage.__name__, damage(order, random)
