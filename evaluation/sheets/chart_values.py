"""Converts a sheet to the plain values of its charts (:mod:`evaluation.charts`)."""

from evaluation.charts import Chart, RowPoints, TableHistory, YearShare, row_points_chart, share_history_chart
from evaluation.language import Language
from evaluation.sheets.model import Sheet, SheetTable, YearPoints


def table_chart(table: SheetTable, language: Language) -> Chart:
    """The chart of a table's points by row; headings have no bar."""
    rows = [RowPoints(row.row.number, row.row.text[language.code], row.low, row.high, row.max) for row in table.scored_rows]
    return row_points_chart(table.table.title[language.code], rows, language)


def history_chart(sheet: Sheet, language: Language) -> Chart:
    """The chart of the shares of the maximum by table and year; a year in which a table did not apply has no bar."""
    tables = [
        TableHistory(title, tuple(YearShare(points.year, points.low, points.high, points.max) for points in years))
        for title, years in table_histories(sheet, language)
    ]
    return share_history_chart(tables, language)


def table_histories(sheet: Sheet, language: Language) -> list[tuple[str, list[YearPoints]]]:
    """The title of each table that applied in any year, in the order of the form, with its years, oldest first."""
    histories = []
    for table in sheet.tables:
        years = [points for points in sheet.history if points.kind == table.table.kind and points.max]
        if years:
            histories.append((table.table.title[language.code], years))
    return histories
