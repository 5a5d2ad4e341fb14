"""The command `budget read`, run as a user runs it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from app import create_app
from evaluation.budgets.errors import NO_BUDGET
from evaluation.budgets.model import UNIT, Section
from evaluation.budgets.read import read_decisions
from evaluation.budgets.sources.read import read_source
from evaluation.language import language
from tests.support.budget_files import FOLDER, as_docx
from tests.support.hostile_files import hostile_pdf

KONAEV, TALAS = FOLDER / "konaev-2026.ru.txt", FOLDER / "talas-2021.ru.txt"
KEYS = ["body", "year", "number", "date", "unit", "totals", "lines", "inconsistencies", "unread"]


@pytest.fixture(scope="module")
def nowhere(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """An application whose database does not exist and cannot be created."""
    path = tmp_path_factory.mktemp("nowhere") / "absent" / "none.db"
    return create_app({"DATABASE_URL": f"sqlite:///{path}", "SECRET_KEY": "tests"})


@pytest.fixture(scope="module")
def run(nowhere: Flask) -> Callable[..., Result]:
    def run_(*words: Any) -> Result:
        result = nowhere.test_cli_runner().invoke(args=["budget", "read", *map(str, words)])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.output
        return result

    return run_


def test_the_json_has_the_keys_of_its_contract(run: Callable[..., Result]) -> None:
    result = run(KONAEV, "--json")
    assert result.exit_code == 0 and not result.stderr
    assert "город Қонаев" in result.stdout
    [decision] = json.loads(result.stdout, parse_float=None)["decisions"]
    assert list(decision) == KEYS
    head = {key: decision[key] for key in KEYS[:5]}
    assert head == {"body": "город Қонаев", "year": 2026, "number": "61-208", "date": "2026-03-17", "unit": UNIT}
    assert decision["totals"] == {
        "income": 48012900,
        "costs": 49415642,
        "net_lending": 54375,
        "financial_assets": 0,
        "deficit": -1457117,
        "financing": 1457117,
    }
    rent = next(line for line in decision["lines"] if line["code"] == "2/01/5")
    assert rent == {
        "section": "income",
        "code": "2/01/5",
        "name": "Доходы от аренды имущества, находящегося в государственной собственности",
        "amount": 60345,
        "source_line": rent["source_line"],
    }
    text = KONAEV.read_text(encoding="utf-8").split("\n")
    assert text[rent["source_line"] - 1].strip() == "5"
    assert decision["inconsistencies"] == decision["unread"] == []


def test_the_json_says_what_the_reader_read(run: Callable[..., Result]) -> None:
    expected = read_decisions(read_source("a.txt", TALAS.read_bytes()).lines)
    decisions = json.loads(run(TALAS, "--json", "--lang", "ru").stdout)["decisions"]
    assert [
        [(line["section"], line["code"], line["amount"], line["source_line"]) for line in decision["lines"]]
        for decision in decisions
    ] == [[(line.section, line.code, line.amount, line.source_line) for line in decision.lines] for decision in expected]
    for decision, item in zip(decisions, expected, strict=True):
        totals = {section: item.totals[section].amount if section in item.totals else None for section in Section}
        assert decision["totals"] == totals
        assert len(decision["inconsistencies"]) == len(item.inconsistencies)


@pytest.mark.parametrize(("code", "unit"), [("kk", "мың теңге"), ("ru", "тысяч тенге"), ("en", "thousand tenge")])
def test_the_summary_names_totals_inconsistencies_and_unread_lines(run: Callable[..., Result], code: str, unit: str) -> None:
    text = run(TALAS, "--lang", code).stdout
    assert text.count("11-2") == 14 and unit in text
    assert "120\xa0322" in text and "−15\xa0322" in text


def test_another_kind_of_file_is_read_by_its_content(run: Callable[..., Result], tmp_path: Path) -> None:
    path = tmp_path / "decision.bin"
    path.write_bytes(as_docx())
    [decision] = json.loads(run(path, "--json").stdout)["decisions"]
    assert decision["totals"]["income"] == 48012900
    assert decision["totals"]["costs"] is None
    assert [(line["code"], line["source_line"]) for line in decision["lines"]] == [
        ("2", 4),
        ("2/01", 5),
        ("2/01/5", 6),
        ("2/01/7", 7),
    ]


@pytest.mark.parametrize("name", ["absent", "no budget", "100 MB", "scan"])
def test_a_file_that_cannot_be_read_ends_the_command(run: Callable[..., Result], tmp_path: Path, name: str) -> None:
    path = tmp_path / "decision.txt"
    if name == "no budget":
        path.write_text("О награждении\nМаслихат РЕШИЛ: наградить 25 работников.\n", encoding="utf-8")
    elif name == "100 MB":
        with path.open("wb") as file:
            file.truncate(100 * 2**20)
    elif name == "scan":
        path.write_bytes(hostile_pdf(10))
    for code in ("kk", "ru"):
        result = run(path, "--json", "--lang", code)
        assert result.exit_code != 0 and not result.stdout
        assert result.stderr.strip() and "Traceback" not in result.stderr
    expected = {"no budget": language("ru").gettext(NO_BUDGET), "100 MB": "20", "scan": "скан", "absent": ""}
    assert expected[name] in result.stderr
