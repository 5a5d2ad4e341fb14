"""Parses single values from cells and fields into stored form, and formats stored values for people.

A cell is text, float, bool, date or datetime, as the workbook parser returns it; a field is text. Stored form: money in whole
tiyn below 2⁵³, dates as YYYY-MM-DD, yes/no as bool, choices as their code. Parsers raise InvalidValue with the code of an issue
and the values of its message.
"""

import math
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from evaluation.answers.date_text import parse_date as parse_date
from evaluation.answers.invalid_value import InvalidValue as InvalidValue
from evaluation.answers.invalid_value import display_text as display_text
from evaluation.answers.number_text import parse_amount, parse_count, parse_percentage
from evaluation.criteria.model import Indicator, Order
from evaluation.language import Language
from evaluation.registry import bins
from evaluation.text import INVISIBLE, SPACES, caseless, normalise_text

YES_NO = {"yes": True, "no": False, "иә": True, "жоқ": False, "да": True, "нет": False, "true": True, "false": False}
MAX_EXACT_INTEGER = 2**53
MAX_TEXT = 4000
YES_NO_LABELS = {"kk": ("иә", "жоқ"), "ru": ("да", "нет"), "en": ("yes", "no")}
"""Language → labels of yes and no."""


def is_blank(cell: object) -> bool:
    """Return whether a cell has no visible content."""
    return cell == "" or (isinstance(cell, str) and not (cell.strip() and INVISIBLE.sub("", cell).strip()))


def parse_text(cell: object, limit: int = MAX_TEXT) -> str:
    """Parse a text. Line breaks become the ones that Excel uses, so that an exported workbook imports as the same text."""
    if isinstance(cell, bool):
        raise InvalidValue("not_text", value=display_text(cell))
    text = normalise_text(cell) if isinstance(cell, str) else display_text(cell)
    if len(text) > limit:
        raise InvalidValue("text_too_long", limit=limit)
    return text


def parse_money(cell: object, minimum: int | None = None) -> int:
    """Parse an amount in tenge; return whole tiyn. `minimum` is in tenge."""
    amount = _decimal(cell, parse_amount, "not_money")
    tiyn = amount * 100
    if tiyn != tiyn.to_integral_value():
        raise InvalidValue("too_many_decimals", value=display_text(cell))
    if abs(tiyn) >= MAX_EXACT_INTEGER:
        raise InvalidValue("too_large_amount", value=display_text(cell))
    _not_below(tiyn, None if minimum is None else minimum * 100, cell)
    return int(tiyn)


def parse_whole_number(cell: object, minimum: int | None = None) -> int:
    """Parse a whole number below 2⁵³. Raises InvalidValue."""
    number = _decimal(cell, parse_count, "not_whole")
    if number != number.to_integral_value():
        raise InvalidValue("not_whole", value=display_text(cell))
    if abs(number) >= MAX_EXACT_INTEGER:
        raise InvalidValue("too_large_number", value=display_text(cell))
    _not_below(number, minimum, cell)
    return int(number)


def parse_share(cell: object) -> int:
    """Parse a share in percent; return hundredths of a percent. Raises InvalidValue."""
    try:
        hundredths = _decimal(cell, parse_percentage, "not_share") * 100
    except InvalidValue as error:
        raise InvalidValue("not_share") from error
    if hundredths != hundredths.to_integral_value():
        raise InvalidValue("not_share")
    return int(hundredths)


def parse_yes_no(cell: object) -> bool:
    """Parse yes or no in any language."""
    if isinstance(cell, bool):
        return cell
    is_yes = YES_NO.get(caseless(cell)) if isinstance(cell, str) else None
    if is_yes is None:
        raise InvalidValue("not_yes_no", value=display_text(cell))
    return is_yes


def choice_parser(order: Order, item: Indicator) -> Callable[[object], str]:
    """Return a parser of a choice: its code or its label in any language, in upper or lower case."""
    choices = order.choices[item.choices or ""]
    values = {caseless(label): choice.value for choice in choices for label in (choice.value, *choice.label.in_all_languages())}

    def read(cell: object) -> str:
        value = values.get(caseless(cell)) if isinstance(cell, str) else None
        if value is None:
            raise InvalidValue("not_choice", value=display_text(cell), expected=tuple(choice.label for choice in choices))
        return value

    return read


def parser_of(order: Order, item: Indicator, year: int) -> Callable[[object], Any]:
    """Return the parser of an indicator's or evidence item's values for a reporting year; the parser raises InvalidValue.

    The year is 0 where it could not be read: then dates are not limited to the years of the indicator.
    """
    match item.type:
        case "money":
            return lambda cell: parse_money(cell, item.min)
        case "whole":
            return lambda cell: parse_whole_number(cell, item.min)
        case "date":
            days = item.days(year) if year else ()
            return lambda cell: parse_date(cell, *days)
        case "yes_no":
            return parse_yes_no
        case "choice":
            return choice_parser(order, item)
    return parse_text


def parse(order: Order, item: Indicator, year: int, typed: str) -> Any:
    """Parse what a person typed for a reporting year; return None for a blank. Raises InvalidValue."""
    return None if is_blank(typed) else parser_of(order, item, year)(typed)


def format_value(order: Order, item: Indicator, value: Any, language: Language) -> str:
    """Format a stored value as text that can be parsed again; empty for None. Amounts are in tenge, with tiyn if any."""
    if value is None:
        return ""
    match item.type:
        case "money":
            return language.number(Decimal(value) / 100, 2 if value % 100 else 0)
        case "whole":
            return language.number(value)
        case "date":
            return language.short_date(date.fromisoformat(value))
        case "yes_no":
            return YES_NO_LABELS[language.code][0 if value else 1]
        case "choice":
            label = next((choice.label for choice in order.choices[item.choices or ""] if choice.value == value), None)
            return label[language.code] if label else str(value)
    return str(value)


def kind_parser(order: Order) -> Callable[[object], str]:
    """Return a parser of a kind of organisation: its code or its name in any language."""
    names = {caseless(name): kind.code for kind in order.kinds for name in (kind.code, *kind.name.in_all_languages())}

    def read(cell: object) -> str:
        code = names.get(caseless(cell)) if isinstance(cell, str) else None
        if code is None:
            raise InvalidValue("not_kind", value=display_text(cell), expected=tuple(kind.name for kind in order.kinds))
        return code

    return read


def parse_bin(cell: object, registered: Iterable[str] = frozenset()) -> str:
    """Parse a BIN; return 12 digits. Numbers get the leading zeros that Excel removes. `registered` BINs need no check."""
    if isinstance(cell, float) and cell.is_integer() and 0 < cell < 10**12:
        digits = f"{int(cell):012d}"
    elif isinstance(cell, str):
        digits = SPACES.sub("", INVISIBLE.sub("", cell))
    else:
        raise InvalidValue("not_bin", value=display_text(cell))
    if digits in registered:
        return digits
    problem = bins.bin_issue(digits)
    if problem is not None:
        raise InvalidValue(problem, value=digits)
    return digits


def is_unusual_bin(bin_: str) -> bool:
    """Return whether a BIN with a valid check digit has a month or kind of entity that the state register does not assign."""
    return bins.is_unusual(bin_)


def _decimal(cell: object, parse_number: Callable[[str], Decimal], issue_code: str) -> Decimal:
    if isinstance(cell, float) and math.isfinite(cell):
        # Excel stores 15 significant digits; further digits of the float are noise, not decimals.
        return Decimal(format(cell, ".15g"))
    if isinstance(cell, str):
        return parse_number(cell)
    raise InvalidValue(issue_code, value=display_text(cell))


def _not_below(number: Decimal, minimum: int | None, cell: object) -> None:
    if minimum is not None and number < minimum:
        if minimum == 0:
            raise InvalidValue("negative", value=display_text(cell))
        raise InvalidValue("below_minimum", value=display_text(cell), minimum=minimum)
