"""The table's head and rows as HTML. Ten thousand cells are written here by hand: a template takes ten times as long."""

import re
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from flask import url_for
from markupsafe import Markup, escape

from evaluation.answers import values
from evaluation.answers.checks import Finding
from evaluation.answers.grid.format import writer
from evaluation.answers.progress.model import OrganisationState
from evaluation.criteria.model import Indicator, Order
from evaluation.language import CODES, Language, language
from evaluation.registry.models import Organisation
from evaluation.web.core.request_context import language_of, named

WIDTHS = {"money": "m", "whole": "h", "date": "d", "yes_no": "y", "choice": "c", "text": "t"}
"""Classes of columns by type, short because they stand in every cell."""
Remarks = Mapping[int, Mapping[str, Sequence[str]]]
"""Organisation id → code of an answer → the texts of the remarks on it."""
QUOTED = re.compile(r'([^«“"]+)([«“"].+)', re.DOTALL)
"""A name with a quoted part, and what stands before it."""


@dataclass(frozen=True)
class Column:
    """An indicator's column.

    `numbers` are the rows of the kind's assessment sheet that look at it. `options`: of a yes/no or choice, each answer's stored
    form, text and the keys that choose it.
    """

    item: Indicator
    label: str
    hint: str
    numbers: str
    options: str
    write: Callable[[Any], str]

    @property
    def code(self) -> str:
        return self.item.code

    @property
    def width(self) -> str:
        return WIDTHS[self.item.type]


def columns(order: Order, kind: str, spoken: Language) -> list[Column]:
    """A column for every indicator asked of the kind."""
    sheet = order.table[kind].scored_rows if kind in order.table else ()
    return [
        Column(
            item,
            item.label[spoken.code],
            item.hint[spoken.code],
            ", ".join(row.number for row in sheet if row.criterion in item.criteria),
            orjson.dumps(options(order, item, spoken)).decode(),
            writer(order, item, spoken),
        )
        for item in order.asked_of(kind)
    ]


def options(order: Order, item: Indicator, spoken: Language) -> list[tuple[Any, str, str]]:
    """(stored form, text, keys): the first letters in every language, and a digit: its place, and 0 for no."""
    if item.type == "yes_no":
        offered: list[Any] = [True, False]
        digits = ["1", "20"]
    else:
        offered = [choice.value for choice in order.choices.get(item.choices or "", ())]
        digits = [str(place + 1) for place in range(len(offered))]
    return [
        (value, values.typed(order, item, value, spoken), digit + _initials(order, item, value))
        for value, digit in zip(offered, digits, strict=True)
    ]


def _initials(order: Order, item: Indicator, value: Any) -> str:
    return "".join(dict.fromkeys(values.typed(order, item, value, language(code))[0].casefold() for code in CODES))


def rows(
    found: Sequence[tuple[Organisation, OrganisationState]],
    shown: Sequence[Column],
    spoken: Language,
    address: Mapping[str, Any],
    remarks: Remarks,
) -> Markup:
    """The body of the table: a row for each organisation, its name first; `remarks` are those that are not resolved."""
    form = _form_address(address)
    return Markup("\n").join(_row(each, state, shown, spoken, form, remarks.get(each.id, {})) for each, state in found)


def marks(state: OrganisationState) -> str:
    """What a row can be kept to: blank answers, errors, warnings without a reason."""
    given = (("blank", state.blank), ("errors", state.errors), ("warnings", state.warnings))
    return " ".join(word for word, there in given if there)


def _row(
    each: Organisation,
    state: OrganisationState,
    shown: Sequence[Column],
    spoken: Language,
    form: Callable[[str], str],
    remarks: Mapping[str, Sequence[str]],
) -> Markup:
    item = named(each)
    own, code = item.name(spoken.code), language_of(item, spoken.code)
    lang = f' lang="{code}"' if code != spoken.code else ""
    findings = f' data-findings="{escape(_findings(state.findings, spoken))}"' if state.findings else ""
    if remarks:
        findings += f' data-remarks="{escape(orjson.dumps(remarks).decode())}"'
    head = (
        f'<tr role="row" data-bin="{each.bin}" data-marks="{marks(state)}"{findings}>'
        f'<th scope="row" role="rowheader"><a href="{escape(form(each.bin))}" tabindex="-1"{lang}>{_name(own)}</a> '
        f"<span>{each.bin} <b>{state.answered}&nbsp;/&nbsp;{state.asked}</b></span></th>"
    )
    return Markup(head + "".join(_cells(state, shown, remarks)) + "</tr>")  # noqa: S704 escaped where it is written


def _name(own: str) -> str:
    """A name as HTML. What stands before its quoted part is marked: rows where names begin alike are told apart by the rest."""
    found = QUOTED.fullmatch(own)
    return f"<i>{escape(found[1])}</i>{escape(found[2])}" if found else str(escape(own))


def _cells(state: OrganisationState, shown: Sequence[Column], remarks: Container[str]) -> Iterator[str]:
    said = {finding.code: finding.severity for finding in reversed(state.findings) if finding.open}
    said |= {finding.code: finding.severity for finding in state.findings if finding.severity == "error"}
    answers, asked = state.answers, set(state.blank)
    for column in shown:
        code = column.code
        value = answers.get(code)
        classes = column.width
        extra = ""
        if value is None and code not in asked:
            classes += " x"
        if code in said:
            classes += " e" if said[code] == "error" else " w"
            extra = ' aria-invalid="true"' if said[code] == "error" else ""
        if code in remarks:
            classes += " r"
        yield f'<td role="gridcell" class="{classes}"{extra}>{escape(column.write(value)) if value is not None else ""}</td>'


def _findings(found: Sequence[Finding], spoken: Language) -> str:
    return orjson.dumps(
        [
            {"code": each.code, "severity": each.severity, "message": each.message[spoken.code], "reason": each.reason}
            for each in found
        ]
    ).decode()


def _form_address(address: Mapping[str, Any]) -> Callable[[str], str]:
    """The address of an organisation's form, made once: making six hundred takes longer than all else here."""
    mark = "0" * 12
    made = url_for("report.page", bin_=address["bin_"], year=address["year"], own=mark)
    before, _, after = made.rpartition(mark)
    return lambda own: before + own + after
