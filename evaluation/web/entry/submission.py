"""Pages of the steps of a body's year: submitted by its head; returned, accepted and reopened by its reviewer."""

from collections.abc import Callable, Sequence
from http import HTTPStatus

from flask import Blueprint, redirect, render_template, url_for
from werkzeug import Response as Redirection

from evaluation.budgets import queries as budgets
from evaluation.clock import today
from evaluation.language import N_
from evaluation.policy import Action
from evaluation.registry.models import Body
from evaluation.review import operations
from evaluation.sheets import build_sheets
from evaluation.sheets.queries import scored_year_of
from evaluation.submissions import queries as submissions
from evaluation.submissions.models import ACCEPTED, SUBMITTED
from evaluation.web.core.access import allow
from evaluation.web.core.errors import errors_shown_in
from evaluation.web.core.request_context import (
    YEAR,
    current_language,
    current_viewer,
    find_body,
    find_year,
    named,
    order_of,
    require_order,
)
from evaluation.web.entry.home import Home, head_notice, read_home
from evaluation.web.review.year_summary import YearSummary, summarise
from forms.entry.submission import AcceptForm, ReopenForm, ReturnForm, StepForm, SubmitForm

MAX_UNFINISHED_SHOWN = 50
"""Unfinished organisations on the page."""
STEPS = {
    "return_submission": (SUBMITTED, N_("Return for correction")),
    "accept": (SUBMITTED, N_("Accept the year")),
    "reopen": (ACCEPTED, N_("Reopen the year")),
}
"""A reviewer's step → the status in which it is taken, and its title."""

blueprint = Blueprint("submission", __name__)


@blueprint.get(f"/bodies/<bin_>/{YEAR}/submission")
@allow(Action.EDIT)
def page(bin_: str, year: int) -> str:
    """Show what remains before the year can be submitted, or else the button that submits it."""
    return _page(bin_, year)


@blueprint.post(f"/bodies/<bin_>/{YEAR}/submission")
@allow(Action.SUBMIT)
def submit(bin_: str, year: int) -> str | Redirection | tuple[str, int]:
    """Submit the year."""
    find_year(year)
    body, viewer, form = find_body(bin_), current_viewer(), SubmitForm()
    viewer.require(Action.SUBMIT, body.id)
    order = order_of(year)
    if form.version.data is None:
        return _page(bin_, year), HTTPStatus.UNPROCESSABLE_ENTITY
    with errors_shown_in(form, lambda: _page(bin_, year, form.form_errors)):
        operations.submit(viewer, order, year, body, form.expected_version, today(), bool(form.nil.data))
    return redirect(url_for("home.entry", bin_=bin_, year=year), 303)


@blueprint.post(f"/bodies/<bin_>/{YEAR}/submission/notify-head")
@allow(Action.EDIT)
def notify_head(bin_: str, year: int) -> str | Redirection | tuple[str, int]:
    """Notify the heads of the body that the year is ready to be submitted."""
    order, body, form = order_of(year), find_body(bin_), SubmitForm(version=0)
    current_viewer().require(Action.EDIT, body.id)
    with errors_shown_in(form, lambda: _page(bin_, year, form.form_errors)):
        operations.notify_head(current_viewer(), order, year, body, today())
    return redirect(url_for("home.entry", bin_=bin_, year=year), 303)


@blueprint.post(f"/bodies/<bin_>/{YEAR}/submission/return")
@allow(Action.REVIEW)
def return_submission(bin_: str, year: int) -> str | Redirection | tuple[str, int]:
    """Return the year to its body, with a reason or with open remarks."""
    form = ReturnForm()

    def step(body: Body) -> None:
        reason, correct_by = form.reason.data or "", form.correct_by.data
        operations.return_submission(current_viewer(), year, body.id, form.expected_version, reason, correct_by)

    return _take_step("return_submission", bin_, year, form, step)


@blueprint.post(f"/bodies/<bin_>/{YEAR}/submission/accept")
@allow(Action.REVIEW)
def accept(bin_: str, year: int) -> str | Redirection | tuple[str, int]:
    """Accept the year and store its sheet as a revision."""
    form = AcceptForm()

    def step(body: Body) -> None:
        require_order(year)
        operations.accept(current_viewer(), year, body, form.expected_version, today())

    return _take_step("accept", bin_, year, form, step)


@blueprint.post(f"/bodies/<bin_>/{YEAR}/submission/reopen")
@allow(Action.REVIEW)
def reopen(bin_: str, year: int) -> str | Redirection | tuple[str, int]:
    """Reopen an accepted year, with a reason."""
    form = ReopenForm()

    def step(body: Body) -> None:
        reason, correct_by = form.reason.data or "", form.correct_by.data
        operations.reopen(current_viewer(), year, body.id, form.expected_version, reason, correct_by)

    return _take_step("reopen", bin_, year, form, step)


def _take_step(
    name: str, bin_: str, year: int, form: StepForm, step: Callable[[Body], None]
) -> str | Redirection | tuple[str, int]:
    """Take a reviewer's step; when it is refused, show why, with the current status and what was typed."""
    find_year(year)
    body = find_body(bin_)
    current_viewer().require(Action.REVIEW, body.id)
    if not form.validate():
        return _rejected_step_page(name, body, year, form), HTTPStatus.UNPROCESSABLE_ENTITY
    with errors_shown_in(form, lambda: _rejected_step_page(name, body, year, form)):
        step(body)
    return redirect(url_for("review.body", bin_=bin_, year=year), 303)


def _rejected_step_page(name: str, body: Body, year: int, form: StepForm) -> str:
    current = submissions.submission(current_viewer(), year, body.id)
    version = current.version if current else 0
    is_stale = form.expected_version != version
    form.show_version(version)
    required_status, title = STEPS[name]
    return render_template(
        "entry/submission/step.html",
        step=name,
        title=title,
        body=body,
        year=find_year(year),
        submission=current,
        possible=current is not None and current.status == required_status,
        form=form,
        changed=is_stale,
    )


def _page(bin_: str, year: int, form_errors: Sequence[str] = ()) -> str:
    home = read_home(bin_, year)
    viewer = current_viewer()
    nil = "1" if home.readiness.has_no_organisations else ""
    unfinished = {progress.organisation_id for progress in home.readiness.unfinished}
    form = SubmitForm(formdata=None, version=home.submission.version if home.submission else 0, nil=nil)
    form.form_errors = list(form_errors)
    return render_template(
        "entry/submission/page.html",
        home=home,
        budget=budgets.comparison(viewer, home.data),
        body=home.body,
        year=home.year,
        unfinished=[row for row in home.rows if row.organisation.id in unfinished],
        max_shown=MAX_UNFINISHED_SHOWN,
        heads=submissions.head_names(viewer, home.body.id),
        may_submit=viewer.may(Action.SUBMIT, home.body.id),
        head_notice=head_notice(home),
        summary=_summary(home) if home.open and home.readiness.ready and home.rows else None,
        form=form,
    )


def _summary(home: Home) -> YearSummary:
    """Summarise the sheet that is about to be submitted."""
    names = {row.organisation.bin: named(row.organisation) for row in home.rows}
    sheet = build_sheets({home.body.bin: named(home.body)}, names, [scored_year_of(home.data)], home.year.invented)[0]
    return summarise(sheet, [(row.organisation, row.progress) for row in home.rows], current_language())
