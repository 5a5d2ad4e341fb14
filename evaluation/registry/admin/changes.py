"""The changes of a body or an organisation: each computes the next state, or raises RegistryError. They store nothing."""

from dataclasses import replace
from datetime import date

from evaluation.clock import today
from evaluation.registry.admin.rules import RegistryError, check_day
from evaluation.registry.models import LEVELS, STATUSES
from evaluation.registry.states import (
    ONE_DAY,
    BodyState,
    FormerNames,
    OrganisationState,
    State,
    StatusEntry,
    SupervisionPeriod,
    with_names,
)

CLOSED = STATUSES[-1]


def rename(state: State, since: date, name_kk: str, name_ru: str) -> State:
    """Give new names from a day on; the sheets of earlier years show the old ones.

    From the day of the last rename, it corrects that rename.
    """
    if check_day(since, "since") > today():
        # Today's pages show the current names, so a future name cannot be stored yet.
        raise RegistryError("future_name", "since", day=since)
    if not name_kk:
        raise RegistryError("name_missing", "name_kk")
    if (name_kk, name_ru) == (state.name_kk, state.name_ru):
        raise RegistryError("same_name", "name_kk")
    last_rename = state.former_names[-1].until + ONE_DAY if state.former_names else None
    if last_rename is not None and last_rename > since:
        raise RegistryError("renamed_later", "since", day=last_rename)
    current = with_names(state, name_kk, name_ru)
    if last_rename == since:
        return current
    return replace(current, former_names=(*state.former_names, FormerNames(since - ONE_DAY, state.name_kk, state.name_ru)))


def correct_body(
    state: BodyState, name_kk: str, name_ru: str, level: str | None, parent: str | None, kato: str | None, since: date | None
) -> BodyState:
    """Correct the facts of a body for every year.

    Args:
        state: The body.
        name_kk: The Kazakh name.
        name_ru: The Russian name.
        level: A level of :data:`evaluation.registry.models.LEVELS`.
        parent: The BIN of the higher body.
        kato: The KATO code.
        since: The first day; None where the body has always existed.
    """
    if level is not None and level not in LEVELS:
        raise RegistryError("not_level", "level", value=level)
    first_day = check_day(since, "since") if since is not None else None
    return replace(state, name_kk=name_kk, name_ru=name_ru, level=level, parent=parent, kato=kato, since=first_day)


def close_body(state: BodyState, last_day: date) -> BodyState:
    """Close a body after its last day."""
    if state.closed_on is not None:
        raise RegistryError("closed_already", "closed_on", day=state.closed_on)
    return replace(state, closed_on=check_day(last_day, "closed_on"))


def reopen_body(state: BodyState) -> BodyState:
    """Withdraw the closing of a body."""
    if state.closed_on is None:
        raise RegistryError("not_closed", "closed_on")
    return replace(state, closed_on=None)


def add_status(state: OrganisationState, status: str, since: date) -> OrganisationState:
    """Give an organisation a new status from a day on.

    Closing also ends its supervision the day before: an organisation that is closed on 31 December is not on the sheet of the
    year, one in liquidation is. Source: reading R12.
    """
    check_day(since, "since")
    if status not in STATUSES:
        raise RegistryError("not_status", "status", value=status)
    latest = state.statuses[-1] if state.statuses else None
    if latest is not None and latest.status == CLOSED:
        raise RegistryError("closed_organisation", "status", day=latest.since)
    if status == state.latest_status:
        raise RegistryError("same_status", "status")
    if latest is not None and since <= latest.since:
        raise RegistryError("status_later", "since", day=latest.since)
    periods = _end_periods(state.periods, since - ONE_DAY) if status == CLOSED else state.periods
    return replace(state, statuses=(*state.statuses, StatusEntry(status, since)), periods=periods)


def _end_periods(periods: tuple[SupervisionPeriod, ...], last_day: date) -> tuple[SupervisionPeriod, ...]:
    """End all periods on a day. Raises RegistryError where one begins later."""
    for period in periods:
        if period.since > last_day:
            raise RegistryError("supervised_later", "since", day=period.since)
    return tuple(
        replace(period, until=last_day) if period.until is None or period.until > last_day else period for period in periods
    )


def withdraw_status(state: OrganisationState) -> OrganisationState:
    """Remove the latest status; after a withdrawn closing the last body supervises the organisation again."""
    if not state.statuses:
        raise RegistryError("no_status", "status")
    *earlier, latest = state.statuses
    periods = state.periods
    if latest.status == CLOSED and periods and periods[-1].until == latest.since - ONE_DAY:
        periods = (*periods[:-1], replace(periods[-1], until=None))
    return replace(state, statuses=tuple(earlier), periods=periods)


def move_organisation(state: OrganisationState, body: str, since: date) -> OrganisationState:
    """Put an organisation under another body, by its BIN, from a day on; the sheets of earlier years do not change.

    The new period replaces all periods from that day on and ends when the last of them ends.
    """
    check_day(since, "since")
    before = [
        period if period.until is not None and period.until < since else replace(period, until=since - ONE_DAY)
        for period in state.periods
        if period.since < since
    ]
    after = [period for period in state.periods if period.until is None or period.until >= since]
    if not after and state.latest_status == CLOSED:
        raise RegistryError("closed_organisation", "body", day=state.statuses[-1].since)
    new = SupervisionPeriod(body, max(since, after[0].since), after[-1].until) if after else SupervisionPeriod(body, since)
    if before and before[-1].body == body and before[-1].until == new.since - ONE_DAY:
        new = replace(before.pop(), until=new.until)
    periods = (*before, new)
    if periods == state.periods:
        raise RegistryError("already_there", "body")
    return replace(state, periods=periods)


def correct_first_day(state: OrganisationState, since: date) -> OrganisationState:
    """Correct the first day of an organisation's latest period of supervision."""
    check_day(since, "since")
    if not state.periods:
        raise RegistryError("not_under_any", "body")
    *earlier, latest = state.periods
    if earlier and (earlier[-1].until is None or earlier[-1].until >= since):
        raise RegistryError("overlaps", "since", day=earlier[-1].until or earlier[-1].since)
    if latest.until is not None and since > latest.until:
        raise RegistryError("ends_before", "since", day=latest.until)
    return replace(state, periods=(*earlier, replace(latest, since=since)))
