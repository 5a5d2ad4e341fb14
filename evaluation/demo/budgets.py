"""Budget decisions of the demonstration: prints the invented budgets of `budgets.toml`, reads and stores them as people do."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from evaluation.answers.year_data import read_year_data
from evaluation.budgets.confirmation import Confirmation
from evaluation.budgets.drafts import receive_text
from evaluation.budgets.explanations import explain
from evaluation.budgets.operations import store_decisions
from evaluation.budgets.queries import comparison
from evaluation.budgets.records import entries_of
from evaluation.criteria.model import Order
from evaluation.demo.people import person
from evaluation.demo.recipes import data
from evaluation.policy import Viewer
from evaluation.registry import queries as registry

SYSTEM = Viewer.system()
CODE_COLUMNS = 4


def store_budgets(order: Order, today: date) -> None:
    """Store every decision as its person; the caller commits."""
    script = data("budgets")
    bodies = {body.kato: body for body in registry.all_bodies(SYSTEM) if body.kato}
    for budget in script["decisions"]:
        viewer, body = person(budget["person"]), bodies[budget["body"]]
        for position, year in enumerate(script["years"]):
            draft = receive_text(viewer, year, body.id, "\n".join(_printed(script, budget, position)), today)
            store_decisions(viewer, draft, [Confirmation(0, entries_of(draft)[0])], today=today)
            year_comparison = comparison(viewer, read_year_data(viewer, order, year, body.id))
            for group in year_comparison.warnings if year_comparison else ():
                if reason := budget["explanations"].get(group.group):
                    explain(viewer, order, year, body.id, group.group, reason, today)


def _printed(script: Mapping[str, Any], budget: Mapping[str, Any], position: int) -> Iterator[str]:
    """Yield the lines of a decision's text: its head, and a row with tabs between cells for each line of the budget."""
    number, day = budget["heads"][position]
    year = script["years"][position]
    sums = _sums(script, budget, position)
    yield f"{script['note']}. Аудандық мәслихаттың {day:%Y} жылғы {day.day} желтоқсандағы № {number} шешімі"
    yield budget["title"].format(year=year)
    yield "\t".join((*("",) * CODE_COLUMNS, "Атауы", f"Сомасы, {script['unit']}"))
    for section, title in script["totals"].items():
        yield "\t".join((*("",) * CODE_COLUMNS, title, _digits(sums[section, ""])))
        for line in budget["lines"]:
            if line["section"] == section:
                codes = line["code"].split("/")
                cells = ("",) * (len(codes) - 1) + (codes[-1],)
                yield "\t".join(
                    (*cells, *("",) * (CODE_COLUMNS - len(codes)), line["name"], _digits(sums[section, line["code"]]))
                )


def _sums(script: Mapping[str, Any], budget: Mapping[str, Any], position: int) -> dict[tuple[str, str], int]:
    """Return (section, code) → amount; the code "" is the section's total."""
    sums = dict.fromkeys(((section, "") for section in script["totals"]), 0)

    def add(section: str, code: str, amount: int) -> None:
        for length in range(code.count("/") + 2):
            above = "/".join(code.split("/")[:length])
            sums[section, above] = sums.get((section, above), 0) + amount

    for line in budget["lines"]:
        if "amounts" in line:
            add(line["section"], line["code"], line["amounts"][position])
    deficit = sums["income", ""] - sums["costs", ""]
    sums["deficit", ""] = deficit
    add(script["used_balances"]["section"], script["used_balances"]["code"], -deficit)
    return sums


def _digits(amount: int) -> str:
    return f"{amount:,}".replace(",", " ")
