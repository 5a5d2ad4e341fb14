"""The rules that a body and an organisation must satisfy, and the messages of their violations."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import Any

from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.registry.models import NAME_LENGTH
from evaluation.registry.states import BodyState, OrganisationState, RegistryState, changed_fields

MESSAGES = {
    "name_missing": N_("Enter the name in Kazakh."),
    "name_too_long": N_("The name is too long: at most %(limit)s characters."),
    "not_kato": N_("“%(value)s” is not a KATO code. A KATO code has 9 digits."),
    "kato_of_central": N_("A central body has no KATO code. Leave it empty."),
    "kato_of_region": N_("The KATO code of a region or of a city of republican significance ends with seven zeros."),
    "kato_of_district": N_(
        "The KATO code of a district or of a city of regional significance ends with three zeros, not with seven."
    ),
    "kato_of_rural": N_("The KATO code of a town, village or rural district does not end with five zeros."),
    "kato_elsewhere": N_("The KATO code is in another region than the higher body. Correct the code or the higher body."),
    "unknown_parent": N_("The higher body %(value)s is not in the registry. Check the BIN, or enter that body first."),
    "own_parent": N_("A body cannot be its own higher body."),
    "parent_cycle": N_("This would make the body its own higher body through %(value)s."),
    "parent_of_central": N_("The higher body of a central body can only be another central body."),
    "parent_of_region": N_("The higher body of the akimat of a region can only be a central body."),
    "parent_of_district": N_("The higher body of the akimat of a district or city is the akimat of a region."),
    "parent_of_rural": N_(
        "The higher body of the akim's office of a town, village or rural district is the akimat of a district or city."
    ),
    "lower_level": N_("The body %(value)s is below this one, and the new level does not allow that. Move it first."),
    "parent_closed": N_("The higher body %(value)s was closed on %(day)s. Choose another one."),
    "not_level": N_("“%(value)s” is not a level."),
    "known_bin": N_("The BIN %(value)s is in the registry already."),
    "same_name": N_("The names are the same as before."),
    "renamed_later": N_("The name was last changed from %(day)s on. A new name must begin after that date."),
    "future_name": N_("A new name can be entered from the day it takes effect: not before %(day)s."),
    "closed_already": N_("It was closed on %(day)s."),
    "not_closed": N_("It is not closed."),
    "body_has_organisations": N_(
        "Organisations are under this body after %(day)s: %(count)s. Move them to another body, or close them, first."
    ),
    "body_has_lower": N_(
        "This body is the higher body of others: %(value)s. Close them or assign them another higher body first."
    ),
    "not_status": N_("“%(value)s” is not a status."),
    "same_status": N_("It has this status already."),
    "status_later": N_("The latest status applies from %(day)s on. A new one must begin after that date."),
    "status_day": N_("This status applies from %(day)s on. Correct the date on the page of the organisation."),
    "no_status": N_("No status has been entered that could be withdrawn."),
    "supervised_later": N_("It comes under a body on %(day)s, after that date. Correct this first."),
    "closed_organisation": N_("The organisation was closed on %(day)s. Withdraw that status first if it is wrong."),
    "already_there": N_("It is already under this body on that date."),
    "body_closed": N_("The body %(value)s was closed on %(day)s. Choose another one, or an earlier year."),
    "body_not_yet": N_("The body %(value)s exists from %(day)s. Choose another one, or a later date."),
    "body_had_organisations": N_(
        "Organisations are under this body before %(day)s: %(count)s. Choose an earlier date, or move them first."
    ),
    "closed_before": N_("Its last day is %(day)s. The first day cannot be later."),
    "body_unknown": N_("The body %(value)s is not in the registry. Check the BIN, or enter that body first."),
    "overlaps": N_("It was under another body until %(day)s. Choose a later first day."),
    "ends_before": N_("This ends on %(day)s. The first day cannot be later."),
    "not_under_any": N_("It is under no body. Choose one."),
    "not_share": N_("The state's share is between 0 and 100 percent, with at most two decimals."),
    "not_kind_of_order": N_("“%(value)s” is not a kind of organisation."),
    "kind_reported": N_("The kind can no longer be changed: the organisation has submitted reports for it."),
    "strange_day": N_("The date %(day)s cannot be correct. Check the year."),
    "year_open": N_("The year %(value)s is open already."),
    "year_order": N_("The order %(order)s does not apply to %(value)s."),
    "future_year": N_("A year can be opened once it has begun."),
    "early_deadline": N_("The deadline must be after the end of the reporting year."),
    "early_start": N_("Answers are not entered before the reporting year begins."),
    "late_start": N_("The deadline is %(day)s. The first day cannot be later."),
    "past_deadline": N_(
        "The deadline %(day)s has passed: the answers of all bodies would be locked at once. Choose a later day, or confirm this "
        "one."
    ),
    "counts_in_no_year": N_(
        "From %(day)s on the organisation would count in no open year (the last one is %(year)s): it is not under the body on "
        "31 December. Choose an earlier day if the body answers for it, or confirm this one."
    ),
    "year_order_changed": N_("Someone else moved the year to the order %(order)s in the meantime. Nothing was stored."),
    "year_order_types": N_(
        "The other order cannot read answers that are stored, because these indicators are of another type in it: %(value)s."
    ),
    "year_accepted": N_(
        "Sheets of the year are accepted (bodies: %(count)s). A year can be moved to another order while nothing of it is "
        "accepted."
    ),
    "year_not_open": N_("The year %(value)s is not open."),
    "year_used": N_(
        "The year %(value)s cannot be removed: it has answers, submissions, extensions or other entries. Only a year without any "
        "entry can be removed."
    ),
}
MIN_DAY, MAX_DAY = date(1991, 12, 16), date(2099, 12, 31)
"""Days outside of these are typing errors: before the country's independence, or after the century."""
PARENT_LEVELS: dict[str, tuple[str, ...]] = {
    "central": ("central",),
    "region": ("central",),
    "district": ("region",),
    "rural": ("district",),
}
"""Level → the levels that the higher body may have."""
MAX_SHARE_HUNDREDTHS = 10_000
"""The maximum state share in hundredths of a percent."""


class RegistryError(EvaluationError):
    """A change violates a rule of the registry: the rule's code, the field, and the values of the message."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(self, code: str, field: str = "", **values: Any):
        self.code = code
        super().__init__(MESSAGES[code], field=field, **{name: _format(value) for name, value in values.items()})


class DoubtfulValue(RegistryError):
    """A value that is possible but probably a mistake: it is stored once the administrator confirms exactly this value."""

    def __init__(self, code: str, field: str, **values: Any):
        super().__init__(code, field, **values)
        self.confirmation = f"{code}: {' '.join(map(str, self.values.values()))}"

    def require(self, confirmed: str) -> None:
        """Raise the error unless it is the confirmed one."""
        if confirmed != self.confirmation:
            raise self


@dataclass(frozen=True)
class Violation:
    """A rule that a state violates: the field, the rule's code, and the values of the message."""

    field: str
    code: str
    values: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def error(self) -> RegistryError:
        """The violation as an exception."""
        return RegistryError(self.code, self.field, **self.values)


def check_day(day: date, field: str) -> date:
    """Return the day. Raises RegistryError for a typing error, such as a day of the year 205 or 20255."""
    if not MIN_DAY <= day <= MAX_DAY:
        raise RegistryError("strange_day", field, day=day)
    return day


def doubt_of_first_day(
    previous: OrganisationState | None, current: OrganisationState, years: Sequence[int]
) -> DoubtfulValue | None:
    """Return the doubt that an organisation's new or changed supervision leaves it out of every open year; None without one.

    Source: reading R12 (membership as of 31 December).
    """
    changed = set(current.periods) - set(previous.periods if previous is not None else ())
    if not years or not changed or any(current.body_in(year) for year in years):
        return None
    return DoubtfulValue("counts_in_no_year", "since", day=current.periods[-1].since, year=max(years))


CAUSES = {
    "kato": {"kato", "level", "parent"},
    "parent": {"parent", "level", "closed_on"},
    "since": {"since", "closed_on"},
    "body": {"periods"},
}
"""Field of a violation → the fields whose change can cause it; a field that is missing here causes its own violations."""


def violations(previous: RegistryState | None, current: RegistryState, bodies: Mapping[str, BodyState]) -> Iterator[Violation]:
    """Check a body or an organisation.

    Violations that the change did not cause are skipped: an old wrong code does not prevent a rename.

    Args:
        previous: The stored state; None for a new one.
        current: The state to store.
        bodies: BIN → every body, as all of them will be.
    """
    changed = set(changed_fields(previous, current))
    checks = _body_violations if isinstance(current, BodyState) else _organisation_violations
    for violation in checks(current, bodies):  # type: ignore[arg-type]
        if previous is None or CAUSES.get(violation.field, {violation.field}) & changed:
            yield violation


def _body_violations(state: BodyState, bodies: Mapping[str, BodyState]) -> Iterator[Violation]:
    yield from _name_violations(state)
    yield from _kato_violations(state)
    if state.since is not None and state.closed_on is not None and state.since > state.closed_on:
        yield Violation("since", "closed_before", {"day": state.closed_on})
    if state.parent is not None:
        yield from _parent_violations(state, bodies)
    for lower in bodies.values():
        if lower.parent != state.bin:
            continue
        if state.level and lower.level and state.level not in PARENT_LEVELS[lower.level]:
            yield Violation("level", "lower_level", {"value": lower.bin})
            return
        if state.closed_on is not None and lower.closed_on is None:
            yield Violation("closed_on", "body_has_lower", {"value": lower.bin})
            return


def _organisation_violations(state: OrganisationState, bodies: Mapping[str, BodyState]) -> Iterator[Violation]:
    yield from _name_violations(state)
    if state.state_share is not None and not 0 <= state.state_share <= MAX_SHARE_HUNDREDTHS:
        yield Violation("state_share", "not_share")
    yield from supervision_violations(state, bodies)


def supervision_violations(state: OrganisationState, bodies: Mapping[str, BodyState]) -> Iterator[Violation]:
    """Check that each supervising body is registered and exists during the whole period."""
    for period in state.periods:
        body = bodies.get(period.body)
        if body is None:
            yield Violation("body", "body_unknown", {"value": period.body})
        elif body.closed_on is not None and (period.until is None or period.until > body.closed_on):
            yield Violation("body", "body_closed", {"value": body.bin, "day": body.closed_on})
        elif body.since is not None and period.since < body.since:
            yield Violation("body", "body_not_yet", {"value": body.bin, "day": body.since})


def _name_violations(state: RegistryState) -> Iterator[Violation]:
    if not state.name_kk:
        yield Violation("name_kk", "name_missing")
    for name in ("name_kk", "name_ru"):
        if len(getattr(state, name)) > NAME_LENGTH:
            yield Violation(name, "name_too_long", {"limit": NAME_LENGTH})


def _kato_violations(state: BodyState) -> Iterator[Violation]:
    """Check that the KATO code has the form of the body's level.

    A code is AB CD EF HIJ: region, district, rural district or town, settlement. The trailing zeros give the level. Codes of
    districts in a city and of cities in a district have digits in EF too.
    """
    kato = state.kato
    if kato is None:
        return
    if not (len(kato) == 9 and kato.isascii() and kato.isdigit()) or kato.startswith("00"):
        yield Violation("kato", "not_kato", {"value": kato})
        return
    below_region, below_district = kato[2:4] != "00", kato[4:] != "00000"
    is_valid = {
        "central": False,
        "region": not below_region and not below_district,
        "district": below_region and kato.endswith("000"),
        "rural": below_region and below_district,
    }
    if state.level is not None and not is_valid[state.level]:
        yield Violation("kato", f"kato_of_{state.level}")


def _parent_violations(state: BodyState, bodies: Mapping[str, BodyState]) -> Iterator[Violation]:
    if state.parent == state.bin:
        yield Violation("parent", "own_parent")
        return
    parent = bodies.get(state.parent or "")
    if parent is None:
        yield Violation("parent", "unknown_parent", {"value": state.parent})
        return
    if state.level and parent.level and parent.level not in PARENT_LEVELS[state.level]:
        yield Violation("parent", f"parent_of_{state.level}")
    if state.kato and parent.kato and state.kato[:2] != parent.kato[:2]:
        yield Violation("kato", "kato_elsewhere")
    if parent.closed_on is not None and (state.closed_on is None or state.closed_on > parent.closed_on):
        yield Violation("parent", "parent_closed", {"value": parent.bin, "day": parent.closed_on})
    yield from _parent_cycle(state, parent, bodies)


def _parent_cycle(state: BodyState, parent: BodyState, bodies: Mapping[str, BodyState]) -> Iterator[Violation]:
    visited, ancestor = {state.bin}, parent
    while ancestor.parent is not None and ancestor.bin not in visited:
        visited.add(ancestor.bin)
        if ancestor.parent == state.bin:
            yield Violation("parent", "parent_cycle", {"value": ancestor.bin})
            return
        if ancestor.parent not in bodies:
            return
        ancestor = bodies[ancestor.parent]


def _format(value: Any) -> Any:
    return f"{value:%d.%m.%Y}" if isinstance(value, date) else value
