"""The one place where answers are checked beyond their types, for form, grid and workbook, and where a breach gets its cost.

Answers that cannot all be true are found by the order's contradictions and are errors; those that are only odd, by its cautions,
and are warnings. An indicator's range is checked where it is read; this is about answers against each other, against evidence,
against last year's answers and against the day.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, TypeVar

import numpy as np
import pandas as pd

from evaluation.criteria.expressions import codes, columns
from evaluation.criteria.model import Caution, Contradiction, Order, Rule, Text
from evaluation.memory import bulk
from evaluation.scoring.conditions import answerable, certain, deciding, evaluate, imply
from evaluation.scoring.context import Context, Documents, beside
from evaluation.scoring.frames import frame as frame_of
from evaluation.scoring.score import Scores

Severity = Literal["error", "warning"]
Checked = TypeVar("Checked", Contradiction, Caution)


@dataclass(frozen=True, slots=True)
class Kept:
    """Why a warning stands all the same: who gave the reason, and when."""

    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong or odd with an organisation's answers.

    `rule` is the code of the contradiction or caution; `code` the indicator or item of evidence whose cell it stands at, None
    where it is about the organisation as a whole; `value` what stands there, in stored form. A warning may be `kept` by a reason.
    """

    severity: Severity
    rule: str
    code: str | None
    message: Text
    value: Any = None
    kept: Kept | None = None

    @property
    def reason(self) -> str | None:
        return self.kept.reason if self.kept else None

    @property
    def open(self) -> bool:
        """Whether it waits for somebody: an error, or a warning without a reason."""
        return self.kept is None


@dataclass(frozen=True, slots=True)
class Cost:
    """What an organisation's breach of one row of the sheet costs its body now, in points of Annex 1.

    `points` (0 or below) are surely lost to the row, `at_worst` (no more than `points`) is what is lost at most while blanks or
    last year's count leave it open; the row is lost once, however many breach it. `codes` are the answers that decide this very
    breach, in the form's order; `others` how many other organisations of the kind are in breach of the row.
    """

    kind: str
    row: str
    criterion: str
    points: int
    at_worst: int
    codes: tuple[str, ...]
    others: int


def contradictions(order: Order, kind: str, frame: pd.DataFrame) -> Iterator[tuple[int, Contradiction]]:
    """(position in the frame, what is contradicted) for every organisation's answers, blanks filled by implication first."""
    return _found(order, kind, frame, order.contradictions)


def cautions(order: Order, kind: str, frame: pd.DataFrame) -> Iterator[tuple[int, Caution]]:
    """The same for what deserves a second look, as far as the frame holds what a caution looks at."""
    return _found(order, kind, frame, order.cautions)


def _found(order: Order, kind: str, frame: pd.DataFrame, rules: tuple[Checked, ...]) -> Iterator[tuple[int, Checked]]:
    if frame.empty:
        return
    # A date beside an amount that only implication makes 0 would be news to the clerk, but still cannot stand.
    implied = imply(order, kind, frame)
    for rule in order.concerning(kind, rules):
        if answerable(rule.when, implied):
            for position in np.flatnonzero(certain(evaluate(order, rule.when, implied))).tolist():
                yield position, rule


@bulk()
def findings(
    order: Order,
    year: int,
    kind: str,
    answers: Sequence[Mapping[str, Any]],
    evidence: Documents | None,
    last: Documents | None,
    today: date | None,
    last_order: Order | None = None,
) -> list[tuple[int, Finding]]:
    """Everything wrong or odd with the answers of n organisations of a kind: (position, finding), by position and form's order.

    Answers, evidence and last year's answers are documents in stored form, n of each; None for one organisation where it has no
    report of last year. None instead of evidence, of last year's answers or of the day says that they are not known here: what
    needs them is left out. Last year's answers are read by `last_order`, its own; without one, by the same order.
    """
    context = Context(year, today, evidence, last, last_order)
    frame = frame_in_context(order, kind, [""] * len(answers), [""] * len(answers), answers, context, _needed(order, kind))
    return findings_of(order, kind, frame, answers, evidence)


def frame_in_context(
    order: Order,
    kind: str,
    bodies: Sequence[str],
    organisations: Sequence[str],
    answers: Sequence[Mapping[str, Any]],
    context: Context,
    only: frozenset[str] | None = None,
) -> pd.DataFrame:
    """The frame of these answers, `only` of these indicators, with what the order's cautions look at besides."""
    frame = frame_of(order, kind, bodies, organisations, answers, only)
    wanted = frozenset().union(*(columns(rule.when) for rule in order.concerning(kind, order.cautions)))
    return frame.assign(**beside(order, kind, answers, context, wanted))


def findings_of(
    order: Order, kind: str, frame: pd.DataFrame, answers: Sequence[Mapping[str, Any]], evidence: Documents | None
) -> list[tuple[int, Finding]]:
    """The same of a frame made by :func:`frame_in_context` of these documents."""
    place = {item.code: number for number, item in enumerate(order.asked_of(kind) + order.evidence_of(kind))}

    def value(position: int, code: str | None) -> Any:
        if code is None:
            return None
        answer = answers[position].get(code)
        return answer if answer is not None or evidence is None else (evidence[position] or {}).get(code)

    def made(severity: Severity, found: Iterable[tuple[int, Contradiction | Caution]]) -> Iterator[tuple[int, Finding]]:
        for position, rule in found:
            yield position, Finding(severity, rule.code, rule.at, rule.message, value(position, rule.at))

    found = [*made("error", contradictions(order, kind, frame)), *made("warning", cautions(order, kind, frame))]
    return sorted(found, key=lambda each: (each[0], place.get(each[1].code or "", -1)))


def _needed(order: Order, kind: str) -> frozenset[str]:
    """The indicators that the kind's rules look at."""
    rules: tuple[Rule, ...] = (*order.contradictions, *order.cautions)
    rules = order.concerning(kind, rules)
    return order.needed_for(frozenset().union(*(codes(rule.when) for rule in rules)))


def costs(scores: Scores, kind: str, frame: pd.DataFrame) -> dict[str, tuple[Cost, ...]]:
    """What the breaches of each organisation of a kind cost its body, in the form's order, by the frame's `organisation`.

    `frame` is the kind's as it was scored. An organisation without a breach is left out.
    """
    order = scores.order
    found: dict[str, tuple[Cost, ...]] = {}
    if frame.empty or kind not in order.table:
        return found
    filled = imply(order, kind, frame)
    place = {own: position for position, own in enumerate(filled["organisation"])}
    lines = {(line.body, line.row): line for line in scores.rows[scores.rows["kind"] == kind].itertuples(index=False)}
    breaches = scores.findings[(scores.findings["kind"] == kind) & (scores.findings["state"] == "in_breach")]
    by_row: dict[str, list[tuple[str, str]]] = {}
    for breach in breaches.itertuples(index=False):
        by_row.setdefault(str(breach.row), []).append((str(breach.body), str(breach.organisation)))
    for row in order.table[kind].scored_rows:
        criterion = order.criterion[str(row.criterion)]
        decided = deciding(order, criterion.breach, filled) if row.number in by_row else {}
        items = [(item.code, decided[item.code]) for item in order.asked_of(kind) if item.code in decided]
        for body, own in by_row.get(row.number, ()):
            line: Any = lines[body, row.number]
            why = tuple(code for code, where in items if where[place[own]])
            lost = int(line.high - line.max), int(line.low - line.max)
            cost = Cost(kind, row.number, criterion.code, *lost, why, int(line.in_breach) - 1)
            found[own] = (*found.get(own, ()), cost)
    return found
