"""The grid as a form: a field for each cell of a few organisations.

A page has thousands of fields; therefore they are read directly from the form data, without a form object for each field.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evaluation.answers import values
from evaluation.answers.model import same_value
from evaluation.answers.values import InvalidValue
from evaluation.criteria.model import Indicator, Order
from evaluation.language import Language
from forms.entry.report import STORED, TYPED, expected_text, issue_text, parse_expected, token

BINS_FIELD = "rows"


@dataclass
class GridCell:
    """A field of the form.

    Attributes:
        item: the indicator.
        text: the text in the field.
        error: why the text is not valid.
        has_conflict: another person stored another value after the page was loaded; the following attributes describe it.
        stored_value: the stored value as JSON.
        stored_text: the stored value as text.
        author: who stored it.
        changed_at: when it was stored, as text.
        is_outdated: the text was typed in another state of the year.
    """

    item: Indicator
    text: str
    error: str | None = None
    has_conflict: bool = False
    stored_value: str = ""
    stored_text: str = ""
    author: str = ""
    changed_at: str = ""
    is_outdated: bool = False


@dataclass(frozen=True)
class ChangedCell:
    """A cell that the user changed: its new value and the value that the user saw, both in stored form."""

    bin: str
    code: str
    value: Any
    expected: Any


CellKey = tuple[str, str]
"""The organisation's BIN and the indicator's code."""


@dataclass
class GridForm:
    """The submitted cells.

    Attributes:
        changed: valid changed cells.
        invalid: changed cells whose text is not valid.
        texts: the texts of the valid changed cells.
    """

    changed: list[ChangedCell] = field(default_factory=list)
    invalid: dict[CellKey, GridCell] = field(default_factory=dict)
    texts: dict[CellKey, str] = field(default_factory=dict)


def field_name(bin_: str, code: str) -> str:
    """Return the name of a cell's field; the fields of a conflict have the prefixes `choice-` and `stored-`."""
    return f"{bin_}-{code}"


def submitted_bins(data: Mapping[str, str]) -> list[str]:
    """Return the BINs of the organisations whose cells were submitted."""
    return data.get(BINS_FIELD, "").split()


def read_form(order: Order, kind: str, year: int, data: Mapping[str, str], bins: Sequence[str], language: Language) -> GridForm:
    """Read the submitted cells of the organisations with these BINs."""
    form, items = GridForm(), order.indicators_of(kind)
    for bin_ in bins:
        expected_values = parse_expected(data.get(f"expected-{bin_}"))
        expected = expected_values if isinstance(expected_values, dict) else {}
        for item in items:
            if field_name(bin_, item.code) in data:
                _read_cell(order, item, year, data, bin_, expected.get(item.code), form, language)
    return form


def _read_cell(
    order: Order,
    item: Indicator,
    year: int,
    data: Mapping[str, str],
    bin_: str,
    expected: Any,
    form: GridForm,
    language: Language,
) -> None:
    key = field_name(bin_, item.code)
    text, choice = data[key], data.get(f"choice-{key}")
    if choice == STORED:
        return
    if choice == TYPED:
        expected = parse_expected(data.get(f"stored-{key}"))
    elif text.strip() == expected_text(order, item, expected, language).strip():
        return
    try:
        value = values.parse(order, item, year, text)
    except InvalidValue as error:
        form.invalid[bin_, item.code] = GridCell(item, text, issue_text(item, error, language))
        return
    if not same_value(value, expected):
        form.texts[bin_, item.code] = text
        form.changed.append(ChangedCell(bin_, item.code, value, expected))


def stored_cells(order: Order, kind: str, answers: Mapping[str, Any], language: Language) -> Iterator[GridCell]:
    """Yield the fields of an organisation with its stored answers."""
    for item in order.indicators_of(kind):
        yield GridCell(item, token(order, item, answers.get(item.code), language))
