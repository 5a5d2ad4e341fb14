"""The registry workbook: out, through LibreOffice, back in with a preview, all or nothing; on SQLite and on PostgreSQL."""

import hashlib
import io
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from evaluation.answers.issues import Refused
from evaluation.answers.models import Report
from evaluation.audit.models import Event
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.language import CODES, language
from evaluation.policy import Forbidden, Role, Viewer
from evaluation.registry import operations as registering
from evaluation.registry import queries
from evaluation.registry.admin import operations
from evaluation.registry.admin import queries as upkeep
from evaluation.registry.admin.states import BodyState, Dated, Former, OrganisationState, Period
from evaluation.registry.operations import NewBody
from evaluation.workbooks.registry import plan as planning
from evaluation.workbooks.registry.plan import Plan, Terms
from evaluation.workbooks.registry.writer import write_registry
from tests.integration.web.core.test_pages import assert_valid
from tests.support import accounts as people
from tests.support.factories import bin_of

SYSTEM = Viewer.system()
REGION, DISTRICT, OTHER, RURAL = (bin_of(n) for n in range(1, 5))
OWN, SECOND, GONE = bin_of(100), bin_of(101), bin_of(102)
TERMS = Terms(2024)


@pytest.fixture
def entered(app: Flask, order: Order) -> Iterator[Order]:
    first, second = order.kinds[0].code, order.kinds[2].code
    with app.app_context():
        for year in (2023, 2024):
            registering.open_year(SYSTEM, year, order.code)
        registering.register_bodies(
            SYSTEM,
            [
                NewBody(REGION, "Облыс", "Область", "region", None, "310000000"),
                NewBody(DISTRICT, "Аудан", "Район", "district", REGION, "316200000"),
                NewBody(OTHER, "Басқа аудан", "Другой район", "district", REGION, "316400000"),
                NewBody(RURAL, "=Ауыл", "", "rural", DISTRICT, None),
            ],
        )
        for own, kind, share in ((OWN, first, None), (SECOND, second, 5_125), (GONE, first, None)):
            period = Period(DISTRICT, date(2022, 1, 1))
            state = OrganisationState(own, kind, f"Мекеме {own}", f"Учреждение {own}", share, periods=(period,))
            operations.add_organisation(SYSTEM, state)
        operations.set_status(SYSTEM, organisation(GONE), "closed", date(2023, 7, 1))
        db.session.commit()
        yield order
        db.session.rollback()


def body(bin_: str) -> BodyState:
    return upkeep.body_states(SYSTEM, bin_)[bin_]


def organisation(bin_: str) -> OrganisationState:
    return upkeep.organisation_states(SYSTEM, bin_)[bin_]


def written(app: Flask, code: str = "kk") -> bytes:
    return write_registry(SYSTEM, app.extensions["orders"], language(code))


def changed(data: bytes, change: Callable[[Any], None]) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(data))
    change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def rows(book: Any, name: str) -> dict[str, int]:
    """BIN → row number of a worksheet."""
    return {str(book[name].cell(row, 1).value): row for row in range(4, book[name].max_row + 1) if book[name].cell(row, 1).value}


def put(book: Any, name: str, bin_: str, **cells: Any) -> None:
    """Write cells by column code into a BIN's row, a new one where there is none."""
    sheet = book[name]
    places = {sheet.cell(1, place).value: place for place in range(1, sheet.max_column + 1)}
    row = rows(book, name).get(bin_) or max([3, *rows(book, name).values()]) + 1
    for code, value in {"bin": bin_, **cells}.items():
        sheet.cell(row, places[code], value)


def looked_at(app: Flask, data: bytes, terms: Terms = TERMS) -> Plan:
    return planning.plan(SYSTEM, data, app.extensions["orders"], terms)


def told(plan: Plan) -> set[tuple[str | None, str | None, str]]:
    return {(each.worksheet, each.cell, each.problem) for each in plan.problems}


def through_libreoffice(data: bytes, folder: Path) -> bytes:
    """What LibreOffice makes of a workbook by opening and saving it."""
    program = shutil.which("soffice") or shutil.which("libreoffice")
    assert program, "LibreOffice is not installed; `make test` installs it"
    (folder / "in.xlsx").write_bytes(data)
    profile = f"-env:UserInstallation=file://{folder / 'profile'}"
    command = [program, profile, "--headless", "--convert-to", "xlsx", "--outdir", str(folder / "out"), str(folder / "in.xlsx")]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    return (folder / "out" / "in.xlsx").read_bytes()


@pytest.mark.parametrize("code", CODES)
def test_what_goes_out_comes_back_unchanged(app: Flask, entered: Order, code: str) -> None:
    made = looked_at(app, written(app, code))
    assert not made.problems and not made.warnings and not made.changes
    assert {name: len(lines) for name, lines in made.lines.items()} == {"bodies": 4, "organisations": 3}
    book = openpyxl.load_workbook(io.BytesIO(written(app, code)))
    heads = ["bin", "name_kk", "name_ru", "level", "parent_bin", "kato", "since", "closed_on"]
    assert [cell.value for cell in book["bodies"][1]] == heads
    assert [cell.value for cell in book["organisations"][1]] == [
        "bin",
        "kind",
        "name_kk",
        "name_ru",
        "body_bin",
        "since",
        "status",
        "status_since",
        "state_share",
        "state_body",
        "national_company",
    ]
    assert book["bodies"].cell(rows(book, "bodies")[RURAL], 2).value == "=Ауыл", "a name is no formula"


def test_libreoffice_changes_nothing_that_was_not_changed(app: Flask, entered: Order, tmp_path: Path) -> None:
    data = changed(written(app), lambda book: put(book, "organisations", SECOND, state_share=49.5, body_bin=OTHER))
    made = looked_at(app, through_libreoffice(data, tmp_path))
    assert not made.problems and not made.warnings
    assert {name: [line.now.bin for line in made.of(name, planning.CHANGED)] for name in made.lines} == {
        "bodies": [],
        "organisations": [SECOND],
    }
    assert list(made.of("organisations", planning.CHANGED)[0].cells()) == [
        ("body_bin", DISTRICT, OTHER),
        ("since", date(2022, 1, 1), date(2024, 1, 1)),
        ("state_share", 5_125, 4_950),
    ]


def test_changes_are_stored_all_at_once_under_one_batch(app: Flask, entered: Order) -> None:
    fresh_body, fresh = bin_of(50), bin_of(200)

    def change(book: Any) -> None:
        put(
            book,
            "bodies",
            fresh_body,
            name_kk="Жаңа аудан",
            level="district",
            parent_bin=REGION,
            kato=318200000,
            since="01.01.2024",
        )
        put(book, "bodies", DISTRICT, name_ru="Район Новый")
        put(book, "bodies", RURAL, name_ru="Село")
        put(book, "organisations", OWN, body_bin=fresh_body, name_kk="Жаңа атау")
        put(book, "organisations", SECOND, status="liquidation", status_since="01.05.2024", state_body="да")
        put(book, "organisations", fresh, kind=entered.kinds[1].name.ru, name_kk="Кәсіпорын", body_bin=OTHER, state_share="100")

    made = looked_at(app, changed(written(app), change))
    assert not made.problems
    counts = {name: [len(made.of(name, each)) for each in ("new", "changed", "unchanged")] for name in made.lines}
    assert counts == {"bodies": [1, 2, 2], "organisations": [1, 2, 1]}
    batch = planning.apply(Viewer("Анна", Role.ADMINISTRATOR, None), made)
    assert body(fresh_body) == BodyState(fresh_body, "Жаңа аудан", "", "district", REGION, "318200000", date(2024, 1, 1))
    assert body(DISTRICT).former == (Former(date(2023, 12, 31), "Аудан", "Район"),)
    assert body(RURAL) == BodyState(RURAL, "=Ауыл", "Село", "rural", DISTRICT), "filling a blank is no renaming"
    own = organisation(OWN)
    assert own.periods == (Period(DISTRICT, date(2022, 1, 1), date(2023, 12, 31)), Period(fresh_body, date(2024, 1, 1)))
    assert own.former == (Former(date(2023, 12, 31), f"Мекеме {OWN}", f"Учреждение {OWN}"),)
    assert organisation(SECOND).statuses == (Dated("liquidation", date(2024, 5, 1)),) and organisation(SECOND).state_body
    assert organisation(fresh) == OrganisationState(
        fresh, entered.kinds[1].code, "Кәсіпорын", "", 10_000, periods=(Period(OTHER, date(2024, 1, 1)),)
    )
    events = db.session.query(Event).filter_by(batch=batch).all()
    assert len([event for event in events if event.action != "organisation_left"]) == 6
    assert {event.actor for event in events} == {"Анна"}
    assert not looked_at(app, changed(written(app), lambda book: None)).changes


def test_names_are_corrected_where_that_is_asked_for(app: Flask, entered: Order) -> None:
    data = changed(written(app), lambda book: put(book, "bodies", DISTRICT, name_kk="Дұрыс аудан"))
    planning.apply(SYSTEM, looked_at(app, data, Terms(2024, renames=False)))
    assert body(DISTRICT).name_kk == "Дұрыс аудан" and not body(DISTRICT).former


def test_every_wrong_cell_is_told_in_its_place_and_nothing_is_stored(app: Flask, entered: Order) -> None:
    kind = entered.kinds[0].code
    report = Report(organisation_id=queries.known(SYSTEM).organisations[OWN][0], year=2023, answers={}, evidence={})
    db.session.add(report)
    db.session.commit()
    at: dict[str, int] = {}

    def change(book: Any) -> None:
        put(book, "bodies", REGION, kato="316200000")
        put(book, "bodies", DISTRICT, since=date(2023, 6, 1), closed_on=date(2023, 12, 31))
        put(book, "bodies", RURAL, parent_bin=REGION)
        put(book, "bodies", bin_of(60), level="ауыл")
        put(book, "bodies", bin_of(61), name_kk="Өзі", parent_bin=bin_of(61))
        put(book, "bodies", "123456789012", name_kk="Бөтен")
        put(book, "organisations", OWN, kind=entered.kinds[1].code)
        put(book, "organisations", SECOND, status="closed")
        put(book, "organisations", GONE, status="active", status_since="01.01.2024")
        put(book, "organisations", bin_of(210), kind=kind, name_kk="Жаңа", body_bin=bin_of(999), state_share=120)
        put(book, "organisations", bin_of(211), kind=kind)
        put(book, "organisations", bin_of(212), kind=kind, name_kk="=1/0", state_share="көп", state_body="мүмкін", since="кеше")
        sheet = book["organisations"]
        sheet.append([bin_of(213), kind, "Екі рет"])
        sheet.append([bin_of(213), kind, "Екі рет"])
        sheet.append(["", kind, "Нөмірсіз"])
        book.create_sheet("басқа")
        book.create_sheet("_менікі")
        at.update({f"b{bin_}": row for bin_, row in rows(book, "bodies").items()})
        at.update({f"o{bin_}": row for bin_, row in rows(book, "organisations").items()})
        at["last"] = sheet.max_row

    made = looked_at(app, changed(written(app), change))

    def cell(group: str, column: str, bin_: str) -> str:
        return f"{column}{at[group + bin_]}"

    assert told(made) == {
        ("басқа", None, "unknown_worksheet"),
        ("bodies", cell("b", "F", REGION), "kato_of_region"),
        ("bodies", cell("b", "G", DISTRICT), "body_had_organisations"),
        ("bodies", cell("b", "H", DISTRICT), "body_has_organisations"),
        ("bodies", cell("b", "E", RURAL), "parent_of_rural"),
        ("bodies", cell("b", "D", bin_of(60)), "not_choice"),
        ("bodies", cell("b", "E", bin_of(61)), "own_parent"),
        ("bodies", cell("b", "A", "123456789012"), "bin_check_digit"),
        ("organisations", cell("o", "B", OWN), "kind_reported"),
        ("organisations", cell("o", "H", SECOND), "missing_value"),
        ("organisations", cell("o", "G", GONE), "closed_organisation"),
        ("organisations", cell("o", "E", bin_of(210)), "body_unknown"),
        ("organisations", cell("o", "I", bin_of(210)), "not_share"),
        ("organisations", cell("o", "C", bin_of(211)), "missing_value"),
        ("organisations", cell("o", "C", bin_of(212)), "formula_without_value"),
        ("organisations", cell("o", "I", bin_of(212)), "not_share"),
        ("organisations", cell("o", "J", bin_of(212)), "not_yes_no"),
        ("organisations", cell("o", "F", bin_of(212)), "not_date"),
        ("organisations", f"A{at['last'] - 1}", "duplicate_entry"),
        ("organisations", f"A{at['last']}", "missing_value"),
    }
    for code in CODES:
        assert all(each.message(language(code)) for each in made.problems)
    before = upkeep.body_states(SYSTEM), upkeep.organisation_states(SYSTEM)
    with pytest.raises(Refused):
        planning.apply(SYSTEM, made)
    assert (upkeep.body_states(SYSTEM), upkeep.organisation_states(SYSTEM)) == before


def test_what_cannot_be_opened_is_refused(app: Flask, entered: Order) -> None:
    for data, problem in (
        (b"", "not_a_workbook"),
        (b"PK\x03\x04 and no more", "damaged"),
        (written(app)[:-100], "damaged"),
        (
            changed(written(app), lambda book: [book.remove(book[name]) for name in ("bodies", "organisations")]),
            "missing_worksheet",
        ),
    ):
        with pytest.raises(Refused) as refused:
            looked_at(app, data)
        assert refused.value.problems[-1].problem == problem
    made = looked_at(app, changed(written(app), lambda book: book["bodies"].delete_cols(1)))
    assert ("bodies", "A1", "missing_column") in told(made)
    only = looked_at(app, changed(written(app), lambda book: book.remove(book["bodies"])))
    assert not only.problems and not only.changes, "one of the two worksheets is enough"
    some = looked_at(app, changed(written(app), lambda book: book["organisations"].delete_cols(2, 9)))
    assert not some.problems and not some.changes, "a column that is left out changes nothing"
    with pytest.raises(Forbidden):
        planning.plan(Viewer("x", Role.CLERK, None), written(app), app.extensions["orders"], TERMS)


def test_a_whole_tree_comes_in_at_once(app: Flask, order: Order) -> None:
    """A country's bodies and organisations from a workbook into an empty registry: parents and children together."""
    with app.app_context():
        empty = written(app)

        def change(book: Any) -> None:
            for n in range(40):
                kato, parent = (
                    (f"3{n // 10 + 1}0000000", None)
                    if n % 10 == 0
                    else (f"3{n // 10 + 1}{10 + n % 10}00000", bin_of(n // 10 * 10))
                )
                level = "district" if parent else "region"
                book["bodies"].append([bin_of(n), f"Орган {n}", f"Орган {n}", level, parent, kato])
            for n in range(400):
                book["organisations"].append([bin_of(2_000 + n), order.kinds[n % 4].code, f"Ұйым {n}", "", bin_of(n % 40)])

        made = looked_at(app, changed(empty, change))
        assert not made.problems
        planning.apply(SYSTEM, made)
        assert len(upkeep.body_states(SYSTEM)) == 40 and len(upkeep.organisation_states(SYSTEM)) == 400
        assert body(bin_of(11)).parent == bin_of(10)
        assert set(queries.supervisors(2024)) == {id_ for id_, _ in queries.known(SYSTEM).organisations.values()}
        db.session.rollback()


# Pages


@pytest.fixture
def admin(app: Flask, entered: Order) -> FlaskClient:
    return people.signed_in(app, "administrator")


def post(client: FlaskClient, data: bytes | None, **given: str) -> TestResponse:
    token = people.token_of(client, "/registry/workbook")
    form: dict[str, Any] = {"csrf_token": token, "year": "2024", "names": "new"} | given
    if data is not None:
        form["file"] = (io.BytesIO(data), "тізілім.xlsx")
    return client.post("/registry/workbook", data=form, content_type="multipart/form-data")


def hidden(page: str) -> dict[str, str]:
    form = page[page.index('action="/registry/workbook/store"') :]
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[: form.index("</form>")]))


def test_a_workbook_is_looked_at_and_then_stored(app: Flask, admin: FlaskClient) -> None:
    downloaded = admin.get("/registry/workbook.xlsx")
    assert downloaded.status_code == 200 and downloaded.data.startswith(b"PK")
    data = changed(downloaded.data, lambda book: put(book, "organisations", OWN, body_bin=OTHER, state_share=75))
    seen = post(admin, data)
    assert seen.status_code == 200
    assert_valid(seen, "en")
    said = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", seen.text))
    assert f"Аудан ({DISTRICT}) → Басқа аудан ({OTHER})" in said and "State share, percent: – → 75" in said
    assert "Moves and new names take effect from 1 January 2024." in said
    with app.app_context():
        assert len(organisation(OWN).periods) == 1, "a look stores nothing"
        taken = db.session.query(Event).filter_by(action="exported").one()
        assert taken.data == {"what": "registry", "format": "xlsx", "sha256": hashlib.sha256(downloaded.data).hexdigest()}
    stored = admin.post("/registry/workbook/store", data=hidden(seen.text))
    assert stored.status_code == 303 and "0 new, 1 changed" in admin.get("/registry/workbook").text
    with app.app_context():
        assert organisation(OWN).body_in(2024) == OTHER and organisation(OWN).body_in(2023) == DISTRICT
    again = admin.post("/registry/workbook/store", data=hidden(seen.text))
    assert again.status_code == 409 and "Nothing would change" in again.text


def test_a_registry_changed_since_is_shown_anew(app: Flask, admin: FlaskClient) -> None:
    data = changed(admin.get("/registry/workbook.xlsx").data, lambda book: put(book, "bodies", OTHER, name_ru="Иной район"))
    seen = post(admin, data, names="corrected")
    with app.app_context():
        was = body(OTHER)
        operations.change_body(SYSTEM, was, was.name_kk, "Новейший район", was.level, was.parent, was.kato, None)
        db.session.commit()
    late = admin.post("/registry/workbook/store", data=hidden(seen.text))
    assert late.status_code == 409 and "Новейший район" in late.text and "meanwhile" in late.text
    assert_valid(late, "en")
    assert admin.post("/registry/workbook/store", data=hidden(late.text)).status_code == 303
    with app.app_context():
        assert body(OTHER).name_ru == "Иной район"


def test_errors_are_shown_and_leave_nothing_to_store(app: Flask, admin: FlaskClient) -> None:
    data = admin.get("/registry/workbook.xlsx").data
    wrong = post(admin, changed(data, lambda book: put(book, "bodies", OTHER, kato="12")))
    assert wrong.status_code == 422 and "is not a KATO code" in wrong.text and "workbook/store" not in wrong.text
    assert_valid(wrong, "en")
    assert post(admin, b"no workbook").status_code == 422
    assert post(admin, None).status_code == 422
    assert post(admin, data, year="12").status_code == 422
    same = post(admin, data)
    assert same.status_code == 200 and "Nothing would change" in same.text and "workbook/store" not in same.text
    token = people.token_of(admin, "/registry/workbook")
    good = {"csrf_token": token, "sha256": "0" * 64, "year": "2024", "names": "new", "digest": "x"}
    assert admin.post("/registry/workbook/store", data=good).status_code == 422
    for bad in ({"sha256": "../../etc/passwd"}, {"sha256": ""}, {"year": "0"}, {"year": ""}):
        assert admin.post("/registry/workbook/store", data=good | bad).status_code == 400
