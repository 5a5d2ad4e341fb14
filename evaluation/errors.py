"""Errors that people are told about, in their language, by the command line and the pages."""

from typing import Any

from evaluation.language import Language


class EvaluationError(Exception):
    """Something the user can mend: a message of the catalogues (see `N_`) that says what and how, and its values."""

    def __init__(self, message: str, **values: Any):
        self.template, self.values = message, values
        super().__init__(message % values if values else message)

    def message(self, language: Language) -> str:
        return language.gettext(self.template, **self.values)
