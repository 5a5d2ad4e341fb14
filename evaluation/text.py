"""Normalises text that people type, and compares names as people read them: for storing, for searches and for look-alikes."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

SPACES = re.compile(r"\s+")
LINE_BREAK = re.compile(r"\r\n?")
INVISIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060\ufeff\ufffe\uffff]")
"""Control and formatting characters. Databases and document formats refuse some of them."""
NOT_COMPARED = ("Mn", "Cf")
"""Unicode categories of accents that have no letter of their own, and of characters that nobody sees."""
LETTERS = dict(zip("әғқңөұүһіёaceikopxy", "агкноуухиеасеикорху", strict=True))
"""Kazakh letters → what a Russian keyboard has for them, ё → е, Latin letters → the Cyrillic ones that look the same."""
BIN_LENGTH = 12
MIN_BIN_DIGITS = 4
"""Digits from which a number in a search is also the beginning of a BIN; a shorter one is a number in a name, such as № 7."""
SEPARATOR = "|"
"""Stands between the names in a search text; a name has it nowhere, so no search spans two names."""


def normalise_text(text: str) -> str:
    """Return a text as it is stored: NFC, line breaks of one kind, no invisible characters, no white space at its ends.

    Every form, file, command and script that takes text passes it through here.
    """
    return INVISIBLE.sub("", LINE_BREAK.sub("\n", unicodedata.normalize("NFC", text))).strip()


def normalise_line(text: str) -> str:
    """Return a text of one line, such as a name, as it is stored: :func:`normalise_text` with single spaces."""
    return collapse_spaces(normalise_text(text))


def collapse_spaces(text: str) -> str:
    """Return the text with every run of white space replaced by one space."""
    return SPACES.sub(" ", text)


def caseless(text: str) -> str:
    """Return a text of a fixed list, such as a label or a heading, without the differences of case, spaces and encoding."""
    return normalise_line(text).casefold()


class _ComparableTable(dict[int, str]):
    """Code point → the text that stands for it in comparable names: letters and digits, a space, or nothing.

    Entries are computed on first use; a country has 50,000 names.
    """

    def __missing__(self, code_point: int) -> str:
        normal = unicodedata.normalize("NFKC", chr(code_point)).casefold() if chr(code_point) != "№" else " "
        visible = (letter for letter in normal if unicodedata.category(letter) not in NOT_COMPARED)
        self[code_point] = text = "".join(LETTERS.get(letter, letter) if letter.isalnum() else " " for letter in visible)
        return text


COMPARABLE = _ComparableTable()


def comparable(name: str) -> str:
    """Return a name as people compare it: its words in small letters, without punctuation.

    Case, NFKC, composed and decomposed letters, quotation marks, hyphens and spaces make no difference, nor does a Kazakh letter
    that is typed on a Russian keyboard: Қонаев and конаев are equal. The script `core/text.js` has the same function.
    """
    return " ".join(unicodedata.normalize("NFC", name).translate(COMPARABLE).split())


def search_text(names: Iterable[str]) -> str:
    """Return the text in which a search looks for its words: the comparable names, a space before and after each word."""
    return SEPARATOR.join(f" {name} " for name in dict.fromkeys(map(comparable, names)) if name)


@dataclass(frozen=True)
class SearchWord:
    """A word of a search: a part of a search text or, if `bin_start` is not empty, the first digits of a BIN."""

    text: str
    bin_start: str = ""


@dataclass(frozen=True)
class Search:
    """A search: a name or BIN matches if it has every word. Without words, an empty search matches all and another none."""

    words: tuple[SearchWord, ...]
    is_empty: bool

    def matches(self, text: str, bin_: str = "") -> bool:
        """Return whether a search text or a BIN has every word of the search."""
        if not self.words:
            return self.is_empty
        return all(word.text in text or bool(word.bin_start and bin_.startswith(word.bin_start)) for word in self.words)


def parse_search(typed: str) -> Search:
    """Return the search that a person means by a text.

    A word is also a part of a longer word, but a number is not a part of a longer number: a search for № 7 finds neither № 17 nor
    № 70. A BIN may be typed in groups of digits.
    """
    digits = "".join(typed.split())
    parts = [digits] if len(digits) == BIN_LENGTH and digits.isdecimal() else typed.split()
    return Search(tuple(_search_word(text) for text in map(comparable, parts) if text), not parts)


def _search_word(text: str) -> SearchWord:
    words = text.split()
    start, end = (" " if word.isdecimal() else "" for word in (words[0], words[-1]))
    return SearchWord(f"{start}{text}{end}", text if text.isdecimal() and len(text) >= MIN_BIN_DIGITS else "")
