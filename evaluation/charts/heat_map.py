"""The heat map: rows of the form by regions, each cell shaded by a share and with its figure."""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.charts import style
from evaluation.charts.legend import legend
from evaluation.charts.measure import shorten, text_width
from evaluation.charts.picture import Align, Box, Label, Line, Link, Mark, Picture
from evaluation.charts.shares import Share, class_of, shade_classes
from evaluation.language import Language

TEXT_WIDTH_PT = 200.0
"""The width of the rows' texts."""
CELL_WIDTH_PT = 27.0
ROW_STEP_PT = 25.0
CELL_GAP_PT = 1.0
SMALL_TEXT_PT = 9.0
SMALL_LINE_PT = 11.0


@dataclass(frozen=True)
class HeatCell:
    """The share of one row in one column."""

    share: Share
    link: Link | None = None


@dataclass(frozen=True)
class HeatRow:
    """A row of the form by its number and text, with a cell for each column, empty where the row applies to no body."""

    mark: str
    text: str
    cells: tuple[HeatCell | None, ...]


@dataclass(frozen=True)
class HeatTable:
    """A table of the form by its title, with its scored rows."""

    title: str
    rows: tuple[HeatRow, ...]


def heat_map(title: str, columns: Sequence[str], tables: Sequence[HeatTable], language: Language) -> Picture:
    """Lay out a heat map with short names of columns. It is as wide as its columns need."""
    return _Layout(title, columns, tables, language).picture


class _Layout:
    def __init__(self, title: str, columns: Sequence[str], tables: Sequence[HeatTable], language: Language):
        self.language = language
        self.left = style.MARGIN_PT + style.MARK_WIDTH_PT
        self.cells_left = self.left + TEXT_WIDTH_PT + style.GAP_PT
        titles = max((text_width(table.title, style.TEXT_SIZE_PT, bold=True) for table in tables), default=0)
        needed = max(self.cells_left + len(columns) * CELL_WIDTH_PT, style.MARGIN_PT + titles / style.FILL_RATIO)
        self.width = max(style.WIDTH_PT, needed + style.MARGIN_PT)
        shares = [cell.share for table in tables for row in table.rows for cell in row.cells if cell]
        self.classes = shade_classes(shares)
        labelled = [(item.label(language), item.fill) for item in self.classes]
        keys, height = legend(labelled, self.width, style.MARGIN_PT)
        self.shapes: list[Box | Label | Line | Mark] = list(keys)
        heads = max((text_width(name, style.TEXT_SIZE_PT) for name in columns), default=0) / style.FILL_RATIO
        self.y = style.MARGIN_PT + height + style.GROUP_GAP_PT + heads
        for position, name in enumerate(columns):
            x = self.cells_left + (position + 0.5) * CELL_WIDTH_PT - style.TEXT_SIZE_PT / 2
            self.shapes.append(Label(x, self.y, name, upright=True))
        for table in tables:
            self._table(table)
        texts = language.gettext("The table has the same figures.")
        self.picture = Picture(title, texts, language.code, self.width, self.y + style.MARGIN_PT, tuple(self.shapes))

    def _table(self, table: HeatTable) -> None:
        self.y += style.GROUP_GAP_PT / 2
        self.shapes.append(Label(style.MARGIN_PT, self.y, table.title, bold=True))
        self.y += style.LINE_HEIGHT_PT + 4
        for row in table.rows:
            self._row(row)
            self.y += ROW_STEP_PT

    def _row(self, row: HeatRow) -> None:
        lines = shorten(row.text, self.language.code, TEXT_WIDTH_PT * style.FILL_RATIO, SMALL_TEXT_PT)
        top = self.y + (ROW_STEP_PT - CELL_GAP_PT - SMALL_LINE_PT * len(lines)) / 2
        self.shapes.append(Label(style.MARGIN_PT, top, row.mark, size=SMALL_TEXT_PT))
        self.shapes += [
            Label(self.left, top + SMALL_LINE_PT * position, line, size=SMALL_TEXT_PT) for position, line in enumerate(lines)
        ]
        for position, cell in enumerate(row.cells):
            if cell and cell.share.total:
                self._cell(self.cells_left + position * CELL_WIDTH_PT, cell)

    def _cell(self, x: float, cell: HeatCell) -> None:
        shade = class_of(cell.share, self.classes)
        self.shapes.append(Box(x, self.y, CELL_WIDTH_PT - CELL_GAP_PT, ROW_STEP_PT - CELL_GAP_PT, shade.fill, cell.link))
        center = x + (CELL_WIDTH_PT - CELL_GAP_PT) / 2
        top = self.y + (ROW_STEP_PT - CELL_GAP_PT - SMALL_LINE_PT) / 2
        text = str(cell.share.percent)
        self.shapes.append(Label(center, top, text, size=SMALL_TEXT_PT, color=shade.ink, align=Align.CENTER))
