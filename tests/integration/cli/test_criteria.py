"""`flask criteria check`: errors by key and line, warnings, the trial, the differences; a broken file in a running product."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from evaluation.criteria.loader import FOLDER
from tests.support import accounts
from tests.support.html import find
from tests.support.paths import ROOT, SECOND_ORDER

SECOND_TEXT = SECOND_ORDER.read_text(encoding="utf-8")


@pytest.fixture
def check(tmp_path: Path, make_app: Callable[..., Flask]) -> Callable[..., Result]:
    """Run the command on a file or on a text: `check(path_or_text, *options)`."""
    app = make_app(f"sqlite:///{tmp_path / 'commands.db'}")

    def run(content: Path | str, *options: str) -> Result:
        path = content if isinstance(content, Path) else tmp_path / "order.toml"
        if isinstance(content, str):
            path.write_text(content, encoding="utf-8")
        result = app.test_cli_runner().invoke(args=["criteria", "check", str(path), *options])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.output
        return result

    return run


def test_the_check_reports_all_errors_in_three_languages(check: Callable[..., Result]) -> None:
    text = SECOND_TEXT.replace("points = 9", 'points = "9"', 1).replace("breach = 'visitors == 0'", "breach = 'visitors = 0'", 1)
    lines = [number for number, line in enumerate(text.splitlines(), start=1) if '"9"' in line or "visitors = 0" in line]
    expected = {
        "en": (
            "error: line %s, criteria[1].breach: a comparison is written with ==, not with =",
            "2 errors; the file cannot be used",
        ),
        "ru": (
            "ошибка: строка %s, criteria[1].breach: сравнение записывается как ==, а не как =",
            "2 ошибки; файл использовать нельзя",
        ),
        "kk": ("қате: %s-жол, criteria[1].breach: салыстыру = емес, == түрінде жазылады", "2 қате; файлды пайдалануға болмайды"),
    }
    for code, (first, last) in expected.items():
        result = check(text, "--language", code)
        assert result.exit_code == 1 and "Traceback" not in result.output
        shown = result.stderr.splitlines()
        assert (shown[0], shown[-1].rstrip(".")) == (first % lines[0], last)
        assert str(lines[1]) in shown[1] and "criteria[2.2].scale[absent].points" in shown[1]


def test_the_check_of_a_good_file_tries_it_and_shows_what_differs(check: Callable[..., Result], tmp_path: Path) -> None:
    text = (FOLDER / "order_47_2022.toml").read_text(encoding="utf-8")
    text = text.replace('code = "47-2022"\nfrom_year = 2022', 'code = "48-2030"\nfrom_year = 2030', 1)
    position = text.index("breach = 'unpassported_objects > 0'")
    text = text[:position] + text[position:].replace("points = 2", "points = 50", 1)
    result = check(text, "--lang", "ru")
    assert result.exit_code == 0
    assert "~ criteria[4].scale[absent].points: 2 → 50" in result.stdout
    assert "~ code: 47-2022 → 48-2030" in result.stdout and "/\xa058" in result.stdout
    assert "С 2030 года" in result.stdout
    assert "criteria[4].scale[absent].points: 50 баллов" in result.stderr and "title.kk" in result.stderr


def test_the_check_of_the_products_file_and_of_an_invented_order(check: Callable[..., Result]) -> None:
    product = check(FOLDER / "order_47_2022.toml")
    assert product.exit_code == 0 and not product.stderr
    invented = check(SECOND_ORDER, "--lang", "en")
    assert invented.exit_code == 0 and not invented.stderr
    assert "+ criteria[1-1]: Келушілері аз ұйымдар" in invented.stdout and "- kinds[jsc]: state-controlled JSC" in invented.stdout


def test_the_check_of_a_folder_without_files(check: Callable[..., Result], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = check(tmp_path / "empty", "--lang", "en")
    assert result.exit_code == 1 and "the folder has no criteria file" in result.stderr


def test_the_worked_example_of_the_documentation_passes_the_check(check: Callable[..., Result], tmp_path: Path) -> None:
    shutil.copy(FOLDER / "order_47_2022.toml", tmp_path / "order.toml")
    patch = ROOT / "docs" / "examples" / "changed-redaction.patch"
    subprocess.run(["git", "apply", str(patch)], cwd=tmp_path, check=True, timeout=60)
    result = check(tmp_path / "order.toml", "--lang", "ru")
    assert result.exit_code == 0 and not result.stderr
    for line in (
        "~ criteria[4].scale[absent].points: 2 → 3",
        "+ criteria[7-1]: Государственная регистрация договоров аренды",
        "- indicators[phone_furniture_audit]: Результат проверки норм телефонной связи и офисной мебели",
        "+ form.tables[institution].rows[3-1]: Государственная регистрация договоров аренды",
    ):
        assert line in result.stdout


@pytest.mark.parametrize("code, text", [("kk", "қате"), ("ru", "ошибки"), ("en", "errors")])
def test_administrators_see_a_broken_file_and_the_product_runs(
    tmp_path: Path, make_app: Callable[..., Flask], code: str, text: str
) -> None:
    (tmp_path / "broken.toml").write_text("code = ", encoding="utf-8")
    app = make_app(f"sqlite:///{tmp_path / 'commands.db'}", CRITERIA=(tmp_path / "broken.toml", SECOND_ORDER))
    assert [order.code for order in app.extensions["orders"].all] == ["47-2022", "TEST-2030"]
    client = accounts.signed_in(app, "administrator", code)
    page = client.get("/registry/years")
    section = find(page, "section[aria-labelledby=criteria-files]").get_text()
    assert find(page, "input[name=order_code][checked]")["value"] == "47-2022", "an order of a later year is not proposed"
    assert "broken.toml" in section and "code" in section
    assert text in find(client.get("/registry/bodies"), "p.notice").get_text()
    reviewer = accounts.signed_in(app, "reviewer", email="reviewer@example.org")
    assert "broken.toml" not in reviewer.get("/bodies").text and "criteria-files" not in reviewer.get("/bodies").text
