"""One organisation's report as a form. Scripts save each answer as it is typed (:mod:`evaluation.web.entry.answers`); without them the
whole form is sent, and what is right of it is stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug import Response

from evaluation.answers import justifications as justifying
from evaluation.answers import queries as collection
from evaluation.answers import save as saving
from evaluation.answers.progress import queries as progress
from evaluation.answers.progress.model import BodyState, OrganisationState
from evaluation.answers.save import AnswerInput
from evaluation.clock import today
from evaluation.criteria.model import Order
from evaluation.errors import EvaluationError
from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.registry.models import Body, Organisation
from evaluation.submissions.locks import Locked
from evaluation.web.core.access import allow
from evaluation.web.core.request_context import YEAR, current_language, current_viewer, find_body, order_of
from evaluation.web.entry.report_presenter import ReportPage, Told
from forms.entry.report import MINE, THEIRS, ReportForm, Sent, report_form

ADDRESS = f"/bodies/<bin_>/{YEAR}/organisations/<own>"
SAVED = "saved"
"""The category of this page's own messages."""

blueprint = Blueprint("report", __name__)


@dataclass(frozen=True)
class Place:
    """Where the page stands: the body's year, the organisation, and those before and after it in the body's list."""

    order: Order
    year: int
    body: Body
    organisations: Sequence[Organisation]
    state: BodyState
    position: int

    @property
    def organisation(self) -> Organisation:
        return self.organisations[self.position]

    @property
    def own(self) -> OrganisationState:
        return self.state.organisations[self.organisation.id]

    @property
    def previous(self) -> Organisation | None:
        return self.organisations[self.position - 1] if self.position else None

    @property
    def next(self) -> Organisation | None:
        return self.organisations[self.position + 1] if self.position + 1 < len(self.organisations) else None

    def url(self, organisation: Organisation | None = None, field: str | None = None) -> str:
        own, anchor = (organisation or self.organisation).bin, field and f"field-{field}"
        return url_for("report.page", bin_=self.body.bin, year=self.year, own=own, field=field, _anchor=anchor)


@blueprint.get(ADDRESS)
@allow(Action.SEE)
def page(bin_: str, year: int, own: str) -> str:
    """The form with the answers as they are stored; read-only where the viewer may not edit or the year takes no changes."""
    return _shown(_place(bin_, year, own), Told())


@blueprint.post(ADDRESS)
@allow(Action.EDIT)
def save(bin_: str, year: int, own: str) -> Response | str | tuple[str, int]:
    """Store what is right of the form. What is wrong stays on the page, and where somebody else changed an answer meanwhile,
    both are shown to choose from."""
    place, viewer = _place(bin_, year, own), current_viewer()
    viewer.require(Action.EDIT, place.body.id)
    form = _form(place)
    form.validate()
    sent = [each for each in form.sent() if each.choice != THEIRS]
    try:
        told, changed = _store(place, sent)
        reasons = _reasons(place)
    except (Locked, saving.ConcurrentChange) as error:
        return _shown(place, _kept_on_the_page(sent), error.message(current_language())), 409
    told = Told(told.sent, told.conflicts, reasons)
    if changed:
        flash(ngettext("%(num)d answer is saved.", "%(num)d answers are saved.", changed), SAVED)
    if told.sent or told.reasons:
        return _shown(_place(bin_, year, own), told)
    onward = place.next if request.form.get("go") == "next" else None
    return redirect(place.url(onward, None if onward else _field(place.order)), 303)


def _store(place: Place, sent: Sequence[Sent]) -> tuple[Told, int]:
    """Save what could be read; what is left to tell, and how many answers were changed."""
    edits = {
        each.item.code: AnswerInput(place.organisation.id, each.item.code, each.value, each.theirs if each.choice == MINE else each.was)
        for each in sent
        if each.error is None
    }
    left = {each.item.code: each for each in sent if each.error is not None}
    if not edits:
        return Told(left), 0
    saved = saving.save(current_viewer(), place.order, place.year, place.body.id, list(edits.values()))
    conflicts = {each.edit.code: each for each in saved.conflicts}
    left |= {each.item.code: each for each in sent if each.item.code in conflicts}
    return Told(left, conflicts), len(saved.changed)


def _reasons(place: Place) -> dict[str, tuple[str, str]]:
    """Keep a warning by the reason typed beside it, or take a reason back; the reasons that were none, and why."""
    viewer, scope = current_viewer(), (place.year, place.body.id, place.organisation.id)
    if key := request.form.get("withdraw"):
        rule, _, code = key.partition(":")
        justifying.withdraw(viewer, *scope, rule, code)
    if key := request.form.get("justify"):
        rule, _, code = key.partition(":")
        reason = request.form.get(f"reason-{key}", "")
        try:
            justifying.justify(viewer, place.order, *scope, rule, code, reason, today())
        except justifying.Unjustifiable as error:
            return {key: (reason, error.message(current_language()))}
        flash(gettext("The reason is kept. The reviewer will see it."), SAVED)
    return {}


def _field(order: Order) -> str | None:
    """The field that a reason was given at or taken back from."""
    code = (request.form.get("justify") or request.form.get("withdraw") or "").partition(":")[2]
    return code if code in order.by_code else None


def _kept_on_the_page(sent: Sequence[Sent]) -> Told:
    return Told({each.item.code: each for each in sent})


def _place(bin_: str, year: int, own: str) -> Place:
    """The organisation among its body's; 404 where the body has no such organisation on 31 December of the year."""
    order, body, viewer = order_of(year), find_body(bin_), current_viewer()
    language = current_language().code
    kinds = {kind: number for number, kind in enumerate(order.kind)}
    found = [each for each in registry.organisations(viewer, body.id, year, language) if each.kind in kinds]
    found.sort(key=lambda each: kinds[each.kind])
    position = next((number for number, each in enumerate(found) if each.bin == own), None)
    if position is None:
        abort(404)
    state = progress.body_state(viewer, order, year, body.id, today(), [found[position].id])
    return Place(order, year, body, found, state, position)


def _form(place: Place, **options: Any) -> ReportForm:
    own = place.own
    return report_form(place.order, own.kind)({**own.answers, **own.evidence}, current_language(), **options)


def _shown(place: Place, told: Told, trouble: str = "") -> str:
    """The page: as stored, but for what was sent and could not be stored as it is."""
    viewer, spoken = current_viewer(), current_language()
    form = _form(place, formdata=None)
    for sent in told.sent.values():
        form.keep(sent)
    lock = collection.lock(viewer, place.year, place.body.id, today())
    return render_template(
        "entry/report/page.html",
        place=place,
        body=place.body,
        year=place.year,
        organisation=place.organisation,
        page=ReportPage(place.order, form, place.own, _order_before(place.year), told, spoken),
        form=form,
        may_edit=viewer.may(Action.EDIT, place.body.id) and lock is None,
        may_see_files=viewer.may(Action.FILES, place.body.id),
        lock=lock,
        trouble=trouble,
        asked_for=request.args.get("field", ""),
        account=viewer.account_id or 0,
        home=_home(place),
        onward=url_for("home.next_blank", bin_=place.body.bin, year=place.year, after=place.organisation.bin),
        least=justifying.LEAST,
        most=justifying.MOST,
    )


def _home(place: Place) -> str:
    """Where the page belongs: to the home of who enters answers, or to the body's page."""
    endpoint = "home.entry" if current_viewer().may(Action.EDIT) else "review.body"
    return url_for(endpoint, bin_=place.body.bin, year=place.year)


def _order_before(year: int) -> Order | None:
    """Last year's own order, where that year is open and its criteria are at hand."""
    try:
        return registry.order_of(year - 1)
    except EvaluationError:
        return None
