"""Moves an opened reporting year to another order, and shows before what that changes.

An order that is in use never changes; a redaction that becomes known after a year was opened is another file. Answers are stored
by the codes of indicators, so that an indicator of both orders retains its answers; the others stay stored unused.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from evaluation.answers import queries as answers
from evaluation.criteria.model import Indicator, Order
from evaluation.jobs.operations import start_after_commit
from evaluation.policy import Action, Viewer
from evaluation.registry import queries as registry
from evaluation.registry.admin import years
from evaluation.registry.admin.rules import RegistryError
from evaluation.registry.locking import lock_registry
from evaluation.registry.models import Body, ReportingYear
from evaluation.results.jobs import KIND as RESULTS
from evaluation.scoring.frames import ReportFrames
from evaluation.scoring.score import Scores, score
from evaluation.submissions.models import ACCEPTED, SUBMITTED
from evaluation.submissions.queries import status_counts

Points = tuple[int, int, int]
"""The fewest points, the most points, and the maximum."""


@dataclass(frozen=True)
class StoredAnswers:
    """An indicator with the number of organisations that answer it in the year."""

    indicator: Indicator
    count: int


@dataclass(frozen=True)
class MaximumChange:
    """The maximum of a kind's table under both orders; None where an order does not have the kind."""

    kind: str
    before: int | None
    after: int | None


@dataclass(frozen=True)
class BodyPoints:
    """The points of a body under both orders; None where it has no organisations of the order's kinds."""

    body: Body
    before: Points | None
    after: Points | None


@dataclass(frozen=True)
class OrderMove:
    """What changes if a year is moved from one order to another.

    `added` are indicators that only the new order has. `dropped` are those that only the current one has, and `incompatible`
    those of which the new order cannot read the stored answers; both with these answers. `unassessed` is the number of
    organisations of kinds that the new order does not have. `points` are the bodies whose points change. `submitted` and
    `accepted` are numbers of bodies.
    """

    current: Order
    new: Order
    added: tuple[Indicator, ...]
    dropped: tuple[StoredAnswers, ...]
    incompatible: tuple[StoredAnswers, ...]
    maxima: tuple[MaximumChange, ...]
    unassessed: int
    points: tuple[BodyPoints, ...]
    submitted: int
    accepted: int

    @property
    def obstacle(self) -> RegistryError | None:
        """Why the year cannot be moved; None if it can."""
        if self.accepted:
            return RegistryError("year_accepted", count=self.accepted)
        if self.incompatible:
            return RegistryError("year_order_types", value=", ".join(i.indicator.code for i in self.incompatible))
        return None


def other_orders(year: ReportingYear) -> tuple[Order, ...]:
    """The orders to which a year can be moved: those that apply to it, without its own, the newest first."""
    loaded = reversed(registry.orders().all)
    return tuple(order for order in loaded if order.from_year <= year.year and order.code != year.order_code)


def preview_move(viewer: Viewer, year: ReportingYear, new: Order) -> OrderMove:
    """Compare a year under its order and under another one.

    Raises:
        Forbidden: The viewer may not manage the registry.
        EvaluationError: The criteria file of the year's order is not loaded.
    """
    viewer.require(Action.MANAGE_REGISTRY)
    current = registry.order_of(year.year)
    if current is None:
        raise RegistryError("year_not_open", value=year.year)
    frames, statuses = answers.report_frames(viewer, current, year.year), status_counts(viewer, year.year)
    counts = {**answers.evidence_counts(viewer, year.year), **_answer_counts(frames)}
    incompatible = incompatible_indicators(current, new)
    return OrderMove(
        current,
        new,
        tuple(item for item in new.indicators if item.code not in current.by_code),
        tuple(StoredAnswers(item, counts.get(item.code, 0)) for item in current.indicators if item.code not in new.by_code),
        tuple(StoredAnswers(item, counts[item.code]) for item in incompatible if counts.get(item.code)),
        _maxima(current, new),
        sum(len(frame) for kind, frame in frames.items() if kind not in new.kind),
        () if any(counts.get(item.code) for item in incompatible) else _changed_points(viewer, year.year, current, new, frames),
        statuses.get(SUBMITTED, 0),
        statuses.get(ACCEPTED, 0),
    )


def move_year(viewer: Viewer, year: ReportingYear, expected: str, order_code: str) -> None:
    """Move a year from the order `expected`, which the person saw, to the order with the code `order_code`.

    Raises:
        Forbidden: The viewer may not manage the registry.
        RegistryError: The order does not apply, was changed meanwhile, or cannot read what is stored; or a sheet is accepted.
    """
    viewer.require(Action.MANAGE_REGISTRY)
    # Who accepts a year shares this lock.
    lock_registry(exclusive=True)
    new = registry.orders().get(order_code)
    if new is None or new not in other_orders(year):
        raise RegistryError("year_order", order=order_code, value=year.year)
    obstacle = preview_move(viewer, year, new).obstacle
    if obstacle:
        raise obstacle
    years.change_year_order(viewer, year, expected, order_code)
    # The next reader of results need not wait for the whole year.
    start_after_commit(RESULTS)


def _answer_counts(frames: ReportFrames) -> Mapping[str, int]:
    """The number of organisations that answer each indicator."""
    counts: dict[str, int] = {}
    for frame in frames.values():
        for code in frame.columns:
            counts[code] = counts.get(code, 0) + int(frame[code].notna().sum())
    return counts


def incompatible_indicators(current: Order, new: Order) -> tuple[Indicator, ...]:
    """The indicators that are of another type in the new order, or evidence, or whose list of choices lost a value."""

    def choices(order: Order, item: Indicator) -> set[str]:
        return {choice.value for choice in order.choices.get(item.choices or "", ())}

    pairs = [(item, new.by_code[item.code]) for item in (*current.indicators, *current.evidence) if item.code in new.by_code]
    return tuple(
        old
        for old, item in pairs
        if old.type != item.type
        or (old in current.indicators) != (item in new.indicators)
        or choices(current, old) - choices(new, item)
    )


def _maxima(current: Order, new: Order) -> tuple[MaximumChange, ...]:
    before, after = ({table.kind: _maximum(order, table.kind) for table in order.form.tables} for order in (current, new))
    kinds = dict.fromkeys((*before, *after))
    return tuple(MaximumChange(kind, before.get(kind), after.get(kind)) for kind in kinds if before.get(kind) != after.get(kind))


def _maximum(order: Order, kind: str) -> int:
    return sum(order.criterion[str(row.criterion)].max for row in order.table[kind].scored_rows)


def _changed_points(viewer: Viewer, year: int, current: Order, new: Order, frames: ReportFrames) -> tuple[BodyPoints, ...]:
    counts = answers.prior_year_counts(viewer, year)
    before = _points(score(current, frames, counts))
    after = _points(score(new, answers.report_frames(viewer, new, year), counts))
    bodies = registry.all_bodies(viewer, year)
    changed = (BodyPoints(body, before.get(body.bin), after.get(body.bin)) for body in bodies)
    return tuple(body_points for body_points in changed if body_points.before != body_points.after)


def _points(scores: Scores) -> dict[str, Points]:
    totals = scores.totals.groupby("body").sum()
    return {str(body): (int(low), int(high), int(maximum)) for body, low, high, maximum in totals.itertuples()}
