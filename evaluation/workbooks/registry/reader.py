"""Reads a registry workbook's cells: what stands in each row, and what is wrong with a cell taken by itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evaluation.answers import values
from evaluation.answers.issues import Problem, Refused
from evaluation.answers.values import Wrong
from evaluation.criteria import Orders
from evaluation.memory import bulk
from evaluation.workbooks.format.model import FIRST_ROW
from evaluation.workbooks.format.normalise import Fault
from evaluation.workbooks.format.safe_open import PRIVATE, Package, cell_name
from evaluation.workbooks.registry.columns import COLUMNS, WORKSHEETS, Reader, readers

BIN = "bin"


@dataclass
class Row:
    """A row: its worksheet and number from 0, where each column stands, the values of its cells that are not blank.

    `wrong` are the columns whose cell cannot be read.
    """

    worksheet: str
    number: int
    places: Mapping[str, int]
    cells: dict[str, Any] = field(default_factory=dict)
    wrong: set[str] = field(default_factory=set)

    def problem(self, problem: str, code: str, found: Mapping[str, Any] | None = None) -> Problem:
        """Something wrong with a cell; where the column is not there, with the row's BIN."""
        at = code if code in self.places else BIN
        return Problem(problem, self.worksheet, cell_name(self.number, self.places[at]), code, found or {})


@dataclass
class Read:
    """The rows of both worksheets, what is wrong, and what is worth a second look."""

    rows: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in WORKSHEETS})
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)


def read(data: bytes, orders: Orders, known: Mapping[str, Any]) -> Read:
    """Read a workbook; BINs that are `known` need no check. Raises Refused where it cannot be opened at all."""
    with bulk():
        package, found = Package(data), Read()
        for name in package.names:
            if name not in WORKSHEETS and not name.startswith(PRIVATE):
                found.problems.append(Problem("unknown_worksheet", name, values={"expected": ", ".join(WORKSHEETS)}))
        here = [name for name in WORKSHEETS if name in package.names]
        if not here:
            raise Refused([*found.problems, Problem("missing_worksheet", WORKSHEETS[0], values={"name": WORKSHEETS[0]})])
        by_type = readers(orders, known)
        for name in here:
            package.parse(name)
            _worksheet(name, package, by_type, found)
    return found


def _worksheet(name: str, package: Package, by_type: Mapping[str, Reader], found: Read) -> None:
    rows = package.rows(name)
    places = _headings(name, rows[0] if rows else [], found)
    if BIN not in places:
        found.problems.append(Problem("missing_column", name, cell_name(0, 0), BIN, {"column": BIN}))
        return
    _unread(name, rows, found)
    read = {column.code: by_type[column.type] for column in COLUMNS[name] if column.code in places}
    seen: dict[str, int] = {}
    for number, cells in enumerate(rows[FIRST_ROW:], start=FIRST_ROW):
        row = Row(name, number, places)
        for code, place in places.items():
            _cell(row, code, cells[place] if place < len(cells) else "", read[code], found)
        if not row.cells and not row.wrong:
            continue
        bin_ = row.cells.get(BIN)
        if bin_ is None:
            if BIN not in row.wrong:
                found.problems.append(row.problem("missing_value", BIN))
        elif seen.setdefault(bin_, number) != number:
            found.problems.append(row.problem("duplicate_entry", BIN, {"value": bin_, "row": seen[bin_] + 1}))
        else:
            found.rows[name].append(row)
    for last, merged in package.merged(name):
        if last >= FIRST_ROW:
            found.warnings.append(Problem("merged_cells", name, merged.partition(":")[0], None, {"range": merged}))


def _cell(row: Row, code: str, cell: Any, read: Reader, found: Read) -> None:
    try:
        if isinstance(cell, Fault):
            raise Wrong(cell.problem, value=cell.value)
        if not values.is_blank(cell):
            value = read(cell)
            if value != "":
                row.cells[code] = value
    except Wrong as wrong:
        row.wrong.add(code)
        found.problems.append(row.problem(wrong.problem, code, wrong.values))


def _headings(name: str, cells: Sequence[object], found: Read) -> dict[str, int]:
    """Column code → place."""
    places: dict[str, int] = {}
    known = {column.code for column in COLUMNS[name]}
    for place, cell in enumerate(cells):
        if values.is_blank(cell):
            continue
        code = cell.value if isinstance(cell, Fault) else values.shown(cell)
        problem = "duplicate_column" if code in places else None if code in known else "unknown_column"
        if problem is None:
            places[code] = place
        else:
            found.problems.append(Problem(problem, name, cell_name(0, place), None, {"column": code}))
    return places


def _unread(name: str, rows: Sequence[Sequence[object]], found: Read) -> None:
    """Columns that hold something but have no code."""
    headed = {place for place, cell in enumerate(rows[0]) if not values.is_blank(cell)}
    filled = {place for row in rows[FIRST_ROW:] for place, cell in enumerate(row) if place not in headed and cell != ""}
    for place in sorted(filled):
        cell = cell_name(0, place)
        found.warnings.append(Problem("column_without_code", name, cell, None, {"column": cell.rstrip("1")}))
