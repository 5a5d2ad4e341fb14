"""A decision as a tree: sections with their totals, groups of lines, and lines indented by their codes."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from evaluation.budgets.model import Section, Total
from evaluation.budgets.records import DecisionDetails, DetailLine


@dataclass(frozen=True)
class TreeRow:
    """A line below the first of its group; `depth` is 1 for a child of it."""

    item: DetailLine
    depth: int


@dataclass(frozen=True)
class TreeGroup:
    """The lines of a category or functional group: its own line, where the decision prints one, and those below."""

    code: str
    top: DetailLine | None
    rows: tuple[TreeRow, ...]


@dataclass(frozen=True)
class TreeSection:
    """A section with its printed total."""

    section: Section
    total: Total | None
    groups: tuple[TreeGroup, ...]


def tree_of(details: DecisionDetails) -> tuple[TreeSection, ...]:
    """Return the sections that have a total or lines."""
    sections = []
    for section in Section:
        lines = [item for item in details.lines if item.line.section == section and item.origin != "removed"]
        total = details.decision.totals.get(section)
        if lines or total is not None:
            groups = groupby(lines, key=lambda item: item.line.code.split("/")[0])
            sections.append(TreeSection(section, total, tuple(_group(code, members) for code, members in groups)))
    return tuple(sections)


def _group(code: str, members: Iterable[DetailLine]) -> TreeGroup:
    items = list(members)
    top = items.pop(0) if items[0].line.code == code else None
    codes = {item.line.code for item in items}
    return TreeGroup(code, top, tuple(TreeRow(item, 1 + _ancestors(item.line.code, codes)) for item in items))


def _ancestors(code: str, codes: set[str]) -> int:
    """Return how many of the codes are above a code; codes that the decision leaves out indent nothing."""
    parts = code.split("/")
    return sum("/".join(parts[:length]) in codes for length in range(1, len(parts)))
