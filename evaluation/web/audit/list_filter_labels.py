"""Labels of exported lists, their filters and their sorting, as an export's event names them."""

from collections.abc import Callable, Mapping

from evaluation.comparison.ranking.model import NO_TABLES, SORTS
from evaluation.language import N_, Language, heading
from evaluation.registry.admin.labels import LEVEL_NAMES
from evaluation.results.models import KIND_SEPARATOR
from evaluation.review.body_list.model import (
    AKIMAT_LABELS,
    BASIC_SORTS,
    COUNT_SORTS,
    LATENESS_LABELS,
    POINT_SORTS,
    PREVIOUS_YEAR_SORTS,
    REMARK_LABELS,
    TABLE_PREFIX,
)
from evaluation.submissions.status import STATUS_LABELS

LIST_LABELS = {"bodies": N_("Bodies"), "ranking": N_("Ranking"), "registry": N_("Registry")}
"""Labels of the lists that can be exported."""
FILTER_LABELS: dict[str, tuple[str, Mapping[str, str]]] = {
    "q": (N_("Name or BIN"), {}),
    "region": (N_("Region"), {}),
    "level": (N_("Level"), LEVEL_NAMES),
    "status": (N_("Submission status"), STATUS_LABELS),
    "late": (N_("Deadline"), LATENESS_LABELS),
    "remarks": (N_("Remarks"), REMARK_LABELS),
    "row": (N_("Row of the form"), {}),
    "share": (N_("Share of the maximum"), {}),
    "akimat": (N_("Bodies"), AKIMAT_LABELS),
    "tables": (N_("Tables"), {NO_TABLES: N_("no table applies")}),
    "sort": (N_("Sort by"), SORTS | BASIC_SORTS | COUNT_SORTS | POINT_SORTS | PREVIOUS_YEAR_SORTS),
    "order": (N_("Direction"), {"asc": N_("Lowest or first"), "desc": N_("Highest or last")}),
}
"""Filter of a list → its label and the labels of its values."""


def format_filters(filters: Mapping[str, str], language: Language, kind_name: Callable[[str], str]) -> str:
    """Return filters as text, such as "State: Accepted; Sort by: Body".

    Args:
        filters: The parameters of the list's address.
        language: The language of the text.
        kind_name: Returns the name of a kind of organisations, by whose table the list may be sorted.
    """
    return "; ".join(f"{_label(name, language)}: {_value(name, value, language, kind_name)}" for name, value in filters.items())


def _label(name: str, language: Language) -> str:
    return language.gettext(FILTER_LABELS[name][0]) if name in FILTER_LABELS else name


def _value(name: str, value: str, language: Language, kind_name: Callable[[str], str]) -> str:
    if name == "sort" and value.startswith(TABLE_PREFIX):
        return heading(kind_name(value.removeprefix(TABLE_PREFIX)))
    labels = FILTER_LABELS[name][1] if name in FILTER_LABELS else {}
    if name == "tables" and value not in labels:
        return ", ".join(map(kind_name, value.split(KIND_SEPARATOR)))
    return language.gettext(labels[value]) if value in labels else value
