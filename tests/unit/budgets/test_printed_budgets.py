"""Random budgets printed in every layout are read back exactly; a changed figure is named; the illegible is not invented."""

import pytest

from tests.support import budget_trials
from tests.support.budget_printer import LAYOUTS

COUNT = 6
"""Decisions of each kind; tests/torture reads thousands."""
WITH_CELLS_OR_LINES = [layout for layout in LAYOUTS if layout != "pdf"]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_printed_budget_is_read_back_exactly(layout: str) -> None:
    budget_trials.read_exactly(layout, COUNT)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_one_changed_figure_is_named_and_no_other(layout: str) -> None:
    budget_trials.name_the_changed_figure(layout, COUNT)


@pytest.mark.parametrize("layout", WITH_CELLS_OR_LINES)
def test_an_illegible_amount_is_unread_and_nothing_is_invented(layout: str) -> None:
    budget_trials.leave_the_illegible_unread(layout, COUNT)


def test_an_illegible_amount_in_a_narrow_table_invents_nothing() -> None:
    budget_trials.invent_nothing_in_a_narrow_table(COUNT)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_sums_of_what_is_read(layout: str) -> None:
    budget_trials.check_the_sums(layout, COUNT // 2)
