"""The text of a decision's source with its line numbers, so that each amount can be looked up where it is printed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import request, url_for

from evaluation.budgets.model import SourceLine
from evaluation.pagination import Page
from evaluation.web.core.pagination import requested_page

LINES_PER_PAGE = 1000
LINES_BEFORE, LINES_AFTER = 2, 9
"""Lines parts one that could not be read which are shown with it."""


@dataclass(frozen=True)
class SourcePage:
    """A part of the source's lines; `marked` are the numbers of lines that the link names."""

    page: Page[SourceLine]
    marked: frozenset[int]


def source_page(lines: Sequence[SourceLine]) -> SourcePage:
    """Return the requested part of a source; the parameter `lines` names lines to mark."""
    numbers = (part for part in request.args.get("lines", "")[:500].split("-") if part.isascii() and part.isdigit())
    return SourcePage(Page.from_list(lines, requested_page(), LINES_PER_PAGE), frozenset(map(int, numbers)))


def excerpts(lines: Sequence[SourceLine], numbers: Iterable[int]) -> dict[int, list[SourceLine]]:
    """Return number of a line → the lines around it that are not blank: the cells of its row may stand on lines of their own."""
    parts = ((number, lines[max(0, number - LINES_BEFORE - 1) : number + LINES_AFTER]) for number in numbers)
    return {number: [line for line in part if line.text.strip()] for number, part in parts}


def line_url(address: dict[str, Any], number: int, others: Sequence[int] = ()) -> str:
    """Return the address of a line of a source.

    Args:
        address: the endpoint of the source's page and the parts of its address.
        number: the line's number.
        others: numbers of lines that are marked too.
    """
    values = {name: value for name, value in address.items() if name != "endpoint"}
    page = (number - 1) // LINES_PER_PAGE + 1
    marked = "-".join(map(str, (number, *others)))
    return url_for(address["endpoint"], **values, page=page if page > 1 else None, lines=marked, _anchor=f"line-{number}")
