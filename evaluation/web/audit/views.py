"""Views of the audit log: the search page, and the history of one answer."""

from flask import Blueprint, abort, g, render_template, request

from evaluation.audit.actions import readable_groups
from evaluation.criteria.model import Indicator
from evaluation.language import N_
from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.review.audit_search import queries
from evaluation.web.audit.event_presenter import EventPresenter
from evaluation.web.audit.rows import answer_event_row, event_rows
from evaluation.web.audit.search_form import parse_search_form
from evaluation.web.core.access import allow
from evaluation.web.core.request_context import YEAR, current_language, current_viewer, find_body, order_of

MAX_EVENT_ID = 2**31 - 1
INVALID_DAY = N_("Write a day such as 31.03.2026.")

blueprint = Blueprint("audit", __name__)


@blueprint.get("/audit")
@allow(Action.VIEW)
def index() -> str:
    """Search the audit log."""
    viewer, open_years = current_viewer(), registry.years()
    years = [year.year for year in open_years]
    # The page shows many years; the latest one decides whether it is marked as invented data.
    g.invented = bool(open_years) and open_years[0].invented
    indicators, evidence = _items_by_code()
    groups = readable_groups(viewer)
    form = parse_search_form(request.args, groups, years, frozenset(indicators) | frozenset(evidence))
    before = request.args.get("before", 0, type=int)
    hits, has_more = (
        ([], False) if form.invalid_days else queries.search(viewer, form.filters, before if 0 < before <= MAX_EVENT_ID else None)
    )
    return render_template(
        "audit/index.html",
        form=form,
        rows=event_rows(viewer, hits),
        older_url=form.url(before=hits[-1].event.id) if has_more else "",
        newest_url=form.url() if before else "",
        years=[(str(year), year) for year in years],
        groups=[(group.value, group.label) for group in groups],
        indicators=indicators,
        evidence=evidence,
        has_one_body=viewer.bodies is not None and len(viewer.bodies) == 1,
        invalid_day=INVALID_DAY,
    )


@blueprint.get(f"/bodies/<bin_>/{YEAR}/organisations/<organisation_bin>/history/<code>")
@allow(Action.VIEW)
def history(bin_: str, year: int, organisation_bin: str, code: str) -> str:
    """Show the history of one answer; with `part` in the address only the list, for scripts."""
    order, body, viewer = order_of(year), find_body(bin_), current_viewer()
    is_bin = organisation_bin.isascii() and organisation_bin.isdigit()
    members = registry.members(viewer, year, body.bin, [organisation_bin])[1] if is_bin else {}
    organisation_id, kind = members.get(organisation_bin, (0, ""))
    if not organisation_id or kind not in order.kind or code not in order.codes_of(kind):
        abort(404)
    presenter = EventPresenter(current_language())
    events = queries.answer_history(viewer, year, organisation_id, code)
    rows = [answer_event_row(presenter, year, code, event) for event in events]
    if "part" in request.args:
        return render_template("audit/answer_events.html", rows=rows)
    organisations = registry.organisations(viewer, body.id, year, current_language().code)
    return render_template(
        "audit/history.html",
        rows=rows,
        body=body,
        year=year,
        organisation=next(organisation for organisation in organisations if organisation.bin == organisation_bin),
        item=order.by_code[code],
    )


def _items_by_code() -> tuple[dict[str, Indicator], dict[str, Indicator]]:
    """Return the indicators and items of evidence of every order by code, as the latest order names them."""
    orders = registry.orders().all
    indicators = {item.code: item for order in orders for item in order.indicators}
    return indicators, {item.code: item for order in orders for item in order.evidence if item.code not in indicators}
