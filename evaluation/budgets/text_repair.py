"""Repairs text: spaces and dashes of all kinds, Latin letters in Cyrillic words, spaced letters, broken lines."""

import re
from collections.abc import Iterable
from functools import lru_cache

CHARACTERS = str.maketrans(
    dict.fromkeys("\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " ")
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d", "-")
    | dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff\r", "")
    | {"\f": " ", "\v": " "}
)
"""Spaces of every width → a space, dashes of every length → a hyphen, invisible characters → nothing."""
LATIN, CYRILLIC = "ABCEHIKMOPTXYaceiopxyhk", "АВСЕНІКМОРТХУасеіорхуһк"
TO_CYRILLIC, TO_LATIN = str.maketrans(LATIN, CYRILLIC), str.maketrans(CYRILLIC, LATIN)
WORD = re.compile(r"[^\W\d_]+")
ANY_LATIN = re.compile("[A-Za-z]")
ONLY_LOOK_ALIKES = re.compile(f"[{LATIN}]+")
ROMAN = re.compile("[IVX]+")
CYRILLIC_ONLY = re.compile(f"[^A-Za-z{CYRILLIC}]")
LATIN_ONLY = re.compile(f"(?![{LATIN}])[A-Za-z]")
ANY_CYRILLIC = re.compile("[Ѐ-ӿ]")
SPACED = re.compile(r"(?<!\S)[^\W\d_](?: [^\W\d_]){2,}(?!\S)")
"""Three or more single letters, each after one space: a word printed with space between its letters."""
ONLY_SPACED = re.compile(r"[^\W\d_](?: {1,2}[^\W\d_]){3,}")
"""A line of single letters, whatever the length of its words."""
SHORT_SPACED = re.compile(r"(?<!\S)(?<! )[^\W\d_] [^\W\d_](?!\S)|(?<=  )[^\W\d_] [^\W\d_](?!\S)")
"""Two single letters; a word of its own only in a line that has a longer spaced word."""
NO_WORD_STARTS_SO = frozenset("ьъы")
MAX_END = 60
"""Characters at the end of a text in which its last word is looked for."""
NOT_COMPARED = re.compile(r"[\W\d_]+")
COMPARABLE = str.maketrans("ёіүұқғңөәһ", "еиуукгноах")
"""What a Russian keyboard has for Kazakh letters: the folded text is for comparing only."""


def plain(text: str) -> str:
    """Return the text with plain spaces and hyphens, without invisible characters. Tabs stay."""
    return text.translate(CHARACTERS)


def repair_letters(text: str) -> str:
    """Return the text with words of one script: Latin look-alikes in Cyrillic words become Cyrillic, and the reverse.

    A word of look-alikes alone becomes Cyrillic if the text has other Cyrillic letters and the word is no Roman numeral.
    """
    if not ANY_LATIN.search(text) or not ANY_CYRILLIC.search(text):
        return text
    return WORD.sub(lambda match: _repaired(match[0]), text)


def _repaired(word: str) -> str:
    if not ANY_LATIN.search(word):
        return word
    if not ANY_CYRILLIC.search(word):
        return word.translate(TO_CYRILLIC) if ONLY_LOOK_ALIKES.fullmatch(word) and not ROMAN.fullmatch(word) else word
    if not CYRILLIC_ONLY.search(word) and LATIN_ONLY.search(word):
        return word.translate(TO_LATIN)
    return word.translate(TO_CYRILLIC)


def close_spaced_letters(text: str) -> str:
    """Return the text with spaced-out words closed: "о р г а н о в" → "органов". Two spaces separate the words."""
    if ONLY_SPACED.fullmatch(text):
        return "  ".join(word.replace(" ", "") for word in re.split(" {2,}", text))
    if not SPACED.search(text):
        return text
    closed = SPACED.sub(lambda match: match[0].replace(" ", ""), text)
    return SHORT_SPACED.sub(lambda match: match[0].replace(" ", ""), closed)


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """Return what two prints of the same name have in common: small letters of one script without spaces, digits and signs."""
    letters = NOT_COMPARED.sub("", text).translate(TO_CYRILLIC).lower().translate(TO_CYRILLIC)
    return letters.translate(COMPARABLE)


def words_of(texts: Iterable[str]) -> frozenset[str]:
    """Return the words of the texts in small letters."""
    return frozenset(word for text in texts for word in WORD.findall(text.lower()))


def join_lines(parts: Iterable[str], words: frozenset[str]) -> str:
    """Return the text that was broken over lines.

    Args:
        parts: the lines of one name, plain (see :func:`plain`).
        words: known words in small letters. Two halves are joined to a word if it is known and they are not both words.
    """
    return _joined(tuple(parts), words)


@lru_cache(maxsize=8192)
def _joined(parts: tuple[str, ...], words: frozenset[str]) -> str:
    # Only the end of the text decides how the next line follows it: a text of many lines is not copied for each.
    done: list[str] = []
    end = ""
    for part in parts:
        repaired = _repaired_line(part)
        end = f"{end}{_gap(end, repaired, words)}{repaired}" if not end.endswith("-") else _hyphenated(end, repaired, words)
        if len(end) > 2 * MAX_END:
            done.append(end[:-MAX_END])
            end = end[-MAX_END:]
    return "".join((*done, end))


@lru_cache(maxsize=8192)
def _repaired_line(text: str) -> str:
    return repair_letters(" ".join(close_spaced_letters(text.strip()).split()))


def _gap(before: str, after: str, words: frozenset[str]) -> str:
    if not before or not after or after[0] in ",.;:)»" or before[-1] in "(«":
        return ""
    if after[0].lower() in NO_WORD_STARTS_SO:
        return ""
    if not before[-1].isalpha() or not after[0].isalpha() or after[0].isupper():
        return " "
    first, second = _last_word(before), _first_word(after)
    return "" if first + second in words and not (first in words and second in words) else " "


def _hyphenated(before: str, after: str, words: frozenset[str]) -> str:
    if before.endswith(" -") or not after[:1].isalpha():
        return f"{before} {after}"
    whole = _last_word(before[:-1]) + _first_word(after)
    return f"{before[:-1]}{after}" if whole in words else f"{before}{after}"


def _last_word(text: str) -> str:
    words = WORD.findall(text[-MAX_END:])
    return words[-1].lower() if words else ""


def _first_word(text: str) -> str:
    match = WORD.match(text)
    return match[0].lower() if match else ""
