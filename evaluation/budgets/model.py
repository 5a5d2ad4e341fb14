"""What a budget decision says: lines, totals, inconsistencies and unread lines. Pure values; amounts in thousand tenge."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

UNIT = "thousand tenge"
"""The unit of every amount, whatever unit the source prints."""


class Section(StrEnum):
    """A section of a budget: I to VI of the form that the maslikhats approve."""

    INCOME = "income"
    COSTS = "costs"
    NET_LENDING = "net_lending"
    FINANCIAL_ASSETS = "financial_assets"
    DEFICIT = "deficit"
    FINANCING = "financing"


class SourceLine(NamedTuple):
    """One line of the source.

    Attributes:
        number: the line's number from 1: of the text, or of the text that the file's reader wrote.
        text: the line as printed, without its line break.
        cells: the cells of a table's row, empty ones included, where the file knows them (HTML, DOCX); None for plain text.
    """

    number: int
    text: str
    cells: tuple[str, ...] | None = None


@dataclass(frozen=True)
class BudgetLine:
    """A coded line of the budget.

    Attributes:
        section: where it stands.
        code: the full path of codes, such as "2/01/5" (category, class, subclass) or "01/2/489/005" (functional group,
            subgroup, administrator, programme).
        name: the name as printed, with broken lines joined and spaced letters closed.
        amount: thousand tenge.
        source_line: number of the line where the code is printed.
    """

    section: Section
    code: str
    name: str
    amount: Decimal
    source_line: int


@dataclass(frozen=True)
class Total:
    """The printed total of a section."""

    amount: Decimal
    source_line: int


@dataclass(frozen=True)
class Inconsistency:
    """A place where the decision contradicts itself.

    Attributes:
        where: the section's name, followed by the code of the line, if it is one: "costs/01/2/489".
        printed: the amount as printed, thousand tenge.
        computed: what the other lines give, thousand tenge.
        source_lines: numbers of the line of the printed amount and of the lines it is computed from.
    """

    where: str
    printed: Decimal
    computed: Decimal
    source_lines: tuple[int, ...]


@dataclass(frozen=True)
class UnreadLine:
    """A line of a budget's table that could not be read; nothing of it is in the lines.

    Attributes:
        source_line: the line's number.
        text: the line as printed.
        why: an untranslated message (:func:`evaluation.language.N_`).
    """

    source_line: int
    text: str
    why: str


@dataclass(frozen=True)
class BudgetDecision:
    """The budget of one body for one year, as a decision approves it.

    Attributes:
        body: whose budget, in the nominative where the rules of the language give it; "" if it could not be read.
        year: the budget's year; None if it could not be read.
        number: of the decision that prints these amounts (the amending one, if it amends); "" if it could not be read.
        date: of the same decision; None if it could not be read.
        totals: printed totals of the sections.
        lines: coded lines in the order of the source.
        inconsistencies: see :mod:`evaluation.budgets.checks`.
        unread: lines of the tables that could not be read.
    """

    body: str
    year: int | None
    number: str
    date: date | None
    totals: dict[Section, Total]
    lines: tuple[BudgetLine, ...]
    inconsistencies: tuple[Inconsistency, ...] = ()
    unread: tuple[UnreadLine, ...] = ()
