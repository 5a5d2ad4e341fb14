"""The base of the parts of an order, and the kinds of values that their keys have."""

from functools import cached_property
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from evaluation.criteria.count_conditions import parse_count_condition
from evaluation.criteria.expressions import parse
from evaluation.criteria.syntax import ExpressionError
from evaluation.language import N_

Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
Number = Annotated[str, StringConstraints(pattern=r"^[0-9]+([.-][0-9]+)*$", max_length=16)]
"""The number of a criterion or row, such as `7.1`; acts of Kazakhstan insert an item as `3-1`."""


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise ExpressionError(N_("must be a condition in quotes"))
    return value


ParsedCondition = Annotated[Any, BeforeValidator(lambda value: parse(_string(value)))]
ParsedCountCondition = Annotated[Any, BeforeValidator(lambda value: parse_count_condition(_string(value)))]


class OrderModel(BaseModel):
    """Base of the parts of an order: immutable, and no other key is allowed."""

    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,))


class Text(OrderModel):
    """One text. Kazakh is the original; Russian and English are translations, and English may be absent."""

    kk: str = Field(min_length=1)
    ru: str = Field(min_length=1)
    en: str | None = Field(default=None, min_length=1)

    def __getitem__(self, language: str) -> str:
        """The text in a language, in Kazakh if it is absent."""
        return getattr(self, language) or self.kk

    def in_all_languages(self) -> tuple[str, ...]:
        """The Kazakh, the Russian and, if there is one, the English text."""
        return tuple(filter(None, (self.kk, self.ru, self.en)))
