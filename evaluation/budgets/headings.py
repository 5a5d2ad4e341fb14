"""The headings of annexes: "Бюджет города Қонаев на 2026 год", "2023 жылға арналған аудандық бюджет"."""

import re
from collections import deque
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache

from evaluation.budgets.body_names import nominative
from evaluation.budgets.model import SourceLine
from evaluation.budgets.text_repair import plain, repair_letters

ANNEX_MARK = re.compile(r"\s*(?:\d+\s+)?Приложени[ея](?:\s|$)|(?:^|\s)\d+\s*-?\s*қосымша\s*$|^\s*қосымша\s*$", re.IGNORECASE)
DECISION_WORDS = re.compile(r"м[аә]слихат|шешіміне|к\s+решению", re.IGNORECASE)
MAY_END_HEADING = re.compile(
    r"20\d\d\s*(?:год|г\.?|жыл)|^\s*(?:год|жыл)|бюджет[іi]?\W*$|теңге\)?\s*$|тенге\)?\s*$", re.IGNORECASE
)
UNIT_AFTER = r"(?:\s*\(?[^()]{0,30}те[нң]ге\)?)?"
HEADINGS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf'"?бюджет\s+(?P<body>.{{3,200}}?)\s+на\s+(?P<year>20\d\d)\s*(?:год|г)\.?"?{UNIT_AFTER}',
        rf'"?(?:(?P<body>[\w-]+\s+)?(?:районный|городской|областной)|местный)\s+бюджет(?P<rest>\s.{{3,150}}?)?\s+на\s+(?P<year>20\d\d)\s*(?:год|г)\.?"?{UNIT_AFTER}',
        rf'"?(?P<year>20\d\d)\s*жылға\s+арналған\s+(?P<body>.{{3,200}}?)\s+бюджет[іi]?"?{UNIT_AFTER}',
        rf'"?(?P<body>[^\d"]{{3,200}}?)\s+(?P<year>20\d\d)\s*жылға\s+арналған\s+(?:\w+\s+)?бюджет[іi]?"?{UNIT_AFTER}',
    )
)
IN_HEADING = re.compile(r"бюджет.*20\d\d|20\d\d.*бюджет", re.IGNORECASE)
ENDS_HEADING = re.compile(r"(?:год|г|бюджет[іi]?|те[нң]ге)\)?\W{0,3}$", re.IGNORECASE)
END_LENGTH, MAX_HEADING, MAX_LINE = 20, 400, 1_000
HEADING_LINES = 4


class Mark(Enum):
    """What a line outside the rows can be."""

    NONE = auto()
    HEADING_END = auto()
    ANNEX = auto()


@dataclass(frozen=True)
class Heading:
    """The heading of an annex. `first_line` is the number of its first line."""

    body: str
    year: int
    first_line: int


class HeadingFinder:
    """Finds the headings of annexes, which can be broken over some lines."""

    def __init__(self) -> None:
        self.recent: deque[SourceLine] = deque(maxlen=HEADING_LINES)
        self.add = self.recent.append

    def find(self, mark: Mark) -> Heading | None:
        """Return the heading that ends with the line that was added last; None if none does."""
        lines = list(self.recent) if mark is Mark.HEADING_END else []
        for start in range(len(lines) - 1, -1, -1):
            text = " ".join(_repaired(item.text) for item in lines[start:])
            if len(text) > MAX_HEADING or not IN_HEADING.search(text) or not ENDS_HEADING.search(text[-END_LENGTH:]):
                continue
            for pattern in HEADINGS:
                if match := pattern.fullmatch(text):
                    return Heading(_body(match, text), int(match["year"]), lines[start].number)
        return None


def _body(match: re.Match[str], text: str) -> str:
    groups = match.groupdict()
    if "rest" not in groups:
        return nominative(groups["body"])
    return nominative(groups["rest"]) if groups["rest"] else body_of_adjective(groups["body"] or "", text)


def body_of_adjective(adjective: str, text: str) -> str:
    """Return the body of "Таласский районный бюджет": the adjective with the noun of its kind; "" without an adjective."""
    word = adjective.strip()
    if word and "областной" in text.lower():
        return f"{word.removesuffix('ой').removesuffix('ий')}ая область"
    return f"{word} район" if word and "районный" in text.lower() else ""


@lru_cache(maxsize=2048)
def _repaired(text: str) -> str:
    return " ".join(repair_letters(plain(text)).split())


@lru_cache(maxsize=8192)
def mark_of(text: str) -> Mark:
    """Return whether a line begins an annex ("Приложение 2 к решению …", "2-қосымша") or can end the heading of one."""
    if len(text) > MAX_LINE:
        return Mark.NONE
    repaired = repair_letters(plain(text))
    if ANNEX_MARK.search(repaired) is not None:
        return Mark.ANNEX
    return Mark.HEADING_END if MAY_END_HEADING.search(repaired) is not None else Mark.NONE


@lru_cache(maxsize=1024)
def names_decision(text: str) -> bool:
    """Whether a line names a maslikhat or its decision."""
    return DECISION_WORDS.search(repair_letters(plain(text[:MAX_LINE]))) is not None
