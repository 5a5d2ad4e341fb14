"""A proposed change of grid cells: shown first, and stored only if nothing of what was shown has changed."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson

from evaluation.answers.checks import Issue
from evaluation.answers.issues import CellIssue
from evaluation.answers.model import AnswerInput
from evaluation.errors import EvaluationError
from evaluation.language import N_


class GridRow(NamedTuple):
    """An organisation with its answers of this year and of last year, in stored form.

    `id` is the organisation's; `names` are its names in Kazakh and Russian; `last_year_answers` is None without a report of last
    year; `registry` are the facts of the registry that cautions read. A tuple rather than a dataclass, since each request makes
    many hundreds of them.
    """

    id: int
    bin: str
    names: tuple[str, str]
    answers: Mapping[str, Any]
    evidence: Mapping[str, Any] = MappingProxyType({})
    last_year_answers: Mapping[str, Any] | None = None
    registry: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class RejectedCell:
    """A cell of a pasted block that cannot be stored.

    Attributes:
        block_row: its row in the block, from 1.
        issue: why it cannot be stored.
        grid_row: the organisation of its row, if identified.
        code: the indicator of its column, if identified.
        text: the content of the cell.
    """

    block_row: int
    issue: CellIssue
    grid_row: GridRow | None = None
    code: str | None = None
    text: str = ""


@dataclass(frozen=True)
class Proposal:
    """What a pasted block or a fill would change, and which cells of the block are rejected.

    Attributes:
        edits: the changes.
        unchanged_count: cells whose value is stored already.
        preserved_count: stored answers that blank cells of the block leave unchanged.
        rejected_cells: cells that cannot be stored.
        issues: contradictions and cautions in the changed organisations, as they would be after the change.
        rows_by_bin: rows are identified by BIN, otherwise by position.
        columns_by_heading: columns are identified by heading, otherwise by position.
        unknown_headings: headings that name no column.
        excess_row_count: rows of the block after the last row of the grid.
        excess_column_count: columns of the block after the last column of the grid.
    """

    edits: tuple[AnswerInput, ...] = ()
    unchanged_count: int = 0
    preserved_count: int = 0
    rejected_cells: tuple[RejectedCell, ...] = ()
    issues: tuple[tuple[GridRow, Issue], ...] = ()
    rows_by_bin: bool = False
    columns_by_heading: bool = False
    unknown_headings: tuple[str, ...] = ()
    excess_row_count: int = 0
    excess_column_count: int = 0

    @cached_property
    def additions(self) -> list[AnswerInput]:
        """The edits that fill blanks."""
        return [edit for edit in self.edits if edit.expected is None]

    @cached_property
    def replacements(self) -> list[AnswerInput]:
        """The edits that replace an answer by another one."""
        return [edit for edit in self.edits if edit.expected is not None and edit.value is not None]

    @cached_property
    def erasures(self) -> list[AnswerInput]:
        """The edits that make an answer blank."""
        return [edit for edit in self.edits if edit.value is None]

    @property
    def is_safe(self) -> bool:
        """Whether the change only fills blanks, without errors and without parts of the block that are left out."""
        has_excess = self.unknown_headings or self.excess_row_count or self.excess_column_count
        has_errors = any(issue.severity == "error" for _, issue in self.issues)
        return len(self.additions) == len(self.edits) and not (self.rejected_cells or has_excess or has_errors)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the edits; a request to store names the digest of the proposal that was shown."""
        cells = [(edit.organisation_id, edit.code, edit.value, edit.expected) for edit in self.edits]
        return hashlib.sha256(orjson.dumps(sorted(cells, key=lambda cell: cell[:2]))).hexdigest()


class BlockTooLarge(EvaluationError):
    """A pasted block exceeds the limits of :mod:`evaluation.answers.grid.block`."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE

    def __init__(self) -> None:
        super().__init__(N_("This is too much at once. Paste fewer rows, or send them as a workbook."))


def edited_answers(rows: Sequence[GridRow], edits: Sequence[AnswerInput]) -> list[dict[str, Any]]:
    """Return the answers of n rows as they would be after the edits."""
    positions = {row.id: position for position, row in enumerate(rows)}
    answers = [dict(row.answers) for row in rows]
    for edit in edits:
        document = answers[positions[edit.organisation_id]]
        if edit.value is None:
            document.pop(edit.code, None)
        else:
            document[edit.code] = edit.value
    return answers
