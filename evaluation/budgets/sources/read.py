"""Reads files and pasted texts as numbered lines. The kind of a file is seen from its content, not from its name.

A line's number is a place that a person can find: the line of a text file, or the number of the extracted line of another file,
which the pages show with its text.
"""

import re
from dataclasses import dataclass
from itertools import count
from typing import Any

import filetype

from evaluation.answers.evidence.content import DETECTION_BYTES, PDF, ZIP, FileType, clean_name, has_pdf_end
from evaluation.budgets.model import SourceLine
from evaluation.budgets.sources import docx_file, errors, html_file, pdf_file
from evaluation.budgets.sources.decode import decode
from evaluation.budgets.sources.errors import SourceRejected
from evaluation.sandbox import (
    Limits,
    Parser,
    ParserError,
    SandboxCrash,
    SandboxError,
    run_json_parser,
)
from evaluation.text import INVISIBLE, LINE_BREAK
from evaluation.xlsx.archive import COMPOUND_FILE_SIGNATURE

MAX_LINES = 100_000
"""A decision with 14 annexes has 5,000."""
LIMITS = Limits(memory_bytes=2**30, cpu_seconds=20, wall_seconds=60, result_bytes=64 * 2**20)
TEXT = FileType("text/plain", "txt")
HTML = FileType("text/html", "html")
DOCX = FileType("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx")
PDF_SIGNATURE, SIGNATURE_BYTES = b"%PDF-", 1024
"""A PDF may begin with other bytes."""
MARKUP = re.compile(r"<(!doctype\s+html|html|head|body|table|div|p|tr|td)\b", re.IGNORECASE)
MARKUP_CHARACTERS = 4096
OTHER_TEXT = re.compile(r"\s*(\{\\rtf|mime-version:|from: <saved by|<\?xml(?![\s\S]*?<html\b))", re.IGNORECASE)
"""Starts formats of Word that are written as text: RTF, web archives, XML."""
SEPARATORS = re.compile("[\x0b\x0c\x85\u2028\u2029]")
"""Separate words, but no editor counts lines by them."""
REASONS = {
    docx_file.MACROS: errors.MACROS,
    docx_file.NOT_A_DOCUMENT: errors.UNSUPPORTED,
    docx_file.TOO_LARGE: errors.TOO_COSTLY,
    pdf_file.ENCRYPTED: errors.ENCRYPTED,
    pdf_file.NO_TEXT: errors.NO_TEXT,
    pdf_file.TOO_MANY_PAGES: errors.TOO_MANY_PAGES,
}
"""Reasons of the parsers → messages."""


@dataclass(frozen=True)
class Source:
    """A file as lines.

    Attributes:
        name: the file's name for pages and downloads, with the suffix of its kind.
        media_type: of its content.
        lines: numbered from 1.
    """

    name: str
    media_type: str
    lines: tuple[SourceLine, ...]


def read_source(name: str, data: bytes) -> Source:
    """Read a text, a web page, a Word document or a PDF with text; it may take seconds, so pages take a turn.

    Args:
        name: the name under which the file was sent.
        data: the content; the caller refuses more than the settings allow before it reads all of it.

    Raises:
        SourceRejected: it cannot be read; the message says what to send instead.
    """
    if not data.strip(b"\x00 \t\r\n"):
        raise SourceRejected(errors.EMPTY, field="file")
    kind = _kind(data)
    if kind is PDF:
        lines = _parsed(pdf_file.extract_lines, data)
    elif kind is DOCX:
        lines = _parsed(docx_file.extract_lines, data)
    else:
        text = decode(data)
        if OTHER_TEXT.match(text[:MARKUP_CHARACTERS]):
            raise SourceRejected(errors.UNSUPPORTED, field="file")
        if MARKUP.search(text[:MARKUP_CHARACTERS]):
            kind, lines = HTML, _parsed(html_file.extract_lines, text.encode())
        else:
            kind, lines = TEXT, _text_lines(text, "file")
    return Source(clean_name(name, kind), kind.media_type, lines)


def read_text(text: str) -> tuple[SourceLine, ...]:
    """Return the lines of a pasted text. Raises SourceRejected for an empty or a very long one."""
    return _text_lines(text, "text")


def _kind(data: bytes) -> FileType:
    """Return the kind of a file; what is no archive and no PDF may be a text. Raises SourceRejected."""
    if PDF_SIGNATURE in data[:SIGNATURE_BYTES]:
        if not has_pdf_end(data):
            raise SourceRejected(errors.DAMAGED, field="file")
        return PDF
    if data.startswith(ZIP):
        return DOCX
    if data.startswith(COMPOUND_FILE_SIGNATURE):
        raise SourceRejected(errors.OLD_DOCUMENT, field="file")
    media_type = filetype.guess_mime(data[:DETECTION_BYTES]) or ""
    # A text may begin like a picture: BM starts a bitmap.
    if media_type.startswith("image/") and b"\x00" in data[:DETECTION_BYTES]:
        raise SourceRejected(errors.NO_TEXT, field="file")
    return TEXT


def _text_lines(text: str, field: str) -> tuple[SourceLine, ...]:
    """Number the lines of a text. Raises SourceRejected."""
    shown = _visible(SEPARATORS.sub(" ", LINE_BREAK.sub("\n", text))).removesuffix("\n")
    return _checked(tuple(map(SourceLine, count(1), shown.split("\n"))), field)


def _parsed(parser: Parser, data: bytes) -> tuple[SourceLine, ...]:
    """Return the lines that a parser of the sandbox extracts. Raises SourceRejected."""
    try:
        result: Any = run_json_parser(parser, data, LIMITS)
    except (ParserError, SandboxCrash) as error:
        raise SourceRejected(errors.DAMAGED, field="file") from error
    except SandboxError as error:
        raise SourceRejected(errors.TOO_COSTLY, field="file") from error
    if isinstance(result, str):
        raise SourceRejected(REASONS[result], field="file", limit=pdf_file.MAX_PAGES)
    if isinstance(result, dict):
        raise SourceRejected(errors.PAGES_WITHOUT_TEXT, field="file", pages=", ".join(map(str, result["pages"])))
    return _checked(tuple(_line(number, content) for number, content in enumerate(result, start=1)), "file")


def _line(number: int, content: str | list[str]) -> SourceLine:
    """Return a line of a parser: a paragraph, or the cells of a row."""
    if isinstance(content, str):
        return SourceLine(number, _visible(content))
    cells = tuple(map(_visible, content))
    return SourceLine(number, "\t".join(cells), cells)


def _checked(lines: tuple[SourceLine, ...], field: str) -> tuple[SourceLine, ...]:
    """Return the lines. Raises SourceRejected if they are too many, or none has text."""
    if len(lines) > MAX_LINES:
        raise SourceRejected(errors.TOO_MANY_LINES, field=field, limit=MAX_LINES)
    if not any(line.text and not line.text.isspace() for line in lines):
        raise SourceRejected(errors.EMPTY, field=field)
    return lines


def _visible(text: str) -> str:
    """Return a text without the characters that databases and pages refuse."""
    return INVISIBLE.sub("", text)
