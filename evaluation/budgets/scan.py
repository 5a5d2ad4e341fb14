"""Reads a scanned decision whose letters were recognised badly: only what is certain; everything else of its tables is unread.

A row is certain if its code and its amount stand on one line and the text around them looks like the name that the classification
gives to this code, and like no other name with it. A total is certain by its numeral in the order of the form and by its name.
"""

import datetime
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from evaluation.budgets.classification import classification
from evaluation.budgets.likeness import best, likeness, shape
from evaluation.budgets.model import BudgetLine, Section, SourceLine, Total, UnreadLine
from evaluation.budgets.pieces import AMOUNT_AT_END, Form, parse_amount, parse_line
from evaluation.budgets.text_repair import plain
from evaluation.budgets.tree import Tree
from evaluation.language import N_

NOT_CERTAIN = N_("The text is not legible enough to read the row with certainty.")
TORN = N_("The code, the name and the amount of the row are torn apart.")
FOREIGN_LETTERS = re.compile(r"[DFGJLNQRSUVWZbdfgjlmnqrstuvwz]")
MAX_FOREIGN_SHARE = 0.08
SAMPLE, SAMPLE_LENGTH = 2_000, 20_000
"""Lines and characters at the beginning of the text; a greater share of letters that Cyrillic has nothing like is a bad scan."""
HEADING = re.compile(r"\s*(20\d\d)\s+([^\W\d_]\S*)\s+(\S+)\s+(?:\S+\s+){2,}\S+\s*$")
CODE_LINE = re.compile(r"\s*(\d{1,3})(?=[\s.])[\s.]*")
NUMERAL_LINE = re.compile(r"\s*(\d)\)\s*")
ANNEX_MARK = re.compile(r"\d\s*-\s*(\S{5,})\s*$")
DECISION_DATE = re.compile(r"(20\d\d)\s+\S+\s+(\d{1,2})\s*\S?\s*([^\W\d_]\S{4,})\s+N\S{1,3}?\s?(\d[\d/-]*\d)")
MONTHS = (
    "қаңтардағы ақпандағы наурыздағы сәуірдегі мамырдағы маусымдағы "
    "шілдедегі тамыздағы қыркүйектегі қазандағы қарашадағы желтоқсандағы"
)
TOTALS = (Section.INCOME, Section.COSTS, Section.NET_LENDING, Section.FINANCIAL_ASSETS, Section.DEFICIT, Section.FINANCING)
"""The order of the form: a total's numeral is its place here."""
LIKE_NAME, LIKE_WORD, MARGIN = 0.5, 0.5, 0.1
LIKE_HEADING, LIKE_PHRASE, LIKE_LENGTH = 0.65, 0.58, 0.7
LINES_BEFORE, LINES_AFTER = 6, 6
LINES_BEFORE_MARK = 4
FOOTER = "©"


@dataclass(frozen=True)
class ScannedHead:
    """Number and date of a scanned decision; "" and None if they are not legible."""

    number: str = ""
    date: datetime.date | None = None


def is_bad_scan(lines: Sequence[SourceLine]) -> bool:
    """Whether many letters are Latin ones that do not look like Cyrillic ones: they were recognised wrongly."""
    sample = "".join(line.text for line in lines[:SAMPLE])[:SAMPLE_LENGTH]
    return len(FOREIGN_LETTERS.findall(sample)) > MAX_FOREIGN_SHARE * len(sample)


def read_scan(lines: Sequence[SourceLine]) -> Iterator[tuple[int, Tree]]:
    """Yield the year and what is certain of each annex; its other lines are unread."""
    filled = [line for line in lines if line.text.strip()]
    starts = [(index, int(match[1])) for index, line in enumerate(filled) if (match := _heading(line.text))]
    for (start, year), end in zip(starts, [index for index, _ in starts[1:]] + [len(filled)], strict=True):
        annex = filled[start + 1 : end]
        mark = next((index for index, line in enumerate(annex) if _is_mark(line.text) and index > LINES_BEFORE_MARK), None)
        if mark is not None:
            annex = annex[: mark - LINES_BEFORE_MARK + 1]
        footer = next((index for index, line in enumerate(annex) if line.text.lstrip().startswith(FOOTER)), len(annex))
        tree = ScanReader(annex[:footer], year).read()
        if tree.lines or tree.totals or tree.unread:
            yield year, tree


def read_scanned_head(lines: Sequence[SourceLine]) -> ScannedHead:
    """Return number and date of the decision: the first date with a number, if the number stands in the text again."""
    text = " ".join(" ".join(plain(line.text).split()) for line in lines[:SAMPLE])
    match = DECISION_DATE.search(text)
    if match is None or Counter(re.findall(r"\d[\d/-]*\d", text))[match[4]] < 2:
        return ScannedHead()
    ranks = sorted(((likeness(match[3], month), number) for number, month in enumerate(MONTHS.split(), 1)), reverse=True)
    if ranks[0][0] < LIKE_WORD or ranks[0][0] - ranks[1][0] < MARGIN:
        return ScannedHead(match[4])
    try:
        return ScannedHead(match[4], datetime.date(int(match[1]), ranks[0][1], int(match[2])))
    except ValueError:
        return ScannedHead(match[4])


def _heading(text: str) -> re.Match[str] | None:
    match = HEADING.match(plain(text))
    return match if match is not None and likeness(match[3], "арналған") >= LIKE_WORD else None


def _is_mark(text: str) -> bool:
    match = ANNEX_MARK.search(plain(text))
    return match is not None and likeness(match[1], "қосымша") >= LIKE_WORD


class ScanReader:
    """Reads the lines of one annex, without blank ones."""

    def __init__(self, lines: Sequence[SourceLine], year: int) -> None:
        self.year = year
        self.lines = lines
        self.texts = [plain(line.text) for line in lines]
        self.used: set[int] = set()
        self.tree = Tree()

    def read(self) -> Tree:
        """Return the certain rows and totals, and the other lines."""
        table = next((index for index, text in enumerate(self.texts) if self._is_heading(text)), 0)
        for index in range(table, len(self.texts)):
            self._row(index)
        for index in range(table, len(self.texts)):
            self._total(index)
        for index in range(table, len(self.texts)):
            if index not in self.used and not self._is_heading(self.texts[index]):
                line, why = self.lines[index], TORN if self._is_part_of_row(index) else NOT_CERTAIN
                self.tree.unread.append(UnreadLine(line.number, line.text, why))
        return self.tree

    def _is_heading(self, text: str) -> bool:
        """Whether a line looks like heads of columns or their numbers."""
        piece = parse_line(text)
        if piece.form in {Form.HEADING, Form.COLUMN_NUMBERS}:
            return True
        if any(character.isdigit() for character in text):
            return len(text.split()) > 2 and all(len(word) == 1 for word in text.split())
        return is_like_heading(text)

    def _is_part_of_row(self, index: int) -> bool:
        text = self.texts[index]
        return not any(character.isalpha() for character in text) or not any(character.isdigit() for character in text)

    def _amount(self, index: int) -> tuple[str, Decimal] | None:
        """Return the text before the amount at the end of a line, and the amount."""
        text = self.texts[index].rstrip()
        match = AMOUNT_AT_END.search(text)
        amount = parse_amount(match[0]) if match is not None else None
        return (text[: match.start()], amount) if match is not None and amount is not None else None

    def _row(self, index: int) -> None:
        match = CODE_LINE.match(self.texts[index])
        if match is None or self._is_heading(self.texts[index]):
            return
        rest = self._amount_after(index, match.end())
        if rest is None:
            return
        text, amount = rest
        best_path, best_window, second = None, (0, 0), 0.0
        best_ratio = 0.0
        for section, path, names in paths_of_code(match[1], self.year):
            ratio, window = self._likest_window(index, text, names)
            if ratio > best_ratio:
                best_path, best_window, best_ratio, second = (section, path), window, ratio, best_ratio
            else:
                second = max(second, ratio)
        if best_path is None or best_ratio < LIKE_NAME or best_ratio - second < MARGIN:
            return
        start, end = best_window
        name = " ".join(" ".join(part.split()) for part in (*self.texts[start:index], text, *self.texts[index + 1 : end]))
        self.used.update(range(start, end))
        self.tree.lines.append(BudgetLine(best_path[0], best_path[1], " ".join(name.split()), amount, self.lines[index].number))

    def _amount_after(self, index: int, start: int) -> tuple[str, Decimal] | None:
        """Return the text and the amount after the code that ends at `start`."""
        text = self.texts[index].rstrip()[start:]
        match = AMOUNT_AT_END.search(text)
        amount = parse_amount(match[0]) if match is not None else None
        return (text[: match.start()].strip(" ."), amount) if match is not None and amount is not None else None

    def _likest_window(self, index: int, text: str, names: Sequence[str]) -> tuple[float, tuple[int, int]]:
        """Return the greatest likeness of a name to the line's text with the lines of text around it, and these lines."""
        first = index
        while first > max(0, index - LINES_BEFORE) and self._is_free_text(first - 1):
            first -= 1
        last = index + 1
        while last < min(len(self.texts), index + 1 + LINES_AFTER) and self._is_free_text(last):
            last += 1
        windows = [(start, end) for start in range(first, index + 1) for end in range(index + 1, last + 1)]
        return max(
            (
                (best(" ".join((*self.texts[start:index], text, *self.texts[index + 1 : end])), names), (start, end))
                for start, end in windows
            ),
            key=lambda item: item[0],
        )

    def _is_free_text(self, index: int) -> bool:
        text = self.texts[index]
        return index not in self.used and not any(character.isdigit() for character in text) and not self._is_heading(text)

    def _total(self, index: int) -> None:
        """Read the total that begins on a line with a numeral; its amount is the first number on its lines."""
        match = NUMERAL_LINE.match(self.texts[index])
        if match is None or not 1 <= int(match[1]) <= len(TOTALS):
            return
        section = TOTALS[int(match[1]) - 1]
        names = classification().totals_printed(section)
        words = self.texts[index][match.end() :]
        for last in range(index, min(index + 1 + LINES_AFTER, len(self.texts))):
            if last > index and (
                last in self.used
                or self._is_heading(self.texts[last])
                or NUMERAL_LINE.match(self.texts[last])
                or CODE_LINE.match(self.texts[last])
            ):
                return
            if (last_amount := self._amount(last)) is not None:
                self._accept_total(section, names, index, last, last_amount, words)
                return

    def _accept_total(
        self, section: Section, names: Sequence[str], index: int, last: int, last_amount: tuple[str, Decimal], words: str
    ) -> None:
        text, amount = last_amount
        beginning = text[len(text) - len(text.lstrip()) :] if last > index else NUMERAL_LINE.sub("", text)
        texts = [*([words] if last > index else []), *self.texts[index + 1 : last], beginning.strip("( ")]
        end = last + 1
        while end < min(len(self.texts), last + LINES_BEFORE) and self._is_free_text(end):
            end += 1
        ratios = {stop: best(" ".join((*texts, *self.texts[last + 1 : stop])), names) for stop in range(last + 1, end + 1)}
        stop = max(ratios, key=lambda item: ratios[item])
        is_alone = last == index and section in {Section.INCOME, Section.COSTS}
        if section in self.tree.totals or (ratios[stop] < LIKE_NAME and not is_alone):
            return
        self.tree.totals[section] = Total(amount, self.lines[last].number)
        self.used.update(range(index, stop if ratios[stop] >= LIKE_NAME else last + 1))


@lru_cache(maxsize=4096)
def is_like_heading(text: str) -> bool:
    """Whether a line of text looks like heads of columns."""
    threshold = LIKE_PHRASE if " " in text.strip() else LIKE_HEADING
    names = [name for name in classification().data["headings"]["scanned"] if (" " in name) == (" " in text.strip())]
    return any(is_as_long(text, name) and likeness(text, name) >= threshold for name in names)


def is_as_long(text: str, name: str) -> bool:
    """Whether two texts have about the same number of shapes."""
    lengths = sorted((len(shape(text)), len(shape(name))))
    return lengths[0] >= LIKE_LENGTH * lengths[1]


def paths_of_code(code: str, year: int) -> Iterator[tuple[Section, str, tuple[str, ...]]]:
    """Yield every section and path that a code can be the last of, with its names."""
    data = classification().data
    for key, category in classification().categories(year).items():
        entry = data["kinds"][key]
        section = Section(entry["section"])
        if category == code:
            yield section, category, classification().printed_names(key)
        for item in entry["classes"]:
            if item["code"] == code:
                yield section, f"{category}/{code}", (item["kk"], item["ru"])
            for subclass in item["subclasses"]:
                if subclass["code"] == code:
                    yield section, f"{category}/{item['code']}/{code}", (subclass["kk"], subclass["ru"])
    for group in data["functional_groups"]:
        if group["code"] == code:
            yield Section(group.get("section", Section.COSTS)), code, (group["kk"], group["ru"])
