"""Keyed hashes of the audit log: every part of an event and of a head counts, and kinds of hashes never collide."""

from pathlib import Path
from typing import Any

import pytest

from evaluation.audit.hashing import checkpoint_digest, checkpoint_seal, event_mac, head_seal, key_fingerprint
from evaluation.settings import load_settings

AT = "2026-02-01 10:00:00.000001"
FIELDS: tuple[Any, ...] = (3, 7, 2, AT, "Әлия", 5, "answers_saved", 2024, 7, 11, "b" * 32)
DATA = '{"code": [null, "иә"]}'.encode()


def test_every_part_of_an_event_counts() -> None:
    macs = [event_mac(b"key", b"\0" * 32, FIELDS, DATA), event_mac(b"yek", b"\0" * 32, FIELDS, DATA)]
    macs += [event_mac(b"key", b"\1" * 32, FIELDS, DATA), event_mac(b"key", b"\0" * 32, FIELDS, DATA.replace(b" ", b""))]
    for position, value in enumerate(FIELDS):
        other = None if position % 2 else f"{value}"
        macs.append(
            event_mac(b"key", b"\0" * 32, (*FIELDS[:position], other if other != value else "x", *FIELDS[position + 1 :]), DATA)
        )
    # Data that moves across the border between the columns and the data.
    macs.append(event_mac(b"key", b"\0" * 32, FIELDS[:-1], b"\n" + DATA))
    assert len(set(macs)) == len(macs)


def test_every_part_of_a_head_and_a_checkpoint_counts() -> None:
    ends = [
        head_seal(b"key", *end) for end in ((1, 2, "a", AT), (2, 2, "a", AT), (1, 3, "a", AT), (1, 2, "b", AT), (1, 2, "a", "x"))
    ]
    digests = [
        checkpoint_digest(*values)  # type: ignore[arg-type]
        for values in ((1, AT, {"1": [2, "a"]}, ""), (2, AT, {"1": [2, "a"]}, ""), (1, AT, {"1": [3, "a"]}, ""), (1, AT, {}, "a"))
    ]
    assert (
        len({*ends, head_seal(b"yek", 1, 2, "a", AT), *digests, *(checkpoint_seal(b"key", values) for values in digests)}) == 14
    )
    assert key_fingerprint(b"key") != key_fingerprint(b"yek") and "key" not in key_fingerprint(b"key")
    # The order of the chains does not count.
    assert checkpoint_digest(1, AT, {"1": 1, "2": 2}, "") == checkpoint_digest(1, AT, {"2": 2, "1": 1}, "")  # type: ignore[arg-type]


def test_the_key_is_generated_once_and_is_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AUDIT_KEY", raising=False)
    monkeypatch.delenv("SECRET_KEY", raising=False)
    key = load_settings(instance=tmp_path).audit_key
    file = tmp_path / "audit_key"
    assert len(key) == 64 and key == load_settings(instance=tmp_path).audit_key == file.read_text()
    assert key != load_settings(instance=tmp_path).secret_key
    assert file.stat().st_mode & 0o077 == 0
    monkeypatch.setenv("AUDIT_KEY", "configured")
    assert load_settings(instance=tmp_path).audit_key == "configured"
    monkeypatch.delenv("AUDIT_KEY")
    # If the key cannot be stored there is none: events that are sealed with a lost key could not be verified.
    unwritable = load_settings(instance=file / "instance")
    assert unwritable.audit_key == "" and unwritable.secret_key
