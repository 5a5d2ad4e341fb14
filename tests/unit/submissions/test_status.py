"""The rule that chooses the year to show first."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from evaluation.submissions.models import ACCEPTED, DRAFT, OPEN_STATUSES, REOPENED, RETURNED, STATUSES, SUBMITTED, Submission
from evaluation.submissions.status import OBSOLETE_AFTER, STATUS_LABELS, YearStatus, due_year, other_open_years, status_of

TODAY = date(2026, 3, 1)


def at(year: int, left: int | None, state: str = DRAFT, body: int = 1) -> YearStatus:
    """Return a year's status with this number of days left: negative after the deadline, None without a deadline."""
    return YearStatus(year, body, None if left is None else TODAY + timedelta(days=left), state)


FORGOTTEN = -OBSOLETE_AFTER.days - 1


@pytest.mark.parametrize(
    "first, statuses",
    [
        (2025, [at(2025, 30)]),
        (2024, [at(2025, 30), at(2024, 5)]),
        (2024, [at(2025, 30), at(2024, -20)]),
        (2024, [at(2025, 30), at(2024, -OBSOLETE_AFTER.days)]),
        (2025, [at(2025, 30), at(2024, FORGOTTEN)]),
        (2025, [at(2025, 30), at(2024, 5, SUBMITTED)]),
        (2024, [at(2025, 30), at(2024, 5, RETURNED)]),
        (2024, [at(2025, 30, SUBMITTED), at(2024, FORGOTTEN, RETURNED), at(2023, None, RETURNED)]),
        (2025, [at(2025, 30), at(2024, None), at(2023, None)]),
        (2024, [at(2025, None), at(2024, 5)]),
        (2025, [at(2025, None), at(2024, 5, SUBMITTED)]),
        (2025, [at(2025, 30, SUBMITTED), at(2024, None), at(2023, None)]),
        (2025, [at(2025, FORGOTTEN), at(2024, None)]),
        (2025, [at(2025, None, SUBMITTED), at(2024, -90, SUBMITTED)]),
        (2023, [at(2024, None), at(2023, None, RETURNED)]),
        (2023, [at(2024, None), at(2023, None, REOPENED)]),
        (2025, [at(2025, 30), at(2024, 5, ACCEPTED)]),
        (2024, [at(2025, 30), at(2024, -5, REOPENED)]),
    ],
)
def test_the_year_that_is_due(first: int, statuses: list[YearStatus]) -> None:
    assert due_year(statuses, TODAY).year == due_year(statuses[::-1], TODAY).year == first


def test_of_several_bodies_the_unsubmitted_one_decides() -> None:
    mine = [at(2025, 30), at(2024, 5, SUBMITTED), at(2025, 30, body=2), at(2024, 5, body=2)]
    assert due_year(mine, TODAY) == mine[3]


def test_of_the_other_years_the_returned_one_comes_first() -> None:
    mine = [at(2025, 30), at(2024, 5, RETURNED), at(2023, -900, SUBMITTED), at(2022, None), at(2021, None), at(2020, -2000)]
    assert [status.year for status in other_open_years(mine, 2025)] == [2024, 2020, 2022, 2021]
    assert [status.days_left(TODAY) for status in other_open_years(mine, 2025)] == [5, -2000, None, None]


def test_the_day_to_correct_a_year_by_replaces_the_deadline() -> None:
    returned = replace(at(2024, -90, RETURNED), correct_by=TODAY + timedelta(days=5))
    assert (returned.due_on, returned.days_left(TODAY), returned.days_left(TODAY + timedelta(days=7))) == (
        date(2026, 3, 6),
        5,
        -2,
    )
    assert due_year([at(2025, 30), returned], TODAY) == returned
    assert due_year([at(2025, 3), returned], TODAY).year == 2025


def test_status_and_days_left() -> None:
    assert tuple(STATUS_LABELS) == STATUSES and {state for state in STATUSES if at(2025, 1, state).is_open} == set(OPEN_STATUSES)
    assert status_of(None) == DRAFT
    assert [status_of(Submission(status=state)) for state in STATUSES] == list(STATUSES)
    assert [at(2025, left).days_left(TODAY) for left in (1, 0, -1, None)] == [1, 0, -1, None]
    # The first submission decides whether a year is late, however long its correction takes.
    assert [at(2025, left, RETURNED).days_left(TODAY) for left in (1, 0, -1, None)] == [1, 0, None, None]
