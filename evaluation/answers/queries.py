"""Reads of what is collected, each within what its viewer may see."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

import orjson
from sqlalchemy import Text, bindparam, case, cast, func, or_, select
from sqlalchemy.sql.elements import ColumnElement

from evaluation.answers.models import DeclaredCount, Report
from evaluation.audit.chain import seal
from evaluation.audit.models import Event
from evaluation.audit.queries import UNDONE
from evaluation.clock import today as the_day
from evaluation.criteria.expressions import codes
from evaluation.criteria.model import Order
from evaluation.database import Statement, db, dumps, tuples
from evaluation.memory import bulk
from evaluation.policy import Viewer
from evaluation.registry import queries as registry
from evaluation.registry.models import Body, Organisation, ReportingYear, Supervision
from evaluation.registry.queries import AT_ONCE, as_of, visible
from evaluation.scoring.frames import Reports, frame
from evaluation.scoring.score import Previous, counts
from evaluation.submissions.locks import Lock, Term, lock_of
from evaluation.submissions.models import Extension, Submission

DECLARED = "declared"
"""The action of the events that tell of declared counts, one for each body."""
RECENT = 200
"""Events of a body that are looked through for the last declaration."""


@bulk()
def reports(
    viewer: Viewer, order: Order, year: int, body_ids: Iterable[int] | None = None, only: frozenset[str] | None = None
) -> Reports:
    """The year's answers as frames by kind: of these bodies, or of all the viewer may see; `only` these indicators.

    Every organisation supervised on 31 December has its line; one without a report is blank throughout.
    """
    rows = tuples(_supervised(viewer, year, body_ids))
    by_kind: dict[str, list[tuple[Any, ...]]] = {kind: [] for kind in order.kind}
    for row in rows:
        if row[2] in by_kind:
            by_kind[row[2]].append(row)
    return {kind: _frame(order, kind, found, only) for kind, found in by_kind.items() if found}


def previous(viewer: Viewer, year: int, body_ids: Iterable[int] | None = None) -> Previous:
    """Last year's counts: of last year's reports where they are all answered, else as the body declares them (reading R13)."""
    ids = None if body_ids is None else list(body_ids)
    statement = (
        select(Body.bin, DeclaredCount.kind, DeclaredCount.criterion, DeclaredCount.count)
        .join(Body, Body.id == DeclaredCount.body_id)
        .where(DeclaredCount.year == year)
    )
    declared = {(body, kind, criterion): count for body, kind, criterion, count in tuples(_of(visible(statement, viewer), ids))}
    return declared | dict(counted(viewer, year - 1, ids))


def counted(viewer: Viewer, year: int, body_ids: Iterable[int] | None = None) -> Previous:
    """The counts that the year's own reports give, for the year after it; a year that is not open gives none."""
    # As it stood on that year's sheet: by its own order.
    last = registry.order_of(year)
    if last is None:
        return {}
    rules = [criterion for criterion in last.criteria if criterion.rule == "decrease"]
    needed = last.needed_for(frozenset().union(*(codes(criterion.breach) for criterion in rules)))
    return counts(last, reports(viewer, last, year, body_ids, needed))


@dataclass(frozen=True)
class Stored:
    """A stored report as an upload compares itself with it."""

    id: int
    version: int
    answers: dict[str, Any]
    evidence: dict[str, Any]


def stored_reports(viewer: Viewer, year: int, organisation_ids: Sequence[int]) -> dict[int, Stored]:
    """The year's reports of these organisations by organisation id."""
    columns = (Report.organisation_id, Report.id, Report.version, cast(Report.answers, Text), cast(Report.evidence, Text))
    statement = select(*columns).where(Report.year == year)
    if viewer.bodies is not None:
        seen = visible(select(Body.id), viewer)
        statement = statement.join(Supervision, Supervision.organisation_id == Report.organisation_id)
        statement = statement.where(as_of(year), Supervision.body_id.in_(seen))
    wanted = set(organisation_ids)
    return {
        owner: Stored(id_, version, orjson.loads(answers), orjson.loads(evidence))
        for owner, id_, version, answers, evidence in tuples(statement)
        if owner in wanted
    }


@dataclass(frozen=True)
class ReportSnapshot:
    """An organisation's report as a save finds it, under its body of 31 December; `id` is None where nothing is stored yet.

    `state` is the body's year's, None where nobody has handed it over or back; `term` says when its draft takes changes.
    """

    organisation_id: int
    kind: str
    body_id: int
    state: str | None
    term: Term
    id: int | None
    version: int
    answers: dict[str, Any]
    evidence: dict[str, Any]

    def value(self, code: str) -> Any:
        """An answer or item of evidence in stored form; None for a blank."""
        return self.answers.get(code, self.evidence.get(code))


def held(viewer: Viewer, year: int, organisation_ids: Sequence[int]) -> dict[int, ReportSnapshot]:
    """These organisations' reports with what decides whether they may be changed, by organisation id."""
    statement, last_day = _holding(viewer.bodies is not None), date(year, 12, 31)
    found: dict[int, ReportSnapshot] = {}
    for start in range(0, len(organisation_ids), 500):
        given = {"year": year, "last_day": last_day, "organisations": list(organisation_ids[start : start + 500])}
        if viewer.bodies is not None:
            given["bodies"] = list(viewer.bodies)
        for own, kind, body, state, starts_on, deadline, until, id_, version, answers, evidence in tuples(statement, given):
            documents = orjson.loads(answers or "{}"), orjson.loads(evidence or "{}")
            term = Term(_day(starts_on), _day(deadline), _day(until))
            found[own] = ReportSnapshot(own, kind, body, state, term, id_, version or 0, *documents)
    return found


@cache
def _holding(limited: bool) -> Statement:
    """What :func:`held` reads, made once: putting a statement together costs more than running it on a few reports."""
    year: Any = bindparam("year")
    last_day: Any = bindparam("last_day")
    report = (Report.id, Report.version, cast(Report.answers, Text), cast(Report.evidence, Text))
    columns: tuple[Any, ...] = (Organisation.id, Organisation.kind, Body.id, Submission.state, *_term(year), *report)
    statement = (
        select(*columns)
        .select_from(Supervision)
        .join(Body, Body.id == Supervision.body_id)
        .join(Organisation, Organisation.id == Supervision.organisation_id)
        .outerjoin(Report, (Report.organisation_id == Organisation.id) & (Report.year == year))
        .outerjoin(Submission, (Submission.body_id == Body.id) & (Submission.year == year))
        .outerjoin(ReportingYear, ReportingYear.year == year)
        .where(Supervision.since <= last_day, or_(Supervision.until.is_(None), Supervision.until >= last_day))
        .where(Organisation.id.in_(bindparam("organisations", expanding=True)))
    )
    return statement.where(Body.id.in_(bindparam("bodies", expanding=True))) if limited else statement


def _term(year: Any) -> tuple[Any, ...]:
    """What a body's :class:`Term` is made of, where a statement joins the body and the year."""
    latest = select(Extension.until).where(Extension.body_id == Body.id, Extension.year == year)
    return ReportingYear.starts_on, ReportingYear.deadline, latest.order_by(Extension.id.desc()).limit(1).scalar_subquery()


def _day(stored: date | str | None) -> date | None:
    """A day as the driver gives it: SQLite keeps it as text."""
    return date.fromisoformat(stored) if isinstance(stored, str) else stored


def lock(viewer: Viewer, year: int, body_id: int, today: date | None = None) -> Lock | None:
    """What keeps a body's year from being changed on a day, today where none is given; None where it is open."""
    return locks(viewer, year, [body_id], today).get(body_id)


def locks(viewer: Viewer, year: int, body_ids: Iterable[int], today: date | None = None) -> dict[int, Lock]:
    """Body id → what keeps its year from being changed on a day, today where none is given; without those that are open."""
    wanted, day = list(body_ids), today or the_day()
    statement = (
        select(Body.id, Submission.state, *_term(year))
        .select_from(Body)
        .outerjoin(Submission, (Submission.body_id == Body.id) & (Submission.year == year))
        .outerjoin(ReportingYear, ReportingYear.year == year)
    )
    statement = visible(statement if len(wanted) > AT_ONCE else statement.where(Body.id.in_(wanted)), viewer)
    found = {row[0]: lock_of(row[1], year, Term(*row[2:]), day) for row in db.session.execute(statement)}
    return {id_: each for id_ in wanted if (each := found.get(id_)) is not None}


def declared_counts(viewer: Viewer, year: int) -> dict[tuple[int, str, str], DeclaredCount]:
    """The year's declared counts by (body id, kind, criterion)."""
    statement = visible(select(DeclaredCount).join(Body, Body.id == DeclaredCount.body_id), viewer)
    return {
        (item.body_id, item.kind, item.criterion): item
        for item in db.session.scalars(statement.where(DeclaredCount.year == year))
    }


def declared_by(viewer: Viewer, year: int, body_id: int) -> dict[tuple[str, str], int]:
    """What a body declares of the year before `year`, by kind and criterion."""
    statement = select(DeclaredCount.kind, DeclaredCount.criterion, DeclaredCount.count)
    statement = statement.join(Body, Body.id == DeclaredCount.body_id).where(DeclaredCount.year == year, Body.id == body_id)
    return {(kind, criterion): count for kind, criterion, count in tuples(visible(statement, viewer))}


def last_declaration(viewer: Viewer, year: int, body_id: int, key: str) -> tuple[str, datetime] | None:
    """Who declared a figure last or undid that, and when; `key` as the record has it."""
    seal(db.session)
    statement = select(Event).where(Event.body_id == body_id, Event.year == year, Event.action.in_((DECLARED, UNDONE)))
    statement = statement.where(Event.organisation_id.is_(None))
    if viewer.bodies is not None:
        statement = statement.where(Event.body_id.in_(viewer.bodies))
    for event in db.session.scalars(statement.order_by(Event.id.desc()).limit(RECENT)):
        if key in event.data:
            return event.actor, event.at
    return None


def answered(viewer: Viewer, year: int, body_ids: Iterable[int]) -> dict[int, tuple[int, int]]:
    """Body id → (organisations on 31 December, those that answered anything) for these bodies."""
    given = func.count(case((cast(Report.answers, Text) != dumps({}), Report.id)))
    statement = _joined(select(Body.id, func.count(Organisation.id), given), year).group_by(Body.id)
    rows = tuples(_of(visible(statement, viewer), list(body_ids)))
    return {id_: (all_, some) for id_, all_, some in rows}


def latest_begun(viewer: Viewer, years: Iterable[int]) -> int | None:
    """The latest of these years of which any body that the viewer may see has answered anything or was handed over."""
    for year in sorted(years, reverse=True):
        answers = _joined(select(Body.id), year).where(Report.year == year, cast(Report.answers, Text) != dumps({}))
        handed = select(Body.id).join(Submission, Submission.body_id == Body.id).where(Submission.year == year)
        if any(db.session.execute(visible(each, viewer).limit(1)).first() for each in (handed, answers)):
            return year
    return None


def _supervised(viewer: Viewer, year: int, body_ids: Iterable[int] | None) -> Statement:
    columns: tuple[ColumnElement[Any], ...] = (Body.bin, Organisation.bin, Organisation.kind, cast(Report.answers, Text))  # type: ignore[assignment]
    return _of(visible(_joined(select(*columns), year), viewer), None if body_ids is None else list(body_ids))


def _joined(statement: Statement, year: int) -> Statement:
    return (
        statement.select_from(Supervision)
        .join(Body, Body.id == Supervision.body_id)
        .join(Organisation, Organisation.id == Supervision.organisation_id)
        .outerjoin(Report, (Report.organisation_id == Organisation.id) & (Report.year == year))
        .where(as_of(year))
    )


def _of(statement: Statement, body_ids: list[int] | None) -> Statement:
    return statement if body_ids is None else statement.where(Body.id.in_(body_ids))


def _frame(order: Order, kind: str, rows: list[tuple[Any, ...]], only: frozenset[str] | None) -> Any:
    # One array of all documents is decoded in one call.
    answers = orjson.loads("[" + ",".join([row[3] or "{}" for row in rows]) + "]")
    return frame(order, kind, [row[0] for row in rows], [row[1] for row in rows], answers, only)
