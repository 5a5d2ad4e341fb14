"""The cells of a change in words, for the pages and dialogs that show it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from evaluation.answers.grid.format import writer
from evaluation.answers.grid.model import Line, Proposal
from evaluation.answers.save import AnswerInput, Saved
from evaluation.language import N_
from evaluation.web.core.request_context import current_language, moment
from evaluation.web.entry.grid.context import Place

MOST_SHOWN = 100
"""Cells of each sort that a preview lists; the rest it counts."""
MOST_FOUND = 30
"""The same of what was found across answers, which stands folded away."""


@dataclass(frozen=True, slots=True)
class Told:
    """A cell: whose, in which column, what it was and what it becomes, or what is wrong with it, in which row of a block."""

    own: str
    column: str
    before: str = ""
    after: str = ""
    said: str = ""
    row: int = 0


@dataclass(frozen=True, slots=True)
class Outline:
    """What a proposal comes to, in numbers.

    A page is given no more: what it was given stays in memory until the collector comes round, and a proposal holds thousands of
    objects.
    """

    edits: int
    new: int
    changed: int
    emptied: int
    unchanged: int
    kept: int
    wrong: int
    by_bin: bool
    headed: bool
    unknown: tuple[str, ...]
    rows_beyond: int
    columns_beyond: int
    digest: str
    plain: bool

    @classmethod
    def of(cls, proposal: Proposal) -> "Outline":
        found: dict[str, Any] = {each.name: getattr(proposal, each.name) for each in fields(cls)}
        return cls(**found | {name: len(found[name]) for name in ("edits", "new", "changed", "emptied", "wrong")})


class Teller:
    """Says what is in cells of a table's lines, in the page's language."""

    def __init__(self, place: Place, lines: Sequence[Line]):
        self.order, self.kind, self.spoken = place.order, place.kind, current_language()
        self.lines = {line.id: line for line in lines}

    def own(self, line: Line | None) -> str:
        """An organisation's name in the language, or the one it is known by; empty for none."""
        if line is None:
            return ""
        kk, ru = line.names
        return ((ru or kk) if self.spoken.code == "ru" else (kk or ru)) or line.bin

    def column(self, code: str | None) -> str:
        return self.order.by_code[code].label[self.spoken.code] if code else ""

    def edits(self, edits: Sequence[AnswerInput]) -> list[Told]:
        """The first of these edits."""
        shown = edits[:MOST_SHOWN]
        write = {code: writer(self.order, self.order.by_code[code], self.spoken) for code in {edit.code for edit in shown}}
        return [
            Told(
                self.own(self.lines[edit.organisation_id]),
                self.column(edit.code),
                write[edit.code](edit.expected),
                write[edit.code](edit.value),
            )
            for edit in shown
        ]

    def filled(self, proposal: Proposal) -> Told | None:
        """The column whose blanks are filled, and the answer with its unit; None where there are no blanks."""
        cells = self.edits(proposal.new[:1])
        if not cells or self.order.by_code[proposal.new[0].code].type != "money":
            return cells[0] if cells else None
        return replace(cells[0], after=self.spoken.gettext(N_("%(amount)s tenge"), amount=cells[0].after))

    def wrong(self, proposal: Proposal) -> list[Told]:
        """The first of the cells that are not taken."""
        return [
            Told(
                self.own(cell.line),
                self.column(cell.code),
                after=cell.given,
                said=cell.problem.message(self.spoken),
                row=cell.row,
            )
            for cell in proposal.wrong[:MOST_SHOWN]
        ]

    def findings(self, proposal: Proposal) -> dict[str, tuple[list[Told], int]]:
        """What is contradictory or odd after the change, by severity: the first of them, and how many there are."""
        counted: Counter[str] = Counter(finding.severity for _, finding in proposal.findings)
        told: dict[str, list[Told]] = {"error": [], "warning": []}
        for line, finding in proposal.findings:
            listed = told[finding.severity]
            if len(listed) < MOST_FOUND:
                listed.append(Told(self.own(line), self.column(finding.code), said=finding.message[self.spoken.code]))
        return {severity: (cells, counted[severity]) for severity, cells in told.items()}

    def clashes(self, done: Saved) -> list[dict[str, Any]]:
        """The first of the cells that somebody else changed: what stands there, who put it there and when."""
        found = []
        for clash in done.conflicts[:MOST_SHOWN]:
            item = self.order.by_code[clash.edit.code]
            theirs = writer(self.order, item, self.spoken)(clash.theirs)
            own = self.own(self.lines.get(clash.edit.organisation_id))
            column = self.column(clash.edit.code)
            found.append({"own": own, "column": column, "theirs": theirs, "who": clash.who, "at": moment(clash.at)})
        return found

    def stored(self, done: Saved) -> dict[str, dict[str, Any]]:
        """What stands in each cell of the table now: BIN → code → (stored form, text)."""
        write = {item.code: writer(self.order, item, self.spoken) for item in self.order.asked_of(self.kind)}
        cells: dict[str, dict[str, Any]] = {}
        for edit in done.changed + done.unchanged:
            line = self.lines.get(edit.organisation_id)
            if line is not None and edit.code in write:
                cells.setdefault(line.bin, {})[edit.code] = (edit.value, write[edit.code](edit.value))
        return cells
