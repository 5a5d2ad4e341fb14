"""What stands between a body's year and its hand-over."""

from dataclasses import dataclass

from evaluation.answers.progress.model import BodyState, OrganisationState
from evaluation.criteria.model import Criterion, Declared


@dataclass(frozen=True)
class LastYear:
    """How many organisations of a kind were in breach of a criterion on last year's sheet.

    `counted` is of last year's reports; where they do not give it (None), `declared` is the body's own figure (None: not given).
    `matters` says that this year's points hang on it: an organisation is in breach this year, and the count is not known.
    """

    kind: str
    criterion: Criterion
    field: Declared
    counted: int | None
    declared: int | None
    matters: bool

    @property
    def key(self) -> tuple[str, str]:
        return self.kind, self.criterion.code

    @property
    def lacking(self) -> bool:
        return self.matters and self.counted is None and self.declared is None


@dataclass(frozen=True)
class Readiness:
    """What of a body's year is done and what remains: it is handed over when nothing remains."""

    state: BodyState
    last_year: tuple[LastYear, ...]

    @property
    def nil(self) -> bool:
        """Whether the body has no organisations to report on."""
        return not self.state.organisations

    @property
    def unfinished(self) -> tuple[OrganisationState, ...]:
        """Organisations with blanks, errors or warnings that no reason was given for."""
        return tuple(each for each in self.state.organisations.values() if each.blank or each.errors or each.warnings)

    @property
    def undeclared(self) -> tuple[LastYear, ...]:
        return tuple(each for each in self.last_year if each.lacking)

    @property
    def ready(self) -> bool:
        return not self.unfinished and not self.undeclared
