"""Errors that people see: a message in their language, an HTTP status, and the form field they belong to.

One handler answers every error as a page or as JSON (:mod:`evaluation.web.core.errors`); commands print the message.
"""

from http import HTTPStatus
from typing import Any, ClassVar

from evaluation.language import Language


class EvaluationError(Exception):
    """An error with a message that says what is wrong and what to do.

    `template` is a message of the catalogues (see :func:`evaluation.language.N_`) and `values` fill its placeholders. `field` is
    the name of the form field that the error belongs to; empty where it concerns the whole request.
    """

    status: ClassVar[int] = HTTPStatus.INTERNAL_SERVER_ERROR
    """The HTTP status of the answer. Subclasses set it; the default is for what only the operator can repair."""

    title: ClassVar[str] = ""
    """The heading of the error page, a message of the catalogues; the default is the heading of the status."""

    confirmation: str = ""
    """What a form sends back to store the doubtful value all the same; empty where the error cannot be confirmed."""

    def __init__(self, message: str, *, field: str = "", **values: Any):
        self.template, self.field, self.values = message, field, values
        super().__init__(message % values if values else message)

    def message(self, language: Language) -> str:
        """Return the message in a language."""
        return language.gettext(self.template, **self.values)

    def details(self, language: Language) -> dict[str, Any]:
        """Return keys that a JSON answer has besides `message`, such as the stored value of a conflict."""
        return {}
