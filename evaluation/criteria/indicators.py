"""Kinds of organisation, lists of choices, and the indicators and evidence that organisations answer."""

from datetime import MAXYEAR, MINYEAR, date
from typing import Literal

from pydantic import Field, StrictInt

from evaluation.criteria.base import Code, Number, OrderModel, ParsedCondition, Text

AnswerType = Literal["money", "whole", "date", "yes_no", "choice", "text"]


REGISTRY_FACTS: dict[str, AnswerType] = {"state_share": "money", "state_body": "yes_no", "national_company": "yes_no"}
"""What the registry says of an organisation and a caution can read. A share is in percent, stored in hundredths like money."""


class Choice(OrderModel):
    """One value of a list of choices."""

    value: Code
    label: Text


class Kind(OrderModel):
    """A kind of organisation; each kind has one table on the assessment sheet."""

    code: Code
    name: Text
    plural: Text


class Indicator(OrderModel):
    """A question that an organisation of certain kinds answers for one year; an item of evidence has the same shape.

    For money, `min` and the constants of conditions are in tenge; stored and compared amounts are whole tiyn. A date lies in the
    calendar years from `year_from` to `year_to`, both counted from the reporting year: -1 is the year before it. `applies_when`
    is the condition under which an answer is required; without it an answer is always required. `criteria` are the criteria
    beside which the indicator appears on forms.
    """

    code: Code
    type: AnswerType
    kinds: tuple[Code, ...] = Field(min_length=1)
    label: Text
    hint: Text
    criteria: tuple[Number, ...] = ()
    min: StrictInt | None = None
    year_from: StrictInt | None = None
    year_to: StrictInt | None = None
    choices: Code | None = None
    applies_when: ParsedCondition = None

    def days(self, year: int) -> tuple[date, date]:
        """The first and the last day that a date can be for a reporting year."""
        first, last = (min(max(year + (offset or 0), MINYEAR), MAXYEAR) for offset in (self.year_from, self.year_to))
        return date(first, 1, 1), date(last, 12, 31)
