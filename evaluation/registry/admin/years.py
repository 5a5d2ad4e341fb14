"""The administrator's operations on reporting years."""

from datetime import date
from http import HTTPStatus

from sqlalchemy.exc import IntegrityError

from evaluation.audit.actions import AuditAction
from evaluation.audit.operations import NewEvent, append_events
from evaluation.clock import today
from evaluation.database import db
from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.policy import Action, Viewer
from evaluation.registry import operations
from evaluation.registry.admin.rules import DoubtfulValue, RegistryError, check_day
from evaluation.registry.locking import lock_registry
from evaluation.registry.models import ReportingYear
from evaluation.registry.queries import orders, reporting_year, years

YearDates = tuple[date | None, date | None]
"""The first day of data entry and the last day to submit a year; None is no limit."""


class YearDatesConflict(EvaluationError):
    """Someone else changed the first day or the deadline meanwhile; `current` are the stored days."""

    status = HTTPStatus.CONFLICT

    def __init__(self, current: YearDates):
        self.current = current
        super().__init__(N_("Someone else changed these dates in the meantime. Nothing was stored; the current dates are shown."))


def open_year(
    viewer: Viewer,
    year: int,
    order_code: str,
    deadline: date | None = None,
    starts_on: date | None = None,
    confirmed: str = "",
) -> None:
    """Open a reporting year under an order.

    Where the existing years contain invented data, the new one does too: real and invented data are never mixed.

    Args:
        viewer: Who opens it.
        year: The reporting year; it has begun.
        order_code: The code of an order that applies to the year.
        deadline: The last day to submit the year (Asia/Almaty); drafts lock after it.
        starts_on: The first day of data entry (Asia/Almaty).
        confirmed: The confirmation of a deadline that has passed.

    Raises:
        Forbidden: The viewer may not manage the registry.
        RegistryError: The year, the order or a day violates a rule.
        DoubtfulValue: The deadline has passed, and that is not confirmed.
    """
    viewer.require(Action.MANAGE_REGISTRY)
    if year > today().year:
        raise RegistryError("future_year", "year")
    order = orders().get(order_code)
    if order is None or order.from_year > year:
        raise RegistryError("year_order", "order_code", order=order_code, value=year)
    # Asked last: the database compares no number beyond its columns.
    if reporting_year(year) is not None:
        raise RegistryError("year_open", "year", value=year)
    _check_dates(year, starts_on, deadline)
    _confirm_deadline(deadline, confirmed)
    invented = any(item.invented for item in years())
    operations.open_year(viewer, year, order_code, invented=invented, deadline=deadline, starts_on=starts_on)


def change_year_dates(viewer: Viewer, year: ReportingYear, expected: YearDates, new: YearDates, confirmed: str = "") -> None:
    """Change the first day and the deadline of a reporting year (Asia/Almaty).

    Raises:
        Forbidden: The viewer may not manage the registry.
        RegistryError: A day violates a rule.
        DoubtfulValue: The new deadline has passed, and that is not `confirmed`.
        YearDatesConflict: The stored days are not the expected ones.
    """
    viewer.require(Action.MANAGE_REGISTRY)
    _check_dates(year.year, *new)
    if new[1] != expected[1]:
        _confirm_deadline(new[1], confirmed)
    lock_registry(exclusive=True)
    db.session.refresh(year)
    if (year.starts_on, year.deadline) != expected:
        raise YearDatesConflict((year.starts_on, year.deadline))
    year.starts_on, year.deadline = new
    db.session.flush()
    events = []
    if new[0] != expected[0]:
        events.append(NewEvent(AuditAction.FIRST_DAY_CHANGED, year=year.year, data={"starts_on": [expected[0], new[0]]}))
    if new[1] != expected[1]:
        events.append(NewEvent(AuditAction.DEADLINE_CHANGED, year=year.year, data={"deadline": [expected[1], new[1]]}))
    append_events(viewer, events)


def change_year_order(viewer: Viewer, year: ReportingYear, expected: str, order_code: str) -> None:
    """Change the order of a year; :mod:`evaluation.review.year_order` checks what the year has stored.

    Raises:
        Forbidden: The viewer may not manage the registry.
        RegistryError: The year's order is no longer the `expected` one.
    """
    viewer.require(Action.MANAGE_REGISTRY)
    lock_registry(exclusive=True)
    db.session.refresh(year)
    if year.order_code != expected:
        raise RegistryError("year_order_changed", order=year.order_code)
    year.order_code = order_code
    db.session.flush()
    append_events(viewer, [NewEvent(AuditAction.YEAR_ORDER_CHANGED, year=year.year, data={"order": [expected, order_code]})])


def remove_year(viewer: Viewer, year: int) -> None:
    """Remove a year that was opened by mistake, with the notifications of it.

    Raises:
        Forbidden: The viewer may not manage the registry.
        RegistryError: The year is not open, or something was entered in it.
    """
    viewer.require(Action.MANAGE_REGISTRY)
    lock_registry(exclusive=True)
    stored = reporting_year(year)
    if stored is None:
        raise RegistryError("year_not_open", value=year)
    settings = {"order": stored.order_code, "invented": stored.invented}
    settings |= {"deadline": stored.deadline, "starts_on": stored.starts_on}
    try:
        # The foreign keys of answers, submissions, extensions and everything else of a year refuse it.
        db.session.delete(stored)
        db.session.flush()
    except IntegrityError as error:
        db.session.rollback()
        raise RegistryError("year_used", value=year) from error
    data = {name: [value, None] for name, value in settings.items() if value is not None}
    append_events(viewer, [NewEvent(AuditAction.YEAR_REMOVED, year=year, data=data)])


def _confirm_deadline(deadline: date | None, confirmed: str) -> None:
    if deadline is not None and deadline < today():
        DoubtfulValue("past_deadline", "deadline", day=deadline).require(confirmed)


def _check_dates(year: int, starts_on: date | None, deadline: date | None) -> None:
    if starts_on is not None and check_day(starts_on, "starts_on") < date(year, 1, 1):
        raise RegistryError("early_start", "starts_on")
    if deadline is not None and check_day(deadline, "deadline") <= date(year, 12, 31):
        raise RegistryError("early_deadline", "deadline")
    if starts_on is not None and deadline is not None and starts_on > deadline:
        raise RegistryError("late_start", "starts_on", day=deadline)
