"""The request side of lists in pages: the requested page number and the addresses of the other pages."""

from collections.abc import Callable
from typing import Any

from flask import request, url_for


def requested_page() -> int:
    """Return the page number in the query string; 1 where it is missing or not a whole number."""
    number: int = request.args.get("page", 1, type=int)
    return number


def page_urls(endpoint: str, **values: Any) -> Callable[[int], str]:
    """Return a function from a page number to the address of that page of a list.

    `values` are the list's filters and the other parts of the address; empty ones are left out.
    """
    parts = {name: None if value == "" else value for name, value in values.items()}
    return lambda number: url_for(endpoint, **parts, page=number)
