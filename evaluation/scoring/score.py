"""The points of every row of every body's sheet, with the lowest and the highest that the blanks allow.

Source: Order 47, Annex 1 (criteria) and Annex 2 (rows of the sheet). :mod:`evaluation.scoring.outcomes` decides the outcomes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from pandas.arrays import BooleanArray

from evaluation.criteria.model import Criterion, Order
from evaluation.memory import gc_paused
from evaluation.scoring.audit_options import AuditOptions, audit_options
from evaluation.scoring.conditions import apply_implications, evaluate, has_columns, is_certain
from evaluation.scoring.frames import ReportFrames
from evaluation.scoring.outcomes import UNKNOWN_COUNT, Counts, possible_outcomes, worst_and_best

PriorYearCounts = Mapping[tuple[str, str, str], int]
"""Last year's counts: (body's BIN, kind, criterion) → organisations in breach. A missing count is unknown."""

ROW_COUNTS = ("organisations", "in_breach", "undecided", "audited", "unaudited", "previous")
"""The counts of :data:`evaluation.scoring.outcomes.Counts` that a row shows."""

IN_BREACH, UNANSWERED = "in_breach", "unanswered"
"""The statuses of an organisation that is named beside a row."""

States = Mapping[tuple[str, str], np.ndarray]
"""(kind, row) → one byte for each organisation, in the order of the kind's frame: the sum of the bits below."""
BREACH_BIT, UNDECIDED_BIT, AUDITED_BIT, UNAUDITED_BIT = 1, 2, 4, 8
"""In breach; undecided whether in breach; and of criteria with audits: audited, not audited, all for certain.

An undecided organisation has AUDITED_BIT if it is audited in any case, and UNAUDITED_BIT if it is audited only if in breach. So
all of :data:`evaluation.scoring.outcomes.Counts` can be counted from states.
"""

ROW_COLUMNS = (
    "body",
    "kind",
    "row",
    "criterion",
    *ROW_COUNTS,
    "worst",
    "best",
    "low",
    "high",
    "max",
)
NAMED_COLUMNS = ("body", "kind", "row", "organisation", "status")


@dataclass(frozen=True)
class Scores:
    """The scores of one or many bodies.

    `rows` has one line for each scored row of each applicable table, by body, then in the order of the form: body, kind, row,
    criterion, organisations, in_breach, undecided (counts), audited, unaudited (counts; zero if the criterion has no audits),
    previous (the prior-year count, or UNKNOWN_COUNT), worst and best (outcomes), low, high, max (points).
    `named_organisations` has one line for each organisation that is named beside a row, by BIN: body, kind, row, organisation,
    status, which is IN_BREACH or UNANSWERED. `states` has the state of each organisation in each row.
    """

    order: Order
    rows: pd.DataFrame
    named_organisations: pd.DataFrame
    states: States

    @cached_property
    def totals(self) -> pd.DataFrame:
        """The sums of the rows, indexed by (body, kind), with the columns low, high and max."""
        return self.rows.groupby(["body", "kind"], sort=False)[["low", "high", "max"]].sum()


@gc_paused()
def score(order: Order, reports: ReportFrames, previous: PriorYearCounts | None = None) -> Scores:
    """Score all bodies in the frames; the score of a body does not depend on which other bodies they contain.

    A kind without organisations has no rows: its table does not apply (reading R5). Row 3.2 of every table is scored by criterion
    3.2 (reading R3), which is a key of the criteria file.

    Args:
        order: The order to score by.
        reports: Frames as :mod:`evaluation.scoring.frames` describes them.
        previous: The prior-year counts; a missing count is unknown.
    """
    rows, named = _FrameBuilder(ROW_COLUMNS), _FrameBuilder(NAMED_COLUMNS)
    states: dict[tuple[str, str], np.ndarray] = {}
    for table in order.form.tables:
        frame = reports.get(table.kind)
        if frame is None or frame.empty:
            continue
        frame = apply_implications(order, table.kind, frame)
        body_of, organisations = frame["body"].to_numpy(dtype=object), frame["organisation"].to_numpy(dtype=object)
        numbers, bodies = pd.factorize(body_of, sort=True)
        for row in table.scored_rows:
            criterion = order.criterion[str(row.criterion)]
            breach = evaluate(order, criterion.breach, frame)
            in_breach, undecided = is_certain(breach), np.asarray(breach.isna())
            options = None if criterion.audited is None else audit_options(order, criterion, breach, frame)
            states[table.kind, row.number] = _states(in_breach, undecided, options)
            counts = _counts(table.kind, criterion, numbers, bodies, breach, options, previous or {})
            shown = {name: counts[name] for name in ROW_COUNTS}
            rows.add(bodies, table.kind, row.number, **_points(criterion, counts), criterion=criterion.code, **shown)
            positions = np.flatnonzero(in_breach | undecided)
            named.add(
                body_of[positions],
                table.kind,
                row.number,
                organisation=organisations[positions],
                status=np.where(in_breach[positions], IN_BREACH, UNANSWERED).astype(object),
            )
    return Scores(order, rows.frame(), named.frame("organisation"), states)


def _states(in_breach: np.ndarray, undecided: np.ndarray, options: AuditOptions | None) -> np.ndarray:
    states = BREACH_BIT * in_breach.astype(np.uint8) + UNDECIDED_BIT * undecided.astype(np.uint8)
    if options is not None:
        states += AUDITED_BIT * options.audited.astype(np.uint8)
        states += UNAUDITED_BIT * (options.unaudited | (options.by_breach & undecided)).astype(np.uint8)
    return states


class _FrameBuilder:
    """Collects the lines of a frame as arrays; a frame for each row of the form would cost more than scoring."""

    def __init__(self, columns: tuple[str, ...]):
        self.columns: dict[str, list[np.ndarray]] = {name: [] for name in columns}
        self.row_positions: list[np.ndarray] = []

    def add(self, body: np.ndarray, kind: str, row: str, **columns: np.ndarray | str | int) -> None:
        """Add one line for each element of `body`; a scalar is repeated in all of them."""
        for name, values in {"body": body, "kind": kind, "row": row, **columns}.items():
            if not isinstance(values, np.ndarray):
                values = np.full(len(body), values, dtype=object if isinstance(values, str) else None)
            self.columns[name].append(values)
        self.row_positions.append(np.full(len(body), len(self.row_positions)))

    def frame(self, then_by: str = "") -> pd.DataFrame:
        """The lines sorted by body, then in the order of the form, then by the column `then_by`."""
        if not self.row_positions:
            return pd.DataFrame({name: [] for name in self.columns})
        columns = {name: np.concatenate(arrays) for name, arrays in self.columns.items()}
        keys = [np.concatenate(self.row_positions), pd.factorize(columns["body"], sort=True)[0]]
        if then_by:
            keys.insert(0, pd.factorize(columns[then_by], sort=True)[0])
        order = np.lexsort(keys)
        columns = {name: values[order] for name, values in columns.items()}
        return pd.DataFrame({name: pd.Series(values, dtype=values.dtype) for name, values in columns.items()}, copy=False)


def prior_year_counts(order: Order, reports: ReportFrames, compared: frozenset[str]) -> dict[tuple[str, str, str], int]:
    """Count the breaches in last year's reports, by last year's order.

    A count is known if every organisation of the body and kind answers the criterion.

    Source: Order 47, Annex 1, criterion 1 (reading R13); data dictionary, "Prior-year count".

    Args:
        order: Last year's order.
        reports: Last year's reports.
        compared: The codes of the criteria that this year's order compares with last year.
    """
    counts: dict[tuple[str, str, str], int] = {}
    for kind, frame in reports.items():
        if frame.empty or kind not in order.table:
            continue
        frame = apply_implications(order, kind, frame)
        numbers, bodies = pd.factorize(frame["body"].to_numpy())
        for code in compared & {row.criterion for row in order.table[kind].scored_rows}:
            criterion = order.criterion[code]
            if not has_columns(criterion.breach, frame):
                continue
            breach = evaluate(order, criterion.breach, frame)
            in_breach = np.bincount(numbers[is_certain(breach)], minlength=len(bodies))
            undecided = np.bincount(numbers[breach.isna()], minlength=len(bodies))
            counts |= {
                (body, kind, criterion.code): int(count)
                for body, count, blanks in zip(bodies, in_breach, undecided, strict=True)
                if not blanks
            }
    return counts


def depends_on_last_year(order: Order, criterion: Criterion, frame: pd.DataFrame) -> bool:
    """Whether the points of one body by the answers at hand depend on the count of the year before.

    An organisation whose breach is undecided counts as not in breach, so that no count is required too early.

    Args:
        order: The order.
        criterion: The criterion.
        frame: The answers of the body's organisations of one kind, implications applied.
    """
    if not criterion.compares_with_last_year:
        return False
    numbers, bodies = np.zeros(len(frame), np.int64), np.array([""], dtype=object)
    breach = evaluate(order, criterion.breach, frame)
    options = None if criterion.audited is None else audit_options(order, criterion, breach, frame)
    counts = _counts("", criterion, numbers, bodies, breach, options, {})
    counts |= dict.fromkeys(("undecided", "audit_open", "audit_certain", "audit_by_breach"), np.zeros(1, np.int64))
    low, high = worst_and_best(criterion, possible_outcomes(criterion, counts))
    return criterion.outcomes[int(low[0])].points != criterion.outcomes[int(high[0])].points


def _counts(
    kind: str,
    criterion: Criterion,
    numbers: np.ndarray,
    bodies: np.ndarray,
    breach: BooleanArray,
    options: AuditOptions | None,
    previous: PriorYearCounts,
) -> dict[str, np.ndarray]:
    """The counts of each body that decide the outcome of a criterion.

    Args:
        kind: The kind of the organisations.
        criterion: The criterion.
        numbers: The position in `bodies` of each organisation's body, N integers.
        bodies: The BINs of n bodies.
        breach: Which organisations are in breach, N values; NA where it is undecided.
        options: What is known of their audits; None for a criterion without audits.
        previous: The prior-year counts; a missing count is unknown.
    """
    zeros = np.zeros(len(bodies), np.int64)

    def count(selected: np.ndarray) -> np.ndarray:
        return np.bincount(numbers[selected], minlength=len(bodies))

    counts = {
        "organisations": np.bincount(numbers, minlength=len(bodies)),
        "in_breach": count(is_certain(breach)),
        "undecided": count(np.asarray(breach.isna())),
        **dict.fromkeys(("audited", "unaudited", "audit_open", "audit_certain", "audit_by_breach"), zeros),
        "previous": zeros + UNKNOWN_COUNT,
    }
    if options is not None:
        counts |= {"audited": count(options.audited), "unaudited": count(options.unaudited), "audit_open": count(options.open)}
        counts |= {"audit_certain": count(options.certain), "audit_by_breach": count(options.by_breach)}
    if criterion.compares_with_last_year:
        counts["previous"] = np.array([previous.get((body, kind, criterion.code), UNKNOWN_COUNT) for body in bodies], np.int64)
    return counts


def _points(criterion: Criterion, counts: Counts) -> dict[str, np.ndarray]:
    """The worst and the best outcome of each body, their points, and the maximum of the criterion."""
    names = np.array([entry.outcome for entry in criterion.outcomes], dtype=object)
    points = np.array([entry.points for entry in criterion.outcomes])
    worst, best = worst_and_best(criterion, possible_outcomes(criterion, counts))
    return {
        "worst": names[worst],
        "best": names[best],
        "low": points[worst],
        "high": points[best],
        "max": np.full(len(worst), criterion.max),
    }
