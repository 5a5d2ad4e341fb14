"""Searches the audit log by body, organisation, answer, person and date, and reads the history of an answer."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Text, and_, cast, literal, or_, select

from evaluation.audit import queries as audit
from evaluation.audit.actions import EVENTS_WITHOUT_BODY
from evaluation.audit.models import AuditBatch, AuditEvent
from evaluation.clock import ZONE
from evaluation.database import Statement, among, db, fetch_rows
from evaluation.policy import Viewer
from evaluation.registry.clauses import filter_by_name
from evaluation.registry.models import Body, Organisation
from evaluation.review.audit_search.batches import PAGE_SIZE, READ_SIZE, Position, counted_batches, counted_events, older
from evaluation.text import parse_search, search_text

MAX_ANSWER_EVENTS = 200
"""Events in the history of one answer."""
BIN_LENGTH = 12
MAX_INDEXED_MATCHES = 100
"""Matching bodies, organisations or people up to which their events are read by index and then sorted."""

NEWEST_FIRST = (AuditEvent.at.desc(), AuditEvent.id.desc())


@dataclass(frozen=True)
class AuditFilters:
    """What a search is restricted to; an empty field restricts nothing.

    `body` and `organisation` are a BIN or words of a name; `person` are words of the actor's name; `code` is the code of an
    indicator or item of evidence. `since` and `until` are days (Asia/Almaty), both included.
    """

    body: str = ""
    organisation: str = ""
    person: str = ""
    code: str = ""
    year: int | None = None
    since: date | None = None
    until: date | None = None
    actions: Collection[str] = ()
    excluded_actions: Collection[str] = ()
    batch: str = ""


@dataclass(frozen=True)
class AuditHit:
    """A single event, or the newest event of a batch with how many events it has by action, organisations and bodies."""

    event: AuditEvent
    counts: dict[str, int]
    organisations: int
    bodies: int

    @property
    def is_single(self) -> bool:
        """Whether the hit is one event."""
        return sum(self.counts.values()) == 1


@dataclass(frozen=True)
class AnswerEvent:
    """An event that concerns an answer: who, when (UTC), from what to what in stored form, and all its data."""

    actor: str
    at: datetime
    old: Any
    new: Any
    action: str
    data: dict[str, Any]

    @property
    def is_change(self) -> bool:
        """Whether the event changed the answer."""
        return self.old is not None or self.new is not None


def search(viewer: Viewer, filters: AuditFilters, before: int | None = None) -> tuple[list[AuditHit], bool]:
    """Return a page of hits, the newest first, and whether there are more.

    The events of a batch are one hit, unless the search is restricted to the batch.

    Args:
        viewer: The reader.
        filters: What the search is restricted to.
        before: The id of the last event of the page before.
    """
    start = audit.position(viewer, before) if before else None
    if filters.organisation or filters.code or filters.batch:
        return _search_events(viewer, filters, start)
    return _search_counts(viewer, filters, start)


def _search_counts(viewer: Viewer, filters: AuditFilters, start: Position | None) -> tuple[list[AuditHit], bool]:
    """Search by what the stored counts of batches know, so that no batch is read event by event."""
    bodies = _matching_ids(filters.body, Body) if filters.body else None
    actors = _actors(viewer, filters.person) if filters.person else None
    conditions = [AuditEvent.batch.is_(None), *older(start, AuditEvent.at, AuditEvent.id)]
    conditions += _conditions(filters, actors, AuditEvent, AuditEvent.at)
    if bodies is not None:
        conditions.append(_among(AuditEvent.chain, bodies))
    singles = audit.events(viewer, *conditions, order_by=NEWEST_FIRST, limit=PAGE_SIZE + 1, by_chain=True)
    # Batches that are older than a whole page of single events are on another page.
    oldest = (singles[-1].at, singles[-1].id) if len(singles) > PAGE_SIZE else None
    batches = counted_batches(viewer, _conditions(filters, actors, AuditBatch, AuditBatch.last_at), bodies, start, oldest)
    newest = audit.events(viewer, AuditEvent.id.in_([summary.last[1] for summary in batches])) if batches else []
    by_id = {event.id: event for event in newest}
    hits = [AuditHit(event, {event.action: 1}, 1, 1) for event in singles]
    hits += [AuditHit(by_id[item.last[1]], item.counts, item.organisations, item.bodies) for item in batches]
    hits.sort(key=lambda hit: (hit.event.at, hit.event.id), reverse=True)
    return hits[:PAGE_SIZE], len(hits) > PAGE_SIZE


def _search_events(viewer: Viewer, filters: AuditFilters, start: Position | None) -> tuple[list[AuditHit], bool]:
    """Search by what only the events themselves know."""
    conditions = _event_conditions(viewer, filters)
    position = start
    hits: list[AuditHit] = []
    listed: set[str] = set()
    while len(hits) <= PAGE_SIZE:
        events = _read(viewer, conditions, position, listed)
        summaries = (
            {} if filters.batch else counted_events(viewer, conditions, {event.batch for event in events if event.batch} - listed)
        )
        # A batch whose newest event is on a page before is not listed again.
        listed |= {name for name, summary in summaries.items() if start is not None and summary.last >= start}
        for event in events:
            if event.batch is None or filters.batch:
                hits.append(AuditHit(event, {event.action: 1}, 1, 1))
            elif event.batch not in listed:
                listed.add(event.batch)
                summary = summaries[event.batch]
                hits.append(AuditHit(event, summary.counts, summary.organisations, summary.bodies))
        if len(events) < READ_SIZE:
            break
        position = (events[-1].at, events[-1].id)
    return hits[:PAGE_SIZE], len(hits) > PAGE_SIZE


def answer_history(viewer: Viewer, year: int, organisation_id: int, code: str) -> list[AnswerEvent]:
    """Return the events of a year that changed or concern an answer or item of evidence, the newest first."""
    conditions = (AuditEvent.organisation_id == organisation_id, AuditEvent.year == year, _concerns(code))
    newest_first = (AuditEvent.id.desc(),)
    events = audit.events(viewer, *conditions, order_by=newest_first, limit=MAX_ANSWER_EVENTS)
    return [AnswerEvent(event.actor, event.at, *_old_and_new(event.data.get(code)), event.action, event.data) for event in events]


class Entity(NamedTuple):
    """A body or an organisation of an event; `kind` is empty for a body."""

    id: int
    bin: str
    kind: str
    name_kk: str
    name_ru: str


def bodies_and_organisations(viewer: Viewer, events: Sequence[AuditEvent]) -> tuple[dict[int, Entity], dict[int, Entity]]:
    """Return the bodies and organisations of these events by id, as far as they exist and the viewer can see them."""
    body_ids = {event.body_id for event in events if event.body_id is not None and viewer.can_see(event.body_id)}
    organisation_ids = {
        event.organisation_id for event in events if event.organisation_id is not None and _can_see(viewer, event)
    }
    return _entities(Body, body_ids), _entities(Organisation, organisation_ids)


def _entities(model: type[Body] | type[Organisation], ids: Collection[int]) -> dict[int, Entity]:
    kind: Any = Organisation.kind if model is Organisation else literal("")
    statement = select(model.id, model.bin, kind, model.name_kk, model.name_ru).where(among(model.id, ids))
    return {row[0]: Entity(*row) for row in fetch_rows(statement)} if ids else {}


def _read(viewer: Viewer, conditions: Sequence[Any], position: Position | None, listed: Collection[str]) -> list[AuditEvent]:
    """Return the next events after a position in the list, without those of listed batches."""
    more = older(position, AuditEvent.at, AuditEvent.id)
    if listed:
        more.append(or_(AuditEvent.batch.is_(None), AuditEvent.batch.not_in(listed)))
    return audit.events(viewer, *conditions, *more, order_by=NEWEST_FIRST, limit=READ_SIZE, by_chain=True)


def _event_conditions(viewer: Viewer, filters: AuditFilters) -> list[Any]:
    """Return the conditions of all filters on events."""
    actors = _actors(viewer, filters.person) if filters.person else None
    conditions = _conditions(filters, actors, AuditEvent, AuditEvent.at)
    if filters.body:
        conditions.append(_among(AuditEvent.chain, _matching_ids(filters.body, Body)))
    if filters.organisation:
        conditions.append(_among(AuditEvent.organisation_id, _matching_ids(filters.organisation, Organisation)))
    if filters.code:
        conditions.append(_concerns(filters.code))
    if filters.batch:
        conditions.append(AuditEvent.batch == filters.batch)
    return conditions


def _conditions(
    filters: AuditFilters, actors: list[str] | None, model: type[AuditEvent] | type[AuditBatch], at: Any
) -> list[Any]:
    """Return the conditions of the filters that events and stored counts have in common; `at` is the column of the time."""
    conditions: list[Any] = []
    if actors is not None:
        actor: Any = model.actor if len(actors) <= MAX_INDEXED_MATCHES else model.actor + ""
        conditions.append(actor.in_(actors))
    if filters.actions:
        conditions.append(model.action.in_(filters.actions))
    if filters.excluded_actions:
        conditions.append(model.action.not_in(filters.excluded_actions))
    if filters.year is not None:
        conditions.append(model.year == filters.year)
    if filters.since is not None:
        conditions.append(at >= _midnight(filters.since))
    if filters.until is not None:
        conditions.append(at < _midnight(filters.until + timedelta(days=1)))
    return conditions


def _matching_ids(words: str, model: type[Body] | type[Organisation]) -> list[int] | Statement:
    """Return the ids of the bodies or organisations that match a search, or a SELECT of them where they are many."""
    statement: Statement = select(model.id)
    if len(words) == BIN_LENGTH and words.isascii() and words.isdigit():
        statement = statement.where(model.bin == words)
    else:
        statement = filter_by_name(statement, words, model)
    ids = list(db.session.scalars(statement.limit(MAX_INDEXED_MATCHES + 1)))
    return ids if len(ids) <= MAX_INDEXED_MATCHES else statement


def _actors(viewer: Viewer, words: str) -> list[str]:
    """Return the actors' names that match a search; there are as many as people, so they are compared here."""
    search = parse_search(words)
    return [name for name in audit.actor_names(viewer) if search.matches(search_text([name]))]


def _among(column: Any, values: list[int] | Statement) -> Any:
    """Return the condition that a column has one of the values.

    With few values the database reads their events by the column's index. With many, the sum keeps it from the index: it reads
    the newest events first, which soon are enough.
    """
    return column.in_(values) if isinstance(values, list) else (column + 0).in_(values)


def _concerns(code: str) -> Any:
    """Return the condition that an event concerns an answer: its code is a key of the data, or the value of their `code`.

    It matches the JSON text, which is stored without spaces: both databases can do so, and a quotation mark within a value is
    escaped.
    """
    text = cast(AuditEvent.data, Text)
    fragments = (f'"{code}":', f'"code":"{code}"')
    return and_(AuditEvent.organisation_id.is_not(None), or_(*(text.contains(part, autoescape=True) for part in fragments)))


def _old_and_new(value: Any) -> tuple[Any, Any]:
    old, new = value if isinstance(value, list) and len(value) == 2 else (None, None)
    return old, new


def _midnight(day: date) -> datetime:
    """Return the beginning of a day (Asia/Almaty) in UTC, as the audit log stores times."""
    return datetime.combine(day, time(), ZONE).astimezone(UTC).replace(tzinfo=None)


def _can_see(viewer: Viewer, event: AuditEvent) -> bool:
    return viewer.may(EVENTS_WITHOUT_BODY) if event.body_id is None else viewer.can_see(event.body_id)
