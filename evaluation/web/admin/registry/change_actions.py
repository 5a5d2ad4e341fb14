"""The changes that pages offer, each with its form, its words, and the operation that does it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from flask_babel import gettext

from evaluation.clock import today
from evaluation.language import N_
from evaluation.policy import Viewer
from evaluation.registry import queries as registry
from evaluation.registry.admin import changes, operations
from evaluation.registry.admin.labels import LEVEL_NAMES, STATUS_NAMES
from evaluation.registry.admin.states import DAY, BodyState, OrganisationState
from evaluation.registry.models import LEVELS, STATUSES
from evaluation.web.admin.registry.request_helpers import choose_body
from evaluation.web.core.request_context import current_language
from evaluation.workbooks.registry.queries import reported
from forms.admin.registry import BodyForm, CloseForm, MoveForm, OrganisationForm, PlainForm, RenameForm, Seen, StatusForm


@dataclass(frozen=True)
class Deed:
    """A change: what it is called, its form, the state it makes, and the operation.

    One that `asks` shows first what it will bring about, as `told` says. `offered` says whether a state can be changed so.
    """

    title: str
    button: str
    done: str
    form: type[Seen]
    change: Callable[[Any, Any], Any]
    store: Callable[[Viewer, Any, Any], None]
    fill: Callable[[Any], dict[str, Any]] = lambda state: {}
    prepare: Callable[[Any, Any], None] = lambda form, state: None
    told: Callable[[Any, Any], list[str]] = lambda *_: []
    offered: Callable[[Any], bool] = lambda state: True
    asks: bool = True
    hint: str = ""

    def valid(self, form: Any) -> bool:
        """Whether everything can be read, a body that is named included."""
        good: bool = form.validate()
        for field in (form[name] for name in ("parent", "body") if name in form):
            good = choose_body(field, required=field.name == "body") and good
        return good


def prepare_levels(form: Any, _state: Any = None) -> None:
    """The levels to choose from; a body may have none yet."""
    form.level.choices = [("", gettext("not entered")), *((code, gettext(LEVEL_NAMES[code])) for code in LEVELS)]


def prepare_kinds(form: Any, _state: Any = None) -> None:
    """The kinds to choose from."""
    known, code = operations.kinds(registry.orders()), current_language().code
    form.kind.choices = [(kind.code, kind.name[code]) for kind in known.values()]


def _names(state: Any) -> dict[str, Any]:
    return {"name_kk": state.name_kk, "name_ru": state.name_ru}


def _description(form: Any, was: BodyState) -> tuple[Any, ...]:
    parent = form.parent.found.bin if form.parent.found else None
    return was, form.name_kk.data, form.name_ru.data, form.level.data, parent, form.kato.data, form.since.data


def _rename_told(was: Any, after: Any) -> list[str]:
    # The last former name ends the day before, or the one before it where a renaming is corrected.
    since = after.former[-1].until + DAY
    said = gettext("From %(day)s on the name is: %(name)s", day=f"{since:%d.%m.%Y}", name=after.name_kk)
    if len(after.former) == len(was.former):
        return [said, gettext("This corrects the name that was entered from that day on.")]
    keep = gettext("Sheets of %(year)s and earlier keep the name: %(name)s", year=since.year - 1, name=was.name_kk)
    return [said, keep]


def _close_told(_was: BodyState, after: BodyState) -> list[str]:
    last = after.closed_on or today()
    first = last.year + (last == date(last.year, 12, 31))
    return [
        gettext("Its last day is %(day)s.", day=f"{last:%d.%m.%Y}"),
        gettext("It is not among the bodies of %(year)s and later years. Its earlier years and their sheets stay.", year=first),
    ]


def _status_told(_was: OrganisationState, after: OrganisationState) -> list[str]:
    last = after.statuses[-1]
    words = gettext(STATUS_NAMES[last.status])
    said = [gettext("Status from %(day)s on: %(status)s.", day=f"{last.since:%d.%m.%Y}", status=words)]
    if last.status == STATUSES[-1]:
        first = last.since.year
        said.append(gettext("It counts on no sheet from %(year)s on: on 31 December it is off the register.", year=first))
        said.append(gettext("Its reports stay; sheets of earlier years do not change."))
    else:
        said.append(gettext("It still counts on sheets: it is on the register until it is closed."))
    return said


def _withdraw_told(was: OrganisationState, after: OrganisationState) -> list[str]:
    last = was.statuses[-1]
    words = gettext(STATUS_NAMES[last.status])
    said = [
        gettext("The status from %(day)s on is taken back: %(status)s.", day=f"{last.since:%d.%m.%Y}", status=words),
        gettext("After that its latest status is: %(status)s.", status=gettext(STATUS_NAMES[after.latest])),
    ]
    if was.periods != after.periods:
        said.append(gettext("It is under its last body again."))
    return said


def _corrected(form: Any, was: OrganisationState) -> OrganisationState:
    return replace(
        was,
        kind=form.kind.data,
        name_kk=form.name_kk.data,
        name_ru=form.name_ru.data,
        state_share=form.state_share.data,
        state_body=form.state_body.data,
        national_company=form.national_company.data,
    )


def _store_corrected(viewer: Viewer, was: OrganisationState, form: Any) -> None:
    operations.change_organisation(viewer, was, _corrected(form, was), was.bin in reported(viewer, {was.bin}))


def _prepare_statuses(form: Any, state: OrganisationState) -> None:
    form.status.choices = [(code, gettext(words)) for code, words in STATUS_NAMES.items() if code != state.latest]


def _closed(state: OrganisationState) -> bool:
    return state.latest == STATUSES[-1]


CORRECTS = N_(
    "This corrects what was entered, for every year alike. For a new name that begins on a day, and for a move, there are "
    "changes of their own."
)


def _renaming(store: Callable[[Viewer, Any, date, str, str], None]) -> Deed:
    """The same for bodies and organisations, but for the operation."""

    def given(form: Any) -> tuple[date, str, str]:
        return form.since.data, form.name_kk.data, form.name_ru.data

    return Deed(
        N_("Rename from a day on"),
        N_("Rename"),
        N_("The new name is entered."),
        RenameForm,
        lambda form, was: changes.renamed(was, *given(form)),
        lambda viewer, was, form: store(viewer, was, *given(form)),
        fill=_names,
        told=_rename_told,
        hint=N_("Sheets of years that ended before that day keep the old name."),
    )


BODIES: Mapping[str, Deed] = {
    "change": Deed(
        N_("Correct the entry"),
        N_("Save"),
        N_("The entry is corrected."),
        BodyForm,
        lambda form, was: changes.described(*_description(form, was)),
        lambda viewer, was, form: operations.change_body(viewer, *_description(form, was)),
        fill=lambda state: {
            **_names(state),
            "level": state.level or "",
            "parent": state.parent or "",
            "kato": state.kato or "",
            "since": state.since,
        },
        prepare=prepare_levels,
        asks=False,
        hint=CORRECTS,
    ),
    "rename": _renaming(operations.rename_body),
    "close": Deed(
        N_("Close the body"),
        N_("Close the body"),
        N_("The body is closed."),
        CloseForm,
        lambda form, was: changes.closed(was, form.closed_on.data),
        lambda viewer, was, form: operations.close_body(viewer, was, form.closed_on.data),
        told=_close_told,
        offered=lambda state: state.closed_on is None,
        hint=N_("First move or close its organisations and the bodies under it. Its earlier years stay as they are."),
    ),
    "reopen": Deed(
        N_("Reopen the body"),
        N_("Reopen the body"),
        N_("The body is open again."),
        PlainForm,
        lambda form, was: changes.reopened(was),
        lambda viewer, was, form: operations.reopen_body(viewer, was),
        told=lambda *_: [gettext("It is among the bodies of every year again, as if it had not been closed.")],
        offered=lambda state: state.closed_on is not None,
        hint=N_("For a body that was closed by mistake."),
    ),
}
ORGANISATIONS: Mapping[str, Deed] = {
    "change": Deed(
        N_("Correct the entry"),
        N_("Save"),
        N_("The entry is corrected."),
        OrganisationForm,
        lambda form, was: _corrected(form, was),
        _store_corrected,
        fill=lambda state: {
            **_names(state),
            "kind": state.kind,
            "state_share": state.state_share,
            "state_body": state.state_body,
            "national_company": state.national_company,
        },
        prepare=prepare_kinds,
        asks=False,
        hint=CORRECTS,
    ),
    "rename": _renaming(operations.rename_organisation),
    "move": Deed(
        N_("Move under another body"),
        N_("Move the organisation"),
        N_("The organisation is moved."),
        MoveForm,
        lambda form, was: changes.moved(was, form.body.found.bin, first_day(form.year.data)),
        lambda viewer, was, form: operations.move_organisation(viewer, was, form.body.found.bin, form.year.data),
        fill=lambda state: {"year": today().year},
        told=lambda *_: [gettext("Reports already given stay with the organisation and go with it to the sheets named here.")],
        offered=lambda state: not _closed(state),
        hint=N_("From a year on. Sheets of earlier years stay with the body it was under."),
    ),
    "status": Deed(
        N_("Enter a status"),
        N_("Enter the status"),
        N_("The status is entered."),
        StatusForm,
        lambda form, was: changes.with_status(was, form.status.data, form.since.data),
        lambda viewer, was, form: operations.set_status(viewer, was, form.status.data, form.since.data),
        prepare=_prepare_statuses,
        told=_status_told,
        offered=lambda state: not _closed(state),
        hint=N_("In liquidation or bankrupt, it still counts on sheets. Closed on 31 December or before, it does not."),
    ),
    "withdraw": Deed(
        N_("Take the latest status back"),
        N_("Take the status back"),
        N_("The status is taken back."),
        PlainForm,
        lambda form, was: changes.without_status(was),
        lambda viewer, was, form: operations.withdraw_status(viewer, was),
        told=_withdraw_told,
        offered=lambda state: bool(state.statuses),
        hint=N_("For a status entered by mistake, such as an organisation closed wrongly."),
    ),
}


def first_day(year: int) -> date:
    """1 January of a year; a year that is none becomes a day that every change refuses."""
    return date(year, 1, 1) if 1 <= year <= 9999 else date.max


def offered(deeds: Mapping[str, Deed], state: Any) -> dict[str, Deed]:
    """The changes that a state can undergo."""
    return {name: deed for name, deed in deeds.items() if deed.offered(state)}
