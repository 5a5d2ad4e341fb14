"""People by commands, and those of the demonstration."""

import re
import unicodedata
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from click.testing import Result
from dotenv import dotenv_values
from flask import Flask
from sqlalchemy import func, select

from evaluation.accounts import operations, queries
from evaluation.accounts.models import Account
from evaluation.database import db
from evaluation.demo.generator import demonstration
from evaluation.demo.store import store
from evaluation.language import LANGUAGE_CODES, language
from evaluation.policy import Role
from evaluation.registry.models import ReportingYear
from evaluation.settings import load_settings
from tests.integration.accounts.test_people import CITY, SYSTEM, VILLAGE, enter_bodies, events
from tests.support.accounts import make_account, sign_in
from tests.support.factories import bin_of
from tests.support.paths import ROOT


@pytest.fixture
def site(tmp_path: Path, make_app: Callable[..., Flask]) -> Flask:
    """The same for pages and commands."""
    app = make_app(f"sqlite:///{tmp_path / 'people.db'}")
    with app.app_context():
        enter_bodies()
        db.session.commit()
    return app


def run(app: Flask, *words: object) -> Result:
    result = app.test_cli_runner().invoke(args=["user", *map(str, words)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return result


def test_a_command_adds_the_first_administrator(app: Flask) -> None:
    result = run(app, "add", "admin@example.kz", "--name", "Admin", "--role", "administrator", "--lang", "ru")
    assert result.exit_code == 0 and result.stdout.startswith("http://127.0.0.1:") and len(result.stdout.splitlines()) == 1
    assert result.output.endswith(f":\n{result.stdout}") or result.stdout in result.output.splitlines(keepends=True)
    assert "password_confirm" in app.test_client().get(urlsplit(result.stdout.strip()).path).text
    with app.app_context():
        [event] = events("account_added")
        assert event.actor == "system"


@pytest.mark.parametrize("port", [None, "9123"])
def test_the_link_names_the_port_that_flask_run_serves(monkeypatch: pytest.MonkeyPatch, port: str | None) -> None:
    monkeypatch.delenv("PORT", raising=False)
    if port:
        monkeypatch.setenv("PORT", port)
    served = dotenv_values(ROOT / ".flaskenv")["FLASK_RUN_PORT"]
    assert load_settings().base_address == f"http://127.0.0.1:{served}"


def test_commands_on_people(site: Flask) -> None:
    words = ("--name", "Айгүл Йод", "--role", "clerk", "--body", CITY, "--body", VILLAGE)
    words = tuple(unicodedata.normalize("NFD", word) for word in words)
    added = run(site, "add", "aigul@example.kz", *words, "--address", "https://assess.example.kz/")
    assert added.stdout.startswith("https://assess.example.kz/account/")
    again = run(site, "reset", "AIGUL@example.kz")
    assert again.exit_code == 0
    old, new = (urlsplit(done.stdout.strip()).path for done in (added, again))
    assert "password_confirm" not in site.test_client().get(old).text and "password_confirm" in site.test_client().get(new).text
    listed = run(site, "list", "--lang", "en").stdout
    assert re.search(rf"aigul@example.kz +Айгүл Йод +Clerk +{CITY}, {VILLAGE} +No password yet", listed)
    lost = run(site, "reset", "aigul@example.kz", "--second-factor", "--lang", "en")
    assert "The second factor and the password are removed" in lost.stderr and len(lost.stdout.splitlines()) == 1
    assert run(site, "disable", "aigul@example.kz").exit_code == 0
    assert "Disabled" in run(site, "list", "--search", "айгул йод", "--lang", "en").stdout
    for code in LANGUAGE_CODES:
        say = language(code).gettext
        assert run(site, "list", "--lang", code).stdout.startswith(say("E-mail address"))
        unknown = run(site, "disable", "nobody@example.kz", "--lang", code)
        assert unknown.stderr.startswith(say("Error:") + " ") and unknown.exit_code == 1
    assert run(site, "list").stdout == run(site, "list", "--lang", "kk").stdout
    assert run(site, "enable", "aigul@example.kz").exit_code == 0
    assert "aigul" not in run(site, "list", "--role", "observer").stdout


def test_commands_say_what_is_wrong(site: Flask) -> None:
    make_account(site, "administrator", email="admin@example.kz")
    for words, message in (
        (("add", "x", "--name", " ", "--role", "clerk", "--lang", "en"), "Enter an e-mail address"),
        (("add", "x@example.kz", "--name", "X", "--role", "clerk", "--body", bin_of(9), "--lang", "en"), bin_of(9)),
        (("add", "ADMIN@example.kz", "--name", "X", "--role", "observer", "--lang", "en"), "has an account already"),
        (("add", "x@example.kz", "--name", "X", "--role", "observer", "--address", "x.kz", "--lang", "en"), "https://"),
        (("reset", "nobody@example.kz", "--lang", "en"), "No account has the e-mail address"),
        (("disable", "admin@example.kz", "--lang", "en"), "last administrator"),
    ):
        done = run(site, *words)
        assert done.exit_code == 1 and message in done.stderr and not done.stdout
    with site.app_context():
        assert db.session.scalar(select(func.count()).select_from(Account)) == 1


def test_every_command_on_people_explains_itself(site: Flask) -> None:
    for name in ("add", "reset", "disable", "enable", "list"):
        done = run(site, name, "--help")
        assert done.exit_code == 0 and f"Example: flask --app app user {name}" in done.stdout and "--lang" in done.stdout


def demo(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(args=["demo", "--lang", "en", *words])


def printed(result: Result) -> dict[str, str]:
    """E-mail address → password, of the table."""
    return dict(re.findall(r"(\S+@demo\.invalid) +(\S+)", result.stdout))


def test_the_demonstration_prints_who_can_sign_in(app: Flask) -> None:
    first = demo(app)
    assert first.exit_code == 0, first.output
    people = printed(first)
    with app.app_context():
        roles = dict(db.session.execute(select(Account.email, Account.role)).all())
        assert roles.keys() == people.keys() and set(roles.values()) == set(Role) - {Role.SYSTEM, Role.NOBODY}
        latest = db.session.scalars(select(ReportingYear).order_by(ReportingYear.year.desc())).first()
        assert latest is not None and latest.deadline is not None and latest.deadline > date.today() + timedelta(days=20)
    assert printed(demo(app)) == people, "the second call prints them again"
    for email, password in people.items():
        sign_in(app.test_client(), email, password)
    with app.app_context():
        account = queries.account_by_email(SYSTEM, "clerk@demo.invalid")
        assert account is not None
        operations.reset_password(SYSTEM, account)
        db.session.commit()
    assert printed(demo(app))["clerk@demo.invalid"] == "changed"


def test_a_demonstration_from_before_there_were_people_gets_them(
    site: Flask, tmp_path: Path, make_app: Callable[..., Flask]
) -> None:
    app = make_app(f"sqlite:///{tmp_path / 'old.db'}")
    with app.app_context():
        order = app.extensions["orders"].latest
        store(order, demonstration(order))
        db.session.commit()
    assert len(printed(demo(app))) > 5


def test_the_invented_country_has_some_people(tmp_path: Path, make_app: Callable[..., Flask]) -> None:
    app = make_app(f"sqlite:///{tmp_path / 'country.db'}")
    done = demo(app, "--country", "--bodies", "30", "--organisations", "120")
    assert done.exit_code == 0 and len(printed(done)) == 3, done.output
    with app.app_context():
        assert set(db.session.scalars(select(Account.role))) == {"administrator", "reviewer", "clerk"}


def test_no_demonstration_in_production(tmp_path: Path, make_app: Callable[..., Flask]) -> None:
    app = make_app(f"sqlite:///{tmp_path / 'production.db'}", APP_ENV="production")
    done = demo(app)
    assert done.exit_code == 1 and "production" in done.stderr
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Account)) == 0
