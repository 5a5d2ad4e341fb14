"""Reads for the list of bodies, each scoped by its viewer.

A first statement filters, sorts and cuts out the page, and reads ids alone; a second one reads the columns of these bodies. The
points are those of the stored results, which are refreshed before.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import and_, func, literal, select
from sqlalchemy.orm import aliased

from evaluation.answers.models import Justification
from evaluation.database import Statement, batched, db, fetch_rows
from evaluation.pagination import PAGE_SIZE, Page
from evaluation.policy import Action, Viewer
from evaluation.registry import queries as registry
from evaluation.registry.clauses import exists_in_year
from evaluation.registry.models import Body, FormerName, ReportingYear, Supervision
from evaluation.registry.queries import in_force_at_year_end, visible
from evaluation.results.models import TableResult
from evaluation.results.operations import refresh
from evaluation.review.body_list.clauses import ListTables, filtered, order_by
from evaluation.review.body_list.model import (
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
    refresh([year.year - 1, year.year])
    sort = sort or Sort()
    tables = _tables(year, today, language, sort.kind)
    statement = filtered(_ids(viewer, tables), tables, filters or BodyFilters()).order_by(*order_by(tables, viewer, sort))
    ids = Page.single(_first_column(statement)) if page is None else Page.from_scalars(statement, page, PAGE_SIZE)
    return ids.with_items(_rows(viewer, tables, ids.items))


def matching_body_ids(
    viewer: Viewer, year: ReportingYear, today: date, filters: BodyFilters, sort: Sort | None = None
) -> list[int]:
    """Return the ids of all bodies of the list of :func:`list_bodies`, in its order."""
    refresh([year.year - 1, year.year])
    sort = sort or Sort()
    tables = _tables(year, today, "kk", sort.kind)
    return _first_column(filtered(_ids(viewer, tables), tables, filters).order_by(*order_by(tables, viewer, sort)))


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
    refresh([year.year - 1, year.year])
    tables = _tables(year, today, language)
    statement = _ids(viewer, tables).where(tables.status == SUBMITTED, tables.remarks == 0)
    if viewer.account_id is not None:
        statement = statement.where(Submission.submitted_id != viewer.account_id)
    statement = statement.order_by(*order_by(tables, viewer, Sort()))
    if body_ids is None:
        ids = Page.from_scalars(statement, page, PAGE_SIZE)
    else:
        wanted = set(body_ids)
        ids = Page.single([id_ for id_ in _first_column(statement) if id_ in wanted])
    submissions = _submissions(viewer, year.year, ids.items)
    justifications = _justification_counts(viewer, year.year, ids.items)
    items = [
        AcceptableSubmission(
            row,
            submissions[row.body.id],
            justifications.get(row.body.id, 0),
            _change_count(viewer, year.year, submissions[row.body.id]),
        )
        for row in _rows(viewer, tables, ids.items)
    ]
    return ids.with_items(items)


def _tables(year: ReportingYear, today: date, language: str, kind: str = "") -> ListTables:
    open_remarks = (Remark.body_id == Body.id, Remark.year == year.year, Remark.resolved_at.is_(None))
    remarks = select(func.count()).select_from(Remark).where(*open_remarks).correlate(Body).scalar_subquery()
    return ListTables(year, today, language, remarks, kind)


def _ids(viewer: Viewer, tables: ListTables) -> Statement:
    """Return the SELECT of the ids of the bodies of the year that the viewer can see."""
    return _joined(visible(select(Body.id), viewer).where(exists_in_year(tables.year.year)), tables)


def _joined(statement: Statement, tables: ListTables) -> Statement:
    """Join all tables. The joins add no rows: the database leaves out those that no column of the statement needs."""
    year, higher, result, previous, table = tables.year.year, tables.higher, tables.result, tables.previous, tables.table
    statement = (
        statement.outerjoin(higher, higher.id == Body.parent_id)
        .outerjoin(tables.former, tables.former.id == _former_name(Body, year))
        .outerjoin(tables.higher_former, tables.higher_former.id == _former_name(higher, year))
        .outerjoin(Submission, and_(Submission.body_id == Body.id, Submission.year == year))
        .outerjoin(result, and_(result.year == year, result.body_id == Body.id))
        .outerjoin(previous, and_(previous.year == year - 1, previous.body_id == Body.id))
    )
    if not tables.kind:
        return statement
    return statement.outerjoin(table, and_(table.year == year, table.body_id == Body.id, table.kind == tables.kind))


def _former_name(body: Any, year: int) -> Any:
    """Return the id of the names that a body had on the year's 31 December, where it has others now."""
    name = aliased(FormerName)
    statement = select(name.id).where(name.body_id == body.id, name.until >= date(year, 12, 31))
    return statement.order_by(name.until).limit(1).correlate(body).scalar_subquery()


def _first_column(statement: Statement) -> list[Any]:
    return [row[0] for row in fetch_rows(statement)]


def _rows(viewer: Viewer, tables: ListTables, ids: Sequence[int]) -> list[BodyRow]:
    """Return the rows of these bodies in the order of their ids."""
    rows: dict[int, BodyRow] = {}
    statement = _joined(select(*_row_columns(viewer, tables)), tables)
    for part in batched(ids):
        points = _points_by_kind(tables.year.year, part)
        for row in db.session.execute(statement.where(Body.id.in_(part))):
            rows[row[0]] = _body_row(viewer, tables, row, points.get(row[0], {}))
    return [rows[id_] for id_ in ids if id_ in rows]


def _row_columns(viewer: Viewer, tables: ListTables) -> tuple[Any, ...]:
    names = [
        column
        for body, former in ((Body, tables.former), (tables.higher, tables.higher_former))
        for column in (
            *(body.id, body.bin, func.coalesce(former.name_kk, body.name_kk), func.coalesce(former.name_ru, body.name_ru)),
            *(body.level, body.kato),
        )
    ]
    submission = (tables.status, Submission.version, Submission.revision, Submission.first_submitted_on)
    counts = (tables.result.organisations, tables.result.begun, tables.remarks if viewer.may(Action.REPLY) else literal(0))
    return (*names, *submission, *counts, tables.previous.low, tables.previous.high, tables.previous.max)


def _body_row(viewer: Viewer, tables: ListTables, row: Sequence[Any], points: PointsByKind) -> BodyRow:
    status, version, revision, submitted_on, organisations, begun, remarks, *previous = row[12:]
    return BodyRow(
        ListedBody(*row[:6]),
        ListedBody(*row[6:12]) if row[6] is not None and viewer.can_see(row[6]) else None,
        organisations or 0,
        begun or 0,
        status,
        version or 0,
        revision or 0,
        timeliness_of(tables.year.deadline, submitted_on, tables.today),
        remarks,
        points,
        TotalPoints(*(number or 0 for number in previous)),
    )


def _points_by_kind(year: int, ids: Sequence[int]) -> Mapping[int, PointsByKind]:
    """Return body id → points of its tables, of these bodies, which the viewer can see."""
    columns = (TableResult.body_id, TableResult.kind, TableResult.low, TableResult.high, TableResult.max)
    points: dict[int, dict[str, TotalPoints]] = {}
    for body_id, kind, *bounds in fetch_rows(select(*columns).where(TableResult.year == year, TableResult.body_id.in_(ids))):
        points.setdefault(body_id, {})[kind] = TotalPoints(*bounds)
    return points


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
