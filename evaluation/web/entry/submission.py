"""Pages by which a body's year goes on: handed over by its head; given back, accepted and reopened by its reviewer."""

from collections.abc import Callable

from flask import Blueprint, redirect, render_template, url_for
from werkzeug import Response as Redirection

from evaluation.answers.readiness import queries as submissions
from evaluation.clock import today
from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.policy import Action
from evaluation.registry.models import Body
from evaluation.review import operations
from evaluation.review.operations import NotReady, Stale, SubmissionRefused
from evaluation.submissions.models import ACCEPTED, SUBMITTED
from evaluation.web.core.access import allow
from evaluation.web.core.request_context import YEAR, current_language, current_viewer, find_body, find_year, order_of
from evaluation.web.entry.home import home_of
from forms.entry.submission import AcceptForm, GiveBackForm, HandOverForm, ReopenForm, StepForm

MOST_SHOWN = 50
"""Unfinished organisations that are listed at once."""
STEPS = {
    "give_back": (SUBMITTED, N_("Give the year back")),
    "accept": (SUBMITTED, N_("Accept the year")),
    "reopen": (ACCEPTED, N_("Reopen the year")),
}
"""A reviewer's steps: the state they are taken in, and their words."""

blueprint = Blueprint("submission", __name__)


@blueprint.get(f"/bodies/<bin_>/{YEAR}/submission")
@allow(Action.EDIT)
def page(bin_: str, year: int) -> str:
    """What remains before the year can be handed over; where nothing does, what handing over means, and its button."""
    return _page(bin_, year)


@blueprint.post(f"/bodies/<bin_>/{YEAR}/submission")
@allow(Action.SUBMIT)
def hand_over(bin_: str, year: int) -> str | Redirection | tuple[str, int]:
    """Hand the year over."""
    find_year(year)
    body, viewer, form = find_body(bin_), current_viewer(), HandOverForm()
    viewer.require(Action.SUBMIT, body.id)
    order = order_of(year)
    if form.version.data is None:
        return _page(bin_, year), 422
    try:
        operations.submit(viewer, order, year, body, form.seen, today(), bool(form.nil.data))
    except (Stale, NotReady, SubmissionRefused) as refused:
        return _page(bin_, year, refused.message(current_language())), 409
    return redirect(url_for("home.entry", bin_=bin_, year=year), 303)


@blueprint.post(f"/bodies/<bin_>/{YEAR}/submission/return")
@allow(Action.REVIEW)
def give_back(bin_: str, year: int) -> str | Redirection | tuple[str, int]:
    """Give the year back to its body, with a reason or remarks."""
    form = GiveBackForm()
    return _step("give_back", bin_, year, form, lambda body: _give_back(body, year, form))


@blueprint.post(f"/bodies/<bin_>/{YEAR}/submission/accept")
@allow(Action.REVIEW)
def accept(bin_: str, year: int) -> str | Redirection | tuple[str, int]:
    """Accept the year: its sheet is frozen."""
    form = AcceptForm()
    return _step("accept", bin_, year, form, lambda body: _accept(body, year, form))


@blueprint.post(f"/bodies/<bin_>/{YEAR}/submission/reopen")
@allow(Action.REVIEW)
def reopen(bin_: str, year: int) -> str | Redirection | tuple[str, int]:
    """Take an accepted year up again, with a reason."""
    form = ReopenForm()
    return _step("reopen", bin_, year, form, lambda body: _reopen(body, year, form))


def _give_back(body: Body, year: int, form: GiveBackForm) -> None:
    operations.give_back(current_viewer(), year, body.id, form.seen, form.reason.data or "")


def _accept(body: Body, year: int, form: AcceptForm) -> None:
    operations.accept(current_viewer(), year, body, form.seen, today())


def _reopen(body: Body, year: int, form: ReopenForm) -> None:
    operations.reopen(current_viewer(), year, body.id, form.seen, form.reason.data or "")


def _step(name: str, bin_: str, year: int, form: StepForm, act: Callable[[Body], None]) -> str | Redirection | tuple[str, int]:
    """Take a reviewer's step, or say why not with what stands there now, and what was typed."""
    find_year(year)
    body = find_body(bin_)
    current_viewer().require(Action.REVIEW, body.id)
    try:
        act(body)
    except Stale as stale:
        return _refused(name, body, year, form, stale, changed=True), 409
    except SubmissionRefused as refused:
        return _refused(name, body, year, form, refused), 422
    except EvaluationError as refused:
        return _refused(name, body, year, form, refused), 409
    return redirect(url_for("review.body", bin_=bin_, year=year), 303)


def _refused(name: str, body: Body, year: int, form: StepForm, why: EvaluationError, changed: bool = False) -> str:
    current = submissions.submission(current_viewer(), year, body.id)
    form.version.data = current.version if current else 0
    before, title = STEPS[name]
    return render_template(
        "entry/submission/step.html",
        step=name,
        title=title,
        body=body,
        year=find_year(year),
        submission=current,
        possible=current is not None and current.state == before,
        form=form,
        refused=why.message(current_language()),
        changed=changed,
    )


def _page(bin_: str, year: int, refused: str = "") -> str:
    home = home_of(bin_, year)
    viewer = current_viewer()
    nil = home.readiness.nil
    form = HandOverForm(formdata=None, version=home.submission.version if home.submission else 0, nil="1" if nil else "")
    unfinished = {each.id for each in home.readiness.unfinished}
    return render_template(
        "entry/submission/page.html",
        home=home,
        body=home.body,
        year=home.year,
        unfinished=[line for line in home.lines if line.organisation.id in unfinished],
        most=MOST_SHOWN,
        heads=submissions.heads(viewer, home.body.id),
        may_submit=viewer.may(Action.SUBMIT, home.body.id),
        form=form,
        refused=refused,
    )
