"""Composes the assessment sheets of bodies from their scores."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from evaluation.criteria.model import Order, Row, Table
from evaluation.scoring.facts import BreachFacts
from evaluation.scoring.outcomes import UNKNOWN_COUNT
from evaluation.scoring.score import IN_BREACH, UNANSWERED, Scores
from evaluation.sheets.model import LegalEntity, Sheet, SheetRow, SheetTable, YearPoints

ScoredRows = dict[tuple[str, str], Any]
"""(kind, row number) → the body's line of `Scores.rows`."""
NamedByRow = dict[tuple[str, str, str], tuple[LegalEntity, ...]]
"""(kind, row number, status) → the organisations named beside the row, by BIN."""


def compose_sheets(
    scores: Scores,
    year: int,
    bodies: Mapping[str, LegalEntity],
    organisations: Mapping[str, LegalEntity],
    history: Mapping[str, tuple[YearPoints, ...]],
    breach_facts: BreachFacts,
    invented: bool,
) -> Iterator[Sheet]:
    """Yield the sheets of `bodies`, in their order; only :func:`evaluation.sheets.input.build_sheets` calls this.

    All tables of the form are always present; those of a body without scores do not apply.

    Source: Order 47, Annex 2.

    Args:
        scores: The scores of the year, of these bodies or more.
        year: The reporting year.
        bodies: Bodies by BIN.
        organisations: Organisations of the scores by BIN; an organisation that is missing is named by its BIN.
        history: The points of this and earlier years by BIN of the body.
        breach_facts: The answers that put organisations in breach.
        invented: Whether the data is demonstration data.
    """
    rows, named = _lines_by_body(scores.rows), _lines_by_body(scores.named_organisations)
    for bin_, body in bodies.items():
        scored = {(line.kind, line.row): line for line in rows.get(bin_, [])}
        named_by_row = _named_by_row(scored, named.get(bin_, []), organisations, breach_facts)
        tables = tuple(_table(scores.order, table, scored, named_by_row) for table in scores.order.form.tables)
        low, high, max_points = (sum(getattr(table, name) for table in tables) for name in ("low", "high", "max"))
        yield Sheet(scores.order, body, year, tables, low, high, max_points, history.get(bin_, ()), invented)


def year_points(scores: Scores, year: int) -> dict[str, tuple[YearPoints, ...]]:
    """The points of each table that applies, by BIN of the body."""
    points: dict[str, tuple[YearPoints, ...]] = {}
    for (body, kind), low, high, max_points in scores.totals.itertuples():
        points[body] = (*points.get(body, ()), YearPoints(year, kind, int(low), int(high), int(max_points)))
    return points


def _lines_by_body(frame: pd.DataFrame) -> dict[str, list[Any]]:
    """The lines of a frame as named tuples, by body, in the order of the frame."""
    lines: dict[str, list[Any]] = {}
    for line in frame.itertuples(index=False):
        lines.setdefault(str(line.body), []).append(line)
    return lines


def _named_by_row(
    scored: ScoredRows, lines: list[Any], organisations: Mapping[str, LegalEntity], breach_facts: BreachFacts
) -> NamedByRow:
    named: NamedByRow = {}
    for line in lines:
        organisation = organisations.get(line.organisation, LegalEntity(line.organisation, ""))
        if line.status == IN_BREACH:
            facts = breach_facts.get((scored[line.kind, line.row].criterion, line.organisation), ())
            organisation = replace(organisation, breach_facts=facts)
        key = line.kind, line.row, line.status
        named[key] = (*named.get(key, ()), organisation)
    return named


def _table(order: Order, table: Table, scored: ScoredRows, named: NamedByRow) -> SheetTable:
    rows = tuple(_row(order, table.kind, row, scored, named) for row in table.rows)
    applicable = any((table.kind, row.number) in scored for row in table.rows)
    low, high, max_points = (sum(getattr(row, name) for row in rows) for name in ("low", "high", "max"))
    return SheetTable(table, applicable, rows, low, high, max_points)


def _row(order: Order, kind: str, row: Row, scored: ScoredRows, named: NamedByRow) -> SheetRow:
    if row.criterion is None:
        return SheetRow(row)
    criterion = order.criterion[row.criterion]
    line = scored.get((kind, row.number))
    if line is None:
        return SheetRow(row, criterion)
    return SheetRow(
        row,
        criterion,
        low=int(line.low),
        high=int(line.high),
        max=int(line.max),
        worst=line.worst,
        best=line.best,
        organisations=int(line.organisations),
        audited=int(line.audited),
        unaudited=int(line.unaudited),
        previous=None if line.previous == UNKNOWN_COUNT else int(line.previous),
        in_breach=named.get((kind, row.number, IN_BREACH), ()),
        unanswered=named.get((kind, row.number, UNANSWERED), ()),
    )
