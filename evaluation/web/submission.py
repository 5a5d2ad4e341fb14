"""Pages by which a body's year is handed over, or a nil year handed in, and given back by its reviewer."""

from flask import Blueprint, redirect, render_template, url_for
from werkzeug import Response as Redirection

from evaluation.clock import today
from evaluation.collection.submission import operations
from evaluation.collection.submission import queries as submissions
from evaluation.collection.submission.operations import NotReady, Stale, SubmissionRefused
from evaluation.policy import Action
from evaluation.registry.models import Body
from evaluation.web.access import allow
from evaluation.web.common import YEAR, current_language, current_viewer, find_body, find_year, order_of
from evaluation.web.home import home_of
from forms.submission import GiveBackForm, HandOverForm

MOST_SHOWN = 50
"""Unfinished organisations that are listed at once."""

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
        operations.hand_over(viewer, order, year, body, form.version.data, today(), bool(form.nil.data))
    except (Stale, NotReady, SubmissionRefused) as refused:
        return _page(bin_, year, refused.message(current_language())), 409
    return redirect(url_for("home.entry", bin_=bin_, year=year), 303)


@blueprint.post(f"/bodies/<bin_>/{YEAR}/submission/return")
@allow(Action.REVIEW)
def give_back(bin_: str, year: int) -> str | Redirection | tuple[str, int]:
    """Give the year back to its body with a reason."""
    find_year(year)
    body, viewer, form = find_body(bin_), current_viewer(), GiveBackForm()
    viewer.require(Action.REVIEW, body.id)
    try:
        version = -1 if form.version.data is None else form.version.data
        operations.give_back(viewer, year, body.id, version, form.reason.data or "")
    except Stale as stale:
        return _back(body, year, form, stale.message(current_language())), 409
    except SubmissionRefused as refused:
        form.reason.errors = [refused.message(current_language())]
        return _back(body, year, form), 422
    return redirect(url_for("review.body", bin_=bin_, year=year), 303)


def _page(bin_: str, year: int, refused: str = "") -> str:
    home = home_of(bin_, year)
    viewer = current_viewer()
    nil = home.readiness.nil
    form = HandOverForm(formdata=None, version=home.submission.version if home.submission else 0, nil="1" if nil else "")
    unfinished = {each.id for each in home.readiness.unfinished}
    return render_template(
        "submission/page.html",
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


def _back(body: Body, year: int, form: GiveBackForm, refused: str = "") -> str:
    current = submissions.submission(current_viewer(), year, body.id)
    form.version.data = current.version if current else 0
    return render_template(
        "submission/return.html", body=body, year=find_year(year), submission=current, give_back=form, refused=refused
    )
