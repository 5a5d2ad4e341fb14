"""A year scored otherwise: an unchanged order changes nothing, and a reading changes what a calculation by hand expects."""

from fractions import Fraction
from random import Random

import orjson
import pytest
from flask import Flask
from sqlalchemy import text

from evaluation.comparison.ranking.model import Rank
from evaluation.comparison.readings.bases import bases_of, basis_of
from evaluation.comparison.readings.errors import UnknownReading, UnreadableAnswers
from evaluation.comparison.readings.export import as_json
from evaluation.comparison.readings.model import GAIN, LOSS, OPEN, SAME, Basis, Points, direction, ranks
from evaluation.comparison.readings.queries import compare, compare_body
from evaluation.criteria import Order, load_order, parse_order
from evaluation.criteria.loader import FOLDER
from evaluation.database import db
from evaluation.language import language
from evaluation.policy import Role
from evaluation.results.models import BodyResult
from evaluation.results.operations import refresh
from evaluation.results.queries import stored_lines
from evaluation.review.operations import accept
from tests.support.factories import bin_of, random_answers
from tests.support.paths import SECOND_ORDER
from tests.support.scenario import BODY, EMPTY_BODY, OTHER_BODY, SYSTEM, TODAY, YEAR, Scenario, store_answers, two_kind_scenario

ORDER_TEXT = (FOLDER / "order_47_2022.toml").read_text(encoding="utf-8")


@pytest.fixture
def scenario(app: Flask, order: Order) -> Scenario:
    return two_kind_scenario(app, order)


def accepted_scenario(scenario: Scenario) -> None:
    """Accept the first body's year; the other body's organisation answers at random."""
    scenario.fill()
    submission = scenario.submit()
    db.session.commit()
    accept(scenario.viewer(Role.REVIEWER), YEAR, scenario.body(), submission.version, TODAY)
    store_answers(scenario.order, bin_of(13), random_answers(scenario.order, "institution", Random(3)))
    db.session.commit()


def test_an_unchanged_copy_of_the_order_differs_nowhere(scenario: Scenario) -> None:
    with scenario.app.app_context():
        accepted_scenario(scenario)
        copy = parse_order(ORDER_TEXT.replace('code = "47-2022"', 'code = "COPY-2022"', 1))
        changes = compare(SYSTEM, YEAR, Basis(copy.code, copy))
        assert len(changes) == 3 and all(change.before == change.after for change in changes)
        assert {change.direction for change in changes} == {SAME}
        assert [change.rank_before for change in changes] == [change.rank_after for change in changes]
        # Today's points are the stored results, of the accepted sheet too.
        refresh([YEAR])
        stored = {
            line[0]: line[1:]
            for line in stored_lines(
                SYSTEM, BodyResult, ("body_id", "low", "high", "max"), YEAR, [change.id for change in changes]
            )
        }
        assert stored == {change.id: (item.low, item.high, item.max) for change in changes for item in change.totals[:1]}


def test_a_reading_changes_points_tables_and_ranks(scenario: Scenario) -> None:
    with scenario.app.app_context():
        accepted_scenario(scenario)
        by_bin = {change.bin: change for change in compare(SYSTEM, YEAR, basis_of(YEAR, reading="R3"))}
        first = by_bin[BODY]
        maxima = {kind: points.max for kind, points in first.before.items()}
        assert maxima == {"institution": 10, "enterprise": 20}
        assert {kind: points.max for kind, points in first.after.items()} == {"institution": 10, "enterprise": 18}
        assert by_bin[OTHER_BODY].before == by_bin[OTHER_BODY].after
        empty = by_bin[EMPTY_BODY]
        assert empty.rank_before is None and empty.totals[0].max == 0
        full = {change.bin: change for change in compare(SYSTEM, YEAR, basis_of(YEAR, reading="R5"))}
        assert full[EMPTY_BODY].totals[1] == Points(62, 62, 62) and full[EMPTY_BODY].direction == OPEN
        assert full[EMPTY_BODY].rank_after == Rank(1, 1)
        assert sorted(full[BODY].after) == ["enterprise", "institution", "jsc", "llp"]
        document = as_json(YEAR, basis_of(YEAR, reading="R3"), list(by_bin.values()), language("en"))
        assert [table["kind"] for table in document["tables"]] == ["institution", "enterprise"]
        assert sum(document["total"]["bodies"].values()) == 3
        assert orjson.loads(orjson.dumps(document)) == document | {"bodies": orjson.loads(orjson.dumps(document["bodies"]))}


def test_an_accepted_sheet_is_scored_from_its_answers(scenario: Scenario) -> None:
    """What changes in the tables after the acceptance does not change the accepted sheet, nor how it is read otherwise."""
    with scenario.app.app_context():
        accepted_scenario(scenario)
        before = compare(SYSTEM, YEAR, basis_of(YEAR, reading="R2"))
        db.session.execute(text("UPDATE report SET answers = '{}'"))
        after = {change.bin: change for change in compare(SYSTEM, YEAR, basis_of(YEAR, reading="R2"))}
        first = next(change for change in before if change.bin == BODY)
        assert (after[BODY].before, after[BODY].after) == (first.before, first.after)
        assert after[OTHER_BODY].before["institution"].low == 0


def test_one_body_is_shown_under_every_reading_with_the_rows_that_differ(scenario: Scenario) -> None:
    with scenario.app.app_context():
        accepted_scenario(scenario)
        compared = {basis.code: (change, rows) for basis, change, rows in compare_body(SYSTEM, YEAR, scenario.body())}
        assert list(compared) == ["R1", "R2", "R3", "R3.2", "R4", "R5", "R6"]
        assert list(compared["R3"][1]) == [("enterprise", "3.2")]
        for change, rows in compared.values():
            before, after = change.totals
            scored = [kind for kind in change.after if kind in change.before]
            difference = sum(change.after[kind].low - change.before[kind].low for kind in scored)
            assert sum(pair[1].low - pair[0].low for pair in rows.values()) == difference
            assert before.max == 30 and after.max >= 28
        stranger = scenario.viewer(Role.CLERK, OTHER_BODY)
        assert compare_body(stranger, YEAR, scenario.body()) == []
        (only,) = compare(stranger, YEAR, basis_of(YEAR, reading="R1"))
        # A rank would be among all bodies, which they do not see.
        assert only.bin == OTHER_BODY and only.totals[0].max and only.rank_before is only.rank_after is None


def test_what_cannot_be_applied_is_refused(scenario: Scenario, order: Order) -> None:
    with scenario.app.app_context():
        assert [basis.code for basis in bases_of(YEAR)] == ["R1", "R2", "R3", "R3.2", "R4", "R5", "R6"]
        for values in ({"reading": "R7"}, {"order_code": "NONE"}):
            with pytest.raises(UnknownReading):
                basis_of(YEAR, **values)
        with pytest.raises(UnknownReading):
            basis_of(1999)
        amended = order.model_copy(
            update={
                "indicators": tuple(
                    item.model_copy(update={"type": "whole"}) if item.code == "financial_result" else item
                    for item in order.indicators
                )
            }
        )
        with pytest.raises(UnreadableAnswers):
            compare(SYSTEM, YEAR, Basis("AMENDED", amended))
        # An order with other kinds and indicators scores nothing of these answers.
        second = load_order(SECOND_ORDER)
        assert all(not change.after for change in compare(SYSTEM, YEAR, Basis(second.code, second)))


def test_the_command_prints_the_comparison(scenario: Scenario) -> None:
    with scenario.app.app_context():
        accepted_scenario(scenario)
    runner = scenario.app.test_cli_runner()
    listed = runner.invoke(args=["readings", "--year", str(YEAR), "--lang", "en"])
    assert listed.exit_code == 0 and "R3.2  The row is scored as criterion 3.4" in listed.output
    printed = runner.invoke(args=["readings", "--year", str(YEAR), "--reading", "R3", "--json", "--lang", "en"])
    document = orjson.loads(printed.output)
    assert "The Order knows no rank" in document["note"]
    assert printed.exit_code == 0 and document["reading"] == "R3" and document["order"] == scenario.order.code
    assert [body["bin"] for body in document["bodies"]] == sorted((BODY, OTHER_BODY, EMPTY_BODY))
    same = runner.invoke(args=["readings", "--year", str(YEAR), "--order", scenario.order.code, "--json"])
    assert all(body["before"] == body["after"] for body in orjson.loads(same.output)["bodies"])
    table = runner.invoke(args=["readings", "--year", str(YEAR), "--reading", "R3", "--lang", "en"])
    assert BODY in table.output and "The Order knows no rank" in table.output
    unknown = runner.invoke(args=["readings", "--year", str(YEAR), "--reading", "R77", "--lang", "ru"])
    assert unknown.exit_code == 1 and "R77" in unknown.output


def test_ranks_and_directions_equal_brute_force() -> None:
    random = Random(47)
    for _ in range(300):
        points = {}
        for body_id in range(random.randint(0, 9)):
            top = random.choice((0, 10, 16, 20, 62))
            low, high = sorted((random.randint(0, top), random.randint(0, top)))
            points[body_id] = Points(low, random.choice((low, high)), top)
        shares = {key: (Fraction(item.low, item.max), Fraction(item.high, item.max)) for key, item in points.items() if item.max}
        expected = {
            key: Rank(
                1 + sum(other[0] > share[1] for name, other in shares.items() if name != key),
                1 + sum(other[1] > share[0] for name, other in shares.items() if name != key),
            )
            for key, share in shares.items()
        }
        assert ranks(points) == expected
    assert direction(Points(1, 1, 2), Points(2, 2, 4)) == SAME
    assert direction(Points(1, 2, 4), Points(1, 3, 4)) == GAIN
    assert direction(Points(2, 2, 4), Points(2, 2, 5)) == LOSS
    assert direction(Points(1, 2, 4), Points(0, 3, 4)) == OPEN == direction(Points(), Points(1, 1, 1))
