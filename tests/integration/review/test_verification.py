"""Files of accepted sheets: the same each time, known again, and told from altered, superseded and forged ones."""

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

from evaluation.audit.models import Event
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.language import language
from evaluation.policy import Role, Viewer
from evaluation.review import operations as review
from evaluation.review.integrity import discrepancies
from evaluation.review.models import Export, FrozenSheet
from evaluation.review.snapshot import FORMAT
from evaluation.review.verification.export_file import FROZEN, NotIntact
from evaluation.review.verification.messages import MEANINGS, TITLES, in_words
from evaluation.review.verification.model import By, Outcome
from evaluation.review.verification.operations import export
from evaluation.review.verification.verify import verify, verify_code
from evaluation.sheets.writers import FORMATS
from tests.support.accounts import token_of
from tests.support.entry_bodies import FOREIGN, OWN, SYSTEM, TODAY, YEAR, Place, make_place

NOBODY = Viewer.nobody()
SHEET = f"/bodies/{OWN}/{YEAR}/sheet"
EVERY = (*FORMATS, FROZEN)
CHEAP = ("json", "xlsx", FROZEN)
"""Formats that are written quickly."""


def accept(place: Place, version: int) -> FrozenSheet:
    """The next revision of the first body's year, from `version` of an open state."""
    review.submit(place.viewer(Role.HEAD), place.order, YEAR, place.body(), version, TODAY)
    frozen = review.accept(place.viewer(Role.REVIEWER), YEAR, place.body(), version + 1, TODAY)
    db.session.commit()
    return frozen


def reopen(place: Place, version: int) -> None:
    review.reopen(place.viewer(Role.REVIEWER), YEAR, place.bodies[OWN], version, "Қате табылды")
    db.session.commit()


def files_of(frozen: FrozenSheet, formats: Iterable[str] = EVERY) -> dict[str, bytes]:
    made = {format_: export(SYSTEM, frozen, format_, "kk").content for format_ in formats}
    db.session.commit()
    return made


def outcomes(files: dict[str, bytes]) -> set[Outcome]:
    return {verify(NOBODY, data).outcome for data in files.values()}


@pytest.fixture
def app(sqlite_template: Path, tmp_path: Path, make_app: Callable[..., Flask]) -> Flask:
    """On SQLite: files are the same whatever the database. Tests of what is stored take `place_on_each`."""
    shutil.copy(sqlite_template, tmp_path / "evaluation.db")
    return make_app(f"sqlite:///{tmp_path / 'evaluation.db'}")


@pytest.fixture
def place(app: Flask, order: Order) -> Place:
    return filled(app, order)


@pytest.fixture
def place_on_each(database_url: str, make_app: Callable[..., Flask], order: Order) -> Place:
    return filled(make_app(database_url), order)


def filled(app: Flask, order: Order) -> Place:
    made = make_place(app, order)
    with app.app_context():
        made.fill()
    return made


def test_the_life_of_a_file(place_on_each: Place) -> None:
    """In force, not while its year is mended, superseded by the next revision; the same bytes each time, kept once."""
    place = place_on_each
    with place.app.app_context():
        first = accept(place, 0)
        files = files_of(first, CHEAP)
        assert files == files_of(first, CHEAP) and outcomes(files) == {Outcome.ACCEPTED}
        assert db.session.query(Export).count() == len(CHEAP) - 1
        events = [event for event in db.session.query(Event) if event.action == "exported"]
        assert len(events) == 2 * len(CHEAP)
        assert {event.data["sha256"] for event in events} == {hashlib.sha256(data).hexdigest() for data in files.values()}
        assert files[FROZEN].decode() == first.content
        found = verify(NOBODY, files["xlsx"]).found
        assert found and found.sheet.low == json.loads(first.content)["points"]
        assert verify_code(NOBODY, first.code.lower()).outcome == Outcome.ACCEPTED
        assert verify_code(NOBODY, first.code, "2").outcome == Outcome.ALTERED
        assert verify_code(NOBODY, first.code, "1", "0" * 64).outcome == Outcome.ALTERED
        assert verify_code(NOBODY, "0" * 12).outcome == verify_code(NOBODY, "9" * 999).outcome == Outcome.UNKNOWN

        reopen(place, 2)
        assert outcomes(files) == {Outcome.REOPENED}
        second = accept(place, 3)
        assert outcomes(files) == {Outcome.SUPERSEDED} and verify_code(NOBODY, first.code).outcome == Outcome.SUPERSEDED
        assert outcomes(files_of(second, CHEAP)) == {Outcome.ACCEPTED} and files == files_of(first, CHEAP)
        assert verify(NOBODY, files["xlsx"] + b"\n").outcome == Outcome.ALTERED
        asked = files[FROZEN].replace(b'"revision":1', b'"revision":2')
        assert verify(NOBODY, asked).outcome == Outcome.UNKNOWN, "who holds a revision does not learn the points of the next"
        reopen(place, 5)
        assert outcomes(files) == {Outcome.SUPERSEDED}


def test_altered_files_lead_to_the_true_points(place: Place) -> None:
    """Edited by hand or by another program, or by a byte anywhere."""
    with place.app.app_context():
        frozen = accept(place, 0)
        files = files_of(frozen)
        spelled = language("kk")
        altered = [rewritten(files["pdf"]), repacked(files["xlsx"]), repacked(files["docx"])]
        altered += [data[:-1] for data in files.values()]
        altered += [
            files["json"].replace(b'"points":', b'"points":1', 1),
            json.dumps(json.loads(files[FROZEN]), indent=1).encode(),
        ]
        altered += [files[FROZEN].replace(b'"points":', b'"points":1', 1)]
        for data in altered:
            verdict = verify(NOBODY, data)
            assert verdict.outcome == Outcome.ALTERED and verdict.found and verdict.found.stamp.sha256 == frozen.sha256
            assert str(verdict.found.sheet.low) == in_words(verdict, spelled).points[-1][1]
        chance = random.Random(4)
        for data in files.values():
            for _ in range(12):
                at = chance.randrange(len(data))
                changed = data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]
                assert verify(NOBODY, changed).outcome in (Outcome.ALTERED, Outcome.UNKNOWN)
        # Who only knows the name of a sheet learns nothing of it.
        guess = {"format": "assessment-sheet/1", "body": {"bin": OWN}, "revision": 1, "year": YEAR}
        assert verify(NOBODY, json.dumps(guess).encode()).outcome == Outcome.UNKNOWN


def rewritten(pdf: bytes) -> bytes:
    """The PDF as another program writes it: its properties gone, only the text left."""
    writer, out = PdfWriter(), io.BytesIO()
    for page in PdfReader(io.BytesIO(pdf)).pages:
        writer.add_page(page)
    writer.write(out)
    return out.getvalue()


def repacked(archive: bytes) -> bytes:
    """The workbook or document with its parts packed anew and a figure changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"<v>2</v>", b"<v>3</v>"))
    return out.getvalue()


def test_hostile_files_get_a_clear_answer(app: Flask) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("docProps/core.xml", b"0" * 2**26)
    many = io.BytesIO()
    with zipfile.ZipFile(many, "w") as archive:
        for number in range(6000):
            archive.writestr(f"docProps/{number}", b"")
    loop = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 1 0 R/Kids[1 0 R]/Count 9>>endobj\ntrailer<</Root 1 0 R/Size 2>>\n%%EOF"
    endless = FORMAT.encode() + b'"body":{' * 2**20
    given = [
        endless,
        b"",
        b"%PDF-1.4",
        b"%PDF-1.7" + b"\xff" * 999,
        loop,
        b"PK\x03\x04",
        bomb.getvalue(),
        many.getvalue(),
        b"[" * 200_000,
    ]
    with app.app_context():
        assert {verify(NOBODY, data).outcome for data in given} == {Outcome.UNKNOWN}
        large = verify(NOBODY, b"0" * (2**25 + 1))
        assert large.too_large and in_words(large, language("ru")).sentences


def owner(app: Flask, statement: str, **values: object) -> None:
    """What somebody who owns the database may do: also against what it refuses."""
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


def test_a_store_that_was_tampered_with_is_not_believed(place_on_each: Place) -> None:
    """Each statement by itself, put back after it."""
    place = place_on_each
    with place.app.app_context():
        first = accept(place, 0)
        files = files_of(first, CHEAP)
        reopen(place, 2)
        second = accept(place, 3)
        newest = files_of(second, CHEAP)["xlsx"]
        content, id_, code = first.content, first.id, first.code
        forged = newest + b"0"
        changed = content.replace('"points":', '"points":1', 1)
        owner(place.app, "UPDATE frozen_sheet SET content = :content WHERE id = :id", content=changed, id=id_)
        assert outcomes(files) == {Outcome.DAMAGED} == {verify(NOBODY, changed.encode()).outcome}
        with pytest.raises(NotIntact):
            export(SYSTEM, db.session.get_one(FrozenSheet, id_), "json", "kk")
        same = hashlib.sha256(changed.encode()).hexdigest()
        forge = "UPDATE frozen_sheet SET content = :content, sha256 = :sha, code = :code WHERE id = :id"
        owner(place.app, forge, content=changed, sha=same, code=review.code_of(same), id=id_)
        assert verify(NOBODY, changed.encode()).outcome == Outcome.DAMAGED
        assert verify_code(NOBODY, code).outcome == Outcome.DAMAGED
        owner(place.app, forge, content=content, sha=hashlib.sha256(content.encode()).hexdigest(), code=code, id=id_)
        assert outcomes(files) == {Outcome.SUPERSEDED}
        who = "UPDATE frozen_sheet SET accepted_by = :by WHERE id = :id"
        owner(place.app, who, by="Басқа біреу", id=id_)
        assert outcomes(files) == {Outcome.DAMAGED} and {each.kind for each in discrepancies(SYSTEM)} == {"frozen_altered"}
        owner(place.app, who, by="The reviewer", id=id_)
        whose = "UPDATE frozen_sheet SET body_id = :body WHERE id = :id"
        owner(place.app, whose, body=place.bodies[FOREIGN], id=id_)
        with pytest.raises(NotIntact):
            export(SYSTEM, db.session.get_one(FrozenSheet, id_), "json", "kk")
        owner(place.app, whose, body=place.bodies[OWN], id=id_)
        assert outcomes(files) == {Outcome.SUPERSEDED} and not list(discrepancies(SYSTEM))

        back = "UPDATE submission SET frozen_id = :id"
        owner(place.app, back + ", state = 'reopened', accepted_id = NULL, reason = 'x'", id=None)
        assert verify(NOBODY, newest).outcome == Outcome.DAMAGED
        restored = ", state = 'accepted', accepted_id = :reviewer"
        owner(place.app, back + restored, id=second.id, reviewer=place.accounts[Role.REVIEWER])
        assert verify(NOBODY, newest).outcome == Outcome.ACCEPTED

        line = "UPDATE export SET sha256 = :new WHERE sha256 = :old"
        old, new = (hashlib.sha256(each).hexdigest() for each in (newest, forged))
        owner(place.app, line, old=old, new=new)
        assert verify(NOBODY, forged).outcome == Outcome.DAMAGED
        owner(place.app, line, old=new, new=old)
        event = db.session.query(Event).filter_by(action="accepted").order_by(Event.id).first()
        assert event
        owner(place.app, "UPDATE event SET actor = 'x' WHERE id = :id", id=event.id)
        assert outcomes(files) == {Outcome.DAMAGED}


def valid(response: TestResponse) -> str:
    """The text of a page that is strictly valid."""
    html5lib.HTMLParser(strict=True).parse(response.text)
    assert " style=" not in response.text and "<script" not in response.text
    return response.text


def test_everybody_may_verify_by_page_and_command(place: Place, tmp_path: Path) -> None:
    client = place.app.test_client()
    client.set_cookie("language", "en")
    with place.app.app_context():
        frozen = accept(place, 0)
        files, code, sha256, low = files_of(frozen, ["json"]), frozen.code, frozen.sha256, json.loads(frozen.content)["points"]
    page = client.get(f"/verify?code={code}&revision=1&sha256={sha256}")
    assert valid(page) and valid(client.get("/verify"))
    assert page.status_code == 200 and TITLES[Outcome.ACCEPTED, By.CODE] in page.text and OWN in page.text
    assert f'<td class="num" data-label="Points">{low}</td>' in page.text and "Первый" not in page.text
    assert TITLES[Outcome.UNKNOWN, By.CODE] in client.get("/verify?code=%00O0O0").text

    def sent(data: bytes) -> str:
        given = {"file": (io.BytesIO(data), "sheet.json"), "csrf_token": token_of(client, "/verify")}
        return valid(client.post("/verify", data=given, content_type="multipart/form-data"))

    altered = files["json"] + b"0"
    assert TITLES[Outcome.ACCEPTED, By.FILE] in sent(files["json"])
    assert MEANINGS[Outcome.ALTERED, By.FILE].replace("'", "&#39;") in sent(altered)
    assert client.post("/verify", data={"csrf_token": token_of(client, "/verify")}).status_code == 422

    paths = [tmp_path / name for name in ("good.json", "bad.json")]
    for path, data in zip(paths, (files["json"], altered), strict=True):
        path.write_bytes(data)
    run = place.app.test_cli_runner().invoke
    told = run(args=["verify", str(paths[0]), "--lang", "en"])
    assert told.exit_code == 0 and TITLES[Outcome.ACCEPTED, By.FILE] in told.output and code[:4] in told.output
    assert run(args=["verify", *map(str, paths)]).exit_code == 1
    with place.app.app_context():
        reopen(place, 2)
    assert run(args=["verify", str(paths[0])]).exit_code == 2


def test_pages_and_commands_hand_out_the_frozen_sheet(place: Place, tmp_path: Path) -> None:
    """Of an accepted year the frozen one, of a year that is mended the draft; earlier revisions when asked for; each recorded."""
    reviewer = place.client("reviewer")
    before = reviewer.get(f"{SHEET}.json").get_json()
    assert "verification" not in before and reviewer.get(f"{SHEET}.{FROZEN}").status_code == 404
    assert "Draft: the sheet has not been accepted" in reviewer.get(f"{SHEET}?lang=kk").text
    with place.app.app_context():
        frozen = accept(place, 0)
        spelled, content, sha256 = review.code_of(frozen.sha256), frozen.content, frozen.sha256
        code = "-".join(spelled[start : start + 4] for start in (0, 4, 8))
    page = valid(reviewer.get(SHEET))
    assert code in page and 'class="qr" role="img"' in page and "Accepted and in force: revision 1" in page
    told = reviewer.get(f"{SHEET}.json").get_json()
    assert told.pop("verification") == {"code": code, "revision": 1, "sha256": sha256} and told == before
    assert reviewer.get(f"{SHEET}.{FROZEN}").text == content
    pdf = reviewer.get(f"{SHEET}.pdf?lang=kk")
    assert "-r1-kk.pdf" in pdf.headers["Content-Disposition"]
    with place.app.app_context():
        recorded = [event for event in db.session.query(Event).order_by(Event.id) if event.action == "exported"]
        assert [(event.data["format"], event.data["revision"]) for event in recorded] == [
            ("json", None),
            ("json", 1),
            (FROZEN, 1),
            ("pdf", 1),
        ]
        assert verify(NOBODY, pdf.data).outcome == Outcome.ACCEPTED
        reopen(place, 2)
    assert code not in reviewer.get(f"{SHEET}?lang=ru").text.replace("revision=1", "")
    assert "verification" not in reviewer.get(f"{SHEET}.json").get_json()
    earlier = valid(reviewer.get(f"{SHEET}?revision=1&lang=kk%2Bru"))
    assert code in earlier and "Revision 1, no longer in force" in earlier
    assert reviewer.get(f"{SHEET}.pdf?lang=kk&revision=1").data == pdf.data
    for wrong in ("2", "0", "x", "²", "9" * 30):
        assert reviewer.get(f"{SHEET}?revision={wrong}").status_code == 404

    run, given = place.app.test_cli_runner().invoke, ["sheet", "--body", OWN, "--year", str(YEAR), "--out", str(tmp_path)]
    assert run(args=[*given, "--revision", "1"]).exit_code == 0 and (tmp_path / f"bagalau-paragy-{YEAR}-{OWN}-r1-kk.pdf").exists()
    assert next(tmp_path.glob("*-r1-kk.pdf")).read_bytes() == pdf.data
    assert run(args=[*given, "--revision", "2"]).exit_code == 1 and run(args=[*given, "--format", FROZEN]).exit_code == 1
    assert run(args=[*given, "--revision", "1", "--draft"]).exit_code == 1 and run(args=given).exit_code == 0
    with place.app.app_context():
        accept(place, 3)
    archive = tmp_path / "all.zip"
    for more, name in (((), f"{OWN}-r2-kk.pdf"), (("--draft",), f"{OWN}-kk.pdf")):
        assert run(args=["sheets", "--year", str(YEAR), "--out", str(archive), "--workers", "1", *more]).exit_code == 0
        with zipfile.ZipFile(archive) as packed:
            named = f"bagalau-paragy-{YEAR}-{name}"
            assert named in packed.namelist() and len(packed.namelist()) == 3
            with place.app.app_context():
                outcome = verify(NOBODY, packed.read(named)).outcome
            assert outcome == (Outcome.UNKNOWN if more else Outcome.ACCEPTED)


def test_looking_into_files_is_limited(app: Flask, make_app: Callable[..., Flask]) -> None:
    """Whoever only opens the page is not counted."""
    client = make_app(app.config["DATABASE_URL"], VERIFY_LIMIT="1 per hour").test_client()
    asked = [client.get(url).status_code for url in ("/verify", "/verify?code=", "/verify?code=1", "/verify?code=1", "/verify")]
    assert asked == [200, 200, 200, 429, 200]
