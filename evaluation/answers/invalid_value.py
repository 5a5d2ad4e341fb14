"""The error of a value that cannot be stored."""

from datetime import date, datetime, time, timedelta
from typing import Any


class InvalidValue(ValueError):
    """A value that cannot be stored: the code of the issue and the values of its message.

    Dates and decimal numbers among the values are written in the language of the message.
    """

    def __init__(self, issue_code: str, **values: Any):
        self.issue_code, self.values = issue_code, values
        super().__init__(issue_code)


def display_text(cell: object) -> str:
    """Return a cell's value as Excel shows it, for a message."""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return format(cell, ".15g")
    if isinstance(cell, datetime) and cell.time() == time():
        cell = cell.date()
    if isinstance(cell, datetime | date | time | timedelta):
        return str(cell)
    return str(cell).strip()
