"""Writes a copy of an uploaded workbook with its issues as coloured and commented cells and as a list.

The library that copies the file allocates memory for whole ranges where the file asks for it. Therefore it receives only files
that the safe opening accepts and that are not larger than a workbook filled in by hand.
"""

import io
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import openpyxl
from openpyxl.cell.cell import Cell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import quote_sheetname
from openpyxl.utils.cell import range_boundaries
from openpyxl.worksheet.hyperlink import Hyperlink

from evaluation.answers.issues import CellIssue
from evaluation.criteria.model import Order
from evaluation.errors import EvaluationError
from evaluation.language import LANGUAGE_CODES, N_, Language, language
from evaluation.text import INVISIBLE
from evaluation.workbooks.format.column_labels import column_label
from evaluation.workbooks.format.opening import rejecting_unreadable
from evaluation.xlsx.archive import unpack
from evaluation.xlsx.safe_open import PRIVATE_PREFIX

ISSUES_LABEL = N_("problems")
"""The name of the worksheet with the issues, after the prefix of private worksheets."""
ERROR_COLOUR, WARNING_COLOUR = "FFF4B6B0", "FFFBE3A6"
"""Fill colours of annotated cells. A later annotation recognises the cells by them: programs drop the author of a comment."""
COMMENT_SEPARATOR = "\n———\n"
"""Separates our text from the comment that the cell had before."""
HEADINGS = N_("Worksheet"), N_("Cell"), N_("Organisation"), N_("Column"), N_("What is wrong and what to do")
COLUMN_WIDTHS = {"A": 30, "B": 10, "C": 44, "D": 40, "E": 90}
CELL_COLUMN = 2
LINK_COLOUR = "FF1F5A85"
MAX_UNPACKED_BYTES = 24 * 2**20
MAX_CELLS = 200_000
MAX_RANGE_CELLS = 100_000
MAX_RANGES = 2_000
MAX_STRUCTURE_ELEMENTS = 60_000
MAX_ISSUES = 5_000
MAX_COMMENT_CHARACTERS = 1_000
COMMENT_WIDTH_PIXELS, COMMENT_LINE_PIXELS, COMMENT_LINE_CHARACTERS = 320, 18, 42
COMMENT_MARGIN_PIXELS = 40

TOO_LARGE = N_("The workbook is too large for a marked copy: use the list on this page.")
UNUSUAL = N_("The workbook cannot be annotated: use the list on this page, or save it again in Excel or LibreOffice and send it.")

CELL_ELEMENT = re.compile(rb"<(?:\w+:)?c[ />]")
RANGE_ELEMENT = re.compile(rb"<(?:\w+:)?(?:mergeCell|hyperlink|comment)\b[^>]*?\bref\s*=\s*[\"']([^\"']*)[\"']")
RANGE_NAME = re.compile(r"\$?[A-Z]{1,3}\$?[0-9]{1,7}(?::\$?[A-Z]{1,3}\$?[0-9]{1,7})?")
STRUCTURE_ELEMENT = re.compile(
    rb"<(?:\w+:)?(?:mergeCell|hyperlink|comment|dataValidation|conditionalFormatting|cfRule|col|row|definedName)\b"
)


class AnnotationError(EvaluationError):
    """The workbook cannot be copied with annotations; the message says why."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY


@dataclass(frozen=True)
class _Annotation:
    """An issue with its colour, the label of its column and its message; `has_cell` if its cell exists in the workbook."""

    issue: CellIssue
    colour: str
    column_label: str
    message: str
    has_cell: bool

    @property
    def worksheet(self) -> str:
        """The name of the issue's worksheet in the file; empty for an issue of the whole file."""
        return self.issue.title or self.issue.worksheet or ""


def issues_title(language: Language) -> str:
    """Return the name of the worksheet that lists the issues."""
    return PRIVATE_PREFIX + language.gettext(ISSUES_LABEL)


def annotate(data: bytes, errors: Sequence[CellIssue], warnings_: Sequence[CellIssue], order: Order, language: Language) -> bytes:
    """Return a copy of a workbook with its errors and warnings.

    Raises:
        WorkbookRejected: the file is no workbook.
        AnnotationError: the workbook is too large or unusual to be copied.
    """
    with rejecting_unreadable():
        parts = unpack(data)
    _check_bounds(parts)
    try:
        with warnings.catch_warnings():
            # The library warns of parts that it drops, such as pictures; the data do not need them.
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(data), keep_links=False)
            _remove_annotations(book)
            issues = [(issue, ERROR_COLOUR) for issue in errors] + [(issue, WARNING_COLOUR) for issue in warnings_]
            annotations = [_annotation(book, issue, colour, order, language) for issue, colour in issues]
            _annotate_cells(book, annotations)
            _add_list(book, annotations, language)
            out = io.BytesIO()
            book.save(out)
    except Exception as error:
        # The library raises exceptions of many types for files of other programs.
        raise AnnotationError(UNUSUAL) from error
    return out.getvalue()


def _check_bounds(parts: dict[str, bytes]) -> None:
    """Raise AnnotationError if the library would allocate too much memory for the parts."""
    if sum(map(len, parts.values())) > MAX_UNPACKED_BYTES:
        raise AnnotationError(TOO_LARGE)
    cell_count = structure_count = range_cell_count = range_count = 0
    for content in parts.values():
        if b"\x00" in content or b"<!DOCTYPE" in content or b"<!ENTITY" in content:
            raise AnnotationError(UNUSUAL)
        cell_count += len(CELL_ELEMENT.findall(content))
        structure_count += len(STRUCTURE_ELEMENT.findall(content))
        for name in RANGE_ELEMENT.findall(content):
            range_count += 1
            range_cell_count += _range_cell_count(name.decode("utf-8", "replace"))
    if cell_count > MAX_CELLS or structure_count > MAX_STRUCTURE_ELEMENTS:
        raise AnnotationError(TOO_LARGE)
    if range_cell_count > MAX_RANGE_CELLS or range_count > MAX_RANGES:
        raise AnnotationError(UNUSUAL)


def _range_cell_count(name: str) -> int:
    """Return the number of cells of a range; a number beyond the bound if the name has an unusual form."""
    if not RANGE_NAME.fullmatch(name):
        return MAX_RANGE_CELLS + 1
    left, top, right, bottom = range_boundaries(name)
    return (abs(int(right or 0) - int(left or 0)) + 1) * (abs(int(bottom or 0) - int(top or 0)) + 1)


def _remove_annotations(book: Any) -> None:
    """Remove the annotations of an earlier copy."""
    for name in {issues_title(language(code)) for code in LANGUAGE_CODES} & set(book.sheetnames):
        del book[name]
    for sheet in book.worksheets:
        # Only existing cells: access by row and column would create the cells between them.
        for cell in list(sheet._cells.values()):
            if not isinstance(cell, Cell):
                continue
            is_annotated = cell.has_style and cell.fill.fgColor.rgb in (ERROR_COLOUR, WARNING_COLOUR)
            if is_annotated:
                cell.fill = PatternFill()
            if cell.comment is not None:
                text = cell.comment.text.partition(COMMENT_SEPARATOR)[2] if is_annotated else cell.comment.text
                cell.comment = _comment(text) if text else None


def _comment(text: str) -> Comment:
    """Return a comment whose size fits its text; the library does not keep the size of an existing comment."""
    line_count = len(text) // COMMENT_LINE_CHARACTERS + text.count("\n") + 1
    height = COMMENT_MARGIN_PIXELS + COMMENT_LINE_PIXELS * line_count
    return Comment(text, "", width=COMMENT_WIDTH_PIXELS, height=height)


def _annotation(book: Any, issue: CellIssue, colour: str, order: Order, language: Language) -> _Annotation:
    has_cell = bool(issue.cell) and (issue.title or issue.worksheet) in book.sheetnames
    column = " ".join(filter(None, (column_label(issue.code, (order,), language), issue.code and f"[{issue.code}]")))
    return _Annotation(issue, colour, column, INVISIBLE.sub("", issue.message(language)), has_cell)


def _annotate_cells(book: Any, annotations: Sequence[_Annotation]) -> None:
    """Colour the cells with issues and add the messages as comments."""
    by_cell: dict[tuple[str, str], list[_Annotation]] = {}
    for annotation in annotations:
        if annotation.has_cell:
            location = annotation.worksheet, str(annotation.issue.cell)
            by_cell.setdefault(location, []).append(annotation)
    for (worksheet, name), cell_annotations in list(by_cell.items())[:MAX_ISSUES]:
        cell = book[worksheet][name]
        if not isinstance(cell, Cell):
            continue
        has_error = any(annotation.colour == ERROR_COLOUR for annotation in cell_annotations)
        cell.fill = PatternFill("solid", fgColor=ERROR_COLOUR if has_error else WARNING_COLOUR)
        messages = dict.fromkeys(annotation.message for annotation in cell_annotations)
        previous_comment = COMMENT_SEPARATOR + cell.comment.text if cell.comment is not None else ""
        cell.comment = _comment("\n\n".join(messages)[:MAX_COMMENT_CHARACTERS] + previous_comment)


def _add_list(book: Any, annotations: Sequence[_Annotation], language: Language) -> None:
    """Add the private worksheet that lists the issues, each with a link to its cell."""
    sheet = book.create_sheet(issues_title(language), 0)
    sheet.append([language.gettext(heading) for heading in HEADINGS])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for number, annotation in enumerate(annotations[:MAX_ISSUES], start=2):
        _write_list_row(sheet, number, annotation)
    if len(annotations) > MAX_ISSUES:
        remaining = language.number(len(annotations) - MAX_ISSUES)
        sheet.append([language.gettext("and %(count)s more", count=remaining)])
    for column, width in COLUMN_WIDTHS.items():
        sheet.column_dimensions[column].width = width
    sheet.freeze_panes = "A2"
    for worksheet in book.worksheets:
        worksheet.sheet_view.tabSelected = worksheet is sheet
    book.active = 0


def _write_list_row(sheet: Any, number: int, annotation: _Annotation) -> None:
    issue = annotation.issue
    texts = (annotation.worksheet, issue.cell, issue.organisation, annotation.column_label, annotation.message)
    for column, text in enumerate(texts, start=1):
        cell = sheet.cell(number, column)
        cell.value = INVISIBLE.sub("", text or "–")
        # Store text even if it begins with "=".
        cell.data_type = "s"
        cell.alignment = Alignment(vertical="top", wrap_text=column != CELL_COLUMN)
    sheet.cell(number, len(texts)).fill = PatternFill("solid", fgColor=annotation.colour)
    if annotation.has_cell:
        link = sheet.cell(number, CELL_COLUMN)
        target = f"{quote_sheetname(annotation.worksheet)}!{issue.cell}"
        link.hyperlink = Hyperlink(ref=link.coordinate, location=target, display=issue.cell)
        link.font = Font(color=LINK_COLOUR, underline="single")
