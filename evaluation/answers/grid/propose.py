"""What a pasted block, or filling the blanks of a column, would change. Pure: nothing is read or stored here."""

import re
from collections.abc import Sequence, Set
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np

from evaluation.answers.checks import findings
from evaluation.answers.grid.block import Block, locate, parse
from evaluation.answers.grid.format import NO_BREAK
from evaluation.answers.grid.model import Line, Proposal, WrongCell, documents
from evaluation.answers.issues import Problem
from evaluation.answers.save import AnswerInput
from evaluation.criteria.model import Indicator, Order
from evaluation.scoring.conditions import certain, evaluate, imply
from evaluation.scoring.frames import frame
from evaluation.workbooks.format.columns import Read, read_column

PLAIN = {"money": re.compile(r"[0-9]{1,13}(?:[.,][0-9]{1,2})?").fullmatch, "whole": re.compile(r"[0-9]{1,15}").fullmatch}


def paste(
    order: Order, kind: str, lines: Sequence[Line], text: str, at: tuple[int, str | None] = (0, None), erase: bool = False
) -> Proposal:
    """What a block of cells would change, its first cell pasted at a line's position and an indicator.

    Blank cells leave answers alone unless they are to `erase` them. Raises BlockTooLarge.
    """
    block = locate(order, kind, lines, parse(text), at)
    wrong = _strange_rows(block)
    places = _places(block, wrong)
    taken = [lines[place] for _, place in places]
    cells_of = list(zip(*(block.rows[block.first + row] for row, _ in places), strict=True))
    edits: list[AnswerInput] = []
    unchanged = kept = 0
    for column, item in block.columns if places else ():
        cells = cells_of[column]
        values, mistakes = _read(order, item, cells)
        for position, problem, details in mistakes:
            row, said = block.first + places[position][0] + 1, Problem(problem, code=item.code, values=details)
            wrong.append(WrongCell(row, said, taken[position], item.code, cells[position].strip()))
        fresh, same, left = _compare(item, taken, values, {position for position, _, _ in mistakes}, erase)
        edits += fresh
        unchanged, kept = unchanged + same, kept + left
    return Proposal(
        tuple(edits),
        unchanged,
        kept,
        tuple(sorted(wrong, key=lambda cell: cell.row)),
        by_bin=block.bins is not None,
        headed=block.headed,
        unknown=block.unknown,
        rows_beyond=block.rows_beyond,
        columns_beyond=block.columns_beyond,
    )


def _compare(
    item: Indicator, lines: Sequence[Line], values: Sequence[Any], wrong: Set[int], erase: bool
) -> tuple[list[AnswerInput], int, int]:
    """What a column's values would change in the lines, how many are there already, and how many answers blanks leave alone."""
    code = item.code
    before = [line.answers.get(code) for line in lines]
    # Equal and of one type: true is not 1. Most columns are as they were, which is seen at once.
    if values == before and list(map(type, values)) == list(map(type, before)):
        return [], len(before) - before.count(None), 0
    edits: list[AnswerInput] = []
    unchanged = kept = 0
    for position, (value, was) in enumerate(zip(values, before, strict=True)):
        if value is was or (value == was and type(value) is type(was)):
            unchanged += value is not None
        elif position in wrong:
            continue
        elif value is None and not erase:
            kept += 1
        else:
            edits.append(AnswerInput(lines[position].id, code, value, was))
    return edits, unchanged, kept


def fill(order: Order, kind: str, lines: Sequence[Line], item: Indicator, value: Any) -> Proposal:
    """What filling a column's blanks with one value, stored form, would change.

    A blank is what is asked, not answered, and not settled by other answers.
    """
    blank = blanks(order, kind, lines, item)
    return Proposal(tuple(AnswerInput(line.id, item.code, value) for line, here in zip(lines, blank, strict=True) if here))


def blanks(order: Order, kind: str, lines: Sequence[Line], item: Indicator) -> np.ndarray:
    """Which of the n lines have a blank in a column, as an array of n."""
    names = [line.bin for line in lines]
    filled = imply(order, kind, frame(order, kind, names, names, [line.answers for line in lines]))
    missing = np.asarray(filled[item.code].array.isna())
    if item.asked_when is None:
        return missing
    return np.asarray(missing & certain(evaluate(order, item.asked_when, filled)))


def checked(
    order: Order, kind: str, year: int, lines: Sequence[Line], proposal: Proposal, today: date, last_order: Order | None
) -> Proposal:
    """The proposal with what is contradictory or odd in the organisations that it changes, as they would be after it."""
    touched = {edit.organisation_id for edit in proposal.edits}
    changed = [line for line in lines if line.id in touched]
    if not changed:
        return proposal
    after = documents(changed, proposal.edits)
    evidence, last = [line.evidence for line in changed], [line.last for line in changed]
    found = findings(order, year, kind, after, evidence, last, today, last_order)
    return replace(proposal, findings=tuple((changed[position], finding) for position, finding in found))


def _read(order: Order, item: Indicator, cells: Sequence[str]) -> Read:
    """A column read as a workbook's is, equal cells once: most columns hold few different ones."""
    distinct = list(dict.fromkeys(cells))
    if 2 * len(distinct) > len(cells):
        return read_column(order, item, _as_numbers(item, cells))
    values, mistakes = read_column(order, item, _as_numbers(item, distinct))
    value_of = dict(zip(distinct, values, strict=True))
    wrong = {distinct[position]: (problem, details) for position, problem, details in mistakes}
    found = [(position, *wrong[cell]) for position, cell in enumerate(cells) if cell in wrong] if wrong else []
    return [value_of[cell] for cell in cells], found


def _as_numbers(item: Indicator, cells: Sequence[str]) -> Sequence[object]:
    """Amounts and numbers typed without anything odd as floats, which a column reads all at once; the other cells as they are.

    What is turned is exact: it has at most 15 digits, and nothing can be wrong with it, so no message would show it differently.
    """
    plain = PLAIN.get(item.type)
    if plain is None or (item.min or 0) > 0:
        return cells
    bare = [cell.replace(NO_BREAK, "").replace(" ", "") for cell in cells]
    return [float(number.replace(",", ".")) if plain(number) else cell for number, cell in zip(bare, cells, strict=True)]


def _strange_rows(block: Block) -> list[WrongCell]:
    """The rows whose BIN is not one of the table's."""
    if block.bins is None:
        return []
    given = [(number, block.rows[block.first + number][block.bins].strip()) for number in range(len(block.lines))]
    return [
        WrongCell(block.first + number + 1, Problem("not_in_table", values={"value": bin_}), given=bin_)
        for number, bin_ in given
        if block.lines[number] is None and any(block.rows[block.first + number])
    ]


def _places(block: Block, wrong: list[WrongCell]) -> list[tuple[int, int]]:
    """(row of the data, position of the line) of the rows that are taken; an organisation's second row is noted as wrong."""
    taken: dict[int, int] = {}
    for row, place in enumerate(block.lines):
        if place is None:
            continue
        if place in taken:
            there = block.first + taken[place] + 1
            wrong.append(WrongCell(block.first + row + 1, Problem("twice_in_block", values={"row": there})))
        else:
            taken[place] = row
    return [(row, place) for place, row in taken.items()]
