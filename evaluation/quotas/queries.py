"""Reads how much was sent within a time. Sums of bytes alone: they reveal nothing of a body's data."""

from datetime import datetime

from sqlalchemy import exists, func, select

from evaluation.database import db
from evaluation.policy import Action, Viewer
from evaluation.quotas.models import FileReceipt


def bytes_of_account(viewer: Viewer, since: datetime) -> int:
    """Return how many bytes the viewer has sent."""
    return _sum(FileReceipt.account_id == viewer.account_id, since) if viewer.account_id is not None else 0


def bytes_of_body(viewer: Viewer, body_id: int, since: datetime) -> int:
    """Return how many bytes all people have sent for a body. Raises Forbidden."""
    viewer.require(Action.EDIT, body_id)
    return _sum(FileReceipt.body_id == body_id, since)


def _sum(owner: object, since: datetime) -> int:
    statement = select(func.coalesce(func.sum(FileReceipt.size), 0)).where(owner, FileReceipt.at > since)  # type: ignore[arg-type]
    return int(db.session.scalar(statement) or 0)


def largest_senders(viewer: Viewer, column: str, minimum: int, since: datetime) -> list[tuple[int, int]]:
    """Return (id, bytes) of the accounts or bodies that have sent so much, the largest first.

    Args:
        viewer: An administrator.
        column: `account_id` or `body_id`.
        minimum: Bytes.
        since: The beginning of the time (UTC).

    Raises:
        Forbidden: The viewer manages no accounts.
    """
    viewer.require(Action.MANAGE_ACCOUNTS)
    owner, total = getattr(FileReceipt, column), func.sum(FileReceipt.size)
    statement = select(owner, total).where(owner.is_not(None), FileReceipt.at > since).group_by(owner)
    rows = db.session.execute(statement.having(total >= minimum).order_by(total.desc()).limit(20))
    return [(int(id_), int(size)) for id_, size in rows]


def is_sender(viewer: Viewer, sha256: str) -> bool:
    """Return whether the viewer has sent a file within the time for which receipts stay."""
    receipt = exists().where(FileReceipt.account_id == viewer.account_id, FileReceipt.sha256 == sha256)
    return bool(db.session.scalar(select(receipt)))
