"""What a request may contain: no text that a database cannot store, in addresses no large number, JSON only where it is read.

Another request is refused before a view reads it, so no view needs a check of its own. Texts in JSON are the exception: they are
cells that people copy from anywhere, and :mod:`evaluation.text` drops what cannot be stored, so that one costs no other one.
"""

import re
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

from flask import abort, current_app, request
from werkzeug.datastructures import MultiDict
from werkzeug.routing import IntegerConverter, Map

from evaluation.web.core.request_context import SAFE_METHODS

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""Characters that PostgreSQL or UTF-8 refuses: NUL and halves of surrogate pairs. No browser sends them."""
MAX_ID = 2**31 - 1
"""The largest value of a column of whole numbers."""

View = Callable[..., Any]


class NumberConverter(IntegerConverter):
    """A whole number in an address, in ASCII digits: an id or what the route limits further."""

    regex = r"[0-9]{1,10}"

    def __init__(self, map: Map, min: int | None = None, max: int | None = MAX_ID):
        super().__init__(map, min=min, max=max)


def check_content() -> None:
    """Answer 400 for a text in the query, the form or a file's name that no database stores, and for JSON in place of a form.

    Such a text in the path is 404: there is no such page.
    """
    if not getattr(_view(), "checks_content", False):
        _check()


def with_checked_content(view: View) -> View:
    """Return a view that makes the check of :func:`check_content` itself: a limit around it counts what it refuses."""

    @wraps(view)
    def checked(*args: Any, **values: Any) -> Any:
        _check()
        return view(*args, **values)

    checked.checks_content = True  # type: ignore[attr-defined]
    return checked


def _view() -> View | None:
    return current_app.view_functions.get(request.endpoint or "")


def _check() -> None:
    # WTForms would read the parts of JSON, which can be anything, in place of the texts of a form.
    if request.is_json and request.method not in SAFE_METHODS and not getattr(_view(), "takes_json", False):
        abort(400)
    if UNSTORABLE.search(request.path):
        abort(404)
    if any(map(UNSTORABLE.search, _texts())):
        abort(400)


def _texts() -> Iterator[str]:
    yield from _pairs(request.args)
    yield from _pairs(request.form)
    for field, file in request.files.items(multi=True):
        yield from (field, file.filename or "")


def _pairs(values: MultiDict[str, str]) -> Iterator[str]:
    return (text for pair in values.items(multi=True) for text in pair)
