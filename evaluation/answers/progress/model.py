"""Values of progress."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Self

from evaluation.answers.checks import Issue
from evaluation.answers.model import ReportSnapshot

Stage = Literal["blank", "partial", "complete"]


@dataclass(frozen=True)
class OrganisationProgress:
    """One organisation's report with its progress and issues.

    - `last_year_answers`: last year's answers in stored form; None without a stored report that the viewer can see.
    - `answered`, `required`: numbers of answered and of required indicators.
    - `blank`: codes of the required indicators without an answer, in the form's order.
    - `issues`: what the checks report, in the form's order.
    """

    report: ReportSnapshot
    last_year_answers: Mapping[str, Any] | None
    answered: int
    required: int
    blank: tuple[str, ...]
    issues: tuple[Issue, ...]

    @property
    def organisation_id(self) -> int:
        """The organisation's id."""
        return self.report.organisation_id

    @property
    def bin(self) -> str:
        """The organisation's BIN."""
        return self.report.organisation_bin

    @property
    def kind(self) -> str:
        """The organisation's kind."""
        return self.report.kind

    @property
    def version(self) -> int:
        """The report's version; 0 when nothing is stored."""
        return self.report.version

    @property
    def answers(self) -> Mapping[str, Any]:
        """The report's answers in stored form."""
        return self.report.answers

    @property
    def evidence(self) -> Mapping[str, Any]:
        """The report's evidence in stored form."""
        return self.report.evidence

    @property
    def stage(self) -> Stage:
        """Whether none, some or all of the required indicators are answered."""
        if not self.blank:
            return "complete"
        return "partial" if self.answered else "blank"

    @property
    def errors(self) -> int:
        """Number of errors."""
        return sum(issue.severity == "error" for issue in self.issues)

    @property
    def warnings(self) -> int:
        """Number of warnings without a reason."""
        return sum(issue.severity == "warning" and issue.is_open for issue in self.issues)

    @property
    def is_unfinished(self) -> bool:
        """Whether the report has blank answers, errors, or warnings without a reason."""
        return bool(self.blank or self.errors or self.warnings)


@dataclass(frozen=True)
class ProgressTotals:
    """Sums over organisations: numbers of organisations by stage, of answers and of issues, and of organisations with issues.

    Only warnings without a reason are counted.
    """

    organisations: int = 0
    blank: int = 0
    partial: int = 0
    complete: int = 0
    answered: int = 0
    required: int = 0
    errors: int = 0
    warnings: int = 0
    with_errors: int = 0
    with_warnings: int = 0

    @classmethod
    def of(cls, organisations: Iterable[OrganisationProgress]) -> Self:
        """Sum over these organisations."""
        summed = list(organisations)
        stages = [organisation.stage for organisation in summed]
        errors, warnings = [item.errors for item in summed], [item.warnings for item in summed]
        return cls(
            organisations=len(summed),
            blank=stages.count("blank"),
            partial=stages.count("partial"),
            complete=stages.count("complete"),
            answered=sum(organisation.answered for organisation in summed),
            required=sum(organisation.required for organisation in summed),
            errors=sum(errors),
            warnings=sum(warnings),
            with_errors=sum(map(bool, errors)),
            with_warnings=sum(map(bool, warnings)),
        )


@dataclass(frozen=True)
class BodyProgress:
    """The progress of a body's organisations by organisation id, ordered by kind as in the order, then by BIN."""

    organisations: Mapping[int, OrganisationProgress]

    @cached_property
    def totals(self) -> Mapping[str, ProgressTotals]:
        """Kind → totals, of the kinds that have organisations here."""
        by_kind: dict[str, list[OrganisationProgress]] = {}
        for organisation in self.organisations.values():
            by_kind.setdefault(organisation.kind, []).append(organisation)
        return {kind: ProgressTotals.of(of_kind) for kind, of_kind in by_kind.items()}

    @cached_property
    def total(self) -> ProgressTotals:
        """The totals of all organisations."""
        return ProgressTotals.of(self.organisations.values())
