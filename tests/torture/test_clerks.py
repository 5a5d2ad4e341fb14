"""Many clerks save concurrently: no answer is lost, no request fails, and the audit log equals the sent and stored answers.

`make torture` lets 200 of them work for a minute on each database; `make test` fewer for a few seconds.
"""

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from http.cookies import SimpleCookie
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask

from evaluation.answers import values
from evaluation.answers.queries import stored_reports
from evaluation.audit.models import AuditEvent
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.language import language
from evaluation.policy import Viewer
from evaluation.registry import operations
from evaluation.registry import queries as registry
from evaluation.registry.operations import NewBody
from tests.support.accounts import PASSWORD, make_account
from tests.support.factories import bin_of, random_answers

WHOLE = "TRIALS" in os.environ
CLERKS = int(os.environ.get("CLERKS", "200" if WHOLE else "32"))
SECONDS = int(os.environ.get("SECONDS", "60" if WHOLE else "4"))
BODIES = CLERKS // 4
YEAR = 2024
SYSTEM = Viewer.system()


@dataclass
class Clerk:
    """A clerk at a computer: the sent answers in order, and the counts of the responses."""

    email: str
    body: str
    organisations: tuple[tuple[str, str], ...]
    sent: list[tuple[str, str, Any, Any]] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    slowest: float = 0
    faults: list[str] = field(default_factory=list)


@contextmanager
def server(url: str, folder: Path) -> Iterator[int]:
    """Run gunicorn with the product's configuration on the database; yield its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"DATABASE_URL": url, "PORT": str(port), "INSTANCE": str(folder), "JOB_WORKERS": "0"}
    command = [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py", "tests.torture.server:create()"]
    log = folder / "server.log"
    with log.open("w") as out:
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=subprocess.STDOUT)
    try:
        _wait_for(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=60)
    assert "Traceback" not in log.read_text(), log.read_text()[-4000:]


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(600):
        assert process.poll() is None, "the server did not start"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the server did not answer")


@pytest.fixture
def clerks(app: Flask, order: Order) -> list[Clerk]:
    """Four clerks for each body, three organisations of different kinds in each, all blank."""
    kinds = [kind.code for kind in order.kinds]
    with app.app_context():
        operations.open_year(SYSTEM, YEAR, order.code)
        operations.register_bodies(SYSTEM, [NewBody(bin_of(n), f"Орган {n}") for n in range(BODIES)])
        owners = [(bin_of(1000 + 3 * n + k), kinds[(n + k) % len(kinds)], n) for n in range(BODIES) for k in range(3)]
        operations.register_organisations(SYSTEM, [(bin_, kind, f"Ұйым {bin_}", "") for bin_, kind, _ in owners])
        index = registry.registry_index(SYSTEM)
        periods = [(index.organisations[bin_][0], index.bodies[bin_of(n)], date(2020, 1, 1), None) for bin_, _, n in owners]
        operations.add_supervision(SYSTEM, periods)
        db.session.commit()
        ids = index.bodies
    return [
        Clerk(
            make_account(app, "clerk", [ids[bin_of(n % BODIES)]], email=f"clerk{n}@example.org", name=f"clerk{n}@example.org"),
            bin_of(n % BODIES),
            tuple((bin_, kind) for bin_, kind, body in owners if body == n % BODIES),
        )
        for n in range(CLERKS)
    ]


class Browser:
    """The parts of a browser that saving needs: one connection, cookies, the page's CSRF token."""

    def __init__(self, port: int, clerk: Clerk):
        self.connection, self.cookies, self.clerk = (
            http.client.HTTPConnection("127.0.0.1", port, timeout=120),
            SimpleCookie(),
            clerk,
        )
        form = self.get("/account/sign-in")
        self.post("/account/sign-in", {"email": clerk.email, "password": PASSWORD, "csrf_token": _token(form)})
        self.token = _token(self.get("/account/password"))

    def get(self, path: str) -> str:
        status, text = self._send("GET", path, None, {})
        assert status == 200, f"{path}: {status}"
        return text

    def post(self, path: str, fields: dict[str, str]) -> None:
        status, text = self._send("POST", path, urlencode(fields).encode(), {"Content-Type": "application/x-www-form-urlencoded"})
        assert status == 302, f"{path}: {status} {text[:500]}"

    def save(self, edit: dict[str, Any]) -> dict[str, Any]:
        headers = {"Content-Type": "application/json", "Accept": "application/json", "X-CSRFToken": self.token}
        path = f"/bodies/{self.clerk.body}/{YEAR}/answers"
        status, text = self._send("POST", path, json.dumps({"edits": [edit]}).encode(), headers)
        assert status == 200, f"{status}: {text[:500]}"
        cell: dict[str, Any] = json.loads(text)["cells"][0]
        return cell

    def _send(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, str]:
        cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in self.cookies.items())
        started = time.perf_counter()
        self.connection.request(method, path, body, headers | {"Cookie": cookie})
        response = self.connection.getresponse()
        text = response.read().decode()
        self.clerk.slowest = max(self.clerk.slowest, time.perf_counter() - started)
        for value in response.headers.get_all("Set-Cookie") or ():
            self.cookies.load(value)
        return response.status, text


def _token(page: str) -> str:
    match = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert match
    return match[1]


def work(order: Order, clerk: Clerk, port: int, number: int, begin: threading.Barrier) -> None:
    """Save random answers until the time is over; after a conflict, continue with the stored value."""
    random, seen = Random(number), {}
    browser: Browser | None = None
    try:
        browser = Browser(port, clerk)
        begin.wait(timeout=300)
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            organisation, kind = random.choice(clerk.organisations)
            code, value = random.choice(list(random_answers(order, kind, random, blank=0).items()))
            typed = values.format_value(order, order.by_code[code], value, language("kk"))
            expected = seen.get((organisation, code))
            cell = browser.save({"organisation": organisation, "code": code, "typed": typed, "expected": expected})
            clerk.answers[cell["state"]] += 1
            if cell["state"] == "saved":
                clerk.sent.append((organisation, code, expected, cell["value"]))
            seen[organisation, code] = cell["stored"]["value"] if cell["state"] == "conflict" else cell["value"]
    except Exception as error:
        clerk.faults.append(f"{type(error).__name__}: {error}")
        begin.abort()
    finally:
        if browser is not None:
            browser.connection.close()


def test_many_clerks_at_once(
    app: Flask, database_url: str, order: Order, clerks: list[Clerk], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    begin = threading.Barrier(len(clerks))
    with server(database_url, tmp_path) as port:
        threads = [threading.Thread(target=work, args=(order, clerk, port, number, begin)) for number, clerk in enumerate(clerks)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not [fault for clerk in clerks for fault in clerk.faults][:5]
    answered = sum((clerk.answers for clerk in clerks), Counter())
    assert set(answered) <= {"saved", "unchanged", "conflict"} and answered["saved"] > CLERKS
    with app.app_context():
        check_audit_log(clerks)
    with capsys.disabled():
        name = database_url.partition(":")[0]
        print(
            f"\n{name}: {len(clerks)} clerks, {SECONDS} s: {dict(answered)}, "
            f"slowest {max(clerk_.slowest for clerk_ in clerks):.2f} s"
        )


def db_name(url: str) -> str:
    return url.partition(":")[0]


def check_audit_log(clerks: list[Clerk]) -> None:
    """Every acknowledged answer is in the audit log once, each follows the previous one, and the last one is stored."""
    ids = {organisation: id_ for organisation, (id_, _) in registry.registry_index(SYSTEM).organisations.items()}
    sent = Counter(
        (clerk.email, ids[organisation], code, _text(expected), _text(value))
        for clerk in clerks
        for organisation, code, expected, value in clerk.sent
    )
    recorded: Counter[tuple[str, int, str, str, str]] = Counter()
    last: dict[tuple[int, str], Any] = {}
    events = db.session.query(AuditEvent).where(AuditEvent.action == "answers_saved").order_by(AuditEvent.id).all()
    for event in events:
        assert event.organisation_id is not None
        for code, (old, new) in event.data.items():
            assert last.get((event.organisation_id, code)) == old, "an old value differs from the new value before it"
            last[event.organisation_id, code] = new
            recorded[event.actor, event.organisation_id, code, _text(old), _text(new)] += 1
    assert recorded == sent
    stored = stored_reports(SYSTEM, YEAR, list(ids.values()))
    there = {
        (organisation, code): value
        for organisation, report in stored.items()
        for code, value in (report.answers | report.evidence).items()
    }
    assert there == {key: value for key, value in last.items() if value is not None}


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
