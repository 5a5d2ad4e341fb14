"""Three real decisions: every figure of the first two, worked out by a script of its own; what is legible of the third."""

import csv
import re
from datetime import date
from decimal import Decimal
from functools import cache

import pytest

from evaluation.budgets.model import BudgetDecision, Section, SourceLine
from evaluation.budgets.read import read_decisions
from tests.support.paths import ROOT

TEXTS = ROOT / "tests" / "support" / "budgets"
TALAS_BODIES = (
    "город Каратау", "сельский округ Акколь", "сельский округ Бериккара", "сельский округ Бостандык", "сельский округ Кызылауит",
    "сельский округ Ойык", "сельский округ Ушарал", "сельский округ С.Шакиров", "сельский округ Аккум", "сельский округ Каратау",
    "сельский округ Кенес", "сельский округ Коктал", "сельский округ Каскабулак", "сельский округ Тамды",
)  # fmt: skip
TALAS_TOTALS = (
    (120322, 135644, 15322), (111634, 112294, 660), (36296, 37500, 1204), (30926, 31564, 638), (40054, 40363, 309),
    (40415, 41489, 1074), (68488, 69285, 797), (29248, 30371, 1123), (27993, 29122, 1129), (24833, 26311, 1478),
    (33820, 34733, 913), (24739, 25384, 645), (24016, 24946, 930), (102875, 103126, 251),
)  # fmt: skip
"""Income, costs, deficit (printed without the minus, equal to the financing) of the 14 annexes."""


@cache
def lines_of(name: str) -> tuple[SourceLine, ...]:
    text = (TEXTS / name).read_text(encoding="utf-8")
    return tuple(SourceLine(number, line) for number, line in enumerate(text.split("\n"), 1))


@cache
def read(name: str) -> tuple[BudgetDecision, ...]:
    return read_decisions(lines_of(name))


def listed(name: str) -> list[dict[str, str]]:
    with (TEXTS / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def rows(decision: BudgetDecision) -> list[tuple[str, str, Decimal, int]]:
    return [(line.section, line.code, line.amount, line.source_line) for line in decision.lines]


def expected_rows(listing: list[dict[str, str]]) -> list[tuple[str, str, Decimal, int]]:
    return [(row["section"], row["code"], Decimal(row["amount"]), int(row["source_line"])) for row in listing]


def totals(decision: BudgetDecision) -> dict[str, Decimal]:
    return {section.value: total.amount for section, total in decision.totals.items()}


def test_every_line_of_qonaev() -> None:
    (decision,) = read("konaev-2026.ru.txt")
    assert (decision.body, decision.year, decision.number, decision.date) == ("город Қонаев", 2026, "61-208", date(2026, 3, 17))
    assert rows(decision) == expected_rows(listed("konaev-2026.tsv"))
    assert len(decision.lines) == 204
    assert totals(decision) == {
        "income": 48012900,
        "costs": 49415642,
        "net_lending": 54375,
        "financial_assets": 0,
        "deficit": -1457117,
        "financing": 1457117,
    }
    assert decision.unread == ()
    assert decision.inconsistencies == ()


def test_names_of_qonaev() -> None:
    (decision,) = read("konaev-2026.ru.txt")
    names = {(line.section, line.code): line.name for line in decision.lines}
    assert names[Section.INCOME, "1/04"] == "Налоги на собственность"
    assert names[Section.INCOME, "2/01/5"] == "Доходы от аренды имущества, находящегося в государственной собственности"
    assert names[Section.COSTS, "01/2/489"] == "Отдел государственных активов и закупок района (города областного значения)"
    assert names[Section.COSTS, "07/1/487/113"] == "Целевые текущие трансферты нижестоящим бюджетам"
    assert names[Section.NET_LENDING, "10/9/459/018"] == "Бюджетные кредиты для реализации мер социальной поддержки специалистов"
    assert names[Section.FINANCING, "16/1/459/005"].startswith("Погашение долга местного исполнительного органа")


def test_the_fourteen_annexes_of_talas() -> None:
    decisions = read("talas-2021.ru.txt")
    assert tuple(one.body for one in decisions) == TALAS_BODIES
    assert {(one.year, one.number, one.date) for one in decisions} == {(2021, "11-2", date(2021, 7, 1))}
    listing = listed("talas-2021.tsv")
    for annex, decision in enumerate(decisions, 1):
        assert rows(decision) == expected_rows([row for row in listing if row["annex"] == str(annex)]), annex
        income, costs, deficit = TALAS_TOTALS[annex - 1]
        assert totals(decision) == {
            "income": income, "costs": costs, "financial_assets": 0, "deficit": deficit, "financing": deficit,
        }  # fmt: skip
        assert decision.unread == ()


def test_the_contradictions_of_talas_and_no_others() -> None:
    """Fourteen deficits without their minus, one category of income, one unit in the decision's text."""
    reports = [
        (annex, one.where, one.printed, one.computed)
        for annex, decision in enumerate(read("talas-2021.ru.txt"), 1)
        for one in decision.inconsistencies
    ]
    expected = [(annex, "deficit", Decimal(deficit), Decimal(-deficit)) for annex, (_, _, deficit) in enumerate(TALAS_TOTALS, 1)]
    expected += [(7, "income/1/04", Decimal(1951), Decimal(1805))]
    assert sorted(report for report in reports if not report[1].startswith("decision/")) == sorted(expected)
    (text,) = [report for report in reports if report[1].startswith("decision/")]
    assert (text[0], text[2], text[3]) == (1, Decimal("643.212"), Decimal(643212))
    (position,) = [one for one in read("talas-2021.ru.txt")[0].inconsistencies if one.where.startswith("decision/")]
    assert 21 in position.source_lines


def test_broken_and_spaced_names_of_talas() -> None:
    city = read("talas-2021.ru.txt")[0]
    names = {(line.section, line.code): line.name for line in city.lines}
    assert names[Section.INCOME, "1/04/4"] == "Налог на транспортные средства"
    assert names[Section.INCOME, "4/02"] == "Трансферты из вышестоящих органов государственного управления"
    assert names[Section.COSTS, "07"] == "Жилищно-коммунальное хозяйство"
    assert names[Section.COSTS, "01/124/022"] == "Капитальные расходы государственного органа"
    assert names[Section.FINANCING, "16/452/008"] == "Погашение долга местного исполнительного органа перед вышестоящим бюджетом"
    region = read("talas-2021.ru.txt")[5]
    programme = next(line.name for line in region.lines if line.code == "13/124/040")
    assert programme == (
        "Реализация мероприятий для решения вопросов обустройства населенных пунктов в реализацию мер по содействию "
        "экономическому развитию регионов в рамках Государственной программы развития регионов до 2025 года"
    )


TALOV_LEGIBLE: dict[int, dict[tuple[str, str], tuple[int, int]]] = {
    2023: {
        ("income", "1"): (1501, 93),
        ("income", "1/01"): (250, 95),
        ("income", "1/04"): (1251, 99),
        ("income", "1/04/1"): (50, 102),
        ("income", "1/04/3"): (1, 104),
        ("income", "2/01"): (0, 118),
        ("income", "4/02"): (58532, 139),
        ("costs", "01"): (33606, 161),
    },
    2024: {},
    2025: {
        ("financing", "16"): (0, 1254),
        ("financing", "16/1"): (0, 1256),
        ("financing", "8/01"): (0, 1270),
        ("financing", "8/01/1"): (0, 1273),
    },
}
"""Rows of the third text whose code and amount stand together: by year, the most that can be read, with the line of the code."""
TALOV_TOTALS = {
    2023: {"income": 60033, "costs": 60880, "net_lending": 0, "deficit": -847, "financing": 847},
    2024: {"income": 58149, "costs": 58149, "net_lending": 0, "financing": 0},
    2025: {"income": 58149, "costs": 58149, "net_lending": 0, "deficit": 0, "financing": 0},
}
"""Totals printed on one line, or beside the words of their row."""


@pytest.mark.parametrize("year", [2023, 2024, 2025])
def test_nothing_of_the_scan_is_invented(year: int) -> None:
    decision = next(one for one in read("talov-2023.kk.ocr.txt") if one.year == year)
    assert decision.number in {"28-7", ""}
    assert decision.date in {date(2022, 12, 29), None}
    for section, code, amount, line in rows(decision):
        assert TALOV_LEGIBLE[year].get((section, code)) == (amount, line), (section, code, amount, line)
    for section, amount in totals(decision).items():
        assert TALOV_TOTALS[year].get(section) == amount, (section, amount)
    assert totals(decision)["income"] == TALOV_TOTALS[year]["income"]
    assert totals(decision)["costs"] == TALOV_TOTALS[year]["costs"]


def test_what_the_scan_shows_clearly_is_read() -> None:
    by_year = {
        one.year: {(section, code): amount for section, code, amount, _ in rows(one)} for one in read("talov-2023.kk.ocr.txt")
    }
    assert list(by_year) == [2023, 2024, 2025]
    for position in (("income", "1"), ("income", "1/01"), ("income", "1/04"), ("income", "1/04/1"), ("income", "1/04/3")):
        assert by_year[2023].get(position) == TALOV_LEGIBLE[2023][position][0], position


def test_every_other_figure_of_the_scan_is_listed_as_unread() -> None:
    """Each figure within the tables belongs to a line or total that is read, or its line is listed."""
    decisions = read("talov-2023.kk.ocr.txt")
    texts = {line.number: line.text for line in lines_of("talov-2023.kk.ocr.txt")}
    starts = {2023: (92, 482), 2024: (508, 878), 2025: (919, 1275)}
    for decision in decisions:
        assert decision.year is not None
        listed_lines = {one.source_line for one in decision.unread}
        used = {line for _, _, _, line in rows(decision)} | {total.source_line for total in decision.totals.values()}
        first, last = starts[decision.year]
        for number in range(first, last + 1):
            text = texts[number].strip()
            if any(letter.isdigit() for letter in text) and not re.fullmatch(r"[1-6p]( [1-6p])+", text):
                of_total = re.match(r"[3-6]\)", text) and used & set(range(number, number + 5))
                assert number in listed_lines | used or of_total, (decision.year, number, text)
        for one in decision.unread:
            assert texts[one.source_line].strip() == one.text.strip()
            assert one.why
