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

from evaluation.criteria.model import Criterion, Order, Row
from evaluation.scoring.conditions import certain, evaluate, imply, needs
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


def score(order: Order, reports: Reports, previous: Previous | None = None) -> Scores:
    """Score one body or all: whatever bodies the reports hold.

    Frames are as :mod:`evaluation.scoring.frames` describes. The answer for a body does not depend on which others are there.
    """
    rows: list[pd.DataFrame] = []
    findings: list[pd.DataFrame] = []
    for position, table in enumerate(order.form.tables):
        frame = reports.get(table.kind)
        if frame is None or frame.empty:
            continue
        frame = imply(order, table.kind, frame)
        numbers, bodies = pd.factorize(frame["body"].to_numpy(), sort=True)
        for place, row in enumerate(table.scored_rows):
            scored, named = _score_row(order, table.kind, row, frame, numbers, bodies, previous or {})
            rows.append(scored.assign(place=position * 1000 + place))
            findings.append(named.assign(place=position * 1000 + place))
    return Scores(order, _joined(rows, ROW_COLUMNS, ["body", "place"]),
                  _joined(findings, FINDING_COLUMNS, ["body", "place", "organisation"]))


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
            if criterion.rule != "decrease" or not needs(criterion.breach, frame):
                continue
            breach = evaluate(order, criterion.breach, frame)
            found = np.bincount(numbers[certain(breach)], minlength=len(bodies))
            blank = np.bincount(numbers[breach.isna()], minlength=len(bodies))
            known |= {(body, kind, criterion.code): int(n) for body, n, gap in zip(bodies, found, blank, strict=True) if not gap}
    return known


ROW_COLUMNS = ("body", "kind", "row", "criterion", "organisations", "in_breach", "undecided", "audited", "unaudited",
               "previous", "worst", "best", "low", "high", "max")
FINDING_COLUMNS = ("body", "kind", "row", "organisation", "state")


def _joined(parts: list[pd.DataFrame], columns: tuple[str, ...], order: list[str]) -> pd.DataFrame:
    if not parts:
        return pd.DataFrame({name: [] for name in columns})
    return pd.concat(parts, ignore_index=True).sort_values(order, kind="stable", ignore_index=True)[list(columns)]


def _score_row(order: Order, kind: str, row: Row, frame: pd.DataFrame, numbers: np.ndarray, bodies: np.ndarray,
               previous: Previous) -> tuple[pd.DataFrame, pd.DataFrame]:
    criterion = order.criterion[str(row.criterion)]
    breach = evaluate(order, criterion.breach, frame)
    in_breach, undecided = certain(breach), np.asarray(breach.isna())

    def count(where: np.ndarray) -> np.ndarray:
        return np.bincount(numbers[where], minlength=len(bodies))

    scored = {
        "organisations": np.bincount(numbers, minlength=len(bodies)),
        "in_breach": count(in_breach), "undecided": count(undecided),
        "audited": np.zeros(len(bodies), np.int64), "unaudited": np.zeros(len(bodies), np.int64),
        "previous": np.full(len(bodies), UNKNOWN),
    }
    if criterion.audited is not None:
        audited = evaluate(order, criterion.audited, frame)
        scored |= {"audited": count(certain(audited)), "unaudited": count(certain(~audited))}
    if criterion.rule == "decrease":
        scored["previous"] = np.array([previous.get((body, kind, criterion.code), UNKNOWN) for body in bodies], np.int64)
    worst, best = RULES[criterion.rule](scored)
    points = np.vectorize(criterion.points.get, otypes=[np.int64])
    head = {"body": bodies, "kind": kind, "row": row.number, "criterion": criterion.code}
    tail = {"worst": worst, "best": best, "low": points(worst), "high": points(best), "max": criterion.max}
    return pd.DataFrame(head | scored | tail), _findings(kind, row, frame, in_breach, undecided)


def _findings(kind: str, row: Row, frame: pd.DataFrame, in_breach: np.ndarray, undecided: np.ndarray) -> pd.DataFrame:
    where = np.flatnonzero(in_breach | undecided)
    return pd.DataFrame({
        "body": frame["body"].to_numpy()[where], "kind": kind, "row": row.number,
        "organisation": frame["organisation"].to_numpy()[where],
        "state": np.where(in_breach[where], "in_breach", "unanswered"),
    })


def _absence(scored: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    certainly, possibly = scored["in_breach"], scored["in_breach"] + scored["undecided"]
    return np.where(possibly > 0, "present", "absent"), np.where(certainly > 0, "present", "absent")


def _decrease(scored: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Points never grow with the count, nor shrink with last year's: each bound is reached at an end of both ranges."""
    certainly, possibly, previous = scored["in_breach"], scored["in_breach"] + scored["undecided"], scored["previous"]
    unknown = previous == UNKNOWN
    worst = np.select([possibly == 0, ~unknown & (possibly < previous)], ["absent", "decreased"], "not_decreased")
    best = np.select([certainly == 0, unknown | (certainly < previous)], ["absent", "decreased"], "not_decreased")
    return worst, best


def _audit(scored: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """A blank may turn out to be a violation, or an audit that found nothing."""
    found, blank, audited = scored["in_breach"], scored["undecided"], scored["audited"]
    worst = np.select([found + blank > 0, audited > 0], ["present", "absent"], "not_audited")
    best = np.select([found > 0, audited + blank > 0], ["present", "absent"], "not_audited")
    return worst, best


RULES = {"absence": _absence, "decrease": _decrease, "audit": _audit}
"""Rule → function from the counts of n bodies to the outcome with the least and the one with the most points, n each."""
