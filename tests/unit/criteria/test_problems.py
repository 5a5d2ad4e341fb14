"""Every mistake in a criteria file is reported by its key and line in three languages; a broken added file stops nothing."""

import codecs
import logging
import re
import tomllib
from pathlib import Path

import pytest

from evaluation.criteria import CriteriaError, load_orders, parse_order
from evaluation.criteria.base import Text
from evaluation.criteria.comparison import differences
from evaluation.criteria.key_lines import lines_of_keys
from evaluation.criteria.loader import FOLDER, log_problems, read_added_file
from evaluation.criteria.problem import Problem
from evaluation.language import LANGUAGE_CODES, language
from tests.support.paths import SECOND_ORDER

ORDER_TEXT = (FOLDER / "order_47_2022.toml").read_text(encoding="utf-8")
SECOND_TEXT = SECOND_ORDER.read_text(encoding="utf-8")
CYRILLIC = re.compile("[А-Яа-яӘәҒғҚқҢңӨөҰұҮүҺһІі]{3}")


def errors(text: str) -> tuple[Problem, ...]:
    with pytest.raises(CriteriaError) as error:
        parse_order(text)
    return error.value.problems


# ---- errors by key and line ----


@pytest.mark.parametrize(
    "old, new, key, message",
    [
        ("points = 9", 'points = "5"', "criteria[2.2].scale[absent].points", "must be a whole number without quotes"),
        ("points = 9", "points = 5.5", "criteria[2.2].scale[absent].points", "must be a whole number without quotes"),
        ("points = 9", "points = true", "criteria[2.2].scale[absent].points", "must be a whole number without quotes"),
        ("points = 9", "points = -1", "criteria[2.2].scale[absent].points", "must be at least 0"),
        ("points = 9, ", "", "criteria[2.2].scale[absent]", "an outcome needs points"),
        ("when = 'breaches == 0', points = 9", "points = 9", "criteria[2.2].scale[absent]", "every outcome but the last needs"),
        (
            'outcome = "present", points = 2',
            "outcome = \"present\", when = 'breaches > 0', points = 2",
            "criteria[2.2].scale[present].when",
            "the last outcome has no condition",
        ),
        (
            'outcome = "present", points = 2',
            'outcome = "absent", points = 2',
            "criteria[2.2].scale[absent].outcome",
            "“absent” is defined twice",
        ),
        (
            "when = 'breaches == 0', points = 9",
            "when = 'audited == 0', points = 9",
            "criteria[2.2].scale[absent].when",
            "the criterion has no condition audited",
        ),
        (
            "when = 'breaches == 0', points = 9",
            "when = 0, points = 9",
            "criteria[2.2].scale[absent].when",
            "must be a condition in quotes",
        ),
        ("breach = 'fed_on > promised_on'", "breech = 'fed_on > promised_on'", "criteria[2.2].breach", "is missing"),
        (
            "breach = 'fed_on > promised_on'",
            "breech = 'fed_on > promised_on'",
            "criteria[2.2].breech",
            "no such key is expected here",
        ),
        (
            "breach = 'fed_on > promised_on'",
            "breach = 'fed_on = promised_on'",
            "criteria[2.2].breach",
            "a comparison is written with ==",
        ),
        ("breach = 'fed_on > promised_on'", "breach = ''", "criteria[2.2].breach", "the condition is empty"),
        ('number = "2.2"', "number = 2.2", "form.tables[zoo].rows[2.2].number", "must be a text in quotes"),
        ('number = "2.2"', 'number = "2.2 "', "form.tables[zoo].rows[2.2 ].number", "is a number such as 7.1 or 3-1"),
        ('kinds = ["theatre", "archive"]', 'kinds = "theatre"', "indicators[grant].kinds", "must be a list in square brackets"),
        ('kinds = ["theatre", "archive"]', "kinds = []", "indicators[grant].kinds", "must not be empty"),
        ('type = "money"', 'type = "sum"', "indicators[grant].type", "must be one of: 'money', 'whole', 'date'"),
        ('kk = "Шатырлар", ', "", "criteria[2.1].name.kk", "is missing"),
        ('ru = "Крыши"', 'ru = ""', "criteria[2.1].name.ru", "must not be empty"),
        ('readings = ["R1"]', 'readings = ["R9"]', "criteria[3].readings", "“R9” is not defined"),
        ('due = "grant"', 'due = "grunt"', "budget_comparisons[rent].due", "“grunt” is not defined; is grant meant?"),
        ('due = "grant"', 'due = "visitors"', "budget_comparisons[rent].due", "must be an indicator of the type money"),
        ('due = "grant"', 'due = "roof"', "budget_comparisons[rent].due", "roof is no indicator of theatre"),
        ('criterion = "3"\ndue', 'criterion = "9"\ndue', "budget_comparisons[rent].criterion", "“9” is not defined"),
        ('group = "rent"', 'group = "Rent"', "budget_comparisons[Rent].group", "consists of small Latin letters"),
    ],
)
def test_an_error_has_its_key_and_line(old: str, new: str, key: str, message: str) -> None:
    assert old in SECOND_TEXT
    text = SECOND_TEXT.replace(old, new, 1)
    [problem] = [problem for problem in errors(text) if problem.key == key and message in problem.message(language("en"))]
    changed = SECOND_TEXT.count("\n", 0, SECOND_TEXT.index(old)) + 1
    assert problem.line is not None and abs(problem.line - changed) <= (9 if message == "is missing" else 1)
    for code in LANGUAGE_CODES:
        text_of_problem = problem.text(language(code))
        assert str(problem.line) in text_of_problem and key in text_of_problem
        assert bool(CYRILLIC.search(problem.message(language(code)))) == (code != "en")


@pytest.mark.parametrize(
    "line, key, reason",
    [
        ("from_year = ", "from_year", "a value is missing, or a text stands without quotes"),
        ("from_year = soon", "from_year", "a value is missing, or a text stands without quotes"),
        ('code = "A" "B"', "code", "something stands behind the value"),
        ('code = "A', "code", "a text is not closed with the quotes it begins with"),
        ('code = "A"\ncode = "B"', "code", "the key is defined twice"),
        ("from_year 2030", "", "a line is a key, = and a value"),
    ],
)
def test_a_line_that_is_not_toml_is_reported(line: str, key: str, reason: str) -> None:
    text = f"# A new order\n\n{line}\n\n[form]\n"
    [problem] = errors(text)
    assert problem.key == key and reason in problem.message(language("en"))
    assert problem.line in (3, 4)
    for code in ("kk", "ru"):
        assert CYRILLIC.search(problem.message(language(code)))


def test_a_byte_order_mark_and_line_ends_of_windows_are_taken(tmp_path: Path) -> None:
    file = tmp_path / "order.toml"
    file.write_bytes(codecs.BOM_UTF8 + SECOND_TEXT.replace("\n", "\r\n").encode())
    added = read_added_file(file, ())
    assert added.order == parse_order(SECOND_TEXT)


@pytest.mark.parametrize("encoding", ["cp1251", "utf-16"])
def test_another_encoding_is_reported(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "order.toml"
    file.write_bytes("# Приказ\n".encode(encoding))
    [problem] = read_added_file(file, ()).problems
    assert problem.message(language("en")) == "the file is not encoded in UTF-8: save it as UTF-8" and problem.line == 1


@pytest.mark.parametrize("text", [ORDER_TEXT, SECOND_TEXT], ids=["order", "second"])
def test_every_key_has_its_line(text: str) -> None:
    lines, rows = lines_of_keys(text, tomllib.loads(text)), text.splitlines()
    for key, line in lines.items():
        name = key.rpartition(".")[2].partition("[")[0]
        assert name in rows[line - 1] or key.endswith("]"), (key, line)
    assert len(lines) > 500


# ---- differences ----


def test_differences_are_named_by_keys() -> None:
    before = {
        "code": "a",
        "criteria": [{"code": "1", "points": 2, "readings": ["R1"]}, {"code": "2", "name": {"kk": "Екі", "ru": "Два"}}],
    }
    after = {
        "code": "b",
        "criteria": [{"code": "3-1", "name": {"kk": "Үш", "ru": "Три"}}, {"code": "1", "points": 3, "readings": ["R1", "R2"]}],
    }
    assert [difference.text("ru") for difference in differences(before, after)] == [
        "~ code: a → b",
        "+ criteria[3-1]: Три",
        "~ criteria[1].points: 2 → 3",
        "~ criteria[1].readings: R1 → R1, R2",
        "- criteria[2]: Два",
    ]


# ---- added files ----


def test_the_others_load_beside_a_broken_added_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "again.toml").write_text(ORDER_TEXT, encoding="utf-8")
    (tmp_path / "broken.toml").write_text("code = ", encoding="utf-8")
    (tmp_path / "second.toml").write_text(SECOND_TEXT, encoding="utf-8")
    (tmp_path / "third.toml").write_text(SECOND_TEXT.replace('"TEST-2030"', '"TEST-3"', 1), encoding="utf-8")
    (tmp_path / "empty").mkdir()
    orders = load_orders((tmp_path, tmp_path / "absent.toml", tmp_path / "empty"))
    assert [item.code for item in orders.all] == ["47-2022", "TEST-2030"]
    reasons = {file.path.name: [problem.message(language("en")) for problem in file.problems] for file in orders.unused_files}
    assert reasons == {
        "again.toml": ["another criteria file has the code 47-2022"],
        "broken.toml": ["the line “code =” is not readable: a value is missing, or a text stands without quotes"],
        "third.toml": ["the order TEST-2030 applies from 2030 as well"],
        "absent.toml": ["the file cannot be read: No such file or directory"],
        "empty": ["the folder has no criteria file: its name ends in .toml"],
    }
    with caplog.at_level(logging.WARNING):
        log_problems(orders)
    assert all(name in caplog.text for name in reasons)


def test_a_missing_english_text_is_shown_in_kazakh() -> None:
    text = Text(kk="мәтін", ru="текст")
    assert [text[code] for code in LANGUAGE_CODES] == ["мәтін", "текст", "мәтін"]
    assert text.in_all_languages() == ("мәтін", "текст")
