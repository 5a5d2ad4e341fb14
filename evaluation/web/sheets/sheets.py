"""The assessment sheet as a page and as files: of an accepted year the frozen one, else as the answers are now."""

from flask import Blueprint, Response, abort, g, render_template, request

from evaluation.answers.readiness import queries as submissions
from evaluation.clock import local
from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.registry.models import Body
from evaluation.review import queries as review
from evaluation.review.models import FrozenSheet
from evaluation.review.verification.export_file import FROZEN, opened
from evaluation.review.verification.operations import export, export_draft
from evaluation.sheets import Sheet, queries
from evaluation.sheets.document import LANGUAGES
from evaluation.sheets.writers import FORMATS
from evaluation.submissions.models import ACCEPTED
from evaluation.web.core.access import allow
from evaluation.web.core.request_context import YEAR, current_language, current_viewer, find_body, find_year, send_bytes
from evaluation.web.sheets.sheet_presenter import sheet_page

DATA = ["json"]
"""Formats for programs, alike in every language."""
MOST_DIGITS = 6
"""Of a revision's number."""
DOCUMENTS = [format_ for format_ in FORMATS if format_ not in DATA]


blueprint = Blueprint("sheets", __name__)


@blueprint.get(f"/bodies/<bin_>/{YEAR}/sheet")
@allow(Action.SEE)
def page(bin_: str, year: int) -> str:
    """The assessment sheet: the approved form with reasons under its rows, then the annex."""
    find_year(year)
    found = find_body(bin_)
    chosen = chosen_languages()
    frozen, in_force = _frozen(found, year)
    made, stamp = opened(frozen, registry.orders()) if frozen else (sheet_of(found, year), None)
    return render_template(
        "sheets/page.html",
        body=found,
        year=year,
        page=sheet_page(made, chosen, stamp),
        chosen=chosen,
        provisional=made.provisional,
        formats=DOCUMENTS,
        data_formats=DATA,
        frozen_format=FROZEN,
        sheet_languages=list(LANGUAGES),
        stamp=stamp,
        in_force=in_force,
        asked=frozen.revision if frozen and frozen.revision != in_force else None,
        revisions=[
            (each.revision, local(each.accepted_at).date()) for each in review.revisions(current_viewer(), found.id, year)
        ],
    )


@blueprint.get(f"/bodies/<bin_>/{YEAR}/sheet.<format_>")
@allow(Action.SEE)
def file(bin_: str, year: int, format_: str) -> Response:
    """The sheet as a file; that it was handed out is recorded."""
    find_year(year)
    found = find_body(bin_)
    chosen = request.args.get("lang", "kk")
    if chosen not in LANGUAGES:
        abort(404)
    frozen, _ = _frozen(found, year)
    if format_ not in FORMATS and not (format_ == FROZEN and frozen):
        abort(404)
    viewer = current_viewer()
    if frozen:
        made = export(viewer, frozen, format_, chosen)
    else:
        made = export_draft(viewer, found.id, sheet_of(found, year), format_, chosen)
    g.keep = True
    return send_bytes(made.content, made.media_type, made.name)


def sheet_of(found: Body, year: int) -> Sheet:
    """The body's sheet as the answers are now; 404 where there is none."""
    made = next(iter(queries.sheets(current_viewer(), year, [found])), None)
    return made if made is not None else abort(404)


def sheet_in_force(found: Body, year: int) -> Sheet:
    """The accepted sheet that is in force, whatever the registry became since; without one as :func:`sheet_of`."""
    submission = submissions.submission(current_viewer(), year, found.id)
    frozen = review.in_force(current_viewer(), submission) if submission else None
    return opened(frozen, registry.orders())[0] if frozen else sheet_of(found, year)


def _frozen(found: Body, year: int) -> tuple[FrozenSheet | None, int | None]:
    """The frozen sheet that is shown, None for the draft; and the revision in force, None where none is.

    It is the revision that is asked for, 404 where there is none such; else the one in force.
    """
    viewer = current_viewer()
    submission = submissions.submission(viewer, year, found.id)
    in_force = submission.revision if submission and submission.state == ACCEPTED else None
    asked = request.args.get("revision")
    if asked is None and in_force is None:
        return None, None
    revision = in_force
    if asked is not None:
        revision = int(asked) if asked.isascii() and asked.isdigit() and len(asked) <= MOST_DIGITS else None
    frozen = review.frozen(viewer, found.id, year, revision) if revision else None
    return frozen or abort(404), in_force


def chosen_languages() -> str:
    """The sheet's languages that are asked for; else the page's, or both where the sheet is not written in it."""
    asked, spoken = request.args.get("lang", ""), current_language().code
    if asked in LANGUAGES:
        return asked
    return spoken if spoken in LANGUAGES else list(LANGUAGES)[-1]
