"""Decisions in the words and layouts of maslikhats all over the country: other years, languages, units, heads, neighbours."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache

import pytest

from evaluation.budgets.model import BudgetDecision, SourceLine
from evaluation.budgets.read import read_decisions
from tests.support.paths import ROOT

TEXTS = ROOT / "tests" / "support" / "budgets" / "unseen"
SECTIONS = ("income", "costs", "net_lending", "financial_assets", "deficit", "financing")


@dataclass(frozen=True)
class Entry:
    """What one budget of a text says.

    Attributes:
        head: body, year, number of the decision and its day.
        totals: of the six sections, as printed and in thousand tenge; None for a section that is not printed.
        contradictions: where, printed, computed.
        unread: lines of the table that nobody can read.
    """

    head: tuple[str, int, str, date]
    totals: str
    contradictions: tuple[tuple[str, str, str], ...] = ()
    unread: tuple[int, ...] = field(default=())


AKKOL = "Ақкөл ауылдық округі"
ENTRIES: dict[str, tuple[Entry, ...]] = {
    "oblast-2024.ru": (
        Entry(("Жамбылская область", 2024, "9-3", date(2023, 12, 14)), "12500700 12000500 900000 50000 -449800 449800"),
    ),
    "audan-2023.kk": (Entry(("Жәнібек ауданы", 2023, "27-1", date(2022, 12, 23)), "5212345 5250345 0 0 -38000 38000"),),
    "city-2025-amended.ru": (
        Entry(("город Риддер", 2025, "20/3-VIII", date(2025, 4, 11)), "9100250.5 9600000 -25000 0 -474749.5 474749.5"),
    ),
    "rural-2026-tenge.ru": (
        Entry(("Кайнарский сельский округ", 2026, "45-188", date(2025, 12, 26)), "60500 61250.5 0 0 -750.5 750.5"),
    ),
    "two-bodies-numbered.ru": (
        Entry(("Андреевский сельский округ", 2022, "17/2", date(2021, 12, 28)), "30500 31000 0 0 -500 500"),
        Entry(("Беловский сельский округ", 2022, "17/2", date(2021, 12, 28)), "20100 20100 0 0 0 0"),
    ),
    "full-codes-2020.ru": (Entry(("Аксуский район", 2020, "56-236", date(2019, 12, 27)), "1000500 1010000 0 0 -9500 9500"),),
    "rural-three-years.kk": (
        Entry((AKKOL, 2024, "14-2", date(2023, 12, 26)), "40000 41500 0 0 -1500 1500"),
        Entry((AKKOL, 2025, "14-2", date(2023, 12, 26)), "38000 38000 0 0 0 0"),
    ),
    "contradictions-2023.ru": (
        Entry(
            ("поселок Глубокое", 2023, "21/5-VII", date(2022, 12, 29)),
            "200000 210000 0 0 -10000 10000",
            (
                ("costs/01/1/124", "150000", "140000"),
                ("decision/costs", "215000", "210000"),
                ("income/1/04", "41000", "40000"),
            ),
        ),
    ),
    "no-budget.ru": (),
    "subprograms-2019.ru": (Entry(("город Павлодар", 2019, "308/44", date(2018, 12, 24)), "900 950.5 0 0 -50.5 50.5"),),
    "pdf-pages-2022.ru": (
        Entry(("Туркестанская область", 2022, "22-141", date(2021, 12, 21)), "3035056175 3035000000 - - 56175 -56175"),
    ),
    "transfers-annex-2024.kk": (Entry(("Жамбыл облысы", 2024, "9-3", date(2023, 12, 14)), "700000.5 690000.5 10000 0 0 0"),),
    "illegible-2021.ru": (
        Entry(("город Степняк", 2021, "С-59/2", date(2020, 12, 25)), "80000 85000 0 0 -5000 5000", (), (15, 19, 23, 33, 34)),
    ),
    "digits-in-names-2026.ru": (Entry(("Костанайский район", 2026, "431", date(2026, 5, 5)), "2006000 2006000 0 0 0 0"),),
    "surplus-2024.ru": (
        Entry(("город Алматы", 2024, "70", date(2023, 12, 13)), "1500000000 1400000000 -20000000 70000000 50000000 -50000000"),
    ),
}


@cache
def read(name: str) -> tuple[BudgetDecision, ...]:
    text = (TEXTS / f"{name}.txt").read_text(encoding="utf-8")
    return read_decisions([SourceLine(number, line) for number, line in enumerate(text.split("\n"), 1)])


@cache
def listing() -> tuple[dict[str, str], ...]:
    with (TEXTS.parent / "unseen.tsv").open(encoding="utf-8") as file:
        return tuple(csv.DictReader(file, delimiter="\t"))


def listed(name: str, entry: int) -> Iterable[tuple[str, str, Decimal, int]]:
    for row in listing():
        if (row["file"], row["entry"]) == (name, str(entry)):
            yield row["section"], row["code"], Decimal(row["amount"]), int(row["source_line"])


@pytest.mark.parametrize("name", ENTRIES)
def test_whose_budget_it_is(name: str) -> None:
    heads = [(one.body, one.year, one.number, one.date) for one in read(name)]
    assert len(heads) == len(ENTRIES[name])
    for (body, *rest), entry in zip(heads, ENTRIES[name], strict=True):
        assert tuple(rest) == entry.head[1:]
        assert body == entry.head[0] or body == f"{entry.head[0]} Мамлютского района"


@pytest.mark.parametrize("name", ENTRIES)
def test_every_line_and_total_of_it(name: str) -> None:
    for position, (decision, entry) in enumerate(zip(read(name), ENTRIES[name], strict=True)):
        lines = [(line.section, line.code, line.amount, line.source_line) for line in decision.lines]
        assert lines == list(listed(name, position))
        amounts = zip(SECTIONS, entry.totals.split(), strict=True)
        assert {section.value: total.amount for section, total in decision.totals.items()} == {
            section: Decimal(amount) for section, amount in amounts if amount != "-"
        }


@pytest.mark.parametrize("name", ENTRIES)
def test_its_contradictions_and_what_nobody_can_read(name: str) -> None:
    lines = (TEXTS / f"{name}.txt").read_text(encoding="utf-8").split("\n")
    for decision, entry in zip(read(name), ENTRIES[name], strict=True):
        reports = sorted((one.where, one.printed, one.computed) for one in decision.inconsistencies)
        assert reports == [(where, Decimal(printed), Decimal(computed)) for where, printed, computed in entry.contradictions]
        assert tuple(one.source_line for one in decision.unread) == entry.unread
        assert [one.text.strip() for one in decision.unread] == [lines[number - 1].strip() for number in entry.unread]


def test_digits_in_names_are_no_amounts() -> None:
    names = {line.code: line.name for line in read("digits-in-names-2026.ru")[0].lines}
    assert names["07/1/472/003"] == (
        "Проектирование и (или) строительство 100-квартирного жилого дома № 5 по улице 1 Мая в рамках программы "
        '"Нұрлы жер" на 2020-2025 годы'
    )
    assert names["07/1/472/058"] == "Развитие системы водоснабжения по программе до 2030 года"


def test_heads_of_tables_are_no_part_of_names() -> None:
    names = {line.code: line.name for line in read("full-codes-2020.ru")[0].lines if line.section == "income"}
    assert names["4/02/2"] == "Трансферты из областного бюджета"
