"""The request side of lists in pages: the requested page number and the addresses of the other pages."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from urllib.parse import urlencode

from flask import request, url_for


def requested_page() -> int:
    """Return the page number in the query string; 1 where it is missing or not a whole number."""
    number: int = request.args.get("page", 1, type=int)
    return number


def bin_urls(endpoint: str, *more: str, **values: Any) -> Callable[..., str]:
    """Return a function from BINs to an address; Flask builds one address, which all others resemble.

    Args:
        endpoint: The page.
        more: Names of parts that are BINs too, beside the body's.
        values: The other parts of the address.
    """
    placeholders: dict[str, Any] = {name: f"{number:012}" for number, name in enumerate(("bin_", *more))}
    pattern = url_for(endpoint, **placeholders, **values)

    def url(*bins: str) -> str:
        address = pattern
        for placeholder, bin_ in zip(placeholders.values(), bins, strict=True):
            address = address.replace(placeholder, bin_)
        return address

    return url


def query_urls(endpoint: str, **values: Any) -> Callable[..., str]:
    """Return a function from more parts of a query string to an address; Flask builds the part that all addresses share, once.

    `values` are the common parts. Parts that are None or empty are left out.
    """
    common = cache(lambda: url_for(endpoint, **_filled(values)))

    def url(**more: Any) -> str:
        start, query = common(), urlencode(_filled(more))
        return f"{start}{'&' if '?' in start else '?'}{query}" if query else start

    return url


def page_urls(endpoint: str, **values: Any) -> Callable[[int], str]:
    """Return a function from a page number to the address of that page of a list.

    `values` are the list's filters and the other parts of the address; empty ones are left out.
    """
    url = query_urls(endpoint, **values)
    return lambda number: url(page=number)


def _filled(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None and value != ""}
