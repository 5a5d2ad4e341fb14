"""From the stored results of two years to the parts of every change: pure, for one body or the country."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from evaluation.comparison.changes.shapley import DENOMINATOR, RowPairs, decompose, end_points
from evaluation.comparison.changes.sources import ABSENT, SOURCES, Source, count_members, member_sources
from evaluation.criteria.criterion import Criterion
from evaluation.criteria.model import Order
from evaluation.results.models import STATE_DIGITS
from evaluation.scoring.outcomes import UNKNOWN_COUNT

DIGIT_OF_BYTE = np.full(256, ABSENT, np.int64)
DIGIT_OF_BYTE[np.frombuffer(STATE_DIGITS.encode(), np.uint8)] = np.arange(len(STATE_DIGITS))
ID_RANGE = 2**32
"""Above every id: a row and an id make one number."""

RowKey = tuple[int, str, str]
"""A body's id, a kind and the number of a row."""


class RowLine(NamedTuple):
    """What a change needs of a stored row: its lowest points, its prior-year count, and the states of its organisations."""

    criterion: str
    low: int
    previous: int | None
    states: str


@dataclass(frozen=True)
class YearResults:
    """The stored rows of one year, and the ids of organisations by body and kind, in the order of the states."""

    order: Order | None
    rows: Mapping[RowKey, RowLine]
    organisation_ids: Mapping[tuple[int, str], np.ndarray]

    def has_row(self, kind: str, row: str) -> bool:
        """Return whether the order of the year has the row at all."""
        table = self.order.table.get(kind) if self.order else None
        return table is not None and any(item.number == row for item in table.scored_rows)

    def criterion(self, code: str) -> Criterion | None:
        """Return a criterion of the order of the year; None where it has no such one."""
        return self.order.criterion.get(code) if self.order else None


class Part(NamedTuple):
    """The part of a source in the change of a row, in units of 1 / DENOMINATOR points."""

    body_id: int
    kind: str
    row: str
    source: str
    numerator: int


@dataclass(frozen=True)
class Members:
    """The organisations of n rows in both years, as arrays of N: row from 0, id, states, and the positions of their sources."""

    rows: np.ndarray
    organisation_ids: np.ndarray
    before: np.ndarray
    after: np.ndarray
    sources: np.ndarray


def compute_parts(last_year: YearResults, this_year: YearResults) -> list[Part]:
    """Compute the parts of all rows of these years; parts of 0 are left out.

    A row that both years have is decomposed by :func:`evaluation.comparison.changes.shapley.decompose`. The points of a row that
    only one year has are the part of its table, which begins or ceases to apply, or of the order if that order lacks the row.
    """
    parts: list[Part] = []
    for key in last_year.rows.keys() ^ this_year.rows.keys():
        body_id, kind, row = key
        begins = key in this_year.rows
        points = this_year.rows[key].low if begins else -last_year.rows[key].low
        is_in_both_orders = last_year.has_row(kind, row) and this_year.has_row(kind, row)
        if points:
            source = Source.TABLE if is_in_both_orders else Source.ORDER
            parts.append(Part(body_id, kind, row, source.value, points * DENOMINATOR))
    for criteria, keys in _groups(last_year, this_year):
        lines = decompose_rows(last_year, this_year, criteria, keys)
        for position, column in zip(*np.nonzero(lines), strict=True):
            body_id, kind, row = keys[position]
            parts.append(Part(body_id, kind, row, SOURCES[column].value, int(lines[position, column])))
    return parts


def _groups(last_year: YearResults, this_year: YearResults) -> Iterator[tuple[tuple[Criterion, Criterion] | None, list[RowKey]]]:
    """Yield the rows that both years have, divided by kind, row and criteria; None where an order no longer has its criterion."""
    groups: dict[tuple[str, str, str, str], list[RowKey]] = {}
    for key, line in this_year.rows.items():
        if key in last_year.rows:
            groups.setdefault((key[1], key[2], last_year.rows[key].criterion, line.criterion), []).append(key)
    for (_, _, before, after), keys in groups.items():
        first, second = last_year.criterion(before), this_year.criterion(after)
        yield (None if first is None or second is None else (first, second)), keys


def decompose_rows(
    last_year: YearResults, this_year: YearResults, criteria: tuple[Criterion, Criterion] | None, keys: Sequence[RowKey]
) -> np.ndarray:
    """Return the parts of n rows of one kind and number: n × 9 integers that sum to the difference of the stored points."""
    lines = [[year.rows[key] for key in keys] for year in (last_year, this_year)]
    stored = [np.array([line.low for line in of_year], np.int64) for of_year in lines]
    unexplained = stored[1] - stored[0]
    parts = np.zeros((len(keys), len(SOURCES)), np.int64)
    if criteria is not None:
        prior = [
            np.array([UNKNOWN_COUNT if line.previous is None else line.previous for line in of_year], np.int64)
            for of_year in lines
        ]
        members = align_members(last_year, this_year, keys, criteria[0].audited is not None)
        counts = [count_members(members.rows, states, members.sources, len(keys)) for states in (members.before, members.after)]
        pairs = RowPairs(*criteria, *counts, *prior)
        parts = decompose(pairs)
        computed = end_points(pairs)
        unexplained -= computed[1] - computed[0]
    # An accepted sheet keeps its points though the order's file or the registry changed later: what its states do not explain.
    parts[:, SOURCES.index(Source.ORDER)] += unexplained * DENOMINATOR
    return parts


def align_members(last_year: YearResults, this_year: YearResults, keys: Sequence[RowKey], is_audited: bool) -> Members:
    """Align the organisations of both years in n rows of one kind and number, by row and id."""
    ids = [[year.organisation_ids[body_id, kind] for body_id, kind, _ in keys] for year in (last_year, this_year)]
    row_ids = [np.repeat(np.arange(len(keys)), [len(part) for part in of_year]) * ID_RANGE + _joined(of_year) for of_year in ids]
    joined = np.union1d(*row_ids)
    states = []
    for year, present in zip((last_year, this_year), row_ids, strict=True):
        text = "".join(year.rows[key].states for key in keys).encode()
        of_year = np.full(len(joined), ABSENT, np.int64)
        of_year[np.searchsorted(joined, present)] = DIGIT_OF_BYTE[np.frombuffer(text, np.uint8)]
        states.append(of_year)
    before, after = states
    return Members(joined // ID_RANGE, joined % ID_RANGE, before, after, member_sources(before, after, is_audited))


def _joined(parts: Iterable[np.ndarray]) -> np.ndarray:
    return np.concatenate([np.zeros(0, np.int64), *parts])
