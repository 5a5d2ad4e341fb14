"""The two worksheets of the registry workbook: their columns, what may stand in each, and a state as a row of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from evaluation.answers import values
from evaluation.answers.values import Wrong
from evaluation.criteria import Orders
from evaluation.criteria.model import Text
from evaluation.language import CODES, N_, Language, language
from evaluation.registry.admin.labels import LABELS, LEVEL_NAMES, STATUS_NAMES
from evaluation.registry.admin.operations import kinds
from evaluation.registry.admin.states import BodyState, OrganisationState
from evaluation.registry.models import NAME_LENGTH

BODIES, ORGANISATIONS = "bodies", "organisations"
WORKSHEETS = (BODIES, ORGANISATIONS)


@dataclass(frozen=True)
class Column:
    """A column: its code, its label, what type of value it holds, its width in characters."""

    code: str
    label: str
    type: str
    width: int


COLUMNS: Mapping[str, tuple[Column, ...]] = {
    BODIES: (
        Column("bin", LABELS["bin"], "bin", 14),
        Column("name_kk", LABELS["name_kk"], "name", 44),
        Column("name_ru", LABELS["name_ru"], "name", 44),
        Column("level", LABELS["level"], "level", 22),
        Column("parent_bin", N_("BIN of the higher body"), "bin", 14),
        Column("kato", LABELS["kato"], "kato", 12),
        Column("since", LABELS["since"], "date", 14),
        Column("closed_on", LABELS["closed_on"], "date", 14),
    ),
    ORGANISATIONS: (
        Column("bin", LABELS["bin"], "bin", 14),
        Column("kind", LABELS["kind"], "kind", 22),
        Column("name_kk", LABELS["name_kk"], "name", 44),
        Column("name_ru", LABELS["name_ru"], "name", 44),
        Column("body_bin", N_("BIN of the authorised body"), "bin", 14),
        Column("since", N_("Under it from"), "date", 14),
        Column("status", LABELS["status"], "status", 22),
        Column("status_since", N_("Status from"), "date", 14),
        Column("state_share", LABELS["state_share"], "share", 12),
        Column("state_body", LABELS["state_body"], "yes_no", 12),
        Column("national_company", LABELS["national_company"], "yes_no", 12),
    ),
}
AT = {"parent": "parent_bin", "body": "body_bin"}
"""Field of a state → the column it stands in, where the two are called differently."""

Reader = Callable[[object], Any]


def readers(orders: Orders, known: Mapping[str, Any]) -> dict[str, Reader]:
    """What reads a cell of each type; BINs that are `known` need no check of their digits. They raise Wrong."""
    return {
        "bin": lambda cell: values.bin_number(cell, known),
        "name": lambda cell: values.SPACES.sub(" ", values.text(cell, NAME_LENGTH)),
        "kato": lambda cell: values.SPACES.sub("", values.text(cell)),
        "date": lambda cell: date.fromisoformat(values.day(cell)),
        "share": _share,
        "yes_no": values.yes_no,
        **{name: _chosen(labels) for name, labels in choices(orders).items()},
    }


def choices(orders: Orders) -> dict[str, dict[str, Text]]:
    """The values to choose from, by type: code → label."""
    return {
        "level": {code: _text(words) for code, words in LEVEL_NAMES.items()},
        "status": {code: _text(words) for code, words in STATUS_NAMES.items()},
        "kind": {code: kind.name for code, kind in kinds(orders).items()},
    }


def _text(message: str) -> Text:
    return Text(**{code: language(code).gettext(message) for code in CODES})


def _chosen(labels: Mapping[str, Text]) -> Reader:
    """A reader that knows a value by its code or by its label in any language, in any case."""
    known = {words.casefold(): code for code, label in labels.items() for words in (code, *label.everywhere())}

    def read(cell: object) -> str:
        found = known.get(values.SPACES.sub(" ", cell.strip()).casefold()) if isinstance(cell, str) else None
        if found is None:
            raise Wrong("not_choice", value=values.shown(cell), expected=tuple(labels.values()))
        return found

    return read


def _share(cell: object) -> int:
    try:
        return values.money(cell.replace("%", "") if isinstance(cell, str) else cell)
    except Wrong:
        raise Wrong("not_share") from None


def row_of(state: BodyState | OrganisationState) -> dict[str, Any]:
    """A state as the workbook holds it: by column, what is empty left out. Of what is dated, the latest."""
    if isinstance(state, BodyState):
        found: dict[str, Any] = {
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
        found = {
            "bin": state.bin,
            "kind": state.kind,
            "body_bin": period and period.body,
            "since": period and period.since,
            "status": state.latest,
            "status_since": status and status.since,
            "state_share": state.state_share,
            "state_body": state.state_body,
            "national_company": state.national_company,
        }
    found |= {"name_kk": state.name_kk or None, "name_ru": state.name_ru or None}
    return {code: value for code, value in found.items() if value is not None}


def words(column: Column, value: Any, labels: Mapping[str, Mapping[str, Text]], spoken: Language) -> Any:
    """A value as it stands in a cell and on a page, in a language; a share as a number of percent, a date as a date."""
    if column.type in labels:
        return labels[column.type][value][spoken.code] if value in labels[column.type] else value
    if column.type == "yes_no":
        return values.WORDS[spoken.code][0 if value else 1]
    return value / 100 if column.type == "share" else value
