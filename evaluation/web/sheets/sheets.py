"""The assessment sheet as a page and as files: the accepted revision of an accepted year, else a draft of the current answers."""

from collections.abc import Callable

from flask import Blueprint, Response, abort, g, render_template, request, url_for

from evaluation.answers.year_data import YearData
from evaluation.clock import to_local
from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.registry.models import Body
from evaluation.review import queries as review
from evaluation.review.verification.export_file import CANONICAL_FORMAT, open_revision
from evaluation.review.verification.operations import export_draft, export_revision
from evaluation.sheets import Sheet, queries
from evaluation.sheets.annex import NamedOrganisation
from evaluation.sheets.document import LANGUAGES
from evaluation.sheets.writers import DATA_FORMATS, FORMATS
from evaluation.submissions import queries as submissions
from evaluation.submissions.models import ACCEPTED, SheetRevision
from evaluation.web.core.access import allow
from evaluation.web.core.request_context import YEAR, current_language, current_viewer, find_body, find_year, send_bytes
from evaluation.web.sheets.sheet_presenter import present_sheet

DOCUMENT_FORMATS = [format_ for format_ in FORMATS if format_ not in DATA_FORMATS]
MAX_REVISION_DIGITS = 6

blueprint = Blueprint("sheets", __name__)


@blueprint.get(f"/bodies/<bin_>/{YEAR}/sheet")
@allow(Action.VIEW)
def page(bin_: str, year: int) -> str:
    """Show the assessment sheet: the approved form with reasons under its rows, then the annex."""
    find_year(year)
    body = find_body(bin_)
    languages = chosen_languages()
    revision, in_force = _requested_revision(body, year)
    sheet, stamp = open_revision(revision, registry.orders()) if revision else (find_draft_sheet(body, year), None)
    revisions = review.sheet_revisions(current_viewer(), body.id, year)
    return render_template(
        "sheets/page.html",
        body=body,
        year=year,
        page=present_sheet(sheet, languages, stamp),
        sheet_order=sheet.order,
        report_address=report_addresses(bin_, year),
        chosen=languages,
        provisional=sheet.provisional,
        formats=DOCUMENT_FORMATS,
        data_formats=DATA_FORMATS,
        canonical_format=CANONICAL_FORMAT,
        sheet_languages=list(LANGUAGES),
        stamp=stamp,
        in_force=in_force,
        not_in_force=revision.revision if revision and revision.revision != in_force else None,
        revisions=[(revision.revision, to_local(revision.accepted_at).date()) for revision in revisions],
    )


@blueprint.get(f"/bodies/<bin_>/{YEAR}/sheet.<format_>")
@allow(Action.VIEW)
def file(bin_: str, year: int, format_: str) -> Response:
    """Send the sheet as a file, with the annex or with `form_only` without it, and record the export in the audit log."""
    find_year(year)
    body = find_body(bin_)
    languages, form_only = request.args.get("lang", "kk"), "form_only" in request.args
    if languages not in LANGUAGES:
        abort(404)
    revision, _ = _requested_revision(body, year)
    if format_ not in FORMATS and not (format_ == CANONICAL_FORMAT and revision):
        abort(404)
    viewer = current_viewer()
    if revision:
        export = export_revision(viewer, revision, format_, languages, form_only)
    else:
        export = export_draft(viewer, body.id, find_draft_sheet(body, year), format_, languages, form_only)
    g.commit_get = True
    return send_bytes(export.content, export.media_type, export.name)


def report_addresses(bin_: str, year: int) -> Callable[[NamedOrganisation], str]:
    """The function that gives the address of the cell for which an organisation is named in the reasons of a body's sheet."""

    def address(item: NamedOrganisation) -> str:
        return url_for("report.page", bin_=bin_, year=year, organisation_bin=item.bin, _anchor=f"field-{item.code}")

    return address


def find_draft_sheet(body: Body, year: int) -> Sheet:
    """The sheet of the current answers; aborts with 404 if there is none."""
    sheet = queries.draft_sheet(current_viewer(), body, year)
    return sheet if sheet is not None else abort(404)


def sheet_in_force(body: Body, data: YearData) -> Sheet:
    """The accepted sheet in force, independent of later changes of the registry; without one, the draft."""
    viewer = current_viewer()
    revision = review.revision_in_force(viewer, data.submission) if data.submission else None
    sheet = open_revision(revision, registry.orders())[0] if revision else queries.sheet_of_data(viewer, body, data)
    return sheet if sheet is not None else abort(404)


def _requested_revision(body: Body, year: int) -> tuple[SheetRevision | None, int | None]:
    """The revision to show, None for the draft; and the number of the revision in force, None if there is none.

    The request's argument `revision` selects it; without the argument it is the revision in force. Aborts with 404 if the
    requested revision does not exist.
    """
    viewer = current_viewer()
    submission = submissions.submission(viewer, year, body.id)
    in_force = submission.revision if submission and submission.status == ACCEPTED else None
    argument = request.args.get("revision")
    if argument is None and in_force is None:
        return None, None
    number = in_force
    if argument is not None:
        is_number = argument.isascii() and argument.isdigit() and len(argument) <= MAX_REVISION_DIGITS
        number = int(argument) if is_number else None
    revision = review.sheet_revision(viewer, body.id, year, number) if number else None
    return revision or abort(404), in_force


def chosen_languages() -> str:
    """The requested languages of the sheet, else the language of the page, else all languages of the sheet."""
    requested, page_language = request.args.get("lang", ""), current_language().code
    if requested in LANGUAGES:
        return requested
    return page_language if page_language in LANGUAGES else list(LANGUAGES)[-1]
