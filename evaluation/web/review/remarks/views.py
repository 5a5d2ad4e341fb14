"""Pages of remarks: their list, forms beside answers and rows, and what changed since the previous submission round."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, url_for
from werkzeug import Response as Redirection

from evaluation.criteria.model import Order
from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.registry.models import Body
from evaluation.review.diff import baseline, changed_since
from evaluation.review.models import Remark
from evaluation.review.remarks import operations, queries
from evaluation.review.remarks.model import RemarkTarget
from evaluation.review.remarks.operations import UnknownRemark, UnknownRemarkTarget
from evaluation.sheets.document import LANGUAGES
from evaluation.web.core.access import allow
from evaluation.web.core.errors import errors_shown_in
from evaluation.web.core.request_context import YEAR, current_language, current_viewer, find_body, order_of
from evaluation.web.review.remarks.changes_presenter import change_groups
from evaluation.web.review.remarks.presenter import RemarkLocator, open_remark_locations, remark_rows, remark_threads
from forms.review.remarks import RemarkForm, ReplyForm, ReturnTargetForm

REMARKS = f"/bodies/<bin_>/{YEAR}/remarks"
REMARK = f"{REMARKS}/<int:remark_id>"
RETURN_TO_LIST = "list"
"""The value of `back` that returns to the list of remarks; every other value returns to the remark's target."""

blueprint = Blueprint("remarks", __name__)
blueprint.app_context_processor(
    lambda: {
        "remark_threads": remark_threads,
        "open_remark_locations": open_remark_locations,
        "max_remark_characters": operations.MAX_TEXT_CHARACTERS,
    }
)


@dataclass(frozen=True)
class UnsentText:
    """A remark or reply that was refused.

    `remark_id` is the remark that the reply belongs to; None for a new remark on `target`.
    """

    form: ReplyForm
    target: RemarkTarget
    remark_id: int | None = None

    @property
    def error(self) -> str:
        """Why the text was refused."""
        return str(self.form.text.errors[0])


@blueprint.get(REMARKS)
@allow(Action.REPLY)
def index(bin_: str, year: int) -> str:
    """Show all remarks of the year, open ones first, each with a link to its target."""
    order, body = order_of(year), find_body(bin_)
    return _list_page(order, body, year)


@blueprint.post(REMARKS)
@allow(Action.REVIEW)
def add(bin_: str, year: int) -> Redirection:
    """Add a remark."""
    order, body, form = order_of(year), find_body(bin_), RemarkForm()
    target = _target_of(bin_, year, form)
    with errors_shown_in(form, lambda: _list_page(order, body, year, UnsentText(form, target))):
        remark = operations.add_remark(current_viewer(), order, year, body.id, form.text.data or "", target)
    return _return_from(form, order, body, year, remark)


@blueprint.post(f"{REMARK}/reply")
@allow(Action.REPLY)
def reply(bin_: str, year: int, remark_id: int) -> Redirection:
    """Reply to a remark."""
    form = ReplyForm()
    return _change(bin_, year, remark_id, form, lambda: operations.reply(current_viewer(), remark_id, form.text.data or ""))


@blueprint.post(f"{REMARK}/resolve")
@allow(Action.REVIEW)
def resolve(bin_: str, year: int, remark_id: int) -> Redirection:
    """Mark a remark as resolved."""
    return _change(bin_, year, remark_id, ReplyForm(), lambda: operations.resolve(current_viewer(), remark_id))


@blueprint.post(f"{REMARK}/unresolve")
@allow(Action.REVIEW)
def unresolve(bin_: str, year: int, remark_id: int) -> Redirection:
    """Open a resolved remark again."""
    return _change(bin_, year, remark_id, ReplyForm(), lambda: operations.unresolve(current_viewer(), remark_id))


@blueprint.get(f"/bodies/<bin_>/{YEAR}/changes")
@allow(Action.REPLY)
def changes(bin_: str, year: int) -> str:
    """Show what changed since the previous submission round, cell by cell."""
    order, body, viewer = order_of(year), find_body(bin_), current_viewer()
    cell_changes = changed_since(viewer, order, year, body.id)
    locator = RemarkLocator(order, year, body, current_language())
    return render_template(
        "review/remarks/changes.html",
        body=body,
        year=year,
        baseline=baseline(viewer, year, body.id),
        groups=change_groups(order, locator, remark_threads(body, year), cell_changes),
        count=len(cell_changes),
        home=_home_url(body, year),
    )


def _list_page(order: Order, body: Body, year: int, unsent: UnsentText | None = None) -> str:
    viewer, threads = current_viewer(), remark_threads(body, year)
    locator = RemarkLocator(order, year, body, current_language())
    rows = remark_rows(threads, locator, changed_since(viewer, order, year, body.id) if threads.index.remarks else [])
    return render_template(
        "review/remarks/list.html",
        body=body,
        year=year,
        threads=threads,
        open_rows=[row for row in rows if row.remark.resolved_at is None],
        resolved_rows=[row for row in rows if row.remark.resolved_at is not None],
        unsent=unsent,
        unsent_location=locator.locate(unsent.target) if unsent else None,
        baseline=baseline(viewer, year, body.id),
        home=_home_url(body, year),
        return_to_list=RETURN_TO_LIST,
    )


def _home_url(body: Body, year: int) -> str:
    """Return the address of the page above: the home of people who enter answers, the body's page for others."""
    endpoint = "home.entry" if current_viewer().may(Action.EDIT) else "review.body"
    return url_for(endpoint, bin_=body.bin, year=year)


def _target_of(bin_: str, year: int, form: RemarkForm) -> RemarkTarget:
    """Return the target that a form names. Raises UnknownRemarkTarget for an organisation of another body."""
    organisation_bin, organisation_id = form.organisation.data or "", None
    if organisation_bin:
        _, members = registry.members(current_viewer(), year, bin_, [organisation_bin])
        if organisation_bin not in members:
            raise UnknownRemarkTarget
        organisation_id = members[organisation_bin][0]
    return RemarkTarget(organisation_id, form.code.data or None, form.kind.data or None, form.row.data or None)


def _change(bin_: str, year: int, remark_id: int, form: ReplyForm, operation: Callable[[], object]) -> Redirection:
    """Run an operation on a remark of the body's year. Raises UnknownRemark if the year has no such remark."""
    order, body = order_of(year), find_body(bin_)
    remark = queries.remark(current_viewer(), remark_id)
    if remark is None or (remark.body_id, remark.year) != (body.id, year):
        raise UnknownRemark
    unsent = UnsentText(form, RemarkTarget.of(remark), remark_id)
    with errors_shown_in(form, lambda: _list_page(order, body, year, unsent)):
        operation()
    return _return_from(form, order, body, year, remark)


def _return_from(form: ReturnTargetForm, order: Order, body: Body, year: int, remark: Remark) -> Redirection:
    """Redirect to where the form was: the remark in the list, or its target."""
    list_url = url_for(".index", bin_=body.bin, year=year, _anchor=f"remark-{remark.id}")
    if form.back.data == RETURN_TO_LIST:
        return redirect(list_url, 303)
    languages = form.lang.data if form.lang.data in LANGUAGES else ""
    location = RemarkLocator(order, year, body, current_language()).locate(RemarkTarget.of(remark), languages)
    return redirect(location.url or list_url, 303)
