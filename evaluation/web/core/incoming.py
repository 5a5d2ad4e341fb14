"""What a request may contain: no text that a database cannot store, and in addresses no number beyond its columns.

Such text is refused before a view reads it, so no view needs a check of its own. JSON is the exception: its texts are cells that
people copy from anywhere, and :mod:`evaluation.text` drops what cannot be stored, so that one cell does not cost the others.
"""

import re
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

from flask import abort, current_app, request
from werkzeug.datastructures import MultiDict
from werkzeug.routing import IntegerConverter, Map

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""Characters that PostgreSQL or UTF-8 refuses: NUL and halves of surrogate pairs. No browser sends them."""
MAX_ID = 2**31 - 1
"""The largest value of a column of whole numbers."""

View = Callable[..., Any]


class NumberConverter(IntegerConverter):
    """A whole number in an address, in ASCII digits: an id or what the route limits further."""

    regex = r"[0-9]{1,10}"

    def __init__(self, map: Map, *args: Any, max: int = MAX_ID, **options: Any):
        super().__init__(map, *args, max=max, **options)


def refuse_unstorable_text() -> None:
    """Answer 400 where the query, the form or the name of a file has a character that a database cannot store, 404 for a path."""
    view = current_app.view_functions.get(request.endpoint or "")
    if not getattr(view, "checks_text", False):
        _check_text()


def with_checked_text(view: View) -> View:
    """Return a view that makes the check of :func:`refuse_unstorable_text` itself: a limit around it counts what it refuses."""

    @wraps(view)
    def checked(*args: Any, **values: Any) -> Any:
        _check_text()
        return view(*args, **values)

    checked.checks_text = True  # type: ignore[attr-defined]
    return checked


def _check_text() -> None:
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
