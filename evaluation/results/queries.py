"""Reads of results: which are stale, and what they are computed from."""

import hashlib
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from sqlalchemy import and_, or_, select

from evaluation.answers import queries as answers
from evaluation.criteria.model import Order
from evaluation.database import MAX_IDS_PER_STATEMENT, Statement, fetch_rows
from evaluation.policy import Viewer
from evaluation.registry import queries as registry
from evaluation.registry.clauses import exists_in_year
from evaluation.registry.models import Body, Organisation
from evaluation.results.models import BodyResult, RowResult, TableResult
from evaluation.scoring import VERSION
from evaluation.scoring.frames import ReportFrames
from evaluation.scoring.score import PriorYearCounts
from evaluation.submissions.models import SheetRevision, Submission


def fingerprint(year: int) -> str:
    """Return what names the orders of the year and of the year before, and the version of scoring: 64 hexadecimal digits."""
    orders = (registry.order_of(year), registry.order_of(year - 1))
    parts = (str(VERSION), *("" if order is None else order.sha256 for order in orders))
    return hashlib.sha256("/".join(parts).encode()).hexdigest()


def is_stale(year: int) -> Any:
    """Return the condition that a body's result of the year is stale, for statements that join `BodyResult`, outer or inner."""
    return or_(
        BodyResult.scored_generation.is_(None),
        BodyResult.scored_generation != BodyResult.generation,
        BodyResult.fingerprint != fingerprint(year),
    )


def stale_body_ids(year: int) -> list[int]:
    """Return the ids of the bodies that exist in the year and whose result is stale or missing, in ascending order."""
    statement = select(Body.id).outerjoin(BodyResult, and_(BodyResult.body_id == Body.id, BodyResult.year == year))
    statement = statement.where(exists_in_year(year), is_stale(year)).order_by(Body.id)
    return [body_id for (body_id,) in fetch_rows(statement)]


def generations(year: int, body_ids: Collection[int]) -> dict[int, int]:
    """Return body id → generation of its result, of these bodies."""
    rows = fetch_rows(_of_bodies(select(BodyResult.body_id, BodyResult.generation).where(BodyResult.year == year), body_ids))
    wanted = set(body_ids)
    return {body_id: generation for body_id, generation in rows if body_id in wanted}


class Sources(NamedTuple):
    """What the results of n bodies in a year are computed from.

    `begun` is body id → its organisations with any answer; `revisions` is body id → canonical JSON of the sheet revision in
    force.
    """

    order: Order
    frames: ReportFrames
    previous: PriorYearCounts
    begun: Mapping[int, int]
    revisions: Mapping[int, str]
    body_ids: Mapping[str, int]
    organisation_ids: Mapping[str, int]


def sources(viewer: Viewer, year: int, body_ids: Collection[int]) -> Sources | None:
    """Read what the results of these bodies are computed from; None for a year that is not open."""
    order = registry.order_of(year)
    if order is None:
        return None
    ids = None if len(body_ids) > MAX_IDS_PER_STATEMENT else list(body_ids)
    frames = answers.report_frames(viewer, order, year, ids)
    previous = answers.prior_year_counts(viewer, year, ids)
    counts = answers.answered_organisations(viewer, year, ids)
    bins = (select(Body.id, Body.bin), select(Organisation.id, Organisation.bin))
    if ids is not None:
        named = sorted({bin_ for frame in frames.values() for bin_ in frame["organisation"]})
        bins = (bins[0].where(Body.id.in_(ids)), bins[1].where(Organisation.bin.in_(named)))
    body_rows, organisation_rows = (fetch_rows(statement) for statement in bins)
    return Sources(
        order,
        frames,
        previous,
        {body_id: begun for body_id, (_, begun) in counts.items()},
        _revisions(year, body_ids),
        {bin_: id_ for id_, bin_ in body_rows},
        {bin_: id_ for id_, bin_ in organisation_rows},
    )


def _revisions(year: int, body_ids: Collection[int]) -> dict[int, str]:
    statement = select(Submission.body_id, SheetRevision.content).join(SheetRevision, SheetRevision.id == Submission.revision_id)
    if len(body_ids) <= MAX_IDS_PER_STATEMENT:
        statement = statement.where(Submission.body_id.in_(body_ids))
    wanted = set(body_ids)
    rows = fetch_rows(statement.where(Submission.year == year))
    return {body_id: content for body_id, content in rows if body_id in wanted}


def stored_lines(model: type[BodyResult] | type[TableResult] | type[RowResult], columns: Collection[str], year: int) -> set[Any]:
    """Return a year's lines of a table of results, as tuples of these columns, of existing bodies without stale results."""
    statement = select(*(getattr(model, name) for name in columns)).where(model.year == year)
    statement = statement.join(Body, Body.id == model.body_id).where(exists_in_year(year))
    if model is not BodyResult:
        statement = statement.join(BodyResult, and_(BodyResult.year == model.year, BodyResult.body_id == model.body_id))
    return {tuple(row) for row in fetch_rows(statement.where(~is_stale(year)))}


def _of_bodies(statement: Statement, body_ids: Collection[int]) -> Statement:
    """Restrict a statement to these bodies, unless naming so many ids costs more than reading all rows."""
    return statement if len(body_ids) > MAX_IDS_PER_STATEMENT else statement.where(BodyResult.body_id.in_(body_ids))
