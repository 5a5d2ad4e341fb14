"""Contradictions for an invented country: what the search for anomalies must see, planted by a seeded generator."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from random import Random
from statistics import median
from typing import Any

from evaluation.criteria.anomaly_kinds import AnomalyTest
from evaluation.criteria.model import AnomalyKind, Order
from evaluation.demo.model import DemoCountry, DemoOrganisation, DemoReport
from evaluation.demo.recipes import Recipes

CENT = 100
DIGITS_AT_END = 10**7
"""An amount to the tiyn ends in any of so many ways."""
MIN_ORGANISATIONS = 250
"""Outliers are planted into kinds with so many organisations: the others have too few to compare with."""
MIN_ANSWERS = 40
ATTEMPTS = 5_000


@dataclass(frozen=True)
class Planted:
    """A planted contradiction: the kind of anomaly, and the organisation or, without one, the body that has it."""

    kind: str
    body_bin: str
    organisation_bin: str = ""


@dataclass(frozen=True)
class PlantedCountry:
    """The country with its contradictions. `hasty` are the bodies whose last year somebody has to type in within seconds."""

    country: DemoCountry
    planted: tuple[Planted, ...]
    hasty: tuple[str, ...]


def plant(order: Order, country: DemoCountry, count: int = 300, seed: int = 1) -> PlantedCountry:
    """Plant contradictions into the country's last year, as many of each kind of the order as of any other.

    The country must have two years and evidence; the same seed gives the same contradictions.
    """
    planter = _Planter(order, country, Random(seed))
    kinds = order.anomalies
    for number in range(count):
        planter.plant(kinds[number % len(kinds)])
    return planter.result()


class _Planter:
    """Changes reports and memberships; an organisation or a body has one contradiction at most."""

    def __init__(self, order: Order, country: DemoCountry, random: Random):
        self.order, self.country, self.random = order, country, random
        self.last, self.year = country.years[-2:]
        self.recipes = Recipes(order)
        self.reports = {(report.year, report.bin): report for report in country.reports}
        self.rows = {row.bin: row for row in country.organisations}
        self.more_rows: list[DemoOrganisation] = []
        self.members: dict[tuple[str, str], list[str]] = defaultdict(list)
        for row in country.organisations:
            self.members[row.body_bin, row.kind].append(row.bin)
        self.regions = {body.bin: (body.kato or "")[:2] for body in country.bodies}
        self.by_kind: dict[str, list[str]] = defaultdict(list)
        for (year, bin_), report in self.reports.items():
            if year == self.year and report.answers:
                self.by_kind[self.rows[bin_].kind].append(bin_)
        self.used: set[str] = set()
        self.used_bodies: set[str] = set()
        self.planted: list[Planted] = []
        self.hasty: list[str] = []
        self.methods: dict[AnomalyTest, Callable[[AnomalyKind], bool]] = {
            "same_values": self._same_values,
            "same_as_last_year": self._same_as_last_year,
            "times_last_year": self._times_last_year,
            "outlier": self._outlier,
            "two_results": self._two_results,
            "without_document": self._without_document,
            "gained_by_leaving": self._gained_by_leaving,
            "claimed_twice": self._claimed_twice,
            "haste": self._haste,
        }

    def plant(self, kind: AnomalyKind) -> None:
        """Plant one contradiction. Raises ValueError where the country has none left to change."""
        for _ in range(ATTEMPTS):
            if self.methods[kind.test](kind):
                return
        raise ValueError(f"the country has no organisation left for {kind.code}")

    def result(self) -> PlantedCountry:
        """Return the changed country."""
        changed = replace(
            self.country,
            organisations=(*self.rows.values(), *self.more_rows),
            reports=tuple(self.reports.values()),
        )
        return PlantedCountry(changed, tuple(self.planted), tuple(self.hasty))

    # ---- choice ----

    def _organisation(self, kinds: tuple[str, ...] = ()) -> str:
        """Draw an organisation with a report."""
        all_kinds = [kind for kind in (kinds or tuple(self.by_kind)) if self.by_kind[kind]]
        return self.random.choice(self.by_kind[self.random.choice(all_kinds)])

    def _is_free(self, *bins: str) -> bool:
        return not any(bin_ in self.used or self.rows[bin_].body_bin in self.used_bodies for bin_ in bins)

    def _add(self, kind: AnomalyKind, bin_: str) -> bool:
        self.used.add(bin_)
        self.planted.append(Planted(kind.code, self.rows[bin_].body_bin, bin_))
        return True

    def _answers(self, bin_: str, year: int) -> dict[str, Any]:
        report = self.reports.get((year, bin_))
        return dict(report.answers) if report else {}

    def _set(self, bin_: str, answers: dict[str, Any], evidence: dict[str, Any] | None = None) -> None:
        report = self.reports[self.year, bin_]
        self.reports[self.year, bin_] = replace(
            report, answers=answers, evidence=report.evidence if evidence is None else evidence
        )

    # ---- amounts ----

    def _same_values(self, kind: AnomalyKind) -> bool:
        """A row copied to another organisation, with amounts to the tiyn."""
        first = self._organisation()
        second = self._organisation((self.rows[first].kind,))
        answers = self._answers(first, self.year)
        codes = [code for code in kind.indicators if abs(answers.get(code) or 0) >= DIGITS_AT_END * 10]
        if first == second or not codes or not self._is_free(first, second):
            return False
        for code in codes:
            answers[code] = answers[code] // DIGITS_AT_END * DIGITS_AT_END + 10 * self.random.randrange(DIGITS_AT_END // 10) + 7
        self._set(first, answers)
        self._set(second, dict(answers))
        self.used.add(second)
        return self._add(kind, first)

    def _same_as_last_year(self, kind: AnomalyKind) -> bool:
        bin_ = self._organisation()
        answers = self._answers(bin_, self.last)
        amounts = [str(abs(answers.get(code) or 0)).rstrip("0") for code in kind.indicators]
        if not self._is_free(bin_) or max(map(len, amounts)) < kind.min_digits:
            return False
        self._set(bin_, answers)
        return self._add(kind, bin_)

    def _times_last_year(self, kind: AnomalyKind) -> bool:
        bin_ = self._organisation()
        answers, earlier = self._answers(bin_, self.year), self._answers(bin_, self.last)
        codes = [code for code in kind.indicators if answers.get(code) and earlier.get(code)]
        if not self._is_free(bin_) or not codes:
            return False
        code = self.random.choice(codes)
        is_smaller = abs(earlier[code]) >= kind.factor * CENT and self.random.random() < 0.5
        answers[code] = earlier[code] // kind.factor if is_smaller else earlier[code] * kind.factor
        self._set(bin_, answers)
        return self._add(kind, bin_)

    def _outlier(self, kind: AnomalyKind) -> bool:
        kinds = tuple(code for code, bins in self.by_kind.items() if len(bins) >= MIN_ORGANISATIONS)
        bin_ = self._organisation(kinds)
        code = self.random.choice(kind.indicators)
        answers = self._answers(bin_, self.year)
        if not self._is_free(bin_) or not answers.get(code):
            return False
        peers = self.random.sample(self.by_kind[self.rows[bin_].kind], MIN_ORGANISATIONS)
        amounts = [abs(amount) for peer in peers if (amount := self._answers(peer, self.year).get(code))]
        answers[code] = round(median(amounts) * self.random.uniform(300, 700))
        self._set(bin_, answers)
        return self._add(kind, bin_)

    # ---- documents ----

    def _two_results(self, kind: AnomalyKind) -> bool:
        """Two organisations of a region with the same document under different results."""
        result = self.random.choice(kind.results)
        item = self.order.by_code[result.indicator]
        first = self._organisation(item.kinds)
        second = self._organisation((self.rows[first].kind,))
        regions = {self.regions[self.rows[bin_].body_bin] for bin_ in (first, second)}
        if first == second or len(regions) > 1 or not self._is_free(first, second):
            return False
        values = [choice.value for choice in self.order.choices[item.choices or ""]]
        document = self._document(result.document)
        for bin_, value in zip((first, second), self.random.sample(values, 2), strict=True):
            evidence = dict(self.reports[self.year, bin_].evidence)
            self._set(bin_, self._answers(bin_, self.year) | {item.code: value}, evidence | document)
        self.used.add(second)
        return self._add(kind, first)

    def _document(self, codes: tuple[str, ...]) -> dict[str, Any]:
        number = self.random.randrange(10**6)
        day = date(self.year, 1, 1 + number % 28).isoformat()
        return {code: day if self.order.by_code[code].type == "date" else f"{number}/{self.year}" for code in codes}

    def _without_document(self, kind: AnomalyKind) -> bool:
        bin_ = self._organisation()
        answers, evidence = self._answers(bin_, self.year), dict(self.reports[self.year, bin_].evidence)
        stated = [result for result in kind.results if answers.get(result.indicator) not in (None, *kind.exempt)]
        if not self._is_free(bin_) or not stated:
            return False
        for code in self.random.choice(stated).document:
            evidence.pop(code, None)
        self._set(bin_, answers, evidence)
        return self._add(kind, bin_)

    # ---- membership ----

    def _gained_by_leaving(self, kind: AnomalyKind) -> bool:
        """All organisations of a table without a breach in both years, but for one that leaves after its breach."""
        bin_ = self._organisation()
        row = self.rows[bin_]
        members = self.members[row.body_bin, row.kind]
        cases = [case for case in self.recipes.breaches(row.kind) if case.criterion]
        if not self._is_free(*members) or len(members) < 2 or not all(self.rows[peer].counts_in(self.last) for peer in members):
            return False
        for peer in members:
            for year in (self.last, self.year):
                drawn = [self.random.choice(cases)] if (peer, year) == (bin_, self.last) else []
                self.reports[year, peer] = DemoReport(year, peer, *self.recipes.fill(self.random, row.kind, year, 1, drawn))
        del self.reports[self.year, bin_]
        self.by_kind[row.kind].remove(bin_)
        self.rows[bin_] = replace(row, until=date(self.year, 6, 30))
        self.used |= set(members)
        self.used_bodies.add(row.body_bin)
        self.planted.append(Planted(kind.code, row.body_bin, bin_))
        return True

    def _claimed_twice(self, kind: AnomalyKind) -> bool:
        bin_ = self._organisation()
        other = self.random.choice(self.country.bodies).bin
        row = self.rows[bin_]
        if not self._is_free(bin_) or other in (row.body_bin, bin_) or row.bin == row.body_bin:
            return False
        self.rows[bin_] = replace(row, until=date(self.year + 1, 6, 30))
        self.more_rows.append(replace(row, body_bin=other, since=date(self.year, 7, 1)))
        return self._add(kind, bin_)

    # ---- haste ----

    def _haste(self, kind: AnomalyKind) -> bool:
        body_bin = self.rows[self._organisation()].body_bin
        members = [bin_ for of_kind in self.order.kind for bin_ in self.members[body_bin, of_kind]]
        answers = sum(len(self._answers(bin_, self.year)) for bin_ in members)
        if body_bin in self.used_bodies or not self._is_free(*members) or answers < max(MIN_ANSWERS, kind.min_answers):
            return False
        self.used_bodies.add(body_bin)
        self.hasty.append(body_bin)
        self.planted.append(Planted(kind.code, body_bin))
        return True


def reports_of(country: DemoCountry, body_bins: tuple[str, ...], year: int) -> Iterator[DemoReport]:
    """Yield the reports of a year of the organisations of these bodies."""
    bins = {row.bin for row in country.organisations if row.body_bin in body_bins}
    yield from (report for report in country.reports if report.year == year and report.bin in bins)
