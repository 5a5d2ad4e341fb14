"""Reads of results: which are stale, and what they are computed from."""

import hashlib
from collections.abc import Collection, Mapping
from functools import cache, lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, exists, select

from evaluation.answers import queries as answers
from evaluation.answers.queries import IdentifiedReports
from evaluation.criteria.model import Order
from evaluation.database import MAX_IDS_PER_STATEMENT, Statement, among, db, fetch_rows
from evaluation.policy import Viewer
from evaluation.registry import queries as registry
from evaluation.registry.clauses import exists_in_year
from evaluation.registry.models import Body, ReportingYear
from evaluation.results.models import STALE, BodyResult, ResultYear, RowResult, TableResult
from evaluation.scoring import VERSION
from evaluation.scoring.score import PriorYearCounts
from evaluation.submissions.models import SheetRevision, Submission


def fingerprint(year: int) -> str:
    """Return what names the orders of the year and of the year before, and the version of scoring: 64 hexadecimal digits."""
    return _fingerprint(registry.order_of(year), registry.order_of(year - 1))


def _fingerprint(*orders: Order | None) -> str:
    return _digest("/".join((str(VERSION), *("" if order is None else order.sha256 for order in orders))))


@lru_cache(maxsize=64)
def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def years_to_refresh() -> dict[int, bool]:
    """Return reporting year → whether a result of it may be stale, by one short read: most readers find that none is."""
    rows, orders = fetch_rows(_year_states()), registry.orders()
    codes = {year: code for year, code, *_ in rows}
    return {
        # Where the criteria file of an order is missing, the refresh says so.
        year: has_stale
        or any(year_ in codes and orders.get(codes[year_]) is None for year_ in (year, year - 1))
        or fingerprint_ != _fingerprint(*(orders.get(codes.get(year_, "")) for year_ in (year, year - 1)))
        for year, _, fingerprint_, has_stale in rows
    }


@cache
def _year_states() -> Statement:
    """Return the SELECT of :func:`years_to_refresh`, built once: every page that shows results executes it."""
    has_stale = exists().where(BodyResult.year == ReportingYear.year, STALE)
    columns = (ReportingYear.year, ReportingYear.order_code, ResultYear.fingerprint, has_stale)
    return select(*columns).outerjoin(ResultYear, ResultYear.year == ReportingYear.year)


def stored_fingerprint(year: int) -> str:
    """Return the fingerprint by which the results of the year were scored; empty before the first time."""
    return db.session.scalar(select(ResultYear.fingerprint).where(ResultYear.year == year)) or ""


def lock_fingerprint(connection: Connection, year: int) -> str | None:
    """Return the stored fingerprint of the year, None without one, and lock its line until the transaction ends."""
    return connection.scalar(select(ResultYear.fingerprint).where(ResultYear.year == year).with_for_update())


def stale_generations(viewer: Viewer, year: int) -> dict[int, int]:
    """Return body id → generation of the bodies that exist in the year and whose result is stale."""
    return dict(fetch_rows(_generations(viewer, year).where(STALE)))


def fresh_generations(viewer: Viewer, year: int) -> dict[int, int]:
    """Return body id → generation of the bodies that exist in the year and whose result is not stale."""
    return dict(fetch_rows(_generations(viewer, year).where(BodyResult.scored_generation == BodyResult.generation)))


def _generations(viewer: Viewer, year: int) -> Statement:
    statement = select(BodyResult.body_id, BodyResult.generation).join(Body, Body.id == BodyResult.body_id)
    statement = statement.where(BodyResult.year == year, exists_in_year(year)).order_by(BodyResult.body_id)
    return registry.visible(statement, viewer)


def missing_body_ids(viewer: Viewer, year: int) -> list[int]:
    """Return the ids of the bodies that exist in the year without a line."""
    stored = select(BodyResult.body_id).where(BodyResult.year == year)
    statement = select(Body.id).where(exists_in_year(year), Body.id.not_in(stored)).order_by(Body.id)
    return [body_id for (body_id,) in fetch_rows(registry.visible(statement, viewer))]


def lock_lines(viewer: Viewer, connection: Connection, year: int, body_ids: Collection[int]) -> dict[int, tuple[int, str]]:
    """Lock lines of bodies until the transaction ends; return body id → generation and digest.

    A line that a change has locked is left out: it will be stale when the change is committed.
    """
    statement = select(BodyResult.body_id, BodyResult.generation, BodyResult.digest).join(Body, Body.id == BodyResult.body_id)
    statement = statement.where(BodyResult.year == year, among(BodyResult.body_id, body_ids)).order_by(BodyResult.body_id)
    statement = registry.visible(statement, viewer).with_for_update(of=BodyResult, skip_locked=True)
    return {body_id: (generation, digest) for body_id, generation, digest in connection.execute(statement)}


class Sources(NamedTuple):
    """What the results of n bodies in a year are computed from: answers, and body id → canonical JSON of its accepted sheet."""

    order: Order
    reports: IdentifiedReports
    previous: PriorYearCounts
    revisions: Mapping[int, str]


def sources(viewer: Viewer, year: int, body_ids: Collection[int]) -> Sources | None:
    """Read what the results of these bodies are computed from; None for a year that is not open."""
    order = registry.order_of(year)
    if order is None:
        return None
    # Above this number, reading all bodies is faster than naming some.
    ids = None if len(body_ids) > MAX_IDS_PER_STATEMENT else list(body_ids)
    reports = answers.identified_reports(viewer, order, year, ids)
    previous = answers.prior_year_counts(viewer, year, ids)
    return Sources(order, reports, previous, _revisions(viewer, year, body_ids))


def _revisions(viewer: Viewer, year: int, body_ids: Collection[int]) -> dict[int, str]:
    statement = select(Submission.body_id, SheetRevision.content).join(SheetRevision, SheetRevision.id == Submission.revision_id)
    statement = statement.join(Body, Body.id == Submission.body_id)
    statement = statement.where(Submission.year == year, among(Submission.body_id, body_ids))
    return dict(fetch_rows(registry.visible(statement, viewer)))


def stored_lines(
    viewer: Viewer,
    model: type[BodyResult | TableResult | RowResult],
    columns: Collection[str],
    year: int,
    body_ids: Collection[int],
) -> set[tuple[Any, ...]]:
    """Return the lines of a table of results of these bodies in the year, as tuples of these columns."""
    statement = select(*(getattr(model, name) for name in columns)).join(Body, Body.id == model.body_id)
    statement = statement.where(model.year == year, among(model.body_id, body_ids))
    return {tuple(row) for row in fetch_rows(registry.visible(statement, viewer))}
