"""Files of accepted sheets have constant bytes, are verified, and differ from altered, superseded and forged ones."""

import hashlib
import io
import json
import random
import shutil
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import html5lib
import pytest
from flask import Flask
from pypdf import PdfReader, PdfWriter
from sqlalchemy import text
from werkzeug.test import TestResponse

from evaluation.audit.models import AuditEvent
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.language import language
from evaluation.policy import Role, Viewer
from evaluation.review import operations as review
from evaluation.review.integrity import discrepancies
from evaluation.review.models import Export
from evaluation.review.snapshot import FORMAT, code_of
from evaluation.review.verification.export_file import CANONICAL_FORMAT, RevisionNotIntact
from evaluation.review.verification.messages import MEANINGS, TITLES, describe_verdict
from evaluation.review.verification.model import Outcome, Subject
from evaluation.review.verification.operations import export_revision
from evaluation.review.verification.verify import verify, verify_code
from evaluation.sheets.writers import FORMATS
from evaluation.submissions.models import SheetRevision
from tests.support.accounts import token_of
from tests.support.html import parse
from tests.support.scenario import BODY, OTHER_BODY, SYSTEM, TODAY, YEAR, Scenario, two_kind_scenario

NOBODY = Viewer.nobody()
SHEET = f"/bodies/{BODY}/{YEAR}/sheet"
ALL_FORMATS = (*FORMATS, CANONICAL_FORMAT)
FAST_FORMATS = ("json", "xlsx", CANONICAL_FORMAT)
"""Formats that are written in milliseconds."""


def accept(scenario: Scenario, version: int) -> SheetRevision:
    """Submit and accept the first body's year, whose submission has this version."""
    review.submit(scenario.viewer(Role.HEAD), scenario.order, YEAR, scenario.body(), version, TODAY)
    revision = review.accept(scenario.viewer(Role.REVIEWER), YEAR, scenario.body(), version + 1, TODAY)
    db.session.commit()
    return revision


def reopen(scenario: Scenario, version: int) -> None:
    review.reopen(scenario.viewer(Role.REVIEWER), YEAR, scenario.bodies[BODY], version, "Қате табылды")
    db.session.commit()


def files_of(revision: SheetRevision, formats: Iterable[str] = ALL_FORMATS) -> dict[str, bytes]:
    files = {format_: export_revision(SYSTEM, revision, format_, "kk").content for format_ in formats}
    db.session.commit()
    return files


def outcomes(files: dict[str, bytes]) -> set[Outcome]:
    return {verify(NOBODY, data).outcome for data in files.values()}


@pytest.fixture
def app(sqlite_template: Path, tmp_path: Path, make_app: Callable[..., Flask]) -> Flask:
    """On SQLite: files do not depend on the database. Tests of stored data use `scenario_on_both_databases`."""
    shutil.copy(sqlite_template, tmp_path / "evaluation.db")
    return make_app(f"sqlite:///{tmp_path / 'evaluation.db'}")


@pytest.fixture
def scenario(app: Flask, order: Order) -> Scenario:
    return complete_scenario(app, order)


@pytest.fixture
def scenario_on_both_databases(database_url: str, make_app: Callable[..., Flask], order: Order) -> Scenario:
    return complete_scenario(make_app(database_url), order)


def complete_scenario(app: Flask, order: Order) -> Scenario:
    scenario = two_kind_scenario(app, order)
    with app.app_context():
        scenario.fill()
    return scenario


def test_a_file_is_in_force_reopened_and_superseded(scenario_on_both_databases: Scenario) -> None:
    """A file has the same bytes at every export and is stored once; its outcome follows the workflow of the year."""
    scenario = scenario_on_both_databases
    with scenario.app.app_context():
        first = accept(scenario, 0)
        files = files_of(first, FAST_FORMATS)
        assert files == files_of(first, FAST_FORMATS) and outcomes(files) == {Outcome.ACCEPTED}
        assert db.session.query(Export).count() == len(FAST_FORMATS) - 1
        events = [event for event in db.session.query(AuditEvent) if event.action == "file_exported"]
        assert len(events) == 2 * len(FAST_FORMATS)
        assert {event.data["sha256"] for event in events} == {hashlib.sha256(data).hexdigest() for data in files.values()}
        assert files[CANONICAL_FORMAT].decode() == first.content
        verified = verify(NOBODY, files["xlsx"]).verified_sheet
        assert verified and verified.sheet.low == json.loads(first.content)["points"]
        assert verify_code(NOBODY, first.code.lower()).outcome == Outcome.ACCEPTED
        assert verify_code(NOBODY, first.code, "2").outcome == Outcome.ALTERED
        assert verify_code(NOBODY, first.code, "1", "0" * 64).outcome == Outcome.ALTERED
        assert verify_code(NOBODY, "0" * 12).outcome == verify_code(NOBODY, "9" * 999).outcome == Outcome.UNKNOWN

        reopen(scenario, 2)
        assert outcomes(files) == {Outcome.REOPENED}
        second = accept(scenario, 3)
        assert outcomes(files) == {Outcome.SUPERSEDED} and verify_code(NOBODY, first.code).outcome == Outcome.SUPERSEDED
        assert outcomes(files_of(second, FAST_FORMATS)) == {Outcome.ACCEPTED} and files == files_of(first, FAST_FORMATS)
        assert verify(NOBODY, files["xlsx"] + b"\n").outcome == Outcome.ALTERED
        other_revision = files[CANONICAL_FORMAT].replace(b'"revision":1', b'"revision":2')
        assert verify(NOBODY, other_revision).outcome == Outcome.UNKNOWN, (
            "a person who has a revision does not learn the points of the next one"
        )
        reopen(scenario, 5)
        assert outcomes(files) == {Outcome.SUPERSEDED}


def test_altered_files_are_recognised_with_the_true_points(scenario: Scenario) -> None:
    """Files are altered by hand, by another program, or by one bit anywhere."""
    with scenario.app.app_context():
        revision = accept(scenario, 0)
        files = files_of(revision)
        kazakh = language("kk")
        altered = [rewritten(files["pdf"]), repacked(files["xlsx"]), repacked(files["docx"])]
        altered += [data[:-1] for data in files.values()]
        altered += [
            files["json"].replace(b'"points":', b'"points":1', 1),
            json.dumps(json.loads(files[CANONICAL_FORMAT]), indent=1).encode(),
        ]
        altered += [files[CANONICAL_FORMAT].replace(b'"points":', b'"points":1', 1)]
        for data in altered:
            verdict = verify(NOBODY, data)
            verified = verdict.verified_sheet
            assert verdict.outcome == Outcome.ALTERED and verified and verified.stamp.sha256 == revision.sha256
            text = describe_verdict(verdict, kazakh)
            assert text.total and text.total.points == str(verified.sheet.low)
            # A sheet with two exchanged rows has the same sums: every row is shown.
            rows = [(row.number, row.points) for table in text.tables for row in table.rows]
            applicable = [table for table in verified.sheet.tables if table.applicable]
            assert rows == [(row.row.number, str(row.low)) for table in applicable for row in table.scored_rows]
        chance = random.Random(4)
        for data in files.values():
            for _ in range(12):
                at = chance.randrange(len(data))
                changed = data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]
                assert verify(NOBODY, changed).outcome in (Outcome.ALTERED, Outcome.UNKNOWN)
        # Body, year and revision alone are not enough to learn about a sheet.
        guess = {"format": "assessment-sheet/1", "body": {"bin": BODY}, "revision": 1, "year": YEAR}
        assert verify(NOBODY, json.dumps(guess).encode()).outcome == Outcome.UNKNOWN


def rewritten(pdf: bytes) -> bytes:
    """The PDF as another program writes it: without its properties, with its text."""
    writer, out = PdfWriter(), io.BytesIO()
    for page in PdfReader(io.BytesIO(pdf)).pages:
        writer.add_page(page)
    writer.write(out)
    return out.getvalue()


def repacked(archive: bytes) -> bytes:
    """The workbook or document with its parts compressed again and a number changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"<v>2</v>", b"<v>3</v>"))
    return out.getvalue()


def test_hostile_files_get_a_clear_answer(app: Flask) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("docProps/core.xml", b"0" * 2**26)
    many_parts = io.BytesIO()
    with zipfile.ZipFile(many_parts, "w") as archive:
        for number in range(6000):
            archive.writestr(f"docProps/{number}", b"")
    loop = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 1 0 R/Kids[1 0 R]/Count 9>>endobj\ntrailer<</Root 1 0 R/Size 2>>\n%%EOF"
    endless = FORMAT.encode() + b'"body":{' * 2**20
    hostile = [
        endless,
        b"",
        b"%PDF-1.4",
        b"%PDF-1.7" + b"\xff" * 999,
        loop,
        b"PK\x03\x04",
        bomb.getvalue(),
        many_parts.getvalue(),
        b"[" * 200_000,
    ]
    with app.app_context():
        assert {verify(NOBODY, data).outcome for data in hostile} == {Outcome.UNKNOWN}
        large = verify(NOBODY, b"0" * (2**25 + 1))
        assert large.too_large and describe_verdict(large, language("ru")).sentences


def run_as_owner(app: Flask, statement: str, **values: object) -> None:
    """Run a statement as the owner of the database, without triggers."""
    with db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            triggers = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
            for name in triggers:
                connection.execute(text(f'DROP TRIGGER "{name}"'))
        else:
            connection.execute(text("SET session_replication_role = replica"))
        connection.execute(text(statement), values)
        connection.commit()
    db.session.expire_all()


def test_a_tampered_database_is_reported_as_damaged(scenario_on_both_databases: Scenario) -> None:
    """One statement at a time, reverted afterwards."""
    scenario = scenario_on_both_databases
    with scenario.app.app_context():
        first = accept(scenario, 0)
        files = files_of(first, FAST_FORMATS)
        reopen(scenario, 2)
        second = accept(scenario, 3)
        newest = files_of(second, FAST_FORMATS)["xlsx"]
        content, id_, code = first.content, first.id, first.code
        forged = newest + b"0"
        changed = content.replace('"points":', '"points":1', 1)
        run_as_owner(scenario.app, "UPDATE sheet_revision SET content = :content WHERE id = :id", content=changed, id=id_)
        assert outcomes(files) == {Outcome.DAMAGED} == {verify(NOBODY, changed.encode()).outcome}
        with pytest.raises(RevisionNotIntact):
            export_revision(SYSTEM, db.session.get_one(SheetRevision, id_), "json", "kk")
        same = hashlib.sha256(changed.encode()).hexdigest()
        forge = "UPDATE sheet_revision SET content = :content, sha256 = :sha, code = :code WHERE id = :id"
        run_as_owner(scenario.app, forge, content=changed, sha=same, code=code_of(same), id=id_)
        assert verify(NOBODY, changed.encode()).outcome == Outcome.DAMAGED
        assert verify_code(NOBODY, code).outcome == Outcome.DAMAGED
        run_as_owner(scenario.app, forge, content=content, sha=hashlib.sha256(content.encode()).hexdigest(), code=code, id=id_)
        assert outcomes(files) == {Outcome.SUPERSEDED}
        change_author = "UPDATE sheet_revision SET accepted_by = :by WHERE id = :id"
        run_as_owner(scenario.app, change_author, by="Басқа біреу", id=id_)
        assert outcomes(files) == {Outcome.DAMAGED} and {item.kind for item in discrepancies(SYSTEM)} == {"revision_altered"}
        run_as_owner(scenario.app, change_author, by="The reviewer", id=id_)
        change_body = "UPDATE sheet_revision SET body_id = :body WHERE id = :id"
        run_as_owner(scenario.app, change_body, body=scenario.bodies[OTHER_BODY], id=id_)
        with pytest.raises(RevisionNotIntact):
            export_revision(SYSTEM, db.session.get_one(SheetRevision, id_), "json", "kk")
        run_as_owner(scenario.app, change_body, body=scenario.bodies[BODY], id=id_)
        assert outcomes(files) == {Outcome.SUPERSEDED} and not list(discrepancies(SYSTEM))

        change_revision = "UPDATE submission SET revision_id = :id"
        run_as_owner(scenario.app, change_revision + ", status = 'reopened', accepted_id = NULL, reason = 'x'", id=None)
        assert verify(NOBODY, newest).outcome == Outcome.DAMAGED
        restored = ", status = 'accepted', accepted_id = :reviewer"
        run_as_owner(scenario.app, change_revision + restored, id=second.id, reviewer=scenario.accounts[Role.REVIEWER])
        assert verify(NOBODY, newest).outcome == Outcome.ACCEPTED

        change_hash = "UPDATE export SET sha256 = :new WHERE sha256 = :old"
        old, new = (hashlib.sha256(data).hexdigest() for data in (newest, forged))
        run_as_owner(scenario.app, change_hash, old=old, new=new)
        assert verify(NOBODY, forged).outcome == Outcome.DAMAGED
        run_as_owner(scenario.app, change_hash, old=new, new=old)
        event = db.session.query(AuditEvent).filter_by(action="accepted").order_by(AuditEvent.id).first()
        assert event
        run_as_owner(scenario.app, "UPDATE audit_event SET actor = 'x' WHERE id = :id", id=event.id)
        assert outcomes(files) == {Outcome.DAMAGED}


def valid(response: TestResponse) -> str:
    """The text of a page, which must be valid HTML without inline styles and scripts."""
    html5lib.HTMLParser(strict=True).parse(response.text)
    assert " style=" not in response.text and not parse(response).select("script:not([src])")
    return response.text


def test_anybody_can_verify_by_page_and_command(scenario: Scenario, tmp_path: Path) -> None:
    client = scenario.app.test_client()
    client.set_cookie("language", "en")
    with scenario.app.app_context():
        revision = accept(scenario, 0)
        files, code, sha256, low = (
            files_of(revision, ["json"]),
            revision.code,
            revision.sha256,
            json.loads(revision.content)["points"],
        )
        revision_content = revision.content
    page = client.get(f"/verify?code={code}&revision=1&sha256={sha256}")
    assert valid(page) and valid(client.get("/verify"))
    assert page.status_code == 200 and TITLES[Outcome.ACCEPTED, Subject.CODE] in page.text and BODY in page.text
    shown = [[cell.get_text() for cell in line.select("th, td")] for line in parse(page).select(".verified-points tr")]
    rows = [row for table in json.loads(revision_content)["tables"] for row in table["rows"]]
    assert [(line[0], line[2]) for line in shown if len(line) == 4 and line[0][:1].isdigit()] == [
        (row["number"], str(row["points"])) for row in rows
    ]
    assert shown[-1][2] == str(low) and "Первый" not in page.text
    assert TITLES[Outcome.UNKNOWN, Subject.CODE] in client.get("/verify?code=%01O0O0").text

    def sent(data: bytes) -> str:
        form = {"file": (io.BytesIO(data), "sheet.json"), "csrf_token": token_of(client, "/verify")}
        return valid(client.post("/verify", data=form, content_type="multipart/form-data"))

    altered = files["json"] + b"0"
    assert TITLES[Outcome.ACCEPTED, Subject.FILE] in sent(files["json"])
    assert MEANINGS[Outcome.ALTERED, Subject.FILE].replace("'", "&#39;") in sent(altered)
    assert client.post("/verify", data={"csrf_token": token_of(client, "/verify")}).status_code == 422

    paths = [tmp_path / name for name in ("good.json", "bad.json")]
    for path, data in zip(paths, (files["json"], altered), strict=True):
        path.write_bytes(data)
    run = scenario.app.test_cli_runner().invoke
    result = run(args=["verify", str(paths[0]), "--lang", "en"])
    assert result.exit_code == 0 and TITLES[Outcome.ACCEPTED, Subject.FILE] in result.output and code[:4] in result.output
    assert run(args=["verify", *map(str, paths)]).exit_code == 1
    with scenario.app.app_context():
        reopen(scenario, 2)
    assert run(args=["verify", str(paths[0])]).exit_code == 2


def test_pages_and_commands_export_the_accepted_sheet(scenario: Scenario, tmp_path: Path) -> None:
    """An accepted year exports its revision, a reopened one the draft; earlier revisions on request; all exports are recorded."""
    reviewer = scenario.client("reviewer")
    before = reviewer.get(f"{SHEET}.json").get_json()
    assert "verification" not in before and reviewer.get(f"{SHEET}.{CANONICAL_FORMAT}").status_code == 404
    assert "Draft: the sheet has not been accepted" in reviewer.get(f"{SHEET}?lang=kk").text
    with scenario.app.app_context():
        revision = accept(scenario, 0)
        raw_code, content, sha256 = code_of(revision.sha256), revision.content, revision.sha256
        code = "-".join(raw_code[start : start + 4] for start in (0, 4, 8))
    page = valid(reviewer.get(SHEET))
    assert code in page and 'class="qr" role="img"' in page and "Accepted and in force: revision 1" in page
    accepted = reviewer.get(f"{SHEET}.json").get_json()
    assert accepted.pop("verification") == {"code": code, "revision": 1, "sha256": sha256} and accepted == before
    assert reviewer.get(f"{SHEET}.{CANONICAL_FORMAT}").text == content
    pdf = reviewer.get(f"{SHEET}.pdf?lang=kk")
    assert "-r1-kk.pdf" in pdf.headers["Content-Disposition"]
    form = reviewer.get(f"{SHEET}.pdf?lang=kk&form_only=1")
    assert "-r1-nysan-kk.pdf" in form.headers["Content-Disposition"] and form.data != pdf.data
    with scenario.app.app_context():
        recorded = [event for event in db.session.query(AuditEvent).order_by(AuditEvent.id) if event.action == "file_exported"]
        assert [(event.data["format"], event.data["revision"]) for event in recorded] == [
            ("json", None),
            ("json", 1),
            (CANONICAL_FORMAT, 1),
            ("pdf", 1),
            ("pdf", 1),
        ]
        assert [event.data.get("form_only") for event in recorded][-2:] == [None, True]
        assert verify(NOBODY, pdf.data).outcome == verify(NOBODY, form.data).outcome == Outcome.ACCEPTED
        reopen(scenario, 2)
    assert code not in reviewer.get(f"{SHEET}?lang=ru").text.replace("revision=1", "")
    assert "verification" not in reviewer.get(f"{SHEET}.json").get_json()
    earlier = valid(reviewer.get(f"{SHEET}?revision=1&lang=kk%2Bru"))
    assert code in earlier and "Revision 1, no longer in force" in earlier
    assert reviewer.get(f"{SHEET}.pdf?lang=kk&revision=1").data == pdf.data
    for invalid in ("2", "0", "x", "²", "9" * 30):
        assert reviewer.get(f"{SHEET}?revision={invalid}").status_code == 404

    run, arguments = scenario.app.test_cli_runner().invoke, ["sheet", "--body", BODY, "--year", str(YEAR), "--out", str(tmp_path)]
    assert (
        run(args=[*arguments, "--revision", "1"]).exit_code == 0
        and (tmp_path / f"bagalau-paragy-{YEAR}-{BODY}-r1-kk.pdf").exists()
    )
    assert next(tmp_path.glob("*-r1-kk.pdf")).read_bytes() == pdf.data
    assert run(args=[*arguments, "--revision", "1", "--form-only"]).exit_code == 0
    assert next(tmp_path.glob("*-r1-nysan-kk.pdf")).read_bytes() == form.data
    assert (
        run(args=[*arguments, "--revision", "2"]).exit_code == 1
        and run(args=[*arguments, "--format", CANONICAL_FORMAT]).exit_code == 1
    )
    assert run(args=[*arguments, "--revision", "1", "--draft"]).exit_code == 1 and run(args=arguments).exit_code == 0
    with scenario.app.app_context():
        accept(scenario, 3)
    archive = tmp_path / "all.zip"
    for options, name in (((), f"{BODY}-r2-kk.pdf"), (("--draft",), f"{BODY}-kk.pdf")):
        assert run(args=["sheets", "--year", str(YEAR), "--out", str(archive), "--workers", "1", *options]).exit_code == 0
        with zipfile.ZipFile(archive) as packed:
            named = f"bagalau-paragy-{YEAR}-{name}"
            assert named in packed.namelist() and len(packed.namelist()) == 3
            with scenario.app.app_context():
                outcome = verify(NOBODY, packed.read(named)).outcome
            assert outcome == (Outcome.UNKNOWN if options else Outcome.ACCEPTED)


def test_verification_is_rate_limited(app: Flask, make_app: Callable[..., Flask]) -> None:
    """Requests that only show the forms do not count."""
    client = make_app(app.config["DATABASE_URL"], VERIFY_LIMIT="1 per hour").test_client()
    statuses = [
        client.get(url).status_code for url in ("/verify", "/verify?code=", "/verify?code=1", "/verify?code=1", "/verify")
    ]
    assert statuses == [200, 200, 200, 429, 200]
