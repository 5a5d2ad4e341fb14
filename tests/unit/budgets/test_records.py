"""What is stored of a confirmed decision: its lines with their origin, exact amounts, and everything that was read."""

import random
from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from evaluation.budgets import records
from evaluation.budgets.classification import GROUPS
from evaluation.budgets.model import BudgetDecision, BudgetLine, Section, Total, UnreadLine
from evaluation.budgets.models import StoredDecision

CASES = 300


def random_line(draw: random.Random) -> BudgetLine:
    code = "/".join(draw.choice(("1", "2", "01", "489", "005")) for _ in range(draw.randrange(1, 4)))
    amount = Decimal(draw.randrange(-(10**12), 10**12)).scaleb(-draw.choice((0, 1, 5)))
    return BudgetLine(draw.choice(tuple(Section)), code, draw.choice(("Кіріс", "Доход")), amount, draw.randrange(1, 12))


def random_decision(draw: random.Random) -> BudgetDecision:
    return BudgetDecision(
        body="Қала",
        year=2024,
        number="1",
        date=date(2024, 1, 1),
        totals={section: Total(Decimal(draw.randrange(9)), draw.randrange(1, 12)) for section in Section if draw.random() < 0.5},
        lines=tuple(random_line(draw) for _ in range(draw.randrange(8))),
        unread=tuple(UnreadLine(draw.randrange(1, 20), "…", "why") for _ in range(draw.randrange(3))),
    )


def random_correction(draw: random.Random, read: BudgetDecision) -> BudgetDecision:
    lines = [line for line in read.lines if draw.random() < 0.8]
    lines = [replace(line, amount=line.amount + 1) if draw.random() < 0.2 else line for line in lines]
    return replace(read, lines=(*lines, *(random_line(draw) for _ in range(draw.randrange(3)))), unread=())


@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_lost_and_nothing_added(seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(CASES // 3):
        read = random_decision(draw)
        confirmed = random_correction(draw, read)
        lines = records.with_origins(read, confirmed)
        rows = [records.line_row(detail, position) for position, detail in enumerate(lines, 1)]
        row = StoredDecision(
            year=2024,
            number="1",
            date=date(2024, 1, 1),
            body_name="Қала",
            totals=records.TOTALS.dump_python(confirmed.totals, mode="json"),
            printed=records.HEAD.dump_python(records.head_of(read), mode="json"),
            settlements=records.SETTLEMENTS.dump_python(records.settlements_of(read, confirmed), mode="json"),
            inconsistencies=[],
        )
        details = records.details_of(row, rows)
        assert details.decision == confirmed and details.printed == records.head_of(read)
        printed = [detail.printed or detail.line for detail in details.lines if detail.origin != "entered"]
        assert Counter(printed) == Counter(read.lines)
        assert all(detail.printed and detail.printed.source_line == detail.line.source_line for detail in lines if detail.printed)
        changed = sum(detail.origin != "read" for detail in lines)
        assert records.count_corrections(read, confirmed, lines) == changed
        assert changed == 0 or confirmed.lines != read.lines
        assert [item.source_line for item in details.settlements] == [item.source_line for item in read.unread]


def test_amounts_are_exact() -> None:
    assert records.to_tiyn(Decimal("0.00001")) == 1 and records.to_thousands(1) == Decimal("0.00001")
    assert records.to_thousands(records.to_tiyn(Decimal("-48012900.5"))) == Decimal("-48012900.5")
    with pytest.raises(ValueError, match="fraction"):
        records.to_tiyn(Decimal("0.000001"))


def test_groups_of_the_classification_are_summed_once() -> None:
    lines = [("2/01", 10), ("2/01/1", 6), ("2/01/5", 4), ("3/01", 7)]
    budget = BudgetDecision(
        "", 2024, "", None, {}, tuple(BudgetLine(Section.INCOME, code, "", Decimal(amount), 1) for code, amount in lines)
    )
    planned = records.planned_by_group(budget)
    assert tuple(planned) == GROUPS
    assert (planned["property_income"], planned["net_income"], planned["rent"]) == (1_000_000, 600_000, 400_000)
