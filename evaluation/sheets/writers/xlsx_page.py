"""A worksheet being written downwards.

Heights are computed here: spreadsheets do not fit rows to merged or wrapped text.
"""

from collections.abc import Sequence
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.format import Format

from evaluation.charts.measure import wrap
from evaluation.sheets.annex import Cell
from evaluation.sheets.document import Document
from evaluation.sheets.writers.office import LINE, QUIET, SHADE

NARROWER = 0.88
"""Book faces are narrower than the face that widths are measured in; still on the safe side."""
LINE_HEIGHT = 1.37
PADDING = 3.0
TALLEST = 409.0
HEADER_LENGTH = 255
PAPER = (595.0, 842.0)
MARGINS = {"left": 0.7, "right": 0.5, "top": 0.8, "bottom": 0.7}
"""A4 in points, margins in inches."""
FILLED = 0.98
"""How much of a page is filled, since programs do not agree on its last points."""
HALF = 0.5
"""How far down a page what would fit on one, but not on the rest of this, begins the next."""

_BASE: dict[str, Any] = {"text_wrap": True, "valign": "vcenter"}
_BOX: dict[str, Any] = _BASE | {"border": 1, "border_color": f"#{LINE}"}
LOOKS: dict[str, dict[str, Any]] = {
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
    "note_italic": _BASE | {"italic": True},
    "head": _BOX | {"align": "center"},
    "head_shaded": _BOX | {"align": "center", "bg_color": f"#{SHADE}"},
    "centre": _BOX | {"align": "center"},
    "text": _BOX | {"align": "left"},
    "share": _BOX | {"align": "center", "num_format": "0.0%"},
    "total": _BOX | {"bold": True},
    "total_points": _BOX | {"bold": True, "align": "center"},
    "total_share": _BOX | {"bold": True, "align": "center", "num_format": "0.0%"},
}


Part = tuple[int, int, str | Cell, str]
"""What stands from one column to another, and its look."""


def in_columns(cells: Sequence[str | Cell], looks: Sequence[str]) -> list[Part]:
    """A cell in each of the first columns."""
    return [(column, column, cell, look) for column, (cell, look) in enumerate(zip(cells, looks, strict=True))]


class Looks:
    """The formats of a workbook by the name of their look, each made once."""

    def __init__(self, book: Workbook):
        self.book = book
        self.made: dict[str, Format] = {}

    def __getitem__(self, look: str) -> Format:
        if look not in self.made:
            self.made[look] = self.book.add_format(LOOKS[look])
        return self.made[look]


class Page:
    """A worksheet of A4 pages with the document's notices and footer on each.

    `down` is the next row to write, `reach` how far down it begins in points, `top` the first row that is printed; `beside`
    columns of the usual width stand to the right of those written.
    """

    def __init__(
        self, looks: Looks, name: str, widths: Sequence[float], document: Document, landscape: bool = False, beside: int = 0
    ):
        self.looks, self.book, self.name, self.widths, self.beside = looks, looks.book, name, tuple(widths), beside
        self.down, self.reach, self.page_top, self.breaks = 0, 0.0, 0.0, list[int]()
        width, height = PAPER[::-1] if landscape else PAPER
        printed = sum(map(_points, self.widths)) + beside * 48
        shrunk = max(printed / (width - 72 * (MARGINS["left"] + MARGINS["right"])), 1)
        self.page_height = (height - 72 * (MARGINS["top"] + MARGINS["bottom"])) * shrunk * FILLED
        self.sheet = self.book.add_worksheet(name)
        self.sheet.hide_gridlines(2)
        for column, width in enumerate(self.widths):
            self.sheet.set_column(column, column, width)
        self.sheet.set_paper(9)
        if landscape:
            self.sheet.set_landscape()
        self.sheet.set_margins(**MARGINS)
        self.sheet.fit_to_pages(1, 0)
        self.sheet.set_header(_marked("&C&B", "\n".join(document.notices)))
        seal = f"&L{document.seal}\n" if document.seal else "&L"
        self.sheet.set_footer(_marked(seal, document.footer, reserve=len("&R&P / &N")) + "&R&P / &N")
        # On a screen the notices stand over the worksheet; on paper, in the header of every page and so not here again.
        for notice in document.notices:
            self.across(notice, "notice")
        if document.notices:
            self.gap(6)
        self.top, self.page_top = self.down, self.reach

    def across(self, text: str, look: str) -> None:
        """A text over the whole width."""
        self.parts([(0, len(self.widths) - 1, text, look)])

    def parts(self, parts: Sequence[Part]) -> None:
        """A row of texts, each from one column to another; where the page has no room for it, it begins the next."""
        height = self.needed(parts)
        if self.used and self.used + height > self.page_height:
            self._turn()
        self._height(height)
        for first, last, text, look in parts:
            if last > first:
                self.sheet.merge_range(self.down, first, self.down, last, "", self.looks[look])
            self._write(first, text, look)
        self.down += 1

    def row(self, cells: Sequence[str | Cell], looks: Sequence[str]) -> None:
        """A row with a cell in each of the first columns."""
        self.parts(in_columns(cells, looks))

    def needed(self, parts: Sequence[Part]) -> float:
        """The height in points that a row needs for its tallest text."""
        return max(self._needed(text, sum(self.widths[first : last + 1]), look) for first, last, text, look in parts)

    def gap(self, height: float) -> None:
        self._height(height)
        self.down += 1

    @property
    def used(self) -> float:
        """How much of the page is written."""
        return self.reach - self.page_top

    def begin(self, least: float, whole: float = 0.0) -> None:
        """Begin something on a new page where not even the `least` of it would fit on this one, or where this one is half
        full and the `whole` would fit on the next alone."""
        spills = self.used + whole > self.page_height >= whole and self.used > HALF * self.page_height
        if self.used and (self.used + least > self.page_height or spills):
            self._turn()

    def _turn(self) -> None:
        self.breaks.append(self.down)
        self.page_top = self.reach

    def finish(self) -> None:
        """Settle what covers the worksheet: what is printed, and that numbers of rows and BINs are meant to be text."""
        self.sheet.print_area(self.top, 0, max(self.down - 1, self.top), len(self.widths) + self.beside - 1)
        self.sheet.set_h_pagebreaks(self.breaks)
        self.sheet.ignore_errors({"number_stored_as_text": f"A1:Z{self.down + 1}"})

    def _height(self, height: float) -> None:
        self.sheet.set_row(self.down, min(height, TALLEST))
        self.reach += min(height, TALLEST)

    def _write(self, column: int, cell: str | Cell, look: str) -> None:
        if isinstance(cell, Cell):
            if cell.number is not None:
                look = {"centre": "share", "total_points": "total_share"}[look] if cell.share else look
                self.sheet.write_number(self.down, column, cell.number, self.looks[look])
                return
            cell = cell.text
        if cell:
            self.sheet.write_string(self.down, column, cell, self.looks[look])
        else:
            self.sheet.write_blank(self.down, column, None, self.looks[look])

    def _needed(self, cell: str | Cell, width: float, look: str) -> float:
        """The height in points of a text in a cell `width` characters wide."""
        text = cell.text if isinstance(cell, Cell) else cell
        size: float = LOOKS[look].get("font_size", 11)
        bold = bool(LOOKS[look].get("bold"))
        room = (_points(width) - 8) / NARROWER
        lines = sum(max(len(wrap(line, room, size, bold)), 1) for line in text.split("\n"))
        return lines * size * LINE_HEIGHT + PADDING


def _points(characters: float) -> float:
    """The width of a column in points."""
    return (characters * 7 + 5) * 0.75


def _marked(place: str, text: str, reserve: int = 0) -> str:
    """A text for a page's header or footer: its ampersands are doubled and it is cut where Excel would refuse it."""
    kept = text
    while len(place + kept.replace("&", "&&")) + reserve > HEADER_LENGTH:
        kept = kept[:-1]
    return place + kept.replace("&", "&&") if kept else ""
