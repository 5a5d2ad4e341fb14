"""Points of every row of every body's sheet, with the least and the most that the blanks allow (Annex 1, Annex 2).

The three rules of Annex 1, `v` being the organisations of the kind in breach:

- absence: v = 0, or not;
- decrease: v = 0; else fewer than on last year's sheet; else not (reading R1);
- audit: any violation; else any organisation audited; else none (reading R2).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from evaluation.criteria.model import OUTCOMES, Criterion, Order
from evaluation.memory import bulk
from evaluation.scoring.conditions import answerable, certain, evaluate, imply
from evaluation.scoring.frames import Reports

Previous = Mapping[tuple[str, str, str], int]
"""Last year's counts: (body, kind, criterion) → organisations in breach. A count that is not there is unknown."""

UNKNOWN = -1


@dataclass(frozen=True)
class Scores:
    """The scores of many bodies.

    `rows`: one line for each scored row of each applicable table, by body, then in the form's order: body, kind, row, criterion,
    organisations, in_breach, undecided (counts), audited, unaudited (counts; zero but for the rule audit), previous (last
    year's count, -1 unknown), worst and best (outcomes), low, high, max (points).
    `findings`: one line for each organisation to be named beside a row: body, kind, row, organisation, state, where state is
    `in_breach` or `unanswered`; by organisation's BIN.
    """

    order: Order
    rows: pd.DataFrame
    findings: pd.DataFrame

    @cached_property
    def totals(self) -> pd.DataFrame:
        """Sums of the rows: indexed by (body, kind), with columns low, high, max."""
        return self.rows.groupby(["body", "kind"], sort=False)[["low", "high", "max"]].sum()


@bulk()
def score(order: Order, reports: Reports, previous: Previous | None = None) -> Scores:
    """Score one body or all: whatever bodies the reports hold.

    Frames are as :mod:`evaluation.scoring.frames` describes. The answer for a body does not depend on which others are there.
    """
    rows, findings = _Lines(ROW_COLUMNS), _Lines(FINDING_COLUMNS)
    for table in order.form.tables:
        frame = reports.get(table.kind)
        if frame is None or frame.empty:
            continue
        frame = imply(order, table.kind, frame)
        body_of, organisations = frame["body"].to_numpy(dtype=object), frame["organisation"].to_numpy(dtype=object)
        numbers, bodies = pd.factorize(body_of, sort=True)
        for row in table.scored_rows:
            criterion = order.criterion[str(row.criterion)]
            breach = evaluate(order, criterion.breach, frame)
            in_breach, undecided = certain(breach), np.asarray(breach.isna())
            scored = _counts(order, table.kind, criterion, frame, numbers, bodies, in_breach, undecided, previous or {})
            rows.add(bodies, table.kind, row.number, **_points(criterion, scored), criterion=criterion.code, **scored)
            named = np.flatnonzero(in_breach | undecided)
            findings.add(
                body_of[named],
                table.kind,
                row.number,
                organisation=organisations[named],
                state=np.where(in_breach[named], "in_breach", "unanswered").astype(object),
            )
    return Scores(order, rows.frame(), findings.frame("organisation"))


class _Lines:
    """Lines of a frame gathered as arrays, one part for each row of the form; a frame for each would cost more than scoring."""

    def __init__(self, columns: tuple[str, ...]):
        self.columns: dict[str, list[np.ndarray]] = {name: [] for name in columns}
        self.places: list[np.ndarray] = []

    def add(self, body: np.ndarray, kind: str, row: str, **columns: np.ndarray | str | int) -> None:
        """Add a line for each body; a single value stands in all of them."""
        for name, values in {"body": body, "kind": kind, "row": row, **columns}.items():
            whole = (
                values
                if isinstance(values, np.ndarray)
                else np.full(len(body), values, dtype=object if isinstance(values, str) else None)
            )
            self.columns[name].append(whole)
        self.places.append(np.full(len(body), len(self.places)))

    def frame(self, then_by: str = "") -> pd.DataFrame:
        """The lines by body, within it in the form's order, within a row of it by `then_by`."""
        if not self.places:
            return pd.DataFrame({name: [] for name in self.columns})
        whole = {name: np.concatenate(parts) for name, parts in self.columns.items()}
        keys = [np.concatenate(self.places), pd.factorize(whole["body"], sort=True)[0]]
        if then_by:
            keys.insert(0, pd.factorize(whole[then_by], sort=True)[0])
        order = np.lexsort(keys)
        columns = {name: values[order] for name, values in whole.items()}
        return pd.DataFrame({name: pd.Series(values, dtype=values.dtype) for name, values in columns.items()}, copy=False)


def counts(order: Order, reports: Reports) -> dict[tuple[str, str, str], int]:
    """What these reports, as last year's, give as :data:`Previous`.

    A count is known where every organisation of the body and kind answers the criterion.
    """
    known: dict[tuple[str, str, str], int] = {}
    for kind, frame in reports.items():
        if frame.empty or kind not in order.table:
            continue
        frame = imply(order, kind, frame)
        numbers, bodies = pd.factorize(frame["body"].to_numpy())
        codes = {row.criterion for row in order.table[kind].scored_rows}
        for criterion in (order.criterion[code] for code in codes if code):
            if criterion.rule != "decrease" or not answerable(criterion.breach, frame):
                continue
            breach = evaluate(order, criterion.breach, frame)
            found = np.bincount(numbers[certain(breach)], minlength=len(bodies))
            blank = np.bincount(numbers[breach.isna()], minlength=len(bodies))
            known |= {(body, kind, criterion.code): int(n) for body, n, gap in zip(bodies, found, blank, strict=True) if not gap}
    return known


ROW_COLUMNS = (
    "body",
    "kind",
    "row",
    "criterion",
    "organisations",
    "in_breach",
    "undecided",
    "audited",
    "unaudited",
    "previous",
    "worst",
    "best",
    "low",
    "high",
    "max",
)
FINDING_COLUMNS = ("body", "kind", "row", "organisation", "state")


def _counts(
    order: Order,
    kind: str,
    criterion: Criterion,
    frame: pd.DataFrame,
    numbers: np.ndarray,
    bodies: np.ndarray,
    in_breach: np.ndarray,
    undecided: np.ndarray,
    previous: Previous,
) -> dict[str, np.ndarray]:
    """What a rule looks at, for each body."""
    none = np.zeros(len(bodies), np.int64)

    def count(where: np.ndarray) -> np.ndarray:
        return np.bincount(numbers[where], minlength=len(bodies))

    scored = {
        "organisations": np.bincount(numbers, minlength=len(bodies)),
        "in_breach": count(in_breach),
        "undecided": count(undecided),
        "audited": none,
        "unaudited": none,
        "previous": none + UNKNOWN,
    }
    if criterion.audited is not None:
        audited = evaluate(order, criterion.audited, frame)
        scored |= {"audited": count(certain(audited)), "unaudited": count(certain(~audited))}
    if criterion.rule == "decrease":
        scored["previous"] = np.array([previous.get((body, kind, criterion.code), UNKNOWN) for body in bodies], np.int64)
    return scored


def _points(criterion: Criterion, scored: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The worst and best outcomes for each body with their points, and the most there is."""
    outcomes = OUTCOMES[criterion.rule]
    names = np.array(outcomes, dtype=object)
    points = np.array([criterion.points[name] for name in outcomes])
    worst, best = RULES[criterion.rule](scored)
    return {
        "worst": names[worst],
        "best": names[best],
        "low": points[worst],
        "high": points[best],
        "max": np.full(len(worst), criterion.max),
    }


def _absence(scored: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    certainly, possibly = scored["in_breach"], scored["in_breach"] + scored["undecided"]
    return np.where(possibly > 0, 1, 0), np.where(certainly > 0, 1, 0)


def _decrease(scored: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Points never grow with the count, nor shrink with last year's: each bound is reached at an end of both ranges."""
    certainly, possibly, previous = scored["in_breach"], scored["in_breach"] + scored["undecided"], scored["previous"]
    unknown = previous == UNKNOWN
    worst = np.where(possibly == 0, 0, np.where(~unknown & (possibly < previous), 1, 2))
    best = np.where(certainly == 0, 0, np.where(unknown | (certainly < previous), 1, 2))
    return worst, best


def _audit(scored: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """A blank may turn out to be a violation, or an audit that found nothing."""
    found, blank, audited = scored["in_breach"], scored["undecided"], scored["audited"]
    worst = np.where(found + blank > 0, 2, np.where(audited > 0, 0, 1))
    best = np.where(found > 0, 2, np.where(audited + blank > 0, 0, 1))
    return worst, best


RULES = {"absence": _absence, "decrease": _decrease, "audit": _audit}
"""Rule → function from the counts of n bodies to the outcomes with the least and with the most points, n each, as positions in
the rule's :data:`OUTCOMES`."""
