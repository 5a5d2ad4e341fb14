"""Accepting many years at once: those that wait without remarks, what exactly would be accepted, and what became of each."""

import re

from flask import Blueprint, render_template, request

from evaluation.accounts.queries import bodies_by_bin
from evaluation.clock import today
from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.registry.models import ReportingYear
from evaluation.review.body_list.queries import waiting
from evaluation.review.models import SheetRevision
from evaluation.review.operations import accept_bodies
from evaluation.review.snapshot import format_code
from evaluation.web.core.access import allow
from evaluation.web.core.pagination import page_urls, requested_page
from evaluation.web.core.request_context import YEAR, current_language, current_viewer, find_year

NOTHING = N_("Nothing is chosen. Tick the years that you want to accept.")
CHOSEN = re.compile(r"([0-9]{12}):([0-9]{1,9})")
"""A year that is ticked: the BIN of its body, and the version that was shown."""
ADDRESS = f"/bodies/accept/{YEAR}"

blueprint = Blueprint("accepting", __name__)


@blueprint.get(ADDRESS)
@allow(Action.REVIEW)
def index(year: int) -> str:
    """The submitted years that can be accepted together."""
    return _choice(find_year(year))


@blueprint.post(f"{ADDRESS}/preview")
@allow(Action.REVIEW)
def preview(year: int) -> str | tuple[str, int]:
    """What exactly will be accepted: each body's year at the version that was shown."""
    opened, chosen = find_year(year), _chosen()
    if not chosen:
        return _choice(opened, NOTHING), 422
    viewer, code = current_viewer(), current_language().code
    ids = [body.id for body in bodies_by_bin(viewer, chosen)]
    found = waiting(viewer, opened, today(), code, only=ids).items
    ready = [each for each in found if chosen[each.line.body.bin] == each.submission.version]
    return render_template("review/bulk_accept/preview.html", year=opened, ready=ready, gone=len(chosen) - len(ready))


@blueprint.post(ADDRESS)
@allow(Action.REVIEW)
def accept(year: int) -> str | tuple[str, int]:
    """Accept what the preview showed, each on its own: what cannot be accepted any more is told with why."""
    opened, chosen = find_year(year), _chosen()
    if not chosen:
        return _choice(opened, NOTHING), 422
    viewer, language = current_viewer(), current_language()
    given = [(body, chosen[body.bin]) for body in bodies_by_bin(viewer, chosen)]
    done = accept_bodies(viewer, year, given, today())
    named = {body.id: body for body in registry.bodies_in(viewer, [body for body, _ in done], year)}
    return render_template(
        "review/bulk_accept/result.html",
        year=opened,
        accepted=[(named[body.id], made) for body, made in done if isinstance(made, SheetRevision)],
        refused=[(named[body.id], made.message(language)) for body, made in done if isinstance(made, EvaluationError)],
        format_code=format_code,
    )


def _chosen() -> dict[str, int]:
    """BIN → the version that was shown, of the years that are ticked, or of all the page lists where that was asked for."""
    given = request.form.getlist("listed" if request.form.get("all") else "chosen")
    return {found[1]: int(found[2]) for each in given if (found := CHOSEN.fullmatch(each))}


def _choice(year: ReportingYear, refused: str = "") -> str:
    viewer = current_viewer()
    return render_template(
        "entry/body_choice.html",
        year=year,
        page=waiting(viewer, year, today(), current_language().code, requested_page()),
        page_url=page_urls(".index", year=year.year),
        refused=refused and current_language().gettext(refused),
    )
