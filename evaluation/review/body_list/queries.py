"""Reads for the list of bodies, each scoped by its viewer.

A first statement filters, sorts and cuts out the page, and reads ids alone; a second one reads the columns of these bodies. The
points are those of the stored results, which are refreshed before.
"""

from collections.abc import Callable, Collection, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import and_, bindparam, func, literal, select

from evaluation.answers.models import Justification
from evaluation.database import Statement, batched, db, fetch_rows
from evaluation.pagination import PAGE_SIZE, Page, nearest_page
from evaluation.policy import Action, Viewer
from evaluation.registry import queries as registry
from evaluation.registry.clauses import exists_in_year
from evaluation.registry.models import Body, ReportingYear, Supervision
from evaluation.registry.queries import in_force_at_year_end, visible
from evaluation.results.models import NEVER, TableResult
from evaluation.results.operations import refresh
from evaluation.review.body_list.clauses import ListTables, filtered, joins_of_filters, joins_of_order, order_by
from evaluation.review.body_list.model import (
    NO_OPEN_REMARKS,
    NO_POINTS,
    AcceptableSubmission,
    BodyFilters,
    BodyRow,
    ListedBody,
    PointsByKind,
    Sort,
    TotalPoints,
)
from evaluation.review.diff.queries import changed_since
from evaluation.review.models import Remark
from evaluation.submissions.models import SUBMITTED, Submission
from evaluation.submissions.timeliness import timeliness_of

NO_LIMIT = 2**31 - 1
"""The largest number of rows of a list that is not cut into pages."""


def list_bodies(
    viewer: Viewer,
    year: ReportingYear,
    today: date,
    language: str = "kk",
    filters: BodyFilters | None = None,
    sort: Sort | None = None,
    page: int | None = None,
) -> Page[BodyRow]:
    """Return the bodies of a year that the viewer can see, filtered and sorted.

    Args:
        viewer: Who reads.
        year: The reporting year.
        today: The day (Asia/Almaty) on which timeliness is measured.
        language: The language whose alphabet sorts the names.
        filters: Which bodies to list; None for all.
        sort: The sort order; None for the order by location.
        page: The page number, from 1; None for all rows on one page.
    """
    statements = _list_statements(viewer, year, today, language, filters or BodyFilters(), sort or Sort())
    if page is None:
        ids = Page.single(_first_column(statements.ids, {"size": NO_LIMIT, "start": 0}))
    else:
        ids = _page_of_ids(statements, page)
    return ids.with_items(_rows(viewer, year, today, ids.items))


def body_ids(
    viewer: Viewer, year: ReportingYear, today: date, filters: BodyFilters, sort: Sort | None = None, language: str = "kk"
) -> list[int]:
    """Return the ids of all bodies of the list of :func:`list_bodies`, in its order."""
    statements = _list_statements(viewer, year, today, language, filters, sort or Sort())
    return _first_column(statements.ids, {"size": NO_LIMIT, "start": 0})


def acceptable_submissions(
    viewer: Viewer,
    year: ReportingYear,
    today: date,
    language: str = "kk",
    page: int = 1,
    body_ids: Collection[int] | None = None,
) -> Page[AcceptableSubmission]:
    """Return the submissions that the viewer can accept, by location.

    Such a submission has no open remark, and another person submitted it.

    Args:
        viewer: The reviewer.
        year: The reporting year.
        today: The day (Asia/Almaty) on which timeliness is measured.
        language: The language whose alphabet sorts the names.
        page: The page number, from 1.
        body_ids: Return all submissions of these bodies on one page instead.

    Raises:
        Forbidden: The viewer reviews no bodies.
    """
    viewer.require(Action.REVIEW)
    filters = BodyFilters(status=SUBMITTED, remarks=NO_OPEN_REMARKS, submitted_by_other_than=viewer.account_id)
    statements = _list_statements(viewer, year, today, language, filters, Sort())
    if body_ids is None:
        ids = _page_of_ids(statements, page)
    else:
        wanted, matching = set(body_ids), _first_column(statements.ids, {"size": NO_LIMIT, "start": 0})
        ids = Page.single([id_ for id_ in matching if id_ in wanted])
    submissions = _submissions(viewer, year.year, ids.items)
    justifications = _justification_counts(viewer, year.year, ids.items)
    items = [
        AcceptableSubmission(
            row,
            submissions[row.body.id],
            justifications.get(row.body.id, 0),
            _change_count(viewer, year.year, submissions[row.body.id]),
        )
        for row in _rows(viewer, year, today, ids.items)
    ]
    return ids.with_items(items)


@dataclass(frozen=True)
class ListStatements:
    """The statements of one list: how many bodies it has, and their ids in its order, from `start` on and at most `size`."""

    count: Statement
    ids: Statement


def _list_statements(
    viewer: Viewer, year: ReportingYear, today: date, language: str, filters: BodyFilters, sort: Sort
) -> ListStatements:
    """Refresh the results that the list shows, and return its statements."""
    refresh([year.year - 1, year.year])
    return _built(viewer.bodies, year.year, year.deadline, today, language, filters, sort)


@lru_cache(maxsize=256)
def _built(
    visible_ids: frozenset[int] | None,
    year: int,
    deadline: date | None,
    today: date,
    language: str,
    filters: BodyFilters,
    sort: Sort,
) -> ListStatements:
    """Build the statements of a list; the same list is often requested again, and building takes longer than executing them."""
    tables = ListTables(year, deadline, today, language, _open_remarks(year), sort.kind)
    bodies = select(Body.id).where(exists_in_year(year))
    bodies = bodies if visible_ids is None else bodies.where(Body.id.in_(visible_ids))
    bodies = filtered(bodies, tables, filters)
    needed = joins_of_filters(filters)
    count = _joined(bodies, tables, needed).with_only_columns(func.count(), maintain_column_froms=True)
    ids = _joined(bodies, tables, needed | joins_of_order(sort)).order_by(*order_by(tables, visible_ids, sort))
    return ListStatements(count, ids.limit(bindparam("size")).offset(bindparam("start")))


def _page_of_ids(statements: ListStatements, page: int) -> Page[int]:
    total = _first_column(statements.count, {})[0]
    number = nearest_page(page, total, PAGE_SIZE)
    ids = _first_column(statements.ids, {"size": PAGE_SIZE, "start": (number - 1) * PAGE_SIZE})
    return Page(ids, total, number, PAGE_SIZE)


def _open_remarks(year: int) -> Any:
    """Return a body's number of open remarks on the year as a column."""
    conditions = (Remark.body_id == Body.id, Remark.year == year, Remark.resolved_at.is_(None))
    return select(func.count()).select_from(Remark).where(*conditions).correlate(Body).scalar_subquery()


def _joined(statement: Statement, tables: ListTables, names: Set[str]) -> Statement:
    """Join these of the tables to a SELECT from `Body`; no join adds rows."""
    year, higher, result, previous, table = tables.year, tables.higher, tables.result, tables.previous, tables.table
    joins: dict[str, tuple[Any, Callable[[], Any]]] = {
        "higher": (higher, lambda: higher.id == Body.parent_id),
        "former": (tables.former, lambda: tables.former.id == registry.former_name_id(Body, year)),
        "higher_former": (tables.higher_former, lambda: tables.higher_former.id == registry.former_name_id(higher, year)),
        "submission": (Submission, lambda: and_(Submission.body_id == Body.id, Submission.year == year)),
        "result": (result, lambda: and_(result.year == year, result.body_id == Body.id)),
        "previous": (previous, lambda: _is_previous(previous, year)),
        "table": (table, lambda: and_(table.year == year, table.body_id == Body.id, table.kind == tables.kind)),
    }
    for name, (target, condition) in joins.items():
        if name in names:
            statement = statement.outerjoin(target, condition())
    return statement


def _is_previous(result: Any, year: int) -> Any:
    """Return the condition of the scored result of the year before, of a body that existed in it."""
    is_scored = and_(result.year == year - 1, result.scored_generation != NEVER)
    return and_(result.body_id == Body.id, is_scored, exists_in_year(year - 1))


def _first_column(statement: Statement, parameters: Mapping[str, Any]) -> list[Any]:
    return [row[0] for row in fetch_rows(statement, parameters)]


def _rows(viewer: Viewer, year: ReportingYear, today: date, ids: Sequence[int]) -> list[BodyRow]:
    """Return the rows of these bodies in the order of their ids."""
    rows: dict[int, BodyRow] = {}
    statement = _row_statement(year.year, viewer.may(Action.REPLY))
    for part in batched(ids):
        points = _points_by_kind(year.year, part)
        for row in fetch_rows(statement, {"ids": part}):
            rows[row[0]] = _body_row(viewer, year, today, row, points.get(row[0], {}))
    return [rows[id_] for id_ in ids if id_ in rows]


@lru_cache(maxsize=32)
def _row_statement(year: int, with_remarks: bool) -> Statement:
    """Return the SELECT of the columns of some bodies, without their points by table."""
    tables = ListTables(year, None, date.max, "", _open_remarks(year))
    names = [
        column
        for body, former in ((Body, tables.former), (tables.higher, tables.higher_former))
        for column in (
            *(body.id, body.bin, func.coalesce(former.name_kk, body.name_kk), func.coalesce(former.name_ru, body.name_ru)),
            *(body.level, body.kato),
        )
    ]
    columns = (
        *names,
        *(tables.status, Submission.version, Submission.revision, Submission.first_submitted_on),
        *(tables.result.organisations, tables.result.begun, tables.remarks if with_remarks else literal(0)),
        *(tables.previous.low, tables.previous.high, tables.previous.max),
    )
    joins = {"higher", "former", "higher_former", "submission", "result", "previous"}
    return _joined(select(*columns), tables, joins).where(Body.id.in_(bindparam("ids", expanding=True)))


def _body_row(viewer: Viewer, year: ReportingYear, today: date, row: Sequence[Any], points: PointsByKind) -> BodyRow:
    status, version, revision, submitted_on, organisations, begun, remarks, *previous = row[12:]
    if isinstance(submitted_on, str):
        # SQLite returns days as text.
        submitted_on = date.fromisoformat(submitted_on)
    return BodyRow(
        ListedBody(*row[:6]),
        ListedBody(*row[6:12]) if row[6] is not None and viewer.can_see(row[6]) else None,
        organisations or 0,
        begun or 0,
        status,
        version or 0,
        revision or 0,
        timeliness_of(year.deadline, submitted_on, today),
        remarks,
        points,
        TotalPoints(*previous) if previous[-1] else NO_POINTS,
    )


def _points_by_kind(year: int, ids: Sequence[int]) -> Mapping[int, PointsByKind]:
    """Return body id → points of its tables, of these bodies, which the viewer can see."""
    points: dict[int, dict[str, TotalPoints]] = {}
    for body_id, kind, *bounds in fetch_rows(_table_points(), {"year": year, "ids": ids}):
        points.setdefault(body_id, {})[kind] = TotalPoints(*bounds)
    return points


@lru_cache(maxsize=1)
def _table_points() -> Statement:
    """Return the SELECT of the points of tables, built once."""
    columns = (TableResult.body_id, TableResult.kind, TableResult.low, TableResult.high, TableResult.max)
    of_bodies = (TableResult.year == bindparam("year"), TableResult.body_id.in_(bindparam("ids", expanding=True)))
    return select(*columns).where(*of_bodies)


def _change_count(viewer: Viewer, year: int, submission: Submission) -> int | None:
    order = registry.order_of(year)
    return len(changed_since(viewer, order, year, submission.body_id)) if order and submission.round > 1 else None


def _submissions(viewer: Viewer, year: int, body_ids: Sequence[int]) -> dict[int, Submission]:
    statement = visible(select(Submission).join(Body, Body.id == Submission.body_id), viewer).where(Submission.year == year)
    stored = (row for part in batched(body_ids) for row in db.session.scalars(statement.where(Body.id.in_(part))))
    return {row.body_id: row for row in stored}


def _justification_counts(viewer: Viewer, year: int, body_ids: Sequence[int]) -> dict[int, int]:
    """Return body id → number of justified warnings in its year; bodies without any are left out."""
    statement = (
        select(Body.id, func.count())
        .select_from(Justification)
        .join(Supervision, Supervision.organisation_id == Justification.organisation_id)
        .join(Body, Body.id == Supervision.body_id)
        .where(Justification.year == year, in_force_at_year_end(year), Body.id.in_(body_ids))
        .group_by(Body.id)
    )
    return dict(fetch_rows(visible(statement, viewer)))
