"""Reads for the list of bodies, each scoped by its viewer."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import orjson
from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from evaluation.answers import queries as answers
from evaluation.answers.models import Justification
from evaluation.database import MAX_IDS_PER_STATEMENT, db, fetch_rows
from evaluation.memory import gc_paused
from evaluation.pagination import PAGE_SIZE, Page
from evaluation.policy import Action, Viewer
from evaluation.registry import queries as registry
from evaluation.registry.clauses import exists_in_year, filter_by_name
from evaluation.registry.models import Body, ReportingYear, Supervision
from evaluation.registry.queries import in_force_at_year_end, visible
from evaluation.review.body_list.model import (
    COLUMN_GROUPS,
    COUNTS,
    NO_POINTS,
    POINTS,
    PREVIOUS_YEAR,
    AcceptableSubmission,
    BodyFilters,
    BodyRow,
    PointsByKind,
    Sort,
    TotalPoints,
)
from evaluation.review.body_list.sorting import location_key, sorted_rows
from evaluation.review.diff.queries import changed_since
from evaluation.review.queries import open_remark_counts
from evaluation.sheets.compose import year_points
from evaluation.sheets.queries import year_scores
from evaluation.submissions.models import DRAFT, SUBMITTED, SheetRevision, Submission
from evaluation.submissions.timeliness import timeliness_by_body


@gc_paused()
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

    The expensive column groups are read only for the rows of the page, except the group that the list is sorted by.

    Args:
        viewer: Who reads.
        year: The reporting year.
        today: The day (Asia/Almaty) on which timeliness is measured.
        language: The language whose alphabet sorts the names.
        filters: Which bodies to list; None for all.
        sort: The sort order; None for the order by location.
        page: The page number, from 1; None for all rows on one page.
    """
    filters, sort = filters or BodyFilters(), sort or Sort()
    rows = [row for row in _status_rows(viewer, year, today, language, filters) if filters.matches(row)]
    if sort.column_group:
        rows = COLUMN_LOADERS[sort.column_group](viewer, year, rows)
    rows = sorted_rows(rows, sort, language)
    result = Page.single(rows) if page is None else Page.from_list(rows, page, PAGE_SIZE)
    for group in COLUMN_GROUPS:
        if group != sort.column_group:
            result = result.with_items(COLUMN_LOADERS[group](viewer, year, list(result.items)))
    return result


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
    submissions = {
        submission.body_id: submission
        for submission in db.session.scalars(_submissions(viewer, year.year).where(Submission.status == SUBMITTED))
        if submission.submitted_id != viewer.account_id
    }
    rows = [
        row
        for row in _status_rows(viewer, year, today, language, BodyFilters())
        if row.body.id in submissions and not row.remarks and (body_ids is None or row.body.id in body_ids)
    ]
    row_page = Page.from_list(rows, page, PAGE_SIZE) if body_ids is None else Page.single(rows)
    rows = list(row_page.items)
    for group in COLUMN_GROUPS:
        rows = COLUMN_LOADERS[group](viewer, year, rows)
    justifications = _justification_counts(viewer, year.year, [row.body.id for row in rows])
    return row_page.with_items(
        [
            AcceptableSubmission(
                row,
                submissions[row.body.id],
                justifications.get(row.body.id, 0),
                _change_count(viewer, year.year, submissions[row.body.id]),
            )
            for row in rows
        ]
    )


def _change_count(viewer: Viewer, year: int, submission: Submission) -> int | None:
    order = registry.order_of(year)
    return len(changed_since(viewer, order, year, submission.body_id)) if order and submission.round > 1 else None


def _submissions(viewer: Viewer, year: int) -> Any:
    statement = select(Submission).join(Body, Body.id == Submission.body_id)
    return visible(statement.where(Submission.year == year), viewer)


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


def _status_rows(viewer: Viewer, year: ReportingYear, today: date, language: str, filters: BodyFilters) -> list[BodyRow]:
    """Return the bodies that pass the filters by search, region and level, by location, without the expensive columns."""
    higher = aliased(Body)
    columns: tuple[Any, ...] = (Body, higher.kato)
    statement = select(*columns).outerjoin(higher, higher.id == Body.parent_id).where(exists_in_year(year.year))
    statement = filter_by_name(visible(statement, viewer), filters.search, Body)
    if filters.level:
        statement = statement.where(Body.level == filters.level)
    higher_katos = {
        body.id: (body, kato)
        for body, kato in db.session.execute(statement)
        if (body.kato or kato or "").startswith(filters.region)
    }
    bodies = registry.bodies_as_named_in(viewer, [body for body, _ in higher_katos.values()], year.year)
    bodies.sort(key=lambda body: location_key(body, higher_katos[body.id][1], language))
    ids = [body.id for body in bodies]
    parents, statuses = _parents(viewer, bodies, year.year), _statuses(viewer, year.year)
    timeliness = timeliness_by_body(viewer, year, ids, today)
    remarks = open_remark_counts(viewer, year.year, ids) if viewer.may(Action.REPLY) else {}
    rows = []
    for body in bodies:
        status, version, revision = statuses.get(body.id, (DRAFT, 0, 0))
        rows.append(
            BodyRow(
                body,
                parents.get(body.id),
                status=status,
                version=version,
                revision=revision,
                timeliness=timeliness[body.id],
                remarks=remarks.get(body.id, 0),
            )
        )
    return rows


def _parents(viewer: Viewer, bodies: Sequence[Body], year: int) -> dict[int, Body]:
    """Return body id → its higher body under its name of the year, of those that the viewer can see."""
    parents = registry.parents(viewer, bodies)
    distinct = {parent.id: parent for parent in parents.values()}
    named = {parent.id: parent for parent in registry.bodies_as_named_in(viewer, distinct.values(), year)}
    return {body_id: named[parent.id] for body_id, parent in parents.items()}


def _statuses(viewer: Viewer, year: int) -> dict[int, tuple[str, int, int]]:
    """Return body id → status, version and revision of its year."""
    columns = (Submission.body_id, Submission.status, Submission.version, Submission.revision)
    statement = select(*columns).join(Body, Body.id == Submission.body_id).where(Submission.year == year)
    return {body_id: (status, *numbers) for body_id, status, *numbers in fetch_rows(visible(statement, viewer))}


# ---- expensive columns ----


def _with_counts(viewer: Viewer, year: ReportingYear, rows: list[BodyRow]) -> list[BodyRow]:
    counts = answers.answered_organisations(viewer, year.year, [row.body.id for row in rows])
    with_counts = []
    for row in rows:
        organisations, begun = counts.get(row.body.id, (0, 0))
        with_counts.append(replace(row, organisations=organisations, begun=begun))
    return with_counts


def _with_points(viewer: Viewer, year: ReportingYear, rows: list[BodyRow]) -> list[BodyRow]:
    points = _points(viewer, year.year, rows)
    return [replace(row, points=points.get(row.body.id, {})) for row in rows]


def _with_previous_year(viewer: Viewer, year: ReportingYear, rows: list[BodyRow]) -> list[BodyRow]:
    points = _points(viewer, year.year - 1, rows)
    return [replace(row, previous_year=sum(points.get(row.body.id, {}).values(), NO_POINTS)) for row in rows]


COLUMN_LOADERS: Mapping[str, Callable[[Viewer, ReportingYear, list[BodyRow]], list[BodyRow]]] = {
    COUNTS: _with_counts,
    POINTS: _with_points,
    PREVIOUS_YEAR: _with_previous_year,
}
"""Column group → the function that adds its values to rows."""


def _points(viewer: Viewer, year: int, rows: Sequence[BodyRow]) -> dict[int, PointsByKind]:
    """Return body id → points: of the sheet revision in force, else of the current answers; empty if the year is not open."""
    if registry.reporting_year(year) is None:
        return {}
    points = _accepted_points(viewer, year, [row.body.id for row in rows])
    drafts = {row.body.bin: row.body.id for row in rows if row.body.id not in points}
    # Above this number, reading all bodies is faster than naming some.
    ids = list(drafts.values()) if len(drafts) <= MAX_IDS_PER_STATEMENT else None
    current = year_scores(viewer, year, ids) if drafts else None
    for bin_, tables in year_points(current, year).items() if current else ():
        if bin_ in drafts:
            points[drafts[bin_]] = {table.kind: TotalPoints(table.low, table.high, table.max) for table in tables}
    return points


def _accepted_points(viewer: Viewer, year: int, body_ids: Sequence[int]) -> dict[int, PointsByKind]:
    """Return body id → points of the sheet revision in force, of those of these bodies whose year is accepted."""
    statement = select(Submission.body_id, SheetRevision.content)
    statement = statement.join(SheetRevision, SheetRevision.id == Submission.revision_id)
    statement = statement.join(Body, Body.id == Submission.body_id).where(Submission.year == year)
    if len(body_ids) <= MAX_IDS_PER_STATEMENT:
        statement = statement.where(Body.id.in_(body_ids))
    wanted_ids = set(body_ids)
    rows = fetch_rows(visible(statement, viewer))
    return {body_id: _revision_points(content) for body_id, content in rows if body_id in wanted_ids}


def _revision_points(content: str) -> PointsByKind:
    return {
        table["kind"]: TotalPoints(table["points"], table["points"], table["max_points"])
        for table in orjson.loads(content)["tables"]
        if table["applicable"]
    }
