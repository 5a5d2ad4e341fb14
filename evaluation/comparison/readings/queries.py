"""Reads of what a year is scored from again, scoped by the viewer: accepted sheets as they were accepted, else the answers."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import orjson
import pandas as pd
from sqlalchemy import case, select

from evaluation.answers import queries as answers
from evaluation.comparison.clauses import GROUP, Higher
from evaluation.comparison.readings.bases import bases_of, basis_of
from evaluation.comparison.readings.errors import UnknownReading, UnreadableAnswers
from evaluation.comparison.readings.model import Basis, BodyChange, Points, RowKey
from evaluation.comparison.readings.rescore import body_changes, changed_rows, table_points
from evaluation.criteria.model import Order
from evaluation.database import fetch_rows
from evaluation.memory import gc_paused
from evaluation.policy import Viewer
from evaluation.registry.clauses import counts_in_region, exists_in_year
from evaluation.registry.models import Body
from evaluation.registry.queries import visible
from evaluation.results import queries as results
from evaluation.review.snapshot import answers_of
from evaluation.review.year_order import incompatible_indicators
from evaluation.scoring.frames import ReportFrames, report_frame
from evaluation.scoring.score import PriorYearCounts


class YearAnswers(NamedTuple):
    """The answers of a year under its own order and under another one, and the prior-year counts."""

    frames: ReportFrames
    other_frames: ReportFrames
    previous: PriorYearCounts


@gc_paused()
def compare(viewer: Viewer, year: int, basis: Basis, body_ids: Collection[int] | None = None) -> list[BodyChange]:
    """Score the bodies that the viewer can see by the year's order and by a basis, by BIN.

    A rank is one among all bodies, so people who see only some of them have none.

    Args:
        viewer: Who reads.
        year: The reporting year.
        basis: What to score by beside the year's order.
        body_ids: Only these bodies; ranks are then among them.

    Raises:
        UnreadableAnswers: The basis's order cannot read the answers of the year.
        UnknownReading: The year is not open.
    """
    today = basis_of(year)
    bodies = _bodies(viewer, year, body_ids)
    stored = _answers(viewer, year, today.order, basis.order, [body.id for body in bodies])
    bins = [body.bin for body in bodies]
    before = table_points(today, stored.frames, stored.previous, bins)
    after = table_points(basis, stored.other_frames, stored.previous, bins)
    return body_changes(bodies, before, after, with_ranks=viewer.bodies is None)


def compare_body(viewer: Viewer, year: int, body: Body) -> list[tuple[Basis, BodyChange, Mapping[RowKey, tuple[Points, Points]]]]:
    """Return one body under everything that the year can be scored by otherwise: its points, and the rows that differ."""
    today = basis_of(year)
    bodies = _bodies(viewer, year, [body.id])
    bases = bases_of(year) if bodies else ()
    orders = {basis.order.code: basis.order for basis in bases}
    answers_by_order = {code: _answers(viewer, year, today.order, order, [body.id]) for code, order in orders.items()}
    compared = []
    for basis in bases:
        stored = answers_by_order[basis.order.code]
        before = table_points(today, stored.frames, stored.previous, [body.bin])
        after = table_points(basis, stored.other_frames, stored.previous, [body.bin])
        rows = changed_rows((today, basis), (stored.frames, stored.other_frames), stored.previous)
        compared.append((basis, body_changes(bodies, before, after, with_ranks=False)[0], rows))
    return compared


def _bodies(viewer: Viewer, year: int, body_ids: Collection[int] | None) -> list[BodyChange]:
    """Return the bodies that exist in the year, by BIN, with their regions and without points."""
    statement = (
        select(Body.id, Body.bin, GROUP, case((counts_in_region(), 1), else_=0).label("in_region"))
        .outerjoin(Higher, Higher.id == Body.parent_id)
        .where(exists_in_year(year))
        .order_by(Body.bin)
    )
    wanted = None if body_ids is None else set(body_ids)
    if wanted is not None and len(wanted) == 1:
        statement = statement.where(Body.id.in_(wanted))
    rows = fetch_rows(visible(statement, viewer))
    return [
        BodyChange(id_, bin_, code, {}, {}, bool(in_region))
        for id_, bin_, code, in_region in rows
        if wanted is None or id_ in wanted
    ]


def _answers(viewer: Viewer, year: int, order: Order, other: Order, body_ids: list[int]) -> YearAnswers:
    """Read the answers once for each order; of accepted sheets they are those of the sheet, prior-year counts included."""
    if incompatible := incompatible_indicators(order, other):
        raise UnreadableAnswers(other.code, [item.code for item in incompatible])
    sources = results.sources(viewer, year, body_ids)
    if sources is None:
        raise UnknownReading("order", order=year)
    contents = {content["body"]["bin"]: content for content in map(orjson.loads, sources.revisions.values())}
    frames = _with_accepted(order, sources.reports.frames, contents)
    if other is order:
        other_frames = frames
    else:
        other_frames = _with_accepted(other, answers.report_frames(viewer, other, year, body_ids), contents)
    counts = {key: count for key, count in sources.previous.items() if key[0] not in contents}
    return YearAnswers(frames, other_frames, {**counts, **_accepted_counts(contents)})


def _with_accepted(order: Order, frames: ReportFrames, contents: Mapping[str, Any]) -> ReportFrames:
    """Replace the answers of the bodies with an accepted sheet, which `contents` has by BIN."""
    if not contents:
        return frames
    by_kind: dict[str, list[tuple[str, str, Mapping[str, Any]]]] = {kind: [] for kind in order.kind}
    for body_bin, content in contents.items():
        for organisation_bin, kind, stored in answers_of(order, content):
            by_kind.get(kind, []).append((body_bin, organisation_bin, stored))
    replaced = {}
    for kind, rows in by_kind.items():
        parts = []
        if kind in frames and not (live := frames[kind][~frames[kind]["body"].isin(contents)]).empty:
            parts.append(live)
        if rows:
            bodies, organisations, values = zip(*rows, strict=True)
            parts.append(report_frame(order, kind, bodies, organisations, values))
        if parts:
            replaced[kind] = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]
    return replaced


def _accepted_counts(contents: Mapping[str, Any]) -> PriorYearCounts:
    return {
        (body_bin, table["kind"], row["criterion"]): row["prior_year_count"]
        for body_bin, content in contents.items()
        for table in content["tables"]
        for row in table["rows"]
        if row["prior_year_count"] is not None
    }
