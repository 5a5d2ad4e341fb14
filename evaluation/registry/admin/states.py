"""A body and an organisation as values: all that an administrator enters, its history included.

A page shows a state, a change makes the next one, and whoever stores it says which state they saw.
"""

from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from typing import Any, TypeVar

from evaluation.database import dumps

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Former:
    """The names borne up to `until`, that day included."""

    until: date
    name_kk: str
    name_ru: str = ""


@dataclass(frozen=True)
class Dated:
    """A status from a day on."""

    status: str
    since: date


@dataclass(frozen=True)
class Period:
    """Under a body, by its BIN, from the first day to the last one; open while `until` is empty."""

    body: str
    since: date
    until: date | None = None


@dataclass(frozen=True)
class BodyState:
    """A body; `parent` is its higher body's BIN, `former` its earlier names, the oldest first.

    `since` is its first day, None where it has always been there.
    """

    bin: str
    name_kk: str = ""
    name_ru: str = ""
    level: str | None = None
    parent: str | None = None
    kato: str | None = None
    since: date | None = None
    closed_on: date | None = None
    former: tuple[Former, ...] = ()


@dataclass(frozen=True)
class OrganisationState:
    """An organisation; what is dated stands with the oldest first. `state_share` is in hundredths of a percent."""

    bin: str
    kind: str
    name_kk: str = ""
    name_ru: str = ""
    state_share: int | None = None
    state_body: bool = False
    national_company: bool = False
    former: tuple[Former, ...] = ()
    statuses: tuple[Dated, ...] = ()
    periods: tuple[Period, ...] = ()

    def status_on(self, day: date) -> str:
        """Its status that day; active before the first one."""
        return next((each.status for each in reversed(self.statuses) if each.since <= day), "active")

    def body_on(self, day: date) -> str | None:
        """The BIN of the body it is under that day."""
        found = (each.body for each in self.periods if each.since <= day and (each.until is None or each.until >= day))
        return next(found, None)

    def body_in(self, year: int) -> str | None:
        """The BIN of the body whose sheet of the year it counts on (reading R12)."""
        return self.body_on(date(year, 12, 31))

    @property
    def latest(self) -> str:
        """The latest status entered, be it one to come."""
        return self.statuses[-1].status if self.statuses else "active"


State = TypeVar("State", BodyState, OrganisationState)
AnyState = BodyState | OrganisationState


def with_names(state: State, kk: str, ru: str) -> State:
    return replace(state, name_kk=kk, name_ru=ru)


def differences(was: AnyState | None, now: AnyState) -> dict[str, tuple[Any, Any]]:
    """Field → (old, new) of what differs; of a new one, all that is not empty."""
    return {
        each.name: (old, new)
        for each in fields(now)
        if (old := getattr(was, each.name, None)) != (new := getattr(now, each.name)) and not (was is None and new in ("", ()))
    }


def as_json(state: AnyState) -> str:
    """A state for a form to carry along."""
    return dumps(state)
