"""The commands, run as a user runs them."""

import json
import subprocess
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any

import openpyxl
import pytest
from click.testing import Result
from flask import Flask

from evaluation.criteria import Order
from evaluation.criteria.expressions import codes
from evaluation.language import language
from evaluation.scoring.conditions import apply_implications, evaluate, is_certain
from tests.support import accounts
from tests.support import reference_scorer as reference
from tests.support.factories import bin_of, clean, random_answers, report_frame, row, workbook
from tests.support.paths import SECOND_ORDER
from tests.support.upload_cases import sheet_of

SECOND = SECOND_ORDER


@pytest.fixture
def lone(tmp_path: Path, make_app: Callable[..., Flask]) -> Flask:
    return make_app(f"sqlite:///{tmp_path / 'commands.db'}")


def run(app: Flask, *words: Any) -> Result:
    result = app.test_cli_runner().invoke(args=[str(word) for word in words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return result


def saved(folder: Path, data: bytes, name: str = "workbook.xlsx") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def consistent(order: Order, kind: str, random: Random) -> dict[str, Any]:
    """Random answers, blanks among them, that contradict nothing."""
    while True:
        answers = random_answers(order, kind, random, blank=random.choice((0, 0.1, 0.4)))
        table = apply_implications(order, kind, report_frame(order, kind, [""], [""], [answers]))
        if not any(is_certain(evaluate(order, rule.when, table))[0] for rule in order.rules_for_kind(kind, order.contradictions)):
            return answers


@pytest.mark.parametrize("seed", range(8))
def test_score_prints_what_the_contract_says(seed: int, lone: Flask, order: Order, tmp_path: Path) -> None:
    random = Random(seed)
    bodies: dict[str, dict[str, dict[str, Mapping[str, Any]]]] = {}
    rows: dict[str, list[dict[str, Any]]] = {}
    number = 100
    for body in (bin_of(n) for n in random.sample(range(1, 90), 6)):
        bodies[body] = {}
        for kind in random.sample(list(order.kind), random.randint(1, len(order.kind))):
            for _ in range(random.choice((1, 1, 2, 5))):
                number += 1
                answers = consistent(order, kind, random)
                bodies[body].setdefault(kind, {})[bin_of(number)] = answers
                rows.setdefault(kind, []).append(row(order, body, bin_of(number), answers))
    for lines in rows.values():
        random.shuffle(lines)
    previous = {(body, kind): random.randrange(4) for body in bodies for kind in bodies[body] if random.random() < 0.5}
    data = workbook(order, 2024, rows, previous=[{"body_bin": b, "kind": k, "loss_making": n} for (b, k), n in previous.items()])
    result = run(lone, "score", saved(tmp_path, data), "--json")
    assert result.exit_code == 0, result.output
    expected = [
        reference.body(body, f"Әкімдік {body}", bodies[body], {k: n for (b, k), n in previous.items() if b == body})
        for body in sorted(bodies)
    ]
    assert json.loads(result.stdout) == {"order": order.code, "year": 2024, "bodies": expected}


def test_score_of_a_broken_workbook(lone: Flask, order: Order, tmp_path: Path) -> None:
    kind = list(order.kind)[2]
    due = next(item.code for item in order.indicators_of(kind) if item.type == "money" and item.min == 0)
    data = workbook(order, 2024, {kind: [row(order, bin_of(1), bin_of(2), {}, **{due: -5})]})
    for code, message in (("kk", "нөлден кем"), ("ru", "меньше нуля"), ("en", "below zero")):
        result = run(lone, "score", saved(tmp_path, data), "--json", "--lang", code)
        assert result.exit_code == 1
        [error] = json.loads(result.stdout)["errors"]
        assert message in error.pop("message")
        assert error == {"worksheet": kind, "cell": "F4", "code": due, "problem": "negative"}
    result = run(lone, "score", tmp_path / "workbook.xlsx", "--lang", "ru")
    assert result.exit_code == 1 and f"{kind}!F4 ({due})" in result.stderr and not result.stdout
    day = next(item.code for item in order.indicators_of(kind) if item.type == "date")
    cells = {due: "5 млн", day: "15.04.0025"}
    data = workbook(order, 2024, {kind: [row(order, bin_of(1), bin_of(2), {}, **cells)]})
    result = run(lone, "load", saved(tmp_path, data), "--lang", "ru")
    assert result.exit_code == 1 and "Введите сумму в тенге полностью: 5\xa0000\xa0000." in result.stderr
    assert f"{kind}!G4 ({day})" in result.stderr and "в пределах от 01.01.2024 до 31.12.2026" in result.stderr


def test_warnings_go_to_standard_error(lone: Flask, order: Order, tmp_path: Path) -> None:
    kind = next(iter(order.kind))
    rows = [
        row(order, bin_of(1), bin_of(2), clean(order, kind)),
        row(order, bin_of(1), bin_of(3), clean(order, kind), body_name="Басқа"),
    ]
    result = run(lone, "score", saved(tmp_path, workbook(order, 2024, {kind: rows})), "--json", "--lang", "ru")
    assert result.exit_code == 0 and f"{kind}!B5" in result.stderr
    assert json.loads(result.stdout)["bodies"][0]["name"] == f"Әкімдік {bin_of(1)}"
    assert "Управление государственными" in run(lone, "score", tmp_path / "workbook.xlsx", "--lang", "ru").stdout


def test_score_touches_no_database(order: Order, tmp_path: Path, make_app: Callable[..., Flask]) -> None:
    from app import create_app

    kind = next(iter(order.kind))
    nowhere = create_app({"DATABASE_URL": f"sqlite:///{tmp_path / 'absent' / 'none.db'}", "SECRET_KEY": "tests"})
    data = workbook(order, 2024, {kind: [row(order, bin_of(1), bin_of(2), clean(order, kind))]})
    assert run(nowhere, "score", saved(tmp_path, data)).exit_code == 0
    assert not (tmp_path / "absent").exists()


def test_load_then_sheet_in_every_format(app: Flask, order: Order, tmp_path: Path) -> None:
    rows = {kind: [row(order, bin_of(1), bin_of(10 + n), clean(order, kind))] for n, kind in enumerate(order.kind)}
    path = saved(tmp_path, workbook(order, 2024, rows))
    refused = run(app, "load", path)
    assert refused.exit_code == 1 and "about!B2" in refused.stderr
    trial = run(app, "load", path, "--register", "--dry-run", "--lang", "en")
    assert trial.exit_code == 0 and "4 new" in trial.stdout and "nothing was stored" in trial.stdout
    assert "4 new" in run(app, "load", path, "--register", "--lang", "en").stdout
    assert "4 unchanged" in run(app, "load", path, "--lang", "en").stdout
    kind, code = next(iter(order.kind)), next(iter(clean(order, next(iter(order.kind)))))
    emptied = saved(tmp_path, workbook(order, 2024, {kind: [rows[kind][0] | {code: None}]}), "emptied.xlsx")
    assert "--clear-blank 1" in run(app, "load", emptied, "--lang", "en").stdout
    refused = run(app, "load", emptied, "--lang", "en", "--clear-blank", 2)
    assert refused.exit_code == 1 and "1 stored answers would be cleared, not 2" in refused.stderr
    assert "1 stored answer cleared" in run(app, "load", emptied, "--lang", "en", "--clear-blank", 1).stdout
    assert run(app, "load", path).exit_code == 0
    out = tmp_path / "sheets"
    for format_ in ("pdf", "xlsx", "docx", "json"):
        for lang in ("kk", "ru", "kk+ru"):
            done = run(app, "sheet", "--body", bin_of(1), "--year", 2024, "--format", format_, "--lang", lang, "--out", out)
            assert done.exit_code == 0, done.output
            assert Path(done.stdout.strip()).stat().st_size > 500
    assert len(list(out.iterdir())) == 12
    sheet_json = json.loads(next(out.glob("*-kk.json")).read_text(encoding="utf-8"))
    scored = json.loads(run(app, "score", path, "--json").stdout)
    assert sheet_json["bodies"] == scored["bodies"], "stored and loaded again, the scores are the same"
    for words in (("--body", bin_of(5), "--year", 2024), ("--body", bin_of(1), "--year", 2023)):
        failed = run(app, "sheet", *words, "--out", out, "--lang", "ru")
        assert failed.exit_code == 1 and failed.stderr.startswith(language("ru").gettext("Error:"))


def test_demo_and_all_sheets(app: Flask, tmp_path: Path) -> None:
    assert run(app, "demo").exit_code == 0
    assert "already" in run(app, "demo", "--lang", "en").stdout
    archives = []
    for workers in (1, 2):
        out = tmp_path / f"{workers}.zip"
        done = run(app, "sheets", "--year", 2024, "--out", out, "--format", "json", "--workers", workers)
        assert done.exit_code == 0, done.output
        archives.append(out.read_bytes())
    assert archives[0] == archives[1], "as many processes as there are, the same bytes"
    with zipfile.ZipFile(tmp_path / "1.zip") as archive:
        assert len(archive.namelist()) == 24 and archive.testzip() is None


def test_demo_is_never_mixed_with_real_data(lone: Flask, order: Order, tmp_path: Path) -> None:
    kind = next(iter(order.kind))
    path = saved(tmp_path, workbook(order, 2024, {kind: [row(order, bin_of(1), bin_of(2), {})]}))
    assert run(lone, "load", path, "--register").exit_code == 0
    assert run(lone, "demo").exit_code == 1


@pytest.mark.parametrize("code", ["kk", "ru", "en"])
def test_the_template_can_be_filled_and_scored(code: str, lone: Flask, order: Order, tmp_path: Path) -> None:
    path = tmp_path / "template.xlsx"
    assert run(lone, "template", "--year", 2024, "--lang", code, "--out", path).exit_code == 0
    fill(order, path, bin_of(1), code)
    result = run(lone, "score", path, "--json", "--lang", code)
    assert result.exit_code == 0, result.output
    [body] = json.loads(result.stdout)["bodies"]
    assert body["points"] == body["low"] and not body["tables"]["jsc"]["rows"][0]["unanswered"]


def fill(order: Order, path: Path, body: str, code: str) -> None:
    """Fill a template as a clerk would, in the words its drop-down lists offer."""
    book = openpyxl.load_workbook(path)
    words = {True: {"kk": "иә", "ru": "да", "en": "yes"}[code], False: {"kk": "жоқ", "ru": "нет", "en": "no"}[code]}
    for position, kind in enumerate(order.kind, start=1):
        sheet = sheet_of(book, kind)
        assert sheet.freeze_panes == "E4" and sheet["E2"].comment is not None
        line = row(order, body, bin_of(10 * position), clean(order, kind))
        for column, cell in enumerate(sheet[1], start=1):
            value = line.get(str(cell.value))
            item = order.by_code.get(str(cell.value))
            if isinstance(value, bool):
                value = words[value]
            elif item is not None and item.type == "choice":
                value = next(choice.label[code] for choice in order.choices[str(item.choices)] if choice.value == value)
            sheet.cell(4, column).value = value
    book.save(path)


def test_the_template_opens_in_libreoffice(lone: Flask, tmp_path: Path) -> None:
    path = tmp_path / "template.xlsx"
    run(lone, "template", "--year", 2024, "--out", path)
    done = subprocess.run(
        [
            "soffice",
            f"-env:UserInstallation=file://{tmp_path}/office",
            "--headless",
            "--convert-to",
            "xlsx:Calc MS Excel 2007 XML",
            "--outdir",
            str(tmp_path / "out"),
            str(path),
        ],
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr
    again = run(lone, "score", tmp_path / "out" / "template.xlsx", "--json")
    assert again.exit_code == 0, again.output
    saved_book = openpyxl.load_workbook(tmp_path / "out" / "template.xlsx")
    validations = sheet_of(saved_book, "enterprise").data_validations.dataValidation
    assert {validation.type for validation in validations} >= {"list", "date", "decimal", "whole"}


def test_every_command_explains_itself(lone: Flask) -> None:
    for name in ("template", "score", "load", "sheet", "sheets", "verify", "demo"):
        result = run(lone, name, "--help")
        assert result.exit_code == 0 and "Example: flask --app app" in result.stdout and "--lang" in result.stdout


def test_an_invented_order_goes_all_the_way(tmp_path: Path, make_app: Callable[..., Flask]) -> None:
    """Other indicators, points and a fifth kind: template, filled, scored, stored, printed, without a line of Python."""
    app = make_app(f"sqlite:///{tmp_path / 'second.db'}", CRITERIA=(SECOND,))
    second = app.extensions["orders"].latest
    path = tmp_path / "zoo.xlsx"
    assert run(app, "template", "--year", 2031, "--out", path).exit_code == 0
    book = openpyxl.load_workbook(path)
    assert book.sheetnames[1:-1] == [sheet_of(book, kind, second).title for kind in second.kind]
    answers: dict[str, list[dict[str, Any]]] = {
        "museum": [{"visitors": 0, "roof": "дұрыс"}, {"visitors": 0, "roof": "none"}],
        "library": [{"visitors": 0}, {"visitors": 1}, {"visitors": 9}, {"visitors": 9}],
        "theatre": [{"visitors": 5, "grant": 2000, "audited": "нет"}, {"audited": "yes"}],
        "archive": [{"roof": "none", "audited": "жоқ"}],
        "zoo": [{"visitors": 1, "roof": "протекает", "fed_on": "02.01.2031", "promised_on": "2031-01-01"}, {"visitors": 1}],
    }
    number = 10
    for kind, lines in answers.items():
        for row_number, line in enumerate(lines, start=4):
            number += 1
            cells = {"body_bin": bin_of(1), "body_name": "Мәдениет", "bin": bin_of(number), "name": f"Ұйым {number}"} | line
            sheet = sheet_of(book, kind, second)
            for cell in sheet[1]:
                sheet.cell(row_number, cell.column).value = cells.get(cell.value)
    for column, value in enumerate((bin_of(1), "museum", 3), start=1):
        sheet_of(book, "previous", second).cell(4, column).value = value
    book.save(path)
    result = run(app, "score", path, "--json")
    assert result.exit_code == 0, result.output
    [body] = json.loads(result.stdout)["bodies"]
    points = {
        kind: [(row["row"], row["low"], row["high"], row["max"]) for row in table["rows"]]
        for kind, table in body["tables"].items()
    }
    assert points == {
        "museum": [("1", 4, 4, 7), ("2.1", 5, 5, 5)],
        "library": [("1", 1, 4, 7), ("1-1", 0, 4, 6)],
        "theatre": [("1", 1, 7, 7), ("2", 0, 0, 1)],
        "archive": [("1", 3, 3, 5), ("2", 1, 1, 1)],
        "zoo": [("1", 7, 7, 7), ("2.1", 0, 0, 5), ("2.2", 2, 2, 9)],
    }
    assert (body["low"], body["high"], body["max"]) == (24, 37, 60)
    assert run(app, "load", path, "--register").exit_code == 0
    for format_ in ("pdf", "xlsx", "docx"):
        done = run(app, "sheet", "--body", bin_of(1), "--year", 2031, "--format", format_, "--lang", "kk+ru", "--out", tmp_path)
        assert done.exit_code == 0, done.output
    text = subprocess.run(
        ["pdftotext", "-layout", str(next(tmp_path.glob("*.pdf"))), "-"], capture_output=True, text=True, check=True
    ).stdout
    for said in ("Сынақ парағы", "Хайуанаттар бақтарын басқару", "Управление зоопарками", "Барлығы:"):
        assert said in text
    page = accounts.signed_in(app, "reviewer").get(f"/bodies/{bin_of(1)}/2031/sheet")
    assert page.status_code == 200 and "Хайуанаттар бақтарын басқару" in page.text


def test_needed_columns_follow_implications(order: Order) -> None:
    for criterion in order.criteria:
        needed = order.with_implication_sources(codes(criterion.breach))
        assert codes(criterion.breach) <= needed <= {item.code for item in order.indicators}


def test_languages_agree_on_numbers() -> None:
    assert language("kk").number(1234567.5, 2) == "1\u00a0234\u00a0567,50" and language("en").number(0.5, 1) == "0.5"
    from datetime import date

    day = date(2022, 6, 20)
    assert [language(code).long_date(day) for code in ("kk", "ru", "en")] == [
        "2022 жылғы 20 маусым",
        "20 июня 2022 года",
        "20 June 2022",
    ]
