"""A column's stored values as text, quickly: a table shows ten thousand of them at once."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from evaluation.answers import values
from evaluation.criteria.model import Indicator, Order
from evaluation.language import Language

NO_BREAK = "\xa0"
TIYN = 100


def writer(order: Order, item: Indicator, language: Language) -> Callable[[Any], str]:
    """What writes one indicator's values as :func:`evaluation.answers.values.typed` does."""
    if item.type in ("money", "whole"):
        point = "." if language.code == "en" else ","
        units = TIYN if item.type == "money" else 1
        return lambda value: "" if value is None else _number(value, units, point)
    return lru_cache(maxsize=4096)(lambda value: values.typed(order, item, value, language))


def _number(value: int, units: int, point: str) -> str:
    whole, part = divmod(abs(value), units)
    text = f"{whole:,}".replace(",", NO_BREAK)
    if part:
        text += f"{point}{part:02d}"
    return f"-{text}" if value < 0 else text
