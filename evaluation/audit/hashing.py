"""Keyed hashes of the audit log: of an event, of a chain's head and of a checkpoint.

Every hash is an HMAC-SHA-256 under the audit key. The first bytes of each input name the kind of hash, so that a hash of one kind
never equals a hash of another kind.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from evaluation.clock import MAX_CLOCK_SKEW, precise_now
from evaluation.configuration import configuration
from evaluation.errors import EvaluationError
from evaluation.language import N_

GENESIS_MAC = "0" * 64
"""The hash before the first event of a chain, in hexadecimal."""
NO_KEY = N_(
    "The key that seals the audit log can be neither read nor created: %(name)s in the instance folder. Allow the product to "
    "write there, or set the environment variable AUDIT_KEY."
)


class AuditKeyMissing(EvaluationError):
    """There is no audit key, so nothing can be written to the audit log or verified."""


def audit_key() -> bytes:
    """Return the key of the hashes.

    Raises:
        AuditKeyMissing: No key is configured and none could be stored.
    """
    key = configuration().settings.audit_key
    if not key:
        raise AuditKeyMissing(NO_KEY, name="audit_key")
    return key.encode()


def key_fingerprint(key: bytes) -> str:
    """Return 16 hexadecimal digits that identify the key without revealing it."""
    return hmac.digest(key, b"fingerprint", "sha256").hex()[:16]


def credential_mac(key: bytes, kind: str, account_id: int, value: bytes) -> str:
    """Return 32 hexadecimal digits that change with an account's credential without revealing it."""
    return hmac.digest(key, b"credential" + orjson.dumps([kind, account_id]) + value, "sha256").hex()[:32]


def event_mac(key: bytes, previous_mac: bytes, columns: Sequence[Any], data: bytes) -> bytes:
    """Return the hash of an event and of the hash before it in its chain.

    Args:
        key: The audit key.
        previous_mac: The hash of the event before it in the chain, 32 bytes; zeros for the first event.
        columns: The event's columns from `id` to `batch` without `mac`, the time as text.
        data: The event's JSON exactly as it is stored, in UTF-8.
    """
    return hmac.digest(key, b"event" + previous_mac + orjson.dumps(columns) + b"\n" + data, "sha256")


def head_seal(key: bytes, chain: int, seq: int, mac: str, at: str) -> str:
    """Return the hash of a chain's head: number, hash and time of its last event."""
    return hmac.digest(key, b"head" + orjson.dumps([chain, seq, mac, at]), "sha256").hex()


def checkpoint_digest(number: int, at: datetime | str, heads: Mapping[str, Any], previous_digest: str) -> str:
    """Return the SHA-256 of a checkpoint's number, time and heads and of the digest before it; it needs no key."""
    return hashlib.sha256(_canonical([number, timestamp_text(at), heads, previous_digest])).hexdigest()


def checkpoint_seal(key: bytes, digest: str) -> str:
    """Return the keyed hash of a checkpoint's digest."""
    return hmac.digest(key, b"checkpoint" + digest.encode(), "sha256").hex()


def checkpoint_file_seal(key: bytes, content: Mapping[str, Any]) -> str:
    """Return the keyed hash of a checkpoint file's content without its seal. Raises TypeError if the content is not JSON."""
    return hmac.digest(key, b"checkpoint-file" + _canonical(content), "sha256").hex()


def timestamp() -> str:
    """Return the current time (UTC) as the audit log stores it."""
    return timestamp_text(precise_now())


def time_after(previous: str, now: str) -> str:
    """Return the time of an event that is written `now`, after an event of the time `previous` in its chain.

    A difference that clocks of several computers may have does not turn the times of a chain back. A larger one means that the
    clock was wrong before or is wrong now; then the event bears the time of the clock, so that one moment of a wrong clock does
    not stamp all later events. Numbers alone give the order of events; the verification reports the jump.
    """
    if now < previous <= timestamp_text(datetime.fromisoformat(now) + MAX_CLOCK_SKEW):
        return previous
    return now


def timestamp_text(at: datetime | str) -> str:
    """Return a time as the hashes take it, which is also how SQLite stores it."""
    return at if isinstance(at, str) else at.isoformat(" ", "microseconds")


def _canonical(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
