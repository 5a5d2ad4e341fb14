"""The tests of anomalies against plain Python over random small countries, under an order that is not the product's."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import product
from random import Random
from typing import Any

import numpy as np
import pytest

from evaluation.anomalies.amounts import same_as_last_year, same_values, significant_digits, times_last_year
from evaluation.anomalies.detect import TESTS, detect
from evaluation.anomalies.documents import without_document
from evaluation.anomalies.model import CountryYear, Sources
from evaluation.criteria import Order, load_order
from evaluation.criteria.anomaly_kinds import TEST_KEYS
from evaluation.criteria.model import AnomalyKind
from evaluation.scoring.frames import as_text, report_frame
from evaluation.scoring.score import score
from tests.support.factories import random_answers
from tests.support.paths import SECOND_ORDER

YEAR = 2031
AMOUNTS = (0, 1, 120, 12_000, 123_456, 1_234_567, 12_345_600)
Answers = dict[int, dict[str, Any]]
"""Organisation id → stored answers and evidence."""


@pytest.fixture(scope="module")
def second() -> Order:
    return load_order(SECOND_ORDER)


def country(order: Order, year: int, answers: Answers, kinds: Mapping[int, str], bodies: Mapping[int, int]) -> CountryYear:
    """The answers of organisations as the tests read them."""
    frames = {}
    evidence = {code for kind in order.anomalies for code in kind.document_codes}
    for kind in order.kind:
        ids = [id_ for id_ in answers if kinds[id_] == kind]
        if ids:
            documents = [answers[id_] for id_ in ids]
            frames[kind] = report_frame(
                order, kind, [f"body {bodies[id_]}" for id_ in ids], [f"organisation {id_}" for id_ in ids], documents
            ).assign(
                body_id=[bodies[id_] for id_ in ids],
                organisation_id=ids,
                region=as_text(["19"] * len(ids)),
                **{
                    item.code: as_text([document.get(item.code) for document in documents])
                    for item in order.evidence_of(kind)
                    if item.code in evidence
                },
            )
    return CountryYear(year, order, frames)


def random_report(order: Order, kind: str, random: Random) -> dict[str, Any]:
    answers = random_answers(order, kind, random)
    for item in order.indicators_of(kind):
        if item.code in answers and item.type in ("money", "whole"):
            answers[item.code] = random.choice(AMOUNTS)
    return answers | ({"remark": "text"} if random.random() < 0.5 else {})


def random_country(order: Order, random: Random) -> tuple[Sources, Answers, Answers]:
    """Two years of a few organisations; amounts from a few values, so that many are equal or multiples."""
    ids = range(1, random.randint(4, 20))
    kinds = {id_: random.choice(list(order.kind)) for id_ in ids}
    bodies = {id_: random.randint(1, 3) for id_ in ids}
    years = [{id_: random_report(order, kinds[id_], random) for id_ in ids if random.random() < 0.9} for _ in range(2)]
    last, this = (country(order, YEAR - 1 + number, answers, kinds, bodies) for number, answers in enumerate(years))
    return Sources(this, last), years[1], years[0]


def kind_of(order: Order, test: str) -> AnomalyKind:
    return next(kind for kind in order.anomalies if kind.test == test)


def digits_of(values: Iterator[int]) -> int:
    return sum(len(str(abs(value)).rstrip("0")) for value in set(values))


def test_significant_digits() -> None:
    values = [0, 1, 10, 12, 1200, 1_234_500, 2**53, 10**15]
    expected = [len(str(value).rstrip("0")) for value in values]
    assert significant_digits(np.array(values)).tolist() == expected


def test_every_test_of_a_criteria_file_exists(order: Order) -> None:
    assert TESTS.keys() == TEST_KEYS.keys() == {kind.test for kind in order.anomalies}


def test_amounts_equal_plain_comparisons(order: Order, second: Order) -> None:
    random = Random(10)
    seen = [0, 0, 0]
    for number in range(40):
        current = second if number % 2 else order
        sources, this, last = random_country(current, random)
        equal, same, times = (
            kind_of(current, test) if any(kind.test == test for kind in current.anomalies) else None
            for test in ("same_values", "same_as_last_year", "times_last_year")
        )
        if equal is not None:
            codes = equal.indicators
            subsets = [codes, *((code,) for code in codes)]
            expected = {
                first
                for first, other in product(this, this)
                if first != other
                for subset in subsets
                if all(this[first].get(code) or (this[other].get(code) or 0) == 0 for code in subset)
                and all((this[first].get(code) or 0) == (this[other].get(code) or 0) for code in subset)
                and digits_of(iter(this[first].get(code) or 0 for code in subset)) >= equal.min_digits
            }
            assert {item.organisation_id for item in same_values(equal, sources)} == expected
            seen[0] += len(expected)
        if same is not None:
            expected = {
                id_
                for id_ in this.keys() & last.keys()
                if digits_of(iter(v for code in same.indicators if (v := this[id_].get(code)) and v == last[id_].get(code)))
                >= same.min_digits
            }
            assert {item.organisation_id for item in same_as_last_year(same, sources)} == expected
            seen[1] += len(expected)
        if times is not None:
            width = Fraction(100 + times.tolerance, 100)
            expected = {
                id_
                for id_ in this.keys() & last.keys()
                for code in times.indicators
                if (a := abs(this[id_].get(code) or 0))
                and (b := abs(last[id_].get(code) or 0))
                and times.factor / width <= Fraction(max(a, b), min(a, b)) <= times.factor * width
            }
            assert {item.organisation_id for item in times_last_year(times, sources)} == expected
            seen[2] += len(expected)
    assert min(seen) > 3, seen


def test_results_without_document_equal_plain_comparisons(second: Order) -> None:
    random, kind = Random(11), kind_of(second, "without_document")
    (result,) = kind.results
    seen = 0
    for _ in range(30):
        sources, this, _ = random_country(second, random)
        with_both = {
            id_
            for frame_kind, frame in sources.this.frames.items()
            for id_ in frame["organisation_id"]
            if {result.indicator, *result.document} <= second.codes_of(frame_kind)
        }
        stated = {id_ for id_ in with_both if this[id_].get(result.indicator) not in (None, *kind.exempt)}
        missing = {id_ for id_ in stated if not all(this[id_].get(code) for code in result.document)}
        if 100 * len(stated - missing) < kind.min_percent * len(stated):
            missing = set()
        assert {item.organisation_id for item in without_document(kind, sources)} == missing
        seen += len(missing)
    assert seen > 5


def test_points_at_stake_equal_scoring_the_body_with_blanks(order: Order, second: Order) -> None:
    random, stakes = Random(12), []
    for number in range(12):
        current = second if number % 2 else order
        sources, _, _ = random_country(current, random)
        for item in detect(sources):
            if current.anomaly[item.kind].test == "gained_by_leaving":
                # Its stake is the gain itself.
                continue
            lost = 0
            for kind, frame in sources.this.frames.items():
                of_body = frame[frame["body_id"] == item.body_id].reset_index(drop=True)
                if of_body.empty or not (of_body["organisation_id"] == item.organisation_id).any():
                    continue
                blank = of_body.copy()
                for code in item.codes or [indicator.code for indicator in current.indicators_of(kind)]:
                    if code in blank:
                        blank.loc[blank["organisation_id"] == item.organisation_id, code] = None
                before, after = (int(score(current, {kind: table}).totals["low"].sum()) for table in (of_body, blank))
                lost += before - after
            assert item.stake == lost, item
            stakes.append(item.stake)
    assert len(stakes) > 10 and max(stakes) > 0
