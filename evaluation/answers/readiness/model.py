"""Values of readiness."""

from dataclasses import dataclass

from evaluation.answers.progress.model import BodyProgress, OrganisationProgress
from evaluation.criteria.model import Criterion, PriorYearCount


@dataclass(frozen=True)
class PriorYearCountEntry:
    """The number of organisations of a kind that were in breach of a criterion on last year's sheet.

    `counted` is counted from last year's reports, None when they do not give it. `declared` is the body's own count, None when it
    declared none. `is_decisive`: this year's points depend on the count, as they do where an organisation is in breach.
    """

    kind: str
    criterion: Criterion
    definition: PriorYearCount
    counted: int | None
    declared: int | None
    is_decisive: bool

    @property
    def key(self) -> tuple[str, str]:
        """Kind and criterion code."""
        return self.kind, self.criterion.code

    @property
    def is_missing(self) -> bool:
        """Whether the count is needed and unknown."""
        return self.is_decisive and self.counted is None and self.declared is None


@dataclass(frozen=True)
class Readiness:
    """What remains to be done before a body's year can be submitted; nothing remains when it is `ready`."""

    progress: BodyProgress
    prior_year_counts: tuple[PriorYearCountEntry, ...]

    @property
    def has_no_organisations(self) -> bool:
        """Whether the body has no organisations to report on, so that it submits a nil return."""
        return not self.progress.organisations

    @property
    def unfinished(self) -> tuple[OrganisationProgress, ...]:
        """Organisations with blank answers, errors, or warnings without a reason."""
        organisations = self.progress.organisations.values()
        return tuple(organisation for organisation in organisations if organisation.is_unfinished)

    @property
    def missing_counts(self) -> tuple[PriorYearCountEntry, ...]:
        """The prior-year counts that the body still has to declare."""
        return tuple(entry for entry in self.prior_year_counts if entry.is_missing)

    @property
    def ready(self) -> bool:
        """Whether the year can be submitted."""
        return not self.unfinished and not self.missing_counts
