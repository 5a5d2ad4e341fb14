"""Changes of the register: searching a year, deciding on an anomaly, and the body's explanation."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus

from evaluation.anomalies import queries
from evaluation.anomalies.detect import detect
from evaluation.anomalies.model import Detection
from evaluation.anomalies.models import OPEN, STATES, Anomaly, AnomalySearch
from evaluation.audit.actions import AuditAction
from evaluation.audit.operations import NewEvent, append_events
from evaluation.clock import now
from evaluation.database import advisory_lock, db, insert_many, table_of
from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.policy import Action, Viewer
from evaluation.text import normalise_text

MAX_TEXT_CHARACTERS = 2000
"""The length of a reason or an explanation."""
SEARCHES = 0
"""The lock of the searches of a year is that of a body that does not exist, which comes first in the order of locks."""
NEW_COLUMNS = (
    "year",
    "code",
    "body_id",
    "organisation_id",
    "other_body_id",
    "other_organisation_id",
    "subject",
    "facts",
    "stake",
    "detected_at",
)


class AnomalyRefused(EvaluationError):
    """The reason or the explanation is missing or too long."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY


class StaleAnomaly(EvaluationError):
    """Someone else changed the anomaly since the page was loaded."""

    status = HTTPStatus.CONFLICT


class UnknownAnomaly(EvaluationError):
    """The anomaly does not exist, or the viewer cannot see its body."""

    status = HTTPStatus.NOT_FOUND

    def __init__(self) -> None:
        super().__init__(N_("There is no such page"))


@dataclass(frozen=True)
class SearchResult:
    """How many anomalies a search saw: in all, for the first time, again after they had vanished; and how many vanished."""

    total: int
    new: int
    returned: int
    vanished: int


def search(
    viewer: Viewer, year: int, set_progress: Callable[[int, int], None] = lambda _done, _total: None
) -> SearchResult | None:
    """Run all tests of a year over the country and store what they see; the caller commits. None if the year is not open.

    Anomalies that are in the register keep their state, reason and reply; those that are not seen again are marked as vanished.
    `set_progress` is that of :func:`detect`.

    Raises:
        Forbidden: Only the product itself searches the country.
    """
    event_id, at = queries.last_event_id(viewer), now()
    recent_changes = queries.recent_changes(viewer, year, event_id, at)
    sources = queries.sources(viewer, year)
    if sources is None:
        return None
    detections = detect(sources, set_progress)
    advisory_lock(SEARCHES, year, exclusive=True)
    result = _store(viewer, year, detections)
    db.session.merge(AnomalySearch(year=year, at=at, event_id=event_id, recent_changes=recent_changes))
    db.session.flush()
    return result


def _store(viewer: Viewer, year: int, detections: Iterable[Detection]) -> SearchResult:
    seen = {(item.kind, item.body_id, item.subject): item for item in detections}
    stored = {(item.code, item.body_id, item.subject): item for item in queries.stored_anomalies(viewer, year)}
    at, returned, vanished = now(), 0, 0
    for key, anomaly in stored.items():
        if (item := seen.get(key)) is None:
            vanished += anomaly.vanished_at is None
            anomaly.vanished_at = anomaly.vanished_at or at
            continue
        returned += anomaly.vanished_at is not None
        anomaly.vanished_at = None
        anomaly.facts, anomaly.stake = dict(item.facts), item.stake or 0
        anomaly.other_body_id, anomaly.other_organisation_id = item.other_body_id, item.other_organisation_id
    db.session.flush()
    new = [item for key, item in seen.items() if key not in stored]
    rows = [
        (
            year,
            item.kind,
            item.body_id,
            item.organisation_id,
            item.other_body_id,
            item.other_organisation_id,
            item.subject,
            dict(item.facts),
            item.stake or 0,
            at,
        )
        for item in new
    ]
    insert_many(db.session.connection(), table_of(Anomaly), NEW_COLUMNS, rows)
    return SearchResult(len(seen), len(new), returned, vanished)


def decide(viewer: Viewer, anomaly_id: int, version: int, state: str, reason: str) -> Anomaly:
    """Set the state of an anomaly with the reason; opening it again needs none. The caller commits.

    Raises:
        UnknownAnomaly: The anomaly does not exist for the viewer.
        Forbidden: The viewer does not review the body.
        AnomalyRefused: The state does not exist, or the reason is missing or too long.
        StaleAnomaly: Someone else changed the anomaly meanwhile.
    """
    anomaly = _locked(viewer, Action.REVIEW, anomaly_id, version)
    cleaned = _clean(reason)
    if state not in STATES:
        raise AnomalyRefused(N_("Choose what you decide."), field="state")
    if state != OPEN and not cleaned:
        raise AnomalyRefused(N_("Write the reason: it explains the decision to everyone who sees it later."), field="reason")
    before = anomaly.state
    anomaly.state, anomaly.reason = state, cleaned
    anomaly.decided_by, anomaly.decided_at = viewer.name, now()
    anomaly.version += 1
    db.session.flush()
    data = {"anomaly": anomaly.id, "anomaly_kind": anomaly.code, "anomaly_state": [before, state], "reason": cleaned}
    append_events(viewer, [NewEvent(AuditAction.ANOMALY_DECIDED, anomaly.year, anomaly.body_id, anomaly.organisation_id, data)])
    return anomaly


def explain(viewer: Viewer, anomaly_id: int, version: int, text: str) -> Anomaly:
    """Store the explanation of the body's people or of its reviewer; an empty one withdraws it. The caller commits.

    Raises:
        UnknownAnomaly: The anomaly does not exist for the viewer.
        Forbidden: The viewer belongs neither to the body nor to its reviewers.
        AnomalyRefused: The text is too long.
        StaleAnomaly: Someone else changed the anomaly meanwhile.
    """
    anomaly = _locked(viewer, Action.REPLY, anomaly_id, version)
    cleaned = _clean(text)
    anomaly.reply = cleaned
    anomaly.reply_by, anomaly.reply_at = (viewer.name, now()) if cleaned else ("", None)
    anomaly.version += 1
    db.session.flush()
    data = {"anomaly": anomaly.id, "anomaly_kind": anomaly.code, "text": cleaned}
    append_events(viewer, [NewEvent(AuditAction.ANOMALY_EXPLAINED, anomaly.year, anomaly.body_id, anomaly.organisation_id, data)])
    return anomaly


def _locked(viewer: Viewer, action: Action, anomaly_id: int, version: int) -> Anomaly:
    """Return an anomaly whose body's year is locked, in the version that the viewer saw."""
    row = queries.anomaly(viewer, anomaly_id)
    if row is None:
        raise UnknownAnomaly
    viewer.require(action, row.body.id)
    advisory_lock(row.body.id, row.anomaly.year, exclusive=True)
    # Another transaction may have changed it before the lock was granted.
    row = queries.anomaly(viewer, anomaly_id)
    if row is None:
        raise UnknownAnomaly
    if row.anomaly.version != version:
        raise StaleAnomaly(N_("Someone else changed this in the meantime. Read the page again before you decide."))
    return row.anomaly


def _clean(text: str) -> str:
    cleaned = normalise_text(text)
    if len(cleaned) > MAX_TEXT_CHARACTERS:
        raise AnomalyRefused(N_("The text is longer than %(limit)s characters. Shorten it."), limit=MAX_TEXT_CHARACTERS)
    return cleaned
