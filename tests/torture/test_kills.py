"""A process is killed at any moment of a step, an upload or the scoring of results: afterwards all of it is stored or nothing.

Results that are not stale equal a fresh scoring at every such moment.

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
from evaluation.audit.verification import verify_audit_log
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.policy import Role, Viewer
from evaluation.registry import queries as registry
from evaluation.results.operations import check, refresh
from evaluation.results.queries import stale_generations
from evaluation.review import operations as review
from evaluation.review.history.reconstruct import reconstruct
from evaluation.review.snapshot import sha256_of
from evaluation.submissions.models import SheetRevision
from evaluation.workbooks.load import load_workbook
from evaluation.workbooks.upload import operations as uploads
from tests.support.factories import bin_of, row, workbook
from tests.torture.victim import ACTIONS, TODAY, YEAR

KILLS = int(os.environ.get("KILLS", "100" if "TRIALS" in os.environ else "6"))
SYSTEM = Viewer.system()
ORGANISATIONS_PER_BODY = 3


@pytest.fixture
def people(app: Flask, order: Order) -> tuple[int, int]:
    """Complete bodies, one for every kill and three to measure durations; returns the account ids of a head and a reviewer."""
    kind = order.kinds[0].code
    bodies = range(KILLS + len(ACTIONS))
    rows = [
        row(order, bin_of(n), bin_of(organisation_number(n, k)), answers(order, 1), bin=bin_of(organisation_number(n, k)))
        for n in bodies
        for k in range(ORGANISATIONS_PER_BODY)
    ]
    with app.app_context():
        load_workbook(SYSTEM, workbook(order, YEAR, {kind: rows}), app.extensions["orders"], register=True)
        people_ = [
            Account(email=f"{role}@example.org", name=role, role=role, fs_uniquifier=role) for role in ("head", "reviewer")
        ]
        db.session.add_all(people_)
        db.session.commit()
        return people_[0].id, people_[1].id


def organisation_number(body: int, number: int) -> int:
    return 10_000 + ORGANISATIONS_PER_BODY * body + number


def answers(order: Order, amount: int) -> dict[str, Any]:
    """Answers without a breach or a warning."""
    values = {"money": amount * 100_00, "whole": 0, "yes_no": True, "choice": "not_audited"}
    return {item.code: values[item.type] for item in order.indicators_of(order.kinds[0].code)}


@contextmanager
def victim(url: str, files: str) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "tests.torture.victim"]
    environment = os.environ | {"DATABASE_URL": url, "FILES_FOLDER": files}
    process = subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        yield process
    finally:
        process.stdin.close()  # type: ignore[union-attr]
        result = process.wait(timeout=60)
        process.stdout.close()  # type: ignore[union-attr]
        assert result == 0


def run_action(process: "subprocess.Popen[str]", line: str, delay: float | None) -> float:
    """Start an action, kill it after `delay` seconds unless it has ended; return its duration in seconds."""
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
    """Prepare the body for an action; return the line to send to the victim."""
    bin_, sent = bin_of(number), 0
    with app.app_context():
        body = registry.body(SYSTEM, bin_)
        assert body
        viewer = Viewer("head", Role.HEAD, frozenset({body.id}), head)
        if action == "accept":
            review.submit(viewer, order, YEAR, body, 0, TODAY)
        if action == "upload":
            rows = [
                row(order, bin_, bin_of(organisation_number(number, k)), answers(order, 7)) for k in range(ORGANISATIONS_PER_BODY)
            ]
            data = workbook(order, YEAR, {order.kinds[0].code: rows})
            sent = uploads.receive(viewer, data, "book.xlsx", "overwrite", app.extensions["orders"]).id
        db.session.commit()
        refresh()
        if action == "refresh":
            db.session.execute(text("UPDATE body_result SET generation = generation + 1 WHERE body_id = :id"), {"id": body.id})
            db.session.commit()
    return f"{action} {bin_} {head} {{reviewer}} {sent}"


def rows(statement: str, **values: Any) -> list[Any]:
    return list(db.session.execute(text(statement), values))


def outcome(action: str, number: int) -> str:
    """Return "after" if everything of the action is stored, "before" if nothing is; anything between fails."""
    bin_ = bin_of(number)
    body = registry.body(SYSTEM, bin_)
    assert body
    actions = Counter(
        action_ for (action_,) in rows("SELECT action FROM audit_event WHERE body_id = :id AND year = :y", id=body.id, y=YEAR)
    )
    status = dict(rows("SELECT year, status FROM submission WHERE body_id = :id", id=body.id)).get(YEAR, "draft")
    messages = Counter(kind for (kind,) in rows("SELECT kind FROM notification WHERE body_id = :id", id=body.id))
    revisions = db.session.query(SheetRevision).filter_by(body_id=body.id).all()
    assert check().differences == (), action
    if action == "refresh":
        return "before" if stale_generations(SYSTEM, YEAR) else "after"
    if action == "submit":
        parts = [status == "submitted", actions["submitted"] == 1, messages["submitted"] == 1]
    elif action == "accept":
        parts = [status == "accepted", actions["accepted"] == 1, len(revisions) == 1]
        for revision in revisions:
            assert sha256_of(revision.content) == revision.sha256
            assert reconstruct(SYSTEM, registry.orders(), body, YEAR, revision.revision) == revision.content
    else:
        statuses = rows("SELECT status FROM upload WHERE batch IS NOT NULL AND id = (SELECT max(id) FROM upload)")
        changed = rows(
            "SELECT count(*) FROM report JOIN supervision USING (organisation_id) WHERE body_id = :id AND version = 2", id=body.id
        )[0][0]
        last_batch = "(SELECT batch FROM upload ORDER BY id DESC LIMIT 1)"
        batches = rows(f"SELECT count(*) FROM audit_event WHERE body_id = :id AND batch = {last_batch}", id=body.id)
        parts = [statuses == [("applied",)], changed == ORGANISATIONS_PER_BODY, batches[0][0] == ORGANISATIONS_PER_BODY]
        assert changed in (0, ORGANISATIONS_PER_BODY)
    assert len(set(parts)) == 1, (action, bin_, parts)
    return "after" if parts[0] else "before"


def wait_for_rollback(url: str) -> None:
    """Wait until PostgreSQL has noticed that the client is gone and rolled its transaction back."""
    if url.startswith("sqlite"):
        return
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        busy = "datname = current_database() AND state <> 'idle' AND pid <> pg_backend_pid()"
        query = f"SELECT count(*) FROM pg_stat_activity WHERE {busy}"
        for _ in range(3000):
            row = connection.execute(query).fetchone()
            if row == (0,):
                return
            time.sleep(0.01)
    raise AssertionError("PostgreSQL still has active clients")


def test_a_killed_process_leaves_all_or_nothing(app: Flask, database_url: str, order: Order, people: tuple[int, int]) -> None:
    head, reviewer = people
    chance, results = random.Random(int(os.environ.get("SEED", "47"))), Counter[tuple[str, str]]()
    with victim(database_url, str(app.config["FILES_FOLDER"])) as process:
        durations = {}
        for number, action in enumerate(ACTIONS):
            line = prepare(app, order, action, number, head)
            durations[action] = run_action(process, line.format(reviewer=reviewer), None)
            with app.app_context():
                assert outcome(action, number) == "after"
        for number in range(len(ACTIONS), len(ACTIONS) + KILLS):
            action = ACTIONS[number % len(ACTIONS)]
            line = prepare(app, order, action, number, head)
            # Most kills aim at the moment of the commit, whose time is estimated as the test runs; the others come earlier.
            is_near_commit = number % 4 != 0
            delay = durations[action] * (chance.uniform(0.8, 1.2) if is_near_commit else chance.random())
            run_action(process, line.format(reviewer=reviewer), delay)
            wait_for_rollback(database_url)
            with app.app_context():
                result = outcome(action, number)
            results[action, result] += 1
            if is_near_commit:
                durations[action] *= 1.25 if result == "before" else 0.85
    with app.app_context():
        assert verify_audit_log(SYSTEM) == []
    print(f"{KILLS} kills: {dict(results)}")
    assert sum(results.values()) == KILLS
    assert KILLS < 50 or {result for _, result in results} == {"before", "after"}
