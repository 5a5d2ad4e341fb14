"""The worksheets of an annex: the summary with native charts, the reasons, and the organisations they name."""

import io
from typing import Any

from PIL import Image
from xlsxwriter.chart_bar import ChartBar

from evaluation.sheets.annex import Annex, Cell, Figure, Grid
from evaluation.sheets.stamp import Verification
from evaluation.sheets.writers.office import ACCENT, LINE
from evaluation.sheets.writers.xlsx_page import Page, Part, in_columns

NAME_WIDTH, FIGURE_WIDTH = 48.0, 10.5
REASON_WIDTHS = (7.0, 40.0, 9.0, 60.0, 32.0, 16.0)
ORGANISATION_WIDTHS = (44.0, 8.0, 26.0, 62.0, 15.0)
BESIDE = 9
"""How many columns of the usual width a chart takes beside its table."""
CHART_WIDTH, CHART_MARGIN = BESIDE * 64 - 16, 8
QR_HEIGHT = 104.0
"""In points: a little under 37 mm."""
SPACE = 8.0
"""Over a heading, in points."""
LEAST_HEIGHT = 90.0
CHART_STEP = 36.0
"""Heights in points: of a chart without bars, and for each of its bars."""
FILLS: tuple[dict[str, Any], ...] = (
    {"fill": {"color": "#FFFFFF"}, "border": {"color": f"#{LINE}", "width": 1}},
    {
        "pattern": {"pattern": "wide_upward_diagonal", "fg_color": f"#{ACCENT}", "bg_color": "#FFFFFF"},
        "border": {"color": f"#{ACCENT}", "width": 1},
    },
    {"fill": {"color": f"#{ACCENT}"}, "border": {"color": f"#{ACCENT}", "width": 1}},
)
"""The maximum, what is open, what is settled: as in the drawn charts."""


def summary_widths(annex: Annex) -> tuple[float, ...]:
    """A column for names, and as many for figures as the widest table of the summary needs."""
    most = max(len(grid.head) for grid in (annex.summary, *(figure.table for figure in annex.figures)))
    return NAME_WIDTH, *[FIGURE_WIDTH] * (most - 1)


def summary(page: Page, annex: Annex, qr: bytes) -> None:
    """How an accepted sheet is verified; points by table, then every chart beside the table of what it shows."""
    page.across(annex.mark, "annex_mark")
    if annex.verification:
        _verification(page, annex.verification, qr)
    page.across(annex.summary.title, "heading")
    for row in _grid(annex.summary):
        page.parts(row)
    if annex.explanation:
        page.across(annex.explanation, "note")
    for position, figure in enumerate(annex.figures):
        _figure(page, figure, [figure.table.title] if position else [annex.figures_title, figure.table.title])
    page.finish()


def _verification(page: Page, part: Verification, qr: bytes) -> None:
    """The words, and the QR code beside them."""
    top, above = page.down, page.reach
    page.across(part.title, "heading")
    page.across(part.text, "note")
    for label, words in part.lines:
        page.parts([(0, 0, label, "note"), (1, len(page.widths) - 1, words, "note")])
    page.gap(max(QR_HEIGHT - (page.reach - above), 0) + CHART_MARGIN)
    scale = QR_HEIGHT / 0.75 / Image.open(io.BytesIO(qr)).height
    place = {"x_offset": CHART_MARGIN, "x_scale": scale, "y_scale": scale, "object_position": 1, "description": part.picture}
    page.sheet.insert_image(top, len(page.widths), "qr.png", {"image_data": io.BytesIO(qr), **place})


def reasons(page: Page, annex: Annex) -> None:
    """Why each row has its points, the readings behind it, and the note on the translation."""
    page.across(annex.mark, "annex_mark")
    page.across(annex.reasons_title, "heading")
    last = len(page.widths) - 1
    looks = ["centre", "text", "centre", "text", "text", "centre"]
    for table in annex.reasons:
        head = in_columns([*table.head[:3], *annex.reason_labels], ["head_shaded"] * len(page.widths))
        rows = [head, *(in_columns([row.number, row.text, row.points, *row.said], looks) for row in table.rows)]
        _part(page, table.title, [[(0, last, table.note, "note")]] if table.note else rows, least=2)
    readings: list[list[Part]] = [[(0, 0, id_, "note"), (1, last, words, "note")] for id_, words in annex.readings]
    _part(page, annex.readings_title, readings, least=3)
    if annex.translation_note:
        page.across(annex.translation_note, "note_italic")
    page.finish()


def _part(page: Page, title: str, rows: list[list[Part]], least: int) -> None:
    """Rows under a heading, which stands on one page with the first `least` of them."""
    heading = page.needed([(0, len(page.widths) - 1, title, "heading")])
    heights = [SPACE, heading, *map(page.needed, rows)]
    page.begin(sum(heights[: least + 2]), sum(heights))
    page.gap(SPACE)
    page.across(title, "heading")
    for row in rows:
        page.parts(row)


def organisations(page: Page, annex: Annex) -> None:
    """One line for each organisation named beside a row, to be filtered and sorted."""
    page.across(annex.mark, "annex_mark")
    top = page.down
    page.row(annex.organisation_head, ["head_shaded"] * len(page.widths))
    for table in annex.reasons:
        for row in table.rows:
            for found in row.organisations:
                for name, bin_ in found.named:
                    looks = ["text", "centre", "text", "text", "centre"]
                    page.row([table.title, row.number, found.label, name, bin_], looks)
    # Whoever filters or sorts the list needs its pages to end by themselves.
    page.breaks.clear()
    page.sheet.autofilter(top, 0, page.down - 1, len(page.widths) - 1)
    page.sheet.freeze_panes(top + 1, 0)
    page.sheet.repeat_rows(top)
    page.finish()


def _captions(figure: Figure) -> list[str]:
    """What names each bar in full: the row's number and text, or the table's title and the year."""
    return [", ".join(filter(None, (group.name, bar.label))) for group in figure.chart.groups for bar in group.bars]


def _grid(grid: Grid, captions: list[str] | None = None) -> list[list[Part]]:
    """The rows of a table, `captions` naming those of its figures in full."""
    figures = len(grid.head) - 1
    rows = [in_columns(grid.head, ["head_shaded"] * len(grid.head))]
    for position, row in enumerate(grid.rows):
        cells = [Cell(captions[position]), *row[1:]] if captions else row
        rows.append(in_columns(cells, ["text", *["centre"] * figures]))
    if grid.total:
        rows.append(in_columns(grid.total, ["total", *["total_points"] * figures]))
    return rows


def _figure(page: Page, figure: Figure, titles: list[str]) -> None:
    """A chart beside its table, under titles that stay with them."""
    rows = _grid(figure.table, _captions(figure))
    height = max(sum(map(page.needed, rows)), LEAST_HEIGHT + CHART_STEP * len(figure.table.rows))
    headings = sum(page.needed([(0, len(page.widths) - 1, words, "heading")]) for words in titles)
    page.begin(SPACE + headings + height)
    page.gap(SPACE)
    for words in titles:
        page.across(words, "heading")
    top, above = page.down, page.reach
    for line in rows:
        page.parts(line)
    chart = _chart(page, figure, top + 1)
    chart.set_size({"width": CHART_WIDTH, "height": round(height / 0.75)})
    described = f"{figure.chart.title}. {figure.chart.description}"
    place = {"x_offset": CHART_MARGIN, "object_position": 1, "description": described}
    page.sheet.insert_chart(top, len(page.widths), chart, place)
    page.gap(max(height - (page.reach - above), 0) + CHART_MARGIN)


def _chart(page: Page, figure: Figure, first: int) -> ChartBar:
    """A native chart that refers to the cells of the table just written, whose rows begin at `first`."""
    last, share = page.down - 1, any(cell.share for cell in figure.table.rows[0])
    chart = page.book.add_chart({"type": "bar"})
    fills = FILLS[-len(figure.series) :] if share or len(figure.series) == len(FILLS) else (FILLS[0], FILLS[-1])
    for column, fill in zip(figure.series, fills, strict=True):
        chart.add_series(
            {
                "name": [page.name, first - 1, column],
                "categories": [page.name, first, 0, last, 0],
                "values": [page.name, first, column, last, column],
                "gap": 60,
                "overlap": 100,
                **fill,
            }
        )
    font = {"size": 9}
    chart.set_y_axis({"reverse": True, "interval_unit": 1, "num_font": font, "line": {"color": f"#{LINE}"}})
    gridlines = {"visible": True, "line": {"color": "#D5DAE0"}}
    most = max(row[figure.series[0]].number or 0 for row in figure.table.rows)
    scale = {"num_format": "0%", "max": 1} if share else {"num_format": "0", "max": most, "major_unit": 1}
    chart.set_x_axis({"min": 0, "num_font": font, "major_gridlines": gridlines, **scale})
    chart.set_title({"none": True})
    chart.set_legend({"position": "bottom", "font": font})
    return chart
