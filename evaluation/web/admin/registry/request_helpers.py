"""What the views of the registry read from a request: a state of the address, the expected state, a body, a filter."""

from collections.abc import Container
from http import HTTPStatus
from typing import Any

from flask import abort, request
from flask_babel import gettext
from pydantic import TypeAdapter, ValidationError

from evaluation.language import N_
from evaluation.registry.admin import queries
from evaluation.registry.admin.operations import RegistryConflict
from evaluation.registry.bins import BIN
from evaluation.registry.states import BodyState, OrganisationState, RegistryState
from evaluation.web.core.request_context import current_language, current_viewer, search_words
from forms.admin.registry import BodyField, ChangeForm

BODIES, ORGANISATIONS = "bodies", "organisations"
STATE_TYPES: dict[str, TypeAdapter[Any]] = {BODIES: TypeAdapter(BodyState), ORGANISATIONS: TypeAdapter(OrganisationState)}
MAX_STATE_CHARACTERS = 100_000


def filter_value(name: str, options: Container[str]) -> str:
    """Return a filter of the query string where it is one of the options, else an empty text."""
    value = request.args.get(name, "")
    return value if value in options else ""


def region_filter() -> str:
    """Return the region of the query string, the first digits of a KATO code, or an empty text."""
    region = request.args.get("region", "")
    return region if region.isdigit() and region.isascii() else ""


def find_state(group: str, bin_: str) -> Any:
    """Return the state of the body or organisation of a BIN; answers 404 where it is not registered."""
    read = queries.body_states if group == BODIES else queries.organisation_states
    state = read(current_viewer(), bin_).get(bin_) if BIN.fullmatch(bin_) else None
    if state is None:
        abort(HTTPStatus.NOT_FOUND)
    return state


def expected_state(form: ChangeForm, group: str, stored: RegistryState) -> Any:
    """Return the state that the administrator saw; answers 400 where the form does not contain one.

    Raises:
        RegistryConflict: The stored state is a different one.
    """
    text = form.expected.data or ""
    try:
        expected = STATE_TYPES[group].validate_json(text) if len(text) <= MAX_STATE_CHARACTERS else None
    except ValidationError:
        expected = None
    if expected is None or expected.bin != stored.bin:
        abort(HTTPStatus.BAD_REQUEST)
    if expected != stored:
        raise RegistryConflict(expected, stored)
    return expected


def choose_body(field: BodyField, required: bool = True) -> bool:
    """Set the field's body from its text or from the chosen match; where it is unclear, set the matches and an error.

    Returns:
        Whether the field is valid.
    """
    chosen = request.form.get(f"{field.name}-match", "")
    text = " ".join((field.data or "").split())
    # A chosen match counts only for the words that it was found by.
    if chosen and request.form.get(f"{field.name}-typed", "") == text:
        text = chosen
    text = search_words(text)
    if not text:
        if required:
            field.errors = [*field.errors, gettext("Enter the BIN of a body, or words of its name.")]
        return not required
    matches = queries.match_bodies(current_viewer(), text, current_language().code)
    if len(matches) == 1:
        field.body = matches[0]
        return True
    field.matches = tuple(matches)
    message = N_("Several bodies match. Choose one of them, or add words.") if matches else N_("No body matches.")
    field.errors = [*field.errors, gettext(message)]
    return False
