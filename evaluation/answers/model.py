"""Values of the package: one organisation's report as stored, and one cell to change."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from evaluation.submissions.deadlines import EntryPeriod
from evaluation.submissions.locks import require_open, year_state


@dataclass(frozen=True, slots=True)
class ReportSnapshot:
    """One organisation's report of a year as stored, under the body that supervises the organisation on 31 December.

    `answers` and `evidence` map indicator codes to values in stored form. `report_id` is None and `version` is 0 when nothing is
    stored yet. `registry` are the facts of the registry that cautions read.
    """

    organisation_id: int
    organisation_bin: str
    kind: str
    body_id: int
    body_bin: str
    report_id: int | None
    version: int
    answers: Mapping[str, Any]
    evidence: Mapping[str, Any]
    registry: Mapping[str, Any]

    def value(self, code: str) -> Any:
        """Return an answer or an evidence value in stored form; None for a blank."""
        return self.answers.get(code, self.evidence.get(code))

    @property
    def has_answers(self) -> bool:
        """Whether any answer is stored; evidence does not count."""
        return any(value is not None for value in self.answers.values())


@dataclass(frozen=True, slots=True)
class EditableReport:
    """A report with what decides whether it takes changes: the status and the entry period of its body's year.

    `status` is None and `submission_version` 0 when the body's year has no submission row; `order_code` is None when the year is
    not open.
    """

    report: ReportSnapshot
    status: str | None
    submission_version: int
    order_code: str | None
    period: EntryPeriod

    @property
    def year_state(self) -> str:
        """The state of the body's year."""
        return year_state(self.submission_version, self.period)

    def require_open(self, year: int, today: date | None = None) -> None:
        """Check that the report takes changes on a day, by default the current one. Raises Locked."""
        require_open(self.status, year, self.period, today)


@dataclass(frozen=True, slots=True)
class AnswerInput:
    """One cell to change: an organisation's indicator or evidence item, its new value, and the value expected to be stored.

    Both values are in stored form; None is a blank. `year_state` is the state of the body's year in which the value was typed;
    None where it does not matter.
    """

    organisation_id: int
    code: str
    value: Any
    expected: Any = None
    year_state: str | None = None


def same_value(first: Any, second: Any) -> bool:
    """Return whether two values in stored form are equal and of one type, because true is not 1."""
    return type(first) is type(second) and bool(first == second)
