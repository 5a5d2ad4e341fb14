"""Writes the head and rows of the grid as HTML. A template would take ten times as long for its ten thousand cells."""

import re
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from flask import url_for
from markupsafe import Markup, escape

from evaluation.answers import values
from evaluation.answers.checks import Issue
from evaluation.answers.grid.formatting import value_formatter
from evaluation.answers.progress.model import OrganisationProgress
from evaluation.criteria.model import Indicator, Order
from evaluation.language import LANGUAGE_CODES, Language, language
from evaluation.registry.queries import SupervisedOrganisation
from evaluation.web.core.request_context import language_of, named

TYPE_CLASSES = {
    "money": "type-money",
    "whole": "type-whole",
    "date": "type-date",
    "yes_no": "type-yes-no",
    "choice": "type-choice",
    "text": "type-text",
}
"""CSS classes of columns by type."""
BIN_PLACEHOLDER = "0" * 12
RemarkTexts = Mapping[int, Mapping[str, Sequence[str]]]
"""Organisation id → code of an answer → the texts of the open remarks on it."""
QUOTED_NAME = re.compile(r'([^«“"]+)([«“"].+)', re.DOTALL)
"""The text before a name's quoted part, and the rest."""


@dataclass(frozen=True)
class Column:
    """The column of an indicator.

    Attributes:
        item: the indicator.
        label: its label in the language of the page.
        hint: its hint in the language of the page.
        numbers: the rows of the kind's assessment sheet that depend on it, such as "2, 4".
        options: of a yes/no or choice, the JSON of (stored form, text, keys) of each answer; otherwise an empty list.
        format: a function that formats its values.
    """

    item: Indicator
    label: str
    hint: str
    numbers: str
    options: str
    format: Callable[[Any], str]

    @property
    def code(self) -> str:
        """The indicator's code."""
        return self.item.code

    @property
    def type_class(self) -> str:
        """The CSS class of the column's type, which sets its width."""
        return TYPE_CLASSES[self.item.type]


def columns(order: Order, kind: str, language: Language) -> list[Column]:
    """Return a column for every indicator of the kind."""
    sheet_rows = order.table[kind].scored_rows if kind in order.table else ()
    return [
        Column(
            item,
            item.label[language.code],
            item.hint[language.code],
            ", ".join(row.number for row in sheet_rows if row.criterion in item.criteria),
            orjson.dumps(options(order, item, language)).decode(),
            value_formatter(order, item, language),
        )
        for item in order.indicators_of(kind)
    ]


def options(order: Order, item: Indicator, language: Language) -> list[tuple[Any, str, str]]:
    """Return (stored form, text, keys) of each answer of a yes/no or choice.

    The keys are the first letters of the answer in every language and a digit: its number from 1, and 0 for no.
    """
    if item.type == "yes_no":
        answers: list[Any] = [True, False]
        digits = ["1", "20"]
    else:
        answers = [choice.value for choice in order.choices.get(item.choices or "", ())]
        digits = [str(number) for number in range(1, len(answers) + 1)]
    return [
        (answer, values.format_value(order, item, answer, language), digit + _initials(order, item, answer))
        for answer, digit in zip(answers, digits, strict=True)
    ]


def _initials(order: Order, item: Indicator, answer: Any) -> str:
    return "".join(
        dict.fromkeys(values.format_value(order, item, answer, language(code))[0].casefold() for code in LANGUAGE_CODES)
    )


def rows(
    shown: Sequence[tuple[SupervisedOrganisation, OrganisationProgress]],
    columns: Sequence[Column],
    language: Language,
    address: Mapping[str, Any],
    remarks: RemarkTexts,
) -> Markup:
    """Return the rows of the table: one for each organisation, its name first."""
    form_url = _form_url_builder(address)
    return Markup("\n").join(
        _row(organisation, progress, columns, language, form_url, remarks.get(organisation.id, {}))
        for organisation, progress in shown
    )


def marks(progress: OrganisationProgress) -> str:
    """Return the marks by which rows are filtered, separated by spaces: blank answers, errors, warnings without a reason."""
    counts = (("blank", progress.blank), ("errors", progress.errors), ("warnings", progress.warnings))
    return " ".join(mark for mark, count in counts if count)


def _row(
    organisation: SupervisedOrganisation,
    progress: OrganisationProgress,
    columns: Sequence[Column],
    language: Language,
    form_url: Callable[[str], str],
    remarks: Mapping[str, Sequence[str]],
) -> Markup:
    entity = named(organisation)
    name, code = entity.name(language.code), language_of(entity, language.code)
    lang = f' lang="{code}"' if code != language.code else ""
    data = f' data-issues="{escape(_issues_json(progress.issues, language))}"' if progress.issues else ""
    if remarks:
        data += f' data-remarks="{escape(orjson.dumps(remarks).decode())}"'
    head = (
        f'<tr role="row" data-bin="{organisation.bin}" data-marks="{marks(progress)}"{data}>'
        f'<th scope="row" role="rowheader"><a href="{escape(form_url(organisation.bin))}" tabindex="-1"{lang}>{_name(name)}</a> '
        f"<span>{organisation.bin} <b>{progress.answered}&nbsp;/&nbsp;{progress.required}</b></span></th>"
    )
    return Markup(head + "".join(_cells(progress, columns, remarks)) + "</tr>")  # noqa: S704 every part is escaped above


def _name(name: str) -> str:
    """Return a name as HTML. The text before its quoted part is marked: in similar names only the rest distinguishes the rows."""
    match = QUOTED_NAME.fullmatch(name)
    return f"<i>{escape(match[1])}</i>{escape(match[2])}" if match else str(escape(name))


def _cells(progress: OrganisationProgress, columns: Sequence[Column], remarks: Container[str]) -> Iterator[str]:
    severities = {issue.code: issue.severity for issue in reversed(progress.issues) if issue.is_open}
    severities |= {issue.code: issue.severity for issue in progress.issues if issue.severity == "error"}
    answers, blank = progress.answers, set(progress.blank)
    for column in columns:
        code = column.code
        value = answers.get(code)
        classes = column.type_class
        attributes = ""
        if value is None and code not in blank:
            classes += " is-not-required"
        if code in severities:
            classes += " is-error" if severities[code] == "error" else " is-warning"
            attributes = ' aria-invalid="true"' if severities[code] == "error" else ""
        if code in remarks:
            classes += " has-remark"
        text = escape(column.format(value)) if value is not None else ""
        yield f'<td role="gridcell" class="{classes}"{attributes}>{text}</td>'


def _issues_json(issues: Sequence[Issue], language: Language) -> str:
    return orjson.dumps(
        [
            {
                "code": issue.code,
                "severity": issue.severity,
                "message": issue.message[language.code],
                "reason": issue.reason,
            }
            for issue in issues
        ]
    ).decode()


def _form_url_builder(address: Mapping[str, Any]) -> Callable[[str], str]:
    """Return a function BIN → URL of the organisation's form.

    600 calls of `url_for` would take longer than the rest of the page.
    """
    url = url_for("report.page", bin_=address["bin_"], year=address["year"], organisation_bin=BIN_PLACEHOLDER)
    before, _, after = url.rpartition(BIN_PLACEHOLDER)
    return lambda organisation_bin: before + organisation_bin + after
