"""Evidence files: sent beside a criterion of a report, downloaded by people who can see them, and removed."""

from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, abort, g, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug import Response as Redirection
from werkzeug.datastructures import FileStorage

from evaluation import storage
from evaluation.answers.evidence import operations, queries
from evaluation.answers.evidence.content import EvidenceRejected
from evaluation.answers.models import EvidenceFile
from evaluation.clock import today
from evaluation.configuration import configuration
from evaluation.language import N_
from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.registry.models import Body, Organisation
from evaluation.submissions import queries as submissions
from evaluation.web.core.access import allow
from evaluation.web.core.errors import errors_shown_in
from evaluation.web.core.request_context import YEAR, current_language, current_viewer, find_body, find_year, order_of, send_bytes

ADDRESS = f"/bodies/<bin_>/{YEAR}/organisations/<organisation_bin>/files"
MAX_FILES_PER_REQUEST = 20
FIELD_PREFIX = "file-"
"""The field of a file is this prefix and the code of its criterion. The fields stand beside the criteria, outside their form."""
MEGABYTE = 2**20

NO_FILE = N_("Choose a file first.")
TOO_MANY_FILES = N_("At most %(limit)s files can be sent at once.")

blueprint = Blueprint("files", __name__)


@blueprint.post(ADDRESS)
@allow(Action.EDIT)
def upload(bin_: str, year: int, organisation_bin: str) -> str | Redirection | tuple[str, int]:
    """Attach the files, each to the criterion of its field; none of them when any is rejected."""
    find_year(year)
    body, viewer = find_body(bin_), current_viewer()
    viewer.require(Action.EDIT, body.id)
    organisation_id = _organisation_id(body, year, organisation_bin)
    form, order, rejections = FlaskForm(), order_of(year), []
    with errors_shown_in(form, lambda: _rejected_page(body, year, organisation_bin, _unnamed(form))):
        uploads = _uploads()
        for criterion, file in uploads:
            try:
                operations.attach(viewer, order, year, body.id, organisation_id, criterion, file.filename or "", _read(file))
            except EvidenceRejected as error:
                # The page lists the errors of all files.
                rejections.append((file.filename or "", error.message(current_language())))
    if rejections:
        return _rejected_page(body, year, organisation_bin, rejections), HTTPStatus.UNPROCESSABLE_ENTITY
    return _back_to_report(bin_, year, organisation_bin, uploads[-1][0])


@blueprint.get(f"{ADDRESS}/<int(max=2147483647):id_>")
@allow(Action.VIEW_FILES)
def download(bin_: str, year: int, organisation_bin: str, id_: int) -> Response:
    """Send a file as a download. The browser must never show it, and its media type is the one that we detected."""
    find_year(year)
    body = find_body(bin_)
    current_viewer().require(Action.VIEW_FILES, body.id)
    file = queries.file(current_viewer(), year, body.id, _organisation_id(body, year, organisation_bin), id_) or abort(404)
    response = send_bytes(storage.read(file.sha256), file.media_type, file.name)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.cache_control.no_store = True
    return response


@blueprint.post(f"{ADDRESS}/<int(max=2147483647):id_>/remove")
@allow(Action.EDIT)
def remove(bin_: str, year: int, organisation_bin: str, id_: int) -> str | Redirection | tuple[str, int]:
    """Remove a file; when someone else has removed it already, the result is the same."""
    find_year(year)
    body, viewer = find_body(bin_), current_viewer()
    viewer.require(Action.EDIT, body.id)
    form, organisation_id = FlaskForm(), _organisation_id(body, year, organisation_bin)
    with errors_shown_in(form, lambda: _rejected_page(body, year, organisation_bin, _unnamed(form))):
        removed = operations.remove(viewer, year, body.id, organisation_id, id_)
    return _back_to_report(bin_, year, organisation_bin, removed.criterion if removed else None)


def _organisation_id(body: Body, year: int, organisation_bin: str) -> int:
    """Return the id of the body's organisation of that 31 December with this BIN; aborts with 404 when there is none."""
    member = registry.members(current_viewer(), year, body.bin, [organisation_bin])[1].get(organisation_bin)
    return member[0] if member is not None else abort(404)


def _uploads() -> list[tuple[str, FileStorage]]:
    """Return (criterion, file) of the request's files. Raises EvidenceRejected for no file or too many."""
    names = [name for name in request.files if name.startswith(FIELD_PREFIX)]
    uploads = [(name.removeprefix(FIELD_PREFIX), file) for name in names for file in _files_of_field(name)]
    if not uploads:
        raise EvidenceRejected(NO_FILE)
    if len(uploads) > MAX_FILES_PER_REQUEST:
        raise EvidenceRejected(TOO_MANY_FILES, limit=MAX_FILES_PER_REQUEST)
    return uploads


def _unnamed(form: FlaskForm) -> list[tuple[str, str]]:
    """Return the errors that concern all files of a request, as rejections without a file name."""
    return [("", message) for message in form.form_errors]


def _files_of_field(name: str) -> list[FileStorage]:
    """Return the files of a field; browsers send an empty field as a file without a name."""
    return [file for file in request.files.getlist(name) if file.filename]


def _read(file: FileStorage) -> bytes:
    # One byte more than the limit shows that the file is too large.
    data: bytes = file.read(configuration().settings.evidence_megabytes * MEGABYTE + 1)
    return data


def _back_to_report(bin_: str, year: int, organisation_bin: str, criterion: str | None) -> Redirection:
    anchor = f"files-{criterion}" if criterion else None
    return redirect(url_for("report.page", bin_=bin_, year=year, organisation_bin=organisation_bin, _anchor=anchor), 303)


def _rejected_page(body: Body, year: int, organisation_bin: str, rejections: list[tuple[str, str]]) -> str:
    """Render the rejected files: (file name, empty for all files; message)."""
    back = url_for("report.page", bin_=body.bin, year=year, organisation_bin=organisation_bin)
    return render_template("entry/evidence/refused.html", rejections=rejections, back=back)


def evidence_files(body: Body, year: Any, organisation: Organisation) -> dict[str, list[EvidenceFile]] | None:
    """Return criterion → files of an organisation, read once per request; None when the viewer cannot see files."""
    number = getattr(year, "year", year)
    if not current_viewer().may(Action.VIEW_FILES, body.id):
        return None
    cache: dict[tuple[int, int], dict[str, list[EvidenceFile]]] = g.setdefault("evidence_files", {})
    if (organisation.id, number) not in cache:
        by_criterion = cache.setdefault((organisation.id, number), {})
        for file in queries.files(current_viewer(), number, body.id, organisation.id):
            by_criterion.setdefault(file.criterion, []).append(file)
    return cache[organisation.id, number]


def may_change_evidence(body: Body, year: Any) -> bool:
    """Return whether the viewer can attach and remove files now, read once per request."""
    number = getattr(year, "year", year)
    if not current_viewer().may(Action.EDIT, body.id):
        return False
    cache: dict[tuple[int, int], bool] = g.setdefault("may_change_evidence", {})
    if (body.id, number) not in cache:
        cache[body.id, number] = submissions.lock(current_viewer(), number, body.id, today()) is None
    return cache[body.id, number]


def format_size(size_bytes: int) -> str:
    """Return a file's size for people: in MB with one decimal, below 1 MB in kB."""
    language = current_language()
    if size_bytes < MEGABYTE:
        return language.gettext("%(size)s kB", size=language.number(max(1, round(size_bytes / 1024))))
    return language.gettext("%(size)s MB", size=language.number(size_bytes / MEGABYTE, 1))


@blueprint.app_context_processor
def _context() -> dict[str, Any]:
    return {
        "evidence_files": evidence_files,
        "may_change_evidence": may_change_evidence,
        "evidence_field_prefix": FIELD_PREFIX,
        "evidence_limit": configuration().settings.evidence_megabytes,
        "format_size": format_size,
    }
