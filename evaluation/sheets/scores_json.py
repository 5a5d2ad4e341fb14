"""The scores of bodies as JSON.

Source: docs/data-dictionary.md, "JSON of scores". The keys are a contract with other programs.
"""

from collections.abc import Iterable
from typing import Any

from evaluation.criteria.model import Order
from evaluation.sheets.model import Sheet, SheetRow, SheetTable


def scores_json(order: Order, year: int, sheets: Iterable[Sheet], language: str = "kk") -> dict[str, Any]:
    """The scores of the sheets, in their order, as a JSON document; names of bodies in `language` where they are known."""
    return {
        "order": order.code,
        "year": year,
        "bodies": [
            {
                "bin": sheet.body.bin,
                "name": _name(sheet, language),
                "points": sheet.points,
                "low": sheet.low,
                "high": sheet.high,
                "max": sheet.max,
                "tables": {table.table.kind: _table(table) for table in sheet.tables},
            }
            for sheet in sheets
        ],
    }


def _name(sheet: Sheet, language: str) -> str:
    name = sheet.body.name(language)
    return "" if name == sheet.body.bin else name


def _table(table: SheetTable) -> dict[str, Any]:
    if not table.applicable:
        return {"applicable": False, "points": None, "low": None, "high": None, "max": None, "rows": []}
    return {
        "applicable": True,
        "points": table.points,
        "low": table.low,
        "high": table.high,
        "max": table.max,
        "rows": [_row(row) for row in table.scored_rows],
    }


def _row(row: SheetRow) -> dict[str, Any]:
    return {
        "row": row.row.number,
        "criterion": row.row.criterion,
        "points": row.points,
        "low": row.low,
        "high": row.high,
        "max": row.max,
        "in_breach": [organisation.bin for organisation in row.in_breach],
        "unanswered": [organisation.bin for organisation in row.unanswered],
    }
