"""A body and an organisation as values: everything an administrator enters, including its history.

A page shows a state, a change computes the next one, and the operation that stores it names the state that it expects to replace.
"""

from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from typing import Any, TypeVar

from evaluation.database import to_json
from evaluation.language import sort_text
from evaluation.text import search_text

ONE_DAY = timedelta(days=1)


class _Sortable:
    """Names that lists are sorted by; without any name, the BIN stands for it."""

    name_kk: str
    name_ru: str

    @property
    def sort_kk(self) -> str:
        """The text that sorts by the Kazakh name, or by the Russian one where that is empty."""
        return sort_text(self.name_kk or self.name_ru or getattr(self, "bin", ""))

    @property
    def sort_ru(self) -> str:
        """The text that sorts by the Russian name, or by the Kazakh one where that is empty."""
        return sort_text(self.name_ru or self.name_kk or getattr(self, "bin", ""))


@dataclass(frozen=True)
class FormerNames(_Sortable):
    """The names used until a day, that day included."""

    until: date
    name_kk: str
    name_ru: str = ""


@dataclass(frozen=True)
class StatusEntry:
    """A status from a day on."""

    status: str
    since: date


@dataclass(frozen=True)
class SupervisionPeriod:
    """The days under a body, both included; `body` is its BIN, `until` is None while the period is open."""

    body: str
    since: date
    until: date | None = None


@dataclass(frozen=True)
class BodyState(_Sortable):
    """A body.

    `parent` is the BIN of the higher body, `former_names` are sorted from the oldest. `since` is the first day, None where it
    has always existed; `closed_on` is the last day.
    """

    bin: str
    name_kk: str = ""
    name_ru: str = ""
    level: str | None = None
    parent: str | None = None
    kato: str | None = None
    since: date | None = None
    closed_on: date | None = None
    former_names: tuple[FormerNames, ...] = ()

    @property
    def search_text(self) -> str:
        """The text in which searches look for words of a current or former name."""
        return _search_text(self)


@dataclass(frozen=True)
class OrganisationState(_Sortable):
    """An organisation; dated entries are sorted from the oldest. `state_share` is in hundredths of a percent."""

    bin: str
    kind: str
    name_kk: str = ""
    name_ru: str = ""
    state_share: int | None = None
    state_body: bool | None = None
    national_company: bool = False
    former_names: tuple[FormerNames, ...] = ()
    statuses: tuple[StatusEntry, ...] = ()
    periods: tuple[SupervisionPeriod, ...] = ()

    def status_on(self, day: date) -> str:
        """Return the status on a day; `active` before the first entry."""
        return next((entry.status for entry in reversed(self.statuses) if entry.since <= day), "active")

    def body_on(self, day: date) -> str | None:
        """Return the BIN of the supervising body on a day."""
        bodies = (period.body for period in self.periods if period.since <= day and (period.until is None or period.until >= day))
        return next(bodies, None)

    def body_in(self, year: int) -> str | None:
        """Return the BIN of the body whose sheet of the year includes the organisation.

        Source: reading R12 (membership as of 31 December).
        """
        return self.body_on(date(year, 12, 31))

    @property
    def search_text(self) -> str:
        """The text in which searches look for words of a current or former name."""
        return _search_text(self)

    @property
    def latest_status(self) -> str:
        """The latest status entered, even if it begins in the future."""
        return self.statuses[-1].status if self.statuses else "active"


State = TypeVar("State", BodyState, OrganisationState)
RegistryState = BodyState | OrganisationState


def _search_text(state: RegistryState) -> str:
    return search_text(name for names in (state, *state.former_names) for name in (names.name_kk, names.name_ru))


def names_in(state: RegistryState, year: int) -> tuple[str, str]:
    """Return the Kazakh and the Russian name on 31 December of a year."""
    names = next((names for names in state.former_names if names.until >= date(year, 12, 31)), state)
    return names.name_kk, names.name_ru


def with_names(state: State, name_kk: str, name_ru: str) -> State:
    """Return the state with other names and the same history."""
    return replace(state, name_kk=name_kk, name_ru=name_ru)


def changed_fields(previous: RegistryState | None, current: RegistryState) -> dict[str, tuple[Any, Any]]:
    """Return field → (old, new) of the fields that differ; of a new state, the fields that are not empty."""
    changes = {}
    for item in fields(current):
        old, new = getattr(previous, item.name, None), getattr(current, item.name)
        if old != new and not (previous is None and new in ("", ())):
            changes[item.name] = (old, new)
    return changes


def state_to_json(state: RegistryState) -> str:
    """Return the state as the JSON text that a form sends back."""
    return to_json(state)
