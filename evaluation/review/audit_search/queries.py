"""Reads of the record for people: found by body, organisation, indicator, person, date; each within what its viewer may see."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Text, and_, cast, func, or_, select, tuple_

from evaluation.audit.chain import seal
from evaluation.audit.models import Event
from evaluation.clock import ZONE
from evaluation.database import Statement, db
from evaluation.policy import Action, Viewer
from evaluation.registry.listing import in_columns, in_words
from evaluation.registry.models import Body, Organisation
from evaluation.registry.queries import visible

PAGE = 50
PART = 4 * PAGE
"""Events that are read at once: those of one batch stand in the list once."""
MOST = 200
"""Changes of one answer that are shown."""
BIN_LENGTH = 12
FEW = 100
"""Bodies, organisations or people whose lines are gathered first and then sorted."""
KEPT_TO = {
    Action.REPLY: ("remarked", "replied", "remark_resolved", "remark_unresolved"),
    Action.FILES: ("file_attached", "file_removed"),
}
"""Actions of the record that tell what only those see who may do this: the text of remarks, the names of evidence."""


@dataclass(frozen=True)
class Sought:
    """What the record is kept to; what is empty keeps it to nothing.

    `body` and `organisation` are a BIN or words of a name, `person` words of the name that stands in the record; `code` is that
    of an indicator or item of evidence. `since` and `until` are days in Kazakhstan, both included.
    """

    body: str = ""
    organisation: str = ""
    person: str = ""
    code: str = ""
    year: int | None = None
    since: date | None = None
    until: date | None = None
    actions: Collection[str] = ()
    without: Collection[str] = ()
    batch: str = ""


@dataclass(frozen=True)
class Found:
    """An event, or the newest of what was done in one go: how many of each action, over how many organisations and bodies."""

    event: Event
    counts: dict[str, int]
    organisations: int
    bodies: int

    @property
    def alone(self) -> bool:
        return sum(self.counts.values()) == 1


@dataclass(frozen=True)
class Change:
    """One thing that happened to an answer: who, when, from what to what in stored form; `data` is all that the event holds."""

    who: str
    at: datetime
    old: Any
    new: Any
    action: str
    data: dict[str, Any]

    @property
    def changed(self) -> bool:
        """Whether it changed the answer, and did not only concern it."""
        return self.old is not None or self.new is not None


def search(viewer: Viewer, sought: Sought, before: int | None = None) -> tuple[list[Found], bool]:
    """A page of what is sought, the newest first, and whether there is more; `before` is the id of the last event of the page
    before it. What was done in one go stands there once, but where just that is sought."""
    seal(db.session)
    statement = _kept(select(Event), viewer, sought)
    place = start = _place(viewer, before)
    found: list[Found] = []
    gone: set[str] = set()
    while len(found) <= PAGE:
        part = _part(statement, place, gone)
        steps = {} if sought.batch else _steps(viewer, sought, {each.batch for each in part if each.batch} - gone)
        # A batch whose newest event stood on a page before is not shown again.
        gone |= {name for name, step in steps.items() if start is not None and step.last >= start}
        for event in part:
            if event.batch is None or sought.batch:
                found.append(Found(event, {event.action: 1}, 1, 1))
            elif event.batch not in gone:
                gone.add(event.batch)
                step = steps[event.batch]
                found.append(Found(event, step.counts, step.organisations, step.bodies))
        if len(part) < PART:
            break
        place = (part[-1].at, part[-1].id)
    return found[:PAGE], len(found) > PAGE


def answer_history(viewer: Viewer, year: int, organisation_id: int, code: str) -> list[Change]:
    """What happened to an answer or an item of evidence of a year, the newest first: changes, and what else concerns it."""
    seal(db.session)
    statement = _seen(select(Event), viewer).where(Event.organisation_id == organisation_id, Event.year == year, _about(code))
    found = db.session.scalars(statement.order_by(Event.id.desc()).limit(MOST))
    return [Change(each.actor, each.at, *_pair(each.data.get(code)), each.action, each.data) for each in found]


def named(viewer: Viewer, events: Sequence[Event]) -> tuple[dict[int, Body], dict[int, Organisation]]:
    """The bodies and organisations of these events, by id; those that are gone, or not the viewer's to see, are left out."""
    bodies = {each.body_id for each in events if each.body_id is not None}
    organisations = {each.organisation_id for each in events if each.organisation_id is not None and _sees(viewer, each)}
    found = db.session.scalars(visible(select(Body).where(Body.id.in_(bodies)), viewer))
    own = db.session.scalars(select(Organisation).where(Organisation.id.in_(organisations)))
    return {each.id: each for each in found}, {each.id: each for each in own}


@dataclass(frozen=True)
class _Step:
    """What was done in one go, as far as it is sought: the place of its newest event, events by action, organisations."""

    last: tuple[datetime, int]
    counts: dict[str, int]
    organisations: int
    bodies: int

    def joined(self, other: "_Step") -> "_Step":
        # Of an organisation there is one event of each action: the most are how many organisations there are.
        most = (max(self.organisations, other.organisations), max(self.bodies, other.bodies))
        return _Step(max(self.last, other.last), self.counts | other.counts, *most)


def _part(statement: Statement, place: tuple[datetime, int] | None, gone: Collection[str]) -> list[Event]:
    if place is not None:
        statement = statement.where(tuple_(Event.at, Event.id) < tuple_(*place))
    if gone:
        statement = statement.where(or_(Event.batch.is_(None), Event.batch.not_in(gone)))
    return list(db.session.scalars(statement.order_by(Event.at.desc(), Event.id.desc()).limit(PART)))


def _steps(viewer: Viewer, sought: Sought, names: Collection[str]) -> dict[str, _Step]:
    """The batches of these names, as far as they are sought."""
    columns = (func.max(Event.at), func.max(Event.id), func.count(Event.organisation_id), func.count(Event.chain.distinct()))
    statement = _kept(select(Event.batch, Event.action, func.count(), *columns), viewer, sought)
    statement = statement.where(Event.batch.in_(names)).group_by(Event.batch, Event.action).order_by(func.count().desc())
    found: dict[str, _Step] = {}
    for name, action, count, at, id_, organisations, bodies in db.session.execute(statement) if names else ():
        step = _Step((at, id_), {action: count}, organisations, bodies)
        found[name] = found[name].joined(step) if name in found else step
    return found


def _place(viewer: Viewer, id_: int | None) -> tuple[datetime, int] | None:
    """Where an event stands in the list; None for one that the viewer may not see."""
    found = db.session.execute(_seen(select(Event.at, Event.id), viewer).where(Event.id == id_)).first() if id_ else None
    return (found[0], found[1]) if found else None


def _kept(statement: Statement, viewer: Viewer, sought: Sought) -> Statement:
    statement = _seen(statement, viewer)
    for words, column, model in ((sought.body, Event.chain, Body), (sought.organisation, Event.organisation_id, Organisation)):
        if words:
            statement = statement.where(_among(column, column + 0, _ids(words, model)))
    if sought.person:
        statement = statement.where(_among(Event.actor, Event.actor + "", _actors(sought.person)))
    if sought.code:
        statement = statement.where(_about(sought.code))
    if sought.actions:
        statement = statement.where(Event.action.in_(sought.actions))
    if sought.without:
        statement = statement.where(Event.action.not_in(sought.without))
    if sought.year is not None:
        statement = statement.where(Event.year == sought.year)
    if sought.since is not None:
        statement = statement.where(Event.at >= _midnight(sought.since))
    if sought.until is not None:
        statement = statement.where(Event.at < _midnight(sought.until + timedelta(days=1)))
    return statement.where(Event.batch == sought.batch) if sought.batch else statement


def _ids(words: str, model: type[Body] | type[Organisation]) -> Statement:
    statement: Statement = select(model.id)
    if len(words) == BIN_LENGTH and words.isascii() and words.isdigit():
        return statement.where(model.bin == words)
    return in_words(statement, words, model)


def _actors(words: str) -> Statement:
    """The names that stand in the record and have these words. Led from one to the next by their index: the lines are many times
    as many as the names."""
    names = select(func.min(Event.actor).label("name")).cte("names", recursive=True)
    after = select(func.min(Event.actor)).where(Event.actor > names.c.name).scalar_subquery()
    names = names.union_all(select(after).where(names.c.name.is_not(None)))
    return in_columns(select(names.c.name).where(names.c.name.is_not(None)), words, [names.c.name])


def _among(column: Any, unindexed: Any, sought: Statement) -> Any:
    """Kept to what is sought. Of few the index tells where they stand; where many are sought, the newest lines have them."""
    few = list(db.session.scalars(sought.limit(FEW + 1)))
    return column.in_(few) if len(few) <= FEW else unindexed.in_(sought)


def _about(code: str) -> Any:
    """Events that tell of an answer: its code is a key of their data, or the value of their `code`.

    Asked of the JSON text, as it is stored without spaces: both databases can, and a quotation mark within a value is escaped.
    """
    text = cast(Event.data, Text)
    names = (f'"{code}":', f'"code":"{code}"')
    return and_(Event.organisation_id.is_not(None), or_(*(text.contains(name, autoescape=True) for name in names)))


def _pair(value: Any) -> tuple[Any, Any]:
    """Old and new of what was changed."""
    old, new = value if isinstance(value, list) and len(value) == 2 else (None, None)
    return old, new


def _midnight(day: date) -> datetime:
    """The beginning of a day in Kazakhstan, as the record has it."""
    return datetime.combine(day, time(), ZONE).astimezone(UTC).replace(tzinfo=None)


def _seen(statement: Any, viewer: Viewer) -> Any:
    """Kept to the viewer's bodies and to what their role sees there; what concerns no body is for who keeps people's accounts."""
    everything = viewer.may(Action.PEOPLE)
    if hidden := [name for action, names in KEPT_TO.items() if not viewer.may(action) for name in names]:
        statement = statement.where(Event.action.not_in(hidden))
    if viewer.bodies is None:
        return statement if everything else statement.where(Event.chain != 0)
    return statement.where(Event.chain.in_(viewer.bodies | {0} if everything else viewer.bodies))


def _sees(viewer: Viewer, event: Event) -> bool:
    return viewer.may(Action.PEOPLE) if event.body_id is None else viewer.sees(event.body_id)
