"""The grid as a form: a field for each cell of a few organisations, read as every other cell is.

It has thousands of fields on a full page, so it is read from what was sent directly, without an object for each of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evaluation.answers import values
from evaluation.answers.save import equal
from evaluation.answers.values import Wrong
from evaluation.criteria.model import Indicator, Order
from evaluation.language import Language
from forms.entry.report import MINE, THEIRS, given_along, message, shown, token

WAS = "was"
ROWS = "rows"


@dataclass
class Cell:
    """A field of the form: the text in it, what is wrong with that, and what somebody else stored there meanwhile."""

    item: Indicator
    text: str
    error: str | None = None
    theirs: Any = None
    theirs_text: str = ""
    who: str = ""
    at: str = ""
    clash: bool = False


@dataclass(frozen=True)
class Sent:
    """A cell that the person changed: its new value and the one it had before their eyes, in stored form."""

    bin: str
    code: str
    value: Any
    was: Any


@dataclass
class GridForm:
    """What was sent: cells to be stored, and the texts that cannot be."""

    changed: list[Sent] = field(default_factory=list)
    wrong: dict[tuple[str, str], Cell] = field(default_factory=dict)
    texts: dict[tuple[str, str], str] = field(default_factory=dict)


def name(bin_: str, code: str) -> str:
    """A field's name. Before it, for the same cell, `choice-` and `theirs-` where somebody else stored another value."""
    return f"{bin_}-{code}"


def bins(given: Mapping[str, str]) -> list[str]:
    """The organisations whose cells were sent."""
    return given.get(ROWS, "").split()


def receive(order: Order, kind: str, given: Mapping[str, str], known: Sequence[str], language: Language) -> GridForm:
    """Read what was sent of the organisations `known` to be in the table."""
    form, items = GridForm(), order.asked_of(kind)
    for bin_ in known:
        was = given_along(given.get(f"{WAS}-{bin_}"))
        before = was if isinstance(was, dict) else {}
        for item in items:
            key = name(bin_, item.code)
            if key in given:
                _cell(order, item, given, bin_, before.get(item.code), form, language)
    return form


def _cell(
    order: Order, item: Indicator, given: Mapping[str, str], bin_: str, was: Any, form: GridForm, language: Language
) -> None:
    key = name(bin_, item.code)
    text, choice = given[key], given.get(f"choice-{key}")
    if choice == THEIRS:
        return
    if choice == MINE:
        was = given_along(given.get(f"theirs-{key}"))
    elif text.strip() == shown(order, item, was, language).strip():
        return
    try:
        value = values.read(order, item, text)
    except Wrong as wrong:
        form.wrong[bin_, item.code] = Cell(item, text, message(item, wrong, language))
        return
    if not equal(value, was):
        form.texts[bin_, item.code] = text
        form.changed.append(Sent(bin_, item.code, value, was))


def cells(order: Order, kind: str, answers: Mapping[str, Any], language: Language) -> Iterator[Cell]:
    """The fields of an organisation as it is stored."""
    for item in order.asked_of(kind):
        yield Cell(item, token(order, item, answers.get(item.code), language))
