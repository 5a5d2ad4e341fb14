"""Turns the error of an unreadable file into a rejected workbook with one issue."""

from collections.abc import Iterator
from contextlib import contextmanager

from evaluation.answers.issues import CellIssue, WorkbookRejected
from evaluation.xlsx.errors import UnreadableWorkbook


@contextmanager
def rejecting_unreadable() -> Iterator[None]:
    """Raise Refused with one issue, without worksheet and cell, instead of UnreadableWorkbook."""
    try:
        yield
    except UnreadableWorkbook as error:
        raise WorkbookRejected([CellIssue(error.reason, values=error.values)]) from error
