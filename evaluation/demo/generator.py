"""The demonstration: real bodies, invented organisations and answers, and a few things that happen to them.

`places.toml` holds the bodies and organisations, `stories.toml` what happens, `answers.toml` how answers are drawn.
The random numbers of a report depend on the seed, the organisation and the year only, so that a change of one organisation does
not change the answers of another.
"""

from collections.abc import Iterator
from datetime import date
from random import Random
from typing import Any

from evaluation.criteria.model import Order
from evaluation.demo.bins import bins
from evaluation.demo.model import DemoBody, DemoCountry, DemoDeclared, DemoOrganisation, DemoReport
from evaluation.demo.recipes import Case, Recipes, data, size
from evaluation.demo.synthetic import country

__all__ = ["country", "demonstration"]

REGISTERED = 99
"""The year in the demonstration's BINs."""

ITSELF = "itself"


def demonstration(order: Order, seed: int = 2024) -> DemoCountry:
    """Return the bodies of `places.toml` with reports of its years; the same seed gives the same data."""
    source = data("places")
    years = tuple(source["years"])
    numbers = bins(REGISTERED)
    bodies = _bodies(source, numbers)
    organisations = _organisations(source, bodies, numbers)
    return DemoCountry(
        years,
        tuple(bodies.values()),
        tuple(row for rows in organisations.values() for row in rows),
        tuple(_reports(order, seed, years, organisations)),
        tuple(_declared(order, years[0], bodies)),
    )


def _bodies(source: dict[str, Any], numbers: Iterator[str]) -> dict[str, DemoBody]:
    """Return the bodies by key, parents before their children."""
    bodies: dict[str, DemoBody] = {}
    for key, body in source["bodies"].items():
        parent = bodies[body["parent"]].bin if "parent" in body else None
        bodies[key] = DemoBody(next(numbers), body["kk"], body["ru"], body["level"], parent, body.get("kato"))
    return bodies


def _organisations(
    source: dict[str, Any], bodies: dict[str, DemoBody], numbers: Iterator[str]
) -> dict[str, list[DemoOrganisation]]:
    """Return the organisations by `body.key`: a row for each body that has supervised the organisation."""
    rows_by_key: dict[str, list[DemoOrganisation]] = {}
    periods = {period["organisation"]: period for period in source["periods"]}

    def add(key: str, number: str, form: str, names: tuple[str, str], body: DemoBody) -> None:
        form_of = source["forms"][form]
        period = periods.get(key, {})
        kk, ru = form_of["kk"].format(names[0]), form_of["ru"].format(names[1])
        since, until = period.get("since", source["since"]), period.get("until")
        rows_by_key[key] = [DemoOrganisation(number, form_of["kind"], kk, ru, body.bin, since, until)]
        if "to" in period:
            moved = date.fromordinal(until.toordinal() + 1)
            rows_by_key[key].append(DemoOrganisation(number, form_of["kind"], kk, ru, bodies[period["to"]].bin, moved, None))

    for key, body in bodies.items():
        form = source["bodies"][key].get(ITSELF)
        if form:
            add(f"{key}.{ITSELF}", body.bin, form, (body.name_kk, body.name_ru), body)
        for form, names_by_key in source["organisations"].get(key, {}).items():
            for organisation_key, names in names_by_key.items():
                add(f"{key}.{organisation_key}", next(numbers), form, names, body)
    return rows_by_key


def _reports(
    order: Order, seed: int, years: tuple[int, ...], organisations: dict[str, list[DemoOrganisation]]
) -> Iterator[DemoReport]:
    recipes, stories = Recipes(order), data("stories")
    missing = {(entry["year"], entry["whom"]) for entry in stories["missing"]}
    blanks = {(entry["year"], entry["whom"]): entry["codes"] for entry in stories["blanks"]}
    for year in years:
        for key, rows in organisations.items():
            if (year, key) in missing or not any(row.counts_in(year) for row in rows):
                continue
            kind = rows[0].kind
            cases = list(_cases(recipes, stories["stories"], year, key, kind))
            large = size(Random(f"{seed}/{key}"))
            answers, evidence = recipes.fill(Random(f"{seed}/{key}/{year}"), kind, year, large, cases)
            for code in blanks.get((year, key), ()):
                answers.pop(code, None)
            yield DemoReport(year, rows[0].bin, answers, evidence)


def _cases(recipes: Recipes, stories: list[dict[str, Any]], year: int, key: str, kind: str) -> Iterator[Case]:
    for story in stories:
        if story["year"] == year and not {key, key.partition(".")[0]}.isdisjoint(story["whom"]):
            case = recipes.cases[story["case"]]
            if kind in case.kinds:
                yield case


def _declared(order: Order, year: int, bodies: dict[str, DemoBody]) -> Iterator[DemoDeclared]:
    for key, counts in data("stories")["declared"].items():
        for kind, count in counts.items():
            for criterion, _ in order.prior_year_counts():
                yield DemoDeclared(year, bodies[key].bin, kind, criterion.code, count)
