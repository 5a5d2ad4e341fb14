"""Evidence files beside a criterion of a report: attached by the report's form or at once by its script, and downloaded."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, abort, g, jsonify, render_template, request
from flask_babel import ngettext
from werkzeug.datastructures import FileStorage

from evaluation import storage
from evaluation.answers.evidence import operations, queries
from evaluation.answers.evidence.content import EvidenceRejected
from evaluation.answers.models import EvidenceFile
from evaluation.configuration import configuration
from evaluation.criteria.model import Order
from evaluation.language import N_
from evaluation.policy import Action
from evaluation.quotas.operations import QuotaExceeded
from evaluation.registry import queries as registry
from evaluation.registry.models import Body
from evaluation.settings import MEGABYTE
from evaluation.web.core.access import allow
from evaluation.web.core.request_context import YEAR, current_language, current_viewer, find_body, find_year, order_of, send_bytes
from evaluation.web.entry.answers import other_person_answer

ADDRESS = f"/bodies/<bin_>/{YEAR}/organisations/<organisation_bin>/files"
MAX_FILES_PER_REQUEST = 20
FIELD_PREFIX = "file-"
"""The field of a file is this prefix and the code of its criterion."""

NO_FILE = N_("Choose a file first.")
TOO_MANY_FILES = N_("At most %(limit)s files can be sent at once.")

blueprint = Blueprint("files", __name__)


@blueprint.post(ADDRESS)
@allow(Action.EDIT)
def upload(bin_: str, year: int, organisation_bin: str) -> tuple[Response, int] | Response:
    """Attach files to a criterion for a script; return the criterion's files as HTML, with the reasons of rejected files."""
    order, body, viewer = order_of(year), find_body(bin_), current_viewer()
    viewer.require(Action.EDIT, body.id)
    organisation_id, kind = _member(body, year, organisation_bin)
    if answer := other_person_answer(request.form.get("account", str(viewer.account_id))):
        return answer
    uploads = request_files()
    if not uploads:
        raise EvidenceRejected(NO_FILE)
    rejected = attach_files(order, year, body.id, organisation_id, uploads)
    criterion = uploads[0][0]
    files = files_by_criterion(year, body, organisation_id).get(criterion, [])
    html = render_template(
        "entry/evidence/list.html",
        criterion=criterion,
        row=order.row_number(kind, criterion),
        files=files,
        rejected=rejected.get(criterion, []),
        may_edit=True,
        body=body,
        year=year,
        organisation_bin=organisation_bin,
    )
    return jsonify(html=html, count=file_count(len(files)), rejected=bool(rejected))


@blueprint.get(f"{ADDRESS}/<int:id_>")
@allow(Action.VIEW_FILES)
def download(bin_: str, year: int, organisation_bin: str, id_: int) -> Response:
    """Send a file as a download and record it. The browser must never show it; its media type is the one that we detected."""
    find_year(year)
    body = find_body(bin_)
    current_viewer().require(Action.VIEW_FILES, body.id)
    file = queries.file(current_viewer(), year, body.id, _member(body, year, organisation_bin)[0], id_) or abort(404)
    response = send_bytes(storage.read(file.sha256), file.media_type, file.name)
    operations.record_download(current_viewer(), file, body.id)
    g.commit_get = True
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.cache_control.no_store = True
    return response


def _member(body: Body, year: int, organisation_bin: str) -> tuple[int, str]:
    """Return (id, kind) of the body's organisation of that 31 December with this BIN; aborts with 404 when there is none."""
    member = registry.members(current_viewer(), year, body.bin, [organisation_bin])[1].get(organisation_bin)
    return member if member is not None else abort(404)


def request_files() -> list[tuple[str, FileStorage]]:
    """Return (criterion, file) of the request's files; browsers send an empty field as a file without a name.

    Raises EvidenceRejected for too many files.
    """
    names = [name for name in request.files if name.startswith(FIELD_PREFIX)]
    uploads = [(name.removeprefix(FIELD_PREFIX), file) for name in names for file in request.files.getlist(name) if file.filename]
    if len(uploads) > MAX_FILES_PER_REQUEST:
        raise EvidenceRejected(TOO_MANY_FILES, limit=MAX_FILES_PER_REQUEST)
    return uploads


def attach_files(
    order: Order, year: int, body_id: int, organisation_id: int, uploads: Sequence[tuple[str, FileStorage]]
) -> dict[str, list[tuple[str, str]]]:
    """Attach files, each to its criterion; return criterion → (file name, reason) of the rejected ones.

    Raises as :func:`evaluation.answers.evidence.operations.attach` does, except EvidenceRejected and QuotaExceeded.
    """
    rejected: dict[str, list[tuple[str, str]]] = {}
    for criterion, file in uploads:
        name = file.filename or ""
        try:
            operations.attach(current_viewer(), order, year, body_id, organisation_id, criterion, name, _read(file))
        except (EvidenceRejected, QuotaExceeded) as error:
            rejected.setdefault(criterion, []).append((name, error.message(current_language())))
    return rejected


def _read(file: FileStorage) -> bytes:
    # One byte more than the limit shows that the file is too large.
    data: bytes = file.read(configuration().settings.evidence_megabytes * MEGABYTE + 1)
    return data


def files_by_criterion(year: int, body: Body, organisation_id: int) -> dict[str, list[EvidenceFile]]:
    """Return criterion → files of an organisation. Raises Forbidden."""
    by_criterion: dict[str, list[EvidenceFile]] = {}
    for file in queries.files(current_viewer(), year, body.id, organisation_id):
        by_criterion.setdefault(file.criterion, []).append(file)
    return by_criterion


def file_count(count: int) -> str:
    """Return a number of files for people; empty for none."""
    return ngettext("%(num)d file", "%(num)d files", count) if count else ""


def format_size(size_bytes: int) -> str:
    """Return a file's size for people: in MB with one decimal, below 1 MB in kB."""
    language = current_language()
    if size_bytes < MEGABYTE:
        return language.gettext("%(size)s kB", size=language.number(max(1, round(size_bytes / 1024))))
    return language.gettext("%(size)s MB", size=language.number(size_bytes / MEGABYTE, 1))


@blueprint.app_context_processor
def _context() -> dict[str, Any]:
    return {
        "evidence_field_prefix": FIELD_PREFIX,
        "evidence_limit": configuration().settings.evidence_megabytes,
        "file_count": file_count,
        "format_size": format_size,
    }
