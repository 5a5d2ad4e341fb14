"""What it would take from stored results equals brute force by scoring corrected answers; ranks of a trial equal stored ones."""

import itertools
from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from flask import Flask

from evaluation.answers.year_data import YearData, read_year_data
from evaluation.comparison.improvement.limits import limit_text
from evaluation.comparison.improvement.model import YearTotal
from evaluation.comparison.improvement.queries import breach_rows, organisation_bins, stored_points
from evaluation.comparison.improvement.solver import improvement_steps
from evaluation.comparison.improvement.trial import rank_moves, with_answers
from evaluation.comparison.ranking.queries import body_ranks
from evaluation.criteria import Order
from evaluation.criteria.expressions import codes
from evaluation.database import db
from evaluation.language import language
from evaluation.policy import Role, Viewer
from evaluation.results.operations import refresh
from evaluation.scoring.score import IN_BREACH
from evaluation.sheets.model import LegalEntity
from tests.support.factories import clean, random_answers
from tests.support.scenario import BODY, OTHER_BODY, SYSTEM, TODAY, YEAR, Scenario, all_kinds_scenario

MAX_SIZE = 2
"""Organisations that brute force corrects together; `tests/torture/test_improvement.py` tries all sets, without scoring."""


@pytest.fixture
def scenario(app: Flask, order: Order) -> Scenario:
    return all_kinds_scenario(app, order)


def total_of(data: YearData) -> YearTotal:
    low, high, maximum = data.scores.rows[["low", "high", "max"]].sum()
    return YearTotal(int(low), int(high), int(maximum))


def corrected(order: Order, data: YearData, organisation_bin: str) -> dict[str, Any]:
    """The answers of an organisation with complying ones in place of those of the criteria that it is in breach of."""
    report = next(report for report in data.reports if report.organisation_bin == organisation_bin)
    named = data.scores.named_organisations
    rows = named[(named["organisation"] == organisation_bin) & (named["status"] == IN_BREACH)]["row"]
    criteria = {row.criterion for row in order.table[report.kind].scored_rows if row.number in set(rows)}
    read = {code for criterion in criteria for code in codes(order.criterion[str(criterion)].breach)}
    complying = clean(order, report.kind)
    return {code: complying.get(code) for code in read}


def test_steps_equal_scoring_of_corrected_answers(scenario: Scenario) -> None:
    order, random = scenario.order, Random(0)
    with scenario.app.app_context():
        for bin_ in scenario.organisation_bins:
            kind = scenario.kind_of[bin_]
            scenario.answer(bin_, **clean(order, kind) | random_answers(order, kind, random, blank=0.6))
        db.session.commit()
        refresh([YEAR])
        data = read_year_data(SYSTEM, order, YEAR, scenario.body_id)
        now = total_of(data)
        assert stored_points(SYSTEM, YEAR, scenario.body_id) == now
        steps = improvement_steps(breach_rows(SYSTEM, order, YEAR, scenario.body_id))
        smallest = brute_force(order, data, {report.organisation_bin: report.organisation_id for report in data.reports}, now)
        assert smallest == {
            gain: size
            for gain in range(1, steps[-1].gain + 1)
            if (size := next(step.size for step in steps if step.gain >= gain)) <= MAX_SIZE
        }
        assert len(smallest) > 1
        bins = organisation_bins(SYSTEM, YEAR, scenario.body_id, frozenset(id_ for step in steps for id_ in step.organisations))
        assert set(bins.values()) <= set(scenario.organisation_bins)
        stranger = Viewer("stranger", Role.CLERK, frozenset({scenario.bodies[OTHER_BODY]}))
        assert breach_rows(stranger, order, YEAR, scenario.body_id) == ()
        assert organisation_bins(stranger, YEAR, scenario.body_id, frozenset(bins)) == {}


def brute_force(order: Order, data: YearData, ids: Mapping[str, int], now: YearTotal) -> dict[int, int]:
    """Gain → the smallest number of organisations, up to MAX_SIZE, whose corrected answers score so much more."""
    smallest: dict[int, int] = {}
    answers = {bin_: corrected(order, data, bin_) for bin_ in ids}
    for size in range(1, MAX_SIZE + 1):
        for chosen in itertools.combinations(ids, size):
            gain = total_of(with_answers(data, {ids[bin_]: answers[bin_] for bin_ in chosen})).high - now.high
            for reached in range(1, gain + 1):
                smallest.setdefault(reached, size)
    return smallest


def test_ranks_of_a_trial_are_those_that_the_answers_would_have(scenario: Scenario) -> None:
    order, first = scenario.order, scenario.organisation_bins[0]
    loss = next(item.code for item in order.indicators_of(scenario.kind_of[first]) if item.type == "money" and item.min is None)
    with scenario.app.app_context():
        scenario.fill()
        scenario.answer(first, **{loss: -1})
        db.session.commit()
        refresh([YEAR])
        data = read_year_data(SYSTEM, order, YEAR, scenario.body_id)
        tried = total_of(with_answers(data, {scenario.organisations[first]: {loss: 0}}))
        moves = rank_moves(SYSTEM, YEAR, scenario.body_id, tried)
        assert [move.before for move in moves] == [item.rank for item in body_ranks(SYSTEM, YEAR, scenario.body_id)]
        # Trials of people who may not count the other bodies tell no rank.
        people = Viewer("people", Role.CLERK, frozenset({scenario.body_id}))
        assert moves and rank_moves(people, YEAR, scenario.body_id, tried) == []
        scenario.answer(first, **{loss: 0})
        db.session.commit()
        refresh([YEAR])
        assert [move.after for move in moves] == [item.rank for item in body_ranks(SYSTEM, YEAR, scenario.body_id)]
        assert stored_points(SYSTEM, YEAR, scenario.body_id) == tried


def test_what_can_no_longer_be_undone(order: Order) -> None:
    english, organisation = language("en"), LegalEntity(BODY, "Ұйым")
    by_code = order.criterion
    dated = next(item for item in order.criteria if any(order.in_conditions[code].type == "date" for code in codes(item.breach)))
    last_day = "budget_due_on"
    late = replace(organisation, breach_facts=((last_day, TODAY.replace(month=1)),))
    assert "has passed" in limit_text(order, dated, late, TODAY, english)
    assert limit_text(order, dated, replace(late, breach_facts=((last_day, TODAY),)), TODAY, english) == ""
    audited = next(item for item in by_code.values() if item.audited is not None)
    assert "audit" in limit_text(order, audited, organisation, TODAY, english)
    undated = next(item for item in by_code.values() if item.audited is None and item is not dated)
    assert limit_text(order, undated, organisation, TODAY, english) == ""
