"""The pages of a stored decision: its tree, its source, the comparison with another one, its files, its removal."""

from typing import Any

from flask import Response, abort, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug import Response as Redirection

from evaluation import storage
from evaluation.budgets import operations, queries
from evaluation.budgets.differences import differences
from evaluation.budgets.export import MEDIA_TYPE, write_workbook
from evaluation.budgets.models import StoredDecision
from evaluation.policy import Action
from evaluation.registry.models import Body
from evaluation.web.budgets.blueprint import DECISION, blueprint, find_decision
from evaluation.web.budgets.source import source_page
from evaluation.web.budgets.tree import tree_of
from evaluation.web.core.access import allow
from evaluation.web.core.pagination import page_urls
from evaluation.web.core.request_context import current_language, current_viewer, find_year, named, send_bytes


@blueprint.get(DECISION)
@allow(Action.VIEW_FILES)
def decision(bin_: str, year: int, decision_id: int) -> str:
    """Show a decision as a tree with its sums and their places in the source."""
    body, details = find_decision(bin_, year, decision_id)
    return render_template(
        "budgets/decision.html",
        body=body,
        year=find_year(year),
        details=details,
        tree=tree_of(details),
        others=_others(body, details.row),
        may_edit=current_viewer().may(Action.EDIT, body.id),
        source_address=_source_address(body, details.row),
    )


@blueprint.get(f"{DECISION}/source")
@allow(Action.VIEW_FILES)
def source(bin_: str, year: int, decision_id: int) -> str:
    """Show the text that a decision was read from."""
    body, details = find_decision(bin_, year, decision_id)
    return render_template(
        "budgets/source.html",
        body=body,
        year=find_year(year),
        source=source_page(queries.source_lines(current_viewer(), details.row.source)),
        above=(_title(details.row), url_for(".decision", **_address(body, details.row))),
        page_url=page_urls(".source", **_address(body, details.row)),
    )


@blueprint.get(f"{DECISION}/file")
@allow(Action.VIEW_FILES)
def file(bin_: str, year: int, decision_id: int) -> Response:
    """Send the file of a decision as a download and record it; the browser must never show it."""
    _, details = find_decision(bin_, year, decision_id)
    stored = details.row.source
    response = send_bytes(storage.read(stored.sha256), stored.media_type, stored.name)
    operations.record_download(current_viewer(), details.row)
    g.commit_get = True
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.cache_control.no_store = True
    return response


@blueprint.get(f"{DECISION}/comparison")
@allow(Action.VIEW_FILES)
def compare(bin_: str, year: int, decision_id: int) -> str:
    """Compare a decision with the amended one, else with last year's, or with the decision of the parameter `with`."""
    body, details = find_decision(bin_, year, decision_id)
    others = _others(body, details.row)
    other_id = request.args.get("with", 0, type=int)
    other = next((item for item in others if item.id == other_id), None) if other_id else _usual(details.row, others)
    if other_id and other is None:
        abort(404)
    earlier = queries.decision(current_viewer(), body.id, other.id) if other else None
    rows = differences(earlier.decision, details.decision) if earlier else []
    show_all = "all" in request.args
    return render_template(
        "budgets/compare.html",
        body=body,
        year=find_year(year),
        details=details,
        others=others,
        other=earlier,
        rows=[row for row in rows if show_all or row.earlier != row.later],
        same=sum(row.earlier == row.later for row in rows),
        show_all=show_all,
    )


@blueprint.get(f"{DECISION}.xlsx")
@allow(Action.VIEW_FILES)
def export(bin_: str, year: int, decision_id: int) -> Response:
    """Download a decision as a workbook."""
    body, details = find_decision(bin_, year, decision_id)
    language, opened = current_language(), find_year(year)
    content = write_workbook(details, named(body).name(language.code), language, opened.invented)
    return send_bytes(content, MEDIA_TYPE, f"budget-{year}-{body.bin}-{language.code}.xlsx")


@blueprint.post(f"{DECISION}/remove")
@allow(Action.EDIT)
def remove(bin_: str, year: int, decision_id: int) -> Redirection:
    """Remove a stored decision."""
    body, _ = find_decision(bin_, year, decision_id)
    operations.remove_decision(current_viewer(), year, body.id, decision_id)
    flash(gettext("The decision is removed."))
    return redirect(url_for(".index", bin_=bin_, year=year), 303)


def _others(body: Body, row: StoredDecision) -> list[StoredDecision]:
    """Return the other decisions of the body."""
    return [item for item in queries.decisions(current_viewer(), body.id) if item.id != row.id]


def _usual(row: StoredDecision, others: list[StoredDecision]) -> StoredDecision | None:
    viewer = current_viewer()
    usual = queries.predecessor(viewer, row, "amended") or queries.predecessor(viewer, row, "last_year")
    return next((item for item in others if usual is not None and item.id == usual.id), None)


def _title(row: StoredDecision) -> str:
    return current_language().gettext(
        "Decision No. %(number)s of %(date)s", number=row.number, date=current_language().long_date(row.date)
    )


def _address(body: Body, row: StoredDecision) -> dict[str, Any]:
    return {"bin_": body.bin, "year": row.year, "decision_id": row.id}


def _source_address(body: Body, row: StoredDecision) -> dict[str, Any]:
    return {"endpoint": ".source", **_address(body, row)}
