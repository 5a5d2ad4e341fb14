"""Rules of the reader, each by an example: repairs of text, what a line says, rows torn by pages, codes, bodies, units, sums."""

from decimal import Decimal

import pytest

from evaluation.budgets.body_names import body_of_maslikhat, nominative
from evaluation.budgets.checks import agree, inconsistencies
from evaluation.budgets.classification import GROUPS, classification, group_lines
from evaluation.budgets.model import BudgetDecision, BudgetLine, Section, SourceLine, Total, UnreadLine
from evaluation.budgets.pieces import Form, Side, parse_amount, parse_line
from evaluation.budgets.read import read_decisions
from evaluation.budgets.text_repair import close_spaced_letters, fold, join_lines, repair_letters

WORDS = classification().words


def decide(*rows: str, heading: str = "Бюджет города Риддер на 2024 год") -> BudgetDecision:
    """Read one annex whose rows are lines of text."""
    texts = (heading, "Категория Класс Подкласс Наименование Сумма, тысяч тенге", *rows)
    (decision,) = read_decisions([SourceLine(number, text) for number, text in enumerate("\n".join(texts).split("\n"), 1)])
    return decision


def amounts(decision: BudgetDecision) -> dict[str, int]:
    return {f"{line.section}/{line.code}": int(line.amount) for line in decision.lines}


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (["Жилищно-коммуна", "льное хозяйство"], "Жилищно-коммунальное хозяйство"),
        (["Жилищно-", "коммунальное хозяйство"], "Жилищно-коммунальное хозяйство"),
        (["H а л о г  н а  ", "транспортные ", "средства"], "Налог на транспортные средства"),
        (["в  р а м к а х  ", "Государственной "], "в рамках Государственной"),
        (["остатки бюджетных", "средств"], "остатки бюджетных средств"),
        (["бюджета (профицит", ")"], "бюджета (профицит)"),
        (["Приобре\u00adтение", "финансовых\u00a0активов"], "Приобре\u00adтение финансовых активов"),
    ],
)
def test_lines_of_a_name_are_joined(parts: list[str], name: str) -> None:
    assert join_lines([part.replace("\u00a0", " ") for part in parts], WORDS) == name


def test_a_row_longer_than_any_name_is_unread() -> None:
    decision = decide("1 Налоговые поступления 48 012", "", "2 " + "поступления 7 " * 300 + "1", "3 Прочие")
    assert amounts(decision) == {"income/1": 48_012}
    assert [item.source_line for item in decision.unread] == [5, 6]


def test_a_budget_of_which_nothing_is_legible_is_unread() -> None:
    decision = decide("1 Налоговые поступления 1О5 З4")
    assert not decision.lines and [item.source_line for item in decision.unread] == [3]


def test_a_name_of_many_lines_is_joined_whole() -> None:
    assert join_lines(["Жилищно-коммуна", "льное хозяйство"] * 500, WORDS) == " ".join(["Жилищно-коммунальное хозяйство"] * 500)


def test_letters_are_repaired_both_ways() -> None:
    assert repair_letters("Hалоги cельского округa") == "Налоги сельского округа"
    assert repair_letters("формат РDF, раздел IV") == "формат PDF, раздел IV"
    assert close_spaced_letters("о р г а н о в") == "органов"
    assert fold("Мемлекеттiк  меншіктен") == fold("мемлекеттік меншіктен")


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("48 012 900", "48012900"),
        ("1234,5", "1234.5"),
        ("(1 234,50)", "-1234.50"),
        ("- 26 473", "-26473"),
        ("0", "0"),
        ("-", "0"),
        ("1.234", None),
        ("12 34", None),
        ("1O5", None),
        ("007", None),
    ],
)
def test_an_amount_is_read_or_refused(text: str, amount: str | None) -> None:
    assert parse_amount(text) == (None if amount is None else Decimal(amount))


def test_what_a_line_says() -> None:
    row = parse_line("01 2 489 005 Приватизация, управление имуществом № 5 6 322")
    assert [code for code, _ in row.codes] == ["01", "2", "489", "005"]
    assert (row.text.strip(), row.amount) == ("Приватизация, управление имуществом № 5", 6322)
    assert parse_line("066Строительство объектов").codes == (("066", 0),)
    assert parse_line("1 2 3 4 5").form is Form.COLUMN_NUMBERS
    assert parse_line("Сумма, тысяч тенгеКласс").side is Side.RECEIPTS
    assert parse_line("Страница 2 из 3").form is Form.BLANK
    assert parse_line("до 2025 года").amount is None
    assert parse_line("IV. Сальдо по операциям 0").numeral


def test_a_page_break_tears_a_row() -> None:
    decision = decide(
        "I. Доходы 10\n1 Налоговые поступления 10",
        "Функциональная группа\nНаименование",
        "II. Затраты 5 229",
        "13 Прочие 2 131\n\n124\n\nАппарат акима \nсела\n\n2 131\n\nРеализация \nмероприятий для \n"
        "\n\n\n040\n\nнаселенных пунктов\n\n2 131",
        "16 Погашение займов 3 098\n\n452\n\nОтдел финансов 3 098\n\n008\n\nПогашение долга \n"
        "перед \n\n3 098\n\n\n\nвышестоящим \nбюджетом",
    )
    assert amounts(decision) == {
        "income/1": 10,
        "costs/13": 2131,
        "costs/13/124": 2131,
        "costs/13/124/040": 2131,
        "financing/16": 3098,
        "financing/16/452": 3098,
        "financing/16/452/008": 3098,
    }
    names = {line.code: line.name for line in decision.lines}
    assert names["13/124/040"] == "Реализация мероприятий для населенных пунктов"
    assert names["16/452/008"] == "Погашение долга перед вышестоящим бюджетом"
    assert decision.unread == ()


def test_a_digit_is_a_category_or_a_subclass_by_name_and_order() -> None:
    decision = decide(
        "I. Доходы 12",
        "1 Налоговые поступления 5\n04 Налоги на собственность 5\n3 Земельный налог 2\n4 Налог на транспортные средства 3",
        "4 Поступления трансфертов 7\n"
        "02 Трансферты из вышестоящих органов государственного управления 7\n3 Трансферты из районного бюджета 7",
    )
    assert list(amounts(decision)) == [
        "income/1",
        "income/1/04",
        "income/1/04/3",
        "income/1/04/4",
        "income/4",
        "income/4/02",
        "income/4/02/3",
    ]
    assert decision.inconsistencies == ()


def test_amounts_over_lines_and_in_other_units() -> None:
    broken = decide("I. Доходы\n35 056\n175\n1 Налоговые поступления\n35\n056\n175")
    assert broken.totals[Section.INCOME].amount == 35_056_175 == broken.lines[0].amount
    texts = ("Бюджет города Алматы на 2024 год", "Категория Наименование Сумма, млн тенге", "I. Доходы 1,5")
    millions = [SourceLine(number, text) for number, text in enumerate(texts, 1)]
    assert read_decisions(millions)[0].totals[Section.INCOME].amount == 1500


def test_what_is_not_legible_is_listed_and_its_parents_are_not_compared() -> None:
    decision = decide(
        "I. Доходы 12\n1 Налоговые поступления 12\n04 Налоги на собственность 12\n"
        "3 Земельный налог 1O\n4 Налог на транспортные средства 2\n77"
    )
    assert [line.source_line for line in decision.unread] == [6, 8]
    assert "income/1/04/3" not in amounts(decision)
    assert decision.inconsistencies == ()


@pytest.mark.parametrize(
    ("printed", "body"),
    [
        ("города Қонаев", "город Қонаев"),
        ("сельского округа С.Шакиров", "сельский округ С.Шакиров"),
        ("Таласского района", "Таласский район"),
        ("Жамбылской области", "Жамбылская область"),
        ("поселка Глубокое", "поселок Глубокое"),
        ("Талов ауылдық округінің", "Талов ауылдық округі"),
        ("Қонаев қаласының", "Қонаев қаласы"),
        ("аудандық", ""),
    ],
)
def test_a_body_stands_in_the_nominative(printed: str, body: str) -> None:
    assert nominative(printed) == body


def test_a_maslikhat_names_its_body() -> None:
    assert body_of_maslikhat("Батыс Қазақстан облысы Жәнібек аудандық мәслихатының шешімі") == "Жәнібек ауданы"
    assert body_of_maslikhat("Решение Таласского районного маслихата Жамбылской области") == "Таласский район"
    assert body_of_maslikhat("Решение маслихата города Қонаев Алматинской области") == "город Қонаев"


def test_categories_have_the_codes_of_their_year() -> None:
    data = classification()
    assert [data.categories(year)["transfers"] for year in (2021, 2023, 2026)] == ["4", "4", "5"]
    kind = data.kind("5", "", 2021)
    assert kind is not None
    assert kind.section is Section.NET_LENDING


def budget(*lines: tuple[Section, str, int], **totals: int) -> BudgetDecision:
    printed = {Section(key): Total(Decimal(amount), 1) for key, amount in totals.items()}
    rows = [BudgetLine(section, code, code, Decimal(amount), number) for number, (section, code, amount) in enumerate(lines, 2)]
    return BudgetDecision("", 2024, "", None, printed, tuple(rows))


def test_lines_of_state_property() -> None:
    income, costs = Section.INCOME, Section.COSTS
    decision = budget(
        (income, "2", 9), (income, "2/01", 9), (income, "2/01/1", 4), (income, "2/01/5", 5), (income, "3/01", 7),
        (income, "3/01/1", 7),
        (costs, "01/2/489", 3), (costs, "01/2/489/001", 1), (costs, "01/2/489/005", 2), (costs, "01/2/459/021", 8),
    )  # fmt: skip
    lines = {key: [line.code for line in group_lines(decision, key)] for key in GROUPS}
    assert lines["property_income"] == ["2/01"]
    assert lines["net_income"] == ["2/01/1"]
    assert lines["rent"] == ["2/01/5"]
    assert lines["sale"] == ["3/01"]
    assert lines["management"] == ["01/2/489/001", "01/2/489/005"]
    assert lines["dividends"] == []


def test_a_contradiction_is_reported_once_where_it_is() -> None:
    income, costs = Section.INCOME, Section.COSTS
    sound = [(income, "1", 10), (income, "1/04", 10), (income, "1/04/1", 4), (income, "1/04/3", 6), (costs, "01", 12)]
    totals = {"income": 10, "costs": 12, "deficit": -2, "financing": 2}
    assert inconsistencies(budget(*sound, **totals)) == ()
    inner = budget(*sound[:1], (income, "1/04", 11), *sound[2:], **totals)
    assert [(item.where, item.printed, item.computed) for item in inconsistencies(inner)] == [("income/1/04", 11, 10)]
    leaf = budget(*sound[:3], (income, "1/04/3", 7), *sound[4:], **totals)
    assert [item.where for item in inconsistencies(leaf)] == ["income/1/04"]
    sign = budget(*sound, **{**totals, "deficit": 2})
    assert [(item.where, item.computed) for item in inconsistencies(sign)] == [("deficit", -2)]
    total = budget(*sound, **{**totals, "income": 13})
    assert [item.where for item in inconsistencies(total)] == ["income"]
    unread = BudgetDecision(**{**vars(leaf), "unread": (UnreadLine(4, "x", "why"),)})
    assert inconsistencies(unread) == ()


def test_some_of_the_changes_can_explain_a_difference() -> None:
    assert agree(Decimal(3), [Decimal(1), Decimal(2), Decimal(7)])
    assert not agree(Decimal(4), [Decimal(1), Decimal(2), Decimal(7)])
