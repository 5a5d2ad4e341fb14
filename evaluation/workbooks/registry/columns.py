"""The two worksheets of the registry workbook: their columns, the parsers of their cells, and a state as a row."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from evaluation.answers import values
from evaluation.answers.values import InvalidValue
from evaluation.criteria import Orders
from evaluation.criteria.model import Text
from evaluation.language import N_, Language
from evaluation.registry.admin.labels import FIELD_LABELS, LEVEL_NAMES, STATUS_NAMES, organisation_kinds
from evaluation.registry.models import NAME_LENGTH
from evaluation.registry.states import BodyState, OrganisationState
from evaluation.text import caseless, normalise_line
from evaluation.workbooks.format.worksheet_titles import Labels, translations

BODIES, ORGANISATIONS = "bodies", "organisations"
WORKSHEETS = (BODIES, ORGANISATIONS)
WORKSHEET_LABELS = {BODIES: N_("Bodies"), ORGANISATIONS: N_("Organisations")}


@dataclass(frozen=True)
class Column:
    """A column: its code, its label (a message id), the type of its values, and its width in characters."""

    code: str
    label: str
    type: str
    width: int


COLUMNS: Mapping[str, tuple[Column, ...]] = {
    BODIES: (
        Column("bin", FIELD_LABELS["bin"], "bin", 14),
        Column("name_kk", FIELD_LABELS["name_kk"], "name", 44),
        Column("name_ru", FIELD_LABELS["name_ru"], "name", 44),
        Column("level", FIELD_LABELS["level"], "level", 22),
        Column("parent_bin", N_("BIN of the higher body"), "bin", 14),
        Column("kato", FIELD_LABELS["kato"], "kato", 12),
        Column("since", FIELD_LABELS["since"], "date", 14),
        Column("closed_on", FIELD_LABELS["closed_on"], "date", 14),
    ),
    ORGANISATIONS: (
        Column("bin", FIELD_LABELS["bin"], "bin", 14),
        Column("kind", FIELD_LABELS["kind"], "kind", 22),
        Column("name_kk", FIELD_LABELS["name_kk"], "name", 44),
        Column("name_ru", FIELD_LABELS["name_ru"], "name", 44),
        Column("body_bin", N_("BIN of the authorised body"), "bin", 14),
        Column("since", N_("Under it from"), "date", 14),
        Column("status", FIELD_LABELS["status"], "status", 22),
        Column("status_since", N_("Status from"), "date", 14),
        Column("state_share", FIELD_LABELS["state_share"], "share", 12),
        Column("state_body", FIELD_LABELS["state_body"], "yes_no", 12),
        Column("national_company", FIELD_LABELS["national_company"], "yes_no", 12),
    ),
}
COLUMN_OF_FIELD = {"parent": "parent_bin", "body": "body_bin"}
"""Field of a state → the code of its column, where the two differ."""

CellParser = Callable[[object], Any]
"""Returns the value of a cell. Raises InvalidValue."""


def cell_parsers(orders: Orders, registered: frozenset[str]) -> dict[str, CellParser]:
    """Return column type → parser; the check digit of `registered` BINs is not verified."""
    return {
        "bin": lambda cell: values.parse_bin(cell, registered),
        "name": lambda cell: normalise_line(values.parse_text(cell, NAME_LENGTH)),
        "kato": lambda cell: "".join(values.parse_text(cell).split()),
        "date": lambda cell: date.fromisoformat(values.parse_date(cell)),
        "share": values.parse_share,
        "yes_no": values.parse_yes_no,
        **{name: _choice_parser(labels) for name, labels in choice_labels(orders).items()},
    }


def choice_labels(orders: Orders) -> dict[str, dict[str, Text]]:
    """Return column type → code → label of the types whose values are chosen from a list."""
    return {
        "level": {code: translations(label) for code, label in LEVEL_NAMES.items()},
        "status": {code: translations(label) for code, label in STATUS_NAMES.items()},
        "kind": {code: kind.name for code, kind in organisation_kinds(orders).items()},
    }


def worksheet_labels() -> Labels:
    """Return the labels of the worksheets."""
    return {name: (translations(label),) for name, label in WORKSHEET_LABELS.items()}


def _choice_parser(labels: Mapping[str, Text]) -> CellParser:
    """Return a parser that accepts a code or its label in any language, in any case."""
    codes = {caseless(text): code for code, label in labels.items() for text in (code, *label.in_all_languages())}

    def parse(cell: object) -> str:
        code = codes.get(caseless(cell)) if isinstance(cell, str) else None
        if code is None:
            raise InvalidValue("not_choice", value=values.display_text(cell), expected=tuple(labels.values()))
        return code

    return parse


def row_of(state: BodyState | OrganisationState) -> dict[str, Any]:
    """Return column code → value of a state, without empty values; of dated entries the latest."""
    if isinstance(state, BodyState):
        row: dict[str, Any] = {
            "bin": state.bin,
            "level": state.level,
            "parent_bin": state.parent,
            "kato": state.kato,
            "since": state.since,
            "closed_on": state.closed_on,
        }
    else:
        period = state.periods[-1] if state.periods else None
        status = state.statuses[-1] if state.statuses else None
        row = {
            "bin": state.bin,
            "kind": state.kind,
            "body_bin": period and period.body,
            "since": period and period.since,
            "status": state.latest_status,
            "status_since": status and status.since,
            "state_share": state.state_share,
            "state_body": state.state_body,
            "national_company": state.national_company,
        }
    row |= {"name_kk": state.name_kk or None, "name_ru": state.name_ru or None}
    return {code: value for code, value in row.items() if value is not None}


def display_value(column: Column, value: Any, labels: Mapping[str, Mapping[str, Text]], language: Language) -> Any:
    """Return a value as a cell or a page shows it: a label, a share as a number of percent, a date as a date."""
    if column.type in labels:
        return labels[column.type][value][language.code] if value in labels[column.type] else value
    if column.type == "yes_no":
        return values.YES_NO_LABELS[language.code][0 if value else 1]
    return value / 100 if column.type == "share" else value
