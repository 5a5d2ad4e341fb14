"""What the text around the tables says: number and date of the decision, headings of annexes, amounts of the text."""

import datetime
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from evaluation.budgets.body_names import body_of_maslikhat, city_stems, nominative, without_case
from evaluation.budgets.classification import classification
from evaluation.budgets.model import Section, SourceLine, Total
from evaluation.budgets.pieces import SIGNED, THOUSAND, parse_amount, unit_in
from evaluation.budgets.text_repair import fold, plain, repair_letters

MONTHS_RUSSIAN = "января|февраля|марта|апреля|мая|июня|июля|августа|сентября|октября|ноября|декабря"
MONTHS_KAZAKH = "қаңтар|ақпан|наурыз|сәуір|мамыр|маусым|шілде|тамыз|қыркүйек|қазан|қараша|желтоқсан"
MONTHS = {name: number for names in (MONTHS_RUSSIAN, MONTHS_KAZAKH) for number, name in enumerate(names.split("|"), 1)}
NUMBER = r"(?:№|N[oоe]?)\s*(?P<number>[\w/]+(?:-[\w/]+)*)"
RUSSIAN_DATE = rf"[«\"]?(?P<day>\d{{1,2}})[»\"]?\s+(?P<month>{MONTHS_RUSSIAN})\s+(?P<year>20\d\d)(?:\s*(?:года|г\.?))?"
KAZAKH_DATE = rf"(?P<year>20\d\d)\s*жыл(?:ғы|дың)\s+(?P<day>\d{{1,2}})\s*(?P<month>{MONTHS_KAZAKH})\w*"
DECISION_RUSSIAN = re.compile(rf"\s*Решение\s[^№]{{0,300}}?{RUSSIAN_DATE}\s*{NUMBER}", re.IGNORECASE)
DECISION_KAZAKH = re.compile(rf"{KAZAKH_DATE}\s*{NUMBER}\s+шешімі(?!\w)", re.IGNORECASE)
ANNEX_RUSSIAN = re.compile(
    rf"Приложени[ея](?:\s+\d+)?\s(?:[^№]{{0,200}}?)решени[юя][^№]{{0,200}}?{RUSSIAN_DATE}\s*{NUMBER}", re.IGNORECASE
)
ANY_RUSSIAN = re.compile(rf"{RUSSIAN_DATE}\s*{NUMBER}", re.IGNORECASE)
ANY_KAZAKH = re.compile(rf"{KAZAKH_DATE}\s*{NUMBER}", re.IGNORECASE)
TITLE_RUSSIAN = re.compile(r"О\s+(?:\w+м\s+)?бюджете\s+(?!на\s+20)(?P<body>.{3,150}?)\s+на\s+20\d\d", re.IGNORECASE)
TITLE_KAZAKH = re.compile(r"(?:жылдарға|жылға)\s+арналған\s+(?P<body>.{3,150}?)\s+бюджеті?\s+туралы", re.IGNORECASE)
TITLE_YEARS = re.compile(r"20\d\d\s*-\s*20\d\d")
ENDS = re.compile(r"[;:]|(?<=те[нң]ге)[.\"]")
TEXT_AMOUNT = re.compile(
    rf"^(?P<name>.{{3,300}}?)\s*-\s*(?P<amount>{SIGNED})\s*(?P<unit>тысяч\w*|тыс\.?|мың|млн\.?|миллион\w*)?\s*те[нң]ге",
    re.IGNORECASE,
)
APPROVED_RUSSIAN = re.compile(r"бюджет\s+(?!на\s+20)(?P<body>[^\"]{3,150}?)\s+на\s+20\d\d", re.IGNORECASE)
APPROVED_KAZAKH = re.compile(r"арналған\s+(?P<body>[^\"]{3,150}?)\s+бюджеті", re.IGNORECASE)
TEXT_YEAR = re.compile(r"(?<![\d-])(20\d\d)\s*(?:год(?!\w)|жылға)")
LEADING = re.compile(r"^[\W\d_]+")
STEM = 5
"""Letters of a word that its endings leave."""


class TextKey(NamedTuple):
    """What an amount of the text is the amount of.

    Attributes:
        body: the budget that the point approves, in the nominative; "" if it names none.
        year: None if the text names none.
        key: a section, with a kind of receipts or a part of it ("net_lending/lending").
    """

    body: str
    year: int | None
    key: str


@dataclass(frozen=True)
class Head:
    """What the text of the decision says.

    Attributes:
        number, date: of the decision; "" and None if they could not be read.
        body: whose budget, by title and maslikhat; "" if it could not be read.
        year: the year of the text's amounts; None if it names none.
        amounts: of the text, by their place.
        stems: of the adjectives of cities (see :func:`~evaluation.budgets.body_names.without_case`).
    """

    number: str = ""
    date: datetime.date | None = None
    body: str = ""
    year: int | None = None
    amounts: dict[TextKey, Total] = field(default_factory=dict)
    stems: frozenset[str] = frozenset()


def read_head(lines: Sequence[SourceLine]) -> Head:
    """Return what the lines outside the tables say."""
    lines = lines[:MAX_LINES]
    texts = [" ".join(repair_letters(plain(line.text[:MAX_LENGTH])).split()) for line in lines]
    whole = " ".join(texts)
    number, day = _number_and_date(texts, whole)
    amounts = _amounts(lines, texts)
    years = [key_of_text.year for key_of_text in amounts if key_of_text.year is not None]
    stems = city_stems(whole)
    return Head(number, day, without_case(_body(whole), stems), years[0] if years else None, amounts, stems)


def _number_and_date(texts: Sequence[str], whole: str) -> tuple[str, datetime.date | None]:
    match = None
    for index, text in enumerate(texts):
        if text[:7].lower() == "решение" and (match := DECISION_RUSSIAN.match(" ".join(texts[index : index + 4]))):
            break
    match = match or DECISION_KAZAKH.search(whole) or ANNEX_RUSSIAN.search(whole)
    if match is None:
        matches = list(ANY_RUSSIAN.finditer(whole)) + list(ANY_KAZAKH.finditer(whole))
        match = matches[0] if len({item["number"] for item in matches}) == 1 else None
    if match is None:
        return "", None
    try:
        day = datetime.date(int(match["year"]), MONTHS[match["month"].lower()], int(match["day"]))
    except ValueError:
        return match["number"], None
    return match["number"], day


def _body(whole: str) -> str:
    """Return whose budget the title is about, else the body of the maslikhat."""
    match = TITLE_RUSSIAN.search(whole) or TITLE_KAZAKH.search(whole)
    return nominative(match["body"]) if match is not None and nominative(match["body"]) else body_of_maslikhat(whole)


def _amounts(lines: Sequence[SourceLine], texts: Sequence[str]) -> dict[TextKey, Total]:
    """Return the amounts of the text; of several with one place the first."""
    offsets, length = [], 0
    for text in texts:
        offsets.append(length)
        length += len(text) + 1
    whole = " ".join(texts)
    amounts: dict[TextKey, Total] = {}
    body, year, start = "", None, 0
    for end in [*(match.end() for match in ENDS.finditer(whole)), len(whole)]:
        begin = max(start, end - MAX_CHUNK)
        chunk = whole[begin:end]
        if match := TEXT_AMOUNT.match(chunk):
            key, amount = text_key(match["name"]), parse_amount(match["amount"])
            if key and amount is not None:
                line = lines[bisect_right(offsets, begin + match.start("amount")) - 1].number
                unit = unit_in(fold(match["unit"] or "")) or 1
                amounts.setdefault(TextKey(body, year, key), Total(_thousands(amount, unit), line))
        elif mentioned := TEXT_YEAR.findall(chunk):
            year = int(mentioned[-1])
            approved = APPROVED_RUSSIAN.search(chunk) or APPROVED_KAZAKH.search(chunk)
            body = nominative(approved["body"]) if approved is not None else ""
        start = end
    return amounts


MAX_CHUNK = 600
MAX_LINES, MAX_LENGTH = 3_000, 5_000
"""Lines outside the tables, and characters of a line, in which number, date and amounts are looked for."""


def _thousands(amount: Decimal, unit: int) -> Decimal:
    return amount if unit == THOUSAND else amount * unit / THOUSAND


@lru_cache(maxsize=1024)
def text_key(name: str) -> str:
    """Return what an amount of the text is the amount of; "" if it is nothing that the tables print.

    Returns:
        The value of a section ("income"), or a section with a kind of receipts or a part ("income/tax", "net_lending/lending").
    """
    clean = LEADING.sub("", name)
    data = classification()
    section = data.total(clean)
    if section is not None:
        return section.value
    stems = _stems(clean)
    for key, kind in data.kinds.items():
        if any(stems == _stems(printed) for printed in data.printed_names(key)):
            return f"{kind.section}/{key}"
    for part, names in data.data["parts"].items():
        if any(stems == _stems(printed) for printed in names):
            return f"{PART_SECTIONS[part]}/{part}"
    return ""


PART_SECTIONS = {
    "lending": Section.NET_LENDING,
    "repayment": Section.NET_LENDING,
    "acquisition": Section.FINANCIAL_ASSETS,
    "asset_sale": Section.FINANCIAL_ASSETS,
    "loan_repayment": Section.FINANCING,
}


@lru_cache(maxsize=1024)
def _stems(text: str) -> tuple[str, ...]:
    return tuple(fold(word)[:STEM] for word in text.split() if fold(word))
