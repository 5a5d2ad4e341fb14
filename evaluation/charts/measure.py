"""How wide a text is in DejaVu Sans, and how it breaks into lines.

Lengths are in points. The font comes with matplotlib, so that lines break alike on every machine.
"""

from functools import cache, lru_cache
from pathlib import Path

import matplotlib
from matplotlib.ft2font import FT2Font, LoadFlags

FONT_FOLDER = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
EM = 100.0
KEEPS_END = frozenset({"kk"})
"""Languages whose phrases say at their end what they are about: a Kazakh one is shortened at its beginning."""
ELLIPSIS = "…"


def text_width(text: str, size: float, bold: bool = False) -> float:
    """The width of one line of text."""
    return sum(_advance(character, bold) for character in text) * size


def wrap(text: str, width: float, size: float, bold: bool = False) -> list[str]:
    """Text broken between words into lines no wider than `width`; a word that is wider has a line of its own."""
    lines: list[str] = []
    reach = 0.0
    space = text_width(" ", size, bold)
    for word in text.split():
        length = text_width(word, size, bold)
        if lines and reach + space + length <= width:
            lines[-1] += " " + word
            reach += space + length
        else:
            lines.append(word)
            reach = length
    return lines


@lru_cache(maxsize=4096)
def fit(text: str, language: str, width: float, size: float, lines: int = 2) -> tuple[str, ...]:
    """Text in at most `lines` lines; what does not fit is left out where its language says the least."""
    words = text.split()
    keep_end = language in KEEPS_END

    def broken(count: int) -> list[str]:
        kept = words[len(words) - count :] if keep_end else words[:count]
        shown = " ".join(kept)
        if count < len(words):
            shown = ELLIPSIS + shown if keep_end else shown.rstrip(",;:") + ELLIPSIS
        return wrap(shown, width, size)

    fits, too_many = 1, len(words) + 1
    while too_many - fits > 1:
        middle = (fits + too_many) // 2
        if len(broken(middle)) <= lines:
            fits = middle
        else:
            too_many = middle
    return tuple(broken(fits))


@cache
def _advance(character: str, bold: bool) -> float:
    """The advance of one character in ems; one em where the font does not have it."""
    font = _font(bold)
    if not font.get_char_index(ord(character)):
        return 1.0
    return float(font.load_char(ord(character), flags=LoadFlags.NO_HINTING).linearHoriAdvance) / 65536 / EM


@cache
def _font(bold: bool) -> FT2Font:
    font = FT2Font(str(FONT_FOLDER / ("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf")))
    font.set_size(EM, 72)
    return font
