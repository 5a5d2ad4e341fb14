"""The answers that put an organisation in breach of a criterion, for the reasons on the assessment sheet."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import pandas as pd

from evaluation.criteria.expressions import codes
from evaluation.criteria.model import Indicator
from evaluation.scoring.frames import ReportFrames
from evaluation.scoring.score import IN_BREACH, Scores

EPOCH = date(1970, 1, 1)
FACT_TYPES = ("money", "whole", "date")
"""Types whose values are listed. The criterion itself already states a violation of a norm or a missing plan."""

BreachFact = tuple[str, int | date]
"""An indicator's code and the answer: whole tiyn, a number or a date."""
BreachFacts = Mapping[tuple[str, str], tuple[BreachFact, ...]]
"""(criterion, organisation's BIN) → the answers that decide the breach."""


def breach_facts(scores: Scores, reports: ReportFrames) -> BreachFacts:
    """The answers behind every breach in the scores; `reports` are the frames that were scored."""
    order = scores.order
    criterion_of = {(table.kind, row.number): str(row.criterion) for table in order.form.tables for row in table.scored_rows}
    named = scores.named_organisations
    breaches = named[named["status"] == IN_BREACH] if len(named) else named
    facts: dict[tuple[str, str], tuple[BreachFact, ...]] = {}
    for (kind, row), group in breaches.groupby(["kind", "row"], sort=False):
        criterion = criterion_of[str(kind), str(row)]
        items = [item for item in order.indicators_of(str(kind)) if item.code in codes(order.criterion[criterion].breach)]
        items = [item for item in items if item.type in FACT_TYPES]
        frame = reports[str(kind)].set_index("organisation")
        for bin_ in group["organisation"]:
            facts[criterion, str(bin_)] = tuple(_answers(frame, str(bin_), items))
    return facts


def _answers(frame: pd.DataFrame, bin_: str, items: list[Indicator]) -> Iterator[BreachFact]:
    for item in items:
        value: Any = frame.at[bin_, item.code]
        if not pd.isna(value):
            yield item.code, EPOCH + timedelta(days=int(value)) if item.type == "date" else int(value)
