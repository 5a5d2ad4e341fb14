"""Deletes stored files that nothing needs any more, in steps: each is a transaction of its own, which the caller commits."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from evaluation import storage
from evaluation.audit.actions import AuditAction
from evaluation.audit.operations import NewEvent, append_events
from evaluation.budgets.drafts import remove_expired_drafts
from evaluation.clock import now
from evaluation.configuration import configuration
from evaluation.database import advisory_lock, db
from evaluation.policy import Action, Viewer
from evaluation.quotas.operations import FILES_LOCK_ID, remove_receipts
from evaluation.review.stored_files import queries

GRACE = timedelta(hours=24)
"""How long bytes stay that no row names: those of a preview that is not stored yet, or of a file that was just sent."""
FILES_PER_STEP = 200


@dataclass(frozen=True)
class Pruning:
    """What was deleted, or would be: stored files, their bytes, and incomplete files that killed processes left."""

    files: int = 0
    bytes: int = 0
    leftovers: int = 0


def candidates(viewer: Viewer) -> Iterator[list[str]]:
    """Yield lists of the SHA-256s of stored files that are old enough to be deleted. Raises Forbidden, StoreUnavailable."""
    viewer.require(Action.MANAGE_ACCOUNTS)
    before, step = now() - GRACE, []
    for sha256, entry in storage.entries():
        if entry.modified < before:
            step.append(sha256)
        if len(step) == FILES_PER_STEP:
            yield step
            step = []
    if step:
        yield step


def delete_unneeded(viewer: Viewer, hashes: Sequence[str], dry_run: bool = False) -> Pruning:
    """Delete those of these files that neither a row nor the audit log needs.

    Nobody stores a file meanwhile: who does has named it in a committed row before this transaction looks, or stores it anew
    afterwards.

    Raises:
        Forbidden: The viewer manages no accounts.
        StoreUnavailable: The store does not answer.
    """
    viewer.require(Action.MANAGE_ACCOUNTS)
    advisory_lock(FILES_LOCK_ID, exclusive=True)
    days = timedelta(days=configuration().settings.removed_file_days)
    needed = queries.named_hashes(viewer, db.session.connection(), hashes)
    if len(needed) < len(hashes):
        needed |= queries.hashes_of_removed_evidence(viewer, now() - days)
    done, before = Pruning(), now() - GRACE
    for sha256 in hashes:
        entry = storage.find(sha256) if sha256 not in needed else None
        if entry is not None and entry.modified < before:
            if not dry_run:
                storage.delete(sha256)
            done = replace(done, files=done.files + 1, bytes=done.bytes + entry.size)
    return done


def finish_pruning(viewer: Viewer, total: Pruning) -> Pruning:
    """Remove incomplete files and old receipts, and write an audit event if anything was deleted; return the complete counts."""
    viewer.require(Action.MANAGE_ACCOUNTS)
    remove_receipts(viewer)
    # Their files are deleted the next time.
    remove_expired_drafts(viewer)
    total = replace(total, leftovers=storage.remove_leftovers(_leftover_time()))
    if total != Pruning():
        data = {"files": total.files, "bytes": total.bytes, "leftovers": total.leftovers}
        append_events(viewer, [NewEvent(AuditAction.FILES_PRUNED, data=data)])
    return total


def _leftover_time() -> datetime:
    return now() - GRACE


def damaged_files(viewer: Viewer) -> Iterator[queries.NamedFile]:
    """Yield the rows whose file is missing or damaged. Raises Forbidden, StoreUnavailable."""
    sha256, is_intact = "", True
    for file in queries.named_files(viewer):
        if file.sha256 != sha256:
            sha256, is_intact = file.sha256, storage.is_intact(file.sha256)
        if not is_intact:
            yield file
