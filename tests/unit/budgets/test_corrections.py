"""Corrections of a person: what they make of a decision, their stored form, the form's rows, and typed amounts."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from evaluation.budgets.body_match import likely_entry
from evaluation.budgets.checks import inconsistencies
from evaluation.budgets.corrections import Corrections, Head, corrected
from evaluation.budgets.labels import InvalidAmount, amount_text, parse_amount, where_text
from evaluation.budgets.model import BudgetDecision, BudgetLine, Section, Total, UnreadLine
from evaluation.language import language
from forms.budgets.rows import Row, filled_row, take_input

ENGLISH = language("en")
TAX, RENT = (
    BudgetLine(Section.INCOME, "1", "Налоговые поступления", Decimal(900), 3),
    BudgetLine(Section.INCOME, "2", "Неналоговые поступления", Decimal(70), 4),
)
UNREAD = (UnreadLine(6, "З Поступления от продажи 3O", "why"), UnreadLine(7, "| | |", "why"))
READ = BudgetDecision(
    "город Қонаев", 2026, "61-208", date(2026, 3, 17), {Section.INCOME: Total(Decimal(1000), 2)}, (TAX, RENT), (), UNREAD
)
SALE = BudgetLine(Section.INCOME, "3", "Поступления от продажи основного капитала", Decimal(30), 6)


def test_corrections_are_applied_and_stored() -> None:
    changes = {"l1": replace(RENT, amount=Decimal("70.5")), "u0": SALE, "u1": None, "n1": replace(SALE, code="4", source_line=5)}
    corrections = Corrections(Head(2025, "1", date(2025, 1, 2)), changes)
    assert Corrections.from_json(json.loads(json.dumps(corrections.to_json()))) == corrections
    decision = corrected(READ, corrections)
    assert [(line.code, line.amount) for line in decision.lines] == [("1", 900), ("2", Decimal("70.5")), ("4", 30), ("3", 30)]
    assert (decision.year, decision.number, decision.unread) == (2025, "1", ())
    assert corrected(READ, Corrections()) == READ and Corrections.from_json({}) == Corrections()
    without_tax = corrected(READ, Corrections(changes={"l0": None, "tincome": None}))
    assert without_tax.lines == (RENT,) and not without_tax.totals and without_tax.unread == UNREAD


def test_the_sums_of_what_a_person_entered_are_checked() -> None:
    right = corrected(READ, Corrections(changes={"u0": SALE, "u1": None}))
    assert not inconsistencies(right)
    wrong = corrected(READ, Corrections(changes={"u0": replace(SALE, amount=Decimal(31)), "u1": None}))
    assert [(item.where, item.printed, item.computed) for item in inconsistencies(wrong)] == [("income", 1000, 1001)]


def rows() -> list[Row]:
    return [
        filled_row("l1", RENT, ENGLISH),
        filled_row("tincome", BudgetLine(Section.INCOME, "", "", Decimal(1000), 2), ENGLISH),
        filled_row("u0", None, ENGLISH, UNREAD[0]),
        filled_row("u1", None, ENGLISH, UNREAD[1]),
        filled_row("n1", None, ENGLISH),
    ]


NOTHING = Corrections()


def taken(before: Corrections = NOTHING, **fields: str) -> tuple[Corrections, dict[str, dict[str, str]]]:
    """The corrections of what a person typed, and the errors by row; `amount_l1` is the field `amount-l1`."""
    shown = rows()
    after = take_input(shown, {name.replace("_", "-"): value for name, value in fields.items()}, before, ENGLISH)
    return after, {row.key: row.errors for row in shown if row.errors}


def test_what_is_not_touched_changes_nothing() -> None:
    assert taken() == (Corrections(), {})
    assert taken(amount_l1="70", name_l1=RENT.name)[0] == Corrections()


def test_rows_become_changes() -> None:
    after, errors = taken(
        amount_l1="−70,5",
        amount_tincome="1 001",
        section_u0="income",
        code_u0="3/01",
        name_u0="Продажа",
        amount_u0="30",
        removed_u1="on",
    )
    assert not errors
    assert after.changes == {
        "l1": replace(RENT, amount=Decimal("-70.5")),
        "tincome": BudgetLine(Section.INCOME, "", "", Decimal(1001), 2),
        "u0": BudgetLine(Section.INCOME, "3/01", "Продажа", Decimal(30), 6),
        "u1": None,
    }
    # An unread line can be the total of a section.
    assert taken(section_u0="costs", amount_u0="5")[0].changes["u0"] == BudgetLine(Section.COSTS, "", "", Decimal(5), 6)
    settled = Corrections(changes={"u1": None})
    assert taken(settled)[0] == Corrections()


@pytest.mark.parametrize(
    ("fields", "row", "field"),
    [
        ({"amount_l1": "7O"}, "l1", "amount"),
        ({"amount_l1": "12.500"}, "l1", "amount"),
        ({"code_l1": ""}, "l1", "code"),
        ({"code_l1": "2/а"}, "l1", "code"),
        ({"name_l1": " "}, "l1", "name"),
        ({"amount_u0": "5"}, "u0", "section"),
        ({"section_u0": "income", "code_u0": "3", "amount_u0": "5"}, "u0", "name"),
        ({"amount_u0": "5", "removed_u0": "on"}, "u0", "removed"),
        ({"amount_n1": "5", "section_n1": "income"}, "n1", "source_line"),
    ],
)
def test_an_error_stands_at_its_field(fields: dict[str, str], row: str, field: str) -> None:
    after, errors = taken(**fields)
    assert after == Corrections() and list(errors) == [row] and field in errors[row]


@pytest.mark.parametrize("text", ["48 012 900", "-1\u00a0457\u202f117", "12,5", "0", "1234.567", "−3"])
def test_amounts_are_read_as_they_are_shown(text: str) -> None:
    amount = parse_amount(text)
    for code in ("kk", "ru", "en"):
        assert parse_amount(amount_text(amount, language(code))) == amount


@pytest.mark.parametrize("text", ["", "1O", "12,500", "1e5", "1 2,3,4", "٣", "9" * 20, "--1", "(5)"])
def test_no_amount(text: str) -> None:
    with pytest.raises(InvalidAmount):
        parse_amount(text)


def test_the_names_of_inconsistencies() -> None:
    assert where_text("costs/01/2/489", ENGLISH) == "II. Costs, 01/2/489"
    assert where_text("decision/income", ENGLISH) == "text of the decision: I. Income"


def test_the_budget_that_is_likely_the_one_of_a_body() -> None:
    def budgets(*bodies: tuple[str, int]) -> list[BudgetDecision]:
        return [replace(READ, body=body, year=year) for body, year in bodies]

    talas = budgets(("Таласский район", 2021), ("город Каратау", 2021), ("сельский округ Акколь", 2021), ("село Каратау", 2021))
    assert likely_entry(talas, ["Талас ауданының әкімдігі", "Акимат Таласского района"], 2021) == 0
    assert likely_entry(talas, ["", "ГУ «Аппарат акима города Каратау Таласского района»"], 2021) == 1
    assert likely_entry(talas, ["", "ГУ «Аппарат акима сельского округа Акколь Таласского района»"], 2021) == 2
    talov = budgets(("Талов ауылдық округі", 2023), ("Талов ауылдық округі", 2024), ("Талов ауылдық округі", 2025))
    assert likely_entry(talov, ["Талов ауылдық округі әкімінің аппараты"], 2024) == 1
    assert likely_entry(talov, ["Басқа"], 2030) == 0
