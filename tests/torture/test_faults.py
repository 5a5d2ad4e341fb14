"""Faults of what the product runs on: people see what is true, nothing is lost or doubled, and the log says what happened.

`make torture` injects each fault twenty times on each database that it concerns and prints a table; `make test` does so once.
Four clerks save all the time; their own books are compared with the answers and the audit log after each kind of fault.
"""

import os
import random
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path

import pytest
from flask import Flask

from evaluation.answers.evidence.operations import attach, criteria_of
from evaluation.audit.verification import clock_notes, verify_audit_log
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.registry import operations
from evaluation.registry import queries as registry
from evaluation.registry.operations import NewBody
from tests.support.accounts import make_account
from tests.support.factories import bin_of
from tests.torture import faults
from tests.torture.fault_rounds import CLERKS, DISK_MEGABYTES, FAULTS, PDF, ROUNDS, SYSTEM, WHOLE, Fault, World, worker_killed
from tests.torture.faults import SavingClerk, Sights
from tests.torture.site import YEAR, Clerk, site
from tests.torture.test_clerks import check_audit_log


@pytest.fixture
def world(
    request: pytest.FixtureRequest, database_url: str, tmp_path: Path, make_app: Callable[..., Flask], order: Order
) -> Iterator[World]:
    with ExitStack() as stack:
        disk = faults.SmallDisk(tmp_path / "disk", DISK_MEGABYTES)
        stack.callback(disk.unmount)
        database_file = disk.folder / "evaluation.db"
        if database_url.startswith("sqlite"):
            shutil.move(tmp_path / "evaluation.db", database_file)
            database_url = f"sqlite:///{database_file}"
        folder = tmp_path / "instance"
        folder.mkdir()
        redis, mail, clock = faults.Redis(tmp_path), faults.SilentServer(), faults.Clock(tmp_path / "clock")
        stack.callback(redis.stop)
        stack.callback(mail.close)
        settings = {"FILES_FOLDER": str(disk.folder / "files"), "DISK_RESERVE_MEGABYTES": "0"}
        app = make_app(database_url, **settings)
        clerks, evidence = people(app, order)
        settings |= {"RATE_LIMIT_STORAGE": redis.url, "JOB_QUEUE_URL": redis.url, "JOB_WORKERS": "2", "SMTP_URL": mail.url}
        settings |= {"JOB_FOLDER": str(folder / "jobs"), "JOB_LEASE_SECONDS": "10", "SESSION_IDLE_MINUTES": "600"}
        settings |= clock.environment
        postgresql = faults.Postgresql(database_url) if database_url.startswith("postgresql") else None
        server = stack.enter_context(site(database_url, folder, settings))
        saving = [SavingClerk(order, clerk, server.port, number) for number, clerk in enumerate(clerks)]
        for clerk in saving:
            stack.callback(clerk.browser.close)
        chance = random.Random(int(os.environ.get("SEED", "47")))
        parts = (app, order, server, disk, redis, mail, clock, postgresql, database_file)
        yield World(*parts, clerks, saving, evidence, chance)


def people(app: Flask, order: Order) -> tuple[list[Clerk], str]:
    """Create four bodies with an organisation and a clerk each, a reviewer, and an evidence file; return clerks and address."""
    kinds = [kind.code for kind in order.kinds]
    with app.app_context():
        operations.open_year(SYSTEM, YEAR, order.code)
        operations.register_bodies(SYSTEM, [NewBody(bin_of(n), f"Орган {n}") for n in range(CLERKS)])
        rows = [(bin_of(1000 + n), kinds[n % len(kinds)]) for n in range(CLERKS)]
        operations.register_organisations(SYSTEM, [(bin_, kind, f"Ұйым {bin_}", "") for bin_, kind in rows])
        index = registry.registry_index(SYSTEM)
        ids = [index.bodies[bin_of(n)] for n in range(CLERKS)]
        organisations = [index.organisations[bin_][0] for bin_, _ in rows]
        periods = [(organisation, body, date(2020, 1, 1), None) for organisation, body in zip(organisations, ids, strict=True)]
        operations.add_supervision(SYSTEM, periods)
        criterion = sorted(criteria_of(order, kinds[0]))[0]
        file = attach(SYSTEM, order, YEAR, ids[0], organisations[0], criterion, "Акт.pdf", PDF)
        db.session.commit()
        evidence = f"/bodies/{bin_of(0)}/{YEAR}/organisations/{rows[0][0]}/files/{file.id}"
    make_account(app, "reviewer", email="reviewer@example.org")
    clerks = []
    for n, body in enumerate(ids):
        email = f"clerk{n}@example.org"
        clerks.append(Clerk(make_account(app, "clerk", [body], email=email, name=email), bin_of(n), (rows[n],)))
    return clerks, evidence


def test_faults(world: World, database_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    database = database_url.partition(":")[0].partition("+")[0]
    chosen = os.environ.get("FAULT", "")
    problems = []
    for fault in FAULTS:
        if database not in fault.databases or not re.search(chosen, fault.inject.__name__):
            continue
        if (
            not (WHOLE or chosen)
            and database == "sqlite"
            and fault.databases != ("sqlite",)
            and fault.inject is not worker_killed
        ):
            # The sample has the other faults with PostgreSQL.
            continue
        try:
            line = table_line(database, fault, run_rounds(world, fault))
        except AssertionError as error:
            problems.append(f"{fault.inject.__name__}: {error}")
            line = f"\n{database:10} FAILED: {problems[-1][:500]}"
        with capsys.disabled():
            print(line, flush=True)
    assert not problems
    with world.app.app_context():
        assert chosen or (database == "sqlite" and not WHOLE) or clock_notes(SYSTEM), "a wrong clock is reported"
    log = without_expected_tracebacks(world.site.logged())
    position = log.find("Traceback")
    assert position < 0, log[max(0, position - 500) :][:4000]


def run_rounds(world: World, fault: Fault) -> list[Sights]:
    """Inject a fault often while the clerks save; compare their books with what is stored."""
    for clerk in world.saving:
        clerk.start()
    position = world.site.log_size()
    try:
        for world.rounds in range(ROUNDS):
            world.await_saves()
            fault.inject(world)
            world.await_saves()
    finally:
        for clerk in world.saving:
            clerk.stop()
    with world.app.app_context():
        check_audit_log(world.clerks)
        assert verify_audit_log(SYSTEM) == []
    assert re.search(fault.log, world.site.logged(position)), f"{fault.log!r} is not in {world.site.logged(position)[-3000:]}"
    assert not sum(clerk.sights.false_denials for clerk in world.saving), "a stored value was said not to be stored"
    return [clerk.sights for clerk in world.saving]


def table_line(database: str, fault: Fault, sights: list[Sights]) -> str:
    """Return a line of the table: what, how often, what was lost and doubled, what people saw."""
    seen = sum((one.seen for one in sights), Counter())
    texts = ", ".join(f"{count} × {sight}" for sight, count in seen.most_common())
    slowest = max(one.slowest for one in sights)
    name = fault.inject.__name__.replace("_", " ")
    return f"\n{database:10} {name:26} {ROUNDS:3} ×, lost 0, doubled 0, slowest {slowest:4.1f} s: {texts}"


def without_expected_tracebacks(log: str) -> str:
    """Return the log without the tracebacks of a lost Redis, whose library writes them."""
    return re.sub(r"Traceback \(most recent call last\):\n(?:.*\n)*?redis\.exceptions\..*", "", log)
