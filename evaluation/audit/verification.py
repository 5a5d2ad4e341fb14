"""Verification of the record: every line, end and checkpoint is compared with what the key says it must be."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any

import orjson
from sqlalchemy import Connection

from evaluation.audit import checkpoints, queries
from evaluation.audit.chain import CHAIN_BEGUN, COMMON, NOTHING, RECORD_BEGUN, fingerprint, head_seal, key, line_mac, text_of
from evaluation.audit.checkpoints import BadCheckpoint, digest_of, seal_of
from evaluation.audit.messages import Finding
from evaluation.audit.models import Event
from evaluation.policy import Viewer

Claims = dict[Any, dict[Any, list[tuple[str, int]]]]
"""Chain → number of a line → its hashes by those checkpoints that tell of it."""

WEIRD = (TypeError, ValueError, AttributeError)
"""What a value of a kind that the product never stores, in its place, brings about."""


NAMES = '"checkpoint":{"number":'
"""How a line names a checkpoint; a quotation mark within a text is escaped."""


@dataclass
class Passed:
    """What a pass over all lines leaves: the last number and hash of each chain, how often each was begun, what lines name."""

    last: dict[Any, int] = field(default_factory=dict)
    macs: dict[Any, Any] = field(default_factory=dict)
    begun: dict[Any, int] = field(default_factory=dict)
    named: set[Any] = field(default_factory=set)
    """Numbers of the checkpoints that lines name."""


@dataclass
class Told:
    """What checkpoints tell: their digests by number, the lines they name, and the last of each chain."""

    digests: dict[Any, Any] = field(default_factory=dict)
    claims: Claims = field(default_factory=dict)
    last: dict[Any, Any] = field(default_factory=dict)

    def add(self, heads: Mapping[str, Sequence[Any]], number: int) -> None:
        for chain, (seq, mac) in heads.items():
            self.claims.setdefault(int(chain), {}).setdefault(seq, []).append((mac, number))


def verify(viewer: Viewer, checkpoint: Any = None) -> list[Finding]:
    """Everything that is wrong with the record as it is kept, also beside a checkpoint file's content where one is given.

    Nothing where it is sound. It is read as of one moment, while others go on writing; what the caller has not committed is
    not looked at.
    """
    with queries.snapshot(viewer) as connection:
        return examine(viewer, connection, checkpoint)


def examine(viewer: Viewer, connection: Connection, checkpoint: Any = None) -> list[Finding]:
    """The same, of what a connection sees."""
    secret = key()
    heads = {row[0]: tuple(row[1:]) for row in queries.heads(viewer, connection)}
    if _is_another_key(secret, heads, queries.first_data(viewer, connection)):
        return [Finding("another_key")]
    told = Told()
    findings = list(_checkpoints(secret, told, queries.checkpoint_rows(viewer, connection)))
    if not findings and told.last != dict(queries.covered(viewer, connection)):
        findings.append(Finding("covered_altered"))
    if checkpoint is not None:
        findings += _file(told, checkpoint)
    passed = Passed()
    for chain, lines in groupby(queries.lines(viewer, connection), key=itemgetter(1)):
        findings += _chain(secret, passed, told.claims.pop(chain, {}), chain, lines)
    findings += _ends(secret, passed, heads)
    found = {finding.values.get("number") for finding in findings}
    for number in sorted(passed.named - told.digests.keys() - found):
        # An acceptance tells of it, so the last ones were cut off.
        findings.append(Finding("checkpoint_removed", values={"number": number}))
    return findings + [finding for chain, claims in told.claims.items() for finding in _unmet(chain, claims)]


def is_sound(event: Event) -> bool:
    """Whether a line of the record is as it was sealed after the one before it, whatever else is wrong."""
    rows = queries.line_and_before(Viewer.system(), event.chain, event.seq)
    if [row[2] for row in rows] != [seq for seq in (event.seq - 1, event.seq) if seq]:
        return False
    before = _bytes(rows[0][3]) if event.seq > 1 else bytes.fromhex(NOTHING)
    return bool(rows[-1][0] == event.id and _is_sealed(key(), before, rows[-1]))


def _is_another_key(secret: bytes, heads: Mapping[Any, Any], first: Any) -> bool:
    if any(_is_end_sealed(secret, chain, *end) for chain, end in heads.items()):
        return False
    told = _loaded(first)
    return bool(heads) and not (isinstance(told, dict) and told.get("key") == fingerprint(secret))


def _checkpoints(secret: bytes, told: Told, rows: Iterable[Any]) -> Iterator[Finding]:
    expected, before = 1, ""
    for number, at, text, digest, sealed in rows:
        for missing in range(expected, number):
            yield Finding("checkpoint_removed", values={"number": missing})
        heads = _loaded(text)
        # After one that is missing, what it was made from is not known, but its seal is.
        if not _is_checkpoint(secret, number, at, heads, None if number > expected else before, digest, sealed):
            yield Finding("checkpoint_altered", values={"number": number})
        else:
            told.add(heads, number)
            told.last |= {int(chain): seq for chain, (seq, _) in heads.items()}
        told.digests[number] = digest
        expected, before = number + 1, digest


def _is_checkpoint(secret: bytes, number: Any, at: Any, heads: Any, before: str | None, digest: Any, sealed: Any) -> bool:
    """Whether a checkpoint is as it was taken after the one with the digest `before`; None where that is not known."""
    try:
        made = digest if before is None else digest_of(number, at, heads, before)
        return bool(digest == made and sealed == seal_of(secret, digest))
    except WEIRD:
        return False


def _file(told: Told, given: Any) -> Iterator[Finding]:
    """A checkpoint kept elsewhere."""
    try:
        file = checkpoints.check(given)
    except BadCheckpoint as error:
        yield Finding("bad_file", values={"reason": error})
        return
    if told.digests.get(file["number"]) != file["digest"]:
        yield Finding("file_differs", values={"number": file["number"]})
    told.add(file["heads"], file["number"])


def _chain(secret: bytes, passed: Passed, claims: dict[Any, Any], chain: Any, lines: Iterable[Any]) -> Iterator[Finding]:
    """Follow a chain from its first line on; after a gap, the hash before is not known and the line is taken as it is."""
    last, before = 0, bytes.fromhex(NOTHING)
    for line in lines:
        seq, mac = line[2], line[3]
        follows = seq == last + 1
        if isinstance(seq, int) and seq > last + 1:
            yield Finding("removed", chain, last + 1, {"until": seq - 1})
        elif not follows:
            yield Finding("repeated", chain, seq)
        if follows and not _is_sealed(secret, before, line):
            yield Finding("altered", chain, seq)
        elif follows:
            _note_begun(passed, chain, line)
            _note_named(passed, line[12])
        for told, number in claims.pop(seq, ()):
            if told != mac:
                yield Finding("checkpoint_differs", chain, seq, {"number": number})
        if isinstance(seq, int) and seq > last:
            last, before = seq, _bytes(mac)
        passed.last[chain], passed.macs[chain] = last, mac
    yield from _unmet(chain, claims)


def _unmet(chain: Any, claims: Mapping[Any, list[tuple[str, int]]]) -> Iterator[Finding]:
    for seq, told in claims.items():
        yield Finding("checkpoint_differs", chain, seq, {"number": told[0][1]})


def _is_sealed(secret: bytes, before: bytes, line: Sequence[Any]) -> bool:
    id_, chain, seq, mac, at, *rest, data = line
    try:
        return bool(line_mac(secret, before, [id_, chain, seq, text_of(at), *rest], data.encode()).hex() == mac)
    except WEIRD:
        return False


def _is_end_sealed(secret: bytes, chain: Any, seq: Any, mac: Any, seal: Any, at: Any) -> bool:
    try:
        return bool(seal == head_seal(secret, chain, seq, mac, text_of(at)))
    except WEIRD:
        return False


def _note_begun(passed: Passed, chain: Any, line: Sequence[Any]) -> None:
    action, data = line[7], line[12]
    if chain == COMMON and action in (CHAIN_BEGUN, RECORD_BEGUN):
        begun = orjson.loads(data).get("chain", COMMON)
        passed.begun[begun] = passed.begun.get(begun, 0) + 1


def _note_named(passed: Passed, data: str) -> None:
    if NAMES in data:
        passed.named.add(orjson.loads(data)["checkpoint"]["number"])


def _ends(secret: bytes, passed: Passed, heads: Mapping[Any, Any]) -> Iterator[Finding]:
    for chain in sorted({*heads, *passed.last, *passed.begun}, key=lambda each: (not isinstance(each, int), str(each).zfill(20))):
        last, times = passed.last.get(chain, 0), passed.begun.get(chain, 0)
        if times != 1:
            yield Finding("begun_anew" if times else "not_begun", chain)
        if chain not in heads:
            yield Finding("end_missing" if last else "vanished", chain)
            continue
        seq, mac, *_ = heads[chain]
        if not _is_end_sealed(secret, chain, *heads[chain]):
            yield Finding("end_altered", chain)
        elif seq > last:
            yield Finding("cut_off", chain, last + 1, {"until": seq})
        elif seq < last:
            yield Finding("after_end", chain, seq + 1, {"until": last})
        elif mac != passed.macs[chain]:
            yield Finding("end_altered", chain)


def _bytes(mac: Any) -> bytes:
    try:
        return bytes.fromhex(mac)
    except (TypeError, ValueError):
        return b""


def _loaded(text: Any) -> Any:
    try:
        return orjson.loads(text)
    except (TypeError, ValueError):
        return None
