"""Composes the sheets of bodies from their scores."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from evaluation.criteria.model import Order, Table
from evaluation.scoring.facts import Facts
from evaluation.scoring.score import UNKNOWN, Scores
from evaluation.sheets.model import Named, Share, Sheet, SheetRow, SheetTable


def compose(
    scores: Scores,
    year: int,
    bodies: Mapping[str, Named],
    organisations: Mapping[str, Named],
    history: Mapping[str, tuple[Share, ...]] | None = None,
    invented: bool = False,
    told: Facts | None = None,
) -> Iterator[Sheet]:
    """The sheets of `bodies` (by BIN), in their order; a body without a score has four tables that do not apply.

    `organisations` names those that the scores speak of; one it does not name stands by its BIN. `told` are the answers that put
    them in breach.
    """
    rows = _by_body(scores.rows)
    findings = _by_body(scores.findings)
    for bin_, body in bodies.items():
        sheet = _sheet(scores.order, year, body, rows.get(bin_, []), findings.get(bin_, []), organisations, told or {})
        yield replace(sheet, history=(history or {}).get(bin_, ()), invented=invented)


def shares(scores: Scores, year: int) -> dict[str, tuple[Share, ...]]:
    """Each body's points by table in one year."""
    found: dict[str, tuple[Share, ...]] = {}
    for (body, kind), low, high, most in scores.totals.itertuples():
        found[body] = (*found.get(body, ()), Share(year, kind, int(low), int(high), int(most)))
    return found


def _by_body(frame: pd.DataFrame) -> dict[str, list[Any]]:
    """Lines of a frame as named tuples, by body, in their order."""
    lines: dict[str, list[Any]] = {}
    for line in frame.itertuples(index=False):
        lines.setdefault(str(line.body), []).append(line)
    return lines


def _sheet(
    order: Order,
    year: int,
    body: Named,
    rows: list[Any],
    findings: list[Any],
    organisations: Mapping[str, Named],
    told: Facts,
) -> Sheet:
    scored = {(line.kind, line.row): line for line in rows}
    named: dict[tuple[str, str, str], tuple[Named, ...]] = {}
    for line in findings:
        key = line.kind, line.row, line.state
        own = organisations.get(line.organisation, Named(line.organisation, ""))
        facts = told.get((scored[line.kind, line.row].criterion, line.organisation), ())
        named[key] = (*named.get(key, ()), replace(own, facts=facts) if line.state == "in_breach" else own)
    tables = tuple(_table(order, table, scored, named) for table in order.form.tables)
    return Sheet(order, body, year, tables, sum(t.low for t in tables), sum(t.high for t in tables), sum(t.max for t in tables))


def _table(
    order: Order, table: Table, scored: dict[tuple[str, str], Any], named: dict[tuple[str, str, str], tuple[Named, ...]]
) -> SheetTable:
    rows = tuple(_row(order, table.kind, row, scored, named) for row in table.rows)
    applicable = any((table.kind, row.number) in scored for row in table.rows)
    return SheetTable(table, applicable, rows, *(sum(getattr(row, name) for row in rows) for name in ("low", "high", "max")))


def _row(
    order: Order, kind: str, row: Any, scored: dict[tuple[str, str], Any], named: dict[tuple[str, str, str], tuple[Named, ...]]
) -> SheetRow:
    if row.criterion is None:
        return SheetRow(row)
    criterion = order.criterion[row.criterion]
    line = scored.get((kind, row.number))
    if line is None:
        return SheetRow(row, criterion)
    previous = None if line.previous == UNKNOWN else int(line.previous)
    return SheetRow(
        row,
        criterion,
        int(line.low),
        int(line.high),
        int(line.max),
        line.worst,
        line.best,
        int(line.organisations),
        int(line.audited),
        int(line.unaudited),
        previous,
        named.get((kind, row.number, "in_breach"), ()),
        named.get((kind, row.number, "unanswered"), ()),
    )
