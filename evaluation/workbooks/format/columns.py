"""A worksheet's columns, read all at once, since a country's workbook has 600,000 cells.

Each reader takes n cells as the parser gives them (blank is empty text) and returns n stored values, None for a blank or for a
cell that cannot be taken, with what is wrong as (position, problem, values for its message).
"""

from collections.abc import Callable, Mapping, Sequence, Set
from typing import Any

import numpy as np

from evaluation.answers import values
from evaluation.answers.values import EXACT, MAX_TEXT, Wrong, is_blank
from evaluation.criteria.model import Indicator, Order
from evaluation.workbooks.format.normalise import Fault

Mistake = tuple[int, str, dict[str, Any]]
Read = tuple[list[Any], list[Mistake]]


def read_column(order: Order, item: Indicator, cells: Sequence[object]) -> Read:
    """One indicator's (or item of evidence's) column."""
    match item.type:
        case "money":
            return _numbers(cells, 100, item.min, values.money)
        case "whole":
            return _numbers(cells, 1, item.min, values.whole)
        case "date":
            return _each(cells, values.day)
        case "yes_no":
            return _each(cells, values.yes_no)
        case "choice":
            return _each(cells, values.choice_reader(order, item))
    return read_text(cells)


def read_text(cells: Sequence[Any], limit: int = MAX_TEXT) -> Read:
    """Text of at most so many characters; numbers as Excel shows them."""
    if set(map(type, cells)) == {str} and max(map(len, cells)) <= limit and "".join(cells).isprintable():
        return [cell.strip() or None for cell in cells], []
    return _each(cells, lambda cell: values.text(cell, limit))


def read_bins(cells: Sequence[object], known: Set[str]) -> Read:
    """BINs; those already `known` to the registry need no check of their digits."""
    if known >= set(cells):
        return list(cells), []
    return _each(cells, lambda cell: values.bin_number(cell, known))


def read_kinds(order: Order, cells: Sequence[object]) -> Read:
    """Kinds of organisation, by code or by name."""
    return _each(cells, values.kind_reader(order))


def read_counts(cells: Sequence[object]) -> Read:
    """Whole numbers from 0."""
    return _numbers(cells, 1, 0, values.whole)


def _numbers(cells: Sequence[object], units: int, minimum: int | None, read: Callable[[object, int | None], int]) -> Read:
    """Numbers all at once where they are plain floats; the rest, and whatever looks odd, one by one."""
    floats = np.array([cell if type(cell) is float else np.nan for cell in cells], dtype=np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        scaled = np.rint(floats * units)
        plain = (scaled / units == floats) & (np.abs(scaled) < EXACT)
        if minimum is not None:
            plain &= scaled >= minimum * units
    found: list[Any] = np.where(plain, scaled, 0).astype(np.int64).tolist()
    mistakes: list[Mistake] = []
    for position in np.flatnonzero(~plain).tolist():
        cell = cells[position]
        found[position] = None if cell == "" else _one(position, cell, lambda each: read(each, minimum), mistakes)
    return found, mistakes


def _each(cells: Sequence[Any], read: Callable[[Any], Any]) -> Read:
    """Each cell read, equal cells once: columns of yes and no have few different ones."""
    types = set(map(type, cells))
    if bool in types and float in types:
        # TRUE and 1 are equal to a set, but not to a reader.
        mistakes: list[Mistake] = []
        return [_one(position, cell, read, mistakes) for position, cell in enumerate(cells)], mistakes
    some: list[Mistake] = []
    value_of = {cell: _one(0, cell, read, some) for cell in set(cells)}
    found = [value_of[cell] for cell in cells]
    if not some:
        return found, []
    mistakes = []
    for position, (cell, value) in enumerate(zip(cells, found, strict=True)):
        if value is None and cell != "":
            _one(position, cell, read, mistakes)
    return found, mistakes


def _one(position: int, cell: object, read: Callable[[Any], Any], mistakes: list[Mistake]) -> Any:
    if is_blank(cell):
        return None
    try:
        if isinstance(cell, Fault):
            raise Wrong(cell.problem, value=cell.value)
        return read(cell)
    except Wrong as wrong:
        mistakes.append((position, wrong.problem, dict(wrong.values)))
        return None


def documents(columns: Mapping[str, Sequence[Any]], count: int) -> list[dict[str, Any]]:
    """Columns of stored values as one document for each of `count` organisations; a blank is an absent key."""
    whole = {code: column for code, column in columns.items() if None not in column}
    found: list[dict[str, Any]]
    if whole:
        codes = tuple(whole)
        found = [dict(zip(codes, row, strict=True)) for row in zip(*whole.values(), strict=True)]
    else:
        found = [{} for _ in range(count)]
    for code, column in columns.items():
        if code not in whole and column.count(None) < count:
            for document, value in zip(found, column, strict=True):
                if value is not None:
                    document[code] = value
    return found
