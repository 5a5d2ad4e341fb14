"""Says what a file or a code is.

What is stored is believed only as far as the record agrees with it, which nobody without its key alters unseen.
"""

import hashlib
from typing import Any

from evaluation.audit import verification
from evaluation.clock import local
from evaluation.policy import Viewer
from evaluation.registry import queries as registry
from evaluation.review.models import Export, FrozenSheet
from evaluation.review.verification import code_extraction as reading
from evaluation.review.verification import queries
from evaluation.review.verification.export_file import is_whole, opened
from evaluation.review.verification.model import By, Damaged, Found, Outcome, Verdict
from evaluation.submissions.models import ACCEPTED


def verify(viewer: Viewer, data: bytes) -> Verdict:
    """What a file is. Whoever holds it may know. Raises Unfrozen where the criteria file of its order is missing."""
    if len(data) > reading.MAX_SIZE:
        return Verdict(Outcome.UNKNOWN, By.FILE, too_large=True)
    try:
        known = queries.by_hash(viewer, hashlib.sha256(data).hexdigest())
        if known is not None:
            frozen, file = known
            if file is not None:
                _check_file(viewer, frozen, file)
            found = _found(viewer, frozen)
            return Verdict(found.standing, By.FILE, found)
        claimed = _claimed(viewer, data)
        return Verdict(Outcome.ALTERED, By.FILE, _found(viewer, claimed)) if claimed else Verdict(Outcome.UNKNOWN, By.FILE)
    except Damaged:
        return Verdict(Outcome.DAMAGED, By.FILE)


def verify_code(viewer: Viewer, code: str, revision: str = "", sha256: str = "") -> Verdict:
    """What the sheet of a code is, as it was typed or scanned; revision and hash must be its own where they are given.

    Raises Unfrozen where the criteria file of its order is missing.
    """
    typed = reading.typed(code)
    try:
        frozen = _of_codes(viewer, (typed,)) if len(typed) <= reading.MAX_TYPED else None
        if frozen is None:
            return Verdict(Outcome.UNKNOWN, By.CODE)
        found = _found(viewer, frozen)
    except Damaged:
        return Verdict(Outcome.DAMAGED, By.CODE)
    other = (revision and revision.strip() != str(frozen.revision)) or (
        sha256 and "".join(sha256.lower().split()) != frozen.sha256
    )
    return Verdict(Outcome.ALTERED if other else found.standing, By.CODE, found)


def _claimed(viewer: Viewer, data: bytes) -> FrozenSheet | None:
    """The frozen sheet that an altered file was made of. Raises Damaged where the record knows it and it is gone."""
    claim = reading.claim(data)
    if claim.codes:
        return _of_codes(viewer, claim.codes)
    if claim.frozen:
        frozen = queries.by_name(viewer, *claim.frozen)
        return frozen if frozen and reading.resembles(data, frozen.content) else None
    return None


def _of_codes(viewer: Viewer, codes: tuple[str, ...]) -> FrozenSheet | None:
    frozen = queries.by_code(viewer, codes)
    if frozen is None and queries.once_accepted(viewer, codes):
        raise Damaged
    return frozen


def _found(viewer: Viewer, frozen: FrozenSheet) -> Found:
    """The true sheet and how it stands. Raises Damaged where what is stored is not what was accepted."""
    latest = queries.latest(viewer, frozen.body_id, frozen.year)
    told = queries.decisions(viewer, frozen.body_id, frozen.year)
    if latest is None or not told or not all(map(verification.is_sound, told)):
        raise Damaged
    hashes: dict[Any, Any] = {event.data.get("revision"): event.data.get("sha256") for event in told if event.action == ACCEPTED}
    for each in (frozen, latest):
        _check(each, hashes)
    stands = queries.in_force(viewer, frozen.body_id, frozen.year) == latest.id
    if max(hashes, default=0) != latest.revision or stands != (told[-1].action == ACCEPTED):
        raise Damaged
    sheet, stamp = opened(frozen, registry.orders())
    standing = Outcome.ACCEPTED if stands else Outcome.REOPENED
    if frozen.id != latest.id:
        standing = Outcome.SUPERSEDED
    return Found(sheet, stamp, standing, latest.revision, local(latest.accepted_at).date())


def _check(frozen: FrozenSheet, hashes: dict[Any, Any]) -> None:
    """Raises Damaged unless the text has its hash and code, says what its columns say, and is what the record calls accepted."""
    if not is_whole(frozen) or hashes.get(frozen.revision) != frozen.sha256:
        raise Damaged


def _check_file(viewer: Viewer, frozen: FrozenSheet, file: Export) -> None:
    """Raises Damaged unless the record tells that the file was handed out: a line in a table alone proves nothing."""
    events = queries.handed_out(viewer, frozen.body_id, frozen.year, file.sha256)
    if not any(event.data.get("revision") == frozen.revision and verification.is_sound(event) for event in events):
        raise Damaged
