"""One organisation's report as a form.

Scripts save each answer as it is typed (:mod:`evaluation.web.entry.answers`). Without scripts the whole form is sent, and its
valid answers and its files are stored.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug import Response
from werkzeug.datastructures import FileStorage

from evaluation.answers import justifications
from evaluation.answers.checks import BreachCost
from evaluation.answers.evidence import operations as evidence
from evaluation.answers.model import AnswerInput
from evaluation.answers.progress.compose import progress_of
from evaluation.answers.progress.model import OrganisationProgress
from evaluation.answers.save import save_answers
from evaluation.answers.year_data import YearData, read_year_data
from evaluation.clock import today
from evaluation.criteria.model import Order
from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.registry.models import Body
from evaluation.registry.queries import SupervisedOrganisation
from evaluation.web.core.access import allow
from evaluation.web.core.errors import errors_shown_in
from evaluation.web.core.request_context import YEAR, current_language, current_viewer, find_body, order_of
from evaluation.web.entry.evidence import NO_FILE, attach_files, files_by_criterion, request_files
from evaluation.web.entry.report_presenter import ReportPage, SaveOutcome, reason_key
from forms.entry.report import STORED, TYPED, ReportForm, SubmittedCell, report_form

ADDRESS = f"/bodies/<bin_>/{YEAR}/organisations/<organisation_bin>"
SAVED = "saved"
"""The category of this page's own messages."""
MAX_ID = 2**31 - 1
"""The largest id that databases compare."""

blueprint = Blueprint("report", __name__)


@dataclass(frozen=True)
class ReportContext:
    """The organisation of the page, the others of its body in the order of the list, and the data of the body's year."""

    data: YearData
    body: Body
    organisations: Sequence[SupervisedOrganisation]
    position: int

    @property
    def order(self) -> Order:
        """The order of the year."""
        return self.data.order

    @property
    def year(self) -> int:
        """The reporting year."""
        return self.data.year

    @property
    def organisation(self) -> SupervisedOrganisation:
        """The organisation of the page."""
        return self.organisations[self.position]

    @cached_property
    def progress(self) -> OrganisationProgress:
        """The organisation's progress."""
        return progress_of(self.data, today(), [self.organisation.id]).organisations[self.organisation.id]

    @property
    def errors(self) -> dict[str, str | None]:
        """The key of each error of the organisation, with the code of its answer; None for the organisation as a whole."""
        return {reason_key(issue): issue.code for issue in self.progress.issues if issue.severity == "error"}

    @property
    def costs(self) -> Sequence[BreachCost]:
        """What the organisation's breaches cost its body."""
        return self.data.breach_costs([self.organisation.kind]).get(self.organisation.bin, ())

    @property
    def previous(self) -> SupervisedOrganisation | None:
        """The organisation before this one in the list."""
        return self.organisations[self.position - 1] if self.position else None

    @property
    def next(self) -> SupervisedOrganisation | None:
        """The organisation after this one in the list."""
        return self.organisations[self.position + 1] if self.position + 1 < len(self.organisations) else None

    def url(self, organisation: SupervisedOrganisation | None = None, field: str | None = None, criterion: str = "") -> str:
        """Return the address of this or another organisation's form, of one of its fields, or of a criterion's files."""
        anchor = f"field-{field}" if field else f"files-{criterion}" if criterion else None
        address: dict[str, Any] = {
            "bin_": self.body.bin,
            "year": self.year,
            "organisation_bin": (organisation or self.organisation).bin,
        }
        return url_for("report.page", **address, field=field, _anchor=anchor)


@blueprint.get(ADDRESS)
@allow(Action.VIEW)
def page(bin_: str, year: int, organisation_bin: str) -> str:
    """Show the form with the stored answers; read-only when the viewer cannot edit or the year takes no changes."""
    return _render(_read_context(bin_, year, organisation_bin), SaveOutcome())


@blueprint.post(ADDRESS)
@allow(Action.EDIT)
def save(bin_: str, year: int, organisation_bin: str) -> Response | str | tuple[str, int]:
    """Store the valid answers, the files and the reason of the form. The page shows again what is not stored, and why."""
    context, viewer = _read_context(bin_, year, organisation_bin), current_viewer()
    viewer.require(Action.EDIT, context.body.id)
    form = _form(context)
    form.validate()
    cells = [cell for cell in form.submitted_cells() if cell.choice != STORED]
    with errors_shown_in(form, lambda: _render(context, _unsaved(cells), form.form_errors)):
        uploads = request_files()
        outcome, changed_count = _store(context, cells)
        outcome = replace(outcome, rejected_reasons=_save_reasons(context), rejected_files=_save_files(context, uploads))
    if changed_count:
        flash(ngettext("%(num)d answer is saved.", "%(num)d answers are saved.", changed_count), SAVED)
    if outcome.is_incomplete:
        return _render(_read_context(bin_, year, organisation_bin), outcome)
    if request.form.get("go") == "next" and context.next:
        errors = _read_context(bin_, year, organisation_bin).errors
        unseen = [key for key in errors if key not in request.form.get("shown_errors", "").split()]
        if not unseen:
            return redirect(context.url(context.next), 303)
        flash(gettext("The answers have an error: correct it, or press once more to continue."), SAVED)
        return redirect(context.url(field=errors[unseen[0]]), 303)
    criterion = request.form.get("attach") or next((criterion for criterion, _ in uploads), "")
    return redirect(context.url(field=_field_of_reason(context.order), criterion=criterion), 303)


def _store(context: ReportContext, cells: Sequence[SubmittedCell]) -> tuple[SaveOutcome, int]:
    """Save the cells that could be parsed; return what the page must show, and the number of changed answers."""
    organisation_id = context.organisation.id
    year_state = request.form.get("year_state")
    inputs = [
        AnswerInput(
            organisation_id, cell.item.code, cell.value, cell.shown_stored if cell.choice == TYPED else cell.expected, year_state
        )
        for cell in cells
        if cell.error is None
    ]
    unsaved = {cell.item.code: cell for cell in cells if cell.error is not None}
    if not inputs:
        return SaveOutcome(unsaved), 0
    result = save_answers(current_viewer(), context.order, context.year, context.body.id, inputs)
    conflicts = {conflict.answer_input.code: conflict for conflict in result.conflicts}
    unsaved |= {cell.item.code: cell for cell in cells if cell.item.code in conflicts}
    return SaveOutcome(unsaved, conflicts), len(result.changed)


def _save_files(context: ReportContext, uploads: Sequence[tuple[str, FileStorage]]) -> dict[str, list[tuple[str, str]]]:
    """Attach the files or remove one; return criterion → (file name, reason) of the rejected ones."""
    scope = (context.year, context.body.id, context.organisation.id)
    file_id = request.form.get("remove_file", 0, type=int)
    if 0 < file_id <= MAX_ID:
        evidence.remove(current_viewer(), *scope, file_id)
    rejected = attach_files(context.order, *scope, uploads)
    stored_count = len(uploads) - sum(map(len, rejected.values()))
    if stored_count:
        flash(ngettext("%(num)d file is attached.", "%(num)d files are attached.", stored_count), SAVED)
    if not uploads and (criterion := request.form.get("attach")):
        rejected[criterion] = [("", gettext(NO_FILE))]
    return rejected


def _save_reasons(context: ReportContext) -> dict[str, tuple[str, str]]:
    """Store or withdraw the reason for a warning; return the rejected reasons by key, each with its error."""
    viewer, scope = current_viewer(), (context.year, context.body.id, context.organisation.id)
    if key := request.form.get("withdraw"):
        rule, _, code = key.partition(":")
        justifications.withdraw(viewer, *scope, rule, code)
    if key := request.form.get("justify"):
        rule, _, code = key.partition(":")
        reason = request.form.get(f"reason-{key}", "")
        try:
            justifications.justify(viewer, context.order, *scope, rule, code, reason, today())
        except justifications.JustificationRejected as error:
            return {key: (reason, error.message(current_language()))}
        flash(gettext("The reason is saved. The reviewer will see it."), SAVED)
    return {}


def _field_of_reason(order: Order) -> str | None:
    """Return the field whose reason was stored or withdrawn."""
    code = (request.form.get("justify") or request.form.get("withdraw") or "").partition(":")[2]
    return code if code in order.by_code else None


def _unsaved(cells: Sequence[SubmittedCell]) -> SaveOutcome:
    return SaveOutcome({cell.item.code: cell for cell in cells})


def _read_context(bin_: str, year: int, organisation_bin: str) -> ReportContext:
    """Read the page's data; aborts with 404 when the body has no such organisation on 31 December of the year."""
    order, body, viewer = order_of(year), find_body(bin_), current_viewer()
    rank = {kind: position for position, kind in enumerate(order.kind)}
    listed = registry.organisations(viewer, body.id, year, current_language().code)
    organisations = sorted((item for item in listed if item.kind in rank), key=lambda item: rank[item.kind])
    position = next((number for number, item in enumerate(organisations) if item.bin == organisation_bin), None)
    if position is None:
        abort(404)
    return ReportContext(read_year_data(viewer, order, year, body.id), body, organisations, position)


def _form(context: ReportContext, **options: Any) -> ReportForm:
    report = context.progress.report
    stored = {**report.answers, **report.evidence}
    return report_form(context.order, report.kind)(stored, context.data.year, current_language(), **options)


def _render(context: ReportContext, outcome: SaveOutcome, form_errors: Sequence[str] = ()) -> str:
    """Render the stored answers, the submitted answers that are not stored, and the errors of the whole form."""
    viewer, language = current_viewer(), current_language()
    form = _form(context, formdata=None)
    form.form_errors = list(form_errors)
    for cell in outcome.cells.values():
        form.show_submitted(cell)
    lock = context.data.lock(today())
    may_see_files = viewer.may(Action.VIEW_FILES, context.body.id)
    files = files_by_criterion(context.year, context.body, context.organisation.id) if may_see_files else None
    return render_template(
        "entry/report/page.html",
        context=context,
        body=context.body,
        year=context.year,
        organisation=context.organisation,
        page=ReportPage(context.order, form, context.progress, context.costs, context.data.last_order, outcome, language),
        form=form,
        may_edit=viewer.may(Action.EDIT, context.body.id) and lock is None,
        files=files,
        lock=lock,
        focused_field=outcome.first_unsaved or request.args.get("field", ""),
        account=viewer.account_id or 0,
        home=_home_url(context),
        onward=url_for("home.next_blank", bin_=context.body.bin, year=context.year, after=context.organisation.bin),
        min_reason_characters=justifications.MIN_REASON_CHARACTERS,
        max_reason_characters=justifications.MAX_REASON_CHARACTERS,
    )


def _home_url(context: ReportContext) -> str:
    """Return the address of the clerk's home for people who enter answers, and of the body's page for others."""
    endpoint = "home.entry" if current_viewer().may(Action.EDIT) else "review.body"
    return url_for(endpoint, bin_=context.body.bin, year=context.year)
