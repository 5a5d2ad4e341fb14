"""What production asks of its settings, and what it refuses."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from pydantic import ValidationError
from sqlalchemy import select

from evaluation.application import flask_configuration
from evaluation.audit.models import AuditEvent
from evaluation.database import db
from evaluation.language import LANGUAGE_CODES, language
from evaluation.settings import InvalidSettings, Settings, env_example, load_settings
from tests.support.accounts import make_account, token_of
from tests.support.paths import ROOT
from tests.support.settings import PRODUCTION
from tests.support.visits import SIGN_IN, anonymous_client, attempt, audit_entries, messages


def test_production_lets_no_demonstration_in(tmp_path: Path, make_app: Callable[..., Flask]) -> None:
    url = f"sqlite:///{tmp_path / 'evaluation.db'}"
    app = make_app(url, APP_ENV="production", PREFERRED_URL_SCHEME="http")
    assert anonymous_client(app).get(SIGN_IN).status_code == 200
    demo = make_account(app, "clerk", email="clerk@demo.invalid")
    assert messages(attempt(anonymous_client(app), demo)) and audit_entries(app)[-1][1] == "sign_in_refused"
    started = make_app(url, APP_ENV="production")
    response = anonymous_client(started).get(SIGN_IN)
    assert response.status_code == 500 and "DATABASE_URL" in response.text
    assert anonymous_client(make_app(url)).get(SIGN_IN).status_code == 200


@pytest.mark.parametrize(
    ("command", "lacking"),
    [
        (["flask", "--app", "app", "routes"], "SECRET_KEY"),
        (["gunicorn", "--config", "gunicorn.conf.py", "app:create_app()"], "AUDIT_KEY"),
    ],
)
def test_production_does_not_start_without_its_keys(tmp_path: Path, command: list[str], lacking: str) -> None:
    """A message and no traceback, and no worker that is started again and again."""
    environment = {"PATH": os.environ["PATH"], "APP_ENV": "production", "INSTANCE": str(tmp_path), **PRODUCTION}
    del environment[lacking]
    run = [sys.executable, "-m", *command]
    done = subprocess.run(run, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and f"needs {lacking}" in done.stderr and "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir()), "no key is made up"


def test_settings_are_read_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {
        "APP_ENV": "production",
        **PRODUCTION,
        "TRUSTED_HOSTS": "evaluation.example.kz, localhost",
        "TWO_FACTOR_ROLES": "administrator,reviewer",
        "SESSION_IDLE_MINUTES": "30",
        "DATABASE_URL": "postgresql://user@host/name",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    settings = load_settings(instance=tmp_path)
    assert settings.is_production and flask_configuration(settings)["SESSION_COOKIE_SECURE"]
    assert (settings.secret_key, settings.audit_key) == (PRODUCTION["SECRET_KEY"], PRODUCTION["AUDIT_KEY"])
    assert settings.answered_hosts == ["evaluation.example.kz", "localhost"] and settings.session_idle_minutes == 30
    assert settings.two_factor_roles == {"administrator", "reviewer"}
    assert settings.database_url == "postgresql+psycopg://user@host/name" and settings.files_folder == tmp_path / "files"
    monkeypatch.setenv("PUBLIC_URL", "https://public.example.kz/evaluation/")
    assert load_settings(instance=tmp_path).answered_hosts[2:] == ["public.example.kz"]
    assert load_settings(instance=tmp_path).base_address == "https://public.example.kz/evaluation"
    for invalid in ("mail.example.kz:25", "http://mail.example.kz", "smtp://", "smtp://mail.example.kz:x"):
        monkeypatch.setenv("SMTP_URL", invalid)
        with pytest.raises(InvalidSettings, match="SMTP_URL"):
            load_settings(instance=tmp_path)
    monkeypatch.setenv("SMTP_URL", "smtps://a%40b:c@mail.example.kz")
    assert load_settings(instance=tmp_path).smtp_url == "smtps://a%40b:c@mail.example.kz"
    for invalid in ("0", "-1", "two", "٣"):
        monkeypatch.setenv("SESSION_HOURS", invalid)
        with pytest.raises(InvalidSettings, match="SESSION_HOURS"):
            load_settings(instance=tmp_path)


def test_an_empty_environment_means_defaults_and_generated_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("SESSION_HOURS", "")
    settings = load_settings(instance=tmp_path)
    assert settings.database_url == f"sqlite:///{tmp_path / 'evaluation.db'}" and settings.files_folder == tmp_path / "files"
    assert settings.listen_address == "127.0.0.1:8000" and settings.base_address == "http://127.0.0.1:8000"
    assert settings.session_hours == 12 and not settings.is_production
    again = load_settings(instance=tmp_path)
    assert len(settings.secret_key) == len(settings.audit_key) == 64 and settings.secret_key != settings.audit_key
    assert (again.secret_key, again.audit_key) == (settings.secret_key, settings.audit_key)
    assert (tmp_path / "audit_key").stat().st_mode & 0o077 == 0
    with pytest.raises(ValidationError):
        settings.port = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"SECRET_KEY": "a"}, ["SECRET_KEY"]),
        ({"AUDIT_KEY": "a" * 64}, ["AUDIT_KEY"]),
        ({"SECRET_KEY": PRODUCTION["AUDIT_KEY"]}, ["SECRET_KEY and AUDIT_KEY"]),
        ({"SECRET_KEY_FALLBACKS": PRODUCTION["AUDIT_KEY"]}, ["SECRET_KEY and AUDIT_KEY"]),
        ({"PUBLIC_URL": ""}, ["PUBLIC_URL"]),
        ({"PUBLIC_URL": "http://evaluation.example.kz"}, ["PUBLIC_URL"]),
        ({"PUBLIC_URL": "https://"}, ["PUBLIC_URL"]),
        ({"PUBLIC_URL": "https://["}, ["PUBLIC_URL"]),
        ({"TWO_FACTOR_ROLES": "administrator"}, ["TWO_FACTOR_ROLES"]),
        ({"TWO_FACTOR_ROLES": "administrator,Reviewer"}, ["TWO_FACTOR_ROLES"]),
        ({"BIND": "0.0.0.0:8000"}, ["BIND"]),
        ({"BIND": "evaluation.example.kz:8000", "SECRET_KEY": "a", "PUBLIC_URL": "x"}, ["SECRET_KEY", "PUBLIC_URL", "BIND"]),
        ({"APP_ENV": "Production"}, ["APP_ENV"]),
    ],
)
def test_production_refuses_unsafe_settings_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], names: list[str]
) -> None:
    safe = {"APP_ENV": "production", "INSTANCE": str(tmp_path), **PRODUCTION}
    for name, value in (safe | changes).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(InvalidSettings) as raised:
        load_settings()
    for code in LANGUAGE_CODES:
        lines = raised.value.message(language(code)).splitlines()
        assert len(lines) == len(names) and not any("%(" in line for line in lines)
        assert all(name in line or not name.isupper() for name, line in zip(names, lines, strict=True))
    assert all(name in line for name, line in zip(names, str(raised.value).splitlines(), strict=True))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"BIND": "[::1]:8000"},
        {"BIND": "unix:/run/product.sock"},
        {"BIND": "0.0.0.0:8000", "TRUSTED_PROXIES": "1"},
        {"TWO_FACTOR_ROLES": "administrator,reviewer,head"},
    ],
)
def test_production_starts_with_safe_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, str]) -> None:
    for name, value in ({"APP_ENV": "production", "INSTANCE": str(tmp_path), **PRODUCTION} | changes).items():
        monkeypatch.setenv(name, value)
    assert load_settings().two_factor_roles >= {"administrator", "reviewer"}


def test_secrets_are_read_from_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SECRET_KEY", "AUDIT_KEY", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "secrets"
    folder.mkdir()
    for name in ("SECRET_KEY", "AUDIT_KEY"):
        (folder / name.lower()).write_text(PRODUCTION[name] + "\n")
    (folder / "database_url").write_text("postgresql://evaluation:password@database/evaluation\n")
    (folder / "database_password").write_text("password of another service")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    settings = load_settings(app_env="production", public_url=PRODUCTION["PUBLIC_URL"], instance=tmp_path)
    assert (settings.secret_key, settings.audit_key) == (PRODUCTION["SECRET_KEY"], PRODUCTION["AUDIT_KEY"])
    assert settings.database_url == "postgresql+psycopg://evaluation:password@database/evaluation"
    monkeypatch.setenv("DATABASE_URL", "sqlite:////data/other.db")
    assert load_settings(instance=tmp_path).database_url == "sqlite:////data/other.db"
    (folder / "secret_key").unlink()
    (folder / "secret_key").mkdir()
    with pytest.warns(UserWarning, match="secret_key"):
        assert load_settings(instance=tmp_path).secret_key == (tmp_path / "secret_key").read_text()


def test_an_empty_key_file_is_refused(tmp_path: Path) -> None:
    """Two processes would read two different keys from it."""
    (tmp_path / "secret_key").touch()
    with pytest.raises(InvalidSettings, match="secret_key is empty"):
        load_settings(instance=tmp_path)
    assert not (tmp_path / "secret_key").read_text()


def test_every_invalid_variable_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    invalid = {
        "APP_ENV": "test",
        "SMTP_URL": "mail",
        "LOCK_AFTER": "0",
        "PORT": "x",
        "TRUSTED_PROXIES": "-1",
        "DATABASE_URL": "nonsense",
        "RATE_LIMIT_STORAGE": "foo",
        "METRICS_BIND": "abc",
        "BIND": "hello",
        "CRITERIA": "/nope",
    }
    for name, value in invalid.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(InvalidSettings) as raised:
        load_settings(instance=tmp_path)
    assert len(raised.value.errors) == len(invalid)
    for code in LANGUAGE_CODES:
        lines = raised.value.message(language(code)).splitlines()
        assert all(any(name in line for line in lines) for name in invalid), code


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://user@host/name"),
        ("DATABASE_URL", "postgresql://host:port/name"),
        ("RATE_LIMIT_STORAGE", "redis"),
        ("METRICS_BIND", "127.0.0.1:99999"),
        ("METRICS_BIND", "unix:/run/metrics"),
        ("BIND", ":8000"),
        ("BIND", "127.0.0.1"),
        ("BIND", "unix:"),
        ("PORT", "0"),
        ("PORT", "65536"),
    ],
)
def test_unusable_addresses_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidSettings) as raised:
        load_settings(instance=tmp_path)
    assert [name in error.message(language("kk")) for error in raised.value.errors] == [True]


def test_the_example_of_the_environment_is_current() -> None:
    """`make env-example` writes it."""
    assert (ROOT / ".env.example").read_text(encoding="utf-8") == env_example()


def test_behind_a_proxy_the_audit_log_has_the_address_of_the_person(tmp_path: Path, make_app: Callable[..., Flask]) -> None:
    url = f"sqlite:///{tmp_path / 'evaluation.db'}"
    for proxies, address in ((0, "127.0.0.1"), (1, "192.0.2.7")):
        app = make_app(url, TRUSTED_PROXIES=proxies)
        make_account(app, "clerk")
        client = anonymous_client(app)
        data = {"email": "unknown@example.org", "password": "x", "csrf_token": token_of(client, SIGN_IN)}
        client.post(SIGN_IN, data=data, headers={"X-Forwarded-For": "192.0.2.1, 192.0.2.7", "X-Forwarded-Proto": "http"})
        with app.app_context():
            last = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
            assert last and last.data["address"] == address
