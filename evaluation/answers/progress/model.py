"""The state of a body's year as values."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Self

from evaluation.answers.checks import Cost, Finding

Stage = Literal["blank", "partly", "done"]


@dataclass(frozen=True)
class OrganisationState:
    """One organisation's report: what is asked and answered, what was found, what its breaches cost.

    `answers`, `evidence` and `last` (last year's answers, None without a report that the viewer may see) are in stored form;
    `version` is 0 where nothing was ever stored. `blank` are the indicators asked and unanswered, in the form's order.
    """

    id: int
    bin: str
    kind: str
    version: int
    answers: Mapping[str, Any]
    evidence: Mapping[str, Any]
    last: Mapping[str, Any] | None
    answered: int
    asked: int
    blank: tuple[str, ...]
    findings: tuple[Finding, ...]
    costs: tuple[Cost, ...]

    @property
    def stage(self) -> Stage:
        """Nothing answered, some of what is asked, or all of it."""
        if not self.blank:
            return "done"
        return "partly" if self.answered else "blank"

    @property
    def errors(self) -> int:
        return sum(finding.severity == "error" for finding in self.findings)

    @property
    def warnings(self) -> int:
        """Warnings that no reason has been given for."""
        return sum(finding.severity == "warning" and finding.open for finding in self.findings)


@dataclass(frozen=True)
class Totals:
    """Sums over organisations: how many there are by stage, their answers, their findings, and how many have any.

    Warnings count while no reason has been given for them.
    """

    organisations: int = 0
    blank: int = 0
    partly: int = 0
    done: int = 0
    answered: int = 0
    asked: int = 0
    errors: int = 0
    warnings: int = 0
    with_errors: int = 0
    with_warnings: int = 0

    @classmethod
    def of(cls, organisations: Iterable[OrganisationState]) -> Self:
        all_ = list(organisations)
        stages = [each.stage for each in all_]
        errors, warnings = [each.errors for each in all_], [each.warnings for each in all_]
        return cls(
            organisations=len(all_),
            blank=stages.count("blank"),
            partly=stages.count("partly"),
            done=stages.count("done"),
            answered=sum(each.answered for each in all_),
            asked=sum(each.asked for each in all_),
            errors=sum(errors),
            warnings=sum(warnings),
            with_errors=sum(map(bool, errors)),
            with_warnings=sum(map(bool, warnings)),
        )


@dataclass(frozen=True)
class BodyState:
    """The state of a body's organisations by id: by kind in the order's order, then by BIN."""

    organisations: Mapping[int, OrganisationState]

    @cached_property
    def totals(self) -> Mapping[str, Totals]:
        """By kind, of the kinds that have organisations here."""
        by_kind: dict[str, list[OrganisationState]] = {}
        for each in self.organisations.values():
            by_kind.setdefault(each.kind, []).append(each)
        return {kind: Totals.of(of_kind) for kind, of_kind in by_kind.items()}

    @cached_property
    def total(self) -> Totals:
        return Totals.of(self.organisations.values())
