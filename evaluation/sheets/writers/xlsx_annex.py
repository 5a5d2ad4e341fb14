"""The worksheets of an annex: the summary with native charts, the reasons, and the organisations that they name."""

import io
from typing import Any

from PIL import Image
from xlsxwriter.chart_bar import ChartBar

from evaluation.sheets.annex import Annex, AnnexTable, Cell, Figure
from evaluation.sheets.stamp import VerificationNotice
from evaluation.sheets.writers.office import ACCENT, LINE
from evaluation.sheets.writers.xlsx_page import Page, Span, in_columns

NAME_WIDTH, FIGURE_WIDTH = 48.0, 10.5
REASON_WIDTHS = (7.0, 40.0, 9.0, 60.0, 32.0, 16.0)
ORGANISATION_WIDTHS = (44.0, 8.0, 26.0, 62.0, 15.0)
"""Column widths in characters."""
CHART_COLUMNS = 9
"""Columns of the default width that a chart takes beside its table."""
CHART_WIDTH_PX, CHART_MARGIN_PX = CHART_COLUMNS * 64 - 16, 8
QR_HEIGHT_PT = 104.0
"""A little less than 37 mm."""
HEADING_GAP_PT = 8.0
MIN_CHART_HEIGHT_PT = 90.0
CHART_HEIGHT_PER_BAR_PT = 36.0
POINTS_PER_PIXEL = 0.75
FILLS: tuple[dict[str, Any], ...] = (
    {"fill": {"color": "#FFFFFF"}, "border": {"color": f"#{LINE}", "width": 1}},
    {
        "pattern": {"pattern": "wide_upward_diagonal", "fg_color": f"#{ACCENT}", "bg_color": "#FFFFFF"},
        "border": {"color": f"#{ACCENT}", "width": 1},
    },
    {"fill": {"color": f"#{ACCENT}"}, "border": {"color": f"#{ACCENT}", "width": 1}},
)
"""The maximum, the open points and the points, as in :mod:`evaluation.charts.style`."""


def summary_widths(annex: Annex) -> tuple[float, ...]:
    """A column for names, and as many for figures as the widest table of the summary has."""
    columns = max(len(table.heads) for table in (annex.summary, *(figure.table for figure in annex.figures)))
    return NAME_WIDTH, *[FIGURE_WIDTH] * (columns - 1)


def add_summary(page: Page, annex: Annex, qr: bytes) -> None:
    """Write the verification of an accepted sheet, the points by table, and every chart beside the table of its values."""
    page.add_text(annex.mark, "annex_mark")
    if annex.verification:
        _add_verification(page, annex.verification, qr)
    page.add_text(annex.summary.title, "heading")
    for row in _table_rows(annex.summary):
        page.add_row(row)
    if annex.explanation:
        page.add_text(annex.explanation, "note")
    for position, figure in enumerate(annex.figures):
        _add_figure(page, figure, [figure.table.title] if position else [annex.figures_title, figure.table.title])
    page.finish()


def _add_verification(page: Page, notice: VerificationNotice, qr: bytes) -> None:
    """Add the texts, and the QR code beside them."""
    first_row, top = page.next_row, page.top_pt
    page.add_text(notice.title, "heading")
    page.add_text(notice.text, "note")
    for label, value in notice.facts:
        page.add_row([(0, 0, label, "note"), (1, len(page.widths) - 1, value, "note")])
    page.add_gap(max(QR_HEIGHT_PT - (page.top_pt - top), 0) + CHART_MARGIN_PX)
    scale = QR_HEIGHT_PT / POINTS_PER_PIXEL / Image.open(io.BytesIO(qr)).height
    options = {
        "image_data": io.BytesIO(qr),
        "x_offset": CHART_MARGIN_PX,
        "x_scale": scale,
        "y_scale": scale,
        "object_position": 1,
        "description": notice.qr_description,
    }
    page.sheet.insert_image(first_row, len(page.widths), "qr.png", options)


def add_reasons(page: Page, annex: Annex) -> None:
    """Write why each row has its points, and the readings that the sheet relies on."""
    page.add_text(annex.mark, "annex_mark")
    page.add_text(annex.reasons_title, "heading")
    if annex.reasons_note:
        page.add_text(annex.reasons_note, "note")
    last_column = len(page.widths) - 1
    styles = ["centre", "text", "centre", "text", "text", "centre"]
    for table in annex.reasons:
        head = in_columns([*table.heads[:3], *annex.reason_labels], ["head_shaded"] * len(page.widths))
        rows = [head, *(in_columns([row.number, row.text, row.points, *row.explanations], styles) for row in table.rows)]
        note: list[list[Span]] = [[(0, last_column, table.note, "note")]]
        _add_section(page, table.title, note if table.note else rows, min_rows=2)
    readings: list[list[Span]] = [[(0, 0, id_, "note"), (1, last_column, text, "note")] for id_, text in annex.readings]
    _add_section(page, annex.readings_title, readings, min_rows=3)
    page.finish()


def _add_section(page: Page, title: str, rows: list[list[Span]], min_rows: int) -> None:
    """Add rows under a heading that stays on one page with the first `min_rows` of them."""
    heading = page.height_of([(0, len(page.widths) - 1, title, "heading")])
    heights = [HEADING_GAP_PT, heading, *map(page.height_of, rows)]
    page.begin_block(sum(heights[: min_rows + 2]), sum(heights))
    page.add_gap(HEADING_GAP_PT)
    page.add_text(title, "heading")
    for row in rows:
        page.add_row(row)


def add_organisations(page: Page, annex: Annex) -> None:
    """Write one row for each organisation that is named beside a row of the form, to filter and sort."""
    page.add_text(annex.mark, "annex_mark")
    first_row = page.next_row
    page.add_row(in_columns(annex.organisation_heads, ["head_shaded"] * len(page.widths)))
    styles = ["text", "centre", "text", "text", "centre"]
    for table in annex.reasons:
        for row in table.rows:
            for group in row.organisations:
                for named in group.organisations:
                    page.add_row(in_columns([table.title, row.number, group.label, named.name, named.bin], styles))
    # Fixed page breaks would be wrong once the list is filtered or sorted.
    page.breaks.clear()
    page.sheet.autofilter(first_row, 0, page.next_row - 1, len(page.widths) - 1)
    page.sheet.freeze_panes(first_row + 1, 0)
    page.sheet.repeat_rows(first_row)
    page.finish()


def _bar_names(figure: Figure) -> list[str]:
    """The full name of each bar: the number and text of a row, or the title of a table and the year."""
    return [", ".join(filter(None, (group.name, bar.label))) for group in figure.chart.groups for bar in group.bars]


def _table_rows(table: AnnexTable, names: list[str] | None = None) -> list[list[Span]]:
    """The rows of a table; `names` replace the contents of the first column."""
    figures = len(table.heads) - 1
    rows = [in_columns(table.heads, ["head_shaded"] * len(table.heads))]
    for position, row in enumerate(table.rows):
        cells = [Cell(names[position]), *row[1:]] if names else row
        rows.append(in_columns(cells, ["text", *["centre"] * figures]))
    if table.total:
        rows.append(in_columns(table.total, ["total", *["total_points"] * figures]))
    return rows


def _add_figure(page: Page, figure: Figure, titles: list[str]) -> None:
    """Add a chart beside its table, under titles that stay on the same page."""
    rows = _table_rows(figure.table, _bar_names(figure))
    height = max(sum(map(page.height_of, rows)), MIN_CHART_HEIGHT_PT + CHART_HEIGHT_PER_BAR_PT * len(figure.table.rows))
    headings = sum(page.height_of([(0, len(page.widths) - 1, title, "heading")]) for title in titles)
    page.begin_block(HEADING_GAP_PT + headings + height)
    page.add_gap(HEADING_GAP_PT)
    for title in titles:
        page.add_text(title, "heading")
    first_row, top = page.next_row, page.top_pt
    for row in rows:
        page.add_row(row)
    chart = _native_chart(page, figure, first_row + 1)
    chart.set_size({"width": CHART_WIDTH_PX, "height": round(height / POINTS_PER_PIXEL)})
    description = f"{figure.chart.title}. {figure.chart.description}"
    options = {"x_offset": CHART_MARGIN_PX, "object_position": 1, "description": description}
    page.sheet.insert_chart(first_row, len(page.widths), chart, options)
    page.add_gap(max(height - (page.top_pt - top), 0) + CHART_MARGIN_PX)


def _native_chart(page: Page, figure: Figure, first_row: int) -> ChartBar:
    """A native chart that refers to the cells of the table just written, whose rows begin at `first_row`."""
    last_row, has_shares = page.next_row - 1, any(cell.is_share for cell in figure.table.rows[0])
    chart = page.book.add_chart({"type": "bar"})
    is_settled = not has_shares and len(figure.series) < len(FILLS)
    fills = (FILLS[0], FILLS[-1]) if is_settled else FILLS[-len(figure.series) :]
    for column, fill in zip(figure.series, fills, strict=True):
        chart.add_series(
            {
                "name": [page.name, first_row - 1, column],
                "categories": [page.name, first_row, 0, last_row, 0],
                "values": [page.name, first_row, column, last_row, column],
                "gap": 60,
                "overlap": 100,
                **fill,
            }
        )
    font = {"size": 9}
    chart.set_y_axis({"reverse": True, "interval_unit": 1, "num_font": font, "line": {"color": f"#{LINE}"}})
    gridlines = {"visible": True, "line": {"color": "#D5DAE0"}}
    longest = max(row[figure.series[0]].number or 0 for row in figure.table.rows)
    scale = {"num_format": "0%", "max": 1} if has_shares else {"num_format": "0", "max": longest, "major_unit": 1}
    chart.set_x_axis({"min": 0, "num_font": font, "major_gridlines": gridlines, **scale})
    chart.set_title({"none": True})
    chart.set_legend({"position": "bottom", "font": font})
    return chart
