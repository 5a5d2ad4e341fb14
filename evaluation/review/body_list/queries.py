"""Reads of the list of bodies, within what its viewer may see."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import orjson
from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from evaluation.answers import queries as collection
from evaluation.answers.models import Justification
from evaluation.database import db, tuples
from evaluation.memory import bulk
from evaluation.pagination import PAGE_SIZE, Page
from evaluation.policy import Action, Viewer
from evaluation.registry import queries as registry
from evaluation.registry.listing import in_words, there_in
from evaluation.registry.models import Body, ReportingYear, Supervision
from evaluation.registry.queries import AT_ONCE, as_of, visible
from evaluation.review.body_list.model import NOTHING, PARTS, Line, Sort, Sought, Total, Waiting
from evaluation.review.body_list.sorting import place_of, sorted_by
from evaluation.review.diff.queries import changed_since
from evaluation.review.models import SheetRevision
from evaluation.review.queries import open_remarks
from evaluation.sheets.compose import year_points
from evaluation.sheets.queries import scores
from evaluation.submissions.models import DRAFT, SUBMITTED, Submission
from evaluation.submissions.timeliness import timeliness_by_body

Tables = Mapping[str, Total]
"""Kind → points, of the tables that apply."""


@bulk()
def list_bodies(
    viewer: Viewer,
    year: ReportingYear,
    today: date,
    language: str = "kk",
    sought: Sought | None = None,
    sort: Sort | None = None,
    page: int | None = None,
) -> Page[Line]:
    """The bodies of a year that the viewer may see, of those sought, sorted: one page of them, or without a number all.

    Names are sorted as they stand in the language. What costs most, points, is read only of the lines that are shown, but where
    they are sorted by it.
    """
    sought, sort = sought or Sought(), sort or Sort()
    lines = [line for line in _standing(viewer, year, today, language, sought) if sought.keeps(line)]
    if sort.needs:
        lines = FILLING[sort.needs](viewer, year, lines)
    lines = sorted_by(lines, sort, language)
    result = Page.single(lines) if page is None else Page.from_list(lines, page, PAGE_SIZE)
    for part in PARTS:
        if part != sort.needs:
            result = result.with_items(FILLING[part](viewer, year, list(result.items)))
    return result


def waiting(
    viewer: Viewer, year: ReportingYear, today: date, language: str = "kk", page: int = 1, only: Collection[int] | None = None
) -> Page[Waiting]:
    """The submitted years that the viewer may accept now, by place: no remark is open, and somebody else handed them over.

    One page of them; of `only` these bodies all. Raises Forbidden for who reviews nothing.
    """
    viewer.require(Action.REVIEW)
    submitted = {
        each.body_id: each
        for each in db.session.scalars(_submissions(viewer, year.year).where(Submission.status == SUBMITTED))
        if each.submitted_id != viewer.account_id
    }
    lines = [
        line
        for line in _standing(viewer, year, today, language, Sought())
        if line.body.id in submitted and not line.remarks and (only is None or line.body.id in only)
    ]
    on_page = Page.from_list(lines, page, PAGE_SIZE) if only is None else Page.single(lines)
    lines = list(on_page.items)
    for part in PARTS:
        lines = FILLING[part](viewer, year, lines)
    order, reasons = registry.order_of(year.year), _reasons(viewer, year.year, [line.body.id for line in lines])
    found = []
    for line in lines:
        own = submitted[line.body.id]
        changed = len(changed_since(viewer, order, year.year, line.body.id)) if order and own.round > 1 else None
        found.append(Waiting(line, own, reasons.get(line.body.id, 0), changed))
    return on_page.with_items(found)


def _submissions(viewer: Viewer, year: int) -> Any:
    statement = select(Submission).join(Body, Body.id == Submission.body_id)
    return visible(statement.where(Submission.year == year), viewer)


def _reasons(viewer: Viewer, year: int, body_ids: Sequence[int]) -> dict[int, int]:
    """Body id → how many reasons for warnings were given in its year; bodies with any."""
    statement = (
        select(Body.id, func.count())
        .select_from(Justification)
        .join(Supervision, Supervision.organisation_id == Justification.organisation_id)
        .join(Body, Body.id == Supervision.body_id)
        .where(Justification.year == year, as_of(year), Body.id.in_(body_ids))
        .group_by(Body.id)
    )
    return dict(tuples(visible(statement, viewer)))


def _standing(viewer: Viewer, year: ReportingYear, today: date, language: str, sought: Sought) -> list[Line]:
    """Where the year of each body stands that search, region and level leave, by place; without counts and points."""
    higher = aliased(Body)
    columns: tuple[Any, ...] = (Body, higher.kato)
    statement = visible(select(*columns).outerjoin(higher, higher.id == Body.parent_id).where(there_in(year.year)), viewer)
    statement = in_words(statement, sought.search, Body)
    if sought.level:
        statement = statement.where(Body.level == sought.level)
    katos = {body: kato for body, kato in db.session.execute(statement) if _within(sought.region, body.kato or kato)}
    found = registry.bodies_in(viewer, katos, year.year)
    higher_katos = {body.id: kato for body, kato in katos.items()}
    found.sort(key=lambda body: place_of(body, higher_katos[body.id], language))
    ids = [body.id for body in found]
    parents, states = _parents(viewer, found, year.year), _states(viewer, year.year)
    late, remarks = (
        timeliness_by_body(viewer, year, ids, today),
        open_remarks(viewer, year.year, ids) if viewer.may(Action.REPLY) else {},
    )
    return [
        Line(
            body,
            parents.get(body.id),
            0,
            0,
            *states.get(body.id, (DRAFT, 0, 0)),
            punctuality=late[body.id],
            remarks=remarks.get(body.id, 0),
        )
        for body in found
    ]


def _within(region: str, kato: str | None) -> bool:
    return (kato or "").startswith(region)


def _parents(viewer: Viewer, bodies: Sequence[Body], year: int) -> dict[int, Body]:
    """Body id → its higher body, of those that the viewer may see, under its name of the year."""
    found = registry.parents(viewer, bodies)
    then = {each.id: each for each in registry.bodies_in(viewer, {each.id: each for each in found.values()}.values(), year)}
    return {own: then[each.id] for own, each in found.items()}


def _states(viewer: Viewer, year: int) -> dict[int, tuple[str, int, int]]:
    """Body id → state, version and revision of its year."""
    columns = (Submission.body_id, Submission.status, Submission.version, Submission.revision)
    statement = select(*columns).join(Body, Body.id == Submission.body_id).where(Submission.year == year)
    return {body: tuple(rest) for body, *rest in tuples(visible(statement, viewer))}


# ---- the parts that cost more ----


def _with_counts(viewer: Viewer, year: ReportingYear, lines: list[Line]) -> list[Line]:
    counts = collection.answered(viewer, year.year, [line.body.id for line in lines])
    return [
        replace(line, organisations=all_, begun=begun) for line in lines for all_, begun in (counts.get(line.body.id, (0, 0)),)
    ]


def _with_points(viewer: Viewer, year: ReportingYear, lines: list[Line]) -> list[Line]:
    points = _points(viewer, year.year, lines)
    return [replace(line, tables=points.get(line.body.id, {})) for line in lines]


def _with_last(viewer: Viewer, year: ReportingYear, lines: list[Line]) -> list[Line]:
    points = _points(viewer, year.year - 1, lines)
    return [replace(line, last=sum(points.get(line.body.id, {}).values(), NOTHING)) for line in lines]


FILLING: Mapping[str, Callable[[Viewer, ReportingYear, list[Line]], list[Line]]] = {
    "counts": _with_counts,
    "points": _with_points,
    "last": _with_last,
}
"""Part of `PARTS` → what reads it for these lines."""


def _points(viewer: Viewer, year: int, lines: Sequence[Line]) -> dict[int, Tables]:
    """Body id → points of these bodies: of the frozen sheet in force, else as the answers are now; none for a year not open."""
    if registry.reporting_year(year) is None:
        return {}
    found = _frozen(viewer, year, [line.body.id for line in lines])
    rest = {line.body.bin: line.body.id for line in lines if line.body.id not in found}
    # Many are read faster with all the others than by name.
    live = scores(viewer, year, list(rest.values()) if len(rest) <= AT_ONCE else None) if rest else None
    for bin_, parts in year_points(live, year).items() if live else ():
        if bin_ in rest:
            found[rest[bin_]] = {each.kind: Total(each.low, each.high, each.max) for each in parts}
    return found


def _frozen(viewer: Viewer, year: int, body_ids: Sequence[int]) -> dict[int, Tables]:
    """Body id → points of the sheet in force, of those of these bodies whose year is accepted."""
    statement = select(Submission.body_id, SheetRevision.content).join(SheetRevision, SheetRevision.id == Submission.revision_id)
    statement = statement.join(Body, Body.id == Submission.body_id).where(Submission.year == year)
    if len(body_ids) <= AT_ONCE:
        statement = statement.where(Body.id.in_(body_ids))
    wanted = set(body_ids)
    return {body: _tables(content) for body, content in tuples(visible(statement, viewer)) if body in wanted}


def _tables(content: str) -> Tables:
    tables = orjson.loads(content)["tables"]
    return {each["kind"]: Total(each["points"], each["points"], each["max"]) for each in tables if each["applicable"]}
