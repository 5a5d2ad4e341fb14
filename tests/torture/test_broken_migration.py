"""A migration is killed at any moment: the database is as before or new, and the command then brings it up to date.

`make torture` does so twenty times on each database, `make test` once.
"""

import os
import random
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from sqlalchemy import inspect

from evaluation import schema
from evaluation.database import db

KILLS = int(os.environ.get("FAULTS", "20" if "TRIALS" in os.environ else "1"))
MIGRATION = """
import os, sys
from app import create_app
from evaluation import schema
app = create_app({"DATABASE_URL": os.environ["DATABASE_URL"], "SECRET_KEY": "tests"})
print("ready", flush=True)
sys.stdin.readline()
with app.app_context():
    schema.upgrade()
print("migrated", flush=True)
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Return what makes an empty database and returns its URL."""
    if request.param == "sqlite":
        yield lambda: f"sqlite:///{tmp_path / uuid.uuid4().hex}.db"
        return
    server = request.getfixturevalue("postgresql")
    names: list[str] = []

    def create() -> str:
        names.append(f"migration_{uuid.uuid4().hex}")
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{names[-1]}"')
        return f"postgresql+psycopg://{server.partition('://')[2]}/{names[-1]}"

    yield create
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        for name in names:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def migrate(url: str, delay: float | None) -> float:
    """Migrate in another process, which is killed after `delay` seconds; return the duration."""
    command = [sys.executable, "-c", MIGRATION]
    with subprocess.Popen(
        command, env=os.environ | {"DATABASE_URL": url}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin and process.stdout
        assert process.stdout.readline() == "ready\n"
        started = time.perf_counter()
        process.stdin.write("\n")
        process.stdin.flush()
        if delay is not None:
            time.sleep(delay)
            process.kill()
        process.stdout.read()
    return time.perf_counter() - started


def test_a_broken_migration_is_repeated(
    new_url: Callable[[], str], make_app: Callable[..., Flask], capsys: pytest.CaptureFixture[str]
) -> None:
    chance, results = random.Random(int(os.environ.get("SEED", "47"))), Counter[str]()
    duration = migrate(new_url(), None)
    for number in range(KILLS):
        url = new_url()
        # The first is killed in the middle, others at any moment, most near the commit.
        migrate(url, duration * (0.6 if not number else chance.uniform(0.3, 1.1)))
        file = Path(url.removeprefix("sqlite:///"))
        if url.startswith("sqlite:") and not file.exists():
            file.touch()
        with make_app(url).app_context():
            state = "new" if schema.is_current() else "old"
            assert state == "new" or not inspect(db.engine).get_table_names(), "half a schema is stored"
            schema.upgrade()
            schema.require_current()
            db.engine.dispose()
        results[state] += 1
    with capsys.disabled():
        print(f"\n{url.partition(':')[0].partition('+')[0]:10} migration broken off {KILLS:3} ×: {dict(results)}, half 0")
