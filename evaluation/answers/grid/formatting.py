"""Formats the stored values of a column quickly: a page of the grid shows ten thousand of them."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from evaluation.answers import values
from evaluation.criteria.model import Indicator, Order
from evaluation.language import Language

NO_BREAK_SPACE = "\xa0"
TIYN_PER_TENGE = 100
MAX_CACHED_VALUES = 4096


def value_formatter(order: Order, item: Indicator, language: Language) -> Callable[[Any], str]:
    """Return a fast function that formats one indicator's values as :func:`evaluation.answers.values.format_value`."""
    if item.type in ("money", "whole"):
        decimal_point = "." if language.code == "en" else ","
        units = TIYN_PER_TENGE if item.type == "money" else 1
        return lambda value: "" if value is None else _format_number(value, units, decimal_point)
    return lru_cache(maxsize=MAX_CACHED_VALUES)(lambda value: values.format_value(order, item, value, language))


def _format_number(value: int, units: int, decimal_point: str) -> str:
    integer, fraction = divmod(abs(value), units)
    text = f"{integer:,}".replace(",", NO_BREAK_SPACE)
    if fraction:
        text += f"{decimal_point}{fraction:02d}"
    return f"-{text}" if value < 0 else text
