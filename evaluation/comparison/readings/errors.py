"""Why a year cannot be scored otherwise."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from evaluation.errors import EvaluationError
from evaluation.language import N_

MESSAGES = {
    "order": N_("The order %(order)s is not loaded."),
    "reading": N_("There is no reading %(reading)s that can be applied. Choose one of: %(readings)s."),
}


class UnknownReading(EvaluationError):
    """What to score by does not exist: `reason` is a key of `MESSAGES`."""

    status = HTTPStatus.BAD_REQUEST

    def __init__(self, reason: str, **values: Any):
        super().__init__(MESSAGES[reason], **values)


class UnreadableAnswers(EvaluationError):
    """The other order defines indicators of the same code otherwise, so that it cannot read the answers."""

    status = HTTPStatus.CONFLICT

    def __init__(self, order: str, codes: Iterable[str]):
        template = N_("The order %(order)s cannot be used: it defines these indicators differently: %(codes)s.")
        super().__init__(template, order=order, codes=", ".join(codes))
