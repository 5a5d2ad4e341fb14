"""Acceptance of several years at once: a choice, a preview, and the result for each year."""

import re
from http import HTTPStatus

from flask import Blueprint, render_template, request

from evaluation.accounts.queries import bodies_by_bin
from evaluation.clock import today
from evaluation.configuration import configuration
from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.registry.models import ReportingYear
from evaluation.review.body_list.queries import acceptable_submissions
from evaluation.review.operations import accept_bodies
from evaluation.review.snapshot import format_code
from evaluation.submissions.models import SheetRevision
from evaluation.web.core.access import allow
from evaluation.web.core.pagination import page_urls, requested_page
from evaluation.web.core.request_context import YEAR, current_language, current_viewer, find_year, require_order

NOTHING_CHOSEN = N_("Nothing is chosen. Tick the years that you want to accept.")
CHOICE = re.compile(r"([0-9]{12}):([0-9]{1,9})")
"""A chosen year: the BIN of its body and the version that the page showed."""
BASE_URL = f"/bodies/accept/{YEAR}"

Answer = str | tuple[str, int]

blueprint = Blueprint("bulk_accept", __name__)


@blueprint.get(BASE_URL)
@allow(Action.REVIEW)
def index(year: int) -> str:
    """Show the submissions that can be accepted together."""
    return _choice_page(find_year(year))


@blueprint.post(f"{BASE_URL}/preview")
@allow(Action.REVIEW)
def preview(year: int) -> Answer:
    """Show exactly what will be accepted: each body's year at the version that the page showed."""
    reporting_year, versions = find_year(year), _chosen_versions()
    if not versions:
        return _nothing_chosen(reporting_year)
    viewer, language = current_viewer(), current_language()
    ids = [body.id for body in bodies_by_bin(viewer, versions)]
    acceptable = acceptable_submissions(viewer, reporting_year, today(), language.code, body_ids=ids).items
    ready = [item for item in acceptable if versions[item.row.body.bin] == item.submission.version]
    return render_template(
        "review/bulk_accept/preview.html",
        year=reporting_year,
        ready=ready,
        stale_count=len(versions) - len(ready),
        has_public_url=bool(configuration().settings.public_url),
    )


@blueprint.post(BASE_URL)
@allow(Action.REVIEW)
def accept(year: int) -> Answer:
    """Accept the years of the preview, each by itself; years that cannot be accepted are listed with the reason."""
    reporting_year, versions = find_year(year), _chosen_versions()
    require_order(year)
    if not versions:
        return _nothing_chosen(reporting_year)
    viewer, language = current_viewer(), current_language()
    chosen = [(body, versions[body.bin]) for body in bodies_by_bin(viewer, versions)]
    results = accept_bodies(viewer, year, chosen, today())
    named = {body.id: body for body in registry.bodies_as_named_in(viewer, [body for body, _ in results], year)}
    return render_template(
        "review/bulk_accept/result.html",
        year=reporting_year,
        accepted=[(named[body.id], result) for body, result in results if isinstance(result, SheetRevision)],
        refused=[(named[body.id], result.message(language)) for body, result in results if isinstance(result, EvaluationError)],
        format_code=format_code,
    )


def _chosen_versions() -> dict[str, int]:
    """Return BIN → version of the chosen years, or of all years of the page if the button for all was pressed."""
    values = request.form.getlist("listed" if request.form.get("all") else "chosen")
    return {match[1]: int(match[2]) for value in values if (match := CHOICE.fullmatch(value))}


def _nothing_chosen(year: ReportingYear) -> tuple[str, int]:
    return _choice_page(year, current_language().gettext(NOTHING_CHOSEN)), HTTPStatus.UNPROCESSABLE_ENTITY


def _choice_page(year: ReportingYear, error: str = "") -> str:
    return render_template(
        "review/bulk_accept/choice.html",
        year=year,
        page=acceptable_submissions(current_viewer(), year, today(), current_language().code, requested_page()),
        page_url=page_urls(".index", year=year.year),
        error=error,
    )
