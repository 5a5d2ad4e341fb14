"""A printed worksheet that is written from top to bottom.

This module computes row heights and page breaks: spreadsheet programs do not fit rows to merged or wrapped text.
"""

from collections.abc import Sequence
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.format import Format

from evaluation.charts.measure import wrap
from evaluation.sheets.annex import Cell
from evaluation.sheets.document import Document
from evaluation.sheets.writers.office import LINE, QUIET, SHADE

WIDTH_RATIO = 0.88
"""A safe estimate of the width of text in the worksheet's typeface, relative to the typeface that is measured."""
LINE_HEIGHT_RATIO = 1.37
PADDING_PT = 3.0
MAX_ROW_HEIGHT_PT = 409.0
MAX_HEADER_LENGTH = 255
"""Characters of a header or footer that Excel accepts, codes included."""
PAPER_PT = (595.0, 842.0)
"""A4."""
MARGINS_INCHES = {"left": 0.7, "right": 0.5, "top": 0.8, "bottom": 0.7}
DEFAULT_COLUMN_WIDTH_PT = 48
FILL_RATIO = 0.98
"""The part of a page that is filled, since programs differ in its exact height."""
BREAK_RATIO = 0.5
"""A block that fits on one page, but not below this part of the current page, starts a new one."""

_BASE: dict[str, Any] = {"text_wrap": True, "valign": "vcenter"}
_BOX: dict[str, Any] = _BASE | {"border": 1, "border_color": f"#{LINE}"}
STYLES: dict[str, dict[str, Any]] = {
    "notice": _BASE | {"bold": True, "align": "center", "border": 2},
    "annex_mark": _BASE | {"italic": True, "align": "center", "bg_color": f"#{SHADE}"},
    "mark": _BASE | {"font_size": 10, "align": "right"},
    "mark_left": _BASE | {"font_size": 10, "align": "left"},
    "title": _BASE | {"bold": True, "font_size": 14, "align": "center"},
    "name": _BASE | {"align": "center"},
    "blank": _BASE | {"align": "center", "bottom": 1},
    "hint": _BASE | {"font_size": 8, "align": "center", "font_color": f"#{QUIET}"},
    "table_title": _BASE | {"bold": True, "align": "center"},
    "heading": _BASE | {"bold": True, "font_size": 12},
    "note": _BASE,
    "note_small": _BASE | {"italic": True, "font_size": 8, "font_color": f"#{QUIET}"},
    "head": _BOX | {"align": "center"},
    "head_shaded": _BOX | {"align": "center", "bg_color": f"#{SHADE}"},
    "centre": _BOX | {"align": "center"},
    "text": _BOX | {"align": "left"},
    "share": _BOX | {"align": "center", "num_format": "0.0%"},
    "total": _BOX | {"bold": True},
    "total_points": _BOX | {"bold": True, "align": "center"},
    "total_share": _BOX | {"bold": True, "align": "center", "num_format": "0.0%"},
}


Span = tuple[int, int, str | Cell, str]
"""The first and the last column, the content and the style of a part of a row."""


def in_columns(cells: Sequence[str | Cell], styles: Sequence[str]) -> list[Span]:
    """The spans of a row with one cell in each of the first columns."""
    return [(column, column, cell, style) for column, (cell, style) in enumerate(zip(cells, styles, strict=True))]


class Formats:
    """The formats of a workbook by the name of their style; each is created once."""

    def __init__(self, book: Workbook):
        self.book = book
        self._created: dict[str, Format] = {}

    def __getitem__(self, style: str) -> Format:
        if style not in self._created:
            self._created[style] = self.book.add_format(STYLES[style])
        return self._created[style]


class Page:
    """A worksheet of A4 pages with the document's notices and footer on each.

    Attributes:
        next_row: The next row to write, from 0.
        top_pt: The distance in points from the top of the worksheet to the next row.
        first_printed_row: The row below the notices, which are printed in the header.
        extra_columns: Columns of the default width to the right of the written ones, for charts.
    """

    def __init__(
        self,
        formats: Formats,
        name: str,
        widths: Sequence[float],
        document: Document,
        landscape: bool = False,
        extra_columns: int = 0,
    ):
        self.formats, self.book, self.name = formats, formats.book, name
        self.widths, self.extra_columns = tuple(widths), extra_columns
        self.next_row, self.top_pt, self.page_top_pt, self.breaks = 0, 0.0, 0.0, list[int]()
        self.page_height_pt = self._page_height_pt(landscape)
        self.sheet = self.book.add_worksheet(name)
        self._set_up(document, landscape)
        # On a screen the notices are rows of the worksheet. On paper they are in the header, so these rows are not printed.
        for notice in document.notices:
            self.add_text(notice, "notice")
        if document.notices:
            self.add_gap(6)
        self.first_printed_row, self.page_top_pt = self.next_row, self.top_pt

    def _page_height_pt(self, landscape: bool) -> float:
        width, height = PAPER_PT[::-1] if landscape else PAPER_PT
        printed = sum(map(_column_width_pt, self.widths)) + self.extra_columns * DEFAULT_COLUMN_WIDTH_PT
        reduction = max(printed / (width - 72 * (MARGINS_INCHES["left"] + MARGINS_INCHES["right"])), 1)
        return (height - 72 * (MARGINS_INCHES["top"] + MARGINS_INCHES["bottom"])) * reduction * FILL_RATIO

    def _set_up(self, document: Document, landscape: bool) -> None:
        self.sheet.hide_gridlines(2)
        for column, width in enumerate(self.widths):
            self.sheet.set_column(column, column, width)
        self.sheet.set_paper(9)
        if landscape:
            self.sheet.set_landscape()
        self.sheet.set_margins(**MARGINS_INCHES)
        self.sheet.fit_to_pages(1, 0)
        self.sheet.set_header(_header("&C&B", "\n".join(document.notices)))
        stamp = f"&L{document.stamp_footer}\n" if document.stamp_footer else "&L"
        self.sheet.set_footer(_header(stamp, document.footer, reserved=len("&R&P / &N")) + "&R&P / &N")

    def add_text(self, text: str, style: str) -> None:
        """Add a row with one text across all columns."""
        self.add_row([(0, len(self.widths) - 1, text, style)])

    def add_row(self, spans: Sequence[Span]) -> None:
        """Add a row; it starts a new page if the current page has no room for it."""
        height = self.height_of(spans)
        if self.used_pt and self.used_pt + height > self.page_height_pt:
            self._break_page()
        self._set_height(height)
        for first, last, content, style in spans:
            if last > first:
                self.sheet.merge_range(self.next_row, first, self.next_row, last, "", self.formats[style])
            self._write(first, content, style)
        self.next_row += 1

    def height_of(self, spans: Sequence[Span]) -> float:
        """The height in points that a row needs for its tallest text."""
        return max(self._text_height(text, sum(self.widths[first : last + 1]), style) for first, last, text, style in spans)

    def add_gap(self, height_pt: float) -> None:
        """Add an empty row."""
        self._set_height(height_pt)
        self.next_row += 1

    @property
    def used_pt(self) -> float:
        """The height of what is written on the current page."""
        return self.top_pt - self.page_top_pt

    def begin_block(self, min_height_pt: float, height_pt: float = 0.0) -> None:
        """Start a new page for a block if this page is not suitable.

        It is not if it has no room for the first rows of the block (`min_height_pt`), or if it is more than half full and the
        block (`height_pt`) fits on one page but not on the rest of this one.
        """
        spills = self.used_pt + height_pt > self.page_height_pt >= height_pt
        if self.used_pt and (
            self.used_pt + min_height_pt > self.page_height_pt or (spills and self.used_pt > BREAK_RATIO * self.page_height_pt)
        ):
            self._break_page()

    def _break_page(self) -> None:
        self.breaks.append(self.next_row)
        self.page_top_pt = self.top_pt

    def finish(self) -> None:
        """Set the print area and page breaks, and mark row numbers and BINs as intended text."""
        last_row, last_column = max(self.next_row - 1, self.first_printed_row), len(self.widths) + self.extra_columns - 1
        self.sheet.print_area(self.first_printed_row, 0, last_row, last_column)
        self.sheet.set_h_pagebreaks(self.breaks)
        self.sheet.ignore_errors({"number_stored_as_text": f"A1:Z{self.next_row + 1}"})

    def _set_height(self, height_pt: float) -> None:
        self.sheet.set_row(self.next_row, min(height_pt, MAX_ROW_HEIGHT_PT))
        self.top_pt += min(height_pt, MAX_ROW_HEIGHT_PT)

    def _write(self, column: int, cell: str | Cell, style: str) -> None:
        if isinstance(cell, Cell):
            if cell.number is not None:
                style = {"centre": "share", "total_points": "total_share"}[style] if cell.is_share else style
                self.sheet.write_number(self.next_row, column, cell.number, self.formats[style])
                return
            cell = cell.text
        if cell:
            self.sheet.write_string(self.next_row, column, cell, self.formats[style])
        else:
            self.sheet.write_blank(self.next_row, column, None, self.formats[style])

    def _text_height(self, cell: str | Cell, width: float, style: str) -> float:
        """The height in points of a text in a cell that is `width` characters wide."""
        text = cell.text if isinstance(cell, Cell) else cell
        size: float = STYLES[style].get("font_size", 11)
        bold = bool(STYLES[style].get("bold"))
        text_width = (_column_width_pt(width) - 8) / WIDTH_RATIO
        lines = sum(max(len(wrap(line, text_width, size, bold)), 1) for line in text.split("\n"))
        return lines * size * LINE_HEIGHT_RATIO + PADDING_PT


def _column_width_pt(characters: float) -> float:
    """The width in points of a column whose width is given in characters."""
    return (characters * 7 + 5) * 0.75


def _header(start: str, text: str, reserved: int = 0) -> str:
    """A header or footer: `start`, then the text with doubled ampersands, cut so that Excel accepts it with `reserved` more."""
    while len(start + text.replace("&", "&&")) + reserved > MAX_HEADER_LENGTH:
        text = text[:-1]
    return start + text.replace("&", "&&") if text else ""
