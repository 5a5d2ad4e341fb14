"""Gives every row of an annex its place: the section, and the path of codes by position, shape, name and order."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from evaluation.budgets.classification import Classification, classification
from evaluation.budgets.model import BudgetLine, Section, Total, UnreadLine
from evaluation.budgets.pieces import THOUSAND, Piece, Side
from evaluation.budgets.rows import NO_ROW, Entry, Row
from evaluation.language import N_

UNPLACED = N_("It is not certain where the code belongs.")
NO_CODE = N_("The row has no legible code.")
CATEGORY, CLASS, SUBCLASS, SPECIFIC = range(4)
GROUP, SUBGROUP, ADMINISTRATOR, PROGRAMME, SUBPROGRAMME = range(5)
SHORT, MIDDLE, LONG = 1, 2, 3
"""Digits of a code: of a category, subclass or subgroup; of a class or functional group; of an administrator or programme."""
SIDE_OF_TOTAL = {
    Section.INCOME: Side.RECEIPTS,
    Section.COSTS: Side.EXPENDITURES,
    Section.NET_LENDING: Side.EXPENDITURES,
    Section.FINANCIAL_ASSETS: Side.EXPENDITURES,
    Section.DEFICIT: Side.RECEIPTS,
    Section.FINANCING: Side.RECEIPTS,
}
"""Which codes follow a total if no heading says it."""


@dataclass
class Tree:
    """What an annex says.

    Attributes:
        lines: coded lines in the order of the source.
        totals: printed totals.
        parts: amounts of rows without a code, by what they are a part of (``[parts]`` of the classification).
        unread: what could not be read.
    """

    lines: list[BudgetLine] = field(default_factory=list)
    totals: dict[Section, Total] = field(default_factory=dict)
    parts: dict[str, Total] = field(default_factory=dict)
    unread: list[UnreadLine] = field(default_factory=list)


class TreeBuilder:
    """Builds the tree of one annex, row by row."""

    def __init__(self, year: int | None) -> None:
        self.year = year
        self.data: Classification = classification()
        self.tree = Tree()
        self.section = Section.INCOME
        self.total_section = Section.INCOME
        self.side: Side | None = None
        self.unit, self.heading_unit = THOUSAND, 0
        self.path: list[tuple[int, str, int]] = []
        """Level, code and column of the codes above the next row."""

    def build(self, rows: Sequence[Row | Piece]) -> Tree:
        """Return the tree of the rows, between which headings stand."""
        in_heading = False
        for row in rows:
            if isinstance(row, Row):
                self._row(row)
            else:
                self._heading(row, first=not in_heading)
            in_heading = not isinstance(row, Row)
        self.tree.unread.sort(key=lambda line: line.source_line)
        return self.tree

    def _heading(self, piece: Piece, *, first: bool) -> None:
        if piece.side is not None and piece.side is not self.side:
            self.side, self.path = piece.side, []
        self.heading_unit = max(piece.unit, 0 if first else self.heading_unit)
        self.unit = self.heading_unit or self.unit

    def _row(self, row: Row) -> None:
        if row.codes:
            self._coded(row)
        elif row.parts:
            self._without_code(row)
        else:
            self._refuse(row, row.why)

    def _without_code(self, row: Row) -> None:
        name = row.name
        section = self.data.total(name)
        if section is not None:
            self.total_section = self.section = section
            self.side, self.path = SIDE_OF_TOTAL[section], []
            if row.amount is None or row.why or section in self.tree.totals:
                self._refuse(row, row.why or NO_ROW)
            else:
                self.tree.totals[section] = Total(self._amount(row.amount), row.line)
            return
        part = self.data.part(name)
        if part is not None and row.amount is not None and not row.why:
            self.tree.parts.setdefault(f"{self.total_section}/{part}", Total(self._amount(row.amount), row.line))
            self.path = []
        elif row.amount is not None or (
            row.why and (part is not None or self.data.is_row_name(name) or (row.numeral is False and self._has_digits(row)))
        ):
            self._refuse(row, row.why if row.amount is None else NO_CODE)

    def _has_digits(self, row: Row) -> bool:
        return any(entry.piece.doubt for entry in row.entries)

    def _coded(self, row: Row) -> None:
        name = row.name
        self._choose_side(row, name)
        for index, (code, column) in enumerate(row.codes):
            is_last = index == len(row.codes) - 1
            level = self._level(code, column, name if is_last else "", index, row)
            if level is None:
                self._refuse(row, UNPLACED)
                return
            self.path = [step for step in self.path if step[0] < level]
            self.path.append((level, code, column))
        if self.path[0][0] != 0:
            self._refuse(row, UNPLACED)
            return
        self._choose_section(name)
        if row.amount is None or row.why:
            self._refuse(row, row.why)
            return
        path = "/".join(code for _, code, _ in self.path)
        self.tree.lines.append(BudgetLine(self.section, path, name, self._amount(row.amount), row.line))

    def _choose_side(self, row: Row, name: str) -> None:
        """Go to the other kind of codes where code and name are those of a category or of a functional group."""
        code = row.codes[0][0]
        if (
            self.side is not Side.RECEIPTS
            and len(code) == SHORT
            and self.data.is_category(code, name)
            and not self._fits_subgroup(code)
        ):
            self.side, self.path = Side.RECEIPTS, []
        elif self.side is not Side.EXPENDITURES and len(code) == MIDDLE and self.data.is_functional_group(code, name):
            self.side, self.path = Side.EXPENDITURES, []
        elif self.side is None:
            self.side = Side.RECEIPTS if len(code) == SHORT else Side.EXPENDITURES

    def _fits_subgroup(self, code: str) -> bool:
        """Whether the row before can have a subgroup with this code: it is a functional group."""
        return self.side is Side.EXPENDITURES and bool(self.path) and self.path[-1][0] == GROUP and len(code) == SHORT

    def _level(self, code: str, column: int, name: str, index: int, row: Row) -> int | None:
        """Return the level of a code; None if it is not certain."""
        if self.side is Side.RECEIPTS:
            if len(code) == SHORT:
                return self._short_receipt(code, column, name, index, row)
            return SPECIFIC if len(code) == LONG or self._is_specific(code, column, name, index) else CLASS
        if len(code) == MIDDLE:
            return GROUP
        if len(code) == SHORT:
            return SUBGROUP
        return self._long_expenditure(code, column, name, index)

    def _is_specific(self, code: str, column: int, name: str, index: int) -> bool:
        """Whether two digits stand below a subclass: by their column, else because no class follows with such a code."""
        columns = {level: column_above for level, _, column_above in self.path}
        if SUBCLASS not in columns or (index == 0 and columns[SUBCLASS] == columns[CLASS] and self.data.is_row_name(name)):
            return False
        if columns[SUBCLASS] != columns[CLASS]:
            return column > columns[SUBCLASS]
        return code <= next(item for level, item, _ in self.path if level == CLASS)

    def _short_receipt(self, code: str, column: int, name: str, index: int, row: Row) -> int | None:
        """Return whether one digit is a category or a subclass: by its column, else by its name, else by the order of codes."""
        if (index == 0 and len(row.codes) > 1) or not self.path:
            return CATEGORY
        columns = {level: column_above for level, _, column_above in self.path}
        codes = {level: item for level, item, _ in self.path}
        if index > 0 and CLASS in codes:
            return SUBCLASS
        if columns.get(CATEGORY) != columns.get(CLASS) and CLASS in columns:
            return CATEGORY if column <= columns.get(CATEGORY, -1) else SUBCLASS
        if CLASS not in codes:
            return CATEGORY
        if self.data.is_category(code, name) or (row.why and self.data.begins_as_category(code, name)):
            return CATEGORY
        if self.data.is_subclass(codes.get(CATEGORY, ""), codes[CLASS], code, name, self.year):
            return SUBCLASS
        can_be_subclass = code > codes.get(SUBCLASS, "")
        can_be_category = code > codes.get(CATEGORY, "") and self.data.kind_named(name) is not None
        if can_be_subclass and not can_be_category:
            return SUBCLASS
        return CATEGORY if code > codes.get(CATEGORY, "") and not can_be_subclass else None

    def _long_expenditure(self, code: str, column: int, name: str, index: int) -> int:
        """Return the level of three digits: by the row above, by the column, by the name."""
        deepest = self.path[-1][0] if self.path else -1
        if deepest <= SUBGROUP:
            return ADMINISTRATOR
        columns = {level: column_above for level, _, column_above in self.path}
        if deepest == ADMINISTRATOR and index > 0:
            return PROGRAMME
        if PROGRAMME in columns and columns[PROGRAMME] != columns[ADMINISTRATOR]:
            if column <= columns[ADMINISTRATOR]:
                return ADMINISTRATOR
            return PROGRAMME if column <= columns[PROGRAMME] else SUBPROGRAMME
        if deepest == ADMINISTRATOR:
            return PROGRAMME
        if index > 0 or self.data.is_subprogramme(name):
            return SUBPROGRAMME
        return ADMINISTRATOR if self.data.is_administrator(name) else PROGRAMME

    def _choose_section(self, name: str) -> None:
        """Set the section of the row: that of its category or functional group, else the one whose total stands above."""
        code = self.path[0][1]
        if self.side is Side.RECEIPTS:
            if len(self.path) == 1:
                kind = self.data.kind(code, name, self.year)
                self.section = kind.section if kind is not None else self.total_section
            return
        default = Section.COSTS if self.total_section in {Section.INCOME, Section.DEFICIT} else self.total_section
        self.section = self.data.group_sections.get(code, default)

    def _amount(self, amount: Decimal) -> Decimal:
        return amount if self.unit == THOUSAND else amount * self.unit / THOUSAND

    def _refuse(self, row: Row, why: str) -> None:
        """List the lines of a row that have digits or begin it, as unread."""
        listed: list[Entry] = [
            entry for entry in row.entries if any(character.isdigit() for character in entry.text)
        ] or row.entries[:1]
        self.tree.unread.extend(UnreadLine(entry.number, entry.text, why) for entry in listed)
