"""Killed at any moment of a hand-over, an acceptance or an upload: afterwards each is wholly before or wholly after.

`make torture` kills a hundred times on each database; `make test` a few times.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import text

from evaluation.accounts.models import Account
from evaluation.audit.verification import verify
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.policy import Role, Viewer
from evaluation.registry import queries as registry
from evaluation.review import operations as review
from evaluation.review.history.reconstruct import rebuilt
from evaluation.review.models import FrozenSheet
from evaluation.review.snapshot import sha256_of
from evaluation.workbooks.load import load_workbook
from evaluation.workbooks.upload import operations as uploads
from tests.support.factories import bin_of, row, workbook
from tests.torture.victim import ACTIONS, TODAY, YEAR

KILLS = int(os.environ.get("KILLS", "100" if "TRIALS" in os.environ else "6"))
SYSTEM = Viewer.system()
OWN = 3
"""Organisations of each body."""


@pytest.fixture
def people(app: Flask, order: Order) -> tuple[int, int]:
    """Bodies that are complete, one for each kill and three to measure by; the accounts of a head and a reviewer."""
    kind = order.kinds[0].code
    bodies = range(KILLS + len(ACTIONS))
    rows = [
        row(order, bin_of(n), bin_of(own(n, k)), answers(order, 1), bin=bin_of(own(n, k))) for n in bodies for k in range(OWN)
    ]
    with app.app_context():
        load_workbook(SYSTEM, workbook(order, YEAR, {kind: rows}), app.extensions["orders"], register=True)
        people_ = [
            Account(email=f"{role}@example.org", name=role, role=role, fs_uniquifier=role) for role in ("head", "reviewer")
        ]
        db.session.add_all(people_)
        db.session.commit()
        return people_[0].id, people_[1].id


def own(body: int, number: int) -> int:
    return 10_000 + OWN * body + number


def answers(order: Order, amount: int) -> dict[str, Any]:
    """Answers without a breach or a warning."""
    given = {"money": amount * 100_00, "whole": 0, "yes_no": True, "choice": "not_audited"}
    return {item.code: given[item.type] for item in order.asked_of(order.kinds[0].code)}


@contextmanager
def victim(url: str, files: str) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "tests.torture.victim"]
    environment = os.environ | {"DATABASE_URL": url, "FILES": files}
    process = subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        yield process
    finally:
        process.stdin.close()  # type: ignore[union-attr]
        assert process.wait(timeout=60) == 0


def order_(process: "subprocess.Popen[str]", line: str, delay: float | None) -> float:
    """Have it done, killed after so many seconds if it has not ended; how long it took."""
    assert process.stdin and process.stdout
    process.stdin.write(line + "\n")
    process.stdin.flush()
    pid = int(process.stdout.readline().split()[1])
    begun = time.perf_counter()
    if delay is not None:
        time.sleep(delay)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    assert process.stdout.readline() == "ended\n"
    return time.perf_counter() - begun


def prepare(app: Flask, order: Order, action: str, number: int, head: int) -> str:
    """Bring the body to where the action begins; the order's line."""
    bin_, sent = bin_of(number), 0
    with app.app_context():
        body = registry.body(SYSTEM, bin_)
        assert body
        viewer = Viewer("head", Role.HEAD, frozenset({body.id}), head)
        if action == "accept":
            review.submit(viewer, order, YEAR, body, 0, TODAY)
        if action == "upload":
            rows = [row(order, bin_, bin_of(own(number, k)), answers(order, 7)) for k in range(OWN)]
            data = workbook(order, YEAR, {order.kinds[0].code: rows})
            sent = uploads.receive(viewer, data, "book.xlsx", "overwrite", app.extensions["orders"]).id
        db.session.commit()
    return f"{action} {bin_} {head} {{reviewer}} {sent}"


def rows(statement: str, **values: Any) -> list[Any]:
    return list(db.session.execute(text(statement), values))


def outcome(action: str, number: int) -> str:
    """Whether all of it is there or nothing; anything between fails."""
    bin_ = bin_of(number)
    body = registry.body(SYSTEM, bin_)
    assert body
    told = Counter(
        action_ for (action_,) in rows("SELECT action FROM event WHERE body_id = :id AND year = :y", id=body.id, y=YEAR)
    )
    state = dict(rows("SELECT year, state FROM submission WHERE body_id = :id", id=body.id)).get(YEAR, "draft")
    messages = Counter(kind for (kind,) in rows("SELECT kind FROM message WHERE body_id = :id", id=body.id))
    frozen = db.session.query(FrozenSheet).filter_by(body_id=body.id).all()
    if action == "submit":
        parts = [state == "submitted", told["submitted"] == 1, messages["submitted"] == 1]
    elif action == "accept":
        parts = [state == "accepted", told["accepted"] == 1, len(frozen) == 1]
        for each in frozen:
            assert sha256_of(each.content) == each.sha256
            assert rebuilt(SYSTEM, registry.orders(), body, YEAR, each.revision) == each.content
    else:
        states = rows("SELECT state FROM upload WHERE batch IS NOT NULL AND id = (SELECT max(id) FROM upload)")
        changed = rows(
            "SELECT count(*) FROM report JOIN supervision USING (organisation_id) WHERE body_id = :id AND version = 2", id=body.id
        )[0][0]
        batches = rows(
            "SELECT count(*) FROM event WHERE body_id = :id AND batch = (SELECT batch FROM upload ORDER BY id DESC LIMIT 1)",
            id=body.id,
        )
        parts = [states == [("applied",)], changed == OWN, batches[0][0] == OWN]
        assert changed in (0, OWN)
    assert len(set(parts)) == 1, (action, bin_, parts)
    return "after" if parts[0] else "before"


def settled(url: str) -> None:
    """Wait until PostgreSQL has noticed that its client is gone and taken back what that had not finished."""
    if url.startswith("sqlite"):
        return
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        busy = "datname = current_database() AND state <> 'idle' AND pid <> pg_backend_pid()"
        query = f"SELECT count(*) FROM pg_stat_activity WHERE {busy}"
        for _ in range(3000):
            found = connection.execute(query).fetchone()
            if found == (0,):
                return
            time.sleep(0.01)
    raise AssertionError("PostgreSQL still works for somebody")


def test_killed_at_random(app: Flask, database_url: str, order: Order, people: tuple[int, int]) -> None:
    head, reviewer = people
    chance, found = random.Random(int(os.environ.get("SEED", "47"))), Counter[tuple[str, str]]()
    with victim(database_url, str(app.config["FILES"])) as process:
        lasting = {}
        for number, action in enumerate(ACTIONS):
            line = prepare(app, order, action, number, head)
            lasting[action] = order_(process, line.format(reviewer=reviewer), None)
            with app.app_context():
                assert outcome(action, number) == "after"
        for number in range(len(ACTIONS), len(ACTIONS) + KILLS):
            action = ACTIONS[number % len(ACTIONS)]
            line = prepare(app, order, action, number, head)
            # Mostly about the moment it is kept, which is sought as the kills go; the rest anywhere before.
            near = number % 4 != 0
            delay = lasting[action] * (chance.uniform(0.8, 1.2) if near else chance.random())
            order_(process, line.format(reviewer=reviewer), delay)
            settled(database_url)
            with app.app_context():
                came = outcome(action, number)
            found[action, came] += 1
            if near:
                lasting[action] *= 1.25 if came == "before" else 0.85
    with app.app_context():
        assert verify(SYSTEM) == []
    print(f"{KILLS} kills: {dict(found)}")
    assert sum(found.values()) == KILLS
    assert KILLS < 50 or {came for _, came in found} == {"before", "after"}
