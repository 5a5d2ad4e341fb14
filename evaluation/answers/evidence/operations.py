"""Giving files as evidence and taking them back, while the body's year takes changes."""

import hashlib
from datetime import date

from flask import current_app

from evaluation import storage as files
from evaluation.answers import queries as collection
from evaluation.answers.evidence import queries
from evaluation.answers.evidence.content import FileRefused, clean_name, content_of
from evaluation.answers.models import EvidenceFile
from evaluation.answers.queries import ReportSnapshot
from evaluation.answers.save import UnknownCell
from evaluation.audit.operations import NewEvent, write
from evaluation.criteria.model import Order
from evaluation.database import db, hold
from evaluation.language import N_
from evaluation.policy import Action, Viewer
from evaluation.submissions.locks import require_open


def attach(
    viewer: Viewer,
    order: Order,
    year: int,
    body_id: int,
    organisation_id: int,
    criterion: str,
    name: str,
    data: bytes,
    today: date | None = None,
) -> EvidenceFile:
    """Put a file beside a criterion of an organisation's report; the same file twice is once.

    `today` is as of :func:`evaluation.answers.save.save`. Raises Forbidden; FileRefused for an empty, too large, damaged or
    unfit file and where there are too many; Locked where the year takes no changes; UnknownCell where the organisation is not the
    body's or the criterion is not its kind's.
    """
    viewer.require(Action.EDIT, body_id)
    _check_size(data)
    # Before anybody else is kept waiting: a large workbook takes its time.
    content = content_of(data)
    held = _held(viewer, year, body_id, organisation_id, today)
    if criterion not in criteria_of(order, held.kind):
        raise UnknownCell(f"{criterion} of organisation {organisation_id}")
    beside = [each for each in queries.files(viewer, year, body_id, organisation_id) if each.criterion == criterion]
    same = next((each for each in beside if each.sha256 == hashlib.sha256(data).hexdigest()), None)
    if same is None and len(beside) >= (most := current_app.config["EVIDENCE_FILES"]):
        raise FileRefused(N_("There are %(limit)s files beside this criterion already: remove one first."), limit=most)
    # Also where it is there already: should its bytes be lost or damaged, they are whole again.
    sha256 = files.keep(data)
    if same is not None:
        return same
    own = {"organisation_id": organisation_id, "year": year, "criterion": criterion, "given_by": viewer.name}
    shown = {"name": clean_name(name, content), "media_type": content.media_type}
    given = EvidenceFile(**own, **shown, sha256=sha256, size=len(data))
    db.session.add(given)
    db.session.flush()
    write(viewer, [NewEvent("file_attached", year, body_id, organisation_id, _told(given))])
    return given


def remove(
    viewer: Viewer, year: int, body_id: int, organisation_id: int, id_: int, today: date | None = None
) -> EvidenceFile | None:
    """Take a file away; None where it is not there any more. Its bytes stay in the folder: the record tells of them.

    `today` is as of :func:`evaluation.answers.save.save`. Raises Forbidden, Locked, UnknownCell.
    """
    viewer.require(Action.EDIT, body_id)
    _held(viewer, year, body_id, organisation_id, today)
    found = queries.file(viewer, year, body_id, organisation_id, id_)
    if found is not None:
        db.session.delete(found)
        db.session.flush()
        write(viewer, [NewEvent("file_removed", year, body_id, organisation_id, _told(found))])
    return found


def criteria_of(order: Order, kind: str) -> frozenset[str]:
    """The criteria that a kind of organisation is scored by: those that files may stand beside."""
    return frozenset(str(row.criterion) for row in order.table[kind].scored_rows)


def _held(viewer: Viewer, year: int, body_id: int, organisation_id: int, today: date | None) -> ReportSnapshot:
    """The organisation under its body, whose year nobody can hand over and whose files nobody else can change until the end."""
    hold(body_id, year, alone=True)
    held = collection.held(viewer, year, [organisation_id]).get(organisation_id)
    if held is None or held.body_id != body_id:
        raise UnknownCell(f"organisation {organisation_id} in {year}")
    require_open(held.state, year, held.term, today)
    return held


def _check_size(data: bytes) -> None:
    limit = current_app.config["EVIDENCE_MEGABYTES"]
    if not data:
        raise FileRefused(N_("The file is empty."))
    if len(data) > limit * 2**20:
        raise FileRefused(
            N_("The file is larger than %(limit)s MB. Scan it in grey at 300 dots per inch, or divide it."), limit=limit
        )


def _told(file: EvidenceFile) -> dict[str, object]:
    return {
        "criterion": file.criterion,
        "file": file.name,
        "sha256": file.sha256,
        "media_type": file.media_type,
        "size": file.size,
    }
