"""The ranking as a table for files: typed numbers, the same columns in every format; and as lines of `flask ranking --json`."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from evaluation.comparison.notes import NO_RANK_IN_ORDER
from evaluation.comparison.ranking.labels import change_text, rounded
from evaluation.comparison.ranking.model import RankingRow
from evaluation.criteria.model import Order
from evaluation.language import N_, Language, heading
from evaluation.registry.admin.labels import LEVEL_NAMES
from evaluation.registry.models import ReportingYear
from evaluation.review.body_list.export import POINT_HEADERS, SHARE_HEADERS, ExportTable, Value
from evaluation.review.body_list.model import NO_POINTS, ListedBody, TotalPoints
from evaluation.sheets.model import LegalEntity

BODY_HEADERS = (
    (N_("Best rank"), 8),
    (N_("Worst rank"), 8),
    (N_("BIN"), 14),
    (N_("Body"), 46),
    (N_("Level"), 16),
    (N_("Higher body"), 36),
    (N_("KATO"), 11),
)
"""The first columns: header and width in characters."""
CHANGE_HEADERS = (
    N_("Change of the share, percentage points: at least"),
    N_("Change of the share, percentage points: at most"),
)
NUMBER_WIDTH, NOTE_WIDTH = 13, 40
"""Column widths in characters."""


def export_table(rows: Iterable[RankingRow], order: Order, year: ReportingYear, language: Language) -> ExportTable:
    """Convert a ranking to a table with headers in a language; the shares have bars in a workbook.

    Each row notes that the Order knows no rank, because rows are filtered and copied; see :func:`workbook_table`.
    """
    kinds = [table.kind for table in order.form.tables]
    headers = [(language.gettext(header), width) for header, width in BODY_HEADERS]
    names = [heading(order.kind[kind].plural[language.code]) for kind in kinds]
    headers += [(language.gettext(header, what=name), NUMBER_WIDTH) for name in names for header in POINT_HEADERS]
    total, bars = language.gettext(N_("Total")), []
    for name in (total, f"{total}, {year.year - 1}"):
        headers += [(language.gettext(header, what=name), NUMBER_WIDTH) for header in POINT_HEADERS]
        bars += [len(headers), len(headers) + 1]
        headers += [(language.gettext(header, what=name), NUMBER_WIDTH) for header in SHARE_HEADERS]
    headers += [(language.gettext(header), NUMBER_WIDTH) for header in CHANGE_HEADERS]
    headers.append((language.gettext(N_("Note")), NOTE_WIDTH))
    notes = [
        language.gettext(NO_RANK_IN_ORDER),
        *([language.gettext(N_("Invented demonstration data"))] if year.invented else ()),
    ]
    values = tuple((*_values(row, kinds, language), " ".join(notes)) for row in rows)
    return ExportTable(tuple(header for header, _ in headers), tuple(width for _, width in headers), values, tuple(bars))


def workbook_table(table: ExportTable) -> ExportTable:
    """Return the table of a ranking for a workbook, which has the note once, below the table: a page shows it whole."""
    last = len(table.headers) - 1
    note = str(table.rows[0][last]) if table.rows else ""
    return replace(table.without_column(last), bars=table.bars, note=note)


def _values(row: RankingRow, kinds: Iterable[str], language: Language) -> Iterator[Value]:
    body = row.body
    yield from (row.rank.best, row.rank.worst) if row.rank else (None, None)
    yield from (body.bin, _name(body, language), language.gettext(LEVEL_NAMES[body.level]) if body.level else None)
    yield from (_name(row.parent, language) if row.parent else None, body.kato)
    for kind in kinds:
        yield from _bounds(row.tables.get(kind, NO_POINTS))
    for total in (row.points, row.previous):
        yield from (*_bounds(total), total.percent(total.low), total.percent(total.high))
    yield from map(rounded, row.change) if row.change else (None, None)


def _bounds(points: TotalPoints) -> tuple[Value, ...]:
    return (points.low, points.high, points.max) if points.max else (None, None, None)


def _name(body: ListedBody, language: Language) -> str:
    return LegalEntity(body.bin, body.name_kk, body.name_ru).name(language.code)


def row_as_json(row: RankingRow, language: Language) -> dict[str, Any]:
    """Return a row as a JSON object; shares are exact fractions, changes are rounded percentage points."""
    return {
        "bin": row.body.bin,
        "name": _name(row.body, language),
        "level": row.body.level,
        "rank": {"best": row.rank.best, "worst": row.rank.worst} if row.rank else None,
        "points": _points_as_json(row.points),
        "tables": {kind: _points_as_json(points) for kind, points in row.tables.items()},
        "previous_year": _points_as_json(row.previous),
        "change": [_number(rounded(bound)) for bound in row.change] if row.change else None,
        "accepted": row.accepted,
    }


def _points_as_json(points: TotalPoints) -> dict[str, Any] | None:
    """Return points with the share at least and at most, as exact fractions in lowest terms."""
    if not points.max:
        return None
    share = [f"{part.numerator}/{part.denominator}" for part in (Fraction(end, points.max) for end in (points.low, points.high))]
    return {"low": points.low, "high": points.high, "max": points.max, "share": share}


def _number(value: Decimal) -> float:
    return float(value)


def row_texts(row: RankingRow, language: Language) -> tuple[str, ...]:
    """Return a row as texts: rank, BIN, points of the maximum, share, change in percentage points, name."""
    points = row.points
    return (
        str(row.rank or "–"),
        row.body.bin,
        language.points_of(points.low, points.high, points.max),
        language.share_range(points.low, points.high, points.max),
        change_text(row.change, language),
        _name(row.body, language),
    )
