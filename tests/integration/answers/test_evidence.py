"""Evidence files: detection of their type, storage by hash, permissions of people of the body and of its reviewer, pages."""

import io
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from werkzeug.datastructures import MultiDict

from evaluation import storage as files
from evaluation.answers.evidence import operations, queries
from evaluation.answers.evidence.content import JPEG, PDF, PNG, XLSX, EvidenceRejected, clean_name, detect_file_type
from evaluation.answers.evidence.picture_check import MAX_PIXELS
from evaluation.answers.models import EvidenceFile
from evaluation.answers.save import UnknownCell
from evaluation.audit import queries as audit
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.policy import Forbidden, Role, Viewer
from evaluation.review.operations import submit
from evaluation.submissions.locks import Locked
from tests.support.accounts import token_of
from tests.support.factories import A_PDF, workbook
from tests.support.html import find
from tests.support.scenario import BODY, OTHER_BODY, TODAY, YEAR, Scenario, first_indicator, stored_values, two_kind_scenario
from tests.support.settings import change_settings


def picture(format_: str, size: tuple[int, int] = (60, 40), colour: int = 0) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (colour, 90, 160)).save(out, format_)
    return out.getvalue()


def a_workbook(order: Order) -> bytes:
    return workbook(order, YEAR, {})


def with_macros(order: Order) -> bytes:
    out = io.BytesIO(a_workbook(order))
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"macro")
    return out.getvalue()


def zip_of(name: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, "x")
    return out.getvalue()


def huge_png() -> bytes:
    """A picture of few bytes whose header declares more pixels than the limit."""
    side = int(MAX_PIXELS**0.5) + 10

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")


@pytest.fixture
def scenario(app: Flask, order: Order, tmp_path: Path, store_url: str) -> Scenario:
    change_settings(app, files_folder=tmp_path / "files", files_url=store_url)
    return two_kind_scenario(app, order)


def criterion(scenario: Scenario) -> str:
    return sorted(operations.criteria_of(scenario.order, scenario.kinds[0]))[0]


def attach(scenario: Scenario, data: bytes = A_PDF, name: str = "Акт.pdf", role: Role = Role.CLERK, **other: Any) -> EvidenceFile:
    arguments = {
        "year": YEAR,
        "body_id": scenario.bodies[BODY],
        "organisation_id": scenario.organisations[scenario.organisation_bins[0]],
    }
    arguments |= {"criterion": criterion(scenario)} | other
    return operations.attach(scenario.viewer(role), scenario.order, name=name, data=data, **arguments)


def test_file_type_is_detected_from_content(order: Order) -> None:
    assert detect_file_type(A_PDF) == PDF
    assert detect_file_type(picture("PNG")) == PNG
    assert detect_file_type(picture("JPEG")) == JPEG
    assert detect_file_type(a_workbook(order)) == XLSX


@pytest.mark.parametrize(
    "data",
    [
        b"MZ\x90\x00 this program cannot be run",
        b"<html><script>alert(1)</script>",
        b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"GIF89a" + b"\0" * 50,
        b"plain text",
        b"\0",
        zip_of("word/document.xml"),
        zip_of("xl/other.xml"),
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
        b"<html>" + A_PDF,
        A_PDF[:40],
        A_PDF + b"\0" * 4096,
        A_PDF + zip_of("x") + b"\0" * 2048,
        b"%PDF-1.4 %%EOF",
        picture("PNG")[:-20],
        picture("JPEG", (400, 400))[:900],
        b"\xff\xd8\xff\xe0" + b"\0" * 500,
        b"\x89PNG\r\n\x1a\n" + b"\0" * 500,
        huge_png(),
        b"PK\x03\x04" + b"\0" * 100,
    ],
    # Numbers, because two processes that collect the tests need the same names, and the bytes of a ZIP contain the current time.
    ids=map(str, range(20)),
)
def test_other_types_are_rejected(data: bytes) -> None:
    with pytest.raises(EvidenceRejected):
        detect_file_type(data)


def test_a_workbook_with_macros_is_rejected(order: Order) -> None:
    with pytest.raises(EvidenceRejected, match="macros"):
        detect_file_type(with_macros(order))


@pytest.mark.parametrize(
    ("sent_name", "shown"),
    [
        ("Акт № 5.pdf", "Акт № 5.pdf"),
        ("АКТ.PDF", "АКТ.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Құжаттар\\акт.pdf", "акт.pdf"),
        ("акт\r\nSet-Cookie: a=b.pdf", "акт Set-Cookie_ a=b.pdf"),
        ("\u202efdp.exe", "fdp.exe.pdf"),
        ('a"b<script>.pdf', "a_b_script_.pdf"),
        ("", "pdf.pdf"),
        ("...", "pdf.pdf"),
        (".pdf", "pdf.pdf"),
        ("x" * 5000 + ".pdf", "x" * 150 + ".pdf"),
        ("act.html", "act.html.pdf"),
        ("a\0b.pdf", "a b.pdf"),
    ],
)
def test_names_are_cleaned(sent_name: str, shown: str) -> None:
    assert clean_name(sent_name, PDF) == shown


def test_attaching_and_removing_a_file_is_audited(scenario: Scenario) -> None:
    organisation_id, body = scenario.organisations[scenario.organisation_bins[0]], scenario.bodies[BODY]
    clerk = scenario.viewer(Role.CLERK)
    with scenario.app.app_context():
        file = attach(scenario, name="../акт.jpg")
        assert (file.name, file.media_type, file.size) == ("акт.jpg.pdf", "application/pdf", len(A_PDF))
        assert attach(scenario, name="другой.pdf").id == file.id, "attaching the same file again returns the stored one"
        attach(scenario, picture("PNG"))
        attach(scenario, organisation_id=scenario.organisations[scenario.organisation_bins[1]])
        assert len(queries.files(clerk, YEAR, body)) == 3
        assert queries.counts(clerk, YEAR, body) == {scenario.organisation_bins[0]: 2, scenario.organisation_bins[1]: 1}
        assert operations.remove(clerk, YEAR, body, organisation_id, file.id)
        assert operations.remove(clerk, YEAR, body, organisation_id, file.id) is None
        assert files.read(file.sha256) == A_PDF
        events = [(event.action, event.data.get("sha256")) for event in audit.events(Viewer.system())]
        assert [action for action, _ in events if action.startswith("evidence_file_")] == ["evidence_file_attached"] * 3 + [
            "evidence_file_removed"
        ]
        assert events[-1] == ("evidence_file_removed", file.sha256)
        db.session.commit()


def test_limits_of_size_and_number(scenario: Scenario) -> None:
    change_settings(scenario.app, evidence_files=2)
    with scenario.app.app_context():
        for data in (b"", A_PDF[:-7] + b" " * (20 * 2**20) + b"\n%%EOF\n"):
            with pytest.raises(EvidenceRejected):
                attach(scenario, data)
        attach(scenario, picture("PNG", colour=1))
        attach(scenario, picture("PNG", colour=2))
        with pytest.raises(EvidenceRejected, match="already"):
            attach(scenario, picture("PNG", colour=3))
        assert attach(scenario, picture("PNG", colour=2)).size, "a stored file does not count again"
        db.session.rollback()


def test_roles_that_can_view_and_change_files(scenario: Scenario) -> None:
    body = scenario.bodies[BODY]
    with scenario.app.app_context():
        file = attach(scenario)
        for role in (Role.REVIEWER, Role.OBSERVER, Role.ADMINISTRATOR):
            with pytest.raises(Forbidden):
                attach(scenario, role=role)
            with pytest.raises(Forbidden):
                operations.remove(scenario.viewer(role), YEAR, body, file.organisation_id, file.id)
        for viewer in (
            scenario.viewer(Role.OBSERVER),
            scenario.viewer(Role.ADMINISTRATOR),
            scenario.viewer(Role.HEAD, OTHER_BODY),
        ):
            with pytest.raises(Forbidden):
                queries.files(viewer, YEAR, body)
        for role in (Role.CLERK, Role.HEAD, Role.REVIEWER):
            assert queries.file(scenario.viewer(role), YEAR, body, file.organisation_id, file.id)
        for unknown_cell in (
            {"organisation_id": scenario.organisations[scenario.foreign_bin]},
            {"criterion": "no such"},
            {"organisation_id": 10**6},
        ):
            with pytest.raises(UnknownCell):
                attach(scenario, **unknown_cell)
        both = scenario.viewer(Role.CLERK, BODY, OTHER_BODY)
        assert queries.file(both, YEAR, scenario.bodies[OTHER_BODY], file.organisation_id, file.id) is None
        assert queries.file(both, YEAR - 1, body, file.organisation_id, file.id) is None
        db.session.rollback()


def test_files_of_a_submitted_year_cannot_change(scenario: Scenario) -> None:
    with scenario.app.app_context():
        file = attach(scenario)
        scenario.fill()
        submit(scenario.viewer(Role.HEAD), scenario.order, YEAR, scenario.body(), 0, TODAY)
        with pytest.raises(Locked):
            attach(scenario, picture("PNG"))
        with pytest.raises(Locked):
            operations.remove(scenario.viewer(Role.CLERK), YEAR, scenario.bodies[BODY], file.organisation_id, file.id)
        db.session.commit()


def files_url(scenario: Scenario, rest: str = "", organisation_bin: str = "", body: str = BODY) -> str:
    return f"/bodies/{body}/{YEAR}/organisations/{organisation_bin or scenario.organisation_bins[0]}/files{rest}"


def send_files(
    client: Any, scenario: Scenario, *files: tuple[str, bytes], field: str = "", script: bool = False, **more: Any
) -> Any:
    """Send files by the report's form, or as its script does."""
    report = files_url(scenario).removesuffix("/files")
    data = MultiDict({"csrf_token": token_of(client, report)} | more)
    for name, content in files:
        data.add(field or f"file-{criterion(scenario)}", (io.BytesIO(content), name))
    headers = {"Accept": "application/json"} if script else {}
    address = files_url(scenario) if script else report
    return client.post(address, data=data, content_type="multipart/form-data", headers=headers)


def test_pages_for_files(scenario: Scenario) -> None:
    clerk, observer = scenario.client("clerk"), scenario.client("observer")
    report = files_url(scenario).removesuffix("/files")
    response = send_files(clerk, scenario, ("Акт №1.pdf", A_PDF), ("сурет.html", picture("PNG")))
    assert response.status_code == 303 and response.location == f"{report}#files-{criterion(scenario)}"
    with scenario.app.app_context():
        first, second = (file.id for file in db.session.query(EvidenceFile).order_by(EvidenceFile.id))
    text = clerk.get(report).text
    assert "Акт №1.pdf" in text and "сурет.html.png" in text and 'name="remove_file"' in text
    for role in ("clerk", "head", "reviewer"):
        response = scenario.client(role).get(files_url(scenario, f"/{first}"))
        assert response.status_code == 200 and response.data == A_PDF
        disposition = response.headers["Content-Disposition"]
        assert disposition == "attachment; filename=\"Akt No1.pdf\"; filename*=UTF-8''%D0%90%D0%BA%D1%82%20%E2%84%961.pdf"
        assert response.mimetype == "application/pdf" and response.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in response.headers["Content-Security-Policy"] and "no-store" in response.headers["Cache-Control"]
    for role in ("observer", "administrator"):
        assert scenario.client(role).get(files_url(scenario, f"/{first}")).status_code == 403
    assert "Акт №1.pdf" not in observer.get(report).text
    text = scenario.client("reviewer").get(report).text
    assert "Акт №1.pdf" in text and 'name="remove_file"' not in text
    for _ in range(2):
        assert send_files(clerk, scenario, remove_file=str(second)).status_code == 303
        assert "сурет" not in clerk.get(report).text
    assert clerk.get(files_url(scenario, f"/{second}")).status_code == 404


def test_a_chosen_file_is_stored_whichever_button_sends_the_form(scenario: Scenario) -> None:
    clerk, money = scenario.client("clerk"), first_indicator(scenario.order, scenario.order.kinds[0].code, "money")
    sent = {f"answer-{money}": "5", f"expected-{money}": "null", "go": "next"}
    response = send_files(clerk, scenario, ("act.pdf", A_PDF), **sent)
    assert response.status_code == 303 and scenario.organisation_bins[1] in response.location
    with scenario.app.app_context():
        assert [file.name for file in db.session.query(EvidenceFile)] == ["act.pdf"]
        assert stored_values(scenario.organisation_bins[0]) == {money: 500}


@pytest.mark.parametrize("script", [False, True])
def test_a_rejected_file_is_named_at_its_criterion(scenario: Scenario, script: bool) -> None:
    clerk = scenario.client("clerk")
    response = send_files(clerk, scenario, ("жақсы.pdf", A_PDF), ("<b>вирус.pdf", b"MZ\x90"), script=script)
    html = response.json["html"] if script else response.text
    assert response.status_code == 200 and "жақсы.pdf" in html
    assert "<b>вирус.pdf" in find(html, f'[id="files-error-{criterion(scenario)}"]').text
    assert find(html, "input[type=file][autofocus]")["name"] == f"file-{criterion(scenario)}"
    if script:
        assert response.json["rejected"] and response.json["count"] == "1 file"
    assert send_files(clerk, scenario, field="file-9.9.9", script=script, attach=criterion(scenario)).status_code == (
        422 if script else 200
    )
    assert send_files(clerk, scenario, ("a.pdf", A_PDF), field="file-9.9.9", script=script).status_code == 404
    too_many = [(f"{number}.pdf", A_PDF) for number in range(21)]
    assert send_files(clerk, scenario, *too_many, script=script).status_code == 422
    with scenario.app.app_context():
        assert db.session.query(EvidenceFile).count() == 1


def test_another_persons_page_attaches_nothing(scenario: Scenario) -> None:
    response = send_files(scenario.client("clerk"), scenario, ("act.pdf", A_PDF), script=True, account="999")
    assert response.status_code == 401 and "Another person" in response.json["message"]


def test_files_of_other_bodies_are_404(scenario: Scenario) -> None:
    with scenario.app.app_context():
        id_ = attach(scenario).id
        db.session.commit()
    other_clerk = scenario.client("clerk", OTHER_BODY)
    foreign_report = files_url(scenario, organisation_bin=scenario.foreign_bin, body=OTHER_BODY).removesuffix("/files")
    token = {"csrf_token": token_of(other_clerk, foreign_report)}
    for rest in (f"/{id_}", "/999"):
        assert other_clerk.get(files_url(scenario, rest)).status_code == 404
        assert other_clerk.get(files_url(scenario, rest, scenario.foreign_bin, OTHER_BODY)).status_code == 404
        assert other_clerk.get(files_url(scenario, rest, body=OTHER_BODY)).status_code == 404
    assert other_clerk.post(files_url(scenario), data=token).status_code == 404
    for file_id in (id_, 10**30, -1, "x"):
        assert other_clerk.post(foreign_report, data=token | {"remove_file": str(file_id)}).status_code == 303
    with scenario.app.app_context():
        assert db.session.get(EvidenceFile, id_), "removed through the address of another body's organisation"
