"""Stores files that people send, within the limits of a day."""

import logging
from datetime import timedelta
from http import HTTPStatus

from sqlalchemy import delete

from evaluation import storage
from evaluation.clock import now
from evaluation.configuration import configuration
from evaluation.database import advisory_lock, db
from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.policy import Viewer
from evaluation.quotas import queries
from evaluation.quotas.models import FileReceipt
from evaluation.settings import MEGABYTE
from evaluation.storage.model import FILE_MISSING

FILES_LOCK_ID = 193_0093
"""The key of the lock that storing files shares, until the rows that name them are committed, and that deleting takes alone."""
DAY = timedelta(hours=24)
WARNING_SHARE = 0.8
"""The part of a limit from which administrators are warned."""
ACCOUNT_LIMIT = N_(
    "You have reached the limit of %(limit)s MB of files in 24 hours. The file was not stored. Send it tomorrow, or ask the "
    "administrator to raise the limit."
)
BODY_LIMIT = N_(
    "The limit of %(limit)s MB of files of this body in 24 hours is reached. The file was not stored. Send it tomorrow, or ask "
    "the administrator to raise the limit."
)

LOGGER = logging.getLogger(__name__)


class QuotaExceeded(EvaluationError):
    """A person, or the people of a body, have sent as much as they may within a day."""

    status = HTTPStatus.TOO_MANY_REQUESTS


def store_file(viewer: Viewer, data: bytes, body_id: int | None = None) -> str:
    """Store a file that the viewer sends, for a body or none, and return its SHA-256; the caller commits the row that names it.

    Requests at the same moment do not see each other's receipts: together they may exceed the limit by what each of them sends.

    Raises:
        QuotaExceeded: The limit of the account or of the body is reached; nothing is stored.
        StoreFull: There is too little space left.
        StoreUnavailable: The store does not answer.
    """
    advisory_lock(FILES_LOCK_ID)
    settings, since = configuration().settings, now() - DAY
    _check(
        queries.bytes_of_account(viewer, since) + len(data), settings.account_quota_megabytes, ACCOUNT_LIMIT, viewer.account_id
    )
    if body_id is not None:
        _check(queries.bytes_of_body(viewer, body_id, since) + len(data), settings.body_quota_megabytes, BODY_LIMIT, body_id)
    sha256 = storage.store(data)
    db.session.add(FileReceipt(account_id=viewer.account_id, body_id=body_id, sha256=sha256, size=len(data)))
    return sha256


def read_file_of_sender(viewer: Viewer, sha256: str) -> bytes:
    """Return the bytes of a file that the viewer has sent and that no row names yet.

    Raises:
        MissingFile: The bytes are missing or damaged, or the viewer has not sent them.
        StoreUnavailable: The store does not answer.
    """
    if not queries.is_sender(viewer, sha256):
        raise storage.MissingFile(FILE_MISSING)
    return storage.read(sha256)


def _check(total: int, limit: int, message: str, id_: int | None) -> None:
    """Raise QuotaExceeded if the total is above a limit in MB; warn in the log before that."""
    if total > limit * MEGABYTE:
        raise QuotaExceeded(message, limit=limit)
    if total >= WARNING_SHARE * limit * MEGABYTE:
        owner = "account" if message == ACCOUNT_LIMIT else "body"
        LOGGER.warning("Files: %s %s has sent %d of %d MB within 24 hours", owner, id_, total // MEGABYTE, limit)


def remove_receipts(viewer: Viewer) -> None:
    """Remove the receipts that no limit counts any more."""
    db.session.execute(delete(FileReceipt).where(FileReceipt.at <= now() - DAY))
