"""One round of each fault that the product is tested with: what is injected, and what people see then."""

import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from evaluation.criteria import Order
from evaluation.database import db
from evaluation.jobs.models import Job
from evaluation.language import language
from evaluation.policy import Viewer
from evaluation.storage import StoreFull
from evaluation.web.core.errors import ERROR_TEXTS
from evaluation.workbooks.models import Upload
from tests.support.factories import clean, row, workbook
from tests.torture import faults
from tests.torture.faults import SavingClerk
from tests.torture.site import YEAR, Browser, Clerk, Site, multipart

WHOLE = "TRIALS" in os.environ
ROUNDS = int(os.environ.get("FAULTS", "20" if WHOLE else "1"))
OUTAGE = float(os.environ.get("OUTAGE", "10" if WHOLE else "1.5"))
"""Seconds for which the database is gone."""
MOMENT = 1.0
"""Seconds of every other fault."""
WELL_SECONDS = 60
JOB_SECONDS = 150
"""Jobs may wait behind mails, each of which takes half a minute of a worker while the mail server hangs."""
CLERKS = 4
DISK_MEGABYTES = 24
SYSTEM = Viewer.system()
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"


@dataclass
class World:
    """The server, what it runs on, and the people."""

    app: Flask
    order: Order
    site: Site
    disk: faults.SmallDisk
    redis: faults.Redis
    mail: faults.SilentServer
    clock: faults.Clock
    postgresql: faults.Postgresql | None
    database_file: Path
    clerks: list[Clerk]
    saving: list[SavingClerk]
    evidence: str
    """The address of an evidence file of the first clerk's organisation."""
    chance: random.Random
    rounds: int = 0
    """Rounds of the current fault that are over."""

    @contextmanager
    def browser(self, email: str = "", code: str = "kk") -> Iterator[Browser]:
        """Open a visitor's browser, or one in which a person has signed in."""
        browser = Browser(self.site.port, code, timeout=60)
        with closing(browser):
            yield browser.sign_in(email) if email else browser

    def await_saves(self, count: int = 1) -> None:
        """Wait until every clerk has saved that often: the site is well."""
        goals = [clerk.saves + count for clerk in self.saving]
        end = time.monotonic() + WELL_SECONDS
        while any(clerk.saves < goal for clerk, goal in zip(self.saving, goals, strict=True)):
            assert time.monotonic() < end, "the site is not well again"
            assert not any(clerk.failure for clerk in self.saving), [clerk.failure for clerk in self.saving]
            time.sleep(0.02)

    def stored_files(self) -> set[Path]:
        """Return all files of the store."""
        return {path for path in (self.disk.folder / "files").rglob("*") if path.is_file()}

    def count(self, model: type) -> int:
        """Return the number of rows of a model."""
        with self.app.app_context():
            return db.session.query(model).count()


def check_pages_without_database(world: World, kk: Browser, ru: Browser) -> None:
    """An honest page in both languages, with its time to come back; what needs no database answers."""
    for browser in (kk, ru):
        answer = browser.get("/bodies")
        texts = (ERROR_TEXTS[503].title, ERROR_TEXTS[503].advice)
        expected = [language(browser.language).gettext(text) for text in texts]
        assert answer.status == 503 and all(text in answer.text for text in expected), (answer.status, answer.text[:300])
        assert int(answer.headers["Retry-After"]) > 0
    with world.browser() as visitor:
        assert visitor.get("/readyz").status == 503
    check_process(world)


def check_process(world: World) -> None:
    """What needs no database answers at once."""
    started = time.monotonic()
    with world.browser() as visitor:
        assert visitor.get("/healthz").status == 200
        assert visitor.get("/static/css/base.css").status == 200
    assert time.monotonic() - started < 5


def database_stopped(world: World) -> None:
    assert world.postgresql
    with world.browser(world.clerks[1].email) as kk, world.browser(world.clerks[2].email, "ru") as ru:
        with world.postgresql.stopped():
            check_pages_without_database(world, kk, ru)
            time.sleep(OUTAGE)
        assert kk.get("/bodies").status == 200, "nobody is signed out"


def database_silent(world: World) -> None:
    assert world.postgresql
    with world.postgresql.paused():
        check_process(world)
        time.sleep(OUTAGE)


def database_locked(world: World) -> None:
    with faults.locked_sqlite(world.database_file):
        check_process(world)
        time.sleep(OUTAGE)


def disk_full_during_saves(world: World) -> None:
    with world.disk.full():
        end = time.monotonic() + WELL_SECONDS
        while not any("503" in sight for clerk in world.saving for sight in list(clerk.sights.seen)):
            assert time.monotonic() < end, "a full disk is noticed"
            time.sleep(0.02)
        time.sleep(MOMENT)


def filled_workbook(world: World) -> bytes:
    bin_, kind = world.clerks[0].organisations[0]
    return workbook(world.order, YEAR, {kind: [row(world.order, world.clerks[0].body, bin_, clean(world.order, kind))]})


def disk_full_during_an_upload(world: World) -> None:
    data, uploads, files = filled_workbook(world), world.count(Upload), world.stored_files()
    with world.browser(world.clerks[0].email, "ru") as browser:
        with world.disk.full():
            answer = browser.upload("/workbook", {"mode": "overwrite"}, "book.xlsx", data)
            # On SQLite the database, on the same disk, may be the first to notice.
            assert answer.status in (503, 507), (answer.status, answer.title)
            assert world.postgresql is None or answer.title == language("ru").gettext(StoreFull.title), answer.title
        assert world.count(Upload) == uploads and world.stored_files() == files
        assert browser.upload("/workbook", {"mode": "overwrite"}, "book.xlsx", data).status in (302, 303)


def worker_killed(world: World) -> None:
    time.sleep(world.chance.random() * MOMENT)
    faults.kill_worker(world.site, world.chance)


def clock_set_back(world: World) -> None:
    with world.clock.wrong(-3600):
        world.await_saves(2)


def clock_ahead(world: World) -> None:
    with world.clock.wrong(3600):
        world.await_saves(2)


def redis_lost(world: World) -> None:
    with world.browser("reviewer@example.org") as reviewer:
        with world.redis.lost():
            with world.browser(world.clerks[1].email) as clerk:
                assert clerk.get("/bodies").status == 200
            answer = reviewer.post_form(f"/jobs/new/workbook/{YEAR}", {"language": "kk"})
            assert answer.status == 303, (answer.status, answer.text[:300])
            if WHOLE and not world.rounds:
                # Workers look into the table of jobs by themselves, once a minute.
                await_jobs(world, 90)
        assert reviewer.post_form(f"/jobs/new/workbook/{YEAR}", {"language": "kk"}).status == 303
    await_jobs(world, JOB_SECONDS)


def await_jobs(world: World, seconds: float) -> None:
    """Wait until every job with a person is done."""
    end = time.monotonic() + seconds
    while True:
        with world.app.app_context():
            waiting = db.session.query(Job.status).where(Job.account_id.is_not(None), Job.status != "done").all()
        if not waiting:
            return
        assert time.monotonic() < end, waiting
        time.sleep(0.1)


def mail_server_hanging(world: World) -> None:
    accepted, address = len(world.mail.accepted), "/account/new-password"
    started = time.monotonic()
    with world.browser(code="ru") as visitor:
        answer = visitor.post_form(address, {"email": world.clerks[world.rounds % CLERKS].email}, form=address)
    assert answer.status in (200, 302) and time.monotonic() - started < 10, "nobody waits for the mail server"
    end = time.monotonic() + WELL_SECONDS
    while not world.rounds and len(world.mail.accepted) == accepted:
        assert time.monotonic() < end, "a worker tries to send the mail"
        time.sleep(0.05)
    # A worker waits half a minute for each step of the mail server.
    while WHOLE and world.rounds == ROUNDS - 1 and MAIL_LOG not in world.site.logged():
        assert time.monotonic() < end, "the log says so"
        time.sleep(0.5)


def stored_file_missing(world: World) -> None:
    with world.browser(world.clerks[0].email, "ru") as clerk:
        assert clerk.get(world.evidence).status == 200
        (file,) = (path for path in world.stored_files() if path.read_bytes() == PDF)
        file.unlink()
        answer = clerk.get(world.evidence)
        assert answer.status == 410 and "администратор" in answer.text, (answer.status, answer.text[:300])
        file.write_bytes(PDF)
        assert clerk.get(world.evidence).status == 200


def half_an_upload(world: World) -> None:
    data, uploads, files = filled_workbook(world), world.count(Upload), world.stored_files()
    with world.browser(world.clerks[2].email) as browser:
        body, media_type = multipart({"mode": "overwrite", "csrf_token": browser.token}, "book.xlsx", data)
        faults.send_half(world.site.port, browser, "/workbook", body, media_type)
    check_process(world)
    time.sleep(0.3)
    assert world.count(Upload) == uploads and world.stored_files() == files


@dataclass(frozen=True)
class Fault:
    """A fault: how one round of it is injected, on which databases, and what the log says of it."""

    inject: Callable[[World], None]
    log: str = ""
    databases: tuple[str, ...] = ("sqlite", "postgresql")


MAIL_LOG = "The mail server does not accept"
FAULTS = (
    Fault(database_stopped, "The database cannot be used: ", ("postgresql",)),
    Fault(database_silent, "", ("postgresql",)),
    Fault(database_locked, "", ("sqlite",)),
    Fault(disk_full_during_saves, "The database cannot be used: .*(full|space)", ("sqlite",)),
    Fault(disk_full_during_an_upload, "(space left|is full)"),
    Fault(worker_killed, r"was sent SIGKILL|SIGKILL"),
    Fault(clock_set_back, "The clock is .* it was or is wrong"),
    Fault(clock_ahead, "The clock is .* it was or is wrong"),
    Fault(redis_lost, "The workers of background jobs were not woken"),
    Fault(mail_server_hanging, MAIL_LOG if WHOLE else ""),
    Fault(stored_file_missing, "The stored file .* is missing"),
    Fault(half_an_upload),
)
