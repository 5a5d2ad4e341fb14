"""The pages of one change of a body or an organisation: its form, the confirmation of its effects, and a conflict."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug import Response as Redirection

from evaluation import database
from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.registry.admin import operations
from evaluation.registry.admin.operations import RegistryConflict
from evaluation.registry.states import BodyState, OrganisationState, RegistryState, changed_fields, state_to_json
from evaluation.web.admin.registry.blueprint import blueprint
from evaluation.web.admin.registry.change_actions import CHANGE_ACTIONS, ChangeAction
from evaluation.web.admin.registry.presenter import names_of_bodies, referenced_bodies
from evaluation.web.admin.registry.request_helpers import BODIES, ORGANISATIONS, expected_state, find_state
from evaluation.web.core.access import allow
from evaluation.web.core.errors import errors_shown_in
from evaluation.web.core.request_context import current_language, current_viewer

CONTROL_FIELDS = ("csrf_token", "confirm", "back")
"""Form fields that the confirmation page does not send again: it has its own."""
Answer = str | Redirection | tuple[str, int]


@blueprint.route("/bodies/<bin_>/<any(change, rename, close, reopen):name>", methods=["GET", "POST"])
@allow(Action.MANAGE_REGISTRY)
def change_body(bin_: str, name: str) -> Answer:
    """Change a body."""
    return _change(BODIES, bin_, name)


@blueprint.route("/organisations/<bin_>/<any(change, rename, move, since, status, withdraw):name>", methods=["GET", "POST"])
@allow(Action.MANAGE_REGISTRY)
def change_organisation(bin_: str, name: str) -> Answer:
    """Change an organisation."""
    return _change(ORGANISATIONS, bin_, name)


def _change(group: str, bin_: str, name: str) -> Answer:
    action, stored = CHANGE_ACTIONS[group][name], find_state(group, bin_)
    if request.method == "GET":
        form = action.form(data=action.initial_values(stored) | {"expected": state_to_json(stored)})
        action.prepare(form, stored)
        return _form_page(group, action, form, stored)
    form = action.form()
    action.prepare(form, stored)
    with errors_shown_in(form, lambda: _form_page(group, action, form, stored)):
        try:
            return _apply(group, action, form, stored)
        except RegistryConflict as conflict:
            # The page shows the stored values and keeps the typed ones, which can be sent again over the stored state.
            database.db.session.rollback()
            form.expected.data = state_to_json(stored)
            form.expected.raw_data = None
            return _form_page(group, action, form, stored, conflict), conflict.status


def _apply(group: str, action: ChangeAction, form: Any, stored: RegistryState) -> Answer:
    expected = expected_state(form, group, stored)
    if not action.validate(form):
        return _form_page(group, action, form, stored), HTTPStatus.UNPROCESSABLE_ENTITY
    if action.needs_confirmation and "confirm" not in request.form:
        if "back" in request.form:
            return _form_page(group, action, form, stored)
        current = action.next_state(form, expected)
        _check(expected, current)
        return _confirmation_page(group, action, expected, current)
    action.apply(current_viewer(), expected, form)
    flash(gettext(action.success_message))
    return redirect(url_for(f".{'body' if group == BODIES else 'organisation'}", bin_=stored.bin), 303)


def _check(previous: RegistryState, current: RegistryState) -> None:
    """Raises RegistryError where storing the confirmed state would raise it."""
    if isinstance(previous, OrganisationState) and isinstance(current, OrganisationState):
        operations.check_organisation(current_viewer(), previous, current)
    elif isinstance(previous, BodyState) and isinstance(current, BodyState):
        operations.check_body(current_viewer(), previous, current)


def _form_page(
    group: str, action: ChangeAction, form: Any, stored: RegistryState, conflict: RegistryConflict | None = None
) -> str:
    changed = dict(conflict.changed) if conflict is not None else {}
    bins = referenced_bodies(stored) | {bin_ for pair in changed.values() for bin_ in _supervising_bodies(pair)}
    return render_template(
        "admin/registry/change.html",
        group=group,
        action=action,
        form=form,
        state=stored,
        conflict=conflict.message(current_language()) if conflict is not None else None,
        changed=changed,
        body_names=names_of_bodies(bins),
    )


def _supervising_bodies(pair: tuple[Any, Any]) -> set[str]:
    return {entry.body for value in pair if isinstance(value, tuple) for entry in value if hasattr(entry, "body")}


def _confirmation_page(group: str, action: ChangeAction, previous: RegistryState, current: RegistryState) -> str:
    memberships: list[tuple[int, str | None, str | None]] = []
    if isinstance(previous, OrganisationState) and isinstance(current, OrganisationState):
        memberships = _memberships(previous, current)
    return render_template(
        "admin/registry/confirm.html",
        group=group,
        action=action,
        state=previous,
        effects=action.effects(previous, current),
        memberships=memberships,
        body_names=names_of_bodies(referenced_bodies(previous, current)),
        form_values=[(name, value) for name, value in request.form.items() if name not in CONTROL_FIELDS],
    )


def _memberships(previous: OrganisationState, current: OrganisationState) -> list[tuple[int, str | None, str | None]]:
    """Return (year, body before, body after), the latest year first; nothing where supervision does not change.

    The years are the open ones, those whose body changes, and the year before these.
    """
    if "periods" not in changed_fields(previous, current):
        return []
    open_years = [item.year for item in registry.years()]
    changed = [year for year in _affected_years(open_years, previous, current) if previous.body_in(year) != current.body_in(year)]
    years = sorted({*open_years, *changed, *(year - 1 for year in changed[:1])}, reverse=True)
    return [(year, previous.body_in(year), current.body_in(year)) for year in years]


def _affected_years(open_years: Sequence[int], previous: OrganisationState, current: OrganisationState) -> list[int]:
    """Return the open years and the years in which a period begins or ends, the earliest first."""
    days = [day for state in (previous, current) for period in state.periods for day in (period.since, period.until) if day]
    return sorted({*open_years, *(day.year for day in days)})
