"""A budget as files of every kind that the product reads, written by the programs that people use."""

import html
import io
import re
import subprocess
import zipfile
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, groupby
from pathlib import Path

import typst
from docx import Document

FOLDER = Path(__file__).parent / "budgets"
"""Texts of real decisions."""
HEAD = "Қонаев қаласы мәслихатының 2026 жылғы 17 наурыздағы № 61-208 шешімі"
TITLE = "Бюджет города Қонаев на 2026 год"
ROWS = [
    ("", "", "", "I. Доходы", "48 012 900"),
    ("2", "", "", "Неналоговые поступления", "1 020 714"),
    ("", "01", "", "Доходы от государственной собственности", "61 139"),
    ("", "", "5", "Доходы от аренды имущества, находящегося в государственной собственности", "60 345"),
    ("", "", "7", "Вознаграждения по кредитам, выданным из государственного бюджета", "794"),
]
END = "Мәслихат хатшысы Ә. Ғұмарұлы"
Line = str | tuple[str, ...]
LINES: list[Line] = [HEAD, TITLE, *ROWS, END]
"""Paragraphs, and rows with their cells; every file must be read as these again."""


def as_text(lines: Sequence[Line] = LINES) -> str:
    """One row in a line, its cells separated by tabs."""
    return "\n".join(line if isinstance(line, str) else "\t".join(line) for line in lines)


def blocks(lines: Sequence[Line]) -> Iterator[str | list[tuple[str, ...]]]:
    """Paragraphs, and rows that follow each other as one table."""
    for is_row, group in groupby(lines, lambda line: isinstance(line, tuple)):
        if is_row:
            yield [line for line in group if isinstance(line, tuple)]
        else:
            yield from (line for line in group if isinstance(line, str))


def as_html(lines: Sequence[Line] = LINES) -> str:
    parts = []
    for block in blocks(lines):
        if isinstance(block, str):
            parts.append(f"<p>{html.escape(block)}</p>\n")
        else:
            rows = "".join(f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in block)
            parts.append(f'<table border="1">{rows}</table>')
    return f"<!DOCTYPE html><html lang='ru'><head><title>adilet</title></head><body>{''.join(parts)}</body></html>"


def as_docx(change: Callable[[str], str] = str, lines: Sequence[Line] = LINES) -> bytes:
    """As python-docx writes it; `change` changes the XML of the document."""
    document = Document()
    for block in blocks(lines):
        if isinstance(block, str):
            document.add_paragraph(block)
            continue
        table = document.add_table(len(block), len(block[0]), "Table Grid")
        # Each call of a row's cells looks through the whole table.
        cells = table._cells
        for cell, text in zip(cells, chain.from_iterable(block), strict=True):
            cell.text = text
    out = io.BytesIO()
    document.save(out)
    return with_part(out.getvalue(), "word/document.xml", change)


def as_pdf(options: str = "", name_width: str = "60mm", lines: Sequence[Line] = LINES) -> bytes:
    """As typst prints it, with lines around the cells; `options` are further arguments of its tables."""
    parts = ['#set text(font: "Libertinus Serif", size: 9pt, lang: "ru", hyphenate: true)']
    for block in blocks(lines):
        if isinstance(block, str):
            parts.append(typst_text(block))
            continue
        columns = ", ".join(["8mm"] * (len(block[0]) - 2))
        cells = ", ".join(f"[{typst_text(cell)}]" for cell in chain.from_iterable(block))
        parts.append(f"#table(columns: ({columns}, {name_width}, 30mm), {options}{cells})")
    return typst.compile("\n\n".join(parts).encode())


def typst_text(text: str) -> str:
    """Text as typst's markup; a line break stays one."""
    marked = re.sub(r"[\\#$*_`<>@~\[\]\"'/=+-]", r"\\\g<0>", text)
    return re.sub(r"^(\d+)\.", r"\1\\.", marked).replace("\n", " \\ ")


def with_part(data: bytes, name: str, change: Callable[[str], str]) -> bytes:
    """Return a ZIP file with the text of one part changed."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {entry: archive.read(entry) for entry in archive.namelist()}
    parts[name] = change(parts[name].decode()).encode()
    return zipped(parts)


def zipped(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


def by_libreoffice(folder: Path, data: bytes, name: str, suffix: str, *options: str) -> bytes:
    """Convert a file as a person would who saves it in another format."""
    source = folder / name
    source.write_bytes(data)
    command = ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", *options, "--convert-to", suffix]
    subprocess.run([*command, "--outdir", str(folder / "out"), str(source)], check=True, capture_output=True, timeout=120)
    return (folder / "out" / name).with_suffix(f".{suffix.partition(':')[0]}").read_bytes()
