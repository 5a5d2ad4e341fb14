"""Random budgets whose sums agree, as rows of the form that maslikhats approve."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from evaluation.budgets.model import Section
from tests.support import budget_names as names
from tests.support.budget_names import Name

NEW_CLASSIFICATION = 2026
"""From this year the categories after the capital are numbered one higher."""
NUMBERS = ("tax", "nontax", "capital", "transfers", "repayment", "assets", "loans", "balances")
Classes = tuple[Name, dict[str, tuple[Name, dict[str, Name]]]]
Groups = tuple[Name, dict[str, Name]]


@dataclass
class Row:
    """A row of a table.

    Attributes:
        section: where it stands.
        code: the codes from the top; empty for the total of the section and for rows without a code.
        name: Russian and Kazakh.
        amount: in thousand tenge.
        children: rows below it.
        is_total: whether it prints the section's total.
    """

    section: Section
    code: tuple[str, ...]
    name: Name
    amount: Decimal = Decimal()
    children: list["Row"] = field(default_factory=list)
    is_total: bool = False

    def flat(self) -> list["Row"]:
        return [self, *(row for child in self.children for row in child.flat())]


@dataclass(frozen=True)
class Body:
    """A body: nominative and genitive in both languages, and its maslikhat in the genitive as heads of decisions name it."""

    ru: str
    ru_genitive: str
    kk: str
    kk_genitive: str
    council: Name


DISTRICT = Name("Таласского районного маслихата Жамбылской области", "Жамбыл облысы Талас аудандық мәслихатының")
BODIES = (
    Body("город Қонаев", "города Қонаев", "Қонаев қаласы", "Қонаев қаласының",
         Name("маслихата города Қонаев Алматинской области", "Алматы облысы Қонаев қалалық мәслихатының")),
    Body("Таласский район", "Таласского района", "Талас ауданы", "Талас ауданының", DISTRICT),
    Body("Жамбылская область", "Жамбылской области", "Жамбыл облысы", "Жамбыл облысының",
         Name("Жамбылского областного маслихата", "Жамбыл облыстық мәслихатының")),
    Body("сельский округ Акколь", "сельского округа Акколь", "Ақкөл ауылдық округі", "Ақкөл ауылдық округінің", DISTRICT),
    Body("Бериккаринский сельский округ", "Бериккаринского сельского округа", "Берікқара ауылдық округі",
         "Берікқара ауылдық округінің", DISTRICT),
    Body("город Каратау", "города Каратау", "Қаратау қаласы", "Қаратау қаласының", DISTRICT),
)  # fmt: skip


@dataclass(frozen=True)
class Tree:
    """The budget of one body for one year: the tables in the order of the form, each a list of rows of one kind of columns."""

    body: Body
    year: int
    tables: tuple[tuple[str, tuple[Row, ...]], ...]
    totals: dict[Section, Decimal]

    def rows(self) -> list[Row]:
        return [row for _, rows in self.tables for row in rows]


@dataclass(frozen=True)
class Decision:
    """A decision that approves budgets."""

    language: str
    number: str
    day: date
    trees: tuple[Tree, ...]
    unit: str
    """"thousand" or "tenge": the unit of the printed amounts."""


def number_of(role: str, year: int) -> str:
    """Return the number of a category in the classification of a year."""
    position = NUMBERS.index(role) + 1
    return str(position + (year >= NEW_CLASSIFICATION and position > 3))


def random_decision(random: Random, language: str | None = None, trees: int | None = None) -> Decision:
    language = language or random.choice(("ru", "kk"))
    unit = random.choice(("thousand", "thousand", "tenge"))
    digits = 3 if unit == "tenge" else random.choice((0, 0, 0, 1))
    year = random.choice((2019, 2021, 2022, 2023, 2024, 2026, 2027))
    day = date(year - 1, 12, 1) + timedelta(random.randrange(300))
    first = random.choice(BODIES)
    count = trees or random.choice((1, 1, 2, 3))
    if first.council == DISTRICT and random.random() < 0.5:
        bodies = random.sample([body for body in BODIES if body.council == DISTRICT], count)
        pairs = [(body, year) for body in bodies]
    else:
        pairs = [(first, year + later) for later in range(count if year not in (2024,) else 1)]
    approved = tuple(random_tree(random, body, one, digits) for body, one in pairs)
    return Decision(language, f"{random.randint(1, 90)}-{random.randint(1, 300)}", day, approved, unit)


def random_tree(random: Random, body: Body, year: int, digits: int = 0) -> Tree:
    """Return a budget whose sums agree at every level.

    Args:
        random: decides everything.
        body: whose budget.
        year: decides the numbers of the categories.
        digits: decimal places of the amounts in thousand tenge.
    """
    has_subgroups = random.random() < 0.8
    step = Decimal(1).scaleb(-digits)

    def amount() -> Decimal:
        kind = random.random()
        top = 1 if kind < 0.08 else 1_000 if kind < 0.4 else 5_000_000
        return random.randrange(0, top) + step * random.randrange(0, 10**digits)

    income = [
        _category(random, Section.INCOME, number_of(role, year), names.INCOME[role], amount)
        for role in NUMBERS[:4]
        if role == "tax" or random.random() < 0.75
    ]
    costs = [
        _group(random, Section.COSTS, code, names.GROUPS[code], amount, has_subgroups)
        for code in sorted(random.sample(sorted(names.GROUPS), random.randint(1, 5)))
    ]
    lending = _lending(random, year, amount, has_subgroups)
    assets = _assets(random, year, amount, has_subgroups)
    sums = {Section.INCOME: _sum(income), Section.COSTS: _sum(costs)}
    sums[Section.NET_LENDING] = _sum(lending[0]) - _sum(lending[1])
    sums[Section.FINANCIAL_ASSETS] = _sum(assets[0]) - _sum(assets[1])
    deficit = sums[Section.INCOME] - sums[Section.COSTS] - sums[Section.NET_LENDING] - sums[Section.FINANCIAL_ASSETS]
    sums[Section.DEFICIT], sums[Section.FINANCING] = deficit, -deficit
    financing = _financing(random, year, -deficit, amount, has_subgroups)
    return Tree(body, year, _tables(income, costs, lending, assets, financing, sums), sums)


def _sum(rows: list[Row]) -> Decimal:
    return sum((row.amount for row in rows), Decimal())


def _category(random, section, code, data: Classes, amount, whole: Decimal | None = None) -> Row:  # type: ignore[no-untyped-def]
    """Return a category with some of its classes and subclasses; `whole` fixes its amount, all of it in one subclass."""
    name, classes = data
    top = Row(section, (code,), name)
    chosen = sorted(random.sample(sorted(classes), 1 if whole is not None else random.randint(1, len(classes))))
    for number in chosen:
        class_name, subclasses = classes[number]
        middle = Row(section, (code, number), class_name)
        for last in sorted(random.sample(sorted(subclasses), 1 if whole is not None else random.randint(1, len(subclasses)))):
            middle.children.append(Row(section, (code, number, last), subclasses[last], amount() if whole is None else whole))
        middle.amount = _sum(middle.children)
        top.children.append(middle)
    top.amount = _sum(top.children)
    return top


def _group(random, section, code, data: Groups, amount, has_subgroups, fixed=None) -> Row:  # type: ignore[no-untyped-def]
    """Return a functional group; `fixed` is its only (administrator, programme, amount)."""
    name, subgroups = data
    top = Row(section, (code,), name)
    chosen = sorted(random.sample(sorted(subgroups), 1 if fixed else random.randint(1, len(subgroups))))
    for number in chosen if has_subgroups else [""]:
        middle = Row(section, (code, number), subgroups[number]) if number else top
        offices = (
            [fixed[0]]
            if fixed
            else [(o, names.ADMINISTRATORS[o]) for o in _some(random, names.ADMINISTRATORS, 1 + has_subgroups)]
        )
        for office, office_name in offices:
            row = Row(section, (*middle.code, office), office_name)
            programmes = (
                [(*fixed[1], fixed[2])]
                if fixed
                else [(p, names.PROGRAMMES[p], amount()) for p in _some(random, names.PROGRAMMES, 3)]
            )
            for programme, programme_name, value in programmes:
                row.children.append(Row(section, (*row.code, programme), programme_name, value))
            row.amount = _sum(row.children)
            middle.children.append(row)
        middle.amount = _sum(middle.children)
        if middle is not top:
            top.children.append(middle)
    top.amount = _sum(top.children)
    return top


def _some(random: Random, values: dict[str, Name], limit: int) -> list[str]:
    return sorted(random.sample(sorted(values), random.randint(1, limit)))


def _lending(random, year, amount, has_subgroups) -> tuple[list[Row], list[Row]]:  # type: ignore[no-untyped-def]
    credits = []
    if random.random() < 0.5:
        fixed = (names.FINANCE_OFFICE, names.CREDITS, amount())
        credits.append(_group(random, Section.NET_LENDING, *names.LENDING_GROUP, amount, has_subgroups, fixed))
    repaid = []
    if random.random() < 0.6:
        repaid.append(_category(random, Section.NET_LENDING, number_of("repayment", year), names.REPAYMENT, amount, amount()))
    return credits, repaid


def _assets(random, year, amount, has_subgroups) -> tuple[list[Row], list[Row]]:  # type: ignore[no-untyped-def]
    bought, sold = [], []
    if random.random() < 0.3:
        fixed = (names.FINANCE_OFFICE, names.STAKES, amount())
        bought.append(_group(random, Section.FINANCIAL_ASSETS, *names.ASSETS_GROUP, amount, has_subgroups, fixed))
    if random.random() < 0.3:
        sold.append(_category(random, Section.FINANCIAL_ASSETS, number_of("assets", year), names.ASSETS, amount, amount()))
    return bought, sold


def _financing(random, year, whole: Decimal, amount, has_subgroups) -> tuple[list[Row], list[Row], list[Row]]:  # type: ignore[no-untyped-def]
    """Return loans, repayments and used balances: loans − repayments + balances = whole."""
    loans = amount() if random.random() < 0.5 else Decimal()
    repaid = amount() if random.random() < 0.5 else Decimal()
    balances = whole - loans + repaid
    if balances < 0:
        repaid -= balances
        balances = Decimal()

    def category(role: str, data: Classes, value: Decimal) -> list[Row]:
        present = value or random.random() < 0.3
        return [_category(random, Section.FINANCING, number_of(role, year), data, amount, value)] if present else []

    fixed = (names.FINANCE_OFFICE, names.DEBT, repaid)
    paid = [_group(random, Section.FINANCING, *names.REPAYMENT_GROUP, amount, has_subgroups, fixed)] if repaid else []
    return category("loans", names.LOANS, loans), paid, category("balances", names.BALANCES, balances)


TITLES: dict[Section, Name] = {
    Section.INCOME: Name("Доходы", "Кірістер"),
    Section.COSTS: Name("Затраты", "Шығындар"),
    Section.NET_LENDING: Name("Чистое бюджетное кредитование", "Таза бюджеттік кредиттеу"),
    Section.FINANCIAL_ASSETS: Name("Сальдо по операциям с финансовыми активами", "Қаржы активтерімен операциялар бойынша сальдо"),
    Section.DEFICIT: Name("Дефицит (профицит) бюджета", "Бюджет тапшылығы (профициті)"),
    Section.FINANCING: Name(
        "Финансирование дефицита (использование профицита) бюджета",
        "Бюджет тапшылығын қаржыландыру (профицитін пайдалану)",
    ),
}
CREDITS_ROW = Name("Бюджетные кредиты", "Бюджеттік кредиттер")
PURCHASE_ROW = Name("Приобретение финансовых активов", "Қаржы активтерін сатып алу")


def _tables(income, costs, lending, assets, financing, sums) -> tuple[tuple[str, tuple[Row, ...]], ...]:  # type: ignore[no-untyped-def]
    """Return the tables in the order of the form; "income" and "costs" say which columns a table has."""

    def total(section: Section) -> Row:
        return Row(section, (), TITLES[section], sums[section], is_total=True)

    def plain(section: Section, name: Name, rows: list[Row]) -> Row:
        return Row(section, (), name, _sum(rows))

    def flat(rows: list[Row]) -> list[Row]:
        return [row for top in rows for row in top.flat()]

    lending_rows = [plain(Section.NET_LENDING, CREDITS_ROW, lending[0]), *flat(lending[0])] if lending[0] else []
    asset_rows = [plain(Section.FINANCIAL_ASSETS, PURCHASE_ROW, assets[0]), *flat(assets[0])]
    loans, repaid, balances = financing
    tables = [
        ("income", [total(Section.INCOME), *flat(income)]),
        ("costs", [total(Section.COSTS), *flat(costs)]),
        ("costs", [total(Section.NET_LENDING), *lending_rows]),
        ("income", flat(lending[1])),
        ("costs", [total(Section.FINANCIAL_ASSETS), *asset_rows]),
        ("income", flat(assets[1])),
        ("income", [total(Section.DEFICIT), total(Section.FINANCING), *flat(loans)]),
        ("costs", flat(repaid)),
        ("income", flat(balances)),
    ]
    return tuple((kind, tuple(rows)) for kind, rows in tables if rows)
