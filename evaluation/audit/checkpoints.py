"""Checkpoints: all chains' ends at a moment, numbered and signed, to be kept where no administrator of the database gets at them.

What is kept of them elsewhere, in a backup or with an accepted sheet, tells a record that was cut off or made anew.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from evaluation.audit import queries
from evaluation.audit.chain import BROKEN, Broken, head_seal, key, run, seal, text_of
from evaluation.audit.models import Checkpoint
from evaluation.clock import precise
from evaluation.database import db, hold
from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.policy import Viewer

FORMAT = "checkpoint/1"
CHECKPOINTS = 193_0047
NO_CHECKPOINT = N_("There is no checkpoint %(number)s.")
NOT_A_CHECKPOINT = N_("This is not a checkpoint file of the product.")
NOT_OURS = N_("The checkpoint file was altered, or was sealed with another RECORD_KEY.")


class BadCheckpoint(EvaluationError):
    """A file that is no checkpoint, or not one sealed with this key."""


def take(viewer: Viewer) -> Checkpoint:
    """A checkpoint of the record as it stands; the last one where nothing was written since. The caller commits.

    Raises Broken where a chain does not end as it was sealed.
    """
    seal(db.session)
    # One at a time; chains go on meanwhile.
    hold(CHECKPOINTS, alone=True)
    secret, last, moved = key(), queries.last_checkpoint(viewer), queries.moved(viewer)
    if last and not moved:
        return last
    for end, covered in moved:
        if end.seq < covered or end.seal != head_seal(secret, end.chain, end.seq, end.mac, text_of(end.at)):
            raise Broken(BROKEN)
    heads = {str(end.chain): [end.seq, end.mac] for end, _ in moved}
    number, at = (last.number + 1 if last else 1), precise()
    digest = digest_of(number, at, heads, last.digest if last else "")
    made = Checkpoint(number=number, at=at, heads=heads, digest=digest, seal=seal_of(secret, digest))
    db.session.add(made)
    db.session.flush()
    if moved:
        rows = [(end.chain, end.seq) for end, _ in moved]
        run(
            db.session.connection(),
            "INSERT INTO covered (chain, seq) VALUES (?, ?) ON CONFLICT (chain) DO UPDATE SET seq = excluded.seq",
            rows,
        )
    return made


def digest_of(number: int, at: datetime, heads: Mapping[str, Any], before: str) -> str:
    """The SHA-256 of a checkpoint: its number, time, heads and the digest of the one before it."""
    return hashlib.sha256(_canonical([number, text_of(at), heads, before])).hexdigest()


def seal_of(secret: bytes, digest: str) -> str:
    """A checkpoint's digest under the key."""
    return hmac.digest(secret, b"checkpoint" + digest.encode(), "sha256").hex()


def full(viewer: Viewer, number: int | None = None) -> dict[str, Any]:
    """A checkpoint, the last one without a number, with all chains' ends: what a file of it holds.

    Raises EvaluationError where there is none of the number.
    """
    heads: dict[str, Any] = {}
    last: Checkpoint | None = None
    for last in queries.checkpoints(viewer, number):
        heads |= last.heads
    if last is None or (number is not None and last.number != number):
        raise EvaluationError(NO_CHECKPOINT, number=number or 1)
    told = {"format": FORMAT, "number": last.number, "at": text_of(last.at), "digest": last.digest, "heads": heads}
    return told | {"seal": _file_seal(key(), told)}


def check(given: Any) -> dict[str, Any]:
    """A checkpoint file's content as it was made. Raises BadCheckpoint."""
    if not isinstance(given, dict) or given.get("format") != FORMAT or not isinstance(given.get("seal"), str):
        raise BadCheckpoint(NOT_A_CHECKPOINT)
    told = {name: value for name, value in given.items() if name != "seal"}
    try:
        sealed = _file_seal(key(), told)
    except TypeError as error:
        raise BadCheckpoint(NOT_A_CHECKPOINT) from error
    if given["seal"] != sealed:
        raise BadCheckpoint(NOT_OURS)
    return given


def _file_seal(secret: bytes, told: Mapping[str, Any]) -> str:
    return hmac.digest(secret, b"checkpoint-file" + _canonical(told), "sha256").hex()


def _canonical(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
