"""Remarks of a body's year: made, answered and resolved beside the very place or in the list; and what was changed since."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, redirect, render_template, url_for
from werkzeug import Response as Redirection

from evaluation.criteria.model import Order
from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.registry.models import Body
from evaluation.review.diff import baseline, changed_since
from evaluation.review.models import Remark
from evaluation.review.remarks import operations, queries
from evaluation.review.remarks.model import Pin
from evaluation.review.remarks.operations import NoSuchPlace, NoSuchRemark, NotUnderReview, RemarkRefused
from evaluation.sheets.document import LANGUAGES
from evaluation.web.core.access import allow
from evaluation.web.core.request_context import YEAR, current_language, current_viewer, find_body, order_of
from evaluation.web.review.diff_presenter import change_groups
from evaluation.web.review.remarks_presenter import Places, lines, open_places, threads_of
from forms.review.remarks import PlaceForm, RemarkForm, ReplyForm

REMARKS = f"/bodies/<bin_>/{YEAR}/remarks"
ONE = f"{REMARKS}/<int(max=2147483647):remark_id>"
TO_LIST = "list"
"""Where a form leads back to: the list of remarks, else the remark's place."""

blueprint = Blueprint("remarks", __name__)
blueprint.app_context_processor(lambda: {"threads_of": threads_of, "open_places": open_places, "remark_most": operations.MOST})

Answer = str | Redirection | tuple[str, int]


@dataclass(frozen=True)
class Unsent:
    """What was typed and not taken, and why; `remark` is the one it answers, None for a remark that was to be made at `pin`."""

    form: ReplyForm
    error: str
    pin: Pin
    remark: int | None = None


@blueprint.get(REMARKS)
@allow(Action.REPLY)
def index(bin_: str, year: int) -> str:
    """All remarks of the year, those that are not resolved first, each leading to its place."""
    order, body = order_of(year), find_body(bin_)
    return _page(order, body, year)


@blueprint.post(REMARKS)
@allow(Action.REVIEW)
def make(bin_: str, year: int) -> Answer:
    """Make a remark."""
    order, body, viewer, form = order_of(year), find_body(bin_), current_viewer(), RemarkForm()
    pin = _pin(bin_, year, form)
    try:
        made = operations.make(
            viewer, order, year, body.id, form.text.data or "", pin.organisation_id, pin.code, pin.kind, pin.row
        )
    except NoSuchPlace:
        abort(404)
    except RemarkRefused as refused:
        return _refused(order, body, year, Unsent(form, refused.message(current_language()), pin), refused)
    return _back(order, body, year, made, form)


@blueprint.post(f"{ONE}/reply")
@allow(Action.REPLY)
def reply(bin_: str, year: int, remark_id: int) -> Answer:
    """Answer a remark."""
    form = ReplyForm()
    return _deed(bin_, year, remark_id, form, lambda: operations.reply(current_viewer(), remark_id, form.text.data or ""))


@blueprint.post(f"{ONE}/resolve")
@allow(Action.REVIEW)
def resolve(bin_: str, year: int, remark_id: int) -> Answer:
    """Settle a remark."""
    return _deed(bin_, year, remark_id, ReplyForm(), lambda: operations.resolve(current_viewer(), remark_id))


@blueprint.post(f"{ONE}/unresolve")
@allow(Action.REVIEW)
def unresolve(bin_: str, year: int, remark_id: int) -> Answer:
    """Open a resolved remark again."""
    return _deed(bin_, year, remark_id, ReplyForm(), lambda: operations.unresolve(current_viewer(), remark_id))


@blueprint.get(f"/bodies/<bin_>/{YEAR}/changes")
@allow(Action.REPLY)
def changes(bin_: str, year: int) -> str:
    """What was changed since the last hand-over that the reviewer had, cell by cell."""
    order, body, viewer = order_of(year), find_body(bin_), current_viewer()
    found = changed_since(viewer, order, year, body.id)
    places, shown = Places(order, year, body, current_language()), threads_of(body, year)
    groups = change_groups(order, places, shown, found)
    since = baseline(viewer, year, body.id)
    return render_template(
        "review/remarks/changes.html", body=body, year=year, since=since, groups=groups, count=len(found), home=_home(body, year)
    )


def _page(order: Order, body: Body, year: int, unsent: Unsent | None = None) -> str:
    viewer, shown = current_viewer(), threads_of(body, year)
    places = Places(order, year, body, current_language())
    found = lines(shown, places, changed_since(viewer, order, year, body.id) if shown.threads.remarks else [])
    return render_template(
        "review/remarks/list.html",
        body=body,
        year=year,
        shown=shown,
        open_lines=[line for line in found if line.remark.resolved_at is None],
        resolved_lines=[line for line in found if line.remark.resolved_at is not None],
        unsent=unsent,
        unsent_at=places.where(unsent.pin) if unsent else None,
        since=baseline(viewer, year, body.id),
        home=_home(body, year),
        list_back=TO_LIST,
    )


def _home(body: Body, year: int) -> str:
    """Where the pages belong: to the home of who enters answers, or to the body's page."""
    endpoint = "home.entry" if current_viewer().may(Action.EDIT) else "review.body"
    return url_for(endpoint, bin_=body.bin, year=year)


def _pin(bin_: str, year: int, form: RemarkForm) -> Pin:
    """What a form is about; 404 for an organisation that is not the body's."""
    own, id_ = form.organisation.data or "", None
    if own:
        _, found = registry.members(current_viewer(), year, bin_, [own])
        if own not in found:
            abort(404)
        id_ = found[own][0]
    return Pin(id_, form.code.data or None, form.kind.data or None, form.row.data or None)


def _deed(bin_: str, year: int, remark_id: int, form: ReplyForm, deed: Callable[[], Any]) -> Answer:
    """Do something with a remark of the body's year; 404 where it has no such remark."""
    order, body = order_of(year), find_body(bin_)
    found = queries.remark(current_viewer(), remark_id)
    if found is None or (found.body_id, found.year) != (body.id, year):
        abort(404)
    try:
        deed()
    except NoSuchRemark:
        abort(404)
    except RemarkRefused as refused:
        unsent = Unsent(form, refused.message(current_language()), Pin.of(found), remark_id)
        return _refused(order, body, year, unsent, refused)
    return _back(order, body, year, found, form)


def _refused(order: Order, body: Body, year: int, unsent: Unsent, refused: RemarkRefused) -> tuple[str, int]:
    """The list with what was typed, so that none of it is lost."""
    return _page(order, body, year, unsent), 409 if isinstance(refused, NotUnderReview) else 422


def _back(order: Order, body: Body, year: int, remark: Remark, form: PlaceForm) -> Redirection:
    """To where the form was: the remark in the list, or the very place that it is about."""
    listed = url_for(".index", bin_=body.bin, year=year, _anchor=f"remark-{remark.id}")
    if form.back.data == TO_LIST:
        return redirect(listed, 303)
    languages = form.lang.data if form.lang.data in LANGUAGES else ""
    return redirect(Places(order, year, body, current_language()).where(Pin.of(remark), languages).address or listed, 303)
