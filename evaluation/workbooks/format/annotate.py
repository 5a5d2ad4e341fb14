"""Gives a workbook back as it was sent, with its bad cells coloured and commented and a worksheet that lists them.

The file is opened by a library that lays whole ranges out in memory where the file says so: nothing is given to it that has not
passed our own unpacking, and no more than anyone fills in by hand.
"""

import io
import re
import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import openpyxl
from openpyxl.cell.cell import Cell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import quote_sheetname
from openpyxl.utils.cell import range_boundaries
from openpyxl.worksheet.hyperlink import Hyperlink

from evaluation.answers.issues import Problem
from evaluation.answers.values import INVISIBLE
from evaluation.errors import EvaluationError
from evaluation.language import N_, Language
from evaluation.workbooks.format.safe_open import PRIVATE, unpack

LIST = PRIVATE + "problems"
ERROR, WARNING = "FFF4B6B0", "FFFBE3A6"
"""The colours of cells, as fills. By them the next check finds its marks: programs forget whose a comment is."""
HINT = "\n———\n"
"""Stands between what we say and the comment that was there before."""
HEADS = N_("Worksheet"), N_("Cell"), N_("Column"), N_("What is wrong and what to do")
MAX_UNPACKED = 24 * 2**20
MAX_CELLS = 200_000
MAX_AREA = 100_000
MAX_RANGES = 2_000
MAX_MARKS = 5_000
MAX_COMMENT = 1_000

TOO_LARGE = N_("The workbook is too large for a marked copy: go by the list on this page.")
UNUSUAL = N_(
    "The workbook cannot be copied as it is: go by the list on this page, or save it anew in Excel or LibreOffice and send it."
)

CELLS = re.compile(rb"<(?:\w+:)?c[ />]")
RANGES = re.compile(rb"<(?:\w+:)?(?:mergeCell|hyperlink|comment)\b[^>]*?\bref\s*=\s*[\"']([^\"']*)[\"']")
RANGE = re.compile(r"\$?[A-Z]{1,3}\$?[0-9]{1,7}(?::\$?[A-Z]{1,3}\$?[0-9]{1,7})?")
SPREAD = re.compile(
    rb"<(?:\w+:)?(?:mergeCell|hyperlink|comment|dataValidation|conditionalFormatting|cfRule|col|row|definedName)\b"
)
MAX_SPREAD = 60_000


class Unmarkable(EvaluationError):
    """There is no marked copy of this workbook; the message says why."""


def mark(data: bytes, errors: Sequence[Problem], oddities: Sequence[Problem], in_language: Language) -> bytes:
    """The same workbook with what is wrong and what is odd marked in it. Raises Unmarkable; Refused for what is no workbook."""
    _look(unpack(data))
    try:
        with warnings.catch_warnings():
            # What it leaves out is not what the workbook is for.
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(data), keep_links=False)
            _unmark(book)
            _mark(book, [(each, ERROR) for each in errors] + [(each, WARNING) for each in oddities], in_language)
            out = io.BytesIO()
            book.save(out)
    except Exception as error:
        # It reads what others write in ways of its own, and gives up in as many.
        raise Unmarkable(UNUSUAL) from error
    return out.getvalue()


def _look(parts: dict[str, bytes]) -> None:
    """Raises Unmarkable for what would be laid out beyond measure."""
    if sum(map(len, parts.values())) > MAX_UNPACKED:
        raise Unmarkable(TOO_LARGE)
    cells = spread = area = ranges = 0
    for content in parts.values():
        if b"\x00" in content or b"<!DOCTYPE" in content or b"<!ENTITY" in content:
            raise Unmarkable(UNUSUAL)
        cells += len(CELLS.findall(content))
        spread += len(SPREAD.findall(content))
        for found in RANGES.findall(content):
            ranges += 1
            area += _area(found.decode("utf-8", "replace"))
    if cells > MAX_CELLS or spread > MAX_SPREAD:
        raise Unmarkable(TOO_LARGE)
    if area > MAX_AREA or ranges > MAX_RANGES:
        raise Unmarkable(UNUSUAL)


def _area(name: str) -> int:
    """How many cells a range has; too many for one that is not plainly written."""
    if not RANGE.fullmatch(name):
        return MAX_AREA + 1
    left, top, right, bottom = range_boundaries(name)
    return (abs(int(right or 0) - int(left or 0)) + 1) * (abs(int(bottom or 0) - int(top or 0)) + 1)


def _unmark(book: Any) -> None:
    """Take the marks of an earlier check away."""
    if LIST in book.sheetnames:
        del book[LIST]
    for sheet in book.worksheets:
        # The cells there are; by rows and columns it would make those between them too.
        for cell in list(sheet._cells.values()):
            if not isinstance(cell, Cell):
                continue
            ours = cell.has_style and cell.fill.fgColor.rgb in (ERROR, WARNING)
            if ours:
                cell.fill = PatternFill()
            if cell.comment is not None:
                text = cell.comment.text.partition(HINT)[2] if ours else cell.comment.text
                cell.comment = _comment(text) if text else None


def _comment(text: str) -> Comment:
    """A comment of a size to be read: the library forgets the size that a comment had."""
    return Comment(text, "", width=320, height=40 + 18 * (len(text) // 42 + text.count("\n") + 1))


def _mark(book: Any, found: list[tuple[Problem, str]], in_language: Language) -> None:
    marks: dict[tuple[str, str], list[tuple[str, str]]] = {}
    lines = []
    for problem, colour in found:
        message = INVISIBLE.sub("", problem.message(in_language))
        there = bool(problem.cell) and problem.worksheet in book.sheetnames
        lines.append((problem, colour, message, there))
        if there:
            marks.setdefault((str(problem.worksheet), str(problem.cell)), []).append((colour, message))
    for (worksheet, name), told in list(marks.items())[:MAX_MARKS]:
        cell = book[worksheet][name]
        if isinstance(cell, Cell):
            colour = ERROR if any(each == ERROR for each, _ in told) else WARNING
            cell.fill = PatternFill("solid", fgColor=colour)
            texts = dict.fromkeys(message for _, message in told)
            hint = HINT + cell.comment.text if cell.comment is not None else ""
            cell.comment = _comment("\n\n".join(texts)[:MAX_COMMENT] + hint)
    _list(book, lines, in_language)


def _list(book: Any, lines: Iterable[tuple[Problem, str, str, bool]], in_language: Language) -> None:
    """The worksheet that lists what was found, each with a link to its cell; it is ours and is not read."""
    sheet = book.create_sheet(LIST, 0)
    sheet.append([in_language.gettext(head) for head in HEADS])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    lines = list(lines)
    for number, (problem, colour, message, there) in enumerate(lines[:MAX_MARKS], start=2):
        texts = (problem.worksheet or "–", problem.cell or "–", problem.code or "–", message)
        for place, text in enumerate(texts, start=1):
            cell = sheet.cell(number, place)
            cell.value = INVISIBLE.sub("", text)
            # Text, whatever it begins with.
            cell.data_type = "s"
            cell.alignment = Alignment(vertical="top", wrap_text=place == len(texts))
        sheet.cell(number, len(texts)).fill = PatternFill("solid", fgColor=colour)
        if there:
            link = sheet.cell(number, 2)
            target = f"{quote_sheetname(str(problem.worksheet))}!{problem.cell}"
            link.hyperlink = Hyperlink(ref=link.coordinate, location=target, display=problem.cell)
            link.font = Font(color="FF1F5A85", underline="single")
    if len(lines) > MAX_MARKS:
        sheet.append([in_language.gettext("and %(count)s more", count=in_language.number(len(lines) - MAX_MARKS))])
    for column, width in zip("ABCD", (16, 10, 28, 100), strict=True):
        sheet.column_dimensions[column].width = width
    sheet.freeze_panes = "A2"
    for each in book.worksheets:
        each.sheet_view.tabSelected = each is sheet
    book.active = 0
