"""The changes that an administrator can make to a body or an organisation, each with its form, labels and operation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from flask_babel import gettext
from wtforms import SelectChoice

from evaluation.clock import today
from evaluation.language import N_
from evaluation.policy import Viewer
from evaluation.registry import queries as registry
from evaluation.registry.admin import changes, operations
from evaluation.registry.admin.labels import LEVEL_NAMES, STATUS_NAMES, organisation_kinds
from evaluation.registry.models import LEVELS
from evaluation.registry.states import BodyState, OrganisationState, RegistryState
from evaluation.web.admin.registry import change_effects as effects
from evaluation.web.admin.registry.request_helpers import BODIES, ORGANISATIONS, choose_body
from evaluation.web.core.request_context import current_language
from evaluation.workbooks.registry.queries import bins_with_reports
from forms.admin.registry import (
    BodyForm,
    ChangeForm,
    CloseForm,
    ConfirmForm,
    FirstDayForm,
    MoveForm,
    NewBodyForm,
    OrganisationForm,
    RenameForm,
    StatusForm,
)


@dataclass(frozen=True)
class ChangeAction:
    """A change: its labels (message ids), its form, the next state and the operation.

    `next_state(form, expected)` computes the state that a confirmation page describes by `effects(expected, next)`;
    `apply(viewer, expected, form)` runs the operation. `initial_values(state)` are the form's first values, and
    `prepare(form, state)` sets its choices. `is_available(state)` tells whether the change applies to a state.
    """

    title: str
    button: str
    success_message: str
    form: type[ChangeForm]
    next_state: Callable[[Any, Any], Any]
    apply: Callable[[Viewer, Any, Any], None]
    initial_values: Callable[[Any], dict[str, Any]] = lambda state: {}
    prepare: Callable[[Any, Any], None] = lambda form, state: None
    effects: Callable[[Any, Any], list[str]] = lambda previous, current: []
    is_available: Callable[[Any], bool] = lambda state: True
    needs_confirmation: bool = True
    hint: str = ""

    def validate(self, form: Any) -> bool:
        """Validate the form's fields, and find the body that a field names."""
        is_valid: bool = form.validate()
        for field in (form[name] for name in ("parent", "body") if name in form):
            is_valid = choose_body(field, required=field.name == "body") and is_valid
        return is_valid


def set_level_choices(form: Any, state: BodyState | None = None) -> None:
    """Set the levels to choose from; a body may have none yet."""
    form.level.choices = [
        SelectChoice("", gettext("not entered")),
        *(SelectChoice(code, gettext(LEVEL_NAMES[code])) for code in LEVELS),
    ]


def set_kind_choices(form: Any, state: OrganisationState | None = None) -> None:
    """Set the kinds of organisation to choose from."""
    language = current_language().code
    kinds = organisation_kinds(registry.orders()).values()
    form.kind.choices = [SelectChoice(kind.code, kind.name[language]) for kind in kinds]


def _set_status_choices(form: Any, state: OrganisationState) -> None:
    form.status.choices = [
        SelectChoice(code, gettext(name)) for code, name in STATUS_NAMES.items() if code != state.latest_status
    ]


def body_facts(form: BodyForm | NewBodyForm) -> tuple[Any, ...]:
    """Return the form's values in the order of the arguments of :func:`changes.correct_body`."""
    parent = form.parent.body.bin if form.parent.body else None
    return form.name_kk.data, form.name_ru.data, form.level.data, parent, form.kato.data, form.since.data


def first_day(year: int) -> date:
    """Return 1 January of a year; for an impossible year a day that every change refuses."""
    return date(year, 1, 1) if 1 <= year <= 9999 else date.max


def available_actions(group: str, state: RegistryState) -> dict[str, ChangeAction]:
    """Return name → change action of those that apply to a state of the group."""
    return {name: action for name, action in CHANGE_ACTIONS[group].items() if action.is_available(state)}


def _names(state: RegistryState) -> dict[str, Any]:
    return {"name_kk": state.name_kk, "name_ru": state.name_ru}


def _corrected_organisation(form: Any, expected: OrganisationState) -> OrganisationState:
    return replace(
        expected,
        kind=form.kind.data,
        name_kk=form.name_kk.data,
        name_ru=form.name_ru.data,
        state_share=form.state_share.data,
        state_body=form.state_body.data,
        national_company=form.national_company.data,
    )


def _change_organisation(viewer: Viewer, expected: OrganisationState, form: Any) -> None:
    has_reports = bool(bins_with_reports(viewer, {expected.bin}))
    operations.change_organisation(viewer, expected, _corrected_organisation(form, expected), has_reports)


def _is_open(state: OrganisationState) -> bool:
    return state.latest_status != changes.CLOSED


CORRECTION_HINT = N_(
    "This corrects the entry for every year. To enter a new name from a date, or a move, use the separate changes."
)


def _rename_action(operation: Callable[[Viewer, Any, date, str, str], None]) -> ChangeAction:
    """Return the action that renames a body or an organisation by its operation."""

    def names_from(form: Any) -> tuple[date, str, str]:
        return form.since.data, form.name_kk.data, form.name_ru.data

    return ChangeAction(
        title=N_("Rename from a day on"),
        button=N_("Rename"),
        success_message=N_("The new name is entered."),
        form=RenameForm,
        next_state=lambda form, expected: changes.rename(expected, *names_from(form)),
        apply=lambda viewer, expected, form: operation(viewer, expected, *names_from(form)),
        initial_values=_names,
        effects=effects.rename_effects,
        hint=N_("Sheets of years that ended before that day keep the old name."),
    )


BODY_ACTIONS: Mapping[str, ChangeAction] = {
    "change": ChangeAction(
        title=N_("Correct the entry"),
        button=N_("Save"),
        success_message=N_("The entry is corrected."),
        form=BodyForm,
        next_state=lambda form, expected: changes.correct_body(expected, *body_facts(form)),
        apply=lambda viewer, expected, form: operations.change_body(viewer, expected, *body_facts(form)),
        initial_values=lambda state: {
            **_names(state),
            "level": state.level or "",
            "parent": state.parent or "",
            "kato": state.kato or "",
            "since": state.since,
        },
        prepare=set_level_choices,
        needs_confirmation=False,
        hint=CORRECTION_HINT,
    ),
    "rename": _rename_action(operations.rename_body),
    "close": ChangeAction(
        title=N_("Close the body"),
        button=N_("Close the body"),
        success_message=N_("The body is closed."),
        form=CloseForm,
        next_state=lambda form, expected: changes.close_body(expected, form.closed_on.data),
        apply=lambda viewer, expected, form: operations.close_body(viewer, expected, form.closed_on.data),
        effects=effects.close_effects,
        is_available=lambda state: state.closed_on is None,
        hint=N_("First move or close its organisations and lower bodies. Its earlier years stay unchanged."),
    ),
    "reopen": ChangeAction(
        title=N_("Reopen the body"),
        button=N_("Reopen the body"),
        success_message=N_("The body is open again."),
        form=ConfirmForm,
        next_state=lambda form, expected: changes.reopen_body(expected),
        apply=lambda viewer, expected, form: operations.reopen_body(viewer, expected),
        effects=effects.reopen_effects,
        is_available=lambda state: state.closed_on is not None,
        hint=N_("For a body that was closed by mistake."),
    ),
}
ORGANISATION_ACTIONS: Mapping[str, ChangeAction] = {
    "change": ChangeAction(
        title=N_("Correct the entry"),
        button=N_("Save"),
        success_message=N_("The entry is corrected."),
        form=OrganisationForm,
        next_state=_corrected_organisation,
        apply=_change_organisation,
        initial_values=lambda state: {
            **_names(state),
            "kind": state.kind,
            "state_share": state.state_share,
            "state_body": state.state_body,
            "national_company": state.national_company,
        },
        prepare=set_kind_choices,
        needs_confirmation=False,
        hint=CORRECTION_HINT,
    ),
    "rename": _rename_action(operations.rename_organisation),
    "move": ChangeAction(
        title=N_("Move under another body"),
        button=N_("Move the organisation"),
        success_message=N_("The organisation is moved."),
        form=MoveForm,
        next_state=lambda form, expected: changes.move_organisation(expected, form.body.body.bin, first_day(form.year.data)),
        apply=lambda viewer, expected, form: operations.move_organisation(viewer, expected, form.body.body.bin, form.year.data),
        initial_values=lambda state: {"year": today().year},
        effects=effects.move_effects,
        is_available=_is_open,
        hint=N_("From the start of a year. Sheets of earlier years stay with the previous body."),
    ),
    "since": ChangeAction(
        title=N_("Correct the first day under the body"),
        button=N_("Correct the first day"),
        success_message=N_("The first day is corrected."),
        form=FirstDayForm,
        next_state=lambda form, expected: changes.correct_first_day(expected, form.since.data),
        apply=lambda viewer, expected, form: operations.correct_first_day(viewer, expected, form.since.data),
        initial_values=lambda state: {"since": state.periods[-1].since},
        effects=effects.first_day_effects,
        is_available=lambda state: bool(state.periods),
        hint=N_("For a wrong date: the organisation counts under a body from the year in whose December it is under it."),
    ),
    "status": ChangeAction(
        title=N_("Enter a status"),
        button=N_("Enter the status"),
        success_message=N_("The status is entered."),
        form=StatusForm,
        next_state=lambda form, expected: changes.add_status(expected, form.status.data, form.since.data),
        apply=lambda viewer, expected, form: operations.add_status(viewer, expected, form.status.data, form.since.data),
        prepare=_set_status_choices,
        effects=effects.status_effects,
        is_available=_is_open,
        hint=N_(
            "An organisation in liquidation or bankrupt still counts on sheets. One closed on 31 December or earlier does not."
        ),
    ),
    "withdraw": ChangeAction(
        title=N_("Withdraw the latest status"),
        button=N_("Withdraw the status"),
        success_message=N_("The status is withdrawn."),
        form=ConfirmForm,
        next_state=lambda form, expected: changes.withdraw_status(expected),
        apply=lambda viewer, expected, form: operations.withdraw_status(viewer, expected),
        effects=effects.withdraw_effects,
        is_available=lambda state: bool(state.statuses),
        hint=N_("For a status entered by mistake, such as an organisation closed in error."),
    ),
}
CHANGE_ACTIONS = {BODIES: BODY_ACTIONS, ORGANISATIONS: ORGANISATION_ACTIONS}
