"""Pages of lists: a requested number that is out of range becomes the nearest existing page."""

import pytest

from evaluation.pagination import Page


@pytest.mark.parametrize(
    ("number", "expected_number", "items"),
    [(1, 1, [0, 1, 2]), (3, 3, [6]), (0, 1, [0, 1, 2]), (-5, 1, [0, 1, 2]), (99, 3, [6])],
)
def test_a_page_of_a_list(number: int, expected_number: int, items: list[int]) -> None:
    page = Page.from_list(list(range(7)), number, size=3)
    assert (page.items, page.total, page.number, page.last) == (items, 7, expected_number, 3)


def test_an_empty_list_has_one_page() -> None:
    page = Page.from_list([], 4)
    assert (page.items, page.total, page.number, page.last) == ([], 0, 1, 1)
    assert Page.single(()).last == 1


def test_a_whole_list_on_one_page() -> None:
    page = Page.single(range(200))
    assert (len(page.items), page.total, page.last) == (200, 200, 1)


def test_an_iterable_is_read_up_to_the_end_of_the_page() -> None:
    iterator = iter(range(10))
    assert Page.from_iterable(iterator, 10, 2, size=3).items == [3, 4, 5]
    assert next(iterator) == 6


def test_converted_items_stay_on_the_same_page() -> None:
    page = Page.from_list(list(range(7)), 2, size=3).map(str)
    assert (page.items, page.total, page.number, page.last) == (["3", "4", "5"], 7, 2, 3)
