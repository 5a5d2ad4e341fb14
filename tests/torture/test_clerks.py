"""Many clerks save concurrently: no answer is lost, no request fails, and the audit log equals the sent and stored answers.

`make torture` lets 200 of them work for a minute on each database; `make test` fewer for a few seconds.
"""

import json
import os
import threading
import time
from collections import Counter
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

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
from tests.support.accounts import make_account
from tests.support.factories import bin_of, random_answers
from tests.torture.site import YEAR, Browser, Clerk, site

WHOLE = "TRIALS" in os.environ
CLERKS = int(os.environ.get("CLERKS", "200" if WHOLE else "32"))
SECONDS = int(os.environ.get("SECONDS", "60" if WHOLE else "4"))
BODIES = CLERKS // 4
SYSTEM = Viewer.system()


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


def work(order: Order, clerk: Clerk, port: int, number: int, begin: threading.Barrier) -> None:
    """Save random answers until the time is over; after a conflict, continue with the stored value."""
    random, seen = Random(number), {}
    browser: Browser | None = None
    try:
        browser = Browser(port).sign_in(clerk.email)
        begin.wait(timeout=300)
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            organisation, kind = random.choice(clerk.organisations)
            code, value = random.choice(list(random_answers(order, kind, random, blank=0).items()))
            typed = values.format_value(order, order.by_code[code], value, language("kk"))
            expected = seen.get((organisation, code))
            answer = browser.save(clerk.body, {"organisation": organisation, "code": code, "typed": typed, "expected": expected})
            assert answer.status == 200, f"{answer.status}: {answer.text[:500]}"
            cell = json.loads(answer.text)["cells"][0]
            clerk.answers[cell["state"]] += 1
            if cell["state"] == "saved":
                clerk.sent.append((organisation, code, expected, cell["value"]))
            seen[organisation, code] = cell["stored"]["value"] if cell["state"] == "conflict" else cell["value"]
    except Exception as error:
        clerk.faults.append(f"{type(error).__name__}: {error}")
        begin.abort()
    finally:
        if browser is not None:
            clerk.slowest = browser.slowest
            browser.close()


def test_many_clerks_at_once(
    app: Flask, database_url: str, order: Order, clerks: list[Clerk], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    begin = threading.Barrier(len(clerks))
    with site(database_url, tmp_path) as server:
        threads = [
            threading.Thread(target=work, args=(order, clerk, server.port, number, begin)) for number, clerk in enumerate(clerks)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert "Traceback" not in server.logged(), server.logged()[-4000:]
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
