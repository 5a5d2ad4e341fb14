"""What production asks of its settings, and what it refuses."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from evaluation.audit.models import Event
from evaluation.database import db
from evaluation.errors import EvaluationError
from evaluation.settings import settings
from tests.support.accounts import make_account, token_of
from tests.support.paths import ROOT
from tests.support.visits import SIGN_IN, attempt, record, said, visitor


def test_production_lets_no_demonstration_in(tmp_path: Path, make_app: Callable[..., Flask]) -> None:
    url = f"sqlite:///{tmp_path / 'evaluation.db'}"
    app = make_app(url, PRODUCTION=True, SESSION_COOKIE_SECURE=True)
    assert visitor(app).get(SIGN_IN).status_code == 200
    demo = make_account(app, "clerk", email="clerk@demo.invalid")
    assert said(attempt(visitor(app), demo)) and record(app)[-1][1] == "sign_in_refused"
    started = make_app(url, PRODUCTION=True)
    response = visitor(started).get(SIGN_IN)
    assert response.status_code == 500 and "DATABASE_URL" in response.text
    assert visitor(make_app(url)).get(SIGN_IN).status_code == 200


@pytest.mark.parametrize(
    ("command", "given", "lacking"),
    [
        (["flask", "--app", "app", "routes"], "RECORD_KEY", "SECRET_KEY"),
        (["gunicorn", "--config", "gunicorn.conf.py", "app:create_app()"], "SECRET_KEY", "RECORD_KEY"),
    ],
)
def test_production_does_not_start_without_its_keys(tmp_path: Path, command: list[str], given: str, lacking: str) -> None:
    """A message and no traceback, and no worker that is started again and again."""
    environment = {"PATH": os.environ["PATH"], "APP_ENV": "production", "INSTANCE": str(tmp_path), given: "kept"}
    run = [sys.executable, "-m", *command]
    done = subprocess.run(run, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and f"needs {lacking}" in done.stderr and "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir()), "no key is made up"


def test_settings_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "APP_ENV": "production",
        "SECRET_KEY": "kept",
        "RECORD_KEY": "kept apart",
        "TRUSTED_HOSTS": "evaluation.example.kz, localhost",
        "TWO_FACTOR_ROLES": "administrator,reviewer",
        "SESSION_IDLE_MINUTES": "30",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    found = settings(tmp_path)
    assert found["PRODUCTION"] and found["SESSION_COOKIE_SECURE"]
    assert (found["SECRET_KEY"], found["RECORD_KEY"]) == ("kept", "kept apart")
    assert found["TRUSTED_HOSTS"] == ["evaluation.example.kz", "localhost"] and found["SESSION_IDLE_MINUTES"] == 30
    assert found["TWO_FACTOR_ROLES"] == {"administrator", "reviewer"}
    monkeypatch.setenv("PUBLIC_URL", "https://public.example.kz/evaluation/")
    assert settings(tmp_path)["TRUSTED_HOSTS"][2:] == ["public.example.kz"]
    for wrong in ("mail.example.kz:25", "http://mail.example.kz", "smtp://", "smtp://mail.example.kz:x"):
        monkeypatch.setenv("SMTP_URL", wrong)
        with pytest.raises(EvaluationError, match="SMTP_URL"):
            settings(tmp_path)
    monkeypatch.setenv("SMTP_URL", "smtps://a%40b:c@mail.example.kz")
    assert settings(tmp_path)["SMTP_URL"] == "smtps://a%40b:c@mail.example.kz"
    for wrong in ("0", "-1", "two", "٣"):
        monkeypatch.setenv("SESSION_HOURS", wrong)
        with pytest.raises(EvaluationError, match="SESSION_HOURS"):
            settings(tmp_path)


def test_behind_a_proxy_the_record_has_the_persons_own_address(tmp_path: Path, make_app: Callable[..., Flask]) -> None:
    url = f"sqlite:///{tmp_path / 'evaluation.db'}"
    for proxies, address in ((0, "127.0.0.1"), (1, "192.0.2.7")):
        app = make_app(url, TRUSTED_PROXIES=proxies)
        client = visitor(app)
        data = {"email": "unknown@example.org", "password": "x", "csrf_token": token_of(client, SIGN_IN)}
        client.post(SIGN_IN, data=data, headers={"X-Forwarded-For": "192.0.2.1, 192.0.2.7", "X-Forwarded-Proto": "http"})
        with app.app_context():
            last = db.session.scalars(select(Event).order_by(Event.id.desc())).first()
            assert last and last.data["address"] == address
