"""Thousands of random budgets printed in every layout and read back."""

import os

import pytest

from tests.support import budget_trials
from tests.support.budget_printer import LAYOUTS

COUNT = 2_000 if "TRIALS" in os.environ else 2
"""Decisions of each kind."""


@pytest.mark.parametrize("layout", LAYOUTS)
def test_printed_budgets_are_read_back(layout: str) -> None:
    budget_trials.read_exactly(layout, COUNT)
    budget_trials.name_the_changed_figure(layout, COUNT)
    budget_trials.check_the_sums(layout, COUNT)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_illegible_is_not_invented(layout: str) -> None:
    if layout == "pdf":
        budget_trials.invent_nothing_in_a_narrow_table(COUNT)
    else:
        budget_trials.leave_the_illegible_unread(layout, COUNT)
