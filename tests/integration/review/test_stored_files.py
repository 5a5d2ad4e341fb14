"""Limits of what people send in a day, the deletion of files that nothing needs, and the check of the others."""

import html
import os
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from evaluation import storage
from evaluation.answers.evidence import operations as evidence
from evaluation.audit.actions import AuditAction
from evaluation.audit.models import AuditEvent
from evaluation.clock import now
from evaluation.database import db
from evaluation.policy import Role, Viewer
from evaluation.quotas import queries
from evaluation.quotas.models import FileReceipt
from evaluation.quotas.operations import DAY, QuotaExceeded, store_file
from evaluation.registry.models import Body
from evaluation.settings import MEGABYTE
from evaluation.workbooks.upload import operations as uploads
from tests.integration.answers.test_evidence import A_PDF, attach, files_url, send_files
from tests.support.factories import workbook
from tests.support.scenario import YEAR, Scenario
from tests.support.settings import change_settings

SYSTEM = Viewer.system()


@pytest.fixture
def app(database_url: str, make_app: Callable[..., Flask], tmp_path: Path) -> Flask:
    return make_app(database_url, FILES_FOLDER=tmp_path / "files")


def age(app: Flask, **period: float) -> None:
    """Let all stored files be older."""
    for path in Path(app.config["FILES_FOLDER"]).rglob("*"):
        os.utime(path, (time.time() - timedelta(**period).total_seconds(),) * 2)


def hashes() -> set[str]:
    return {sha256 for sha256, _ in storage.list_files()}


def prune(app: Flask, *options: str) -> str:
    result = app.test_cli_runner().invoke(args=["files", "prune", "--lang", "ru", *options])
    assert result.exit_code == 0, result.output
    return result.output


def test_limits_of_a_day_by_account_and_by_body(scenario: Scenario) -> None:
    app, body = scenario.app, scenario.body_id
    change_settings(app, account_quota_megabytes=2, body_quota_megabytes=3)
    clerk, head, other = (scenario.viewer(role) for role in (Role.CLERK, Role.HEAD, Role.ADMINISTRATOR))
    with app.app_context():
        for number in range(2):
            store_file(clerk, bytes([number]) * MEGABYTE, body)
        before = hashes()
        with pytest.raises(QuotaExceeded, match="2 MB"):
            store_file(clerk, b"x", body)
        store_file(head, bytes([3]) * MEGABYTE, body)
        with pytest.raises(QuotaExceeded, match="3 MB of files of this body"):
            store_file(head, b"x", body)
        store_file(head, b"for no body")
        assert len(hashes()) == len(before) + 2, "a refused file is not stored"
        admin = scenario.viewer(Role.ADMINISTRATOR)
        assert queries.largest_senders(admin, "body_id", MEGABYTE, now() - DAY) == [(body, 3 * MEGABYTE)]
        assert queries.largest_senders(admin, "account_id", 2 * MEGABYTE, now() - DAY) == [(clerk.account_id, 2 * MEGABYTE)]
        # Yesterday's files do not count.
        db.session.query(FileReceipt).update({"at": now() - DAY - timedelta(minutes=1)})
        store_file(clerk, b"x", body)
        store_file(other, b"x")
        db.session.commit()


def test_a_file_beyond_the_limit_is_refused_beside_its_criterion(scenario: Scenario) -> None:
    change_settings(scenario.app, account_quota_megabytes=1, body_quota_megabytes=1)
    clerk = scenario.client(Role.CLERK)
    large = A_PDF.replace(b"%%EOF", b"%" + b"x" * MEGABYTE + b"\n%%EOF")
    response = send_files(clerk, scenario, ("act.pdf", A_PDF), ("large.pdf", large), script=True)
    assert response.status_code == 200 and response.json["rejected"]
    assert "limit of 1 MB" in response.json["html"] and "act.pdf" in response.json["html"]


def test_prune_deletes_what_nothing_needs(scenario: Scenario, order: object) -> None:
    app, clerk = scenario.app, scenario.viewer(Role.CLERK)
    data = [workbook(scenario.order, YEAR, {}) + bytes(number) for number in range(3)]
    with app.app_context():
        current_file, removed_file = attach(scenario), attach(scenario, A_PDF + b"\n%%EOF")
        current, discarded = (
            uploads.receive(clerk, content, "book.xlsx", "overwrite", app.extensions["orders"]) for content in data[:2]
        )
        hash_of = {
            "evidence": current_file.sha256,
            "removed": removed_file.sha256,
            "current": current.sha256,
            "gone": discarded.sha256,
        }
        preview = storage.store(b"a preview of the registry")
        uploads.discard(clerk, discarded)
        evidence.remove(clerk, YEAR, scenario.body_id, removed_file.organisation_id, removed_file.id)
        db.session.commit()
        everything = hashes()
    assert "0" in prune(app), "everything is younger than a day"
    age(app, hours=25)
    draft = Path(app.config["FILES_FOLDER"]) / "tmpabc"
    draft.write_bytes(b"half")
    with app.app_context():
        assert hashes() == everything == {*hash_of.values(), preview}
        report = prune(app, "--dry-run")
        assert "2" in report and hashes() == everything
        prune(app)
        assert everything - hashes() == {hash_of["gone"], preview}, "removed evidence stays for some days"
        event = db.session.query(AuditEvent).filter_by(action=AuditAction.FILES_PRUNED).one()
        assert event.data["files"] == 2 and draft.exists()
        change_settings(app, removed_file_days=-1)
        age(app, hours=25)
        prune(app)
        assert hashes() == {hash_of["evidence"], hash_of["current"]} and not draft.exists()
        prune(app)
        assert db.session.query(AuditEvent).filter_by(action=AuditAction.FILES_PRUNED).count() == 2, "the third found nothing"


def test_evidence_removed_after_a_submission_stays(scenario: Scenario) -> None:
    app, clerk = scenario.app, scenario.viewer(Role.CLERK)
    with app.app_context():
        file = attach(scenario)
        sha256 = file.sha256
        change_settings(app, removed_file_days=-1)
        # The year was submitted and returned: a reviewer has seen the file.
        from evaluation.audit.operations import NewEvent, append_events

        append_events(clerk, [NewEvent(AuditAction.SUBMITTED, YEAR, scenario.body_id)])
        db.session.commit()
        evidence.remove(clerk, YEAR, scenario.body_id, file.organisation_id, file.id)
        db.session.commit()
        age(app, days=400)
        prune(app)
        assert hashes() == {sha256}


def test_removed_evidence_that_a_reviewer_downloaded_stays(scenario: Scenario) -> None:
    """The year was never submitted."""
    app, clerk = scenario.app, scenario.viewer(Role.CLERK)
    with app.app_context():
        files = attach(scenario), attach(scenario, A_PDF + b"\n%%EOF")
        sha256 = files[0].sha256
        change_settings(app, removed_file_days=-1)
        evidence.record_download(scenario.viewer(Role.REVIEWER), files[0], scenario.body_id)
        for file in files:
            evidence.remove(clerk, YEAR, scenario.body_id, file.organisation_id, file.id)
        db.session.commit()
        age(app, days=400)
        prune(app)
        assert hashes() == {sha256}


def test_check_lists_missing_and_damaged_files(scenario: Scenario) -> None:
    app = scenario.app
    with app.app_context():
        good, missing, damaged = (attach(scenario, A_PDF + end) for end in (b"", b"\n%%EOF", b"\n\n%%EOF"))
        names = {file.sha256: f"evidence_file {file.id}" for file in (good, missing, damaged)}
        good_hash, missing_hash, damaged_hash = names
        db.session.commit()
    run = lambda: app.test_cli_runner().invoke(args=["files", "check", "--lang", "en"])  # noqa: E731
    assert run().exit_code == 0
    folder = Path(app.config["FILES_FOLDER"])
    (folder / missing_hash[:2] / missing_hash).unlink()
    (folder / damaged_hash[:2] / damaged_hash).write_bytes(b"other")
    result = run()
    assert result.exit_code == 1 and names[missing_hash] in result.stderr and names[damaged_hash] in result.stderr
    assert names[good_hash] not in result.stderr
    # The page of the report works, and the download says what is wrong.
    app.testing = False
    client = scenario.client(Role.CLERK)
    assert client.get(files_url(scenario).removesuffix("/files")).status_code == 200
    with app.app_context():
        id_ = int(names[missing_hash].rpartition(" ")[2])
    response = client.get(files_url(scenario, f"/{id_}"))
    assert response.status_code == 410 and "can be restored from a backup" in response.text


def test_administrators_see_who_nears_a_limit(scenario: Scenario) -> None:
    app = scenario.app
    change_settings(app, account_quota_megabytes=10, body_quota_megabytes=1, disk_reserve_megabytes=0)
    client = scenario.client(Role.ADMINISTRATOR)
    sentence = "MB of files in 24 hours, the limit is"
    assert sentence not in client.get("/people").text
    with app.app_context():
        store_file(scenario.viewer(Role.CLERK), b"x" * (MEGABYTE * 9 // 10), scenario.body_id)
        db.session.commit()
    text = client.get("/people").text
    assert text.count(sentence) == 1 and "left; below" not in text
    change_settings(app, account_quota_megabytes=1)
    with app.app_context():
        person, body = scenario.viewer(Role.CLERK).name, db.session.get_one(Body, scenario.body_id).name_kk
    text = html.unescape(client.get("/people").text)
    assert f"{person}: 0 {sentence}" in text and f"{body}: 0 {sentence}" in text
    with app.app_context():
        free = storage.file_store().free_bytes()
        assert free
    change_settings(app, disk_reserve_megabytes=free // MEGABYTE // 2)
    assert "left; below" in client.get("/people").text
