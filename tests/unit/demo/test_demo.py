"""The invented data: repeatable, valid, free of contradictions, and with something to show in it."""

from collections import Counter, defaultdict
from datetime import date
from itertools import pairwise
from random import Random

import pytest
from idnumbers.nationalid.kaz.business_id import BusinessIDNumber

from evaluation.criteria.expressions import codes
from evaluation.criteria.loader import load_orders
from evaluation.demo import DemoCountry, country, demonstration
from evaluation.demo.draws import condition_predicate
from evaluation.demo.recipes import Recipes, data
from evaluation.registry.models import LEVELS
from evaluation.scoring import report_frame, score
from evaluation.scoring.conditions import evaluate, is_certain
from evaluation.scoring.score import Scores, prior_year_counts

ORDER = load_orders().for_year(2024)
QONAEV, ZHANIBEK, ZHANAQORGAN = "191000000", "274200000", "434000000"


@pytest.fixture(scope="module")
def demo() -> DemoCountry:
    return demonstration(ORDER)


@pytest.fixture(scope="module")
def whole() -> DemoCountry:
    return country(ORDER)


@pytest.fixture(params=["demo", "whole"])
def dataset(request) -> DemoCountry:
    return request.getfixturevalue(request.param)


def frames(dataset: DemoCountry, year: int) -> dict:
    """The year's answers as the scoring takes them, organisations without a report included."""
    answers = {report.bin: report.answers for report in dataset.reports if report.year == year}
    members = [row for row in dataset.organisations if row.counts_in(year)]
    by_kind = {kind: [row for row in members if row.kind == kind] for kind in ORDER.kind}
    return {
        kind: report_frame(
            ORDER, kind, [row.body_bin for row in rows], [row.bin for row in rows], [answers.get(row.bin, {}) for row in rows]
        )
        for kind, rows in by_kind.items()
    }


def scores(dataset: DemoCountry) -> dict[int, Scores]:
    scores_by_year, previous = {}, {(row.body_bin, row.kind, row.criterion): row.count for row in dataset.declared}
    for year in dataset.years:
        reports = frames(dataset, year)
        scores_by_year[year] = score(ORDER, reports, previous)
        previous = prior_year_counts(ORDER, reports, ORDER.compared_criteria)
    return scores_by_year


def body_at(dataset: DemoCountry, kato: str) -> str:
    return next(body.bin for body in dataset.bodies if body.kato == kato)


# Repeatable


def test_the_same_seed_means_the_same_data(demo):
    assert demonstration(ORDER) == demo
    small = {"bodies": 90, "organisations": 700}
    assert country(ORDER, **small) == country(ORDER, **small)


def test_another_seed_means_other_answers_for_the_same_organisations(demo):
    other = demonstration(ORDER, seed=1)
    assert (other.bodies, other.organisations) == (demo.bodies, demo.organisations)
    assert other.reports != demo.reports
    assert country(ORDER, 90, 700, seed=1).reports != country(ORDER, 90, 700, seed=2).reports


# The register


def test_bins_are_valid_and_belong_to_one_body_or_organisation(dataset):
    bodies = Counter(body.bin for body in dataset.bodies)
    assert set(bodies.values()) == {1}
    names = defaultdict(set)
    for row in dataset.organisations:
        names[row.bin].add((row.kind, row.name_kk, row.name_ru))
        assert row.bin not in bodies or row.bin == row.body_bin
    assert {len(different) for different in names.values()} == {1}
    for number in bodies.keys() | names.keys():
        assert BusinessIDNumber.validate(number)
        assert number[4:6] == "40"
        assert int(number[6:11]) > 90_000


def test_the_demonstration_and_the_country_share_no_bin(demo, whole):
    def numbers(dataset):
        return {body.bin for body in dataset.bodies} | {row.bin for row in dataset.organisations}

    assert numbers(demo).isdisjoint(numbers(whole))


def test_bodies_stand_after_their_parents_and_below_them(dataset):
    level = {}
    for body in dataset.bodies:
        assert body.level in LEVELS
        assert body.name_kk
        assert body.name_ru
        assert body.kato is None or (len(body.kato) == 9 and body.kato.isdigit())
        if body.parent_bin is not None:
            assert LEVELS.index(level[body.parent_bin]) == LEVELS.index(body.level) - 1
        level[body.bin] = body.level


def test_organisations_are_under_one_body_at_a_time(dataset):
    bodies = {body.bin for body in dataset.bodies}
    periods = defaultdict(list)
    for row in dataset.organisations:
        assert row.body_bin in bodies
        assert row.kind in ORDER.kind
        periods[row.bin].append((row.since, row.until or date.max))
    for spans in periods.values():
        spans.sort()
        assert all(since <= until for since, until in spans)
        assert all(before[1] < after[0] for before, after in pairwise(spans))


def test_names_of_the_demonstration_are_unique(demo):
    for name in ("name_kk", "name_ru"):
        numbers = defaultdict(set)
        for row in demo.organisations:
            numbers[getattr(row, name)].add(row.bin)
        assert {len(same) for same in numbers.values()} == {1}


def test_one_organisation_moves_between_the_last_two_years(demo):
    rows = Counter(row.bin for row in demo.organisations)
    moved = [row for row in demo.organisations if rows[row.bin] > 1]
    before, after = sorted(moved, key=lambda row: row.since)
    assert before.body_bin != after.body_bin
    assert (before.counts_in(2023), before.counts_in(2024)) == (True, False)
    assert (after.counts_in(2023), after.counts_in(2024)) == (False, True)
    assert {report.year for report in demo.reports if report.bin == before.bin} == set(demo.years)


# Answers


def test_every_answer_fits_its_indicator(dataset):
    kinds = {row.bin: row.kind for row in dataset.organisations}
    for report in dataset.reports:
        kind = kinds[report.bin]
        assert report.answers.keys() <= {item.code for item in ORDER.indicators_of(kind)}
        assert report.evidence.keys() <= {item.code for item in ORDER.evidence_of(kind)}
        for code, value in (report.answers | report.evidence).items():
            assert fits(code, value), (code, value)


def fits(code: str, value: object) -> bool:
    item = ORDER.by_code[code]
    if item.type in ("money", "whole"):
        unit = 100 if item.type == "money" else 1
        return type(value) is int and abs(value) < 2**53 and (item.min is None or value >= item.min * unit)
    if item.type == "yes_no":
        return isinstance(value, bool)
    if item.type == "choice":
        return value in [choice.value for choice in ORDER.choices[item.choices]]
    if item.type == "date":
        return date.fromisoformat(value).isoformat() == value
    return isinstance(value, str) and bool(value.strip())


def test_nothing_contradicts_itself_or_calls_for_caution(dataset):
    for year in dataset.years:
        for kind, reports in frames(dataset, year).items():
            for rule in ORDER.rules_on_answers(ORDER.rules_for_kind(kind, ORDER.contradictions + ORDER.cautions)):
                assert not is_certain(evaluate(ORDER, rule.when, reports)).any(), rule.code


def test_reports_are_of_organisations_on_the_register_that_year(dataset):
    members = {(year, row.bin) for row in dataset.organisations for year in dataset.years if row.counts_in(year)}
    reports = Counter((report.year, report.bin) for report in dataset.reports)
    assert reports.keys() <= members
    assert set(reports.values()) == {1}


def test_declared_counts_are_of_the_first_year_and_of_no_more_than_there_are(dataset):
    wanted = {criterion.code for criterion, _ in ORDER.prior_year_counts()}
    kinds = {(row.body_bin, row.kind) for row in dataset.organisations}
    assert {(row.year, row.criterion) for row in dataset.declared} == {(dataset.years[0], code) for code in wanted}
    assert all((row.body_bin, row.kind) in kinds and row.count >= 0 for row in dataset.declared)
    assert len({(row.body_bin, row.kind, row.criterion) for row in dataset.declared}) == len(dataset.declared)


# What the files say


@pytest.mark.parametrize("kind", ORDER.kind)
def test_usual_answers_are_complete_and_in_breach_of_nothing(kind):
    recipes = Recipes(ORDER)
    criteria = [ORDER.criterion[row.criterion] for row in ORDER.table[kind].scored_rows]
    for seed in range(200):
        answers, _ = recipes.fill(Random(seed), kind, 2024, 1)
        for item in ORDER.indicators_of(kind):
            is_required = item.applies_when is None or condition_predicate(ORDER, item.applies_when)(answers)
            assert (item.code in answers) == is_required, item.code
        assert not [criterion.code for criterion in criteria if condition_predicate(ORDER, criterion.breach)(answers)]


@pytest.mark.parametrize(
    ("name", "kind"), [(name, kind) for name, case in Recipes(ORDER).cases.items() if case.criterion for kind in case.kinds]
)
def test_a_case_is_a_breach_of_its_criterion_and_no_other(name, kind):
    recipes = Recipes(ORDER)
    case = recipes.cases[name]
    criteria = [ORDER.criterion[row.criterion] for row in ORDER.table[kind].scored_rows]
    for seed in range(50):
        answers, _ = recipes.fill(Random(seed), kind, 2024, 0.3, [case])
        assert [criterion.code for criterion in criteria if condition_predicate(ORDER, criterion.breach)(answers)] == [
            case.criterion
        ]


def test_every_scored_criterion_has_a_case_for_every_kind_it_scores():
    recipes = Recipes(ORDER)
    for kind, table in ORDER.table.items():
        assert {row.criterion for row in table.scored_rows} == {case.criterion for case in recipes.breaches(kind)}


def test_answers_and_stories_name_only_what_there_is():
    written, stories, registry_data = data("answers"), data("stories"), data("places")
    named = [entry["code"] for entry in written["usual"] + written["evidence"]]
    named += [change["code"] for case in written["case"] for change in case["changes"]]
    named += [code for entry in stories["blanks"] for code in entry["codes"]]
    assert set(named) <= ORDER.by_code.keys()
    assert {form["kind"] for form in registry_data["forms"].values()} <= ORDER.kind.keys()

    whom = {f"{body}.{key}" for body, forms in registry_data["organisations"].items() for keys in forms.values() for key in keys}
    whom |= {f"{key}.itself" for key, body in registry_data["bodies"].items() if "itself" in body}
    used = {name for story in stories["stories"] for name in story["whom"]}
    used |= {entry["whom"] for entry in stories["blanks"] + stories["missing"]}
    assert used <= whom | registry_data["bodies"].keys()
    assert {period["organisation"] for period in registry_data["periods"]} <= whom
    assert {story["case"] for story in stories["stories"]} <= Recipes(ORDER).cases.keys()


def test_conditions_on_blanks_are_false():
    for rule in ORDER.contradictions:
        assert not condition_predicate(ORDER, rule.when)({})
        assert not condition_predicate(ORDER, rule.when)(dict.fromkeys(codes(rule.when)))


# Something to show


def test_one_body_is_provisional_in_the_last_year_and_the_others_are_not(demo):
    last = scores(demo)[2024]
    rows = last.rows
    provisional = set(rows.loc[rows["low"] != rows["high"], "body"])
    assert provisional == {body_at(demo, ZHANAQORGAN)}
    members = {row.bin for row in demo.organisations if row.counts_in(2024)}
    assert len(members - {report.bin for report in demo.reports if report.year == 2024}) == 1


def test_some_bodies_have_full_points(demo):
    sums = scores(demo)[2024].rows.groupby("body")[["low", "max"]].sum()
    full = set(sums.index[sums["low"] == sums["max"]])
    assert body_at(demo, ZHANIBEK) in full
    assert 3 <= len(full) < len(demo.bodies) / 2


def test_qonaev_shows_every_outcome_in_the_last_year(demo):
    rows = scores(demo)[2024].rows
    rows = rows[rows["body"] == body_at(demo, QONAEV)]
    assert set(rows["kind"]) == set(ORDER.kind)
    assert set(rows["worst"]) == {entry.outcome for criterion in ORDER.criteria for entry in criterion.outcomes}
    assert (rows["worst"] == rows["best"]).all()


def test_every_criterion_is_breached_somewhere_in_the_demonstration(demo):
    rows = [scored.rows for scored in scores(demo).values()]
    assert {code for part in rows for code in part.loc[part["in_breach"] > 0, "criterion"]} == set(ORDER.criterion)


# The country


def test_the_country_has_the_requested_size_and_the_real_proportions(whole):
    assert (len(whole.bodies), len(whole.organisations)) == (2700, 25_000)
    assert Counter(body.level for body in whole.bodies) == {"region": 20, "district": 195, "rural": 2485}
    kinds = Counter(row.kind for row in whole.organisations)
    for kind, percent in zip(ORDER.kind, (57, 37, 2, 4), strict=True):
        assert kinds[kind] / 250 == pytest.approx(percent, abs=1)
    assert len({row.body_bin for row in whole.organisations}) == 2700


@pytest.mark.parametrize(("bodies", "organisations"), [(1, 3), (2, 2), (40, 300), (500, 900), (6000, 9000)])
def test_a_country_of_any_size(bodies, organisations):
    dataset = country(ORDER, bodies, organisations, years=(2024,))
    assert (len(dataset.bodies), len(dataset.organisations)) == (bodies, organisations)
    assert {report.year for report in dataset.reports} == {2024}


def test_a_country_is_nearly_answered_and_now_and_then_in_breach(whole):
    for year, scored in scores(whole).items():
        members = sum(row.counts_in(year) for row in whole.organisations)
        reports = sum(report.year == year for report in whole.reports)
        assert members * 0.99 < reports < members
        always = [
            reports[item.code].notna()
            for kind, reports in frames(whole, year).items()
            for item in ORDER.indicators_of(kind)
            if item.applies_when is None
        ]
        assert sum(map(sum, always)) / sum(map(len, always)) == pytest.approx(0.97, abs=0.015)
        shares = scored.rows.groupby(["kind", "criterion"])[["in_breach", "organisations"]].sum()
        shares = shares["in_breach"] / shares["organisations"]
        assert shares.between(0.001, 0.15).all()
