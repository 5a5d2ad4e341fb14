"""The last week before the deadline, on PostgreSQL: clerks save, workbooks arrive, reviewers read, the nation is exported.

`make torture` runs it with the invented country: three minutes with 200 clerks, 20 uploads of 600 organisations a minute, 20
reviewers and a national workbook, then with more and more clerks; `make test` for some seconds with a small country. No answer is
a server error; no value is lost or doubled. Printed are the times beside those of one clerk and one reviewer alone, and where
the throughput ends.
"""

import os
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from evaluation.answers.queries import stored_reports
from evaluation.audit.models import AuditEvent
from evaluation.audit.verification import verify_audit_log
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.demo.model import DemoCountry, DemoOrganisation
from evaluation.demo.store import store
from evaluation.demo.synthetic import country as invented_country
from evaluation.jobs.models import Job
from evaluation.policy import Viewer
from evaluation.registry import queries as registry
from evaluation.results.operations import refresh
from tests.support.accounts import make_account
from tests.support.factories import clean, row, workbook
from tests.torture.last_week import READ_SECONDS, THINK_SECONDS, Meter, Person, Reader, Saver, Times, Uploader, at_work
from tests.torture.site import YEAR, Browser, Clerk, Site, site

WHOLE = "TRIALS" in os.environ
SECONDS = float(os.environ.get("SECONDS", "180" if WHOLE else "6"))
CLERKS = int(os.environ.get("CLERKS", "200" if WHOLE else "12"))
REVIEWERS = int(os.environ.get("REVIEWERS", "20" if WHOLE else "2"))
UPLOADS_PER_MINUTE = int(os.environ.get("UPLOADS", "20"))
ROWS = int(os.environ.get("ROWS", "600" if WHOLE else "40"))
BODIES, ORGANISATIONS = (2_700, 25_000) if WHOLE else (60, 500)
RAMP = [int(number) for number in os.environ.get("RAMP", "50,100,200,400" if WHOLE else "").split(",") if number]
RAMP_SECONDS = float(os.environ.get("RAMP_SECONDS", "30"))
ALONE_SECONDS = 30.0 if WHOLE else 2.0
UPLOADERS = 4 if WHOLE else 1
EXPORT_SECONDS = 600
SYSTEM = Viewer.system()

Cell = tuple[str, str]


@dataclass
class Country:
    """The stored country and the people with accounts."""

    app: Flask
    order: Order
    url: str
    clerks: list[Clerk]
    uploaders: list[tuple[str, list[tuple[bytes, dict[Cell, Any]]]]]
    """Address of each, and workbooks with their content."""
    stored: dict[Cell, Any]
    """What each organisation's cell has at the beginning; missing cells are blank."""


@pytest.fixture
def country(database_url: str, make_app: Callable[..., Flask], order: Order) -> Country:
    """The invented country with results of all bodies."""
    app = make_app(database_url)
    data = invented_country(order, BODIES, ORGANISATIONS, (YEAR - 1, YEAR))
    with app.app_context():
        store(order, data)
        db.session.commit()
        refresh()
        ids = registry.registry_index(SYSTEM).bodies
    of_body = defaultdict[str, list[DemoOrganisation]](list)
    for organisation in data.organisations:
        if organisation.counts_in(YEAR):
            of_body[organisation.body_bin].append(organisation)
    bodies = [body.bin for body in data.bodies if of_body[body.bin]]
    reports = {report.bin: report.answers for report in data.reports if report.year == YEAR}
    uploaders = [uploader(app, order, number, bodies, of_body, ids, reports) for number in range(UPLOADERS)]
    clerks = []
    for number in range(max(CLERKS, *RAMP, 1)):
        bin_, email = bodies[number % len(bodies)], f"clerk{number}@example.org"
        pairs = tuple((one.bin, one.kind) for one in of_body[bin_])
        clerks.append(Clerk(make_account(app, "clerk", [ids[bin_]], email=email, name=email), bin_, pairs))
    for number in range(REVIEWERS):
        make_account(app, "reviewer", email=f"reviewer{number}@example.org")
    return Country(app, order, database_url, clerks, uploaders, stored_cells(order, data))


def stored_cells(order: Order, data: DemoCountry) -> dict[Cell, Any]:
    return {
        (report.bin, code): value
        for report in data.reports
        if report.year == YEAR
        for code, value in {**report.answers, **report.evidence}.items()
    }


def uploader(
    app: Flask,
    order: Order,
    number: int,
    bodies: list[str],
    of_body: dict[str, list[DemoOrganisation]],
    ids: dict[str, int],
    reports: dict[str, dict[str, Any]],
) -> tuple[str, list[tuple[bytes, dict[Cell, Any]]]]:
    """Take bodies from the end of the list until they have enough organisations; return the person's address and workbooks."""
    organisations: list[DemoOrganisation] = []
    taken = []
    while len(organisations) < ROWS:
        taken.append(bodies.pop())
        organisations += of_body[taken[-1]]
    organisations = organisations[:ROWS]
    email = make_account(app, "clerk", [ids[bin_] for bin_ in taken], email=f"uploader{number}@example.org")
    books = []
    for variant in (1, 2):
        rows = defaultdict[str, list[dict[str, Any]]](list)
        content: dict[Cell, Any] = {}
        for one in organisations:
            # What is stored has no contradictions; an amount that may be negative has none with others.
            answers = dict(reports.get(one.bin) or clean(order, one.kind))
            code = next(item.code for item in order.indicators_of(one.kind) if item.type == "money" and item.min is None)
            answers[code] = variant * 100
            rows[one.kind].append(row(order, one.body_bin, one.bin, answers))
            content |= {(one.bin, name): value for name, value in answers.items()}
        books.append((workbook(order, YEAR, rows), content))
    return email, books


@pytest.fixture
def server(country: Country, tmp_path: Path) -> Iterator[Site]:
    settings = {"JOB_WORKERS": "2" if WHOLE else "1", "JOB_FOLDER": str(country.app.config["JOB_FOLDER"])}
    settings |= {"FILES_FOLDER": str(country.app.config["FILES_FOLDER"]), "DISK_RESERVE_MEGABYTES": "0"}
    with site(country.url, tmp_path, settings) as running:
        yield running


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_last_week(country: Country, server: Site, capsys: pytest.CaptureFixture[str]) -> None:
    with ExitStack() as stack:

        def browser(email: str) -> Browser:
            return stack.enter_context(closing(Browser(server.port))).sign_in(email)

        run(country, server, browser, capsys)
    assert "Traceback" not in server.logged(), server.logged()[-4000:]


def run(country: Country, server: Site, browser: Callable[[str], Browser], capsys: pytest.CaptureFixture[str]) -> None:
    browsers = {clerk.email: browser(clerk.email) for clerk in country.clerks}
    readers = [browser(f"reviewer{number}@example.org") for number in range(REVIEWERS)]

    def savers(count: int, times: Times, pause: tuple[float, float] = THINK_SECONDS) -> list[Person]:
        pairs = enumerate(country.clerks[:count])
        return [Saver(country.order, clerk, country.stored, browsers[clerk.email], times, pause, seed) for seed, clerk in pairs]

    alone = Times()
    with at_work([*savers(1, alone, (0.1, 0.2)), Reader(readers[0], alone, (0.1, 0.2), 1)]):
        time.sleep(ALONE_SECONDS)
    times = Times()
    pause = 60 / UPLOADS_PER_MINUTE * UPLOADERS
    uploaders = [
        Uploader(books, browser(email), times, (0.5 * pause, pause), number)
        for number, (email, books) in enumerate(country.uploaders)
    ]
    people = savers(CLERKS, times)
    people += [Reader(one, times, READ_SECONDS if WHOLE else (0.5, 1.0), number) for number, one in enumerate(readers)]
    with Meter(server, country.url) as meter, at_work([*people, *uploaders]):
        answer = browser("reviewer0@example.org").post_form(f"/jobs/new/workbook/{YEAR}", {"language": "kk"})
        assert answer.status == 303, answer.text[:300]
        time.sleep(SECONDS)
    await_export(country)
    with capsys.disabled():
        print(f"\nlast week: {BODIES} bodies, {CLERKS} clerks, {REVIEWERS} reviewers, {SECONDS:.0f} s: {dict(times.statuses)}")
        for kind in times.by_kind:
            print_times(kind, times, alone)
        print(f"  {meter.load.text()}")
    assert times.server_errors == alone.server_errors == {}
    for count in RAMP:
        step = Times()
        with Meter(server, country.url) as meter, at_work(savers(count, step)):
            time.sleep(RAMP_SECONDS)
        with capsys.disabled():
            rate, goal = len(step.by_kind["save"]) / RAMP_SECONDS, count / (sum(THINK_SECONDS) / 2)
            print(f"\n  {count} clerks alone: {rate:.1f} saves a second of at most {goal:.1f}; {meter.load.text()}")
            print_times("save", step, alone)
        assert step.server_errors == {}
    check_books(country, uploaders)


def print_times(kind: str, times: Times, alone: Times) -> None:
    """Print the percentiles of a kind of request and, where one person alone did it too, their ratios to that."""
    line = f"  {kind:8} {len(times.by_kind[kind]):6} ×"
    for percent in (50, 95):
        there, single = times.quantile(kind, percent), alone.quantile(kind, percent)
        ratio = f" ({there / single:4.1f} × alone)" if single else ""
        line += f"   p{percent} {1000 * there:6.0f} ms{ratio}"
    print(line)


def await_export(country: Country) -> None:
    """Wait for the end of the national export."""
    end = time.monotonic() + EXPORT_SECONDS
    while True:
        with country.app.app_context():
            statuses = {status for (status,) in db.session.query(Job.status).where(Job.account_id.is_not(None))}
        if statuses == {"done"}:
            return
        assert "failed" not in statuses and time.monotonic() < end, statuses
        time.sleep(0.5)


def check_books(country: Country, uploaders: list[Uploader]) -> None:
    """Every acknowledged value is in the audit log once, each after the one before it, and the last one is stored."""
    with country.app.app_context():
        index = registry.registry_index(SYSTEM).organisations
        bins = {id_: bin_ for bin_, (id_, _) in index.items()}
        emails = {clerk.email for clerk in country.clerks}
        audited: Counter[tuple[str, str, str, str, str]] = Counter()
        last: dict[Cell, Any] = {}
        events = db.session.query(AuditEvent).where(AuditEvent.year == YEAR, AuditEvent.actor.in_(emails))
        for event in events.where(AuditEvent.action == "answers_saved").order_by(AuditEvent.id):
            assert event.organisation_id is not None
            for code, (old, new) in event.data.items():
                cell = bins[event.organisation_id], code
                assert cell not in last or last[cell] == old, "an old value differs from the new value before it"
                last[cell] = new
                audited[event.actor, *cell, repr(old), repr(new)] += 1
        sent = Counter(
            (clerk.email, organisation, code, repr(old), repr(new))
            for clerk in country.clerks
            for organisation, code, old, new in clerk.sent
        )
        assert audited == sent and sent
        expected = last
        for uploader_ in uploaders:
            expected = expected | uploader_.applied
        ids = [index[bin_][0] for bin_, _ in expected]
        reports = stored_reports(SYSTEM, YEAR, sorted(set(ids)))
        for (bin_, code), value in expected.items():
            report = reports[index[bin_][0]]
            assert (report.answers | report.evidence).get(code) == value, (bin_, code)
        assert verify_audit_log(SYSTEM) == []
