"""Computes what a pasted block, or a fill of a column's blanks, would change. Pure: no database access."""

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from evaluation.answers.checks import check_answers
from evaluation.answers.columns import ParsedColumn, read_column
from evaluation.answers.grid.block import Block, locate_block, parse_block
from evaluation.answers.grid.formatting import NO_BREAK_SPACE
from evaluation.answers.grid.model import GridRow, Proposal, RejectedCell, edited_answers
from evaluation.answers.issues import CellIssue
from evaluation.answers.model import AnswerInput
from evaluation.answers.number_text import single_separator
from evaluation.criteria.model import Indicator, Order
from evaluation.scoring.conditions import apply_implications, evaluate, is_certain
from evaluation.scoring.frames import report_frame

PLAIN_NUMBER = {
    "money": re.compile(r"(?:[0-9]{1,13}|[0-9]{1,3}(?:[ \xa0][0-9]{3}){1,3})(?:[.,][0-9]{1,2})?").fullmatch,
    "whole": re.compile(r"[0-9]{1,15}|[0-9]{1,3}(?:[ \xa0][0-9]{3}){1,4}").fullmatch,
}
"""Indicator type → match of a number that a float holds exactly, with or without spaces between groups of three digits."""


@dataclass(frozen=True)
class _ColumnChange:
    """What one column of a block would change."""

    edits: list[AnswerInput]
    unchanged_count: int
    preserved_count: int


def paste(
    order: Order,
    kind: str,
    year: int,
    grid_rows: Sequence[GridRow],
    text: str,
    start: tuple[int, str | None] = (0, None),
    erase: bool = False,
) -> Proposal:
    """Return what a pasted block would change.

    Args:
        order: the order of the year.
        kind: the kind of the grid's organisations.
        year: the reporting year.
        grid_rows: the rows of the grid as the user sees them.
        text: the block, tabs between columns.
        start: where the first cell is pasted: position of the grid row, code of the indicator (None for the first one).
        erase: blank cells of the block erase answers; otherwise they leave them unchanged.

    Raises:
        BlockTooLarge: the block exceeds the limits.
    """
    block = locate_block(order, kind, grid_rows, parse_block(text), start)
    rejected = _foreign_rows(block)
    positions = _accepted_rows(block, rejected)
    accepted_rows = [grid_rows[grid_position] for _, grid_position in positions]
    cells_by_column = list(zip(*(block.rows[block.heading_count + row] for row, _ in positions), strict=True))
    changes: list[_ColumnChange] = []
    for column, item in block.columns if positions else ():
        cells = cells_by_column[column]
        values, issues = _parse_cells(order, item, year, cells)
        for position, issue_code, details in issues:
            block_row, issue = (
                block.heading_count + positions[position][0] + 1,
                CellIssue(issue_code, code=item.code, values=details),
            )
            rejected.append(RejectedCell(block_row, issue, accepted_rows[position], item.code, cells[position].strip()))
        changes.append(_compare(item, accepted_rows, values, {position for position, _, _ in issues}, erase))
    return Proposal(
        tuple(edit for change in changes for edit in change.edits),
        sum(change.unchanged_count for change in changes),
        sum(change.preserved_count for change in changes),
        tuple(sorted(rejected, key=lambda cell: cell.block_row)),
        rows_by_bin=block.bin_column is not None,
        columns_by_heading=bool(block.heading_count),
        unknown_headings=block.unknown_headings,
        excess_row_count=block.excess_row_count,
        excess_column_count=block.excess_column_count,
    )


def _compare(
    item: Indicator, grid_rows: Sequence[GridRow], values: Sequence[Any], invalid: Set[int], erase: bool
) -> _ColumnChange:
    """Compare a column's n values with the answers of n rows; the positions in `invalid` are skipped."""
    code = item.code
    stored_values = [row.answers.get(code) for row in grid_rows]
    # Equal and of one type: true is not 1. Most columns are unchanged, and this comparison finds that fast.
    if values == stored_values and list(map(type, values)) == list(map(type, stored_values)):
        return _ColumnChange([], len(stored_values) - stored_values.count(None), 0)
    edits: list[AnswerInput] = []
    unchanged_count = preserved_count = 0
    for position, (value, stored) in enumerate(zip(values, stored_values, strict=True)):
        if value is stored or (value == stored and type(value) is type(stored)):
            unchanged_count += value is not None
        elif position in invalid:
            continue
        elif value is None and not erase:
            preserved_count += 1
        else:
            edits.append(AnswerInput(grid_rows[position].id, code, value, stored))
    return _ColumnChange(edits, unchanged_count, preserved_count)


def fill(order: Order, kind: str, grid_rows: Sequence[GridRow], item: Indicator, value: Any) -> Proposal:
    """Return what a fill of a column's blanks with one value, in stored form, would change."""
    blanks = find_blanks(order, kind, grid_rows, item)
    return Proposal(
        tuple(AnswerInput(row.id, item.code, value) for row, is_blank in zip(grid_rows, blanks, strict=True) if is_blank)
    )


def find_blanks(order: Order, kind: str, grid_rows: Sequence[GridRow], item: Indicator) -> np.ndarray:
    """Return which of n rows have a blank in a column, as an array of n booleans.

    A blank is a question that applies to the organisation, is not answered and does not follow from other answers.
    """
    bins = [row.bin for row in grid_rows]
    frame = apply_implications(order, kind, report_frame(order, kind, bins, bins, [row.answers for row in grid_rows]))
    is_missing = np.asarray(frame[item.code].array.isna())
    if item.applies_when is None:
        return is_missing
    return np.asarray(is_missing & is_certain(evaluate(order, item.applies_when, frame)))


def with_issues(
    order: Order, kind: str, year: int, grid_rows: Sequence[GridRow], proposal: Proposal, today: date, last_order: Order | None
) -> Proposal:
    """Return the proposal with the issues of the changed organisations, as they would be after the change."""
    changed_ids = {edit.organisation_id for edit in proposal.edits}
    changed_rows = [row for row in grid_rows if row.id in changed_ids]
    if not changed_rows:
        return proposal
    answers = edited_answers(changed_rows, proposal.edits)
    evidence, last_year_answers = [row.evidence for row in changed_rows], [row.last_year_answers for row in changed_rows]
    facts = [row.registry for row in changed_rows]
    issues = check_answers(order, year, kind, answers, evidence, last_year_answers, today, last_order, facts)
    return replace(proposal, issues=tuple((changed_rows[position], issue) for position, issue in issues))


def _parse_cells(order: Order, item: Indicator, year: int, cells: Sequence[str]) -> ParsedColumn:
    """Parse a column as the column of a workbook; equal cells once, since most columns have few distinct ones."""
    distinct = list(dict.fromkeys(cells))
    if 2 * len(distinct) > len(cells):
        return read_column(order, item, year, _plain_numbers_as_floats(item, cells))
    values, issues = read_column(order, item, year, _plain_numbers_as_floats(item, distinct))
    value_by_cell = dict(zip(distinct, values, strict=True))
    issue_by_cell = {distinct[position]: (issue_code, details) for position, issue_code, details in issues}
    positions = [position for position, cell in enumerate(cells) if cell in issue_by_cell] if issue_by_cell else []
    return [value_by_cell[cell] for cell in cells], [(position, *issue_by_cell[cells[position]]) for position in positions]


def _plain_numbers_as_floats(item: Indicator, cells: Sequence[str]) -> Sequence[object]:
    """Return plain numbers as floats, which :func:`read_column` reads all together, and the other cells unchanged.

    The conversion is exact, since the numbers have at most 15 digits. A plain number is always valid, so that no message shows
    it.
    """
    is_plain = PLAIN_NUMBER.get(item.type)
    if is_plain is None or (item.min or 0) > 0:
        return cells
    numbers = [_to_float(cell) if is_plain(cell) else cell for cell in cells]
    # The separators of plain numbers show how to read an ambiguous one.
    return cells if any(isinstance(number, str) and single_separator(number) for number in numbers) else numbers


def _to_float(number: str) -> float:
    return float(number.replace(NO_BREAK_SPACE, "").replace(" ", "").replace(",", "."))


def _foreign_rows(block: Block) -> list[RejectedCell]:
    """Return the rows whose BIN is not in the grid."""
    if block.bin_column is None:
        return []
    rejected = []
    for number, grid_position in enumerate(block.row_positions):
        row = block.rows[block.heading_count + number]
        if grid_position is None and any(row):
            bin_ = row[block.bin_column].strip()
            issue = CellIssue("not_in_table", values={"value": bin_})
            rejected.append(RejectedCell(block.heading_count + number + 1, issue, text=bin_))
    return rejected


def _accepted_rows(block: Block, rejected: list[RejectedCell]) -> list[tuple[int, int]]:
    """Return (row of the block after the headings, position in the grid) of the accepted rows.

    A second row of an organisation is added to `rejected`.
    """
    row_by_position: dict[int, int] = {}
    for row, grid_position in enumerate(block.row_positions):
        if grid_position is None:
            continue
        if grid_position in row_by_position:
            first_row = block.heading_count + row_by_position[grid_position] + 1
            rejected.append(RejectedCell(block.heading_count + row + 1, CellIssue("twice_in_block", values={"row": first_row})))
        else:
            row_by_position[grid_position] = row
    return [(row, grid_position) for grid_position, row in row_by_position.items()]
