"""Verifies the audit log: reads every event, head and checkpoint and reports what the product did not store so."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any

import orjson
from sqlalchemy import Connection

from evaluation.audit.actions import AuditAction
from evaluation.audit.chain import COMMON_CHAIN
from evaluation.audit.checkpoints import InvalidCheckpoint, check_content
from evaluation.audit.hashing import (
    GENESIS_MAC,
    audit_key,
    checkpoint_digest,
    checkpoint_seal,
    event_mac,
    head_seal,
    key_fingerprint,
    timestamp_text,
)
from evaluation.audit.models import AuditEvent
from evaluation.audit.verification import queries
from evaluation.audit.verification.messages import AuditIssue
from evaluation.policy import Viewer

Claims = dict[Any, dict[Any, list[tuple[str, int]]]]
"""Chain → event number → (hash, checkpoint number) of every checkpoint that names the event."""

FOREIGN_VALUE_ERRORS = (TypeError, ValueError, AttributeError)
"""Errors that values cause that the product never stores."""

CHECKPOINT_REFERENCE = '"checkpoint":{"number":'
"""The stored JSON of an event that names a checkpoint; a quotation mark within a text would be escaped."""


@dataclass
class EventPass:
    """The result of one pass over all events: each chain's last number and hash, and what the events announce and name."""

    last_seqs: dict[Any, int] = field(default_factory=dict)
    last_macs: dict[Any, Any] = field(default_factory=dict)
    starts: dict[Any, int] = field(default_factory=dict)
    """Chain → how many events announce its start."""
    checkpoint_numbers: set[Any] = field(default_factory=set)
    """Numbers of the checkpoints that events name."""


@dataclass
class CheckpointPass:
    """The result of one pass over the checkpoints: digests by number, the events that they name, each chain's last number."""

    digests: dict[Any, Any] = field(default_factory=dict)
    claims: Claims = field(default_factory=dict)
    last_seqs: dict[Any, Any] = field(default_factory=dict)

    def add_claims(self, heads: Mapping[str, Sequence[Any]], number: int) -> None:
        """Add the heads of checkpoint `number` to the claims."""
        for chain, (seq, mac) in heads.items():
            self.claims.setdefault(int(chain), {}).setdefault(seq, []).append((mac, number))


def verify_audit_log(viewer: Viewer, checkpoint: Any = None) -> list[AuditIssue]:
    """Return every issue of the stored audit log, none if it is intact; also compare it with a checkpoint file's content.

    The log is read as of one moment while others go on writing. What the caller has not committed is not read.

    Raises:
        Forbidden: The viewer does not see all bodies.
    """
    with queries.database_snapshot(viewer) as connection:
        return verify_connection(viewer, connection, checkpoint)


def verify_connection(viewer: Viewer, connection: Connection, checkpoint: Any = None) -> list[AuditIssue]:
    """Return the same as :func:`verify_audit_log` of what a connection sees."""
    key = audit_key()
    heads = {row[0]: tuple(row[1:]) for row in queries.head_rows(viewer, connection)}
    if _is_wrong_key(key, heads, queries.first_event_data(viewer, connection)):
        return [AuditIssue("wrong_key")]
    stored = CheckpointPass()
    issues = list(_checkpoint_issues(key, stored, queries.checkpoint_rows(viewer, connection)))
    if not issues and stored.last_seqs != dict(queries.coverage_rows(viewer, connection)):
        issues.append(AuditIssue("coverage_altered"))
    if checkpoint is not None:
        issues += _file_issues(stored, checkpoint)
    passed = EventPass()
    for chain, rows in groupby(queries.event_rows(viewer, connection), key=itemgetter(1)):
        issues += _chain_issues(key, passed, stored.claims.pop(chain, {}), chain, rows)
    issues += _head_issues(key, passed, heads)
    reported = {issue.values.get("number") for issue in issues}
    for number in sorted(passed.checkpoint_numbers - stored.digests.keys() - reported):
        # An acceptance names it, so the last checkpoints were removed.
        issues.append(AuditIssue("checkpoint_removed", values={"number": number}))
    return issues + [issue for chain, claims in stored.claims.items() for issue in _missing_event_issues(chain, claims)]


def is_event_intact(event: AuditEvent) -> bool:
    """Return whether an event is as the product stored it after the event before it; other issues do not matter."""
    rows = queries.event_row_and_previous(Viewer.system(), event.chain, event.seq)
    if [row[2] for row in rows] != [seq for seq in (event.seq - 1, event.seq) if seq]:
        return False
    previous_mac = _mac_bytes(rows[0][3]) if event.seq > 1 else bytes.fromhex(GENESIS_MAC)
    return bool(rows[-1][0] == event.id and _is_event_sealed(audit_key(), previous_mac, rows[-1]))


def _is_wrong_key(key: bytes, heads: Mapping[Any, Any], first_data: Any) -> bool:
    if any(_is_head_sealed(key, chain, *head) for chain, head in heads.items()):
        return False
    data = _loads_or_none(first_data)
    return bool(heads) and not (isinstance(data, dict) and data.get("key") == key_fingerprint(key))


def _checkpoint_issues(key: bytes, stored: CheckpointPass, rows: Iterable[Any]) -> Iterator[AuditIssue]:
    expected, previous = 1, ""
    for number, at, text, digest, seal in rows:
        for missing in range(expected, number):
            yield AuditIssue("checkpoint_removed", values={"number": missing})
        heads = _loads_or_none(text)
        # After a missing checkpoint the digest before is unknown, but the seal can be compared.
        if not _is_checkpoint_sealed(key, number, at, heads, None if number > expected else previous, digest, seal):
            yield AuditIssue("checkpoint_altered", values={"number": number})
        else:
            stored.add_claims(heads, number)
            stored.last_seqs |= {int(chain): seq for chain, (seq, _) in heads.items()}
        stored.digests[number] = digest
        expected, previous = number + 1, digest


def _is_checkpoint_sealed(key: bytes, number: Any, at: Any, heads: Any, previous: str | None, digest: Any, seal: Any) -> bool:
    """Return whether a checkpoint is as it was taken after the one with the digest `previous`; None if that is unknown."""
    try:
        expected = digest if previous is None else checkpoint_digest(number, at, heads, previous)
        return bool(digest == expected and seal == checkpoint_seal(key, digest))
    except FOREIGN_VALUE_ERRORS:
        return False


def _file_issues(stored: CheckpointPass, content: Any) -> Iterator[AuditIssue]:
    """Compare a checkpoint that was stored elsewhere."""
    try:
        file = check_content(content)
    except InvalidCheckpoint as error:
        yield AuditIssue("invalid_file", values={"reason": error})
        return
    if stored.digests.get(file["number"]) != file["digest"]:
        yield AuditIssue("file_differs", values={"number": file["number"]})
    stored.add_claims(file["heads"], file["number"])


def _chain_issues(key: bytes, passed: EventPass, claims: dict[Any, Any], chain: Any, rows: Iterable[Any]) -> Iterator[AuditIssue]:
    """Follow a chain from its first event; after a gap the hash before is unknown, so the next event is taken as it is."""
    last_seq, previous_mac = 0, bytes.fromhex(GENESIS_MAC)
    for row in rows:
        seq, mac = row[2], row[3]
        follows = seq == last_seq + 1
        if isinstance(seq, int) and seq > last_seq + 1:
            yield AuditIssue("removed", chain, last_seq + 1, {"until": seq - 1})
        elif not follows:
            yield AuditIssue("repeated", chain, seq)
        if follows and not _is_event_sealed(key, previous_mac, row):
            yield AuditIssue("altered", chain, seq)
        elif follows:
            _note_start(passed, chain, row)
            _note_checkpoint(passed, row[12])
        for claimed_mac, number in claims.pop(seq, ()):
            if claimed_mac != mac:
                yield AuditIssue("checkpoint_differs", chain, seq, {"number": number})
        if isinstance(seq, int) and seq > last_seq:
            last_seq, previous_mac = seq, _mac_bytes(mac)
        passed.last_seqs[chain], passed.last_macs[chain] = last_seq, mac
    yield from _missing_event_issues(chain, claims)


def _missing_event_issues(chain: Any, claims: Mapping[Any, list[tuple[str, int]]]) -> Iterator[AuditIssue]:
    """Report the events that checkpoints name and the chain lacks."""
    for seq, macs in claims.items():
        yield AuditIssue("checkpoint_differs", chain, seq, {"number": macs[0][1]})


def _is_event_sealed(key: bytes, previous_mac: bytes, row: Sequence[Any]) -> bool:
    id_, chain, seq, mac, at, *rest, data = row
    try:
        return bool(event_mac(key, previous_mac, [id_, chain, seq, timestamp_text(at), *rest], data.encode()).hex() == mac)
    except FOREIGN_VALUE_ERRORS:
        return False


def _is_head_sealed(key: bytes, chain: Any, seq: Any, mac: Any, seal: Any, at: Any) -> bool:
    try:
        return bool(seal == head_seal(key, chain, seq, mac, timestamp_text(at)))
    except FOREIGN_VALUE_ERRORS:
        return False


def _note_start(passed: EventPass, chain: Any, row: Sequence[Any]) -> None:
    action, data = row[7], row[12]
    if chain == COMMON_CHAIN and action in (AuditAction.CHAIN_STARTED, AuditAction.LOG_STARTED):
        started = orjson.loads(data).get("chain", COMMON_CHAIN)
        passed.starts[started] = passed.starts.get(started, 0) + 1


def _note_checkpoint(passed: EventPass, data: str) -> None:
    if CHECKPOINT_REFERENCE in data:
        passed.checkpoint_numbers.add(orjson.loads(data)["checkpoint"]["number"])


def _head_issues(key: bytes, passed: EventPass, heads: Mapping[Any, Any]) -> Iterator[AuditIssue]:
    chains = {*heads, *passed.last_seqs, *passed.starts}
    for chain in sorted(chains, key=lambda chain: (not isinstance(chain, int), str(chain).zfill(20))):
        last_seq, starts = passed.last_seqs.get(chain, 0), passed.starts.get(chain, 0)
        if starts != 1:
            yield AuditIssue("chain_restarted" if starts else "chain_not_started", chain)
        if chain not in heads:
            yield AuditIssue("head_removed" if last_seq else "chain_removed", chain)
            continue
        seq, mac, *_ = heads[chain]
        if not _is_head_sealed(key, chain, *heads[chain]):
            yield AuditIssue("head_altered", chain)
        elif seq > last_seq:
            yield AuditIssue("cut_off", chain, last_seq + 1, {"until": seq})
        elif seq < last_seq:
            yield AuditIssue("after_head", chain, seq + 1, {"until": last_seq})
        elif mac != passed.last_macs[chain]:
            yield AuditIssue("head_altered", chain)


def _mac_bytes(mac: Any) -> bytes:
    try:
        return bytes.fromhex(mac)
    except (TypeError, ValueError):
        return b""


def _loads_or_none(text: Any) -> Any:
    try:
        return orjson.loads(text)
    except (TypeError, ValueError):
        return None
