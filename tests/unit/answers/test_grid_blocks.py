"""Pasted blocks of cells, and the fast formatting of a column."""

import pytest

from evaluation.answers.columns import read_column
from evaluation.answers.grid.block import MAX_TEXT_CHARACTERS, parse_block
from evaluation.answers.grid.formatting import value_formatter
from evaluation.answers.grid.model import BlockTooLarge, GridRow
from evaluation.answers.grid.propose import paste
from evaluation.answers.values import format_value, parse
from evaluation.criteria import Order
from evaluation.language import LANGUAGE_CODES, language
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
    assert parse_block(text) == cells


def test_a_block_is_limited() -> None:
    assert parse_block("1" * MAX_TEXT_CHARACTERS) == [["1" * MAX_TEXT_CHARACTERS]]
    with pytest.raises(BlockTooLarge):
        parse_block("1" * (MAX_TEXT_CHARACTERS + 1))
    # A long row above many short ones.
    with pytest.raises(BlockTooLarge):
        parse_block("\t" * 20_000 + "\n" * 20_000)


@pytest.mark.parametrize("code", LANGUAGE_CODES)
def test_a_column_is_formatted_like_single_values_and_parses_back(code: str, order: Order) -> None:
    amounts = (0, 1, 99, 100, 1_050, 123_456_789_01, -1, -100, -123_456_05, 2**53 - 1)
    for item in order.indicators + order.evidence:
        format_ = value_formatter(order, item, language(code))
        for value in (*small_domain(order, item), *(amounts if item.type in ("money", "whole") else ())):
            assert format_(value) == format_value(order, item, value, language(code))
            if item.min is None or not isinstance(value, int) or value >= item.min:
                assert parse(order, item, 2024, format_(value)) == value
        assert format_(None) == ""


def make_rows(count: int) -> list[GridRow]:
    return [GridRow(number, bin_of(10 + number), (f"Ұйым {number}", f"Организация {number}"), {}) for number in range(count)]


def test_bins_without_leading_zeros_and_names_identify_rows(order: Order) -> None:
    kind = order.kinds[1].code
    first, second = (item.code for item in order.indicators_of(kind)[:2])
    rows = make_rows(4)
    text = "\n".join(f"{row.bin.lstrip('0')}\t{row.names[1].upper()}\t{row.id}\t7" for row in reversed(rows))
    proposal = paste(order, kind, 2024, rows, text)
    assert proposal.rows_by_bin and not proposal.rejected_cells
    assert {(edit.organisation_id, edit.code, edit.value) for edit in proposal.edits} == {
        (row.id, code, value) for row in rows for code, value in ((first, row.id * 100), (second, 700))
    }


@pytest.mark.parametrize(
    "numbers", [("0", "7", "1 234\xa0567,89", "9999999999999,99", "0,1", "12.50"), ("-5", "1,234", "1 2", "٣", "1e3", "+4", "")]
)
def test_amounts_read_together_equal_amounts_read_one_by_one(numbers: tuple[str, ...], order: Order) -> None:
    for kind in order.kinds:
        for item in order.indicators_of(kind.code):
            if item.type not in ("money", "whole"):
                continue
            cells = [number for number in numbers for _ in range(3)]
            proposal = paste(order, kind.code, 2024, make_rows(len(cells)), "\n".join(cells), (0, item.code))
            values, issues = read_column(order, item, 2024, cells)
            assert {edit.organisation_id: edit.value for edit in proposal.edits} == {
                position: value for position, value in enumerate(values) if value is not None
            }
            assert [(cell.block_row - 1, cell.issue.issue_code, cell.issue.values) for cell in proposal.rejected_cells] == issues


def test_bins_outside_the_grid_are_rejected_and_not_read_as_amounts(order: Order) -> None:
    text = "".join(f"{bin_of(500 + number)}\t5\n" for number in range(3))
    proposal = paste(order, order.kinds[1].code, 2024, make_rows(3), text)
    assert not proposal.edits and [cell.issue.issue_code for cell in proposal.rejected_cells] == ["not_in_table"] * 3


def test_cells_outside_the_grid_are_counted_and_left_out(order: Order) -> None:
    kind = order.kinds[1].code
    last = order.indicators_of(kind)[-1]
    proposal = paste(order, kind, 2024, make_rows(3), "да\tнет\nнет\tда\n", (2, last.code))
    assert (len(proposal.edits), proposal.excess_row_count, proposal.excess_column_count) == (1, 1, 1)


def test_an_empty_block_changes_nothing(order: Order) -> None:
    assert paste(order, order.kinds[0].code, 2024, make_rows(2), "").edits == ()
    assert paste(order, order.kinds[0].code, 2024, [], "1\t2\n").edits == ()
