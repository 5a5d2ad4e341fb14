"""Files given as evidence: sent beside a criterion of a report, downloaded by who may see them, taken away again."""

from typing import Any

from flask import Blueprint, Response, abort, current_app, g, redirect, render_template, request, url_for
from werkzeug import Response as Redirection
from werkzeug.datastructures import FileStorage

from evaluation import storage as kept
from evaluation.answers import queries as collection
from evaluation.answers.evidence import operations, queries
from evaluation.answers.evidence.content import FileRefused
from evaluation.answers.models import EvidenceFile
from evaluation.answers.save import UnknownCell
from evaluation.clock import today
from evaluation.language import N_
from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.registry.models import Body, Organisation
from evaluation.submissions.locks import Locked
from evaluation.web.core.access import allow
from evaluation.web.core.request_context import YEAR, current_language, current_viewer, find_body, find_year, order_of, send_bytes

PLACE = f"/bodies/<bin_>/{YEAR}/organisations/<own>/files"
MOST_AT_ONCE = 20
FIELD = "file-"
"""What a file's field is named by, before its criterion. Fields stand beside the criteria, their form elsewhere in the page."""

NOTHING = N_("Choose a file first.")
TOO_MANY = N_("At most %(limit)s files can be sent at once.")

blueprint = Blueprint("files", __name__)


@blueprint.post(PLACE)
@allow(Action.EDIT)
def upload(bin_: str, year: int, own: str) -> str | Redirection | tuple[str, int]:
    """Take files, each sent in the field of its criterion: all of them, or with any refused none."""
    find_year(year)
    body, viewer = find_body(bin_), current_viewer()
    viewer.require(Action.EDIT, body.id)
    organisation = _organisation(body, year, own)
    sent = [(name[len(FIELD) :], file) for name in request.files if name.startswith(FIELD) for file in _chosen(name)]
    if not sent or len(sent) > MOST_AT_ONCE:
        refused = current_language().gettext(TOO_MANY, limit=MOST_AT_ONCE) if sent else current_language().gettext(NOTHING)
        return _refused(body, year, own, [("", refused)]), 422
    order = order_of(year)
    refusals = []
    for criterion, file in sent:
        try:
            operations.attach(viewer, order, year, body.id, organisation, criterion, file.filename or "", _read(file))
        except FileRefused as error:
            refusals.append((file.filename or "", error.message(current_language())))
        except Locked as error:
            return _refused(body, year, own, [("", error.message(current_language()))]), 409
        except UnknownCell:
            abort(404)
    if refusals:
        return _refused(body, year, own, refusals), 422
    return _back(bin_, year, own, sent[-1][0])


@blueprint.get(f"{PLACE}/<int(max=2147483647):id_>")
@allow(Action.FILES)
def download(bin_: str, year: int, own: str, id_: int) -> Response:
    """A file, to be kept and never shown by the browser: of what type it is, we say."""
    found = _found(bin_, year, own, id_)
    response = send_bytes(kept.read(found.sha256), found.media_type, found.name)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.cache_control.no_store = True
    return response


@blueprint.post(f"{PLACE}/<int(max=2147483647):id_>/remove")
@allow(Action.EDIT)
def remove(bin_: str, year: int, own: str, id_: int) -> str | Redirection | tuple[str, int]:
    """Take a file away; one that somebody else has taken away already is gone all the same."""
    find_year(year)
    body, viewer = find_body(bin_), current_viewer()
    viewer.require(Action.EDIT, body.id)
    try:
        gone = operations.remove(viewer, year, body.id, _organisation(body, year, own), id_)
    except Locked as error:
        return _refused(body, year, own, [("", error.message(current_language()))]), 409
    return _back(bin_, year, own, gone.criterion if gone else None)


def _organisation(body: Body, year: int, own: str) -> int:
    """The id of one of the body's organisations of that 31 December by its BIN; 404 for any other."""
    found = registry.members(current_viewer(), year, body.bin, [own])[1].get(own)
    if found is None:
        abort(404)
    return found[0]


def _found(bin_: str, year: int, own: str, id_: int) -> EvidenceFile:
    find_year(year)
    body = find_body(bin_)
    current_viewer().require(Action.FILES, body.id)
    found = queries.file(current_viewer(), year, body.id, _organisation(body, year, own), id_)
    if found is None:
        abort(404)
    return found


def _chosen(name: str) -> list[FileStorage]:
    """The files of a field; a field left empty is sent as a file without a name."""
    return [file for file in request.files.getlist(name) if file.filename]


def _read(file: FileStorage) -> bytes:
    # One byte more than is taken shows that it is too much.
    data: bytes = file.read(current_app.config["EVIDENCE_MEGABYTES"] * 2**20 + 1)
    return data


def _back(bin_: str, year: int, own: str, criterion: str | None) -> Redirection:
    anchor = f"files-{criterion}" if criterion else None
    return redirect(url_for("report.page", bin_=bin_, year=year, own=own, _anchor=anchor), 303)


def _refused(body: Body, year: int, own: str, refusals: list[tuple[str, str]]) -> str:
    back = url_for("report.page", bin_=body.bin, year=year, own=own)
    return render_template("entry/evidence/refused.html", refusals=refusals, back=back)


def evidence_files(body: Body, year: Any, organisation: Organisation) -> dict[str, list[EvidenceFile]] | None:
    """An organisation's files by criterion; None for who may not see them. Read once a page."""
    number = getattr(year, "year", year)
    if not current_viewer().may(Action.FILES, body.id):
        return None
    read: dict[tuple[int, int], dict[str, list[EvidenceFile]]] = g.setdefault("evidence_files", {})
    if (organisation.id, number) not in read:
        by_criterion = read.setdefault((organisation.id, number), {})
        for each in queries.files(current_viewer(), number, body.id, organisation.id):
            by_criterion.setdefault(each.criterion, []).append(each)
    return read[organisation.id, number]


def evidence_open(body: Body, year: Any) -> bool:
    """Whether the viewer may give files and take them away. Read once a page."""
    number = getattr(year, "year", year)
    if not current_viewer().may(Action.EDIT, body.id):
        return False
    read: dict[tuple[int, int], bool] = g.setdefault("evidence_open", {})
    if (body.id, number) not in read:
        read[body.id, number] = collection.lock(current_viewer(), number, body.id, today()) is None
    return read[body.id, number]


def size_in_words(size: int) -> str:
    """A file's size as people read it: in MB, with one decimal, and small ones in kB."""
    spoken = current_language()
    if size < 2**20:
        return spoken.gettext("%(size)s kB", size=spoken.number(max(1, round(size / 1024))))
    return spoken.gettext("%(size)s MB", size=spoken.number(size / 2**20, 1))


@blueprint.app_context_processor
def _context() -> dict[str, Any]:
    return {
        "evidence_files": evidence_files,
        "evidence_open": evidence_open,
        "evidence_field": FIELD,
        "evidence_limit": current_app.config["EVIDENCE_MEGABYTES"],
        "size_in_words": size_in_words,
    }
