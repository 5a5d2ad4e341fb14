"""The criteria of Annex 1 with their points scales."""

from functools import cached_property

from pydantic import Field, StrictInt

from evaluation.criteria.base import Code, Number, OrderModel, ParsedCondition, ParsedCountCondition, Text
from evaluation.criteria.count_conditions import LAST_YEAR, CountComparison, comparisons


class ScaleEntry(OrderModel):
    """An entry of a criterion's points scale as Annex 1 prints it.

    An entry with an outcome gives its points if `when` is true of the counts and no earlier outcome was taken; the last outcome
    has no condition. An entry without an outcome is a subheading, or is refined by other entries; it is printed and never gives
    points. `note` is what the product adds in square brackets where the printed text alone misleads or says too little to be a
    reason.
    """

    outcome: Code | None = None
    when: ParsedCountCondition = None
    text: Text
    points: StrictInt | None = Field(default=None, ge=0)
    note: Text | None = None


class PriorYearCount(OrderModel):
    """The figure that a body declares for the year before, where the reports of that year do not give the count."""

    code: Code
    label: Text
    hint: Text


class Criterion(OrderModel):
    """A criterion of Annex 1: the condition of a breach, and the points scale with the conditions on the count of breaches.

    `audited` is the condition under which an organisation counts as audited; one in breach does in any case. `readings` are the
    ids of the readings that the criterion relies on.
    """

    code: Number
    name: Text
    paragraph: Text
    breach: ParsedCondition
    breach_text: Text
    audited: ParsedCondition = None
    prior_year_count: PriorYearCount | None = None
    scale: tuple[ScaleEntry, ...]
    readings: tuple[str, ...] = ()

    @cached_property
    def outcomes(self) -> tuple[ScaleEntry, ...]:
        """The entries of the scale that can give points; the first one whose condition is true is taken."""
        return tuple(entry for entry in self.scale if entry.outcome)

    @cached_property
    def comparisons(self) -> tuple[CountComparison, ...]:
        """The comparisons in the conditions of all outcomes."""
        return tuple(part for entry in self.outcomes if entry.when is not None for part in comparisons(entry.when))

    def reads(self, count: str) -> bool:
        """Whether the points depend on a count of :data:`evaluation.criteria.count_conditions.COUNTS`."""
        return any(comparison.factor(count) for comparison in self.comparisons)

    @property
    def compares_with_last_year(self) -> bool:
        """Whether the points depend on the count of breaches of the year before."""
        return self.reads(LAST_YEAR)

    @cached_property
    def points(self) -> dict[str, int]:
        """The points of each outcome."""
        return {entry.outcome: entry.points for entry in self.scale if entry.outcome and entry.points is not None}

    @property
    def max(self) -> int:
        """The most points that the criterion gives."""
        return max(self.points.values())

    def scale_entry(self, outcome: str) -> ScaleEntry:
        """The entry of the points scale for an outcome.

        Raises:
            StopIteration: The scale has no such outcome.
        """
        return next(entry for entry in self.scale if entry.outcome == outcome)
