"""The unified budget classification as data (``classification.toml``): categories by year, names, groups of state property."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from evaluation.budgets.model import BudgetDecision, BudgetLine, Section
from evaluation.budgets.text_repair import fold, words_of

FILE = Path(__file__).with_name("classification.toml")
NAME_LANGUAGES = ("ru", "kk")
HEADING_KINDS = ("receipts", "expenditures", "other")


@dataclass(frozen=True)
class Group:
    """Lines that concern the management of state property.

    Attributes:
        key: a name of the group that never changes.
        names: by language: kk, ru, en.
        parent: key of the group that contains this one; "" if none does.
        section: the section of its lines.
        codes: paths of codes; a path stands for everything below it.
        programmes: the last two codes of a path, "administrator/programme", in whatever functional group.
        fragments: what the name of a line of the group contains, folded.
    """

    key: str
    names: Mapping[str, str]
    parent: str
    section: Section
    codes: frozenset[str]
    programmes: frozenset[str]
    fragments: tuple[str, ...]

    def covers(self, line: BudgetLine) -> bool:
        """Whether a line belongs to the group, by its code or its name."""
        if line.section is not self.section:
            return False
        if line.code in self.codes or any(line.code.startswith(f"{code}/") for code in self.codes):
            return True
        if not self.programmes and not self.fragments:
            return False
        levels = line.code.split("/")
        if "/".join(levels[-2:]) in self.programmes:
            return True
        name = fold(line.name)
        return any(fragment in name for fragment in self.fragments)


@dataclass(frozen=True)
class Kind:
    """A kind of receipts: a category under whatever code a year gives it.

    Attributes:
        key: such as "transfers".
        section: of its lines.
        names: folded names, of all languages.
        classes: code of a class, or of class and subclass ("01/3") → folded names.
    """

    key: str
    section: Section
    names: frozenset[str]
    classes: Mapping[str, frozenset[str]] = field(repr=False)


class Classification:
    """The data of ``classification.toml``, arranged for looking up."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.data = data
        self.kinds = {key: _kind(key, entry) for key, entry in data["kinds"].items()}
        self.kind_of_name = {name: kind for kind in self.kinds.values() for name in kind.names}
        self.group_names = {group["code"]: _folds(group) for group in data["functional_groups"]}
        self.group_of_name = {name: code for code, names in self.group_names.items() for name in names}
        self.group_sections = {
            group["code"]: Section(group["section"]) for group in data["functional_groups"] if "section" in group
        }
        self.totals = {Section(key): tuple(fold(name) for name in names) for key, names in data["totals"].items()}
        self.parts = {fold(name): key for key, names in data["parts"].items() for name in names}
        self.headings = {
            key: frozenset(fold(name) for name in names) for key, names in data["headings"].items() if key in HEADING_KINDS
        }
        self.groups = {entry["key"]: _group(entry) for entry in data["groups"]}

    @cached_property
    def words(self) -> frozenset[str]:
        """Words of the names, by which a word that is broken over lines is known."""
        return words_of(_texts(self.data))

    def categories(self, year: int | None) -> Mapping[str, str]:
        """Return the codes of the kinds in a budget year; for an unknown year those of the newest period."""
        periods: list[dict[str, Any]] = self.data["periods"]
        fitting = (period for period in periods if year is not None and period["years"][0] <= year <= period["years"][1])
        categories: Mapping[str, str] = next(fitting, periods[-1])["categories"]
        return categories

    def kind(self, code: str, name: str, year: int | None) -> Kind | None:
        """Return the kind of a category: by its name, where that is known, else by its code in the year."""
        return self.kind_named(name) or next(
            (self.kinds[key] for key, item in self.categories(year).items() if item == code), None
        )

    def kind_named(self, name: str) -> Kind | None:
        """Return the kind of receipts with a name; None if no category has it."""
        return self.kind_of_name.get(fold(name))

    def printed_names(self, key: str) -> tuple[str, ...]:
        """Return the names of a kind of receipts as they are printed."""
        entry = self.data["kinds"][key]
        return (*(entry[language] for language in NAME_LANGUAGES), *entry.get("names", ()))

    def is_category(self, code: str, name: str) -> bool:
        """Whether code and name are those of a category in some year."""
        return (code, fold(name)) in self.category_names

    def begins_as_category(self, code: str, name: str) -> bool:
        """Whether a name begins as that of a category with the code in some year; signs that nobody can read may follow."""
        letters = fold(name)
        return any(code == item and letters.startswith(name) for item, name in self.category_names)

    @cached_property
    def category_names(self) -> frozenset[tuple[str, str]]:
        """Codes of categories with their folded names, of all years."""
        periods = self.data["periods"]
        return frozenset((period["categories"][kind.key], name) for period in periods for name, kind in self.kind_of_name.items())

    def is_functional_group(self, code: str, name: str) -> bool:
        """Whether code and name are those of a functional group."""
        return self.group_of_name.get(fold(name)) == code

    def totals_printed(self, section: Section) -> tuple[str, ...]:
        """Return the names of a section's total as they are printed."""
        return tuple(self.data["totals"][section.value])

    def total(self, name: str) -> Section | None:
        """Return the section whose total has a name; None if it is no total."""
        letters = fold(name)
        for section in (Section.FINANCING, Section.DEFICIT, Section.NET_LENDING, Section.FINANCIAL_ASSETS):
            if letters.startswith(self.totals[section]):
                return section
        return next((section for section in (Section.INCOME, Section.COSTS) if letters in self.totals[section]), None)

    def is_subclass(self, category: str, class_code: str, code: str, name: str, year: int | None) -> bool:
        """Whether a name is that of a subclass of the class of a category."""
        kind = self.kind(category, "", year)
        return kind is not None and fold(name) in kind.classes.get(f"{class_code}/{code}", ())

    def part(self, name: str) -> str | None:
        """Return what an amount without a code is a part of, by its name; None for another name."""
        return self.parts.get(fold(name))

    def is_part(self, name: str) -> bool:
        """Whether a name is that of an amount without a code."""
        return fold(name) in self.parts

    def is_row_name(self, name: str) -> bool:
        """Whether a name is that of a category, class, subclass or functional group."""
        return fold(name) in self.row_names

    @cached_property
    def row_names(self) -> frozenset[str]:
        """All folded names of rows with a code."""
        classes = (names for kind in self.kinds.values() for names in kind.classes.values())
        return frozenset().union(self.kind_of_name, self.group_of_name, *classes)

    def is_administrator(self, name: str) -> bool:
        """Whether a name is that of a body that administers programmes."""
        return self._has_end(name, "administrators")

    def is_subprogramme(self, name: str) -> bool:
        """Whether a name is that of a subprogramme: the source of a programme's money."""
        return self._has_end(name, "subprogrammes")

    def _has_end(self, name: str, table: str) -> bool:
        return name.startswith(tuple(self.data[table]["begin"])) or name.rstrip(" .)").endswith(tuple(self.data[table]["end"]))


@cache
def classification() -> Classification:
    """Return the classification of the product."""
    return Classification(tomllib.loads(FILE.read_text(encoding="utf-8")))


def group_lines(decision: BudgetDecision, group: str) -> tuple[BudgetLine, ...]:
    """Return the lines of a group, so that their amounts can be summed: never a line together with a line above it.

    Args:
        decision: the budget of a body and year.
        group: the key of a group.

    Raises:
        KeyError: No group has the key.
    """
    wanted = classification().groups[group]
    covered = [line for line in decision.lines if wanted.covers(line)]
    codes = {line.code for line in covered}
    return tuple(line for line in covered if not any(above in codes for above in codes_above(line.code)))


def codes_above(code: str) -> Iterator[str]:
    """Yield the paths above a path, from the nearest: "01/2/489" → "01/2", "01"."""
    while "/" in code:
        code = code.rpartition("/")[0]
        yield code


def _folds(entry: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(fold(name) for name in (*(entry[language] for language in NAME_LANGUAGES), *entry.get("names", ())))


def _kind(key: str, entry: Mapping[str, Any]) -> Kind:
    classes = {}
    for item in entry["classes"]:
        classes[item["code"]] = _folds(item)
        classes |= {f"{item['code']}/{subclass['code']}": _folds(subclass) for subclass in item["subclasses"]}
    return Kind(key, Section(entry["section"]), _folds(entry), classes)


def _group(entry: Mapping[str, Any]) -> Group:
    return Group(
        entry["key"],
        {language: entry[language] for language in ("kk", "ru", "en")},
        entry.get("parent", ""),
        Section(entry["section"]),
        frozenset(entry.get("codes", ())),
        frozenset(entry.get("programmes", ())),
        tuple(fold(name) for name in entry.get("names", ())),
    )


def _texts(data: Any) -> Iterator[str]:
    """Yield every text of the data."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, Mapping):
        for value in data.values():
            yield from _texts(value)
    elif isinstance(data, list):
        for value in data:
            yield from _texts(value)


GROUPS = tuple(classification().groups)
"""The keys of the groups of lines that concern state property, each after its parent."""
