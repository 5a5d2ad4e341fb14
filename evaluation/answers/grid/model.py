"""What is proposed to a table of answers: shown first, taken only when nothing of what was shown has changed."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson

from evaluation.answers.checks import Finding
from evaluation.answers.issues import Problem
from evaluation.answers.save import AnswerInput
from evaluation.errors import EvaluationError


class Line(NamedTuple):
    """An organisation's row: what it answered this year and last year (None where no report is known), stored form.

    A tuple, since a table makes many hundreds of them for every request.
    """

    id: int
    bin: str
    names: tuple[str, str]
    answers: Mapping[str, Any]
    evidence: Mapping[str, Any] = MappingProxyType({})
    last: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class WrongCell:
    """A cell that is not taken. `row` is the block's, from 1; the organisation and column where they are known."""

    row: int
    problem: Problem
    line: Line | None = None
    code: str | None = None
    given: str = ""


@dataclass(frozen=True)
class Proposal:
    """What would be changed, and what of a block would not be taken.

    `by_bin`: rows were matched by their BINs; `headed`: columns by their headings. `unknown` are headings of no column.
    `rows_beyond` and `columns_beyond` count what reaches past the table's end, `kept` the answers that blank cells leave alone.
    """

    edits: tuple[AnswerInput, ...] = ()
    unchanged: int = 0
    kept: int = 0
    wrong: tuple[WrongCell, ...] = ()
    findings: tuple[tuple[Line, Finding], ...] = ()
    by_bin: bool = False
    headed: bool = False
    unknown: tuple[str, ...] = ()
    rows_beyond: int = 0
    columns_beyond: int = 0

    @cached_property
    def new(self) -> list[AnswerInput]:
        """Blanks that get an answer."""
        return [edit for edit in self.edits if edit.expected is None]

    @cached_property
    def changed(self) -> list[AnswerInput]:
        """Answers that become another one."""
        return [edit for edit in self.edits if edit.expected is not None and edit.value is not None]

    @cached_property
    def emptied(self) -> list[AnswerInput]:
        return [edit for edit in self.edits if edit.value is None]

    @property
    def plain(self) -> bool:
        """Whether blanks are filled and nothing else is to be said: no answer is overwritten, nothing is wrong or left out."""
        beyond = self.unknown or self.rows_beyond or self.columns_beyond
        contradicts = any(finding.severity == "error" for _, finding in self.findings)
        return len(self.new) == len(self.edits) and not (self.wrong or beyond or contradicts)

    @cached_property
    def digest(self) -> str:
        """Of exactly these changes: what is taken under it is what was shown."""
        cells = [(edit.organisation_id, edit.code, edit.value, edit.expected) for edit in self.edits]
        return hashlib.sha256(orjson.dumps(sorted(cells, key=lambda cell: cell[:2]))).hexdigest()


class BlockTooLarge(EvaluationError):
    """More was pasted than is read at once."""


def documents(lines: Sequence[Line], edits: Sequence[AnswerInput]) -> list[dict[str, Any]]:
    """The lines' answers as they would be after the edits."""
    place = {line.id: position for position, line in enumerate(lines)}
    after = [dict(line.answers) for line in lines]
    for edit in edits:
        document = after[place[edit.organisation_id]]
        if edit.value is None:
            document.pop(edit.code, None)
        else:
            document[edit.code] = edit.value
    return after
