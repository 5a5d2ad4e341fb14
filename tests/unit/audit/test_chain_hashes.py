"""The keyed hashes of the record: every part of a line and of an end counts, and no two kinds of hash are ever alike."""

from pathlib import Path
from typing import Any

import pytest

from evaluation.audit.chain import fingerprint, head_seal, line_mac
from evaluation.audit.checkpoints import digest_of, seal_of
from evaluation.settings import settings

AT = "2026-02-01 10:00:00.000001"
FIELDS: tuple[Any, ...] = (3, 7, 2, AT, "Әлия", 5, "saved", 2024, 7, 11, "b" * 32)
DATA = '{"code": [null, "иә"]}'.encode()


def test_every_part_of_a_line_counts() -> None:
    macs = [line_mac(b"key", b"\0" * 32, FIELDS, DATA), line_mac(b"yek", b"\0" * 32, FIELDS, DATA)]
    macs += [line_mac(b"key", b"\1" * 32, FIELDS, DATA), line_mac(b"key", b"\0" * 32, FIELDS, DATA.replace(b" ", b""))]
    for place, value in enumerate(FIELDS):
        other = None if place % 2 else f"{value}"
        macs.append(line_mac(b"key", b"\0" * 32, (*FIELDS[:place], other if other != value else "x", *FIELDS[place + 1 :]), DATA))
    # A year that stands for a text, and what is told moved over the border of the columns.
    macs.append(line_mac(b"key", b"\0" * 32, FIELDS[:-1], b"\n" + DATA))
    assert len(set(macs)) == len(macs)


def test_every_part_of_an_end_and_of_a_checkpoint_counts() -> None:
    ends = [
        head_seal(b"key", *end) for end in ((1, 2, "a", AT), (2, 2, "a", AT), (1, 3, "a", AT), (1, 2, "b", AT), (1, 2, "a", "x"))
    ]
    digests = [
        digest_of(*each)  # type: ignore[arg-type]
        for each in ((1, AT, {"1": [2, "a"]}, ""), (2, AT, {"1": [2, "a"]}, ""), (1, AT, {"1": [3, "a"]}, ""), (1, AT, {}, "a"))
    ]
    assert len({*ends, head_seal(b"yek", 1, 2, "a", AT), *digests, *(seal_of(b"key", each) for each in digests)}) == 14
    assert fingerprint(b"key") != fingerprint(b"yek") and "key" not in fingerprint(b"key")
    # The order in which chains are named does not.
    assert digest_of(1, AT, {"1": 1, "2": 2}, "") == digest_of(1, AT, {"2": 2, "1": 1}, "")  # type: ignore[arg-type]


def test_the_key_is_made_once_and_is_nobody_elses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RECORD_KEY", raising=False)
    made = settings(tmp_path)["RECORD_KEY"]
    file = tmp_path / "record_key"
    assert len(made) == 64 and made == settings(tmp_path)["RECORD_KEY"] == file.read_text() != settings(tmp_path)["SECRET_KEY"]
    assert file.stat().st_mode & 0o077 == 0
    monkeypatch.setenv("RECORD_KEY", "given")
    assert settings(tmp_path)["RECORD_KEY"] == "given"
    monkeypatch.delenv("RECORD_KEY")
    # Where none can be kept there is none: what a lost key sealed could not be verified.
    nowhere = settings(file / "instance")
    assert nowhere["RECORD_KEY"] == "" and nowhere["SECRET_KEY"]
