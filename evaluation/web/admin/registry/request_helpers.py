"""What the registry's pages share: the state a form was made from, a body chosen by its name, refusals in their places."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Blueprint, abort, g, request
from flask_babel import gettext
from pydantic import TypeAdapter, ValidationError
from werkzeug.datastructures import MultiDict

from evaluation.answers.values import YES_NO_LABELS
from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.registry import queries as registry
from evaluation.registry.admin import operations, queries
from evaluation.registry.admin.labels import LABELS, LEVEL_NAMES, STATUS_NAMES, percent
from evaluation.registry.admin.operations import Stale
from evaluation.registry.admin.rules import Refusal
from evaluation.registry.admin.states import AnyState, BodyState, Dated, Former, OrganisationState, Period
from evaluation.web.core.request_context import current_language, current_viewer, search_words
from forms.admin.registry import ChoiceOfBody, Seen

TYPES: dict[str, TypeAdapter[Any]] = {"bodies": TypeAdapter(BodyState), "organisations": TypeAdapter(OrganisationState)}
MAX_SEEN = 100_000

blueprint = Blueprint("registry", __name__, url_prefix="/registry")
blueprint.context_processor(lambda: {"labels": LABELS, "status_names": STATUS_NAMES, "percent": percent, "written": written})


@blueprint.before_request
def mark_invented() -> None:
    """A page that shows no year of its own is marked by the latest."""
    years = registry.years()
    if years:
        g.setdefault("invented", years[0].invented)


def one_of(given: MultiDict[str, str], name: str, known: Any) -> str:
    """A filter's value, if it is one there is."""
    value = given.get(name, "")
    return value if value in known else ""


def state_of(group: str, bin_: str) -> Any:
    """The body or organisation of a BIN; 404 where there is none."""
    read = queries.body_states if group == "bodies" else queries.organisation_states
    found = read(current_viewer(), bin_).get(bin_) if len(bin_) == 12 and bin_.isascii() and bin_.isdigit() else None
    if found is None:
        abort(404)
    return found


def seen_by(form: Seen, group: str, now: AnyState) -> Any:
    """The state that the form was made from. Raises Stale where it is another by now; 400 where it is none."""
    given = form.seen.data or ""
    try:
        seen = TYPES[group].validate_json(given) if len(given) <= MAX_SEEN else None
    except ValidationError:
        seen = None
    if seen is None or seen.bin != now.bin:
        abort(400)
    if seen != now:
        raise Stale(seen, now)
    return seen


def choose_body(field: ChoiceOfBody, required: bool = True) -> bool:
    """Settle which body is meant by what was typed, or by the match that was ticked; says what is wrong otherwise."""
    ticked = request.form.get(f"{field.name}-match", "")
    typed = " ".join((field.data or "").split())
    # A match counts as long as the words that brought it stand there.
    if ticked and request.form.get(f"{field.name}-typed", "") == typed:
        typed = ticked
    typed = search_words(typed)
    found = queries.bodies_matching(current_viewer(), typed, current_language().code)
    if not typed:
        if required:
            field.errors = [*field.errors, gettext("Enter the BIN of a body, or words of its name.")]
        return not required
    if len(found) == 1:
        field.found = found[0]
        return True
    field.matches = tuple(found)
    message = N_("Several bodies fit. Choose one of them, or add words.") if found else N_("No body matches.")
    field.errors = [*field.errors, gettext(message)]
    return False


def say(form: Seen, error: Refusal) -> None:
    """A refusal at its field."""
    form.refuse(error.at, error.message(current_language()))


def written(name: str, value: Any, bodies: Mapping[str, str] | None = None) -> str:
    """A field's value in words, for what changed meanwhile or will change."""
    language = current_language()
    named = bodies or {}
    if value is None or value in ((), ""):
        return "–"
    if isinstance(value, bool):
        return YES_NO_LABELS[language.code][0 if value else 1]
    if isinstance(value, date):
        return language.short_date(value)
    if isinstance(value, tuple):
        return "; ".join(written(name, each, bodies) for each in value)
    if isinstance(value, Period):
        until = language.short_date(value.until) if value.until else "…"
        return f"{language.short_date(value.since)} – {until}: {named.get(value.body, value.body)}"
    if isinstance(value, Dated):
        return f"{language.short_date(value.since)}: {language.gettext(STATUS_NAMES[value.status])}"
    if isinstance(value, Former):
        return f"… – {language.short_date(value.until)}: {value.name_kk}" + (f" / {value.name_ru}" if value.name_ru else "")
    return _word(name, value, named)


def _word(name: str, value: Any, named: Mapping[str, str]) -> str:
    language = current_language()
    match name:
        case "state_share":
            return percent(value)
        case "level":
            return language.gettext(LEVEL_NAMES[value])
        case "status":
            return language.gettext(STATUS_NAMES[value])
        case "kind":
            kind = operations.kinds(registry.orders()).get(value)
            return kind.name[language.code] if kind else str(value)
        case "parent" | "body":
            return named.get(value, str(value))
    return str(value)


def names_of(bins: Any) -> dict[str, str]:
    """The names of bodies in the page's language, by BIN."""
    code = current_language().code
    first, second = ("name_ru", "name_kk") if code == "ru" else ("name_kk", "name_ru")
    found = queries.named_bodies(current_viewer(), bins)
    return {bin_: getattr(body, first) or getattr(body, second) for bin_, body in found.items()}


def bodies_in(*states: AnyState | None) -> set[str]:
    """The BINs of the bodies that states name."""
    found: set[str] = set()
    for state in states:
        if isinstance(state, OrganisationState):
            found |= {period.body for period in state.periods}
        elif state is not None and state.parent is not None:
            found.add(state.parent)
    return found


def message_of(error: EvaluationError) -> str:
    return error.message(current_language())
