"""Checks answers beyond their types, for form, grid and workbook, and computes what a breach costs.

The order's contradictions are errors: such answers cannot all be true. The order's cautions are warnings: such answers are
unlikely. The range of an indicator is checked where its value is parsed; this module checks answers against each other, against
evidence, against last year's answers and against the date.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, TypeVar

import numpy as np
import pandas as pd

from evaluation.criteria.expressions import codes, columns
from evaluation.criteria.model import AnswerRule, Caution, Contradiction, Order, Text
from evaluation.memory import gc_paused
from evaluation.scoring.conditions import apply_implications, decisive_answers, evaluate, has_columns, is_certain
from evaluation.scoring.context import CautionContext, StoredDocuments, context_columns
from evaluation.scoring.frames import report_frame
from evaluation.scoring.score import IN_BREACH, Scores

Severity = Literal["error", "warning"]
RuleType = TypeVar("RuleType", Contradiction, Caution)


@dataclass(frozen=True, slots=True)
class WarningReason:
    """Why an answer is kept although it causes a warning: the text, its author, and when it was written."""

    reason: str
    author: str
    justified_at: datetime


@dataclass(frozen=True, slots=True)
class Issue:
    """A contradiction (error) or a caution (warning) in an organisation's answers.

    - `rule`: the code of the contradiction or caution.
    - `code`: the indicator or evidence item whose cell shows the issue; None for an issue of the organisation as a whole.
    - `value`: the stored value of that cell.
    - `justification`: the reason for keeping the answer; only warnings have one.
    """

    severity: Severity
    rule: str
    code: str | None
    message: Text
    value: Any = None
    justification: WarningReason | None = None

    @property
    def reason(self) -> str | None:
        """The text of the justification."""
        return self.justification.reason if self.justification else None

    @property
    def is_open(self) -> bool:
        """Whether the clerk still has to act: an error, or a warning without a reason."""
        return self.justification is None


@dataclass(frozen=True, slots=True)
class BreachCost:
    """What an organisation's breach of one row of the sheet costs its body, in points of Annex 1.

    - `points` (0 or below): certainly lost in the row. A row is lost once, however many organisations are in breach.
    - `worst_points` (not above `points`): lost at worst while blanks or last year's count leave the row undecided.
    - `codes`: the indicators whose answers decide this breach, in the form's order.
    - `other_organisation_count`: how many other organisations of the kind are in breach of the row.
    """

    kind: str
    row: str
    criterion: str
    points: int
    worst_points: int
    codes: tuple[str, ...]
    other_organisation_count: int


def contradictions(order: Order, kind: str, frame: pd.DataFrame) -> Iterator[tuple[int, Contradiction]]:
    """Yield (position in the frame, contradiction) for answers that cannot all be true.

    Implied values count as answers: the frame has them already (:func:`evaluation.scoring.conditions.apply_implications`).

    Source: data dictionary, "Implications"; the contradictions are in the criteria file.
    """
    return _matches(order, kind, frame, order.contradictions)


def cautions(order: Order, kind: str, frame: pd.DataFrame) -> Iterator[tuple[int, Caution]]:
    """Yield (position in the frame, caution) for unlikely answers, for the cautions whose columns the frame has."""
    return _matches(order, kind, frame, order.cautions)


def _matches(order: Order, kind: str, frame: pd.DataFrame, rules: tuple[RuleType, ...]) -> Iterator[tuple[int, RuleType]]:
    if frame.empty:
        return
    # A date beside an amount that only an implication sets to 0 surprises the clerk, but it is still a contradiction.
    for rule in order.rules_for_kind(kind, rules):
        if has_columns(rule.when, frame):
            for position in np.flatnonzero(is_certain(evaluate(order, rule.when, frame))).tolist():
                yield position, rule


@gc_paused()
def check_answers(
    order: Order,
    year: int,
    kind: str,
    answers: Sequence[Mapping[str, Any]],
    evidence: StoredDocuments | None,
    last_year_answers: StoredDocuments | None,
    today: date | None,
    last_order: Order | None = None,
    registry: StoredDocuments | None = None,
) -> list[tuple[int, Issue]]:
    """Return the issues of n organisations of a kind.

    Args:
        order: The order of the year.
        year: The reporting year.
        kind: The kind of the organisations.
        answers: n documents in stored form.
        evidence: n documents in stored form; None when evidence is not available, so that rules that need it are skipped.
        last_year_answers: n documents in stored form, None for an organisation without a report last year; None when last year's
            answers are not available.
        today: The current day in Asia/Almaty; None when rules that need it are to be skipped.
        last_order: The order of last year's answers; None when it is the same order.
        registry: n documents with facts of the registry; None when rules that need them are to be skipped.

    Returns:
        (position, issue), sorted by position, then in the form's order.
    """
    context = CautionContext(year, today, evidence, last_year_answers, last_order, registry=registry)
    blank = [""] * len(answers)
    frame = report_frame(order, kind, blank, blank, answers, _codes_of_rules(order, kind))
    frame = apply_implications(order, kind, frame)
    return issues_in_frame(order, kind, add_context(order, kind, frame, answers, context), answers, evidence)


def add_context(
    order: Order, kind: str, frame: pd.DataFrame, answers: Sequence[Mapping[str, Any]], context: CautionContext
) -> pd.DataFrame:
    """Return the frame of these answers, implications applied, with the columns that the order's cautions need besides."""
    names = frozenset().union(*(columns(rule.when) for rule in order.rules_for_kind(kind, order.cautions)))
    return frame.assign(**context_columns(order, kind, answers, context, names))


def issues_in_frame(
    order: Order, kind: str, frame: pd.DataFrame, answers: Sequence[Mapping[str, Any]], evidence: StoredDocuments | None
) -> list[tuple[int, Issue]]:
    """Return the issues in a frame that :func:`add_context` built from these documents, as :func:`check_answers` does."""
    rank = {item.code: number for number, item in enumerate(order.indicators_of(kind) + order.evidence_of(kind))}

    def value(position: int, code: str | None) -> Any:
        if code is None:
            return None
        answer = answers[position].get(code)
        return answer if answer is not None or evidence is None else (evidence[position] or {}).get(code)

    def issues(severity: Severity, matches: Iterable[tuple[int, Contradiction | Caution]]) -> Iterator[tuple[int, Issue]]:
        for position, rule in matches:
            yield position, Issue(severity, rule.code, rule.indicator, rule.message, value(position, rule.indicator))

    positioned = [
        *issues("error", contradictions(order, kind, frame)),
        *issues("warning", cautions(order, kind, frame)),
    ]
    return sorted(positioned, key=lambda entry: (entry[0], rank.get(entry[1].code or "", -1)))


def _codes_of_rules(order: Order, kind: str) -> frozenset[str]:
    """Return the codes of the indicators that the kind's contradictions and cautions use."""
    rules: tuple[AnswerRule, ...] = (*order.contradictions, *order.cautions)
    rules = order.rules_for_kind(kind, rules)
    return order.with_implication_sources(frozenset().union(*(codes(rule.when) for rule in rules)))


def breach_costs(scores: Scores, kind: str, frame: pd.DataFrame) -> dict[str, tuple[BreachCost, ...]]:
    """Return organisation BIN → costs of its breaches in the form's order; organisations without a breach are left out.

    Source: Order 47, Annex 1, the scale of each criterion.

    Args:
        scores: The scores of the year.
        kind: The kind of organisation.
        frame: The kind's frame that was scored, implications applied.
    """
    order = scores.order
    costs: dict[str, tuple[BreachCost, ...]] = {}
    if frame.empty or kind not in order.table:
        return costs
    position_of = {organisation: position for position, organisation in enumerate(frame["organisation"])}
    scored = {(row.body, row.row): row for row in scores.rows[scores.rows["kind"] == kind].itertuples(index=False)}
    breaches = _breaches_by_row(scores, kind)
    for row in order.table[kind].scored_rows:
        if row.number not in breaches:
            continue
        criterion = order.criterion[str(row.criterion)]
        decisive = decisive_answers(order, criterion.breach, frame)
        items = [(item.code, decisive[item.code]) for item in order.indicators_of(kind) if item.code in decisive]
        for body, organisation in breaches[row.number]:
            points: Any = scored[body, row.number]
            deciding_codes = tuple(code for code, decides in items if decides[position_of[organisation]])
            lost = int(points.high - points.max), int(points.low - points.max)
            cost = BreachCost(kind, row.number, criterion.code, *lost, deciding_codes, int(points.in_breach) - 1)
            costs[organisation] = (*costs.get(organisation, ()), cost)
    return costs


def _breaches_by_row(scores: Scores, kind: str) -> dict[str, list[tuple[str, str]]]:
    """Return row number → (body BIN, organisation BIN) of each organisation of the kind that is in breach of the row."""
    named = scores.named_organisations
    by_row: dict[str, list[tuple[str, str]]] = {}
    for breach in named[(named["kind"] == kind) & (named["status"] == IN_BREACH)].itertuples(index=False):
        by_row.setdefault(str(breach.row), []).append((str(breach.body), str(breach.organisation)))
    return by_row
