"""What is possible in a criteria file but unlikely is a warning: by a look at the file, or by a trial on random reports."""

from pathlib import Path

import pytest

from evaluation.criteria import Order, load_orders, parse_order
from evaluation.criteria.loader import FOLDER, read_added_file
from evaluation.criteria.problem import Problem
from evaluation.language import LANGUAGE_CODES, language
from evaluation.scoring.trial import try_order
from tests.support.paths import SECOND_ORDER

ORDER_TEXT = (FOLDER / "order_47_2022.toml").read_text(encoding="utf-8")
SECOND_TEXT = SECOND_ORDER.read_text(encoding="utf-8")


def warnings_of(tmp_path: Path, text: str) -> tuple[Problem, ...]:
    """The warnings about an added file with this text; it is used."""
    file = tmp_path / "order.toml"
    file.write_text(text, encoding="utf-8")
    added = read_added_file(file, load_orders().all)
    assert added.order is not None, added.problems
    return added.problems


@pytest.mark.parametrize(
    "old, new, key, message",
    [
        ("points = 9", "points = 50", "criteria[2.2].scale[absent].points", "50 points are unusually many"),
        ("from_year = 2030", "from_year = 2300", "from_year", "the order applies only from 2300"),
        ('{ number = "2.2", criterion = "2.2",', '{ number = "2.2",', "criteria[2.2]", "no row of the form names the criterion"),
        ('prior_year_count = { code = "quiet", ', None, "criteria[1-1]", "without prior_year_count a body cannot declare it"),
        ("breach = 'fed_on > promised_on'", "breach = 'answered(fed_on)'", None, None),
        ("'audited == 0'", "'breaches == 1'", None, None),
    ],
)
def test_what_is_unlikely_is_a_warning(tmp_path: Path, old: str, new: str | None, key: str | None, message: str | None) -> None:
    [line] = [line for line in SECOND_TEXT.splitlines() if old in line]
    changed = SECOND_TEXT.replace(line, line.replace(old, new) if new else "")
    problems = {problem.key: problem for problem in warnings_of(tmp_path, changed)}
    if key is None:
        assert not problems
        return
    assert problems[key].severity == "warning" and problems[key].line
    assert message is not None and message in problems[key].message(language("en"))


def test_an_indicator_and_a_condition_that_nothing_reads_are_warnings(tmp_path: Path) -> None:
    text = SECOND_TEXT.replace("'breaches == 0 and audited > 0'", "'breaches == 0'").replace("'audited == 0'", "'breaches == 1'")
    unread = """[[indicators]]
code = "unread"
type = "whole"
kinds = ["zoo"]
label = { kk = "Оқылмайды", ru = "Не читается" }
hint = { kk = "Жоқ", ru = "Нет" }

[[evidence]]
"""
    text = text.replace("[[evidence]]\n", unread, 1)
    assert [(problem.key, problem.message(language("en"))) for problem in warnings_of(tmp_path, text)] == [
        ("indicators[unread]", "no condition reads the indicator"),
        ("criteria[2.1].audited", "no outcome reads audited"),
    ]


@pytest.mark.parametrize("key", ["title", "source", "form.order_mark"])
def test_texts_left_as_those_of_the_superseded_order_are_a_warning(tmp_path: Path, key: str, order: Order) -> None:
    text = ORDER_TEXT.replace('code = "47-2022"', 'code = "new"', 1).replace("from_year = 2022", "from_year = 2030", 1)
    problems = {problem.key for problem in warnings_of(tmp_path, text)}
    assert {f"{key}.{code}" for code in LANGUAGE_CODES} <= problems


@pytest.mark.parametrize(
    "old, new, key, message",
    [
        ("breach = 'visitors == 0'", "breach = 'visitors < 0'", "criteria[1].breach", "true in none of the random reports"),
        ("breach = 'visitors == 0'", "breach = 'visitors >= 0'", "criteria[1].breach", "true in all random reports"),
        (
            "when = 'breaches < last_year', points = 4",
            "when = 'breaches >= 0 or breaches < last_year', points = 4",
            "criteria[1].scale[not_decreased]",
            "never taken",
        ),
        (
            "when = 'breaches < last_year', points = 4",
            "when = 'breaches < 0 and breaches < last_year', points = 4",
            "criteria[1].scale[decreased]",
            "never taken",
        ),
        (
            "when = 'breaches == 0', points = 9",
            "when = 'breaches > 0', points = 9",
            "criteria[2.2].scale",
            "of 1 organisations, 0 in breach give 2, 1 in breach give 9",
        ),
        (
            "when = 'breaches == 0', points = 9",
            "when = 'breaches == 0 and breaches > 0', points = 9",
            "criteria[2.2].scale[absent]",
            "never taken",
        ),
    ],
)
def test_the_trial_reports_conditions_that_decide_nothing(old: str, new: str, key: str, message: str) -> None:
    assert old in SECOND_TEXT
    trial = try_order(parse_order(SECOND_TEXT.replace(old, new, 1)))
    [text] = [problem.message(language("en")) for problem in trial.problems if problem.key == key]
    assert message in text


def test_the_trial_finds_nothing_in_the_orders_of_the_product_and_the_tests(order: Order) -> None:
    for tried in (order, parse_order(SECOND_TEXT)):
        trial = try_order(tried)
        assert [str(problem) for problem in trial.problems] == []
        assert set(trial.scores.rows["kind"]) == set(tried.kind)
