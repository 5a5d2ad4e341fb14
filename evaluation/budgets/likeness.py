"""How alike two prints of a Kazakh or Russian text look: a scan was read with Latin letters of the same shape."""

from collections.abc import Iterable
from difflib import SequenceMatcher
from functools import lru_cache

CYRILLIC = "а б в г ғ д е ё ж з и і й к қ л м н ң о ө п р с т у ұ ү ф х һ ц ч ш щ ы ь э ю я ә"
LATIN = "a 6 b r r d e e jk 3 u i u k k ji m h h o o n p c t y y y o x h u 4 m m bi b 3 io a e"
SHAPES = dict(zip(f"{CYRILLIC} l 1 | 0".split(), f"{LATIN} i i i o".split(), strict=True))
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
