"""The words around the tables of a budget decision: title, date, the volumes in point 1, the head of each annex and table."""

from datetime import date
from decimal import Decimal
from random import Random

from evaluation.budgets.model import Section
from tests.support.budget_names import INCOME
from tests.support.budget_noise import DASHES, Noise
from tests.support.budget_trees import NUMBERS, TITLES, Decision, Row, Tree, number_of

MONTHS_RU = ("января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября", "декабря")
MONTHS_KK = (
    "қаңтардағы", "ақпандағы", "наурыздағы", "сәуірдегі", "мамырдағы", "маусымдағы",
    "шілдедегі", "тамыздағы", "қыркүйектегі", "қазандағы", "қарашадағы", "желтоқсандағы",
)  # fmt: skip


def day_ru(day: date) -> str:
    return f"{day.day} {MONTHS_RU[day.month - 1]} {day.year} года"


def day_kk(day: date) -> str:
    return f"{day.year} жылғы {day.day} {MONTHS_KK[day.month - 1]}"


def head(random: Random, decision: Decision, noise: Noise) -> list[str]:
    """Return the lines before the first annex."""
    amends = decision.number.endswith(("1", "3", "7"))
    before, old = date(decision.trees[0].year - 1, 12, 24), "8-2"
    years = f"{decision.trees[0].year}-{decision.trees[0].year + 2}"
    dash = random.choice(DASHES)
    return (_head_ru if decision.language == "ru" else _head_kk)(decision, noise, dash, years, before, old, amends)


def _head_ru(decision: Decision, noise: Noise, dash: str, years: str, before: date, old: str, amends: bool) -> list[str]:
    council = decision.trees[0].body.council.ru
    about = "О бюджете города и сельских округов" if _bodies(decision) else f"О бюджете {decision.trees[0].body.ru_genitive}"
    decision_line = f"Решение {council} от {day_ru(decision.day)} № {decision.number}"
    if amends:
        lines = [
            f'О внесении изменений в решение {council} от {day_ru(before)} № {old} "{about} на {years} годы"',
            decision_line,
            "",
            "Маслихат РЕШИЛ:",
            f'1. Внести в решение {council} "{about} на {years} годы" от {day_ru(before)} № {old} следующие изменения:',
            "пункт 1 изложить в новой редакции:",
        ]
    else:
        lines = [f"{about} на {years} годы", decision_line, "", "Маслихат РЕШИЛ:"]
    lines.append(
        f"1. Утвердить {about[2:].replace('бюджете', 'бюджет')} на {years} годы согласно приложениям 1, 2, 3 соответственно, "
        f"в том числе на {decision.trees[0].year} год в следующих объемах:"
    )
    return [
        *lines,
        *_volumes(decision, noise, dash),
        "2. Настоящее решение вводится в действие с 1 января.",
        "Секретарь маслихата",
    ]


def _head_kk(decision: Decision, noise: Noise, dash: str, years: str, before: date, old: str, amends: bool) -> list[str]:
    council = decision.trees[0].body.council.kk
    whose = "қала және ауылдық округтердің" if _bodies(decision) else decision.trees[0].body.kk_genitive
    about = f"{years} жылдарға арналған {whose} бюджеті туралы"
    decision_line = f"{council} {day_kk(decision.day)} № {decision.number} шешімі"
    if amends:
        lines = [
            f'"{about}" {council} {day_kk(before)} № {old} шешіміне өзгерістер енгізу туралы',
            decision_line,
            "",
            "Мәслихат ШЕШТІ:",
            f'1. {council} {day_kk(before)} № {old} "{about}" шешіміне мынадай өзгерістер енгізілсін:',
            "1-тармақ жаңа редакцияда жазылсын:",
        ]
    else:
        lines = [about, decision_line, "", "Мәслихат ШЕШТІ:"]
    lines.append(
        f"1. {about.replace(' туралы', '')} тиісінше 1, 2, 3-қосымшаларға сәйкес, оның ішінде {decision.trees[0].year} жылға "
        "келесі көлемдерде бекітілсін:"
    )
    return [
        *lines,
        *_volumes(decision, noise, dash),
        "2. Осы шешім 1 қаңтардан бастап қолданысқа енгізіледі.",
        "Мәслихат хатшысы",
    ]


def _bodies(decision: Decision) -> bool:
    return len({tree.body for tree in decision.trees}) > 1


def _volumes(decision: Decision, noise: Noise, dash: str) -> list[str]:
    """Return point 1: the first year's totals, summed over the bodies, and the categories of income."""
    trees = [tree for tree in decision.trees if tree.year == decision.trees[0].year]
    language = decision.language

    def volume(value: Decimal) -> str:
        if not value:
            return "0 тенге" if language == "ru" else "0 теңге"
        if decision.unit == "tenge":
            return f"{noise.amount((value * 1000).to_integral())} {'тенге' if language == 'ru' else 'теңге'}"
        return f"{noise.amount(value)} {'тысяч тенге' if language == 'ru' else 'мың теңге'}"

    def total(section: Section) -> Decimal:
        return sum((tree.totals[section] for tree in trees), Decimal())

    lines = []
    for position, section in enumerate(Section, 1):
        name = getattr(TITLES[section], language)
        within = {"ru": ", в том числе по:", "kk": ", оның ішінде:"}[language] if section is Section.INCOME else ";"
        lines.append(f"{position}) {name[0].lower() + name[1:]} {dash} {volume(total(section))}{within}")
        if section is Section.INCOME:
            for role in NUMBERS[:4]:
                code = number_of(role, trees[0].year)
                value = sum((row.amount for tree in trees for row in tree.rows() if _is(row, code)), Decimal())
                category = getattr(INCOME[role][0], language)
                lines.append(f"{category[0].lower() + category[1:]} {dash} {volume(value)};")
    return lines


def _is(row: Row, code: str) -> bool:
    return row.section is Section.INCOME and row.code == (code,)


def title(random: Random, decision: Decision, tree: Tree, number: int) -> list[str]:
    """Return the lines before an annex's first table."""
    if decision.language == "ru":
        return [
            "",
            f"Приложение {number}",
            f"к решению {tree.body.council.ru}",
            f"от {day_ru(decision.day)} № {decision.number}",
            "",
            f"Бюджет {tree.body.ru_genitive} на {tree.year} год",
            "",
        ]
    name = random.choice(
        (
            f"{tree.year} жылға арналған {tree.body.kk_genitive} бюджеті",
            f"{tree.body.kk_genitive} {tree.year} жылға арналған бюджеті",
        )
    )
    return [
        "",
        f"{tree.body.council.kk}",
        f"{day_kk(decision.day)}",
        f"№ {decision.number} шешіміне",
        f"{number}-қосымша",
        "",
        name,
        "",
    ]


HEADS = {
    ("ru", "income"): ("Категория", "Класс", "Подкласс", "Наименование"),
    ("ru", "costs"): (
        "Функциональная группа", "Функциональная подгруппа", "Администратор бюджетных программ", "Программа", "Наименование",
    ),
    ("kk", "income"): ("Санаты", "Сыныбы", "Кіші сыныбы", "Атауы"),
    ("kk", "costs"): ("Функционалдық топ", "Кіші функция", "Бюджеттік бағдарламалардың әкімшісі", "Бағдарлама", "Атауы"),
}  # fmt: skip
SUMS = {
    ("ru", "thousand"): "Сумма, тысяч тенге",
    ("ru", "tenge"): "Сумма, тенге",
    ("kk", "thousand"): "Сомасы, мың теңге",
    ("kk", "tenge"): "Сомасы, теңге",
}


def table_heads(language: str, unit: str, kind: str) -> list[list[str]]:
    """Return the rows of a table's head: each code's column one row lower, the sum in the first."""
    names = HEADS[language, kind]
    rows = []
    for position, name in enumerate(names):
        row = [""] * (len(names) + 1)
        row[position] = name
        rows.append(row)
    rows[0][-1] = SUMS[language, unit]
    return rows
