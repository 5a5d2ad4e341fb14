"""The workbook round trip: prefilled, sent, looked at, applied, undone, given back marked; on SQLite and on PostgreSQL."""

import io
import re
import subprocess
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, update
from werkzeug.test import TestResponse

from evaluation.clock import now
from evaluation.collection import queries as collection
from evaluation.collection.models import Submission
from evaluation.collection.operations import load_workbook
from evaluation.collection.saving import Edit, save
from evaluation.collection.uploads import queries
from evaluation.collection.uploads.model import BLANKS, OVERWRITE, Mode, Plan
from evaluation.collection.uploads.planning import make_plan, read
from evaluation.collection.uploads.prefill import prefilled
from evaluation.collection.workbook import marked
from evaluation.collection.workbook.marked import ERROR, LIST, Unmarkable, mark
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.language import language
from evaluation.policy import Role, Viewer
from evaluation.record import queries as record
from evaluation.registry import queries as registry
from evaluation.registry.models import Supervision
from tests.factories import bin_of, clean, row, workbook
from tests.integration.test_pages import assert_valid
from tests.people import make_account, sign_in, token_of

SYSTEM = Viewer.system()
YEAR = 2024
BODY, OTHER = bin_of(1), bin_of(2)


@pytest.fixture
def kinds(order: Order) -> tuple[str, ...]:
    return tuple(order.kind)


@pytest.fixture
def filled(database_url: str, make_app: Callable[..., Flask], order: Order, kinds: tuple[str, ...], tmp_path: Path) -> Flask:
    """Two bodies: three organisations of each kind under the first, one under the second, all of them answered."""
    app = make_app(database_url, FILES=tmp_path / "files")
    rows = {kind: [row(order, BODY, own(n, m), clean(order, kind)) for m in range(3)] for n, kind in enumerate(kinds)}
    rows[kinds[0]].append(row(order, OTHER, bin_of(90), clean(order, kinds[0])))
    previous = [{"body_bin": BODY, "kind": kinds[0], declared(order): 2}]
    with app.app_context():
        load_workbook(SYSTEM, workbook(order, YEAR, rows, previous=previous), app.extensions["orders"], register=True)
        db.session.commit()
    return app


def own(kind: int, number: int) -> str:
    return bin_of(10 * (kind + 1) + number)


def declared(order: Order) -> str:
    return next(item.code for _, item in order.declared())


def money(order: Order, kind: str) -> list[str]:
    return [item.code for item in order.asked_of(kind) if item.type == "money"]


def clerk(app: Flask, *bodies: str, role: Role = Role.CLERK) -> Viewer:
    with app.app_context():
        known = registry.known(SYSTEM).bodies
        return Viewer("clerk@example.kz", role, frozenset(known[bin_] for bin_ in bodies or (BODY,)), None)


def plan(app: Flask, viewer: Viewer, data: bytes, mode: Mode = OVERWRITE) -> Plan:
    with app.app_context():
        return make_plan(viewer, read(viewer, data, app.extensions["orders"]), mode)


def told(found: Plan) -> list[tuple[str | None, str | None, str]]:
    return [(each.worksheet, each.cell, each.problem) for each in found.errors]


def counts(found: Plan) -> tuple[int, int, int, int]:
    return found.count("new"), found.count("changed"), found.count("kept"), found.unchanged


def stored(app: Flask) -> dict[str, dict[str, Any]]:
    """Answers and evidence by the organisation's BIN, those without any left out."""
    with app.app_context():
        ids = {id_: bin_ for bin_, (id_, _) in registry.known(SYSTEM).organisations.items()}
        found = collection.stored_reports(SYSTEM, YEAR, list(ids))
        return {ids[id_]: every for id_, each in found.items() if (every := each.answers | each.evidence)}


def stored_counts(app: Flask) -> dict[tuple[int, str, str], int]:
    with app.app_context():
        return {key: each.count for key, each in collection.declared_counts(SYSTEM, YEAR).items()}


def changed(data: bytes, **cells: object) -> bytes:
    """A workbook with other values in it, by `worksheet__E4`."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    for name, value in cells.items():
        worksheet, _, cell = name.partition("__")
        book[worksheet][cell].value = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def cell_of(data: bytes, worksheet: str, code: str, bin_: str | None = None) -> str:
    """The name of a column's cell in an organisation's row, or in the first row."""
    sheet = openpyxl.load_workbook(io.BytesIO(data))[worksheet]
    codes = [cell.value for cell in sheet[1]]
    line = next(line for line in range(4, 500) if bin_ in (None, sheet.cell(line, codes.index("bin") + 1 if bin_ else 1).value))
    return str(sheet.cell(line, codes.index(code) + 1).coordinate)


def download(app: Flask, code: str = "kk", viewer: Viewer = SYSTEM) -> bytes:
    with app.app_context():
        body, order = registry.body(viewer, BODY), registry.order_of(YEAR)
        assert body is not None and order is not None
        return prefilled(viewer, order, YEAR, body, language(code))


def office(data: bytes, folder: Path) -> bytes:
    """The workbook as LibreOffice saves it."""
    source = folder / "in" / "book.xlsx"
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_bytes(data)
    done = subprocess.run(
        [
            "soffice",
            f"-env:UserInstallation=file://{folder}/office",
            "--headless",
            "--convert-to",
            "xlsx:Calc MS Excel 2007 XML",
            "--outdir",
            str(folder / "out"),
            str(source),
        ],
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr
    return (folder / "out" / "book.xlsx").read_bytes()


# Prefilled


@pytest.mark.parametrize("code", ["kk", "ru", "en"])
def test_a_prefilled_workbook_sent_back_changes_nothing(filled: Flask, code: str, order: Order) -> None:
    data = download(filled, code)
    assert data == download(filled, code), "the same data, the same bytes"
    found = plan(filled, clerk(filled), data)
    assert not found.errors and found.empty and found.unchanged_reports == 3 * len(order.kinds)
    assert found.unchanged == sum(len(each) for bin_, each in stored(filled).items() if bin_ != bin_of(90))


def test_every_stored_value_survives_the_workbook(filled: Flask, order: Order, kinds: tuple[str, ...], tmp_path: Path) -> None:
    """The largest amounts, early days, text that looks like something else; and once more through LibreOffice."""
    odd = {
        "money": [2**53 - 1, 10**15, 999_999_999_999_999, 1, 12_345_678_901_234],
        "whole": [2**53 - 1, 0],
        "date": ["1850-01-01", "1900-02-28", "2099-12-31"],
        "text": ["=1+1", "_x0041_", "007", "TRUE", "«Ән» & <b>", "a\nb", "31.05.2025", "'x", "é 😀", "1e5"],
        "yes_no": [False],
        "choice": ["violated"],
    }
    edits = []
    with filled.app_context():
        known = registry.known(SYSTEM).organisations
        for n, kind in enumerate(kinds):
            there = {number: dict(clean(order, kind)) for number in range(3)}
            items = [item for item in (*order.asked_of(kind), *order.evidence_of(kind)) if item.asked_when is None]
            for place, item in enumerate(items):
                values = odd[item.type]
                for m in range(3):
                    value = values[(place + m) % len(values)]
                    if item.type == "whole" and item in order.asked_of(kind):
                        value = values[-1]
                    edits.append(Edit(known[own(n, m)][0], item.code, value, there[m].get(item.code)))
        assert not save(SYSTEM, order, YEAR, None, edits).conflicts
        db.session.commit()
    for data in (download(filled), office(download(filled, "ru"), tmp_path)):
        found = plan(filled, clerk(filled), data)
        assert not found.errors and found.empty, [*found.cells("changed"), *found.cells("new"), *told(found)]
        assert found.unchanged == sum(len(each) for bin_, each in stored(filled).items() if bin_ != bin_of(90))


def test_a_prefilled_workbook_is_of_ones_own_body(filled: Flask, kinds: tuple[str, ...]) -> None:
    client = signed_in(filled, "clerk", BODY)
    response = client.get(f"/bodies/{BODY}/{YEAR}/workbook.xlsx?lang=ru")
    assert response.status_code == 200
    book = openpyxl.load_workbook(io.BytesIO(response.data))
    assert [book[kinds[0]].cell(line, 3).value for line in range(4, 8)] == [own(0, 0), own(0, 1), own(0, 2), None]
    assert client.get(f"/bodies/{BODY}/{YEAR}/workbook.xlsx?lang=xx").status_code == 404
    assert client.get(f"/bodies/{OTHER}/{YEAR}/workbook.xlsx").status_code == 404
    assert client.get(f"/bodies/{BODY}/1999/workbook.xlsx").status_code == 404


# Planned


def test_a_plan_parts_new_changed_kept_and_unchanged(filled: Flask, order: Order, kinds: tuple[str, ...]) -> None:
    first, *_, last = money(order, kinds[1])
    note = next(item.code for item in order.evidence_of(kinds[1]) if item.type == "text")
    given = {first: 777_00, last: clean(order, kinds[1])[last]}
    data = workbook(
        order,
        YEAR,
        {kinds[1]: [row(order, BODY, own(1, 0), given, **{note: "Акт № 1"})]},
        previous=[
            {"body_bin": BODY, "kind": kinds[0], declared(order): 1},
            {"body_bin": BODY, "kind": kinds[1], declared(order): 3},
        ],
        columns={kinds[1]: ["body_bin", "body_name", "bin", "name", *(item.code for item in order.asked_of(kinds[1])), note]},
    )
    viewer = clerk(filled)
    assert counts(plan(filled, viewer, data)) == (2, 2, 0, 1)
    assert counts(plan(filled, viewer, data, BLANKS)) == (2, 0, 2, 1)
    over, fill = plan(filled, viewer, data), plan(filled, viewer, data, BLANKS)
    assert [(cell.code, cell.old, cell.new) for cell in over.cells("changed")] == [
        (first, clean(order, kinds[1])[first], 777_00),
        (declared(order), 2, 1),
    ]
    assert [(cell.code, cell.old, cell.new) for cell in over.cells("new")] == [
        (note, None, "Акт № 1"),
        (declared(order), None, 3),
    ]
    assert over.fingerprint() != fill.fingerprint()
    assert stored_counts(filled) == dict.fromkeys(stored_counts(filled), 2), "a plan changes nothing"


def test_a_contradiction_with_what_stays_is_an_error_in_its_mode(filled: Flask, order: Order, kinds: tuple[str, ...]) -> None:
    kind = kinds[1]
    rule = next(rule for rule in order.contradictions if order.by_code[rule.at].type == "date")
    amount = next(code for code in money(order, kind) if f"{code}_on" == rule.at)
    data = workbook(order, YEAR, {kind: [row(order, BODY, own(1, 0), {amount: 500_00}, **{rule.at: "2025-05-31"})]})
    assert not plan(filled, clerk(filled), data).errors
    found = plan(filled, clerk(filled), data, BLANKS)
    assert [problem for _, _, problem in told(found)] == [rule.code], "the stored amount of 0 stays, the date comes"


def test_a_limited_viewer_cannot_tell_others_organisations_from_none(filled: Flask, order: Order, kinds: tuple[str, ...]) -> None:
    kind = kinds[0]
    viewer, both = clerk(filled), clerk(filled, BODY, OTHER)
    for worksheet, theirs, nobody in ((kind, bin_of(90), bin_of(91)), (kinds[1], bin_of(90), bin_of(91))):
        answers = [
            told(plan(filled, viewer, workbook(order, YEAR, {worksheet: [row(order, body, each, {})]})))
            for body in (BODY, OTHER)
            for each in (theirs, nobody)
        ]
        assert answers[0] == answers[1] == [(worksheet, "C4", "unknown_organisation")]
        assert answers[2] == answers[3] == [(worksheet, "A4", "unknown_body"), (worksheet, "C4", "unknown_organisation")]
    moved = workbook(order, YEAR, {kind: [row(order, BODY, bin_of(90), {})]})
    assert told(plan(filled, both, moved)) == [(kind, "A4", "other_body")]
    assert told(plan(filled, SYSTEM, moved)) == [(kind, "A4", "other_body")]
    assert not plan(filled, both, workbook(order, YEAR, {kind: [row(order, OTHER, bin_of(90), {})]})).errors


def test_what_moved_away_is_told_of_without_telling_where(filled: Flask, order: Order, kinds: tuple[str, ...]) -> None:
    kind = kinds[0]
    with filled.app_context():
        known = registry.known(SYSTEM)
        moved, left = (known.organisations[own(0, number)][0] for number in range(2))
        periods = registry.supervisions([moved, left])
        periods[moved][0].until, periods[left][0].until = date(YEAR, 6, 30), date(YEAR, 6, 30)
        db.session.flush()
        db.session.add(Supervision(body_id=known.bodies[OTHER], organisation_id=moved, since=date(YEAR, 7, 1)))
        db.session.commit()
    data = workbook(order, YEAR, {kind: [row(order, BODY, own(0, 0), {}), row(order, BODY, own(0, 1), {})]})
    assert told(plan(filled, clerk(filled), data)) == [(kind, "C4", "not_supervised"), (kind, "C5", "not_supervised")]
    assert told(plan(filled, SYSTEM, data)) == [(kind, "A4", "other_body"), (kind, "C5", "unsupervised")]


def test_a_year_that_was_handed_over_takes_nothing(filled: Flask, order: Order, kinds: tuple[str, ...]) -> None:
    with filled.app_context():
        body = registry.known(SYSTEM).bodies[BODY]
        db.session.add(Submission(year=YEAR, body_id=body, state="submitted", changed_by="head"))
        db.session.commit()
    data = workbook(
        order,
        YEAR,
        {kinds[0]: [row(order, BODY, own(0, 0), {}), row(order, OTHER, bin_of(90), {})]},
        previous=[{"body_bin": BODY, "kind": kinds[0], declared(order): 2}],
    )
    expected = [(kinds[0], "A4", "handed_over"), ("previous", "A4", "handed_over")]
    assert told(plan(filled, clerk(filled, BODY, OTHER), data)) == expected
    assert told(plan(filled, SYSTEM, data)) == expected


# Applied and undone, by the pages


def signed_in(app: Flask, role: str, *bodies: str, code: str = "en") -> FlaskClient:
    with app.app_context():
        known = registry.known(SYSTEM).bodies
    client = app.test_client()
    client.set_cookie("language", code)
    return sign_in(client, make_account(app, role, [known[bin_] for bin_ in bodies]))


def send(client: FlaskClient, data: bytes, mode: str = "overwrite", name: str = "кітап.xlsx") -> TestResponse:
    form = {"mode": mode, "send": "1", "csrf_token": token_of(client, "/workbook"), "file": (io.BytesIO(data), name)}
    return client.post("/workbook", data=form, content_type="multipart/form-data")


def sent(client: FlaskClient, data: bytes, mode: str = "overwrite") -> str:
    """The address of a workbook that was taken."""
    response = send(client, data, mode)
    assert response.status_code == 303, response.text
    return response.location


def fields(page: str, action: str) -> dict[str, str]:
    """The hidden fields of the form with this action."""
    form = re.search(rf'<form[^>]*action="{re.escape(action)}".*?</form>', page, re.DOTALL)
    assert form, action
    inputs = re.findall(r"<input[^>]*>", form[0])
    return {re.search(r'name="([^"]*)"', each)[1]: re.search(r'value="([^"]*)"', each)[1] for each in inputs}  # type: ignore[index]


def press(client: FlaskClient, address: str, deed: str, page: str | None = None) -> TestResponse:
    page = client.get(address).text if page is None else page
    return client.post(f"{address.partition('?')[0]}/{deed}", data=fields(page, f"{address.partition('?')[0]}/{deed}"))


def count(page: str, name: str) -> int:
    found = re.search(rf'data-count="{name}">(?:<a[^>]*>)?([\d\xa0]+)', page)
    assert found, name
    return int(found[1].replace("\xa0", ""))


@pytest.fixture
def edited(filled: Flask, order: Order, kinds: tuple[str, ...]) -> bytes:
    """The prefilled workbook with a changed answer, a new item of evidence, another declared count and an emptied cell."""
    data = download(filled, "en")
    code = money(order, kinds[0])[0]
    note = next(item.code for item in order.evidence_of(kinds[0]) if item.type == "text")
    return changed(
        data,
        **{
            f"{kinds[0]}__{cell_of(data, kinds[0], code, own(0, 0))}": -12.34,
            f"{kinds[0]}__{cell_of(data, kinds[0], code, own(0, 1))}": None,
            f"{kinds[0]}__{cell_of(data, kinds[0], note, own(0, 1))}": "Акт № 7",
            f"previous__{cell_of(data, 'previous', declared(order))}": 5,
        },
    )


@pytest.mark.parametrize("code", ["kk", "ru", "en"])
def test_applied_as_it_was_shown_and_undone(
    filled: Flask, order: Order, kinds: tuple[str, ...], edited: bytes, code: str
) -> None:
    before, counted = stored(filled), stored_counts(filled)
    result = money(order, kinds[0])[0]
    client = signed_in(filled, "clerk", BODY, code=code)
    address = sent(client, edited)
    page = client.get(address)
    assert_valid(page, code)
    assert [count(page.text, name) for name in ("new", "changed", "wrong")] == [1, 2, 0]
    assert "-12,34" in page.text or "-12.34" in page.text or "−12" in page.text
    assert order.by_code[result].label[code] in page.text and "Акт № 7" in page.text
    assert stored(filled) == before, "looking changes nothing"
    done = press(client, address, "apply")
    assert done.status_code == 303 and done.location == address
    after = stored(filled)
    assert after[own(0, 0)] == before[own(0, 0)] | {result: -1234}
    assert after[own(0, 1)][result] == before[own(0, 1)][result], "an empty cell erases nothing"
    assert "Акт № 7" in after[own(0, 1)].values() and set(stored_counts(filled).values()) == {5}
    applied = client.get(address)
    assert_valid(applied, code)
    assert count(applied.text, "reports") == 2 and count(applied.text, "values") == 3
    with filled.app_context():
        cell = registry.known(SYSTEM).organisations[own(0, 0)][0], result
        assert record.last_changes(SYSTEM, YEAR, [cell])[cell][0] == "The clerk"
    assert press(client, address, "undo").status_code == 303
    assert stored(filled) == before and stored_counts(filled) == counted
    undone = client.get(address)
    assert_valid(undone, code)
    listed = client.get("/uploads")
    assert_valid(listed, code)
    assert address in listed.text and "/undo" not in undone.text
    again = client.post(f"{address}/undo", data={"csrf_token": token_of(client, "/workbook")})
    assert again.status_code == 409 and stored(filled) == before


def test_new_reports_are_taken_back_too(filled: Flask, order: Order, kinds: tuple[str, ...]) -> None:
    data = download(filled)
    with filled.app_context():
        db.session.execute(update(collection.Report).values(answers={}, evidence={}))
        db.session.execute(delete(collection.Report).where(collection.Report.id % 2 == 0))
        db.session.commit()
    client = signed_in(filled, "head", BODY)
    address = sent(client, data, "blanks")
    assert press(client, address, "apply").status_code == 303
    assert len(stored(filled)) == 3 * len(kinds)
    assert press(client, address, "undo").status_code == 303
    assert stored(filled) == {}


def test_blanks_alone_are_filled(filled: Flask, order: Order, kinds: tuple[str, ...], edited: bytes) -> None:
    before = stored(filled)
    client = signed_in(filled, "clerk", BODY)
    address = sent(client, edited, "blanks")
    page = client.get(address).text
    assert count(page, "new") == 1 and count(page, "kept") == 2
    other = client.get(f"{address}?mode=overwrite").text
    assert count(other, "changed") == 2 and fields(other, f"{address}/apply")["mode"] == OVERWRITE
    assert press(client, address, "apply", page).status_code == 303
    after = stored(filled)
    assert "Акт № 7" in after[own(0, 1)].values() and after[own(0, 0)] == before[own(0, 0)]
    assert set(stored_counts(filled).values()) == {2}


def test_what_changed_since_it_was_shown_is_shown_again(
    filled: Flask, order: Order, kinds: tuple[str, ...], edited: bytes
) -> None:
    result = money(order, kinds[0])[0]
    client = signed_in(filled, "clerk", BODY)
    address = sent(client, edited)
    page = client.get(address).text
    with filled.app_context():
        id_ = registry.known(SYSTEM).organisations[own(0, 0)][0]
        save(Viewer("Other", Role.SYSTEM, None), order, YEAR, None, [Edit(id_, result, 5500, clean(order, kinds[0])[result])])
        db.session.commit()
    before = stored(filled)
    response = press(client, address, "apply", page)
    assert response.status_code == 409 and stored(filled) == before
    assert_valid(response, "en")
    assert "Changed meanwhile" in response.text and "Other" in response.text and "55" in response.text
    assert press(client, address, "apply", response.text).status_code == 303
    assert stored(filled)[own(0, 0)][result] == -1234


def test_undo_is_refused_once_a_value_was_changed_again(
    filled: Flask, order: Order, kinds: tuple[str, ...], edited: bytes
) -> None:
    result = money(order, kinds[0])[0]
    client = signed_in(filled, "clerk", BODY)
    address = sent(client, edited)
    press(client, address, "apply")
    with filled.app_context():
        id_ = registry.known(SYSTEM).organisations[own(0, 0)][0]
        save(Viewer("Other", Role.SYSTEM, None), order, YEAR, None, [Edit(id_, result, 5500, -1234)])
        db.session.commit()
    before, counted = stored(filled), stored_counts(filled)
    response = press(client, address, "undo")
    assert response.status_code == 409
    assert_valid(response, "en")
    assert order.by_code[result].label.en in response.text and "Other" in response.text
    assert stored(filled) == before and stored_counts(filled) == counted, "all or nothing"
    with filled.app_context():
        save(SYSTEM, order, YEAR, None, [Edit(id_, result, -1234, 5500)])
        db.session.execute(update(collection.DeclaredCount).values(count=9))
        db.session.commit()
    before = stored(filled)
    response = press(client, address, "undo")
    assert response.status_code == 409 and "9" in response.text
    assert stored(filled) == before, "a declared count that was changed keeps the answers too"


def test_undo_is_refused_after_the_year_was_handed_over(filled: Flask, edited: bytes) -> None:
    client = signed_in(filled, "clerk", BODY)
    address = sent(client, edited)
    press(client, address, "apply")
    page = client.get(address).text
    with filled.app_context():
        body = registry.known(SYSTEM).bodies[BODY]
        db.session.add(Submission(year=YEAR, body_id=body, state="submitted", changed_by="head", changed_at=now()))
        db.session.commit()
    before = stored(filled)
    response = press(client, address, "undo", page)
    assert response.status_code == 409 and "handed over" in response.text and stored(filled) == before


def test_last_years_counts_alone_are_not_undone_either_once_handed_over(filled: Flask, order: Order) -> None:
    data = download(filled, "en")
    client = signed_in(filled, "clerk", BODY)
    address = sent(client, changed(data, **{f"previous__{cell_of(data, 'previous', declared(order))}": 5}))
    assert press(client, address, "apply").status_code == 303
    page = client.get(address).text
    with filled.app_context():
        body = registry.known(SYSTEM).bodies[BODY]
        db.session.add(Submission(year=YEAR, body_id=body, state="submitted", changed_by="head", changed_at=now()))
        db.session.commit()
    response = press(client, address, "undo", page)
    assert response.status_code == 409 and "handed over" in response.text and set(stored_counts(filled).values()) == {5}


def test_an_upload_is_applied_once(filled: Flask, edited: bytes) -> None:
    client = signed_in(filled, "clerk", BODY)
    address = sent(client, edited)
    page = client.get(address).text
    assert press(client, address, "apply", page).status_code == 303
    before = stored(filled)
    assert press(client, address, "apply", page).status_code == 409
    assert press(client, address, "discard", page).status_code == 409
    assert stored(filled) == before
    assert client.get(address).status_code == 200


def test_uploads_are_their_senders_alone(filled: Flask, edited: bytes) -> None:
    client, other = signed_in(filled, "clerk", BODY), signed_in(filled, "clerk", BODY)
    address = sent(client, edited)
    token = token_of(other, "/workbook")
    for deed in ("", "/marked.xlsx"):
        assert other.get(address + deed).status_code == 404
    for deed in ("apply", "undo", "discard"):
        form = {"csrf_token": token, "mode": "overwrite", "shown": "x", "event": "0"}
        assert other.post(f"{address}/{deed}", data=form).status_code == 404
    assert address not in other.get("/uploads").text and address in client.get("/uploads").text
    assert client.get("/uploads/99999").status_code == client.get("/uploads/99999999999999999999").status_code == 404
    observer = signed_in(filled, "observer")
    assert observer.get("/workbook").status_code == observer.get(address).status_code == 403
    assert press(client, address, "discard").status_code == 303
    assert client.get(address).status_code == 404
    with filled.app_context():
        assert queries.uploads(Viewer.nobody()) == [] and queries.upload(Viewer.nobody(), 1) is None


def test_other_bodies_rows_are_wrong_cells(filled: Flask, order: Order, kinds: tuple[str, ...]) -> None:
    client = signed_in(filled, "clerk", BODY)
    data = workbook(order, YEAR, {kinds[0]: [row(order, OTHER, bin_of(90), {money(order, kinds[0])[0]: 100})]})
    page = client.get(sent(client, data))
    assert count(page.text, "wrong") == 2 and "/apply" not in page.text
    assert_valid(page, "en")


# The marked workbook


def test_a_workbook_comes_back_marked_and_mended_it_is_taken(
    filled: Flask, order: Order, kinds: tuple[str, ...], tmp_path: Path
) -> None:
    data = download(filled, "ru")
    code = money(order, kinds[1])[0]
    bad, twice = cell_of(data, kinds[1], code), cell_of(data, kinds[1], "bin", own(1, 1))
    client = signed_in(filled, "clerk", BODY, code="ru")
    address = sent(client, changed(data, **{f"{kinds[1]}__{bad}": "много", f"{kinds[1]}__{twice}": own(1, 0)}))
    page = client.get(address)
    assert count(page.text, "wrong") == 2
    response = client.get(f"{address}/marked.xlsx")
    assert response.status_code == 200
    for given in (response.data, office(response.data, tmp_path)):
        book = openpyxl.load_workbook(io.BytesIO(given))
        assert book[kinds[1]][bad].fill.fgColor.rgb == ERROR and "не сумма" in book[kinds[1]][bad].comment.text
        assert book[kinds[1]][twice].comment is not None and book[kinds[1]]["E5"].comment is None
        listed = [tuple(cell.value for cell in line)[:3] for line in book[LIST].iter_rows(min_row=2)]
        assert listed == [(kinds[1], bad, code), (kinds[1], twice, "bin")]
        assert book[LIST]["B2"].hyperlink.location.replace("'", "").replace("$", "") == f"{kinds[1]}!{bad}"
        assert book[kinds[1]]["E2"].comment is not None, "hints stay"
        mended = changed(given, **{f"{kinds[1]}__{bad}": 5, f"{kinds[1]}__{twice}": own(1, 1)})
        found = plan(filled, clerk(filled), mended)
        assert not found.errors and counts(found)[:2] == (0, 1)
    with filled.app_context():
        again = openpyxl.load_workbook(io.BytesIO(mark(mended, [], [], language("ru"))))
    assert again[kinds[1]][bad].fill.fill_type is None and again[kinds[1]][bad].comment is None, "old marks are gone"


def test_warnings_are_marked_in_another_colour(filled: Flask, order: Order, kinds: tuple[str, ...]) -> None:
    data = download(filled)
    kind = next(kind for kind in kinds if any(each.at for each in order.concerning(kind, order.cautions)))
    client = signed_in(filled, "clerk", BODY)
    name = cell_of(data, kind, "body_name")
    address = sent(client, changed(data, **{f"{kind}__{name}": "Басқа атау"}))
    page = client.get(address).text
    assert count(page, "odd") >= 1 and count(page, "wrong") == 0
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"{address}/marked.xlsx").data))
    marks = [cell for line in book[kind].iter_rows(min_row=4) for cell in line if cell.fill.fgColor.rgb == marked.WARNING]
    assert marks and all(cell.comment for cell in marks)


def bomb(order: Order, part: str, content: bytes) -> bytes:
    """A workbook into one of whose worksheets something was put that spreads over a million cells."""
    source = workbook(order, YEAR, {order.kinds[0].code: [row(order, BODY, "1", {})]})
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(source)) as given, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name in given.namelist():
            data = given.read(name)
            made.writestr(name, data.replace(b"</sheetData>", b"</sheetData>" + content) if name == part else data)
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b'<mergeCells><mergeCell ref="A10:XFD1048576"/></mergeCells>',
        b"<mergeCells>" + b'<mergeCell ref="A10:Z99"/>' * 2001 + b"</mergeCells>",
        b'<hyperlinks><hyperlink ref="A1:XFD1048576" location="x"/></hyperlinks>',
        b'<hyperlinks><hyperlink ref="A:XFD" location="x"/></hyperlinks>',
        b"<hyperlinks><hyperlink ref='A1&#58;XFD1048576' location='x'/></hyperlinks>",
        b"<dataValidations>" + b'<dataValidation sqref="A1"/>' * 60_001 + b"</dataValidations>",
    ],
)
def test_what_spreads_beyond_measure_is_not_marked(order: Order, content: bytes) -> None:
    with pytest.raises(Unmarkable):
        mark(bomb(order, "xl/worksheets/sheet2.xml", content), [], [], language("en"))


def test_what_cannot_be_marked_says_why(filled: Flask, order: Order) -> None:
    client = signed_in(filled, "clerk", BODY)
    data = bomb(order, "xl/worksheets/sheet2.xml", b'<hyperlinks><hyperlink ref="A1:XFD1048576" location="x"/></hyperlinks>')
    address = sent(client, data)
    response = client.get(f"{address}/marked.xlsx")
    assert response.status_code == 422 and "cannot be copied" in response.text
    assert_valid(response, "en")
    for nothing in (b"", b"no workbook"):
        refused = send(client, nothing)
        assert refused.status_code == 422 and "not an Excel workbook" in refused.text
        assert_valid(refused, "en")
