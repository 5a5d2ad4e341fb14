"""Composes the states of a body's organisations from what is stored: pure, a whole kind at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from evaluation.answers.checks import Finding, Kept, costs, findings_of, frame_in_context
from evaluation.answers.progress.model import OrganisationState
from evaluation.answers.save import equal
from evaluation.criteria.model import Order
from evaluation.scoring.conditions import certain, evaluate, imply
from evaluation.scoring.context import Context
from evaluation.scoring.score import Previous, score

Reasons = Mapping[tuple[int, str, str], tuple[Any, Kept]]
"""(organisation id, rule, code or empty) → the value a reason was given for, and the reason."""


@dataclass(frozen=True, slots=True)
class Line:
    """An organisation with its body's BIN and its report as stored; version 0 where there is none."""

    body: str
    id: int
    bin: str
    kind: str
    version: int
    answers: dict[str, Any]
    evidence: dict[str, Any]


@dataclass(frozen=True)
class Around:
    """What a year's reports are read with: the order and the day, last year's answers by organisation id with their own order,
    the reasons given, last year's counts, and whether enough is answered for silence to be odd."""

    order: Order
    year: int
    today: date
    last_order: Order | None
    last: Mapping[int, Mapping[str, Any]]
    reasons: Reasons
    previous: Previous
    under_way: bool


def under_way(lines: Sequence[Line]) -> bool:
    """Whether at least half of a body's organisations have answered something.

    Before that nobody is told that an organisation gives no answer this year: on the day a year opens all are silent, and a
    warning that stands at every organisation is soon read at none. Nothing slips through: an organisation without answers has
    blanks, and with blanks no year is handed over.
    """
    return 2 * sum(any(value is not None for value in line.answers.values()) for line in lines) >= len(lines)


def states(around: Around, kind: str, lines: Sequence[Line]) -> list[OrganisationState]:
    """The states of all of a body's organisations of a kind."""
    order, answers, evidence = around.order, [line.answers for line in lines], [line.evidence for line in lines]
    last = [around.last.get(line.id) for line in lines]
    context = Context(around.year, around.today, evidence, last, around.last_order, around.under_way)
    frame = frame_in_context(order, kind, [line.body for line in lines], [line.bin for line in lines], answers, context)
    filled = imply(order, kind, frame)
    charged = costs(score(order, {kind: filled}, around.previous), kind, filled)
    found: list[list[Finding]] = [[] for _ in lines]
    for position, finding in findings_of(order, kind, filled, answers, evidence):
        found[position].append(_with_reason(around.reasons, lines[position].id, finding))
    made = []
    for position, (answered, blank) in enumerate(progress(order, kind, filled)):
        line = lines[position]
        own = line.id, line.bin, line.kind, line.version, line.answers, line.evidence, last[position]
        asked = answered + len(blank)
        made.append(OrganisationState(*own, answered, asked, blank, tuple(found[position]), charged.get(line.bin, ())))
    return made


def _with_reason(reasons: Reasons, organisation_id: int, finding: Finding) -> Finding:
    """The finding with the reason given for it, if that was given for the value that stands there now."""
    value, kept = reasons.get((organisation_id, finding.rule, finding.code or ""), (None, None))
    stands = kept is not None and equal(value, finding.value) and finding.severity == "warning"
    return replace(finding, kept=kept) if stands else finding


def progress(order: Order, kind: str, filled: pd.DataFrame) -> list[tuple[int, tuple[str, ...]]]:
    """How many of the questions asked are answered, and which are not. A question that hangs on another answer is asked once that
    answer asks for it; one that other answers leave a single value for needs none."""
    given = np.zeros(len(filled), np.int64)
    blank: list[list[str]] = [[] for _ in range(len(filled))]
    for item in order.asked_of(kind):
        here = np.ones(len(filled), bool) if item.asked_when is None else certain(evaluate(order, item.asked_when, filled))
        missing = np.asarray(filled[item.code].array.isna())
        given += here & ~missing
        for position in np.flatnonzero(here & missing).tolist():
            blank[position].append(item.code)
    return [(count, tuple(codes)) for count, codes in zip(given.tolist(), blank, strict=True)]
