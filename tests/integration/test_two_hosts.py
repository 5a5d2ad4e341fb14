"""Two servers that share nothing but the database and the store of files serve each other's files."""

import io
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from evaluation.accounts.models import Account
from evaluation.accounts.queries import viewer_of
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.jobs import kinds, operations, worker
from evaluation.jobs.models import Job
from evaluation.policy import Role
from tests.integration.answers.test_evidence import A_PDF, criterion, files_url, send_files
from tests.integration.jobs.kinds import DIVIDED
from tests.support.accounts import token_of
from tests.support.factories import clean, row, workbook
from tests.support.html import find
from tests.support.object_server import ObjectServer
from tests.support.scenario import BODY, YEAR, Scenario, two_kind_scenario

PARTS = 4
Hosts = tuple[Flask, Flask]


@pytest.fixture
def hosts(
    database_url: str,
    make_app: Callable[..., Flask],
    tmp_path: Path,
    object_server: ObjectServer,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Hosts]:
    """Two applications, each with folders of its own; the test is the worker of both."""
    url = object_server.url(uuid.uuid4().hex)
    apps = []
    for name in ("first", "second"):
        folders = {folder: tmp_path / name / folder.lower() for folder in ("INSTANCE", "JOB_FOLDER", "FILES_FOLDER")}
        app = make_app(database_url, FILES_URL=url, AUDIT_KEY="the record of the tests", **folders)
        monkeypatch.setattr(app.extensions["jobs"], "wake", lambda: None)
        with app.app_context():
            object.__setattr__(db.sessionmaker.kw["info"]["configuration"], "wake_workers", lambda: None)
        apps.append(app)
    kinds.register([DIVIDED])
    yield apps[0], apps[1]
    kinds.KINDS.pop(DIVIDED.code, None)


@pytest.fixture
def scenario(hosts: Hosts, order: Order) -> Scenario:
    return two_kind_scenario(hosts[0], order)


def same_person(client: FlaskClient, app: Flask) -> FlaskClient:
    """Return a client of another server with the cookies of this one, as behind a reverse proxy."""
    other = app.test_client()
    for cookie in client._cookies.values():  # type: ignore[union-attr]
        other.set_cookie(cookie.key, cookie.value)
    return other


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_evidence_and_workbooks_of_one_server_are_used_by_the_other(hosts: Hosts, scenario: Scenario, order: Order) -> None:
    first = scenario.client(Role.CLERK)
    second = same_person(first, hosts[1])
    assert send_files(first, scenario, ("act.pdf", A_PDF)).status_code == 303
    report = second.get(files_url(scenario).removesuffix("/files"))
    assert second.get(find(report, f"#files-{criterion(scenario)} a")["href"]).data == A_PDF
    kind, bin_ = scenario.kinds[0], scenario.organisation_bins[0]
    data = workbook(order, YEAR, {kind: [row(order, BODY, bin_, clean(order, kind))]})
    form = {"mode": "overwrite", "csrf_token": token_of(first, "/workbook"), "file": (io.BytesIO(data), "book.xlsx")}
    upload = first.post("/workbook", data=form, content_type="multipart/form-data").location
    for client in (first, second):
        page = client.get(upload)
        assert page.status_code == 200 and "book.xlsx" in page.text


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_servers_share_a_job_and_both_serve_its_file(hosts: Hosts, scenario: Scenario) -> None:
    first = scenario.client(Role.OBSERVER)
    with hosts[0].app_context():
        viewer = viewer_of(db.session.query(Account).order_by(Account.id.desc()).limit(1).one())
        id_ = operations.start_job(viewer, DIVIDED, {"parts": PARTS}, "ru").id
        db.session.commit()
    for number in range(PARTS + 2):
        with hosts[number % 2].app_context():
            assert worker.run_parts(id_, max_parts=1) == 1
    expected = "".join(f"part {number}\n" for number in range(PARTS))
    for client in (first, same_person(first, hosts[1])):
        assert client.get(f"/jobs/{id_}/file", buffered=True).text == expected
    with hosts[1].app_context():
        job = db.session.get(Job, id_)
        assert job is not None and job.file_size == len(expected)
    left = [path for app in hosts for path in Path(app.config["JOB_FOLDER"]).rglob("*") if path.is_file()]
    assert not left, "neither server keeps files of its own"
