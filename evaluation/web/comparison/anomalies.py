"""The register of anomalies: the reviewer's queue of a year, one anomaly with its decision, and those of a body's year."""

from dataclasses import asdict
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug import Response as Redirection

from evaluation.anomalies import operations, queries
from evaluation.anomalies.jobs import KIND
from evaluation.anomalies.labels import FILTER_LABELS, STATE_LABELS
from evaluation.anomalies.models import OPEN
from evaluation.anomalies.queries import AnomalyFilters, AnomalyRow
from evaluation.criteria.model import Order
from evaluation.jobs.operations import start_job
from evaluation.pagination import Page
from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.registry.models import Body
from evaluation.web.comparison import context
from evaluation.web.comparison.anomaly_presenter import AnomalyPresenter, AnomalyView
from evaluation.web.core.access import allow
from evaluation.web.core.errors import errors_shown_in
from evaluation.web.core.pagination import page_urls, requested_page
from evaluation.web.core.request_context import (
    YEAR,
    current_language,
    current_viewer,
    find_body,
    find_year,
    order_of,
    search_words,
)
from forms.comparison.anomalies import DecisionForm, ExplanationForm

ANOMALY = f"/bodies/<bin_>/{YEAR}/anomalies/<int:anomaly_id>"
SHOWN_OF_BODY = 10
"""Anomalies on the page of a body's year."""

blueprint = Blueprint("anomalies", __name__)
blueprint.context_processor(context)
blueprint.app_context_processor(lambda: {"body_anomalies": body_anomalies, "anomaly_states": STATE_LABELS})


@blueprint.get(f"/anomalies/{YEAR}")
@allow(Action.REPLY)
def page(year: int) -> str:
    """Show the anomalies of a year, most points at stake first."""
    reporting_year, order, viewer, language = find_year(year), order_of(year), current_viewer(), current_language()
    filters = _requested_filters(order)
    presenter = AnomalyPresenter(order, year, language)
    return render_template(
        "comparison/anomalies/page.html",
        year=reporting_year,
        years=registry.years(),
        filters=filters,
        kinds=[(kind.code, kind.name[language.code]) for kind in order.anomalies],
        regions=registry.regions(viewer),
        states=FILTER_LABELS,
        counts=[(order.anomaly[code], *numbers) for code, *numbers in queries.open_counts(viewer, year) if code in order.anomaly],
        page=queries.anomalies(viewer, year, filters, requested_page()).map(presenter.view),
        page_url=page_urls(".page", year=year, **_query(filters)),
        last_search=queries.last_search(viewer, year),
        may_search=viewer.may(Action.REVIEW),
    )


@blueprint.post(f"/anomalies/{YEAR}/search")
@allow(Action.REVIEW)
def search(year: int) -> Redirection:
    """Start a search of the year in the background."""
    find_year(year)
    job = start_job(current_viewer(), KIND, {"year": year}, current_language().code)
    return redirect(url_for("jobs.show", job_id=job.id), 303)


@blueprint.get(ANOMALY)
@allow(Action.REPLY)
def anomaly(bin_: str, year: int, anomaly_id: int) -> str:
    """Show one anomaly: what was seen, what to check, the body's explanation and the decision."""
    row = _find(bin_, year, anomaly_id)
    return _anomaly_page(row, _decision_form(row), _explanation_form(row))


@blueprint.post(f"{ANOMALY}/decision")
@allow(Action.REVIEW)
def decide(bin_: str, year: int, anomaly_id: int) -> Redirection:
    """Store the reviewer's decision."""
    row, form = _find(bin_, year, anomaly_id), DecisionForm()
    with errors_shown_in(form, lambda: _anomaly_page(row, form, _explanation_form(row))):
        operations.decide(current_viewer(), anomaly_id, form.expected_version, form.state.data or "", form.reason.data or "")
    return redirect(url_for(".anomaly", bin_=bin_, year=year, anomaly_id=anomaly_id), 303)


@blueprint.post(f"{ANOMALY}/explanation")
@allow(Action.REPLY)
def explain(bin_: str, year: int, anomaly_id: int) -> Redirection:
    """Store the explanation of the body's people."""
    row, form = _find(bin_, year, anomaly_id), ExplanationForm()
    with errors_shown_in(form, lambda: _anomaly_page(row, _decision_form(row), form)):
        operations.explain(current_viewer(), anomaly_id, form.expected_version, form.text.data or "")
    return redirect(url_for(".anomaly", bin_=bin_, year=year, anomaly_id=anomaly_id), 303)


def body_anomalies(body: Body, year: int) -> Page[AnomalyView] | None:
    """Return the first anomalies of a body's year; None for a viewer who is neither of the body nor its reviewer."""
    viewer = current_viewer()
    if not viewer.may(Action.REPLY, body.id):
        return None
    presenter = AnomalyPresenter(order_of(year), year, current_language())
    return queries.anomalies_of_body(viewer, year, body.id, SHOWN_OF_BODY).map(presenter.view)


def _requested_filters(order: Order) -> AnomalyFilters:
    query = request.args
    state, code = query.get("state", OPEN), query.get("kind", "")
    return AnomalyFilters(
        search_words(query.get("q")),
        query.get("region", "") if query.get("region", "").isdecimal() else "",
        code if code in order.anomaly else "",
        state if state in FILTER_LABELS else OPEN,
    )


def _query(filters: AnomalyFilters) -> dict[str, Any]:
    names = {"search": "q", "code": "kind"}
    return {names.get(name, name): value for name, value in asdict(filters).items()}


def _find(bin_: str, year: int, anomaly_id: int) -> AnomalyRow:
    """Return an anomaly of the body's year; 404 if the year has no such anomaly."""
    order_of(year)
    body, row = find_body(bin_), queries.anomaly(current_viewer(), anomaly_id)
    if row is None or (row.body.id, row.anomaly.year) != (body.id, year):
        abort(404)
    return row


def _decision_form(row: AnomalyRow) -> DecisionForm:
    anomaly = row.anomaly
    return DecisionForm(formdata=None, version=anomaly.version, state=anomaly.state, reason=anomaly.reason)


def _explanation_form(row: AnomalyRow) -> ExplanationForm:
    return ExplanationForm(formdata=None, version=row.anomaly.version, text=row.anomaly.reply)


def _anomaly_page(row: AnomalyRow, decision: DecisionForm, explanation: ExplanationForm) -> str:
    viewer, year = current_viewer(), row.anomaly.year
    return render_template(
        "comparison/anomalies/anomaly.html",
        year=find_year(year),
        body=row.body,
        view=AnomalyPresenter(order_of(year), year, current_language()).view(row),
        decision=decision if viewer.may(Action.REVIEW, row.body.id) else None,
        explanation=explanation,
        is_reviewer=viewer.may(Action.REVIEW, row.body.id),
    )
