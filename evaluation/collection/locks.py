"""Whether a body's year still takes changes: from the hand-over on it is locked, until it is given back."""

from evaluation.collection.models import DRAFT
from evaluation.errors import EvaluationError
from evaluation.language import N_

LOCKED = N_("The year %(year)s was handed over: its answers can no longer be changed.")


class Locked(EvaluationError):
    """The year was handed over: its answers are not changed any more."""

    def __init__(self, year: int):
        super().__init__(LOCKED, year=year)


def is_open(state: str | None) -> bool:
    """Whether a body's year in this state takes changes; None is a draft that was never handed over."""
    return state in (None, DRAFT)


def require_open(state: str | None, year: int) -> None:
    """Raises Locked where the year was handed over."""
    if not is_open(state):
        raise Locked(year)
