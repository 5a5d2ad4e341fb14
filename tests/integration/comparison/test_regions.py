"""Regions and districts: sums, weakest rows and costs equal those counted from scores of each body, one by one."""

from datetime import timedelta
from fractions import Fraction
from random import Random

import pytest
from flask import Flask

from evaluation.answers import queries as answers
from evaluation.clock import today
from evaluation.comparison.regions import queries
from evaluation.comparison.regions.model import Area
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.policy import Role, Viewer
from evaluation.registry.models import ReportingYear
from evaluation.registry.operations import NewBody
from evaluation.results.operations import refresh
from evaluation.scoring import score
from evaluation.submissions.models import DRAFT
from tests.support.factories import bin_of, clean, random_answers
from tests.support.scenario import SYSTEM, YEAR, Scenario, build_scenario, store_answers

AKIMAT, DISTRICT, RURAL, OTHER_DISTRICT, MINISTRY = (bin_of(number) for number in range(1, 6))


@pytest.fixture
def scenario(app: Flask, order: Order) -> Scenario:
    """A region with its akimat, a district with a rural district, another region's district, and a ministry; random answers."""
    bodies = [
        NewBody(AKIMAT, "Облыс", "Область", level="region", kato="310000000"),
        NewBody(DISTRICT, "Аудан", "Район", level="district", parent_bin=AKIMAT, kato="313200000"),
        NewBody(RURAL, "Ауыл", "Село", level="rural", parent_bin=DISTRICT),
        NewBody(OTHER_DISTRICT, "Басқа", "Другой", level="district", kato="350200000"),
        NewBody(MINISTRY, "Министрлік", "Министерство", level="central"),
    ]
    random, number = Random(6), iter(range(100, 400))
    organisations = {
        body.bin: [(bin_of(next(number)), random.choice(list(order.kind))) for _ in range(random.randint(3, 7))]
        for body in bodies
    }
    scenario = build_scenario(app, order, bodies, organisations)
    with app.app_context():
        for bin_, kind in scenario.kind_of.items():
            store_answers(order, bin_, clean(order, kind) | random_answers(order, kind, random, blank=0.7))
        db.session.commit()
        refresh([YEAR])
    return scenario


def late_year(order: Order) -> ReportingYear:
    """The year with a deadline that passed yesterday."""
    return ReportingYear(year=YEAR, order_code=order.code, deadline=today() - timedelta(days=1))


def scored_rows(scenario: Scenario, *bins: str) -> dict[tuple[str, str], list[tuple[str, int, int, int]]]:
    """(kind, row) → (BIN, low, high, max) of these bodies by a scoring of each."""
    rows: dict[tuple[str, str], list[tuple[str, int, int, int]]] = {}
    for bin_ in bins:
        frames = answers.report_frames(SYSTEM, scenario.order, YEAR, [scenario.bodies[bin_]])
        for line in score(scenario.order, frames).rows.to_dict("records"):
            rows.setdefault((line["kind"], line["row"]), []).append((bin_, line["low"], line["high"], line["max"]))
    return rows


def best_points(scenario: Scenario, bin_: str) -> int:
    return sum(line[2] for lines in scored_rows(scenario, bin_).values() for line in lines)


def area(scenario: Scenario, group: str = "31", viewer: Viewer = SYSTEM) -> Area:
    return queries.area_of_group(viewer, YEAR, group)


def test_sums_leave_out_the_sheet_of_the_higher_body(scenario: Scenario) -> None:
    with scenario.app.app_context():
        year = late_year(scenario.order)
        groups = queries.group_sums(SYSTEM, year, today())
        assert sorted(groups) == ["31", "35", "central"]
        expected = scored_rows(scenario, DISTRICT, RURAL)
        for sums in (groups["31"], queries.area_sums(SYSTEM, year, area(scenario), today())):
            assert (sums.bodies, sums.statuses, sums.late, sums.overdue) == (2, {DRAFT: 2}, 0, 2)
            assert sums.points.max == sum(line[3] for lines in expected.values() for line in lines)
            assert sums.points.low == sum(line[1] for lines in expected.values() for line in lines)
            assert sums.organisations == len(scenario.bins[DISTRICT]) + len(scenario.bins[RURAL])
        akimat, points = queries.akimat_points(SYSTEM, YEAR)["31"]
        assert akimat.bin == AKIMAT
        assert points.high == sum(line[2] for lines in scored_rows(scenario, AKIMAT).values() for line in lines)
        assert queries.body_points(SYSTEM, YEAR, akimat) == points
        # The day before the deadline has passed nothing is overdue.
        assert queries.area_sums(SYSTEM, year, area(scenario), today() - timedelta(days=2)).overdue == 0
        district = queries.area_of_district(SYSTEM, YEAR, scenario.body(DISTRICT))
        assert queries.area_sums(SYSTEM, year, district, today()).bodies == 1
        assert [row[0].bin for row in queries.area_bodies(SYSTEM, YEAR, district, "kk").items] == [RURAL]
        assert queries.higher_body_ids(SYSTEM, YEAR, list(scenario.bodies.values())) == {
            scenario.bodies[AKIMAT],
            scenario.bodies[DISTRICT],
        }


def test_the_weakest_rows_and_their_worst_regions(scenario: Scenario) -> None:
    with scenario.app.app_context():
        expected = scored_rows(scenario, DISTRICT, RURAL)
        rows = queries.row_sums(SYSTEM, scenario.order, YEAR, area(scenario))
        assert {row.key for row in rows} == expected.keys()
        for row in rows:
            lines = expected[row.key]
            assert (row.low, row.high, row.max) == tuple(sum(line[part] for line in lines) for part in (1, 2, 3))
            assert row.without_full == sum(line[1] < line[3] for line in lines) and row.bodies == len(lines)
        assert [row.loss for row in rows] == sorted((row.loss for row in rows), reverse=True)
        by_group = {
            "31": expected,
            "35": scored_rows(scenario, OTHER_DISTRICT),
            "central": scored_rows(scenario, MINISTRY),
        }
        for total, group, worst in queries.weakest_rows(SYSTEM, scenario.order, YEAR):
            losses = {
                code: Fraction(sum(line[3] - line[2] for line in rows_[total.key]), sum(line[3] for line in rows_[total.key]))
                for code, rows_ in by_group.items()
                if total.key in rows_
            }
            assert worst.loss == losses[group] == max(losses.values())


def test_a_correction_alone_equals_a_new_scoring(scenario: Scenario) -> None:
    """For every organisation in breach: its breaches gone, all else as it is, gives these points more at best."""
    with scenario.app.app_context():
        costs = queries.costs(SYSTEM, scenario.order, YEAR, area(scenario))
        assert costs and [(-cost.gain, -cost.part) for cost in costs] == sorted((-cost.gain, -cost.part) for cost in costs)
        totals = {
            bin_: sum(line[2] for lines in scored_rows(scenario, bin_).values() for line in lines) for bin_ in scenario.bins
        }
        bin_of_id = {id_: bin_ for bin_, id_ in scenario.organisations.items()}
        body_of_id = {id_: bin_ for bin_, id_ in scenario.bodies.items()}
        for cost in costs:
            body_bin, bin_ = body_of_id[cost.body_id], bin_of_id[cost.id]
            good = clean(scenario.order, scenario.kind_of[bin_])
            stored = answers.body_reports(SYSTEM, YEAR, cost.body_id)
            before = next(report.answers for report in stored if report.organisation_bin == bin_)
            # An audit that was made stays one, and one that was not made stays so.
            audits = {"violated": "compliant", "compliant": "compliant", "not_audited": "not_audited"}
            changed = {code: audits.get(str(value), good.get(code, value)) for code, value in before.items()}
            store_answers(scenario.order, bin_, changed)
            after = best_points(scenario, body_bin)
            db.session.rollback()
            assert after - totals[body_bin] == cost.gain
        one = queries.costs(SYSTEM, scenario.order, YEAR, area(scenario), costs[0].rows[0].key)
        assert {row.key for cost in one for row in cost.rows} == {costs[0].rows[0].key}


def test_parts_sum_to_the_lost_points(scenario: Scenario) -> None:
    with scenario.app.app_context():
        costs = queries.costs(SYSTEM, scenario.order, YEAR, area(scenario))
        lost = {(cost.body_id, row.key): row.lost for cost in costs for row in cost.rows}
        assert sum((cost.part for cost in costs), Fraction(0)) == sum(lost.values())
        body_ids = [scenario.bodies[bin_] for bin_ in (DISTRICT, RURAL)]
        named = queries.organisations_by_id(SYSTEM, body_ids, [cost.id for cost in costs], YEAR)
        assert named.keys() == {cost.id for cost in costs}


def test_a_viewer_sees_only_the_sums_of_visible_bodies(scenario: Scenario) -> None:
    with scenario.app.app_context():
        year = late_year(scenario.order)
        viewer = Viewer("clerk", Role.CLERK, frozenset({scenario.bodies[RURAL]}), 1)
        groups = queries.group_sums(viewer, year, today())
        assert {group: sums.bodies for group, sums in groups.items()} == {"31": 1}
        assert queries.akimat_points(viewer, YEAR) == {} and area(scenario, viewer=viewer).body is None
        assert {cost.body_id for cost in queries.costs(viewer, scenario.order, YEAR, area(scenario))} <= {scenario.bodies[RURAL]}
        assert queries.area_sums(viewer, year, area(scenario, "35"), today()).bodies == 0
