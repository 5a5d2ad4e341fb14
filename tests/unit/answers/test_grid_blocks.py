"""Blocks of cells as they are copied, and a column's texts written quickly."""

import pytest

from evaluation.answers.grid.block import MOST, parse
from evaluation.answers.grid.format import writer
from evaluation.answers.grid.model import BlockTooLarge, Line
from evaluation.answers.grid.propose import paste
from evaluation.answers.values import read, typed
from evaluation.criteria import Order
from evaluation.language import CODES, language
from evaluation.workbooks.format.columns import read_column
from tests.support.factories import bin_of, small_domain


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("", []),
        ("1", [["1"]]),
        ("1\t2\r\n3\t4\r\n", [["1", "2"], ["3", "4"]]),
        ("1\n\n3\n", [["1"], [""], ["3"]]),
        ("1\t\n2\n", [["1", ""], ["2", ""]]),
        ('"a\tb\nc ""d"""\te\n', [['a\tb\nc "d"', "e"]]),
        ('"open\t2\n3"x\t4', [['"open', "2"], ['3"x', "4"]]),
        ("\n\n", [[""], [""]]),
        ("a\u2028b\x0bc", [["a\u2028b\x0bc"]]),
    ],
)
def test_text_with_tabs_is_a_block_of_cells(text: str, cells: list[list[str]]) -> None:
    assert parse(text) == cells


def test_a_block_has_its_limit() -> None:
    assert parse("1" * MOST) == [["1" * MOST]]
    with pytest.raises(BlockTooLarge):
        parse("1" * (MOST + 1))
    # A long row above many short ones.
    with pytest.raises(BlockTooLarge):
        parse("\t" * 20_000 + "\n" * 20_000)


@pytest.mark.parametrize("code", CODES)
def test_a_column_is_written_as_a_cell_is_and_read_back(code: str, order: Order) -> None:
    spoken = language(code)
    amounts = (0, 1, 99, 100, 1_050, 123_456_789_01, -1, -100, -123_456_05, 2**53 - 1)
    for item in order.indicators + order.evidence:
        write = writer(order, item, spoken)
        for value in (*small_domain(order, item), *(amounts if item.type in ("money", "whole") else ())):
            assert write(value) == typed(order, item, value, spoken)
            if item.min is None or not isinstance(value, int) or value >= item.min:
                assert read(order, item, write(value)) == value
        assert write(None) == ""


def lines(count: int) -> list[Line]:
    return [Line(number, bin_of(10 + number), (f"Ұйым {number}", f"Организация {number}"), {}) for number in range(count)]


def test_bins_that_lost_their_zeros_and_names_beside_them_are_known(order: Order) -> None:
    kind = order.kinds[1].code
    first, second = (item.code for item in order.asked_of(kind)[:2])
    table = lines(4)
    text = "\n".join(f"{line.bin.lstrip('0')}\t{line.names[1].upper()}\t{line.id}\t7" for line in reversed(table))
    found = paste(order, kind, table, text)
    assert found.by_bin and not found.wrong
    assert {(edit.organisation_id, edit.code, edit.value) for edit in found.edits} == {
        (line.id, code, value) for line in table for code, value in ((first, line.id * 100), (second, 700))
    }


@pytest.mark.parametrize(
    "numbers", [("0", "7", "1 234\xa0567,89", "9999999999999,99", "0,1", "12.50"), ("-5", "1,234", "1 2", "٣", "1e3", "+4", "")]
)
def test_amounts_read_at_once_are_what_each_is_alone(numbers: tuple[str, ...], order: Order) -> None:
    for kind in order.kinds:
        for item in order.asked_of(kind.code):
            if item.type not in ("money", "whole"):
                continue
            cells = [number for number in numbers for _ in range(3)]
            found = paste(order, kind.code, lines(len(cells)), "\n".join(cells), (0, item.code))
            alone = read_column(order, item, cells)
            assert {edit.organisation_id: edit.value for edit in found.edits} == {
                position: value for position, value in enumerate(alone[0]) if value is not None
            }
            assert [(cell.row - 1, cell.problem.problem, cell.problem.values) for cell in found.wrong] == alone[1]


def test_rows_of_another_table_are_not_taken_for_amounts(order: Order) -> None:
    text = "".join(f"{bin_of(500 + number)}\t5\n" for number in range(3))
    found = paste(order, order.kinds[1].code, lines(3), text)
    assert not found.edits and [cell.problem.problem for cell in found.wrong] == ["not_in_table"] * 3


def test_what_reaches_past_the_table_is_counted_and_left_out(order: Order) -> None:
    kind = order.kinds[1].code
    last = order.asked_of(kind)[-1]
    found = paste(order, kind, lines(3), "да\tнет\nнет\tда\n", (2, last.code))
    assert (len(found.edits), found.rows_beyond, found.columns_beyond) == (1, 1, 1)


def test_an_empty_block_changes_nothing(order: Order) -> None:
    assert paste(order, order.kinds[0].code, lines(2), "").edits == ()
    assert paste(order, order.kinds[0].code, [], "1\t2\n").edits == ()
