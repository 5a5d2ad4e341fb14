"""Real worker processes: they share the parts of a job, survive kill -9, and end with the process that started them."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from flask import Flask

from evaluation.accounts.models import Account
from evaluation.accounts.queries import viewer_of
from evaluation.database import db
from evaluation.jobs import kinds, operations
from evaluation.jobs.models import Job, JobPart
from evaluation.notifications.models import Notification
from tests.integration.jobs.kinds import ALL, DIVIDED, content_of
from tests.support.accounts import make_account
from tests.support.paths import ROOT
from tests.support.server import free_port

PARTS = 12
LEASE_SECONDS = 2


@pytest.fixture
def app(database_url: str, make_app: Callable[..., Flask], tmp_path: Path) -> Iterator[Flask]:
    kinds.register(ALL)
    yield make_app(database_url, JOB_QUEUE_URL="", JOB_FOLDER=tmp_path / "jobs", JOB_LEASE_SECONDS=LEASE_SECONDS)
    for kind in ALL:
        kinds.KINDS.pop(kind.code, None)


@pytest.fixture
def consumer(app: Flask) -> "Iterator[subprocess.Popen[bytes]]":
    """The command `flask jobs work` with the kinds of the tests."""
    with running_consumer(app) as process:
        yield process


@contextmanager
def running_consumer(app: Flask, **variables: str) -> "Iterator[subprocess.Popen[bytes]]":
    """Run `flask jobs work` with the settings of the app and these ones until the block ends."""
    with app.app_context():
        settings = db.sessionmaker.kw["info"]["configuration"].settings
    command = [sys.executable, "-m", "flask", "--app", "tests.integration.jobs.worker_app", "jobs", "work", "--workers", "2"]
    environment = os.environ | settings.environment | variables
    process = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def start(app: Flask, log: Path, **parameters: Any) -> int:
    email = make_account(app, "observer")
    with app.app_context():
        viewer = viewer_of(db.session.query(Account).filter_by(email=email).one())
        job = operations.start_job(viewer, DIVIDED, {"parts": PARTS, "log": str(log), **parameters})
        db.session.commit()
        return job.id


def wait_for(app: Flask, condition: Callable[[], Any], seconds: float = 60) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with app.app_context():
            if result := condition():
                return result
        time.sleep(0.05)
    raise AssertionError("it did not happen in time")


def running_parts() -> list[tuple[int, int]]:
    """(process, part) of the parts that run."""
    rows = db.session.query(JobPart.worker, JobPart.number).filter(JobPart.status == "running", JobPart.stage == "run")
    return [(int(str(worker).partition("-")[0]), number) for worker, number in rows]


def children(process_id: int) -> set[int]:
    listed = subprocess.run(["pgrep", "-P", str(process_id)], capture_output=True, text=True, check=False).stdout
    return {int(line) for line in listed.split()}


def test_a_killed_workers_part_is_taken_up_once(app: Flask, consumer: "subprocess.Popen[bytes]", tmp_path: Path) -> None:
    log = tmp_path / "log"
    id_ = start(app, log, sleep=0.4)
    # Two workers share the parts; one of them is killed in the middle of a part.
    both = wait_for(app, lambda: parts if len(parts := running_parts()) == 2 else None)
    assert len({process_id for process_id, _ in both}) == 2
    os.kill(both[0][0], signal.SIGKILL)
    wait_for(app, lambda: job.status == "done" if (job := db.session.get(Job, id_)) else False)
    lines = Counter(log.read_text().split("\n"))
    killed = f"begin {both[0][1] - 1}"
    begun = {line: count for line, count in lines.items() if line.startswith("begin")}
    assert begun.pop(killed) == 2 and set(begun.values()) == {1} and len(begun) == PARTS - 1
    assert all(lines[f"end {number}"] == 1 for number in range(PARTS)) and lines["join"] == 1
    with app.app_context():
        assert content_of(id_).decode() == "".join(f"part {number}\n" for number in range(PARTS))
        assert db.session.query(Notification).count() == 1
        attempts = Counter(count for (count,) in db.session.query(JobPart.attempts))
        assert attempts == {1: PARTS + 1, 2: 1}
    # The killed process was replaced. When the one that started them dies, all end.
    wait_for(app, lambda: len(children(consumer.pid)) == 3)
    started = children(consumer.pid)
    consumer.kill()
    wait_for(app, lambda: not any(Path(f"/proc/{process_id}").exists() for process_id in started), 20)


def test_a_stopped_worker_releases_its_part(app: Flask, consumer: "subprocess.Popen[bytes]", tmp_path: Path) -> None:
    id_ = start(app, tmp_path / "log", sleep=1)
    wait_for(app, running_parts)
    consumer.terminate()
    assert consumer.wait(30) == 0
    with app.app_context():
        assert not running_parts()
        job = db.session.get(Job, id_)
        assert job is not None and job.status == "running"
        assert {count for (count,) in db.session.query(JobPart.attempts).filter(JobPart.status == "waiting")} == {0}


def test_workers_without_a_server_have_metrics(app: Flask, tmp_path: Path) -> None:
    port = free_port()

    def metrics() -> str:
        with suppress(URLError, ConnectionError), urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as response:
            return str(response.read().decode())
        return ""

    start(app, tmp_path / "log", sleep=0)
    with running_consumer(app, METRICS_BIND=f"127.0.0.1:{port}") as process:
        ended = f'evaluation_jobs_ended_total{{kind="{DIVIDED.code}",status="done"}} 1.0'
        wait_for(app, lambda: ended in metrics())
        process.terminate()
        assert process.wait(60) == 0 and not metrics()
