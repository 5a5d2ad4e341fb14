"""The changes there are: each makes the next state of a body or an organisation, or raises Refusal. They store nothing."""

from dataclasses import replace
from datetime import date

from evaluation.clock import today
from evaluation.registry.admin.rules import Refusal, sensible
from evaluation.registry.admin.states import DAY, BodyState, Dated, Former, OrganisationState, Period, State, with_names
from evaluation.registry.models import LEVELS, STATUSES

CLOSED = STATUSES[-1]


def renamed(state: State, since: date, name_kk: str, name_ru: str) -> State:
    """Bearing new names from a day on; sheets of earlier years keep the old ones.

    From the very day of the last change of names, it corrects that one.
    """
    if sensible(since, "since") > today():
        # Pages of today would show what is not borne yet.
        raise Refusal("future_name", "since", day=since)
    if not name_kk:
        raise Refusal("name_missing", "name_kk")
    if (name_kk, name_ru) == (state.name_kk, state.name_ru):
        raise Refusal("same_name", "name_kk")
    last = state.former[-1].until if state.former else None
    if last is not None and last >= since:
        raise Refusal("renamed_later", "since", day=last + DAY)
    now = with_names(state, name_kk, name_ru)
    if last == since - DAY:
        return now
    return replace(now, former=(*state.former, Former(since - DAY, state.name_kk, state.name_ru)))


def described(
    state: BodyState, name_kk: str, name_ru: str, level: str | None, parent: str | None, kato: str | None, since: date | None
) -> BodyState:
    """A body with its facts corrected, for every year alike; `since` is its first day, None for always."""
    if level is not None and level not in LEVELS:
        raise Refusal("not_level", "level", value=level)
    first = sensible(since, "since") if since is not None else None
    return replace(state, name_kk=name_kk, name_ru=name_ru, level=level, parent=parent, kato=kato, since=first)


def closed(state: BodyState, last_day: date) -> BodyState:
    """A body closed; `last_day` is its last one."""
    if state.closed_on is not None:
        raise Refusal("closed_already", "closed_on", day=state.closed_on)
    return replace(state, closed_on=sensible(last_day, "closed_on"))


def reopened(state: BodyState) -> BodyState:
    """A body that was closed by mistake."""
    if state.closed_on is None:
        raise Refusal("not_closed", "closed_on")
    return replace(state, closed_on=None)


def with_status(state: OrganisationState, status: str, since: date) -> OrganisationState:
    """An organisation with a new status from a day on.

    From the day it is closed it is under no body any more: closed on 31 December it does not count, in liquidation it does
    (reading R12).
    """
    sensible(since, "since")
    if status not in STATUSES:
        raise Refusal("not_status", "status", value=status)
    last = state.statuses[-1] if state.statuses else None
    if last is not None and last.status == CLOSED:
        raise Refusal("closed_organisation", "status", day=last.since)
    if status == state.latest:
        raise Refusal("same_status", "status")
    if last is not None and since <= last.since:
        raise Refusal("status_later", "since", day=last.since)
    periods = _ended(state.periods, since - DAY) if status == CLOSED else state.periods
    return replace(state, statuses=(*state.statuses, Dated(status, since)), periods=periods)


def _ended(periods: tuple[Period, ...], last_day: date) -> tuple[Period, ...]:
    """Periods up to a day. Raises Refusal where one begins after it."""
    for period in periods:
        if period.since > last_day:
            raise Refusal("supervised_later", "since", day=period.since)
    return tuple(
        replace(period, until=last_day) if period.until is None or period.until > last_day else period for period in periods
    )


def without_status(state: OrganisationState) -> OrganisationState:
    """An organisation whose latest status was a mistake; one that was closed is under its last body again."""
    if not state.statuses:
        raise Refusal("no_status", "status")
    *earlier, last = state.statuses
    periods = state.periods
    if last.status == CLOSED and periods and periods[-1].until == last.since - DAY:
        periods = (*periods[:-1], replace(periods[-1], until=None))
    return replace(state, statuses=tuple(earlier), periods=periods)


def moved(state: OrganisationState, body: str, since: date) -> OrganisationState:
    """An organisation under another body from a day on, whatever was entered for later; sheets of earlier years keep theirs.

    It stays supervised as long as it was: until it was closed, or openly.
    """
    sensible(since, "since")
    before = [
        period if period.until is not None and period.until < since else replace(period, until=since - DAY)
        for period in state.periods
        if period.since < since
    ]
    after = [period for period in state.periods if period.until is None or period.until >= since]
    if not after and state.latest == CLOSED:
        raise Refusal("closed_organisation", "body", day=state.statuses[-1].since)
    now = Period(body, max(since, after[0].since), after[-1].until) if after else Period(body, since)
    if before and before[-1].body == body and before[-1].until == now.since - DAY:
        now = replace(before.pop(), until=now.until)
    periods = (*before, now)
    if periods == state.periods:
        raise Refusal("already_there", "body")
    return replace(state, periods=periods)


def begun(state: OrganisationState, since: date) -> OrganisationState:
    """An organisation whose latest supervision began on another day than was entered."""
    sensible(since, "since")
    if not state.periods:
        raise Refusal("not_under_any", "body")
    *earlier, last = state.periods
    if earlier and (earlier[-1].until is None or earlier[-1].until >= since):
        raise Refusal("overlaps", "since", day=earlier[-1].until or earlier[-1].since)
    if last.until is not None and since > last.until:
        raise Refusal("ends_before", "since", day=last.until)
    return replace(state, periods=(*earlier, replace(last, since=since)))
