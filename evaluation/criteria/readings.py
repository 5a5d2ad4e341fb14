"""Readings: passages of the Order that allow more than one interpretation, and what another interpretation changes.

:mod:`evaluation.criteria.alternatives` applies an alternative to an order.
"""

from typing import Annotated

from pydantic import Field, StrictBool, StrictInt, StringConstraints

from evaluation.criteria.base import Code, Number, OrderModel, ParsedCondition, ParsedCountCondition, Text


class ChangedOutcome(OrderModel):
    """An outcome of a changed points scale; its text is that of the same outcome of the criterion if it has none."""

    outcome: Code
    when: ParsedCountCondition = None
    points: StrictInt = Field(ge=0)
    text: Text | None = None


class CriterionChange(OrderModel):
    """What an alternative changes in criteria: the conditions of a breach and of an audit, or the whole points scale."""

    codes: tuple[Number, ...] = Field(min_length=1)
    breach: ParsedCondition = None
    audited: ParsedCondition = None
    scale: tuple[ChangedOutcome, ...] = ()


class RowChange(OrderModel):
    """A row of the tables of some kinds that another criterion scores, or none: the row is a heading then."""

    kinds: tuple[Code, ...] = Field(min_length=1)
    number: Number
    criterion: Number | None = None


class Alternative(Text):
    """Another interpretation, in words and as what it changes.

    One that changes nothing cannot be tried, because it needs data that are not collected. `full_points_without_organisations`
    gives a body the full points of the table of a kind of which it has no organisations.
    """

    criteria: tuple[CriterionChange, ...] = ()
    rows: tuple[RowChange, ...] = ()
    full_points_without_organisations: StrictBool = False

    @property
    def is_applicable(self) -> bool:
        """Whether the answers at hand can be scored by this interpretation."""
        return bool(self.criteria or self.rows or self.full_points_without_organisations)


class Reading(OrderModel):
    """A passage of the Order that allows more than one interpretation: the interpretation used, and the others."""

    id: Annotated[str, StringConstraints(pattern=r"^R[0-9]+$")]
    passage: Text
    interpretation: Text
    alternatives: tuple[Alternative, ...] = Field(min_length=1)
    changes_points: StrictBool = False
