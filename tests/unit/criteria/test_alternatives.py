"""Alternatives of readings: the orders they make, what such an order scores, and the errors of a file that declares them."""

from collections.abc import Mapping
from typing import Any

import pytest

from evaluation.criteria import CriteriaError, Order, load_order, parse_order
from evaluation.criteria.alternatives import applicable_readings, under_alternative
from evaluation.criteria.loader import FOLDER
from evaluation.scoring import score
from tests.support.factories import bin_of, clean, reports
from tests.support.paths import SECOND_ORDER

ORDER_TEXT = (FOLDER / "order_47_2022.toml").read_text(encoding="utf-8")
SECOND_TEXT = SECOND_ORDER.read_text(encoding="utf-8")
BODY = bin_of(1)


def under(order: Order, name: str) -> Order:
    return under_alternative(order, next(item.alternative for item in applicable_readings(order) if item.name == name))


def points(
    order: Order, kind: str, row: str, answers: list[Mapping[str, Any]], previous: int | None = None
) -> tuple[int, int, int]:
    """Low, high and maximum of a row for a body whose organisations answer cleanly apart from `answers`."""
    lines = [(BODY, bin_of(10 + number), clean(order, kind) | dict(changed)) for number, changed in enumerate(answers)]
    counts = {} if previous is None else {(BODY, kind, item.criterion): previous for item in order.table[kind].scored_rows}
    rows = score(order, reports(order, {kind: lines}), counts).rows  # type: ignore[arg-type]
    line = rows[rows["row"] == row].iloc[0]
    return int(line["low"]), int(line["high"]), int(line["max"])


def test_the_readings_that_change_points_can_be_applied(order: Order) -> None:
    assert [item.name for item in applicable_readings(order)] == ["R1", "R2", "R3", "R3.2", "R4", "R5", "R6"]


@pytest.mark.parametrize(
    "previous, losses, today, otherwise",
    [(3, 0, (2, 2, 2), (3, 3, 3)), (0, 0, (2, 2, 2), (2, 2, 3)), (None, 0, (2, 2, 2), (2, 3, 3)), (3, 1, (1, 1, 2), (1, 1, 3))],
)
def test_r1_adds_the_points_for_changes(
    order: Order, previous: int | None, losses: int, today: tuple[int, int, int], otherwise: tuple[int, int, int]
) -> None:
    answers = [{"financial_result": -1}] * losses + [{}] * (2 - losses)
    assert points(order, "institution", "1", answers, previous) == today
    assert points(under(order, "R1"), "institution", "1", answers, previous) == otherwise


@pytest.mark.parametrize(
    "results, today, otherwise",
    [
        (("compliant", "compliant"), 2, 2),
        (("compliant", "not_audited"), 2, 1),
        (("not_audited", "not_audited"), 1, 1),
        (("violated", "not_audited"), 0, 0),
    ],
)
def test_r2_wants_all_organisations_audited(order: Order, results: tuple[str, ...], today: int, otherwise: int) -> None:
    answers = [{"area_audit": result} for result in results]
    assert points(order, "institution", "2.1", answers)[0] == today
    assert points(under(order, "R2"), "institution", "2.1", answers)[0] == otherwise


def test_r3_does_not_score_the_row_or_scores_it_by_another_criterion(order: Order) -> None:
    table = under(order, "R3").table["jsc"]
    assert "3.2" not in [row.number for row in table.scored_rows] and "3.2" in [row.number for row in table.rows]
    assert "2.2" in [row.number for row in under(order, "R3").table["institution"].scored_rows]
    answers = [{"cars_audit": "violated"}]
    assert points(order, "jsc", "3.2", answers) == (0, 0, 2)
    assert points(under(order, "R3.2"), "jsc", "3.2", answers) == (2, 2, 2)


@pytest.mark.parametrize(
    "numbers, today, otherwise", [((1, 1), (2, 2, 2), (0, 0, 2)), ((1, 0), (0, 0, 2), (0, 0, 2)), ((0, 0), (0, 0, 2), (0, 0, 2))]
)
def test_r4_reads_the_line_as_printed(
    order: Order, numbers: tuple[int, int], today: tuple[int, ...], otherwise: tuple[int, ...]
) -> None:
    answers = [{"key_indicators_met": number} for number in numbers]
    assert points(order, "enterprise", "7.1", answers) == today
    assert points(under(order, "R4"), "enterprise", "7.1", answers) == otherwise


def test_r6_counts_organisations_without_key_indicators(order: Order) -> None:
    answers = [{"key_indicators_defined": False, "key_indicators_planned": None, "key_indicators_met": None}, {}]
    assert points(order, "llp", "6.1", answers) == (2, 2, 2)
    assert points(under(order, "R6"), "llp", "6.1", answers) == (0, 0, 2)


def test_an_alternative_leaves_the_order_itself_unchanged(order: Order) -> None:
    maxima = {criterion.code: criterion.max for criterion in order.criteria}
    for item in applicable_readings(order):
        assert under_alternative(order, item.alternative).code == order.code
    assert {criterion.code: criterion.max for criterion in order.criteria} == maxima
    assert order == load_order(FOLDER / "order_47_2022.toml")


def test_the_second_order_has_other_alternatives() -> None:
    second = load_order(SECOND_ORDER)
    assert [item.name for item in applicable_readings(second)] == ["R1", "R2", "R2.3"]
    answers = [{"roof": "sound", "audited": False, "grant": 500_00}]
    assert points(second, "archive", "2", answers) == (1, 1, 1)
    assert points(under(second, "R1"), "archive", "2", answers) == (0, 0, 1)
    assert [row.number for row in under(second, "R2").table["zoo"].scored_rows] == ["1", "2.2"]


@pytest.mark.parametrize(
    "old, new, key, message",
    [
        ('codes = ["3"]', 'codes = ["9"]', "readings[R1].alternatives[0].criteria[0].codes", "“9” is not defined"),
        ('codes = ["3"]', 'codes = ["3", "3"]', "readings[R1].alternatives[0].criteria[0].codes", "is defined twice"),
        (
            ", breach = 'grant > 100 and audited == no' }]",
            " }]",
            "readings[R1].alternatives[0].criteria[0]",
            "neither breach nor",
        ),
        ("grant > 100 and", "grantt > 100 and", "readings[R1].alternatives[0].criteria[3].breach", "is grant meant"),
        ("grant > 100 and", "visitors > 100 and", "readings[R1].alternatives[0].form.tables[archive].rows[2].criterion", "reads"),
        ('number = "2.1" }]', 'number = "2" }]', "readings[R2].alternatives[1].rows[2]", "has no scored row 2"),
        (
            'kinds = ["zoo"], number',
            'kinds = ["bank"], number',
            "readings[R2].alternatives[1].rows[2.1]",
            "has no scored row 2.1",
        ),
        ('number = "2.1" }]', 'number = "2.1", criterion = "8" }]', "readings[R2].alternatives[1].rows[2.1].criterion", "“8”"),
        ('id = "R1"\nchanges_points = true', 'id = "R1"', "readings[R1].changes_points", "write true"),
        (
            "breach = 'grant > 100 and audited == no' }]",
            'scale = [{ outcome = "new", points = 1 }] }]',
            "readings[R1].alternatives[0].criteria[0].scale[new].text",
            "needs a text",
        ),
        (
            "breach = 'grant > 100 and audited == no' }]",
            'scale = [{ outcome = "absent", points = 1 }, { outcome = "present", points = 0 }] }]',
            "readings[R1].alternatives[0].criteria[3].scale[absent]",
            "every outcome but the last needs",
        ),
    ],
)
def test_an_error_of_an_alternative_is_reported_by_its_key(old: str, new: str, key: str, message: str) -> None:
    assert old in SECOND_TEXT
    with pytest.raises(CriteriaError) as rejected:
        parse_order(SECOND_TEXT.replace(old, new))
    problems = {problem.key: problem for problem in rejected.value.problems}
    assert key in problems, list(problems)
    assert message in str(problems[key]) and problems[key].line
