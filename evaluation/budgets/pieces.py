"""What one line of a table says by itself: codes at its beginning, an amount at its end, text between them, or a heading."""

import itertools
import re
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum, auto
from functools import lru_cache

from evaluation.budgets.classification import classification
from evaluation.budgets.text_repair import fold, plain

UNSIGNED = r"(?:(?!0\d)\d{1,3}(?: \d{3}){1,4}|(?!0\d)\d{1,12})(?:,\d{1,2}|\.\d{1,2})?"
SIGNED = rf"(?:- ?)?{UNSIGNED}|\( ?{UNSIGNED} ?\)"
AMOUNT = re.compile(SIGNED)
AMOUNT_AT_END = re.compile(rf"(?<!\S)(?:{SIGNED})$")
CODES_BEFORE_TEXT = re.compile(r"((?:\d{1,3}\s+){0,5}\d{1,3})(?:\s+(?=[^\W\d_]|[(\"«„“])|(?=[А-ЯЁӘҒҚҢӨҰҮҺІ][а-яёәғқңөұүһі]))")
"""Codes and what follows them: a space and text, or a name's first letters without a space."""
CODES = re.compile(r"\d{1,3}(?:\s+\d{1,3}){0,5}")
CODE_AND_AMOUNT = re.compile(rf"((?:\d{{1,3}}\s+){{1,5}}?)((?:{SIGNED}))")
GROUPS_OF_DIGITS = re.compile(r"\d{3}(?: \d{3}){0,3}")
"""The rest of an amount that is broken over lines."""
NUMERAL = re.compile(r"(?:[IVXІХ]{1,4}|\d)\s?[.)]\s*(?=[^\W\d_])|[IVXІХ]{1,4}\s+(?=[^\W\d_])")
LONE_NUMERAL = re.compile(r"(?:[IVXІХ]{1,4}|\d)[.)]")
DIGIT = re.compile(r"\d")
PAGE_NUMBER = re.compile(
    r"(?:страница|стр\.?|бет)\s*\d+(?:\s*(?:из|/)\s*\d+)?|\d+\s*-?\s*бет|-\s+\d+\s+-|\d+\s*/\s*\d+", re.IGNORECASE
)
THREE_LETTERS = re.compile(r"[^\W\d_]{3}")
MAX_ROW = 3_000
"""Characters of a row; the search for an amount takes time with the square of the length."""
MAX_NUMBER = 30
"""Characters of a line that is a number and nothing else."""
GARBLED_AMOUNT = re.compile(r"(?<!\S)(?=\S*\d)[-(]?[\dOОоoЗзlI|бB]{1,3}(?:[ .,][\dOОоoЗзlI|бB]{2,3})*\)?$")
YEAR = re.compile(r"(?:19|20)\d\d")
YEAR_AT_END = re.compile(r"(?<![\d,.-])(?:19|20)\d\d$")
WORD_OF_A_YEAR = re.compile(r"\s*(?:год|г\.|гг|жыл|ж\.)", re.IGNORECASE)
NO_AMOUNT_AFTER = re.compile(r"(?:№|\bN|\bNo|\b(?:19|20)\d\d)$", re.IGNORECASE)
"""What stands before a number that is no amount."""


class Side(Enum):
    """Which codes a table has: of receipts (category, class, subclass) or of expenditures (group, administrator, programme)."""

    RECEIPTS = auto()
    EXPENDITURES = auto()


class Form(Enum):
    """What a line is."""

    BLANK = auto()
    HEADING = auto()
    COLUMN_NUMBERS = auto()
    NUMBER = auto()
    ROW = auto()


@dataclass(frozen=True, slots=True)
class Piece:
    """One line, or one row of cells.

    Attributes:
        form: what it is.
        codes: codes at its beginning, with the column of each: the position of its cell or character.
        text: the text between codes and amount, plain; spaces at its ends stay.
        amount: the amount at its end.
        numeral: whether the text followed a numeral, as the totals of the form do: "I. Доходы", "1) Кірістер".
        side: of a heading: which codes follow it; None if it does not say.
        unit: of a heading: how many tenge one is; 0 if it does not say.
        doubt: whether digits stand where the amount belongs, and are none.
        digits: of a number: the digits as printed.
        whole: whether it is a row of cells, which has all of its row; the lines of a cell stand in the text one below the other.
        continues: whether the text cannot begin a name: it begins with a small letter or a sign.
        is_text: whether it is a line of text and nothing else.
        longest_code: digits of the longest code; 0 if it has none, or if its digits are an amount or "0".
    """

    form: Form
    codes: tuple[tuple[str, int], ...] = ()
    text: str = ""
    amount: Decimal | None = None
    numeral: bool = False
    side: Side | None = None
    unit: int = 0
    doubt: bool = False
    digits: str = ""
    whole: bool = False
    continues: bool = field(init=False)
    is_text: bool = field(init=False)
    longest_code: int = field(init=False)

    def __post_init__(self) -> None:
        first = self.text.lstrip()[:1]
        object.__setattr__(self, "continues", bool(first) and not first.isupper() and first not in '"«„“')
        is_text = self.form is Form.ROW and not self.codes and self.amount is None and not self.numeral and not self.whole
        object.__setattr__(self, "is_text", is_text)
        is_number = self.form is Form.NUMBER and self.amount is not None and len(self.codes) > 1
        are_codes = not is_number and all(code.strip("0") for code, _ in self.codes)
        object.__setattr__(self, "longest_code", max((len(code) for code, _ in self.codes), default=0) if are_codes else 0)


BLANK = Piece(Form.BLANK)
COLUMN_NUMBERS = Piece(Form.COLUMN_NUMBERS)


def parse_amount(text: str) -> Decimal | None:
    """Return the amount that a plain text consists of; None if it is none. Brackets and a hyphen make it negative."""
    text = text.strip()
    if text == "-":
        return Decimal(0)
    if not AMOUNT.fullmatch(text):
        return None
    negative = text[0] in "-("
    amount = Decimal(text.strip("-() ").replace(" ", "").replace(",", "."))
    return -amount if negative and amount else amount


@lru_cache(maxsize=16_384)
def parse_line(line: str) -> Piece:
    """Return what a line of plain text says."""
    if len(line) > MAX_ROW and not line.isspace():
        return Piece(Form.NUMBER, doubt=True)
    text = plain(line)
    stripped = text.strip()
    if not stripped or PAGE_NUMBER.fullmatch(stripped):
        return BLANK
    if (heading := parse_heading(stripped)) is not None:
        return heading
    if LONE_NUMERAL.fullmatch(stripped):
        return Piece(Form.ROW, numeral=True)
    if not DIGIT.search(stripped):
        return _with_numeral(text)
    if _is_garbled_number(stripped):
        return Piece(Form.NUMBER, doubt=True, digits=stripped)
    if not any(character.isalpha() for character in stripped):
        return _number(stripped, len(text) - len(text.lstrip()))
    return _row(text.rstrip(), text)


def _is_garbled_number(text: str) -> bool:
    """Whether a line is a number with letters among its digits: "12 Ч45", "1O5 З4"."""
    if len(text) > MAX_NUMBER or THREE_LETTERS.search(text) or not any(character.isalpha() for character in text):
        return False
    return all(DIGIT.search(word) for word in text.split())


def parse_heading(text: str) -> Piece | None:
    """Return the piece of a line that has nothing but words of the columns' heads; None for another line."""
    if len(text) > MAX_HEADING or DIGIT.search(YEAR.sub("", text)):
        return None
    sides, unit = _heading_words(fold(text))
    if sides is None:
        return None
    side = Side.RECEIPTS if "receipts" in sides else Side.EXPENDITURES if "expenditures" in sides else None
    return Piece(Form.HEADING, text=text, side=side, unit=unit)


MAX_HEADING = 200
THOUSAND, MILLION = 1_000, 1_000_000
UNIT_WORDS = (("мил", MILLION), ("млн", MILLION), ("тыс", THOUSAND), ("мын", THOUSAND), ("тенге", 1))


def unit_in(letters: str) -> int:
    """Return how many tenge the unit is that a folded text names; 0 if it names none."""
    return next((unit for word, unit in UNIT_WORDS if word in letters), 0)


@lru_cache(maxsize=4096)
def _heading_words(letters: str) -> tuple[frozenset[str] | None, int]:
    """Return the tables of headings whose words a folded text consists of (None if it has other words), and the unit."""
    rest, tables, unit = letters, set(), 0
    if not rest:
        return None, 0
    while rest:
        best = max(
            (
                (len(word), key)
                for key, words in classification().headings.items()
                for word in words
                if word and rest.startswith(word)
            ),
            default=None,
        )
        if best is None:
            return None, 0
        tables.add(best[1])
        unit = max(unit, unit_in(rest[: best[0]]))
        rest = rest[best[0] :]
    return frozenset(tables), unit


def _with_numeral(text: str) -> Piece:
    match = NUMERAL.match(text.lstrip())
    if match is None:
        return Piece(Form.ROW, text=text)
    return Piece(Form.ROW, text=text.lstrip()[match.end() :], numeral=True)


def _number(stripped: str, column: int) -> Piece:
    """Return the piece of a line without letters: an amount, codes, codes and an amount, or the numbers of the columns."""
    amount = parse_amount(stripped)
    if amount is not None:
        return Piece(
            Form.NUMBER, codes=_codes(stripped, column) if CODES.fullmatch(stripped) else (), amount=amount, digits=stripped
        )
    if CODES.fullmatch(stripped):
        numbers = [int(number) for number in stripped.split()]
        if len(numbers) > 1 and all(after == before + 1 for before, after in itertools.pairwise(numbers)) and "0" not in stripped:
            return COLUMN_NUMBERS
        return Piece(Form.NUMBER, codes=_codes(stripped, column), digits=stripped)
    if match := CODE_AND_AMOUNT.fullmatch(stripped):
        return Piece(Form.ROW, codes=_codes(match[1].rstrip(), column), amount=parse_amount(match[2]))
    return Piece(Form.NUMBER, doubt=True, digits=stripped)


def _codes(text: str, column: int) -> tuple[tuple[str, int], ...]:
    return tuple((match[0], column + match.start()) for match in re.finditer(r"\d+", text))


def _row(text: str, whole: str) -> Piece:
    """Return the piece of a line with letters and digits."""
    start = len(text) - len(text.lstrip())
    codes: tuple[tuple[str, int], ...] = ()
    numeral = False
    if match := CODES_BEFORE_TEXT.match(text, start):
        codes, begin = _codes(match[1], start), match.end()
    elif match := NUMERAL.match(text, start):
        numeral, begin = True, match.end()
    else:
        begin = start
    amount, doubt, end = None, False, len(whole)
    if match := AMOUNT_AT_END.search(text, begin):
        if not NO_AMOUNT_AFTER.search(text[begin : match.start()].rstrip()):
            amount, end = parse_amount(match[0]), match.start()
    elif DIGIT.search(text, begin) and (match := GARBLED_AMOUNT.search(text, begin)):
        doubt = True
    return Piece(Form.ROW, codes, whole[begin:end], amount, numeral, doubt=doubt)
