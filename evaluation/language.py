"""The product's languages: messages, numbers and dates as Kazakhstan writes them.

A :class:`Language` needs no request and no app, so that commands, workers and writers use the same one as the pages.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any

from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations

FOLDER = Path(__file__).parent / "translations"
CODES = ("kk", "ru", "en")

MONTHS = {
    "kk": ("қаңтар", "ақпан", "наурыз", "сәуір", "мамыр", "маусым", "шілде", "тамыз", "қыркүйек", "қазан", "қараша", "желтоқсан"),
    "ru": ("января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября", "декабря"),
    "en": (
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
}

ALPHABET = "АӘБВГҒДЕЁЖЗИЙКҚЛМНҢОӨПРСТУҰҮФХҺЦЧШЩЪЫІЬЭЮЯ"
"""Of Kazakh; Russian's is the same without the letters it lacks."""
PLACE = {letter: place for place, letter in enumerate("0123456789" + ALPHABET)}


def alphabetical(text: str) -> tuple[int, ...]:
    """A key that sorts as a Kazakh or Russian reader expects: Қ after К, quotation marks and spaces passed over."""
    return tuple(PLACE.get(letter, len(PLACE) + ord(letter)) for letter in text.upper() if letter.isalnum())


def compare(first: str, second: str) -> int:
    """-1, 0 or 1, by :func:`alphabetical`: a database's collation."""
    left, right = alphabetical(first), alphabetical(second)
    return (left > right) - (left < right)


def heading(text: str) -> str:
    """A name from the Order as a heading or a line begins: "State institutions"."""
    return text[:1].upper() + text[1:]


def N_(message: str) -> str:
    """Mark a message for the catalogues where it is defined; it is translated where it is shown."""
    return message


@dataclass(frozen=True)
class Language:
    """One of the product's languages."""

    code: str
    translations: NullTranslations = field(repr=False, compare=False)

    def gettext(self, message: str, **values: Any) -> str:
        text = self.translations.gettext(message)
        return text % values if values else text

    def ngettext(self, one: str, many: str, n: int, **values: Any) -> str:
        return self.translations.ngettext(one, many, n) % ({"num": n} | values)

    def number(self, value: float | Decimal, decimals: int = 0) -> str:
        """12 500,5: groups of three by a no-break space; the decimal comma, but for English its point."""
        pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
        # Halves go up, as in Excel, so that a page and its XLSX agree.
        exact = Decimal(str(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
        text = format_decimal(exact, pattern, locale="en")
        return text.replace(",", "\xa0") if self.code == "en" else text.replace(",", "\xa0").replace(".", ",")

    def share(self, part: float, whole: float) -> str:
        """Part of a whole as a percentage with one decimal; a dash where there is no whole."""
        return f"{self.number(100 * part / whole, 1)}\xa0%" if whole else "–"

    def points(self, low: int, high: int) -> str:
        """Points, or the range that blanks leave open: 0–2."""
        return str(low) if low == high else f"{low}–{high}"

    def points_of(self, low: int, high: int, most: int) -> str:
        """Points out of their maximum: 4 / 10, 0–2 / 10; a dash where there is no maximum."""
        return f"{self.points(low, high)}\xa0/\xa0{most}" if most else "–"

    def share_range(self, low: int, high: int, most: int) -> str:
        """Points as a share of their maximum, or the range that blanks leave open: 50,0–75,0 %."""
        if low == high or not most:
            return self.share(low, most)
        return f"{self.number(100 * low / most, 1)}–{self.share(high, most)}"

    def short_date(self, day: date) -> str:
        return f"{day:%d.%m.%Y}"

    def long_date(self, day: date) -> str:
        """A date as acts write it: 2022 жылғы 20 маусым, 20 июня 2022 года."""
        month = MONTHS[self.code][day.month - 1]
        if self.code == "kk":
            return f"{day.year} жылғы {day.day} {month}"
        return f"{day.day} {month} {day.year}" + (" года" if self.code == "ru" else "")

    def period(self, year: int) -> str:
        """A reporting year as the form's line for the period has it."""
        return {"kk": f"{year} жыл", "ru": f"{year} год"}.get(self.code, str(year))


@cache
def language(code: str) -> Language:
    """The language of a code. Raises KeyError for one the product does not speak."""
    if code not in CODES:
        raise KeyError(code)
    return Language(code, NullTranslations() if code == "en" else Translations.load(FOLDER, [code]))
