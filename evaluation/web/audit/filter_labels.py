"""What a list was kept to and sorted by when it was taken out, in words."""

from collections.abc import Callable, Mapping

from evaluation.language import N_, Language, heading
from evaluation.registry.admin.labels import LEVEL_NAMES
from evaluation.review.body_list.model import COUNTS, LAST, LATENESS, PLAIN, POINTS, REMARKS, TABLE
from evaluation.submissions.status import STANDINGS

LISTS = {"bodies": N_("Bodies"), "registry": N_("Registry")}
"""What can be taken out as a whole."""
PARTS: dict[str, tuple[str, Mapping[str, str]]] = {
    "q": (N_("Name or BIN"), {}),
    "region": (N_("Region"), {}),
    "level": (N_("Level"), LEVEL_NAMES),
    "state": (N_("State"), STANDINGS),
    "late": (N_("Deadline"), LATENESS),
    "remarks": (N_("Remarks"), REMARKS),
    "sort": (N_("Sort by"), PLAIN | COUNTS | POINTS | LAST),
    "order": (N_("Direction"), {"asc": N_("Lowest or first"), "desc": N_("Highest or last")}),
}
"""The parts of an address of the list of bodies: what they are called, and their values that have words."""


def filters(given: Mapping[str, str], spoken: Language, kind: Callable[[str], str]) -> str:
    """Such as "State: Accepted; Sort by: Body". `kind` names a kind of organisations, by whose table the list may be sorted."""
    return "; ".join(f"{_label(part, spoken)}: {_value(part, value, spoken, kind)}" for part, value in given.items())


def _label(part: str, spoken: Language) -> str:
    return spoken.gettext(PARTS[part][0]) if part in PARTS else part


def _value(part: str, value: str, spoken: Language, kind: Callable[[str], str]) -> str:
    if part == "sort" and value.startswith(TABLE):
        return heading(kind(value.removeprefix(TABLE)))
    words = PARTS[part][1] if part in PARTS else {}
    return spoken.gettext(words[value]) if value in words else value
