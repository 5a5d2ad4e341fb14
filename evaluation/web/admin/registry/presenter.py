"""Texts of states and their fields, for the pages of the registry."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from evaluation.answers.values import YES_NO_LABELS
from evaluation.registry import queries as registry
from evaluation.registry.admin import queries
from evaluation.registry.admin.labels import LEVEL_NAMES, STATUS_NAMES, format_share, organisation_kinds
from evaluation.registry.states import FormerNames, OrganisationState, RegistryState, StatusEntry, SupervisionPeriod
from evaluation.web.core.request_context import current_language, current_viewer


def format_value(field: str, value: Any, body_names: Mapping[str, str] | None = None) -> str:
    """Return a field's value as text in the language of the page; `body_names` is BIN → name."""
    language = current_language()
    names = body_names or {}
    if value is None or value in ((), ""):
        return "–"
    if isinstance(value, bool):
        return YES_NO_LABELS[language.code][0 if value else 1]
    if isinstance(value, date):
        return language.short_date(value)
    if isinstance(value, tuple):
        return "; ".join(format_value(field, item, body_names) for item in value)
    if isinstance(value, SupervisionPeriod):
        until = language.short_date(value.until) if value.until else "…"
        return f"{language.short_date(value.since)} – {until}: {names.get(value.body, value.body)}"
    if isinstance(value, StatusEntry):
        return f"{language.short_date(value.since)}: {language.gettext(STATUS_NAMES[value.status])}"
    if isinstance(value, FormerNames):
        russian = f" / {value.name_ru}" if value.name_ru else ""
        return f"… – {language.short_date(value.until)}: {value.name_kk}{russian}"
    return _format_code(field, value, names)


def _format_code(field: str, value: Any, body_names: Mapping[str, str]) -> str:
    language = current_language()
    match field:
        case "state_share":
            return format_share(value)
        case "level":
            return language.gettext(LEVEL_NAMES[value])
        case "status":
            return language.gettext(STATUS_NAMES[value])
        case "kind":
            kind = organisation_kinds(registry.orders()).get(value)
            return kind.name[language.code] if kind else str(value)
        case "parent" | "body":
            return body_names.get(value, str(value))
    return str(value)


def names_of_bodies(bins: Collection[str]) -> dict[str, str]:
    """Return BIN → name of these bodies in the language of the page."""
    first, second = ("name_ru", "name_kk") if current_language().code == "ru" else ("name_kk", "name_ru")
    bodies = queries.bodies_by_bin(current_viewer(), bins)
    return {bin_: getattr(body, first) or getattr(body, second) for bin_, body in bodies.items()}


def referenced_bodies(*states: RegistryState | None) -> set[str]:
    """Return the BINs of the bodies that states refer to."""
    bins: set[str] = set()
    for state in states:
        if isinstance(state, OrganisationState):
            bins |= {period.body for period in state.periods}
        elif state is not None and state.parent is not None:
            bins.add(state.parent)
    return bins
