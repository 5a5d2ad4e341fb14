"""Background jobs in one process: life of a job, its parts, errors, cancelling, leases, files and what is removed."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from evaluation.accounts.models import Account
from evaluation.accounts.queries import viewer_of
from evaluation.clock import now
from evaluation.configuration import configuration
from evaluation.database import after_commit, db
from evaluation.jobs import files, kinds, lease, operations, queries, worker
from evaluation.jobs.kinds import JobKind, JobRun
from evaluation.jobs.lease import Lease, LeaseLost
from evaluation.jobs.models import Job, JobPart
from evaluation.notifications.models import Notification
from evaluation.policy import Action, Forbidden, Viewer
from evaluation.settings import load_settings
from tests.integration.jobs.kinds import ALL, DIVIDED, FAILING, REVIEWING, SINGLE, content_of
from tests.support.accounts import make_account

SYSTEM = Viewer.system()


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    kinds.register(ALL)
    yield
    for kind in ALL:
        kinds.KINDS.pop(kind.code, None)


@pytest.fixture
def idle(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The app whose queue wakes nobody: the test is the worker."""
    monkeypatch.setattr(app.extensions["jobs"], "wake", lambda: None)
    with app.app_context():
        info: dict[str, Any] = db.sessionmaker.kw["info"]
        object.__setattr__(info["configuration"], "wake_workers", lambda: None)
    return app


def person(app: Flask, role: str = "observer") -> Viewer:
    email = make_account(app, role)
    with app.app_context():
        return viewer_of(db.session.query(Account).filter_by(email=email).one())


def start(app: Flask, viewer: Viewer, kind: JobKind, **parameters: Any) -> int:
    with app.app_context():
        id_ = operations.start_job(viewer, kind, parameters, "ru").id
        db.session.commit()
        return id_


def stored(job_id: int) -> Job:
    db.session.expire_all()
    job = db.session.get(Job, job_id)
    assert job is not None
    return job


def test_a_job_runs_after_the_commit_and_its_person_is_notified(app: Flask) -> None:
    viewer = person(app)
    with app.app_context():
        job = operations.start_job(viewer, SINGLE, {})
        assert job.status == "waiting"
        db.session.rollback()
        assert db.session.query(Job).count() == 0
    id_ = start(app, viewer, SINGLE)
    with app.app_context():
        job = stored(id_)
        assert (job.status, job.file_name, job.file_size) == ("done", "greeting.txt", len("Hello, The observer"))
        assert job.started_at and job.ended_at
        assert content_of(id_).decode() == "Hello, The observer"
        assert [path.name for path in files.job_folder(id_).iterdir()] == ["file"]
        notification = db.session.query(Notification).one()
        assert (notification.account_id, notification.job_id, notification.data["status"]) == (viewer.account_id, id_, "done")


def test_parts_are_joined_in_their_order(app: Flask) -> None:
    id_ = start(app, person(app), DIVIDED, parts=30)
    with app.app_context():
        assert content_of(id_).decode() == "".join(f"part {number}\n" for number in range(30))
        view = queries.system_job(SYSTEM, id_)
        assert view is None, "the job belongs to a person"
        assert db.session.query(JobPart).filter(JobPart.status != "done").count() == 0
        assert [path.name for path in files.job_folder(id_).iterdir()] == ["file"]


@pytest.mark.parametrize("is_expected", [True, False])
def test_an_error_ends_the_job_with_a_message(app: Flask, is_expected: bool) -> None:
    viewer = person(app)
    id_ = start(app, viewer, FAILING, is_expected=is_expected)
    with app.app_context():
        job = stored(id_)
        assert job.status == "failed" and job.failure is not None and job.file_name is None
        assert job.failure["values"] == ({"year": 2024} if is_expected else {})
        assert db.session.query(Notification).one().data["status"] == "failed"


def test_only_who_started_a_job_may_see_it(app: Flask) -> None:
    viewer, other, administrator = person(app), person(app), person(app, "administrator")
    id_ = start(app, viewer, SINGLE)
    with app.app_context():
        assert queries.job(viewer, id_) and [view.job.id for view in queries.jobs(viewer).items] == [id_]
        for stranger in (other, administrator, SYSTEM):
            assert queries.job(stranger, id_) is None and not queries.jobs(stranger).items
            with pytest.raises(Forbidden):
                operations.cancel(stranger, id_)


def test_a_job_runs_with_the_rights_of_now(idle: Flask) -> None:
    viewer = person(idle, "reviewer")
    with idle.app_context(), pytest.raises(Forbidden):
        operations.start_job(person(idle), REVIEWING, {})
    id_ = start(idle, viewer, REVIEWING)
    with idle.app_context():
        db.session.get(Account, viewer.account_id).active = False  # type: ignore[union-attr]
        db.session.commit()
        worker.run_parts()
        assert stored(id_).status == "failed" and not db.session.query(Notification).count()


def test_a_cancelled_job_stops_at_its_next_step(idle: Flask) -> None:
    viewer = person(idle)
    waiting, divided = start(idle, viewer, SINGLE), start(idle, viewer, DIVIDED, parts=3)
    with idle.app_context():
        operations.cancel(viewer, waiting)
        db.session.commit()
        assert worker.run_parts(waiting) == 0 and stored(waiting).status == "cancelled"
        assert worker.run_parts(divided, max_parts=2) == 2
        current = lease.take_part("w", divided)
        assert current is not None and files.job_folder(divided).joinpath("part-1").exists()
        operations.cancel(viewer, divided)
        db.session.commit()
        worker.run_part(current)
        assert worker.run_parts() == 0 and stored(divided).status == "cancelled"
        assert not list(files.job_folder(divided).iterdir())
        operations.cancel(viewer, divided)


def test_a_part_of_a_cancelled_job_has_no_file(idle: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    viewer = person(idle)
    id_ = start(idle, viewer, DIVIDED, parts=2)

    def run_while_cancelled(run: JobRun) -> None:
        run.part_file.write_text("part")
        with idle.app_context():
            operations.cancel(viewer, run.job_id)
            db.session.commit()

    with idle.app_context():
        assert worker.run_parts(id_, max_parts=1) == 1
        monkeypatch.setitem(kinds.KINDS, DIVIDED.code, replace(DIVIDED, run=run_while_cancelled))
        assert worker.run_parts(id_) == 1 and stored(id_).status == "cancelled"
        assert not list(files.job_folder(id_).iterdir())


def test_a_failing_task_after_the_commit_neither_fails_the_commit_nor_stops_the_others(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    done: list[int] = []
    with app.app_context():
        after_commit(lambda: done.append(1 // 0))
        after_commit(lambda: done.append(1))
        db.session.execute(select(Job.id))
        db.session.commit()
    assert done == [1] and "ZeroDivisionError" in caplog.text


def test_the_bodies_of_a_job_are_those_of_its_start(idle: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    viewer, seen = person(idle), []
    kind = replace(SINGLE, run=lambda run: seen.append(run.viewer.bodies))
    monkeypatch.setitem(kinds.KINDS, SINGLE.code, kind)
    for bodies in (None, frozenset({7, 3})):
        id_ = start(idle, replace(viewer, bodies=bodies), kind)
        with idle.app_context():
            assert stored(id_).bodies == (sorted(bodies) if bodies else None)
            worker.run_parts()
    assert seen == [None, {3, 7}]


def test_a_part_of_a_dead_worker_is_taken_up_once(idle: Flask) -> None:
    id_ = start(idle, person(idle), SINGLE)
    with idle.app_context():
        dead = lease.take_part("dead")
        assert dead == Lease(id_, 0, "dead") and lease.take_part("other") is None
        expire(dead)
        living = lease.take_part("living")
        assert living == Lease(id_, 0, "living") and lease.take_part("other") is None
        with pytest.raises(LeaseLost):
            lease.store_progress(dead, 1, 2)
        # A worker that was only believed dead stores nothing.
        worker.run_part(dead)
        assert stored(id_).status == "running" and not files.job_folder(id_).joinpath("file").exists()
        worker.run_part(living)
        assert stored(id_).status == "done"
        worker.run_part(living)
        assert db.session.query(Notification).count() == 1


def test_a_part_that_kills_its_workers_ends_its_job(idle: Flask) -> None:
    id_ = start(idle, person(idle), SINGLE)
    with idle.app_context():
        for name in ("first", "second"):
            taken = lease.take_part(name)
            assert taken is not None
            expire(taken)
        assert worker.run_parts() == 1
        assert stored(id_).status == "failed" and db.session.query(Notification).one().data["status"] == "failed"


def test_an_interrupted_worker_releases_its_part(idle: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    id_ = start(idle, person(idle), SINGLE)
    with idle.app_context():

        def interrupt(_: Any) -> None:
            raise KeyboardInterrupt

        for _ in range(worker.MAX_ATTEMPTS + 1):
            taken = lease.take_part("stopped", id_)
            assert taken is not None
            with monkeypatch.context() as patch:
                patch.setattr(worker, "_run", interrupt)
                with pytest.raises(KeyboardInterrupt):
                    worker.run_part(taken)
        assert worker.run_parts() == 1 and stored(id_).status == "done"


def test_a_lease_is_extended_while_its_part_runs(database_url: str, make_app: Callable[..., Flask]) -> None:
    app = make_app(database_url, JOB_LEASE_SECONDS=1, JOB_QUEUE_URL="")
    id_ = start(app, person(app), SINGLE, sleep=3.5)
    with app.app_context():
        taken = lease.take_part("slow")
        assert taken is not None
        others: list[Lease | None] = []

        def look(*_: Any) -> None:
            others.append(lease.take_part("other"))

        worker.run_part(taken)
        look()
        assert others == [None] and stored(id_).status == "done"


def test_jobs_of_the_product_wait_once(idle: Flask) -> None:
    with idle.app_context():
        for _ in range(3):
            operations.start_after_commit(SINGLE)
            operations.start_after_commit(SINGLE)
            db.session.commit()
        assert db.session.query(Job).count() == 1
        assert worker.run_parts() == 1
        operations.start_after_commit(SINGLE)
        db.session.rollback()
        db.session.commit()
        assert db.session.query(Job).count() == 1 and not db.session.query(Notification).count()


def test_files_and_jobs_of_the_product_are_removed_after_some_days(app: Flask) -> None:
    viewer = person(app)
    old, recent, product = start(app, viewer, SINGLE), start(app, viewer, SINGLE), start(app, SYSTEM, SINGLE)
    with app.app_context():
        days = configuration().settings.job_file_days
        for id_ in (old, product):
            stored(id_).ended_at = now() - timedelta(days=days, minutes=1)
            db.session.commit()
        operations.remove_expired(SYSTEM)
        db.session.commit()
        assert db.session.get(Job, product) is None and not files.job_folder(product).exists()
        assert stored(old).file_name is None and not files.job_folder(old).exists()
        assert stored(recent).file_name and content_of(recent)


def test_what_is_urgent_goes_first(idle: Flask) -> None:
    viewer = person(idle)
    slow = start(idle, viewer, SINGLE)
    urgent = JobKind("test_urgent", "Urgent", Action.VIEW, lambda run: None, urgent=True)
    fast = start(idle, viewer, urgent)
    with idle.app_context():
        assert [id_ for id_, _ in queries.free_parts(SYSTEM, now())] == [fast, slow]


def test_work_with_a_lost_message_is_done(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    queue, viewer, due = app.extensions["jobs"], person(app), [True]
    periodic = JobKind("test_single", "Due", Action.VIEW, lambda run: due.clear(), is_due=lambda: bool(due))
    with monkeypatch.context() as patch:
        # The queue cannot be reached: the request succeeds all the same.
        patch.setattr(queue, "_open", lambda: 1 / 0)
        id_ = start(app, viewer, DIVIDED, parts=2)
    with app.app_context():
        assert stored(id_).status == "waiting"
    monkeypatch.setitem(kinds.KINDS, "test_single", periodic)
    queue._look_for_work()
    with app.app_context():
        assert stored(id_).status == "done" and not due
        assert {job.status for job in db.session.query(Job)} == {"done"}


def test_a_queue_on_redis_that_cannot_be_reached_stops_no_request(
    database_url: str, make_app: Callable[..., Flask], caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app(database_url, JOB_QUEUE_URL="redis://127.0.0.1:1/0")
    id_ = start(app, person(app), SINGLE)
    with app.app_context():
        assert stored(id_).status == "waiting" and "not woken" in caplog.text
    with pytest.raises(SystemExit):
        make_app(database_url, JOB_QUEUE_URL="amqp://localhost")


def test_a_worker_process_has_the_settings_of_its_server(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with app.app_context():
        settings = configuration().settings
    for name, value in settings.environment.items():
        monkeypatch.setenv(name, value)
    assert load_settings() == settings


def expire(taken: Lease) -> None:
    part = db.session.get(JobPart, (taken.job_id, taken.number))
    assert part is not None
    part.leased_until = now() - timedelta(seconds=1)
    db.session.commit()
