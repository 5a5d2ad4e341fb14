"""Reads of reports, declared counts and justifications, each scoped by its viewer."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Select, Text, bindparam, case, cast, func, or_, select
from sqlalchemy.sql.elements import ColumnElement

from evaluation.answers.model import EditableReport, ReportSnapshot
from evaluation.answers.models import DeclaredCount, Justification, Report
from evaluation.audit.actions import AuditAction
from evaluation.audit.models import AuditEvent
from evaluation.audit.queries import events
from evaluation.criteria.expressions import codes
from evaluation.criteria.indicators import REGISTRY_FACTS
from evaluation.criteria.model import Order
from evaluation.database import MAX_IDS_PER_STATEMENT, Statement, among, db, fetch_rows, to_json
from evaluation.memory import gc_paused
from evaluation.policy import Viewer
from evaluation.registry import queries as registry
from evaluation.registry.models import Body, Organisation, ReportingYear, Supervision
from evaluation.registry.queries import in_force_at_year_end, visible
from evaluation.scoring.frames import ReportFrames, report_frame
from evaluation.scoring.score import PriorYearCounts
from evaluation.scoring.score import prior_year_counts as count_breaches
from evaluation.submissions.deadlines import EntryPeriod
from evaluation.submissions.models import Submission
from evaluation.submissions.queries import entry_period_columns

MAX_DECLARATION_EVENTS = 200
"""Events of a body that are searched for the last declaration of a count."""

NO_ANSWERS = (None, to_json({}))
"""The stored answers of an organisation without any."""

# ---- reports of organisations ----


def body_reports(viewer: Viewer, year: int, body_id: int) -> tuple[ReportSnapshot, ...]:
    """Return the reports of the body's organisations of 31 December, by the organisation's BIN."""
    statement = visible(_snapshot_statement(year).where(Body.id == body_id), viewer)
    return tuple(_snapshots(statement.order_by(Organisation.bin)))


def reports_of_last_year(viewer: Viewer, year: int, body_id: int) -> tuple[ReportSnapshot, ...]:
    """Return last year's reports of the organisations that the body had last year or has this year, by BIN.

    A report is left out when the viewer cannot see the body that supervised the organisation last year.
    """
    statement = _snapshot_statement(year - 1).where(or_(Body.id == body_id, Organisation.id.in_(_members(viewer, year, body_id))))
    return tuple(_snapshots(visible(statement, viewer).order_by(Organisation.bin)))


def stored_reports(viewer: Viewer, year: int, organisation_ids: Sequence[int]) -> dict[int, ReportSnapshot]:
    """Return organisation id → stored report of the year, of these organisations; those without a stored report are left out."""
    statement = visible(_snapshot_statement(year).where(Report.id.is_not(None)), viewer)
    if len(organisation_ids) <= MAX_IDS_PER_STATEMENT:
        statement = statement.where(Organisation.id.in_(organisation_ids))
    wanted = set(organisation_ids)
    return {report.organisation_id: report for report in _snapshots(statement) if report.organisation_id in wanted}


def editable_reports(viewer: Viewer, year: int, organisation_ids: Sequence[int]) -> dict[int, EditableReport]:
    """Return organisation id → report with what decides whether it takes changes."""
    statement = _editable_statement(viewer.bodies is not None)
    parameters: dict[str, Any] = {"year": year, "last_day": date(year, 12, 31)}
    if viewer.bodies is not None:
        parameters["bodies"] = list(viewer.bodies)
    reports: dict[int, EditableReport] = {}
    for start in range(0, len(organisation_ids), MAX_IDS_PER_STATEMENT):
        batch = list(organisation_ids[start : start + MAX_IDS_PER_STATEMENT])
        rows = fetch_rows(statement, parameters | {"organisations": batch})
        for status, version, order_code, starts_on, deadline, extended_until, *columns in rows:
            period = EntryPeriod(_as_date(starts_on), _as_date(deadline), _as_date(extended_until))
            report = _snapshot(*columns)
            reports[report.organisation_id] = EditableReport(report, status, version or 0, order_code, period)
    return reports


REPORT_COLUMNS: tuple[Any, ...] = (
    Organisation.id,
    Organisation.bin,
    Organisation.kind,
    Body.id,
    Body.bin,
    Report.id,
    Report.version,
    cast(Report.answers, Text),
    cast(Report.evidence, Text),
    *(getattr(Organisation, code) for code in REGISTRY_FACTS),
)
"""The columns of a :class:`ReportSnapshot`, in the order of its fields."""


def _snapshot_statement(year: int) -> Statement:
    return _with_reports(select(*REPORT_COLUMNS), year)


def _snapshots(statement: Statement) -> Iterable[ReportSnapshot]:
    return (_snapshot(*row) for row in fetch_rows(statement))


def _snapshot(
    organisation_id: int,
    organisation_bin: str,
    kind: str,
    body_id: int,
    body_bin: str,
    report_id: int | None,
    version: int | None,
    answers: str | None,
    evidence: str | None,
    *facts: Any,
) -> ReportSnapshot:
    registry_facts = dict(zip(REGISTRY_FACTS, facts, strict=True))
    documents = orjson.loads(answers or "{}"), orjson.loads(evidence or "{}"), registry_facts
    return ReportSnapshot(organisation_id, organisation_bin, kind, body_id, body_bin, report_id, version or 0, *documents)


@cache
def _editable_statement(limited: bool) -> Statement:
    """Build the statement of :func:`editable_reports` once, because building it costs more than running it on a few reports."""
    year: Any = bindparam("year")
    last_day: Any = bindparam("last_day")
    statement = (
        select(Submission.status, Submission.version, ReportingYear.order_code, *entry_period_columns(year), *REPORT_COLUMNS)
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


def _as_date(stored: date | str | None) -> date | None:
    """Convert a day as the driver returns it; SQLite stores days as text."""
    return date.fromisoformat(stored) if isinstance(stored, str) else stored


def _members(viewer: Viewer, year: int, body_id: int) -> Select[Any]:
    """Select the ids of the body's organisations of 31 December."""
    statement = select(Supervision.organisation_id).join(Body, Body.id == Supervision.body_id)
    return visible(statement.where(in_force_at_year_end(year), Body.id == body_id), viewer)


# ---- reports of many bodies, as frames ----


@gc_paused()
def report_frames(
    viewer: Viewer, order: Order, year: int, body_ids: Iterable[int] | None = None, only: frozenset[str] | None = None
) -> ReportFrames:
    """Return the year's answers as frames by kind, of these bodies or of all that the viewer can see.

    `only` restricts the columns to these indicators. Every organisation supervised on 31 December has a row; an organisation
    without a report has a row of blanks.
    """
    return _frames(order, _report_rows(viewer, year, body_ids), only)


class IdentifiedReports(NamedTuple):
    """Frames as :func:`report_frames` returns them, with ids by BIN, and body id → its organisations with any answer."""

    frames: ReportFrames
    body_ids: dict[str, int]
    organisation_ids: dict[str, int]
    begun: dict[int, int]


@gc_paused()
def identified_reports(viewer: Viewer, order: Order, year: int, body_ids: Iterable[int] | None = None) -> IdentifiedReports:
    """Return the year's answers as frames with the ids of their bodies and organisations, read in one statement."""
    rows = _report_rows(viewer, year, body_ids, (Body.id, Organisation.id))
    begun = Counter(row[4] for row in rows if row[3] not in NO_ANSWERS)
    return IdentifiedReports(
        _frames(order, rows, None), {row[0]: row[4] for row in rows}, {row[1]: row[5] for row in rows}, dict(begun)
    )


def _report_rows(
    viewer: Viewer, year: int, body_ids: Iterable[int] | None, more_columns: tuple[Any, ...] = ()
) -> Sequence[tuple[Any, ...]]:
    """Return (body's BIN, organisation's BIN, kind, answers as JSON or None, then the other columns) of each organisation."""
    columns: tuple[Any, ...] = (Body.bin, Organisation.bin, Organisation.kind, cast(Report.answers, Text), *more_columns)
    return fetch_rows(_of_bodies(visible(_with_reports(select(*columns), year), viewer), body_ids))


def _frames(order: Order, rows: Sequence[tuple[Any, ...]], only: frozenset[str] | None) -> ReportFrames:
    by_kind: dict[str, list[tuple[Any, ...]]] = {kind: [] for kind in order.kind}
    for row in rows:
        if row[2] in by_kind:
            by_kind[row[2]].append(row)
    return {kind: _frame(order, kind, rows, only) for kind, rows in by_kind.items() if rows}


def _frame(order: Order, kind: str, rows: list[tuple[Any, ...]], only: frozenset[str] | None) -> Any:
    # Decoding one array of all documents is faster than decoding each document.
    answers = orjson.loads("[" + ",".join([row[3] or "{}" for row in rows]) + "]")
    return report_frame(order, kind, [row[0] for row in rows], [row[1] for row in rows], answers, only)


def evidence_counts(viewer: Viewer, year: int) -> dict[str, int]:
    """Return evidence code → number of the year's reports that have this evidence."""
    columns: tuple[ColumnElement[Any], ...] = (cast(Report.evidence, Text),)
    statement = visible(_with_reports(select(*columns), year), viewer).where(cast(Report.evidence, Text) != to_json({}))
    return Counter(code for (evidence,) in fetch_rows(statement) for code in orjson.loads(evidence))


def answered_organisations(viewer: Viewer, year: int, body_ids: Iterable[int]) -> dict[int, tuple[int, int]]:
    """Return body id → (number of organisations on 31 December, number of those that answered anything)."""
    with_answers = func.count(case((cast(Report.answers, Text) != to_json({}), Report.id)))
    statement = _with_reports(select(Body.id, func.count(Organisation.id), with_answers), year).group_by(Body.id)
    rows = fetch_rows(_of_bodies(visible(statement, viewer), body_ids))
    return {body_id: (organisations, answered) for body_id, organisations, answered in rows}


def latest_year_with_entries(viewer: Viewer, years: Iterable[int]) -> int | None:
    """Return the latest of these years in which a body that the viewer can see answered something or submitted its year."""
    for year in sorted(years, reverse=True):
        answers = _with_reports(select(Body.id), year).where(Report.year == year, cast(Report.answers, Text) != to_json({}))
        submissions = select(Body.id).join(Submission, Submission.body_id == Body.id).where(Submission.year == year)
        if any(db.session.execute(visible(statement, viewer).limit(1)).first() for statement in (submissions, answers)):
            return year
    return None


# ---- counts of the year before ----


def prior_year_counts(viewer: Viewer, year: int, body_ids: Iterable[int] | None = None) -> PriorYearCounts:
    """Return the counts of breaches in the year before `year`, of these bodies or of all that the viewer can see.

    They are counted from last year's reports when all organisations of the kind answered; otherwise the body's declared count is
    used. Source: Order 47, Annex 1, criterion 1 (readings R1 and R13).
    """
    ids = None if body_ids is None else list(body_ids)
    statement = select(Body.bin, DeclaredCount.kind, DeclaredCount.criterion, DeclaredCount.count)
    statement = statement.join(Body, Body.id == DeclaredCount.body_id).where(DeclaredCount.year == year)
    declared = {
        (body, kind, criterion): count for body, kind, criterion, count in fetch_rows(_of_bodies(visible(statement, viewer), ids))
    }
    # Last year's breaches are counted by last year's own order, as on last year's sheet.
    last_order, order = registry.order_of(year - 1), registry.order_of(year)
    if last_order is None or order is None:
        return declared
    frames = report_frames(viewer, last_order, year - 1, ids, counted_codes(last_order, order.compared_criteria))
    return declared | count_breaches(last_order, frames, order.compared_criteria)


def counted_codes(last_order: Order, compared: frozenset[str]) -> frozenset[str]:
    """Return the codes of the indicators from which the prior-year counts of the compared criteria are counted."""
    breaches = (criterion.breach for criterion in last_order.criteria if criterion.code in compared)
    return last_order.with_implication_sources(frozenset().union(*map(codes, breaches)))


def declared_counts(viewer: Viewer, year: int) -> dict[tuple[int, str, str], DeclaredCount]:
    """Return (body id, kind, criterion) → count that the body declares for the year before `year`."""
    statement = visible(select(DeclaredCount).join(Body, Body.id == DeclaredCount.body_id), viewer)
    return {
        (item.body_id, item.kind, item.criterion): item
        for item in db.session.scalars(statement.where(DeclaredCount.year == year))
    }


def declared_counts_of_body(viewer: Viewer, years: Iterable[int], body_id: int) -> dict[int, dict[tuple[str, str], int]]:
    """Return year → (kind, criterion) → count that the body declares for the year before it; every given year is a key."""
    counts: dict[int, dict[tuple[str, str], int]] = {year: {} for year in years}
    statement = select(DeclaredCount.year, DeclaredCount.kind, DeclaredCount.criterion, DeclaredCount.count)
    statement = statement.join(Body, Body.id == DeclaredCount.body_id).where(DeclaredCount.year.in_(counts), Body.id == body_id)
    for year, kind, criterion, count in fetch_rows(visible(statement, viewer)):
        counts[year][kind, criterion] = count
    return counts


def last_declaration(viewer: Viewer, year: int, body_id: int, key: str) -> tuple[str, datetime] | None:
    """Return who last declared a count or reverted the declaration, and when; `key` is the count's key in the audit data."""
    actions = (AuditAction.PRIOR_YEAR_COUNTS_DECLARED, AuditAction.CHANGE_UNDONE)
    conditions = (AuditEvent.body_id == body_id, AuditEvent.year == year, AuditEvent.organisation_id.is_(None))
    newest = (AuditEvent.id.desc(),)
    for event in events(viewer, *conditions, AuditEvent.action.in_(actions), order_by=newest, limit=MAX_DECLARATION_EVENTS):
        if key in event.data:
            return event.actor, event.at
    return None


# ---- justifications ----


def justifications(viewer: Viewer, year: int, body_id: int) -> dict[tuple[int, str, str], Justification]:
    """Return (organisation id, rule, code) → justification in a body's year; the code is empty when the issue has no cell."""
    statement = select(Justification).where(
        Justification.year == year, Justification.organisation_id.in_(_members(viewer, year, body_id))
    )
    return {(item.organisation_id, item.rule, item.code): item for item in db.session.scalars(statement)}


# ---- parts of statements ----


def _with_reports(statement: Statement, year: int) -> Statement:
    """Join supervision of 31 December, bodies, organisations and their reports of the year, if any."""
    return (
        statement.select_from(Supervision)
        .join(Body, Body.id == Supervision.body_id)
        .join(Organisation, Organisation.id == Supervision.organisation_id)
        .outerjoin(Report, (Report.organisation_id == Organisation.id) & (Report.year == year))
        .where(in_force_at_year_end(year))
    )


def _of_bodies(statement: Statement, body_ids: Iterable[int] | None) -> Statement:
    return statement if body_ids is None else statement.where(among(Body.id, body_ids))
