"""What is wrong with a criteria file: its key, its line, and a message in the three languages."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from evaluation.criteria.key_lines import line_of
from evaluation.language import Language, language

ProblemSeverity = Literal["error", "warning"]


class Translated(str):
    """A value of a message that is a message of the catalogues itself."""


@dataclass(frozen=True)
class Problem:
    """One problem. A file with an error is not used; a warning asks to look again.

    `key` is the path of the key, such as `criteria[3.1].breach`; empty for the file as a whole. `template` is a message of the
    catalogues whose placeholders `values` fill. `line` is the line in the file, from 1; None where a problem has no line.
    """

    key: str
    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    severity: ProblemSeverity = "error"
    line: int | None = None

    def message(self, message_language: Language) -> str:
        """The message without key and line."""
        values = {
            name: message_language.gettext(value) if isinstance(value, Translated) else value
            for name, value in self.values.items()
        }
        return message_language.gettext(self.template, **values)

    def text(self, message_language: Language) -> str:
        """Line, key and message."""
        line = message_language.gettext("line %(number)s", number=self.line) if self.line else ""
        return ": ".join(filter(None, (", ".join(filter(None, (line, self.key))), self.message(message_language))))

    def __str__(self) -> str:
        return f"{self.key}: {self.message(language('en'))}"


def error(key: str, template: str, **values: Any) -> Problem:
    """An error at a key."""
    return Problem(key, template, values)


def warning(key: str, template: str, **values: Any) -> Problem:
    """A warning at a key."""
    return Problem(key, template, values, "warning")


def with_lines(problems: Iterable[Problem], lines: Mapping[str, int]) -> tuple[Problem, ...]:
    """The problems with the lines of their keys, sorted by line; `lines` maps keys to lines."""
    located = (problem if problem.line else replace(problem, line=line_of(problem.key, lines)) for problem in problems)
    return tuple(sorted(located, key=lambda problem: problem.line or 0))
