"""Reads of the register of anomalies, scoped by a viewer, and of what the tests need."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import orjson
import pandas as pd
from sqlalchemy import Text, case, cast, func, or_, select
from sqlalchemy.orm import aliased

from evaluation.anomalies.model import CountryYear, EntryTimes, Sources
from evaluation.anomalies.models import OPEN, STATES, Anomaly, AnomalySearch
from evaluation.answers.models import EvidenceFile, Report
from evaluation.answers.queries import prior_year_counts
from evaluation.audit.actions import AuditAction, AuditGroup
from evaluation.audit.models import AuditEvent
from evaluation.clock import ZONE
from evaluation.criteria.model import Order
from evaluation.database import Statement, db, fetch_rows
from evaluation.memory import gc_paused
from evaluation.pagination import Page
from evaluation.policy import Action, Viewer
from evaluation.registry import queries as registry
from evaluation.registry.clauses import filter_by_name
from evaluation.registry.models import Body, Organisation, ReportingYear, Supervision
from evaluation.registry.queries import in_force_at_year_end, visible
from evaluation.scoring.frames import as_text, report_frame
from evaluation.submissions.models import Submission
from evaluation.submissions.queries import entry_period_columns

ENTRY_ACTIONS = (
    AuditAction.ANSWERS_SAVED,
    AuditAction.BLOCK_PASTED,
    AuditAction.BLANKS_FILLED,
    AuditAction.ANSWERS_REPEATED,
    AuditAction.WORKBOOK_APPLIED,
)
"""The actions by which answers are entered."""
CHANGES = (
    *(action for group in (AuditGroup.ANSWERS, AuditGroup.YEARS, AuditGroup.REGISTRY) for action in group.actions),
    AuditAction.EVIDENCE_FILE_ATTACHED,
    AuditAction.EVIDENCE_FILE_REMOVED,
    AuditAction.SUBMITTED,
)
"""The actions after which a search may see other anomalies."""
MARGIN = timedelta(minutes=10)
"""No transaction stays open longer after its events were written."""
ANY_STATE, VANISHED = "all", "vanished"
"""Filters of the queue besides the states."""


# ---- what the tests read ----


def sources(viewer: Viewer, year: int) -> Sources | None:
    """Return what the tests of a year's order read; None where the year is not open. Raises Forbidden.

    Only the product itself may read it: the tests compare all bodies of the country.
    """
    viewer.require(Action.MANAGE_REGISTRY)
    order, last_order = registry.order_of(year), registry.order_of(year - 1)
    if order is None:
        return None
    evidence = frozenset[str]().union(*(kind.document_codes for kind in order.anomalies))
    last = None if last_order is None else _country_year(viewer, last_order, year - 1, evidence)
    return Sources(_country_year(viewer, order, year, evidence), last, tuple(_entry_times(viewer, year)))


@gc_paused()
def _country_year(viewer: Viewer, order: Order, year: int, evidence: frozenset[str]) -> CountryYear:
    higher = aliased(Body)
    region = func.substr(func.coalesce(Body.kato, higher.kato, ""), 1, 2)
    columns: tuple[Any, ...] = (Body.bin, Organisation.bin, Body.id, Organisation.id, region, Organisation.kind)
    statement = (
        select(*columns, cast(Report.answers, Text), cast(Report.evidence, Text))
        .select_from(Supervision)
        .join(Body, Body.id == Supervision.body_id)
        .outerjoin(higher, higher.id == Body.parent_id)
        .join(Organisation, Organisation.id == Supervision.organisation_id)
        .outerjoin(Report, (Report.organisation_id == Organisation.id) & (Report.year == year))
        .where(in_force_at_year_end(year))
        .order_by(Organisation.id, Body.id)
    )
    by_kind: dict[str, list[Any]] = {kind: [] for kind in order.kind}
    for row in fetch_rows(visible(statement, viewer)):
        if row[5] in by_kind:
            by_kind[row[5]].append(row)
    frames = {kind: _frame(order, kind, rows, evidence) for kind, rows in by_kind.items() if rows}
    return CountryYear(year, order, frames, prior_year_counts(viewer, year), _files(year))


def _frame(order: Order, kind: str, rows: Sequence[Any], evidence: frozenset[str]) -> pd.DataFrame:
    answers = orjson.loads("[" + ",".join([row[6] or "{}" for row in rows]) + "]")
    documents = orjson.loads("[" + ",".join([row[7] or "{}" for row in rows]) + "]")
    codes = [item.code for item in order.evidence_of(kind) if item.code in evidence]
    return report_frame(order, kind, [row[0] for row in rows], [row[1] for row in rows], answers).assign(
        body_id=[row[2] for row in rows],
        organisation_id=[row[3] for row in rows],
        region=as_text([row[4] for row in rows]),
        **{code: as_text([document.get(code) for document in documents]) for code in codes},
    )


def _files(year: int) -> dict[str, frozenset[int]]:
    files: dict[str, set[int]] = {}
    statement = select(EvidenceFile.criterion, EvidenceFile.organisation_id).where(EvidenceFile.year == year)
    for criterion, organisation_id in fetch_rows(statement):
        files.setdefault(criterion, set()).add(organisation_id)
    return {criterion: frozenset(ids) for criterion, ids in files.items()}


def _entry_times(viewer: Viewer, year: int) -> list[EntryTimes]:
    """Return the times of the bodies whose answers people entered by hand only; what a file or a command brought is no haste."""
    by_machine = case((or_(AuditEvent.account_id.is_(None), AuditEvent.action == AuditAction.WORKBOOK_APPLIED.value), 1), else_=0)
    entries = (
        select(AuditEvent.body_id, func.min(AuditEvent.at).label("first"), func.max(AuditEvent.at).label("last"))
        .where(AuditEvent.year == year, AuditEvent.action.in_([action.value for action in ENTRY_ACTIONS]))
        .group_by(AuditEvent.body_id)
        .having(func.max(by_machine) == 0)
        .subquery()
    )
    statement = (
        select(Body.id, entries.c.first, entries.c.last, Submission.submitted_at, *entry_period_columns(year)[1:])
        .join(entries, entries.c.body_id == Body.id)
        .outerjoin(Submission, (Submission.body_id == Body.id) & (Submission.year == year))
        .outerjoin(ReportingYear, ReportingYear.year == year)
    )
    times = []
    for body_id, first, last, submitted_at, deadline, extended_until in db.session.execute(visible(statement, viewer)):
        end = submitted_at or _end_of(max(filter(None, (deadline, extended_until)), default=None))
        if end is not None:
            times.append(EntryTimes(body_id, first, last, end))
    return times


def _end_of(day: date | None) -> datetime | None:
    """Return the end of a day in Kazakhstan, in UTC."""
    if day is None:
        return None
    midnight = datetime.combine(day + timedelta(days=1), time(), ZONE)
    return midnight.astimezone(UTC).replace(tzinfo=None)


# ---- the register ----


@dataclass(frozen=True)
class AnomalyFilters:
    """The filters of the queue; empty means all, but for `state`, which is open unless another one is chosen."""

    search: str = ""
    region: str = ""
    code: str = ""
    state: str = OPEN

    @property
    def is_active(self) -> bool:
        """Whether any filter differs from those of the queue as it opens."""
        return self != AnomalyFilters()


@dataclass(frozen=True)
class AnomalyRow:
    """An anomaly with its body, its organisation and, if the viewer can see it, its counterpart."""

    anomaly: Anomaly
    body: Body
    organisation: Organisation | None
    other_body: Body | None = None
    other_organisation: Organisation | None = None

    @property
    def has_hidden_counterpart(self) -> bool:
        """Whether the counterpart is under a body that the viewer cannot see."""
        return self.anomaly.other_body_id is not None and self.other_body is None


def anomalies(viewer: Viewer, year: int, filters: AnomalyFilters, page: int, size: int = 50) -> Page[AnomalyRow]:
    """Return one page of the year's anomalies of the bodies that the viewer can see, most points at stake first.

    Raises:
        Forbidden: The viewer belongs neither to a body nor to its reviewers.
    """
    viewer.require(Action.REPLY)
    statement = _rows(viewer).where(Anomaly.year == year)
    statement = filter_by_name(statement, filters.search, Body)
    if filters.region:
        higher = aliased(Body)
        statement = statement.outerjoin(higher, higher.id == Body.parent_id)
        statement = statement.where(func.coalesce(Body.kato, higher.kato).startswith(filters.region, autoescape=True))
    if filters.code:
        statement = statement.where(Anomaly.code == filters.code)
    if filters.state == VANISHED:
        statement = statement.where(Anomaly.vanished_at.is_not(None))
    elif filters.state in STATES:
        statement = statement.where(Anomaly.state == filters.state, Anomaly.vanished_at.is_(None))
    page_of_rows = Page.from_rows(statement.order_by(Anomaly.stake.desc(), Anomaly.id), page, size)
    return page_of_rows.with_items(_with_counterparts(viewer, page_of_rows.items))


def anomalies_of_body(viewer: Viewer, year: int, body_id: int, limit: int) -> Page[AnomalyRow]:
    """Return the anomalies of a body's year that were seen last time, open ones first; at most `limit`. Raises Forbidden."""
    viewer.require(Action.REPLY, body_id)
    statement = _rows(viewer).where(Anomaly.year == year, Anomaly.body_id == body_id, Anomaly.vanished_at.is_(None))
    page = Page.from_rows(statement.order_by(Anomaly.state != OPEN, Anomaly.stake.desc(), Anomaly.id), 1, limit)
    return page.with_items(_with_counterparts(viewer, page.items))


def anomaly(viewer: Viewer, anomaly_id: int) -> AnomalyRow | None:
    """Return the current row of an anomaly; None if there is none or the viewer cannot see its body."""
    statement = _rows(viewer).where(Anomaly.id == anomaly_id).execution_options(populate_existing=True)
    rows = _with_counterparts(viewer, db.session.execute(statement).all())
    return rows[0] if rows else None


def open_counts(viewer: Viewer, year: int) -> list[tuple[str, int, int]]:
    """Return the kinds of the year's open anomalies: code, number, points at stake; those that concern most points first."""
    points = func.sum(Anomaly.stake)
    statement = (
        select(Anomaly.code, func.count(), points)
        .join(Body, Body.id == Anomaly.body_id)
        .where(Anomaly.year == year, Anomaly.state == OPEN, Anomaly.vanished_at.is_(None))
        .group_by(Anomaly.code)
        .order_by(points.desc(), Anomaly.code)
    )
    return [(code, count, int(stake)) for code, count, stake in db.session.execute(visible(statement, viewer))]


def _rows(viewer: Viewer) -> Statement:
    columns: tuple[Any, ...] = (Anomaly, Body, Organisation)
    statement = (
        select(*columns)
        .join(Body, Body.id == Anomaly.body_id)
        .outerjoin(Organisation, Organisation.id == Anomaly.organisation_id)
    )
    return visible(statement, viewer)


def _with_counterparts(viewer: Viewer, rows: Sequence[Any]) -> list[AnomalyRow]:
    """Add the counterparts under bodies that the viewer can see."""
    body_ids = {row[0].other_body_id for row in rows} - {None}
    ids = {row[0].other_organisation_id for row in rows} - {None}
    bodies = {body.id: body for body in db.session.scalars(visible(select(Body).where(Body.id.in_(body_ids)), viewer))}
    organisations = {item.id: item for item in db.session.scalars(select(Organisation).where(Organisation.id.in_(ids)))}
    return [
        AnomalyRow(
            item,
            body,
            organisation,
            bodies.get(item.other_body_id),
            organisations.get(item.other_organisation_id) if item.other_body_id in bodies else None,
        )
        for item, body, organisation in rows
    ]


def stored_anomalies(viewer: Viewer, year: int) -> list[Anomaly]:
    """Return all anomalies of a year of the bodies that the viewer can see."""
    statement = visible(select(Anomaly).join(Body, Body.id == Anomaly.body_id).where(Anomaly.year == year), viewer)
    return list(db.session.scalars(statement.execution_options(populate_existing=True)))


# ---- the last search ----


@dataclass(frozen=True)
class LastSearch:
    """When a year was last searched (UTC), and whether anything changed since that a search may see."""

    at: datetime
    is_outdated: bool


def last_event_id(viewer: Viewer) -> int:
    """Return the id of the last audit event; 0 without one. Raises Forbidden."""
    viewer.require(Action.MANAGE_REGISTRY)
    return db.session.scalar(select(func.max(AuditEvent.id))) or 0


def last_search(viewer: Viewer, year: int) -> LastSearch | None:
    """Return the last search of a year; None if there was none. Raises Forbidden."""
    viewer.require(Action.REPLY)
    search = db.session.get(AnomalySearch, year)
    if search is None:
        return None
    changed = _changes(select(AuditEvent.id), year).where(AuditEvent.id > search.event_id).limit(1)
    is_new = db.session.execute(changed).first() is not None
    is_outdated = is_new or recent_changes(viewer, year, search.event_id, search.at) > search.recent_changes
    return LastSearch(search.at, is_outdated)


def recent_changes(viewer: Viewer, year: int, event_id: int, at: datetime) -> int:
    """Return the number of changes up to an event from the `MARGIN` before a search that began at this time. Raises Forbidden.

    PostgreSQL gives an event its id before the transaction is committed: an event that a search could not see may have a lower
    id than the last one that it saw. The number grows when such an event is committed.
    """
    viewer.require(Action.REPLY)
    statement = _changes(select(func.count()).select_from(AuditEvent), year)
    return db.session.scalar(statement.where(AuditEvent.at >= at - MARGIN, AuditEvent.id <= event_id)) or 0


def _changes(statement: Statement, year: int) -> Statement:
    """Restrict a statement to the events after which a search of the year may see other anomalies."""
    of_year = or_(AuditEvent.year.is_(None), AuditEvent.year.in_((year - 1, year)))
    return statement.where(AuditEvent.action.in_([action.value for action in CHANGES]), of_year)
