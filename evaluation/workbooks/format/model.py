"""A filled workbook as values."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd

from evaluation.answers.issues import Problem
from evaluation.criteria.model import Order
from evaluation.scoring.frames import Reports, frame_of_columns
from evaluation.workbooks.format.safe_open import cell_name

ABOUT, PREVIOUS = "about", "previous"
OWN_COLUMNS = ("body_bin", "body_name", "bin", "name")
FIRST_ROW = 3
"""Data begin here, counted from 0; above stand the codes and two rows of labels."""


@dataclass
class Sheet:
    """A worksheet as read: where each column stands, and the stored values of each row that is not blank.

    `answers` and `evidence` are the same values as one document for each row, a blank being an absent key.
    """

    name: str
    places: dict[str, int] = field(default_factory=dict)
    rows: list[int] = field(default_factory=list)
    columns: dict[str, list[Any]] = field(default_factory=dict)
    answers: list[dict[str, Any]] = field(default_factory=list)
    evidence: list[dict[str, Any]] = field(default_factory=list)

    def cell(self, position: int, code: str) -> str:
        return cell_name(self.rows[position], self.places[code])


@dataclass
class Workbook:
    """A workbook without errors. `sheets` by kind; `names` of the bodies by BIN, ordered by it."""

    order: Order
    year: int
    year_cell: str
    sheets: dict[str, Sheet]
    names: dict[str, str]
    previous: Sheet
    warnings: list[Problem]

    @cached_property
    def reports(self) -> Reports:
        """The answers as frames, ready to be scored."""
        return {kind: as_frame(self.order, kind, sheet) for kind, sheet in self.sheets.items()}

    def declared(self) -> dict[tuple[str, str, str], int]:
        """Last year's counts as declared in the worksheet `previous`: (body, kind, criterion) → count."""
        columns = self.previous.columns
        return {
            (body, kind, criterion.code): count
            for criterion, declared in self.order.declared()
            for body, kind, count in zip(
                columns.get("body_bin", ()), columns.get("kind", ()), columns.get(declared.code, ()), strict=False
            )
            if count is not None
        }


def as_frame(order: Order, kind: str, sheet: Sheet, only: frozenset[str] | None = None) -> pd.DataFrame:
    """A worksheet's answers as a frame; a missing column is blank. `only` these indicators."""
    blank = [None] * len(sheet.rows)
    wanted = [item.code for item in order.asked_of(kind) if only is None or item.code in only]
    return frame_of_columns(
        order,
        kind,
        sheet.columns.get("body_bin", blank),
        sheet.columns.get("bin", blank),
        {code: sheet.columns.get(code, blank) for code in wanted},
    )
