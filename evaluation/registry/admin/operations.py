"""What an administrator does to the registry: each is checked against the rules, stored as the difference, and recorded.

Whoever changes something says which state they saw (`was`): where it is another one by now, nothing is stored.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from evaluation.audit.operations import NewEvent, append_events
from evaluation.clock import today
from evaluation.criteria import Orders
from evaluation.database import db
from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.policy import Action, Viewer
from evaluation.registry import operations
from evaluation.registry.admin import changes, queries
from evaluation.registry.admin import persistence as storing
from evaluation.registry.admin.rules import Refusal, misplaced, mistakes, sensible
from evaluation.registry.admin.states import AnyState, BodyState, OrganisationState, differences
from evaluation.registry.locking import hold_registry
from evaluation.registry.models import Body, Organisation, ReportingYear
from evaluation.registry.queries import orders, reporting_year, years


class Stale(EvaluationError):
    """Someone else changed the same body or organisation meanwhile: by field, what was seen and what is there now."""

    def __init__(self, was: AnyState, now: AnyState | None):
        self.now = now
        self.fields: Mapping[str, tuple[Any, Any]] = differences(was, now) if now is not None else {}
        super().__init__(N_("Someone else changed this meanwhile. Nothing was stored; look at what changed and decide anew."))


# Bodies


def add_body(viewer: Viewer, state: BodyState) -> None:
    """Enter a body. Raises Forbidden, Refusal."""
    viewer.require(Action.MANAGE_REGISTRY)
    if queries.id_of(viewer, Body, state.bin) is not None:
        raise Refusal("known_bin", "bin", value=state.bin)
    _save_body(viewer, "body_added", None, state)


def change_body(
    viewer: Viewer,
    was: BodyState,
    name_kk: str,
    name_ru: str,
    level: str | None,
    parent: str | None,
    kato: str | None,
    since: date | None,
) -> None:
    """Correct what is entered of a body, for every year alike; `parent` by its BIN, `since` its first day, None for always.

    Raises Forbidden, Refusal, Stale.
    """
    _save_body(viewer, "body_changed", was, changes.described(was, name_kk, name_ru, level, parent, kato, since))


def rename_body(viewer: Viewer, was: BodyState, since: date, name_kk: str, name_ru: str) -> None:
    """Give a body new names from a day on; earlier sheets keep the old ones. Raises Forbidden, Refusal, Stale."""
    _save_body(viewer, "body_renamed", was, changes.renamed(was, since, name_kk, name_ru))


def close_body(viewer: Viewer, was: BodyState, last_day: date) -> None:
    """Close a body under which nothing stands after its last day. Raises Forbidden, Refusal, Stale."""
    _save_body(viewer, "body_closed", was, changes.closed(was, last_day))


def reopen_body(viewer: Viewer, was: BodyState) -> None:
    """Take back that a body was closed. Raises Forbidden, Refusal, Stale."""
    _save_body(viewer, "body_reopened", was, changes.reopened(was))


def check_body(viewer: Viewer, was: BodyState | None, now: BodyState) -> None:
    """Raises Refusal where a body may not be as given: the first thing that is wrong. Raises Forbidden."""
    viewer.require(Action.MANAGE_REGISTRY)
    if now.closed_on is not None and (was is None or was.closed_on != now.closed_on):
        count = queries.supervised_after(viewer, now.bin, now.closed_on)
        if count:
            raise Refusal("body_has_organisations", "closed_on", day=now.closed_on, count=count)
    if now.since is not None and was is not None and was.since != now.since:
        count = queries.supervised_before(viewer, now.bin, now.since)
        if count:
            raise Refusal("body_had_organisations", "since", day=now.since, count=count)
    bodies = queries.body_states(viewer) | {now.bin: now}
    for mistake in mistakes(was, now, bodies):
        raise mistake.refusal()


def _save_body(viewer: Viewer, action: str, was: BodyState | None, now: BodyState) -> None:
    viewer.require(Action.MANAGE_REGISTRY)
    if was is not None:
        hold_registry(alone=True)
        there = queries.body_states(viewer, was.bin).get(was.bin)
        if there != was:
            raise Stale(was, there)
    check_body(viewer, was, now)
    storing.store(viewer, [(was, now)], [], {now.bin: action})


# Organisations


def add_organisation(viewer: Viewer, state: OrganisationState) -> None:
    """Enter an organisation with its periods and statuses. Raises Forbidden, Refusal."""
    viewer.require(Action.MANAGE_REGISTRY)
    if queries.id_of(viewer, Organisation, state.bin) is not None:
        raise Refusal("known_bin", "bin", value=state.bin)
    _save(viewer, "organisation_added", None, state)


def change_organisation(viewer: Viewer, was: OrganisationState, now: OrganisationState, reported: bool) -> None:
    """Correct an organisation's names, state share, flags, or its kind, which its reports fix where it has any (`reported`).

    Raises Forbidden, Refusal, Stale.
    """
    if now.kind != was.kind and reported:
        raise Refusal("kind_reported", "kind")
    _save(viewer, "organisation_changed", was, now)


def rename_organisation(viewer: Viewer, was: OrganisationState, since: date, name_kk: str, name_ru: str) -> None:
    """Give an organisation new names from a day on; earlier sheets keep the old ones. Raises Forbidden, Refusal, Stale."""
    _save(viewer, "organisation_renamed", was, changes.renamed(was, since, name_kk, name_ru))


def move_organisation(viewer: Viewer, was: OrganisationState, body: str, year: int) -> None:
    """Put an organisation under another body, by its BIN, from a year on; its reports stay with it, and earlier sheets keep it.

    Raises Forbidden, Refusal, Stale.
    """
    _save(viewer, "organisation_moved", was, changes.moved(was, body, date(year, 1, 1)))


def set_status(viewer: Viewer, was: OrganisationState, status: str, since: date) -> None:
    """Enter an organisation's status from a day on; closing it ends its supervision. Raises Forbidden, Refusal, Stale."""
    _save(viewer, "status_entered", was, changes.with_status(was, status, since))


def withdraw_status(viewer: Viewer, was: OrganisationState) -> None:
    """Take back the latest status; what was closed is under its last body again. Raises Forbidden, Refusal, Stale."""
    _save(viewer, "status_withdrawn", was, changes.without_status(was))


def check_organisation(viewer: Viewer, was: OrganisationState | None, now: OrganisationState) -> None:
    """Raises Refusal where an organisation may not be as given: the first thing that is wrong. Raises Forbidden."""
    viewer.require(Action.MANAGE_REGISTRY)
    if now.kind not in kinds(orders()):
        raise Refusal("not_kind_of_order", "kind", value=now.kind)
    for mistake in mistakes(was, now, queries.body_states(viewer)):
        raise mistake.refusal()


def kinds(known: Orders) -> dict[str, Any]:
    """The kinds of organisation by code, of every order at hand, as the latest one names them."""
    return {code: kind for order in known.all for code, kind in order.kind.items()}


def _save(viewer: Viewer, action: str, was: OrganisationState | None, now: OrganisationState) -> None:
    viewer.require(Action.MANAGE_REGISTRY)
    if was is not None:
        hold_registry(alone=True)
        there = queries.organisation_states(viewer, was.bin).get(was.bin)
        if there != was:
            raise Stale(was, there)
    check_organisation(viewer, was, now)
    storing.store(viewer, [], [(was, now)], {now.bin: action})


# Many at once


def store_all(
    viewer: Viewer,
    bodies: Sequence[tuple[BodyState | None, BodyState]],
    organisations: Sequence[tuple[OrganisationState | None, OrganisationState]],
    batch: str,
) -> None:
    """Store many states, each with the one it replaces, all or nothing. Raises Forbidden, Stale, and Refusal for the first that
    breaks a rule among all as they are to be; the caller has told of each in its place before."""
    viewer.require(Action.MANAGE_REGISTRY)
    hold_registry(alone=True)
    there, every = queries.body_states(viewer), queries.organisation_states(viewer)
    known: dict[str, Any] = {**there, **every}
    pairs: list[tuple[Any, Any]] = [*bodies, *organisations]
    for was, now in pairs:
        if known.get(now.bin) != was:
            raise Stale(was or now, known.get(now.bin))
    there |= {now.bin: now for _, now in bodies}
    every |= {now.bin: now for _, now in organisations}
    known_kinds = kinds(orders())
    for was, now in pairs:
        if isinstance(now, OrganisationState) and now.kind not in known_kinds:
            raise Refusal("not_kind_of_order", "kind", value=now.kind)
        for mistake in mistakes(was, now, there):
            raise mistake.refusal()
    limited = {body.bin for was, body in bodies if was is None or (was.since, was.closed_on) != (body.since, body.closed_on)}
    for state in every.values():
        if any(period.body in limited for period in state.periods):
            for mistake in misplaced(state, there):
                raise mistake.refusal()
    storing.store(viewer, bodies, organisations, {}, batch)


# Years


def open_year(viewer: Viewer, year: int, order_code: str, deadline: date | None = None, starts_on: date | None = None) -> None:
    """Open a reporting year under an order. Where the years there are hold invented data, it does too: they are not mixed.

    Answers are entered from `starts_on` on, and drafts lock after `deadline` (days of Asia/Almaty). Raises Forbidden, Refusal.
    """
    viewer.require(Action.MANAGE_REGISTRY)
    if reporting_year(year) is not None:
        raise Refusal("year_open", "year", value=year)
    if year > today().year:
        raise Refusal("future_year", "year")
    order = orders().get(order_code)
    if order is None or order.from_year > year:
        raise Refusal("year_order", "order_code", order=order_code, value=year)
    _check_term(year, starts_on, deadline)
    invented = any(each.invented for each in years())
    operations.open_year(viewer, year, order_code, invented=invented, deadline=deadline, starts_on=starts_on)


YearTerm = tuple[date | None, date | None]
"""The first day on which a year's answers are entered, and the last one to hand it over; None is no limit."""


def change_term(viewer: Viewer, opened: ReportingYear, was: YearTerm, now: YearTerm) -> None:
    """Set a year's first day and its deadline (Asia/Almaty). Raises Forbidden, Refusal, and TermChanged where it is not `was`."""
    viewer.require(Action.MANAGE_REGISTRY)
    _check_term(opened.year, *now)
    hold_registry(alone=True)
    db.session.refresh(opened)
    if (opened.starts_on, opened.deadline) != was:
        raise TermChanged((opened.starts_on, opened.deadline))
    opened.starts_on, opened.deadline = now
    db.session.flush()
    events = []
    for action, name, old, new in zip(("start_changed", "deadline_changed"), ("starts_on", "deadline"), was, now, strict=True):
        if old != new:
            events.append(NewEvent(action, year=opened.year, data={name: [old, new]}))
    append_events(viewer, events)


class TermChanged(EvaluationError):
    """Someone else changed the first day or the deadline meanwhile, to `now`."""

    def __init__(self, now: YearTerm):
        self.now = now
        super().__init__(N_("Someone else changed these days meanwhile. Nothing was stored; they are shown as they are now."))


def _check_term(year: int, starts_on: date | None, deadline: date | None) -> None:
    if starts_on is not None and sensible(starts_on, "starts_on") < date(year, 1, 1):
        raise Refusal("early_start", "starts_on")
    if deadline is not None and sensible(deadline, "deadline") <= date(year, 12, 31):
        raise Refusal("early_deadline", "deadline")
    if starts_on is not None and deadline is not None and starts_on > deadline:
        raise Refusal("late_start", "starts_on", day=deadline)
