"""Problems of a criteria file that the parsers of TOML and of the model report, as messages in the product's languages."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from evaluation.criteria.key_lines import key_of
from evaluation.criteria.problem import Problem, Translated, error
from evaluation.criteria.syntax import ExpressionError
from evaluation.language import N_

POSITION = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
UNREADABLE = N_("the line “%(text)s” is not readable: %(reason)s")
TOML_REASONS: tuple[tuple[str, str], ...] = (
    ("Cannot overwrite a value|Duplicate inline table key|Cannot declare", N_("the key is defined twice")),
    ("Invalid value", N_("a value is missing, or a text stands without quotes")),
    ("Unclosed array|Unclosed inline table", N_("a bracket is not closed")),
    (
        'Illegal character|Unterminated string|Expected "[\'\\"]|Unescaped',
        N_("a text is not closed with the quotes it begins with, or has such quotes inside"),
    ),
    ("Expected newline or end of document", N_("something stands behind the value; is a quotation mark missing?")),
    ("Expected '='|Invalid statement|Invalid initial character", N_("a line is a key, = and a value, or a heading in brackets")),
)
"""Messages of Python's parser of TOML as regular expressions, and what is wrong."""

MODEL_ERRORS = {
    "missing": N_("is missing"),
    "extra_forbidden": N_("no such key is expected here"),
    "string_type": N_("must be a text in quotes"),
    "string_too_short": N_("must not be empty"),
    "string_too_long": N_("has at most %(max_length)s characters"),
    "int_type": N_("must be a whole number without quotes"),
    "bool_type": N_("must be true or false, without quotes"),
    "literal_error": N_("must be one of: %(expected)s"),
    "greater_than_equal": N_("must be at least %(ge)s"),
    "less_than_equal": N_("must be at most %(le)s"),
    "too_short": N_("must not be empty"),
    "tuple_type": N_("must be a list in square brackets"),
    "list_type": N_("must be a list in square brackets"),
    "dict_type": N_("must be a section with keys of its own"),
    "model_type": N_("must be a section with keys of its own"),
    "date_type": N_("must be a date such as 2030-01-31, without quotes"),
    "date_parsing": N_("must be a date such as 2030-01-31, without quotes"),
    "date_from_datetime_parsing": N_("must be a date such as 2030-01-31, without quotes"),
}
"""Types of the model's errors, and what is wrong."""
PATTERNS = {
    "^[a-z]": N_("consists of small Latin letters, digits and underscores, and begins with a letter"),
    "^[0-9]+(": N_("is a number such as 7.1 or 3-1"),
    "^R": N_("is R and a number"),
    "^[0-9A-Za-z-]": N_("consists of Latin letters, digits and hyphens"),
}
"""The beginnings of the patterns of codes and numbers, and what they ask for."""


def syntax_problem(error_of_toml: tomllib.TOMLDecodeError, text: str) -> Problem:
    """The problem of a text that is not TOML; its key is the last one that begins before it."""
    message = str(error_of_toml)
    position = POSITION.search(message)
    lines = text.splitlines() or [""]
    line = int(position.group(1)) if position and position.group(1) else len(lines)
    reason = next((reason for pattern, reason in TOML_REASONS if re.search(pattern, message)), None)
    shown = lines[min(line, len(lines)) - 1].strip()
    headings = [heading.group(1) for heading in re.finditer(r"(?m)^\[+([\w.-]+)\]+", "\n".join(lines[:line]))]
    key = re.match(r"([\w.-]+)\s*=", shown)
    path = ".".join(filter(None, (headings[-1] if headings else "", key.group(1) if key else "")))
    return Problem(path, UNREADABLE, {"text": shown[:60], "reason": Translated(reason or message)}, line=line)


def model_problems(invalid: ValidationError, data: Mapping[str, Any]) -> Iterator[Problem]:
    """The problems of values that have another type than their key, of missing and of unexpected keys."""
    for item in invalid.errors():
        context = item.get("ctx", {})
        key = key_of(data, [step for step in item["loc"] if step not in ("bool", "int", "str")])
        if isinstance(cause := context.get("error"), ExpressionError):
            yield error(key, cause.template, **cause.values)
        elif item["type"] == "string_pattern_mismatch":
            template = next(text for start, text in PATTERNS.items() if context["pattern"].startswith(start))
            yield error(key, template)
        elif item["type"] in MODEL_ERRORS:
            yield error(key, MODEL_ERRORS[item["type"]], **context)
        else:
            yield error(key, N_("is not valid: %(reason)s"), reason=item["msg"])
