"""The figures that put an organisation in breach: what its own answers were."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import pandas as pd

from evaluation.criteria.expressions import codes
from evaluation.criteria.model import Indicator
from evaluation.scoring.frames import Reports
from evaluation.scoring.score import Scores

EPOCH = date(1970, 1, 1)
TOLD = ("money", "whole", "date")
"""Types whose answers tell something; that a norm was violated or a plan missing is said by the criterion itself."""

Fact = tuple[str, int | date]
"""An indicator's code and the answer: money in tiyn."""
Facts = Mapping[tuple[str, str], tuple[Fact, ...]]
"""(criterion, organisation's BIN) → the answers its breach was decided by."""


def facts(scores: Scores, reports: Reports) -> Facts:
    """What was answered, of the organisations in breach."""
    order = scores.order
    criterion_of = {(table.kind, row.number): str(row.criterion) for table in order.form.tables for row in table.scored_rows}
    found = scores.findings[scores.findings["state"] == "in_breach"] if len(scores.findings) else scores.findings
    told: dict[tuple[str, str], tuple[Fact, ...]] = {}
    for (kind, row), lines in found.groupby(["kind", "row"], sort=False):
        criterion = criterion_of[str(kind), str(row)]
        items = [item for item in order.asked_of(str(kind)) if item.code in codes(order.criterion[criterion].breach)]
        items = [item for item in items if item.type in TOLD]
        frame = reports[str(kind)].set_index("organisation")
        for own in lines["organisation"]:
            told[criterion, str(own)] = tuple(_answers(frame, str(own), items))
    return told


def _answers(frame: pd.DataFrame, own: str, items: list[Indicator]) -> Iterator[Fact]:
    for item in items:
        value: Any = frame.at[own, item.code]
        if not pd.isna(value):
            yield item.code, EPOCH + timedelta(days=int(value)) if item.type == "date" else int(value)
