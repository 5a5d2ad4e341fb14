"""A whole country of invented bodies, organisations and reports, as large as asked, shaped by `country.toml`."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from itertools import accumulate, pairwise, product
from random import Random
from typing import Any, NamedTuple

from evaluation.criteria.model import Order
from evaluation.demo.bins import bins
from evaluation.demo.model import DemoBody, DemoCountry, DemoDeclared, DemoOrganisation, DemoReport
from evaluation.demo.recipes import Case, Recipes, data, size

REGISTERED = 98
"""The year in the country's BINs."""

REGION, DISTRICT, RURAL = "region", "district", "rural"


class Place(NamedTuple):
    """A body and the words its organisations are named with."""

    body: DemoBody
    words: dict[str, str]


def country(
    order: Order, bodies: int = 2700, organisations: int = 25_000, years: tuple[int, ...] = (2023, 2024), seed: int = 1
) -> DemoCountry:
    """Exactly so many bodies and organisations, with reports of the years, the same for the same seed."""
    random = Random(seed)
    numbers = bins(REGISTERED)
    places = list(_places(bodies, numbers, random))
    shares = _shares(places, organisations, random)
    under = {
        place.body.bin: list(_organisations(place, count, years, numbers, random))
        for place, count in zip(places, shares, strict=True)
    }
    recipes = Recipes(order)
    declared = tuple(_declared(recipes, under, years[0], random))
    return DemoCountry(
        years,
        tuple(place.body for place in places),
        tuple(row for rows in under.values() for row in rows),
        tuple(_reports(recipes, under, years, random)),
        declared,
    )


def _places(bodies: int, numbers: Iterator[str], random: Random) -> Iterator[Place]:
    """Regions, then their districts, then the rural districts of those that are in no city."""
    written = data("country")
    stems = [(a + b, c + d) for (a, c), (b, d) in product(written["places"]["first"], written["places"]["second"])]
    regions_wanted = min(written["regions_most"], max(1, bodies // 12))
    rest = bodies - regions_wanted
    districts_wanted = min(written["districts_most"], max(1, round(rest * written["districts_share"])), rest)

    regions = [
        _place(REGION, names, f"{code}0000000", None, numbers)
        for code, names in list(written["regions"].items())[:regions_wanted]
    ]
    yield from regions

    districts = []
    for position, names in enumerate(random.sample(stems, districts_wanted)):
        turn, at = divmod(position, len(regions))
        districts.append(_place(DISTRICT, names, _kato(regions[at].body.kato, 2, 21 + 2 * turn), regions[at], numbers))
    yield from districts

    outside = [place for place in districts if str(place.body.kato)[:2] not in written["places"]["cities"]] or districts
    names_of = [random.sample(stems, len(stems)) for _ in outside]
    for position in range(rest - districts_wanted):
        turn, at = divmod(position, len(outside))
        names = names_of[at][turn % len(stems)]
        yield _place(RURAL, names, _kato(outside[at].body.kato, 4, 31 + 2 * turn), outside[at], numbers)


def _place(level: str, names: tuple[str, str], kato: str | None, parent: Place | None, numbers: Iterator[str]) -> Place:
    forms = data("country")["places"][level]
    kk, ru = (form.format(name) for form, name in zip(forms.get("stem", ("{}", "{}")), names, strict=True))
    words = {"place": kk, "of": kk + forms["genitive"], "ru": ru, "unit": forms["unit"], "unit_ru": forms["unit_ru"]}
    body = DemoBody(
        next(numbers), forms["kk"].format(**words), forms["ru"].format(**words), level, parent.body.bin if parent else None, kato
    )
    return Place(body, words)


def _kato(parent: str | None, at: int, number: int) -> str | None:
    """The parent's code with two digits more; odd ones, since real codes are even. None where they run out."""
    return f"{parent[:at]}{number}{parent[at + 2 :]}" if parent and number < 100 else None


def _shares(places: list[Place], organisations: int, random: Random) -> list[int]:
    """How many organisations each body has, adding up to all of them."""
    levels = data("country")["levels"]
    weights = (levels[place.body.level]["weight"] * random.uniform(0.6, 1.4) for place in places)
    sums = list(accumulate(weights, initial=0.0))
    return [round(b * organisations / sums[-1]) - round(a * organisations / sums[-1]) for a, b in pairwise(sums)]


def _organisations(
    place: Place, count: int, years: tuple[int, ...], numbers: Iterator[str], random: Random
) -> Iterator[DemoOrganisation]:
    """A rural body's first organisation is the body itself; the others are drawn by kind."""
    written = data("country")
    body = place.body
    mix = written["levels"][body.level]["kinds"]
    kinds = random.choices(list(mix), list(mix.values()), k=count)
    names = {kind: _names(written["names"][kind], place) for kind in mix}
    for position in range(count):
        since = written["since"]
        if position == 0 and body.level == RURAL:
            yield DemoOrganisation(body.bin, next(iter(mix)), body.name_kk, body.name_ru, body.bin, since, None)
            continue
        if random.random() < written["born_later"]:
            since = date(random.choice(years), random.randint(1, 12), 1)
        kind = kinds[position]
        kk, ru = next(names[kind])
        yield DemoOrganisation(next(numbers), kind, kk, ru, body.bin, since, None)


def _names(written: dict[str, Any], place: Place) -> Iterator[tuple[str, str]]:
    """Names of one kind of organisations of a place, without end."""
    first = written.get(RURAL, written["once"]) if place.body.level == RURAL else written["once"]
    for kk, ru in first:
        yield kk.format(**place.words), ru.format(**place.words)
    n = 0
    while True:
        n += 1
        for kk, ru in written["numbered"]:
            yield kk.format(n=n, **place.words), ru.format(n=n, **place.words)


def _reports(
    recipes: Recipes, under: dict[str, list[DemoOrganisation]], years: tuple[int, ...], random: Random
) -> Iterator[DemoReport]:
    written = data("country")
    breaches = {kind: recipes.breaches(kind) for kind in recipes.order.kind}
    nature = {row.bin: (size(random), random.random() * 2) for rows in under.values() for row in rows}
    for year in years:
        for rows in under.values():
            blank = written["blank"] if random.random() < written["behind"] else 0
            for row in rows:
                if not row.counts_in(year) or random.random() < written["report_missing"]:
                    continue
                large, trouble = nature[row.bin]
                cases = _cases(breaches[row.kind], trouble, random)
                answers, evidence = recipes.fill(random, row.kind, year, large, cases, evidence=False)
                if blank:
                    answers = {code: value for code, value in answers.items() if random.random() >= blank}
                yield DemoReport(year, row.bin, answers, evidence)


def _cases(breaches: tuple[Case, ...], trouble: float, random: Random) -> list[Case]:
    """Each by its share, more often for an organisation in trouble; never two that change the same answer."""
    cases: list[Case] = []
    for case in breaches:
        if random.random() < case.share * trouble and all(case.changes.keys().isdisjoint(o.changes) for o in cases):
            cases.append(case)
    return cases


def _declared(recipes: Recipes, under: dict[str, list[DemoOrganisation]], year: int, random: Random) -> Iterator[DemoDeclared]:
    share: dict[tuple[str, str], float] = defaultdict(float)
    for case in recipes.cases.values():
        for kind in case.of:
            share[case.criterion or "", kind] += case.share
    for body, rows in under.items():
        if random.random() >= data("country")["declares"]:
            continue
        for kind, count in Counter(row.kind for row in rows).items():
            for criterion, _ in recipes.order.prior_year_counts():
                found = sum(random.random() < share[criterion.code, kind] for _ in range(count))
                yield DemoDeclared(year, body, kind, criterion.code, found)
