"""The width of text in DejaVu Sans, and line breaks that follow from it.

Lengths are in points. matplotlib contains the font, so that lines break alike on every machine. The first measurement imports
matplotlib.
"""

from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.ft2font import FT2Font

EM_PT = 100.0
"""The size at which the font is loaded to read the advances of its characters."""
END_FIRST_LANGUAGES = frozenset({"kk"})
"""Languages whose phrases name their subject at the end: a Kazakh text loses its beginning, another text its end."""
ELLIPSIS = "…"


@cache
def font_folder() -> Path:
    """The folder of the TrueType fonts that matplotlib contains."""
    import matplotlib

    return Path(matplotlib.get_data_path()) / "fonts" / "ttf"


def text_width(text: str, size: float, bold: bool = False) -> float:
    """The width in points of one line of text at a size in points."""
    return sum(_advance(character, bold) for character in text) * size


def wrap(text: str, width: float, size: float, bold: bool = False) -> list[str]:
    """Break text between words into lines no wider than `width`; a wider word has its own line."""
    lines: list[str] = []
    line_width = 0.0
    space = text_width(" ", size, bold)
    # Only at plain spaces: a no-break space keeps № and its number on one line.
    for word in filter(None, text.split(" ")):
        word_width = text_width(word, size, bold)
        if lines and line_width + space + word_width <= width:
            lines[-1] += " " + word
            line_width += space + word_width
        else:
            lines.append(word)
            line_width = word_width
    return lines


@lru_cache(maxsize=4096)
def shorten(text: str, language: str, width: float, size: float, max_lines: int = 2) -> tuple[str, ...]:
    """Break text into at most `max_lines` lines and leave out whole words that do not fit.

    An ellipsis replaces the words left out: at the beginning in a language of :data:`END_FIRST_LANGUAGES`, else at the end.
    """
    words = text.split()
    end_first = language in END_FIRST_LANGUAGES

    def lines_of(count: int) -> list[str]:
        shortened = " ".join(words[len(words) - count :] if end_first else words[:count])
        if count < len(words):
            shortened = ELLIPSIS + shortened if end_first else shortened.rstrip(",;:") + ELLIPSIS
        return wrap(shortened, width, size)

    fitting, too_long = 1, len(words) + 1
    while too_long - fitting > 1:
        middle = (fitting + too_long) // 2
        if len(lines_of(middle)) <= max_lines:
            fitting = middle
        else:
            too_long = middle
    return tuple(lines_of(fitting))


@cache
def _advance(character: str, bold: bool) -> float:
    """The advance of one character in ems; one em where the font lacks the character."""
    from matplotlib.ft2font import LoadFlags

    font = _font(bold)
    if not font.get_char_index(ord(character)):
        return 1.0
    return float(font.load_char(ord(character), flags=LoadFlags.NO_HINTING).linearHoriAdvance) / 65536 / EM_PT


@cache
def _font(bold: bool) -> "FT2Font":
    from matplotlib.ft2font import FT2Font

    font = FT2Font(str(font_folder() / ("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf")))
    font.set_size(EM_PT, 72)
    return font
