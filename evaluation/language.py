"""The product's languages: messages, numbers and dates as Kazakhstan writes them.

A :class:`Language` needs no request and no application: pages, commands, workers and writers use the same one.
"""

import sys
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from babel.dates import format_date
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations

TRANSLATIONS_FOLDER = Path(__file__).parent / "translations"
MAX_DIGITS = 5_000
"""Digits of a number that can be shown: more than Python reads as a whole number."""
LANGUAGE_NAMES = {"kk": "Қазақша", "ru": "Русский", "en": "English"}
"""The name of each language in that language; it is not translated."""
LANGUAGE_CODES = tuple(LANGUAGE_NAMES)

ALPHABET = "АӘБВГҒДЕЁЖЗИЙКҚЛМНҢОӨПРСТУҰҮФХҺЦЧШЩЪЫІЬЭЮЯ"
"""The Kazakh alphabet; the Russian one is the same with fewer letters."""
KAZAKH_LETTERS = frozenset("ӘҒҚҢӨҰҮҺІәғқңөұүһі")
"""Letters that Russian does not have."""
MIN_RUSSIAN_LETTERS = 40
"""Cyrillic letters from which on a text without a Kazakh one is Russian: a Kazakh text of that length has some."""
LETTER_POSITIONS = {letter: position for position, letter in enumerate("0123456789" + ALPHABET)}
FIRST_PRINTABLE, SURROGATES = 0x21, range(0xD800, 0xE000)
"""Code points: of the first printable character, and of those that are no characters."""
SORT_LENGTH = 200
"""Characters by which names are sorted: an index takes no text of any length."""


@lru_cache(maxsize=65_536)
def alphabetical_key(text: str) -> tuple[int, ...]:
    """Return a sort key for Kazakh and Russian text: Қ after К; quotation marks and spaces are ignored."""
    return tuple(LETTER_POSITIONS.get(letter, len(LETTER_POSITIONS) + ord(letter)) for letter in text.upper() if letter.isalnum())


class _SortTable(dict[int, str | None]):
    """Code point → a printable character that sorts where readers of Kazakh and Russian expect the letter; None for ignored ones.

    Entries are computed on first use.
    """

    def __missing__(self, code_point: int) -> str | None:
        weights = alphabetical_key(chr(code_point))
        weight = weights[0] + FIRST_PRINTABLE if weights else 0
        # Surrogates cannot be stored.
        weight += SURROGATES.stop - SURROGATES.start if weight >= SURROGATES.start else 0
        self[code_point] = character = chr(min(weight, sys.maxunicode)) if weights else None
        return character


SORT_TABLE = _SortTable()


def sort_text(text: str) -> str:
    """Return a text whose order by code points is that of :func:`alphabetical_key`, at most `SORT_LENGTH` characters.

    Tables store it beside names, so that both databases sort alike and by an index.
    """
    return text.upper().translate(SORT_TABLE)[:SORT_LENGTH]


def language_of_text(text: str) -> str | None:
    """Return the language of a text that a person typed, as its letters show it: `kk`, `ru`, or None where they do not."""
    if not KAZAKH_LETTERS.isdisjoint(text):
        return "kk"
    is_russian = sum("а" <= letter <= "я" or letter == "ё" for letter in text.lower()) >= MIN_RUSSIAN_LETTERS
    return "ru" if is_russian else None


def heading(text: str) -> str:
    """Return a name of the Order with a capital first letter, as a heading starts: "State institutions"."""
    return text[:1].upper() + text[1:]


def N_(message: str) -> str:
    """Mark a message for the catalogues where it is defined; it is translated where it is shown. Returns the message."""
    return message


@dataclass(frozen=True)
class Language:
    """A language of the product: `kk`, `ru` or `en`."""

    code: str
    translations: NullTranslations = field(repr=False, compare=False)

    def gettext(self, message: str, **values: Any) -> str:
        """Return a message of the catalogues, its placeholders filled with values."""
        text = self.translations.gettext(message)
        return text % values if values else text

    def ngettext(self, singular: str, plural: str, n: int, **values: Any) -> str:
        """Return the form of a message for a count; the placeholder `%(num)d` is the count."""
        return self.translations.ngettext(singular, plural, n) % ({"num": n} | values)

    def number(self, value: float | Decimal, decimals: int = 0) -> str:
        """Return a number with no-break spaces between groups of three digits: 12 500,5; in English 12 500.5."""
        text = _format_number(value, decimals)
        return text if self.code == "en" else text.replace(".", ",")

    def signed(self, value: Decimal, decimals: int = 0) -> str:
        """Return a number with its sign, none for 0; the minus sign is as wide as a figure: +2,5, −1,0."""
        sign = "+" if value > 0 else "−" if value < 0 else ""
        return sign + self.number(abs(value), decimals)

    def share(self, part: float, total: float) -> str:
        """Return a part of a total as a percentage with one decimal; a dash where the total is 0."""
        return f"{self.number(100 * part / total, 1)}\xa0%" if total else "–"

    def points(self, low: int, high: int) -> str:
        """Return points, or their range where unanswered questions leave it open: 0–2."""
        return str(low) if low == high else f"{low}–{high}"

    def points_of(self, low: int, high: int, maximum: int) -> str:
        """Return points and their maximum: 4 / 10, 0–2 / 10; a dash where the maximum is 0."""
        return f"{self.points(low, high)}\xa0/\xa0{maximum}" if maximum else "–"

    def share_range(self, low: int, high: int, maximum: int) -> str:
        """Return points as a percentage of their maximum, or the range of it: 50,0–75,0 %."""
        if low == high or not maximum:
            return self.share(low, maximum)
        return f"{self.number(100 * low / maximum, 1)}–{self.share(high, maximum)}"

    def short_date(self, day: date) -> str:
        """Return a date in figures: 20.06.2022."""
        # strftime does not pad a year before 1000.
        return f"{day.day:02}.{day.month:02}.{day.year:04}"

    def long_date(self, day: date) -> str:
        """Return a date as legal acts write it: 2022 жылғы 20 маусым, 20 июня 2022 года, 20 June 2022."""
        # In Russian, "d MMMM" gives the month in the genitive case.
        month = format_date(day, "d MMMM", locale=self.code).partition(" ")[2]
        if self.code == "kk":
            return f"{day.year} жылғы {day.day} {month}"
        return f"{day.day} {month} {day.year}" + (" года" if self.code == "ru" else "")

    def period(self, year: int) -> str:
        """Return a reporting year as the sheet names the period: 2022 жыл, 2022 год, 2022."""
        return {"kk": f"{year} жыл", "ru": f"{year} год"}.get(self.code, str(year))


@lru_cache(maxsize=4096)
def _format_number(value: float | Decimal, decimals: int) -> str:
    """Return a number with no-break spaces between groups and a decimal point. Cached: pages repeat their small numbers."""
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    # Round half up, as Excel does, so that a page and its XLSX file show the same number.
    # The precision is for numbers that a person mistyped, which a message repeats.
    with localcontext(prec=MAX_DIGITS):
        exact = Decimal(str(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
        return format_decimal(exact, pattern, locale="en").replace(",", "\xa0")


@cache
def language(code: str) -> Language:
    """Return the language of a code. Raises KeyError for any other code."""
    if code not in LANGUAGE_CODES:
        raise KeyError(code)
    return Language(code, NullTranslations() if code == "en" else Translations.load(TRANSLATIONS_FOLDER, [code]))
