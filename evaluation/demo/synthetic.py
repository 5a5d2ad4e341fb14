"""A country of invented bodies, organisations and reports, of any size, described by `country.toml`."""

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


class NamedBody(NamedTuple):
    """A body and the words from which the names of its organisations are formed."""

    body: DemoBody
    words: dict[str, str]


def country(
    order: Order,
    bodies: int = 2700,
    organisations: int = 25_000,
    years: tuple[int, ...] = (2023, 2024),
    seed: int = 1,
    evidence: bool = False,
) -> DemoCountry:
    """Return a country of so many bodies and organisations with reports of the years; the same seed gives the same country.

    With `evidence` the reports have items of evidence too.
    """
    random = Random(seed)
    numbers = bins(REGISTERED)
    named_bodies = list(_named_bodies(bodies, numbers, random))
    shares = _shares(named_bodies, organisations, random)
    organisations_of = {
        named_body.body.bin: list(_organisations(named_body, count, years, numbers, random))
        for named_body, count in zip(named_bodies, shares, strict=True)
    }
    recipes = Recipes(order)
    declared = tuple(_declared(recipes, organisations_of, years[0], random))
    return DemoCountry(
        years,
        tuple(named_body.body for named_body in named_bodies),
        tuple(row for rows in organisations_of.values() for row in rows),
        tuple(_reports(recipes, organisations_of, years, random, evidence)),
        declared,
    )


def _named_bodies(bodies: int, numbers: Iterator[str], random: Random) -> Iterator[NamedBody]:
    """Yield regions, then their districts, then the rural districts of districts outside cities."""
    written = data("country")
    stems = [(a + b, c + d) for (a, c), (b, d) in product(written["places"]["first"], written["places"]["second"])]
    regions_wanted = min(written["regions_most"], max(1, bodies // 12))
    rest = bodies - regions_wanted
    districts_wanted = min(written["districts_most"], max(1, round(rest * written["districts_share"])), rest)

    regions = [
        _named_body(REGION, names, f"{code}0000000", None, numbers)
        for code, names in list(written["regions"].items())[:regions_wanted]
    ]
    yield from regions

    districts = []
    for position, names in enumerate(random.sample(stems, districts_wanted)):
        turn, at = divmod(position, len(regions))
        districts.append(_named_body(DISTRICT, names, _kato(regions[at].body.kato, 2, 21 + 2 * turn), regions[at], numbers))
    yield from districts

    outside = [
        named_body for named_body in districts if str(named_body.body.kato)[:2] not in written["places"]["cities"]
    ] or districts
    names_of = [random.sample(stems, len(stems)) for _ in outside]
    for position in range(rest - districts_wanted):
        turn, at = divmod(position, len(outside))
        names = names_of[at][turn % len(stems)]
        yield _named_body(RURAL, names, _kato(outside[at].body.kato, 4, 31 + 2 * turn), outside[at], numbers)


def _named_body(
    level: str, names: tuple[str, str], kato: str | None, parent: NamedBody | None, numbers: Iterator[str]
) -> NamedBody:
    forms = data("country")["places"][level]
    kk, ru = (form.format(name) for form, name in zip(forms.get("stem", ("{}", "{}")), names, strict=True))
    words = {"place": kk, "of": kk + forms["genitive"], "ru": ru, "unit": forms["unit"], "unit_ru": forms["unit_ru"]}
    body = DemoBody(
        next(numbers), forms["kk"].format(**words), forms["ru"].format(**words), level, parent.body.bin if parent else None, kato
    )
    return NamedBody(body, words)


def _kato(parent: str | None, at: int, number: int) -> str | None:
    """Return the parent's KATO code with two more digits, odd because real codes are even; None if no digits are left."""
    return f"{parent[:at]}{number}{parent[at + 2 :]}" if parent and number < 100 else None


def _shares(named_bodies: list[NamedBody], organisations: int, random: Random) -> list[int]:
    """Return the number of organisations of each body; the sum is `organisations`."""
    levels = data("country")["levels"]
    weights = (levels[named_body.body.level]["weight"] * random.uniform(0.6, 1.4) for named_body in named_bodies)
    sums = list(accumulate(weights, initial=0.0))
    return [round(b * organisations / sums[-1]) - round(a * organisations / sums[-1]) for a, b in pairwise(sums)]


def _organisations(
    named_body: NamedBody, count: int, years: tuple[int, ...], numbers: Iterator[str], random: Random
) -> Iterator[DemoOrganisation]:
    """Yield the organisations of a body. The first one of a rural body is the body itself; the kinds of the rest are drawn."""
    written = data("country")
    body = named_body.body
    mix = written["levels"][body.level]["kinds"]
    kinds = random.choices(list(mix), list(mix.values()), k=count)
    names = {kind: _names(written["names"][kind], named_body) for kind in mix}
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


def _names(written: dict[str, Any], named_body: NamedBody) -> Iterator[tuple[str, str]]:
    """Yield names of one kind of organisations of a body, without end."""
    first = written.get(RURAL, written["once"]) if named_body.body.level == RURAL else written["once"]
    for kk, ru in first:
        yield kk.format(**named_body.words), ru.format(**named_body.words)
    n = 0
    while True:
        n += 1
        for kk, ru in written["numbered"]:
            yield kk.format(n=n, **named_body.words), ru.format(n=n, **named_body.words)


def _reports(
    recipes: Recipes,
    organisations_of: dict[str, list[DemoOrganisation]],
    years: tuple[int, ...],
    random: Random,
    with_evidence: bool,
) -> Iterator[DemoReport]:
    written = data("country")
    breaches = {kind: recipes.breaches(kind) for kind in recipes.order.kind}
    nature = {row.bin: (size(random), random.random() * 2) for rows in organisations_of.values() for row in rows}
    for year in years:
        for rows in organisations_of.values():
            blank = written["blank"] if random.random() < written["behind"] else 0
            for row in rows:
                if not row.counts_in(year) or random.random() < written["report_missing"]:
                    continue
                large, trouble = nature[row.bin]
                cases = _cases(breaches[row.kind], trouble, random)
                answers, evidence = recipes.fill(random, row.kind, year, large, cases, with_evidence)
                if blank:
                    answers = {code: value for code, value in answers.items() if random.random() >= blank}
                yield DemoReport(year, row.bin, answers, evidence)


def _cases(breaches: tuple[Case, ...], trouble: float, random: Random) -> list[Case]:
    """Return cases drawn by their share, more for an organisation in trouble; no two of them change the same answer."""
    cases: list[Case] = []
    for case in breaches:
        if random.random() < case.share * trouble and all(case.changes.keys().isdisjoint(o.changes) for o in cases):
            cases.append(case)
    return cases


def _declared(
    recipes: Recipes, organisations_of: dict[str, list[DemoOrganisation]], year: int, random: Random
) -> Iterator[DemoDeclared]:
    share: dict[tuple[str, str], float] = defaultdict(float)
    for case in recipes.cases.values():
        for kind in case.kinds:
            share[case.criterion or "", kind] += case.share
    for body, rows in organisations_of.items():
        if random.random() >= data("country")["declares"]:
            continue
        for kind, count in Counter(row.kind for row in rows).items():
            for criterion, _ in recipes.order.prior_year_counts():
                breach_count = sum(random.random() < share[criterion.code, kind] for _ in range(count))
                yield DemoDeclared(year, body, kind, criterion.code, breach_count)
