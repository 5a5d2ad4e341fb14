"""What a workbook would change, before anything is changed."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

import orjson

from evaluation.answers.issues import Problem
from evaluation.answers.queries import Stored
from evaluation.workbooks.format.model import PREVIOUS, Workbook

Mode = Literal["overwrite", "blanks"]
"""Whether stored answers give way to the workbook's, or stay and only blanks are filled."""
OVERWRITE: Mode = "overwrite"
BLANKS: Mode = "blanks"
State = Literal["new", "changed", "kept"]
"""Of a cell that says something else than what is stored: nothing is stored, it replaces that, or that stays."""

Places = dict[str, list[int]]
"""By worksheet, the organisation id of each row; -1 where the registry has no place for it."""
Change = tuple[Any, Any]
"""What is stored (None for a blank) and what the workbook says, in stored form."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of the workbook that says something else than what is stored; `position` is its row's among those read."""

    worksheet: str
    position: int
    code: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class Met:
    """A row whose report is stored and would change, or would if stored answers gave way: code → change."""

    kind: str
    position: int
    organisation_id: int
    stored: Stored
    new: Mapping[str, Change]
    changed: Mapping[str, Change]
    kept: Mapping[str, Change]

    @property
    def data(self) -> dict[str, Change]:
        """What is written, as the record tells it."""
        return {**self.new, **self.changed}


@dataclass(frozen=True, slots=True)
class Declared:
    """A count of last year as the worksheet `previous` declares it; `old` is None where none is stored."""

    position: int
    code: str
    body_id: int
    kind: str
    criterion: str
    old: int | None
    new: int


@dataclass
class Plan:
    """What a workbook would do to what is stored, in one of the modes.

    `fresh` are, by kind, the positions of rows without a stored report; `today` is the day by which years are locked. `errors`
    forbid applying it; with errors the rest tells of the cells that could be read.
    """

    workbook: Workbook
    mode: Mode
    bodies: dict[str, int]
    places: Places
    stored: dict[int, Stored]
    today: date
    fresh: dict[str, list[int]] = field(default_factory=dict)
    met: list[Met] = field(default_factory=list)
    declared: list[Declared] = field(default_factory=list)
    unchanged_reports: int = 0
    unchanged: int = 0
    errors: list[Problem] = field(default_factory=list)

    def cells(self, state: State) -> Iterator[Cell]:
        """The cells of a state in the workbook's order."""
        met: dict[str, list[Met]] = {}
        for row in self.met:
            met.setdefault(row.kind, []).append(row)
        for kind, sheet in self.workbook.sheets.items():
            found = [(row.position, code, pair) for row in met.get(kind, ()) for code, pair in getattr(row, state).items()]
            if state == "new":
                for position in self.fresh.get(kind, ()):
                    given = sheet.answers[position] | sheet.evidence[position]
                    found.extend((position, code, (None, value)) for code, value in given.items())
            found.sort(key=lambda each: (each[0], sheet.places[each[1]]))
            for position, code, (old, new) in found:
                yield Cell(kind, position, code, old, new)
        for count in self.declared:
            if self.state_of(count) == state:
                yield Cell(PREVIOUS, count.position, count.code, count.old, count.new)

    def state_of(self, count: Declared) -> State:
        """What becomes of a declared count."""
        if count.old is None:
            return "new"
        return "changed" if self.mode == OVERWRITE else "kept"

    def count(self, state: State) -> int:
        """How many cells are in a state."""
        found = sum(len(getattr(row, state)) for row in self.met) + sum(self.state_of(each) == state for each in self.declared)
        if state == "new":
            for kind, positions in self.fresh.items():
                sheet = self.workbook.sheets[kind]
                found += sum(len(sheet.answers[position]) + len(sheet.evidence[position]) for position in positions)
        return found

    @property
    def empty(self) -> bool:
        """Whether nothing would be written."""
        return not (self.count("new") or self.count("changed"))

    @property
    def digest(self) -> str:
        """Of exactly these changes: who was shown others has not agreed to these."""
        hashed = hashlib.sha256(f"{self.workbook.order.code} {self.workbook.year} {self.mode}".encode())
        for state in ("new", "changed", "kept"):
            for cell in self.cells(state):
                where = self.owner(cell), cell.worksheet, cell.position, cell.code
                hashed.update(orjson.dumps((state, *where, cell.old, cell.new)))
        return hashed.hexdigest()

    def owner(self, cell: Cell) -> Any:
        """The organisation's id, or for a declared count the body's BIN."""
        if cell.worksheet == PREVIOUS:
            return self.workbook.previous.columns["body_bin"][cell.position]
        return self.places[cell.worksheet][cell.position]
