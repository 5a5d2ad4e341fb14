"""Reads numbers from text as accountants write them and as spreadsheet programs show and copy them.

Groups of three digits, a comma or point before decimals, a sign or the parentheses of a loss, and a mark of the tenge are read.
Text that can be read in two ways is an error whose message shows the readings.
"""

import re
from collections.abc import Iterable
from decimal import Decimal

from evaluation.answers.invalid_value import InvalidValue, display_text
from evaluation.text import INVISIBLE

SPELLINGS = str.maketrans(
    dict.fromkeys("−–‐‑‒﹣－", "-")
    | dict.fromkeys("’‘ʼ′´`", "'")
    | dict.fromkeys("\t\u00a0\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " ")
)
"""Minus signs, apostrophes and spaces of people and programs → one of each."""
MAX_CHARACTERS = 80
WORD = r"(?:[^\W\d_]+|[$¢-¥\u20a0-\u20cf])\.?"
WORD_AT_START, WORD_AT_END = re.compile(WORD), re.compile(WORD + r"\Z")
TENGE = frozenset({"₸", "тг", "тнг", "тенге", "теңге", "tenge", "kzt"})
OTHER_CURRENCY = re.compile(
    r"[$¢-¥\u20a0-\u20cf]|usd|us|eur|rub|rur|cny|kgs|uzs|gbp|dollars?|euros?|rubles?"
    r"|дол|долл(?:ар\w*)?|р|руб(?:л\w*)?|евро|еуро|юан\w*|сом\w*|сум\w*"
)
POWERS = {
    **dict.fromkeys(("тыс", "тысяча", "тысячи", "тысяч", "мың", "thousand"), 3),
    **dict.fromkeys(("млн", "миллион", "миллиона", "миллионов", "mln", "million"), 6),
    **dict.fromkeys(("млрд", "миллиард", "миллиарда", "миллиардов", "bln", "billion"), 9),
}
"""Word or abbreviation without its point → power of ten."""
ACCOUNTING_ZERO = re.compile(" +- {2,}")
"""0 in the accounting formats of Excel, which pad the dash; a dash without their spaces says nothing about the amount."""
EXPONENT = re.compile(r"[0-9]+(?:[.,][0-9]+)?[eе][+-]?[0-9]+", re.IGNORECASE)
PLAIN = re.compile(r"([0-9]+)(?:[.,]([0-9]+))?")
GROUPED = re.compile(r"([0-9]{1,3}([ '.,])[0-9]{3}(?:\2[0-9]{3})*)(?:([.,])([0-9]+))?")
SINGLE_GROUP = re.compile(r"[^0-9]*[1-9][0-9]{0,2}([.,])[0-9]{3}[^0-9]*")
"""A number whose only separator may stand before three decimals or between thousands."""
NOT_DIGITS_AT_ENDS = re.compile(r"^[^0-9]+|[^0-9]+$")
GROUP_SIZE, AMOUNT_DECIMALS = 3, 2
SHORTENED = {"not_money": "shortened_amount", "not_whole": "shortened_number"}
"""Issue of no amount or number at all → issue of one in thousands or millions."""


def parse_amount(text: str) -> Decimal:
    """Return an amount in tenge, with at most two decimals. Raises InvalidValue."""
    spelled = _spell(text)
    if ACCOUNTING_ZERO.fullmatch(spelled):
        return Decimal(0)
    sign, digits, words = _split(spelled)
    if not TENGE.issuperset(words):
        raise _error_of_words(text, sign, digits, words)
    if not digits and sign == "-":
        # “-   ₸” is 0 in Excel's accounting formats.
        if words:
            return Decimal(0)
        raise InvalidValue("dash", value=display_text(text))
    if len(words) > 1:
        raise InvalidValue("not_money", value=display_text(text))
    return _parse_digits(text, sign, digits, "not_money", AMOUNT_DECIMALS)


def parse_count(text: str) -> Decimal:
    """Return a number without decimals and unit. Raises InvalidValue."""
    sign, digits, words = _split(_spell(text))
    if words and POWERS.keys() >= set(words):
        raise _error_of_words(text, sign, digits, words, "not_whole")
    if words:
        raise InvalidValue("not_whole", value=display_text(text))
    return _parse_digits(text, sign, digits, "not_whole", 0)


def parse_percentage(text: str) -> Decimal:
    """Return a number of percent, with at most two decimals and with or without its sign. Raises InvalidValue."""
    sign, digits, words = _split(_spell(text).replace("%", ""))
    if words:
        raise InvalidValue("not_share", value=display_text(text))
    return _parse_digits(text, sign, digits, "not_share", AMOUNT_DECIMALS)


def single_separator(text: str) -> str:
    """Return the comma or point of a number that it alone leaves ambiguous, such as 12,500; else an empty string."""
    match = SINGLE_GROUP.fullmatch(text)
    return match[1] if match else ""


def thousands_separator(texts: Iterable[str]) -> str:
    """Return the comma or point that the numbers of one column show to separate thousands; else an empty string.

    It does so if it separates several groups, or if the other one stands before decimals, and if it never stands before decimals.
    """
    groups, decimals = set(), set()
    for text in texts:
        digits = NOT_DIGITS_AT_ENDS.sub("", _spell(text))
        if PLAIN.fullmatch(digits):
            if not single_separator(digits):
                decimals |= {",", "."} & set(digits)
        elif (match := GROUPED.fullmatch(digits)) and match[2] != match[3]:
            groups |= {match[2]}
            decimals |= {match[3]}
    shown = [sign for sign, other in ((",", "."), (".", ",")) if sign not in decimals and (sign in groups or other in decimals)]
    return shown[0] if len(shown) == 1 else ""


def _spell(text: str) -> str:
    """Return the text with one sign for each minus, apostrophe and space; empty for text that is too long for a number."""
    spelled = INVISIBLE.sub("", text).translate(SPELLINGS)
    return spelled if len(spelled.strip(" ")) <= MAX_CHARACTERS else ""


def _split(text: str) -> tuple[str, str, list[str]]:
    """Return the sign ("-" for a number in parentheses), what remains between sign, parentheses and words, and the words."""
    sign, words, rest = "", [], text.strip(" ")
    while rest:
        if match := WORD_AT_START.match(rest) or WORD_AT_END.search(rest):
            words.append(match[0].rstrip(".").casefold())
            rest = rest[: match.start()] + rest[match.end() :]
        elif not sign and rest[0] in "+-":
            sign, rest = rest[0], rest[1:]
        elif not sign and rest[0] == "(" and rest[-1] == ")":
            sign, rest = "-", rest[1:-1]
        else:
            break
        rest = rest.strip(" ")
    return sign, rest, words


def _error_of_words(text: str, sign: str, digits: str, words: list[str], issue_code: str = "not_money") -> InvalidValue:
    """Return the error of a number in another currency or in thousands or millions; `issue_code` is that of no number at all."""
    shown = display_text(text)
    powers = [POWERS[word] for word in words if word in POWERS]
    currencies = [word for word in words if OTHER_CURRENCY.fullmatch(word) and word not in TENGE]
    if not digits[:1].isdigit() or len(powers) + len(currencies) + sum(word in TENGE for word in words) < len(words):
        return InvalidValue(issue_code, value=shown)
    if currencies:
        return InvalidValue("other_currency", value=shown, currency=currencies[-1].upper())
    try:
        number = _parse_digits(text, sign, digits, issue_code, decimals=powers[0] + AMOUNT_DECIMALS)
    except InvalidValue:
        return InvalidValue(issue_code, value=shown)
    return InvalidValue(SHORTENED[issue_code], value=shown, number=number.scaleb(powers[0]))


def _parse_digits(text: str, sign: str, digits: str, issue_code: str, decimals: int) -> Decimal:
    """Return the number that digits and their separators write. Raises InvalidValue; `issue_code` is that of no number at all."""
    shown = display_text(text)
    if match := PLAIN.fullmatch(digits):
        whole, fraction = match[1], match[2] or ""
        if len(fraction) == GROUP_SIZE >= len(whole) and whole[0] != "0" and decimals == AMOUNT_DECIMALS:
            readings = Decimal(f"{sign}{whole}{fraction}"), Decimal(f"{sign}{whole}.{fraction}")
            raise InvalidValue("ambiguous_separator", value=shown, thousands=readings[0], decimals=readings[1])
    elif (match := GROUPED.fullmatch(digits)) and match[2] != match[3]:
        whole, fraction = match[1].replace(match[2], ""), match[4] or ""
    elif match := PLAIN.fullmatch(digits.replace(" ", "")):
        raise InvalidValue("wrong_groups", value=shown, number=Decimal(f"{sign}{match[1]}.{match[2] or 0}"))
    elif EXPONENT.fullmatch(digits):
        raise InvalidValue("exponent", value=shown)
    elif digits and not digits.strip("#"):
        raise InvalidValue("hidden_value", value=shown)
    else:
        raise InvalidValue(issue_code, value=shown)
    if len(fraction) > decimals:
        raise InvalidValue("too_many_decimals" if decimals else issue_code, value=shown)
    return Decimal(f"{sign}{whole}.{fraction or 0}")
