"""How alike two prints of a Kazakh or Russian text look: a scanned page was read with Latin letters and signs of the same shape."""

from collections.abc import Iterable
from difflib import SequenceMatcher
from functools import lru_cache

SHAPES = {
    **{"а": "a", "б": "6", "в": "b", "г": "r", "ғ": "r", "д": "d", "е": "e", "ё": "e", "ж": "jk", "з": "3", "и": "u", "і": "i", "й": "u"},
    **{"к": "k", "қ": "k", "л": "ji", "м": "m", "н": "h", "ң": "h", "о": "o", "ө": "o", "п": "n", "р": "p", "с": "c", "т": "t", "у": "y"},
    **{"ұ": "y", "ү": "y", "ф": "o", "х": "x", "һ": "h", "ц": "u", "ч": "4", "ш": "m", "щ": "m", "ы": "bi", "ь": "b", "э": "3", "ю": "io"},
    **{"я": "a", "ә": "e", "l": "i", "1": "i", "|": "i", "0": "o"},
}
"""Small letter → the Latin letters and digits that look like it."""
SHORTEST = 0.5
"""Texts whose lengths differ by more than this share of the longer one are not compared."""


@lru_cache(maxsize=16_384)
def shape(text: str) -> str:
    """Return the text in letters that stand for shapes, without spaces and signs."""
    return "".join(SHAPES.get(letter, letter) for letter in text.lower() if letter.isalnum())


@lru_cache(maxsize=65_536)
def likeness(text: str, other: str) -> float:
    """Return how alike two texts look: 0 not at all, 1 the same."""
    first, second = shape(text), shape(other)
    if not first or not second or min(len(first), len(second)) < SHORTEST * max(len(first), len(second)):
        return 0.0
    return SequenceMatcher(None, first, second, autojunk=False).ratio()


def best(text: str, others: Iterable[str]) -> float:
    """Return the greatest likeness of a text to one of others; 0 if there are none."""
    return max((likeness(text, other) for other in others), default=0.0)
