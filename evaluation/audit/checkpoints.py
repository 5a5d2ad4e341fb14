"""Checkpoints: the heads of all chains at a moment, numbered and sealed, to be stored out of the database administrator's reach.

A checkpoint that is stored elsewhere, in a backup or in an accepted sheet, reveals an audit log that was shortened or replaced.
"""

from typing import Any

from evaluation.audit import queries
from evaluation.audit.chain import BROKEN, ChainBroken, flush_events, run_sql
from evaluation.audit.hashing import (
    audit_key,
    checkpoint_digest,
    checkpoint_file_seal,
    checkpoint_seal,
    head_seal,
    timestamp_text,
)
from evaluation.audit.models import Checkpoint
from evaluation.clock import precise_now
from evaluation.database import advisory_lock, db
from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.policy import Viewer

FORMAT = "checkpoint/1"
CHECKPOINT_LOCK_ID = 193_0047
NO_CHECKPOINT = N_("There is no checkpoint %(number)s.")
NOT_A_CHECKPOINT = N_("This is not a checkpoint file of the product.")
FOREIGN_CHECKPOINT = N_("The checkpoint file was altered, or was sealed with another AUDIT_KEY.")
UPSERT_COVERAGE = (
    "INSERT INTO checkpoint_coverage (chain, seq) VALUES (?, ?) ON CONFLICT (chain) DO UPDATE SET seq = excluded.seq"
)


class InvalidCheckpoint(EvaluationError):
    """The file is not a checkpoint or is not sealed with this key."""


class MissingCheckpoint(EvaluationError):
    """There is no checkpoint of the number."""


def take_checkpoint(viewer: Viewer) -> Checkpoint:
    """Take a checkpoint and return it; return the last one if no event was written since. The caller commits.

    Raises:
        ChainBroken: A chain's head is not what the product sealed.
    """
    flush_events(db.session)
    # Checkpoints are taken one at a time; events may be written meanwhile.
    advisory_lock(CHECKPOINT_LOCK_ID, exclusive=True)
    key, last, uncovered = audit_key(), queries.last_checkpoint(viewer), queries.uncovered_heads(viewer)
    if last and not uncovered:
        return last
    for head, covered in uncovered:
        if head.seq < covered or head.seal != head_seal(key, head.chain, head.seq, head.mac, timestamp_text(head.at)):
            raise ChainBroken(BROKEN)
    heads = {str(head.chain): [head.seq, head.mac] for head, _ in uncovered}
    number, at = (last.number + 1 if last else 1), precise_now()
    digest = checkpoint_digest(number, at, heads, last.digest if last else "")
    checkpoint = Checkpoint(number=number, at=at, heads=heads, digest=digest, seal=checkpoint_seal(key, digest))
    db.session.add(checkpoint)
    db.session.flush()
    if uncovered:
        run_sql(db.session.connection(), UPSERT_COVERAGE, [(head.chain, head.seq) for head, _ in uncovered])
    return checkpoint


def checkpoint_content(viewer: Viewer, number: int | None = None) -> dict[str, Any]:
    """Return the content of a checkpoint's file with the heads of all chains; of the last checkpoint without a number.

    Raises:
        MissingCheckpoint: There is no checkpoint of the number.
    """
    heads: dict[str, Any] = {}
    last: Checkpoint | None = None
    for last in queries.checkpoints(viewer, number):
        heads |= last.heads
    if last is None or (number is not None and last.number != number):
        raise MissingCheckpoint(NO_CHECKPOINT, number=number or 1)
    content = {"format": FORMAT, "number": last.number, "at": timestamp_text(last.at), "digest": last.digest, "heads": heads}
    return content | {"seal": checkpoint_file_seal(audit_key(), content)}


def check_content(content: Any) -> dict[str, Any]:
    """Return a checkpoint file's content if it is as the product wrote it.

    Raises:
        InvalidCheckpoint: It is not a checkpoint, was altered, or is sealed with another key.
    """
    if not isinstance(content, dict) or content.get("format") != FORMAT or not isinstance(content.get("seal"), str):
        raise InvalidCheckpoint(NOT_A_CHECKPOINT)
    unsealed = {name: value for name, value in content.items() if name != "seal"}
    try:
        seal = checkpoint_file_seal(audit_key(), unsealed)
    except TypeError as error:
        raise InvalidCheckpoint(NOT_A_CHECKPOINT) from error
    if content["seal"] != seal:
        raise InvalidCheckpoint(FOREIGN_CHECKPOINT)
    return content
