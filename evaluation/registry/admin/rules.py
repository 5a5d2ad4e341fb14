"""What the registry does not take, and what is said then. Forms and the registry workbook go by the same rules."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from evaluation.clock import today as today
from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.registry.admin.states import AnyState, BodyState, OrganisationState, differences
from evaluation.registry.models import NAME_LENGTH

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
    "kato_elsewhere": N_(
        "The KATO code lies in another region than that of the higher body. Correct the code or the higher body."
    ),
    "unknown_parent": N_("The higher body %(value)s is not in the registry. Check the BIN, or enter that body first."),
    "own_parent": N_("A body is not its own higher body."),
    "parent_cycle": N_("This would make the body its own higher body by way of %(value)s."),
    "parent_of_central": N_("Above a central body only another central body can stand."),
    "parent_of_region": N_("Above the akimat of a region only a central body can stand."),
    "parent_of_district": N_("Above the akimat of a district or city stands the akimat of a region."),
    "parent_of_rural": N_(
        "Above the akim's office of a town, village or rural district stands the akimat of a district or city."
    ),
    "lower_level": N_("The body %(value)s stands under this one and does not suit that level. Move it first."),
    "parent_closed": N_("The higher body %(value)s was closed on %(day)s. Choose another one."),
    "not_level": N_("“%(value)s” is not a level."),
    "known_bin": N_("The BIN %(value)s is in the registry already."),
    "same_name": N_("The names are the same as before."),
    "renamed_later": N_("The name was last changed from %(day)s on. A new name begins after that day."),
    "future_name": N_("A new name is entered once it is borne: not before %(day)s."),
    "closed_already": N_("It was closed on %(day)s."),
    "not_closed": N_("It is not closed."),
    "body_has_organisations": N_(
        "Organisations are under this body after %(day)s: %(count)s. Move them under another body, or close them, first."
    ),
    "body_has_lower": N_("Bodies stand under this one: %(value)s. Close them or give them another higher body first."),
    "not_status": N_("“%(value)s” is not a status."),
    "same_status": N_("It has this status already."),
    "status_later": N_("The latest status holds from %(day)s on. A new one begins after that day."),
    "status_day": N_("This status is entered from %(day)s on. Correct the day on the page of the organisation."),
    "no_status": N_("No status has been entered that could be withdrawn."),
    "supervised_later": N_("It comes under a body on %(day)s, after that day. Correct this first."),
    "closed_organisation": N_("The organisation was closed on %(day)s. Withdraw that status first if it is wrong."),
    "already_there": N_("It is under this body then already."),
    "body_closed": N_("The body %(value)s was closed on %(day)s. Choose another one, or an earlier year."),
    "body_not_yet": N_("The body %(value)s begins on %(day)s. Choose another one, or a later day."),
    "body_had_organisations": N_(
        "Organisations are under this body before %(day)s: %(count)s. Choose an earlier day, or move them first."
    ),
    "closed_before": N_("Its last day is %(day)s. The first day is not later than that."),
    "body_unknown": N_("The body %(value)s is not in the registry. Check the BIN, or enter that body first."),
    "overlaps": N_("It was under another body until %(day)s. The first day comes after that."),
    "ends_before": N_("This ends on %(day)s. The first day is not later than that."),
    "not_under_any": N_("It is under no body. Choose one."),
    "not_share": N_("The state's share is between 0 and 100 percent, with at most two decimals."),
    "not_kind_of_order": N_("“%(value)s” is not a kind of organisation."),
    "kind_reported": N_("The kind cannot be changed any more: the organisation has given reports as what it is."),
    "strange_day": N_("The day %(day)s cannot be right. Check the year."),
    "year_open": N_("The year %(value)s is open already."),
    "year_order": N_("The order %(order)s does not apply to %(value)s."),
    "future_year": N_("A year is opened once it has begun."),
    "early_deadline": N_("The deadline comes after the end of the reporting year."),
    "early_start": N_("Answers are not entered before the reporting year begins."),
    "late_start": N_("The deadline is %(day)s. The first day is not later than that."),
}
FIRST_DAY, LAST_DAY = date(1991, 12, 16), date(2099, 12, 31)
"""Of independence; and no year beyond the century is ever meant."""
HIGHER: dict[str, tuple[str, ...]] = {
    "central": ("central",),
    "region": ("central",),
    "district": ("region",),
    "rural": ("district",),
}
"""Level → the levels its higher body may have."""
MAX_SHARE = 10_000


class Refusal(EvaluationError):
    """A change that the registry does not take: which rule, at which field, and the values of its message."""

    def __init__(self, problem: str, at: str = "", **values: Any):
        self.problem, self.at = problem, at
        super().__init__(MESSAGES[problem], **{name: _shown(value) for name, value in values.items()})


@dataclass(frozen=True)
class Mistake:
    """A rule that a state breaks, at which field."""

    at: str
    problem: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def refusal(self) -> Refusal:
        return Refusal(self.problem, self.at, **self.values)


def sensible(day: date, at: str) -> date:
    """The same day. Raises Refusal for one that nobody means, such as in the year 205 or 20255."""
    if not FIRST_DAY <= day <= LAST_DAY:
        raise Refusal("strange_day", at, day=day)
    return day


DEPENDS = {
    "kato": {"kato", "level", "parent"},
    "parent": {"parent", "level", "closed_on"},
    "since": {"since", "closed_on"},
    "body": {"periods"},
}
"""The field where a mistake is told → the fields by whose change it can come about, where these are others."""


def mistakes(was: AnyState | None, now: AnyState, bodies: Mapping[str, BodyState]) -> Iterator[Mistake]:
    """What is wrong with a body or an organisation among all bodies as they are to be.

    What was wrong before and is not touched is let be: a renaming is not refused for a code that was entered wrongly long ago.
    """
    touched = set(differences(was, now))
    found = _wrong_body(now, bodies) if isinstance(now, BodyState) else _wrong_organisation(now, bodies)
    for mistake in found:
        if was is None or DEPENDS.get(mistake.at, {mistake.at}) & touched:
            yield mistake


def _wrong_body(state: BodyState, bodies: Mapping[str, BodyState]) -> Iterator[Mistake]:
    yield from _wrong_names(state)
    yield from _wrong_kato(state)
    if state.since is not None and state.closed_on is not None and state.since > state.closed_on:
        yield Mistake("since", "closed_before", {"day": state.closed_on})
    if state.parent is not None:
        yield from _wrong_parent(state, bodies)
    for lower in bodies.values():
        if lower.parent != state.bin:
            continue
        if state.level and lower.level and state.level not in HIGHER[lower.level]:
            yield Mistake("level", "lower_level", {"value": lower.bin})
            return
        if state.closed_on is not None and lower.closed_on is None:
            yield Mistake("closed_on", "body_has_lower", {"value": lower.bin})
            return


def _wrong_organisation(state: OrganisationState, bodies: Mapping[str, BodyState]) -> Iterator[Mistake]:
    yield from _wrong_names(state)
    if state.state_share is not None and not 0 <= state.state_share <= MAX_SHARE:
        yield Mistake("state_share", "not_share")
    yield from misplaced(state, bodies)


def misplaced(state: OrganisationState, bodies: Mapping[str, BodyState]) -> Iterator[Mistake]:
    """An organisation under a body that is not there, not yet, or no more by then."""
    for period in state.periods:
        body = bodies.get(period.body)
        if body is None:
            yield Mistake("body", "body_unknown", {"value": period.body})
        elif body.closed_on is not None and (period.until is None or period.until > body.closed_on):
            yield Mistake("body", "body_closed", {"value": body.bin, "day": body.closed_on})
        elif body.since is not None and period.since < body.since:
            yield Mistake("body", "body_not_yet", {"value": body.bin, "day": body.since})


def _wrong_names(state: AnyState) -> Iterator[Mistake]:
    if not state.name_kk:
        yield Mistake("name_kk", "name_missing")
    for at in ("name_kk", "name_ru"):
        if len(getattr(state, at)) > NAME_LENGTH:
            yield Mistake(at, "name_too_long", {"limit": NAME_LENGTH})


def _wrong_kato(state: BodyState) -> Iterator[Mistake]:
    """AB CD EF HIJ: region, district, rural district or town, settlement; trailing zeros give the level.

    Districts within a city and cities within a district's code have figures in EF too.
    """
    kato = state.kato
    if kato is None:
        return
    if not (len(kato) == 9 and kato.isascii() and kato.isdigit()) or kato.startswith("00"):
        yield Mistake("kato", "not_kato", {"value": kato})
        return
    below_region, below_district = kato[2:4] != "00", kato[4:] != "00000"
    fits = {
        "central": False,
        "region": not below_region and not below_district,
        "district": below_region and kato.endswith("000"),
        "rural": below_region and below_district,
    }
    if state.level is not None and not fits[state.level]:
        yield Mistake("kato", f"kato_of_{state.level}")


def _wrong_parent(state: BodyState, bodies: Mapping[str, BodyState]) -> Iterator[Mistake]:
    if state.parent == state.bin:
        yield Mistake("parent", "own_parent")
        return
    parent = bodies.get(state.parent or "")
    if parent is None:
        yield Mistake("parent", "unknown_parent", {"value": state.parent})
        return
    if state.level and parent.level and parent.level not in HIGHER[state.level]:
        yield Mistake("parent", f"parent_of_{state.level}")
    if state.kato and parent.kato and state.kato[:2] != parent.kato[:2]:
        yield Mistake("kato", "kato_elsewhere")
    if parent.closed_on is not None and (state.closed_on is None or state.closed_on > parent.closed_on):
        yield Mistake("parent", "parent_closed", {"value": parent.bin, "day": parent.closed_on})
    seen, above = {state.bin}, parent
    while above.parent is not None and above.bin not in seen:
        seen.add(above.bin)
        if above.parent == state.bin:
            yield Mistake("parent", "parent_cycle", {"value": above.bin})
            return
        if above.parent not in bodies:
            return
        above = bodies[above.parent]


def _shown(value: Any) -> Any:
    return f"{value:%d.%m.%Y}" if isinstance(value, date) else value
