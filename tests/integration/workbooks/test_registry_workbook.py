"""The registry workbook: export, LibreOffice, preview and all-or-nothing storing; on SQLite and PostgreSQL."""

import hashlib
import io
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from evaluation.accounts.models import Account
from evaluation.answers.issues import WorkbookRejected
from evaluation.answers.models import Report
from evaluation.audit.chain import flush_events
from evaluation.audit.models import AuditEvent
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.language import LANGUAGE_CODES, language
from evaluation.policy import Forbidden, Role, Viewer
from evaluation.quotas.models import FileReceipt
from evaluation.registry import operations as registry_operations
from evaluation.registry import queries
from evaluation.registry.admin import operations
from evaluation.registry.admin import queries as admin_queries
from evaluation.registry.operations import NewBody
from evaluation.registry.states import BodyState, FormerNames, OrganisationState, StatusEntry, SupervisionPeriod
from evaluation.review import operations as review
from evaluation.review.integrity import discrepancies
from evaluation.workbooks.registry.plan import CHANGED, RegistryPlan, apply_plan, plan_changes
from evaluation.workbooks.registry.queries import loads
from evaluation.workbooks.registry.row_states import WorkbookOptions
from evaluation.workbooks.registry.undo import LoadNotUndone, undo_load
from evaluation.workbooks.registry.writer import write_registry
from tests.integration.web.core.test_pages import assert_valid
from tests.support import accounts
from tests.support.factories import bin_of
from tests.support.html import find, form_values, visible_text

SYSTEM = Viewer.system()
REGION, DISTRICT, OTHER_DISTRICT, RURAL = (bin_of(n) for n in range(1, 5))
ORGANISATION, SECOND_ORGANISATION, CLOSED_ORGANISATION = bin_of(100), bin_of(101), bin_of(102)
OPTIONS = WorkbookOptions(2024)
DAY = date(2025, 2, 1)


@pytest.fixture
def entered(app: Flask, order: Order) -> Iterator[Order]:
    first, second = order.kinds[0].code, order.kinds[2].code
    with app.app_context():
        for year in (2023, 2024):
            registry_operations.open_year(SYSTEM, year, order.code)
        registry_operations.register_bodies(
            SYSTEM,
            [
                NewBody(REGION, "Облыс", "Область", "region", None, "310000000"),
                NewBody(DISTRICT, "Аудан", "Район", "district", REGION, "316200000"),
                NewBody(OTHER_DISTRICT, "Басқа аудан", "Другой район", "district", REGION, "316400000"),
                NewBody(RURAL, "=Ауыл", "", "rural", DISTRICT, None),
            ],
        )
        for bin_, kind, share in (
            (ORGANISATION, first, None),
            (SECOND_ORGANISATION, second, 5_125),
            (CLOSED_ORGANISATION, first, None),
        ):
            period = SupervisionPeriod(DISTRICT, date(2022, 1, 1))
            state = OrganisationState(bin_, kind, f"Мекеме {bin_}", f"Учреждение {bin_}", share, periods=(period,))
            operations.add_organisation(SYSTEM, state)
        operations.add_status(SYSTEM, organisation(CLOSED_ORGANISATION), "closed", date(2023, 7, 1))
        db.session.commit()
        yield order
        db.session.rollback()


def body(bin_: str) -> BodyState:
    return admin_queries.body_states(SYSTEM, bin_)[bin_]


def organisation(bin_: str) -> OrganisationState:
    return admin_queries.organisation_states(SYSTEM, bin_)[bin_]


def exported(app: Flask, code: str = "en") -> bytes:
    """Return the registry workbook in a language."""
    return write_registry(SYSTEM, app.extensions["orders"], language(code))


def changed(data: bytes, change: Callable[[Any], None]) -> bytes:
    """Return a workbook after a change of its openpyxl book."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def row_numbers(book: Any, name: str) -> dict[str, int]:
    """Return BIN → row number of a worksheet."""
    return {str(book[name].cell(row, 1).value): row for row in range(4, book[name].max_row + 1) if book[name].cell(row, 1).value}


def set_cells(book: Any, name: str, bin_: str, **cells: Any) -> None:
    """Set the cells of a BIN's row by column code; append the row where there is none."""
    sheet = book[name]
    columns = {sheet.cell(1, column).value: column for column in range(1, sheet.max_column + 1)}
    row = row_numbers(book, name).get(bin_) or max([3, *row_numbers(book, name).values()]) + 1
    for code, value in {"bin": bin_, **cells}.items():
        sheet.cell(row, columns[code], value)


def plan_of(app: Flask, data: bytes, options: WorkbookOptions = OPTIONS) -> RegistryPlan:
    """Return the plan of a workbook."""
    return plan_changes(SYSTEM, data, app.extensions["orders"], options)


def issue_keys(plan: RegistryPlan) -> set[tuple[str | None, str | None, str]]:
    """Return (worksheet, cell, issue code) of a plan's issues."""
    return {(issue.worksheet, issue.cell, issue.issue_code) for issue in plan.issues}


def saved_by_libreoffice(data: bytes, folder: Path) -> bytes:
    """Return a workbook after LibreOffice has opened and saved it."""
    program = shutil.which("soffice") or shutil.which("libreoffice")
    assert program, "LibreOffice is not installed; `make test` installs it"
    (folder / "in.xlsx").write_bytes(data)
    profile = f"-env:UserInstallation=file://{folder / 'profile'}"
    command = [program, profile, "--headless", "--convert-to", "xlsx", "--outdir", str(folder / "out"), str(folder / "in.xlsx")]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    return (folder / "out" / "in.xlsx").read_bytes()


@pytest.mark.parametrize("code", LANGUAGE_CODES)
def test_an_exported_workbook_changes_nothing(app: Flask, entered: Order, code: str) -> None:
    plan = plan_of(app, exported(app, code))
    assert not plan.issues and not plan.warnings and not plan.has_changes
    assert {name: len(changes) for name, changes in plan.rows.items()} == {"bodies": 4, "organisations": 3}
    book = openpyxl.load_workbook(io.BytesIO(exported(app, code)))
    heads = ["bin", "name_kk", "name_ru", "level", "parent_bin", "kato", "since", "closed_on"]
    bodies, organisations = book.worksheets[:2]
    names = {"kk": ["Органдар", "Ұйымдар"], "ru": ["Органы", "Организации"], "en": ["bodies", "organisations"]}
    assert [bodies.title, organisations.title] == names[code] and bodies.auto_filter.ref == "A3:H7"
    assert [cell.value for cell in bodies[1]] == heads
    assert [cell.value for cell in organisations[1]] == [
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
    assert bodies.cell(row_numbers(book, bodies.title)[RURAL], 2).value == "=Ауыл", "a name is no formula"


def test_libreoffice_preserves_unchanged_cells(app: Flask, entered: Order, tmp_path: Path) -> None:
    data = changed(
        exported(app),
        lambda book: set_cells(book, "organisations", SECOND_ORGANISATION, state_share=49.5, body_bin=OTHER_DISTRICT),
    )
    plan = plan_of(app, saved_by_libreoffice(data, tmp_path))
    assert not plan.issues and not plan.warnings
    assert {name: [row.current.bin for row in plan.rows_with(name, CHANGED)] for name in plan.rows} == {
        "bodies": [],
        "organisations": [SECOND_ORGANISATION],
    }
    assert list(plan.rows_with("organisations", CHANGED)[0].cells()) == [
        ("body_bin", DISTRICT, OTHER_DISTRICT),
        ("since", date(2022, 1, 1), date(2024, 1, 1)),
        ("state_share", 5_125, 4_950),
    ]


def test_changes_are_stored_in_one_batch(app: Flask, entered: Order) -> None:
    new_body, new_organisation = bin_of(50), bin_of(200)

    def change(book: Any) -> None:
        set_cells(
            book,
            "bodies",
            new_body,
            name_kk="Жаңа аудан",
            level="district",
            parent_bin=REGION,
            kato=318200000,
            since="01.01.2024",
        )
        set_cells(book, "bodies", DISTRICT, name_ru="Район Новый")
        set_cells(book, "bodies", RURAL, name_ru="Село")
        set_cells(book, "organisations", ORGANISATION, body_bin=new_body, name_kk="Жаңа атау")
        set_cells(book, "organisations", SECOND_ORGANISATION, status="liquidation", status_since="01.05.2024", state_body="да")
        set_cells(
            book,
            "organisations",
            new_organisation,
            kind=entered.kinds[1].name.ru,
            name_kk="Кәсіпорын",
            body_bin=OTHER_DISTRICT,
            state_share="100",
        )

    plan = plan_of(app, changed(exported(app), change))
    assert not plan.issues
    counts = {name: [len(plan.rows_with(name, outcome)) for outcome in ("new", "changed", "unchanged")] for name in plan.rows}
    assert counts == {"bodies": [1, 2, 2], "organisations": [1, 2, 1]}
    batch = apply_plan(Viewer("Анна", Role.ADMINISTRATOR, None), plan)
    assert body(new_body) == BodyState(new_body, "Жаңа аудан", "", "district", REGION, "318200000", date(2024, 1, 1))
    assert body(DISTRICT).former_names == (FormerNames(date(2023, 12, 31), "Аудан", "Район"),)
    assert body(RURAL) == BodyState(RURAL, "=Ауыл", "Село", "rural", DISTRICT), "a name in place of an empty one is no rename"
    moved = organisation(ORGANISATION)
    assert moved.periods == (
        SupervisionPeriod(DISTRICT, date(2022, 1, 1), date(2023, 12, 31)),
        SupervisionPeriod(new_body, date(2024, 1, 1)),
    )
    assert moved.former_names == (FormerNames(date(2023, 12, 31), f"Мекеме {ORGANISATION}", f"Учреждение {ORGANISATION}"),)
    assert (
        organisation(SECOND_ORGANISATION).statuses == (StatusEntry("liquidation", date(2024, 5, 1)),)
        and organisation(SECOND_ORGANISATION).state_body
    )
    assert organisation(new_organisation) == OrganisationState(
        new_organisation,
        entered.kinds[1].code,
        "Кәсіпорын",
        "",
        10_000,
        periods=(SupervisionPeriod(OTHER_DISTRICT, date(2024, 1, 1)),),
    )
    flush_events(db.session)
    events = db.session.query(AuditEvent).filter_by(batch=batch).all()
    assert len([event for event in events if event.action not in ("organisation_left", "registry_loaded")]) == 6
    assert {event.actor for event in events} == {"Анна"}
    assert not plan_of(app, changed(exported(app), lambda book: None)).has_changes


NEW_BODY, NEW_ORGANISATION = bin_of(50), bin_of(200)


def load(app: Flask, kind: str) -> str:
    """Load new and changed bodies and organisations; return the batch."""

    def change(book: Any) -> None:
        set_cells(book, "bodies", NEW_BODY, name_kk="Жаңа аудан", level="district", parent_bin=REGION)
        set_cells(book, "bodies", REGION, name_kk="Облыс әкімдігі")
        set_cells(book, "organisations", ORGANISATION, body_bin=NEW_BODY, name_kk="Жаңа атау")
        set_cells(book, "organisations", SECOND_ORGANISATION, status="liquidation", status_since="01.05.2024")
        set_cells(book, "organisations", NEW_ORGANISATION, kind=kind, name_kk="Кәсіпорын", body_bin=OTHER_DISTRICT)

    batch = apply_plan(SYSTEM, plan_of(app, changed(exported(app), change)))
    db.session.commit()
    return batch


def states() -> tuple[Any, Any]:
    return admin_queries.body_states(SYSTEM), admin_queries.organisation_states(SYSTEM)


def test_a_load_is_undone_as_a_whole_and_once(app: Flask, entered: Order) -> None:
    before = states()
    batch = load(app, entered.kinds[1].code)
    loaded, ids = states(), queries.registry_index(SYSTEM)
    assert loaded != before
    undo_load(Viewer("Анна", Role.ADMINISTRATOR, None), batch)
    db.session.commit()
    assert states() == before and not list(discrepancies(SYSTEM))
    events = db.session.query(AuditEvent).filter_by(actor="Анна").all()
    actions = sorted({event.action for event in events} - {"organisation_left", "chain_started"})
    assert actions == ["body_changed", "body_removed", "organisation_changed", "organisation_removed", "registry_load_undone"]
    assert [(item.new_count, item.changed_count, item.is_undone) for item in loads(SYSTEM)] == [(2, 3, True)]
    with pytest.raises(LoadNotUndone, match="already"):
        undo_load(SYSTEM, batch)
    with pytest.raises(Forbidden):
        undo_load(Viewer("x", Role.CLERK, None), batch)
    load(app, entered.kinds[1].code)
    assert states() == loaded and not list(discrepancies(SYSTEM))
    again = queries.registry_index(SYSTEM)
    assert again.bodies[NEW_BODY] > ids.bodies[NEW_BODY], "the id of a removed body is not used again: its events name it"
    assert again.organisations[NEW_ORGANISATION][0] > ids.organisations[NEW_ORGANISATION][0]


def rename_later(batch: str) -> None:
    current = organisation(NEW_ORGANISATION)
    operations.change_organisation(SYSTEM, current, replace(current, name_kk="Басқа"), has_reports=False)


def answer(batch: str) -> None:
    id_ = queries.registry_index(SYSTEM).organisations[NEW_ORGANISATION][0]
    db.session.add(Report(organisation_id=id_, year=2024, answers={}, evidence={}))


def move_to_new_body(batch: str) -> None:
    operations.move_organisation(SYSTEM, organisation(NEW_ORGANISATION), NEW_BODY, 2025)


def accept(batch: str) -> None:
    region, order = queries.body(SYSTEM, REGION), queries.order_of(2024)
    assert region is not None and order is not None
    head, reviewer = (
        Account(email=f"{name}@example.org", name=name, role=name, fs_uniquifier=name) for name in ("head", "reviewer")
    )
    db.session.add_all([head, reviewer])
    db.session.flush()
    review.submit(Viewer("head", Role.HEAD, frozenset({region.id}), head.id), order, 2024, region, 0, DAY, nil_return=True)
    review.accept(Viewer("reviewer", Role.REVIEWER, None, reviewer.id), 2024, region, 1, DAY)


@pytest.mark.parametrize(
    ("stand_in_the_way", "message"),
    [
        (rename_later, f"changed later: Басқа ({NEW_ORGANISATION})"),
        (move_to_new_body, f"changed later: Кәсіпорын ({NEW_ORGANISATION})"),
        (answer, f"in use (answers, submissions, people or messages refer to them): Кәсіпорын ({NEW_ORGANISATION})"),
        (accept, f"accepted years: {REGION}, 2024"),
    ],
)
def test_later_changes_use_and_accepted_years_stand_in_the_way_of_an_undo(
    app: Flask, entered: Order, stand_in_the_way: Callable[[str], None], message: str
) -> None:
    batch = load(app, entered.kinds[1].code)
    stand_in_the_way(batch)
    db.session.commit()
    before = states()
    with pytest.raises(LoadNotUndone) as error:
        undo_load(SYSTEM, batch)
    db.session.rollback()
    assert message in error.value.message(language("en")) and states() == before


def test_names_are_corrected_on_request(app: Flask, entered: Order) -> None:
    data = changed(exported(app), lambda book: set_cells(book, "bodies", DISTRICT, name_kk="Дұрыс аудан"))
    apply_plan(SYSTEM, plan_of(app, data, WorkbookOptions(2024, renames=False)))
    assert body(DISTRICT).name_kk == "Дұрыс аудан" and not body(DISTRICT).former_names


def test_every_invalid_cell_has_its_issue_and_nothing_is_stored(app: Flask, entered: Order) -> None:
    kind = entered.kinds[0].code
    report = Report(
        organisation_id=queries.registry_index(SYSTEM).organisations[ORGANISATION][0], year=2023, answers={}, evidence={}
    )
    db.session.add(report)
    db.session.commit()
    row_of: dict[str, int] = {}

    def change(book: Any) -> None:
        set_cells(book, "bodies", REGION, kato="316200000")
        set_cells(book, "bodies", DISTRICT, since=date(2023, 6, 1), closed_on=date(2023, 12, 31))
        set_cells(book, "bodies", RURAL, parent_bin=REGION)
        set_cells(book, "bodies", bin_of(60), level="ауыл")
        set_cells(book, "bodies", bin_of(61), name_kk="Өзі", parent_bin=bin_of(61))
        set_cells(book, "bodies", "123456789012", name_kk="Бөтен")
        set_cells(book, "organisations", ORGANISATION, kind=entered.kinds[1].code)
        set_cells(book, "organisations", SECOND_ORGANISATION, status="closed")
        set_cells(book, "organisations", CLOSED_ORGANISATION, status="active", status_since="01.01.2024")
        set_cells(book, "organisations", bin_of(210), kind=kind, name_kk="Жаңа", body_bin=bin_of(999), state_share=120)
        set_cells(book, "organisations", bin_of(211), kind=kind)
        set_cells(
            book, "organisations", bin_of(212), kind=kind, name_kk="=1/0", state_share="көп", state_body="мүмкін", since="кеше"
        )
        sheet = book["organisations"]
        sheet.append([bin_of(213), kind, "Екі рет"])
        sheet.append([bin_of(213), kind, "Екі рет"])
        sheet.append(["", kind, "Нөмірсіз"])
        book.create_sheet("басқа")
        book.create_sheet("_менікі")
        row_of.update({f"b{bin_}": row for bin_, row in row_numbers(book, "bodies").items()})
        row_of.update({f"o{bin_}": row for bin_, row in row_numbers(book, "organisations").items()})
        row_of["last"] = sheet.max_row

    plan = plan_of(app, changed(exported(app), change))

    def cell(group: str, column: str, bin_: str) -> str:
        return f"{column}{row_of[group + bin_]}"

    assert issue_keys(plan) == {
        ("басқа", None, "unknown_worksheet"),
        ("bodies", cell("b", "F", REGION), "kato_of_region"),
        ("bodies", cell("b", "G", DISTRICT), "body_had_organisations"),
        ("bodies", cell("b", "H", DISTRICT), "body_has_organisations"),
        ("bodies", cell("b", "E", RURAL), "parent_of_rural"),
        ("bodies", cell("b", "D", bin_of(60)), "not_choice"),
        ("bodies", cell("b", "E", bin_of(61)), "own_parent"),
        ("bodies", cell("b", "A", "123456789012"), "bin_check_digit"),
        ("organisations", cell("o", "B", ORGANISATION), "kind_reported"),
        ("organisations", cell("o", "H", SECOND_ORGANISATION), "missing_value"),
        ("organisations", cell("o", "G", CLOSED_ORGANISATION), "closed_organisation"),
        ("organisations", cell("o", "E", bin_of(210)), "body_unknown"),
        ("organisations", cell("o", "I", bin_of(210)), "not_share"),
        ("organisations", cell("o", "C", bin_of(211)), "missing_value"),
        ("organisations", cell("o", "C", bin_of(212)), "formula_without_value"),
        ("organisations", cell("o", "I", bin_of(212)), "not_share"),
        ("organisations", cell("o", "J", bin_of(212)), "not_yes_no"),
        ("organisations", cell("o", "F", bin_of(212)), "not_date"),
        ("organisations", f"A{row_of['last'] - 1}", "duplicate_entry"),
        ("organisations", f"A{row_of['last']}", "missing_value"),
    }
    for code in LANGUAGE_CODES:
        assert all(issue.message(language(code)) for issue in plan.issues)
    before = admin_queries.body_states(SYSTEM), admin_queries.organisation_states(SYSTEM)
    with pytest.raises(WorkbookRejected):
        apply_plan(SYSTEM, plan)
    assert (admin_queries.body_states(SYSTEM), admin_queries.organisation_states(SYSTEM)) == before


def test_a_file_that_cannot_be_opened_is_rejected(app: Flask, entered: Order) -> None:
    for data, issue_code in (
        (b"", "not_a_workbook"),
        (b"PK\x03\x04 and no more", "damaged"),
        (exported(app)[:-100], "damaged"),
        (
            changed(exported(app), lambda book: [book.remove(book[name]) for name in ("bodies", "organisations")]),
            "missing_worksheet",
        ),
    ):
        with pytest.raises(WorkbookRejected) as refused:
            plan_of(app, data)
        assert refused.value.issues[-1].issue_code == issue_code
    plan = plan_of(app, changed(exported(app), lambda book: book["bodies"].delete_cols(1)))
    assert ("bodies", "A1", "missing_column") in issue_keys(plan)
    one_worksheet = plan_of(app, changed(exported(app), lambda book: book.remove(book["bodies"])))
    assert not one_worksheet.issues and not one_worksheet.has_changes, "one of the two worksheets is enough"
    fewer_columns = plan_of(app, changed(exported(app), lambda book: book["organisations"].delete_cols(2, 9)))
    assert not fewer_columns.issues and not fewer_columns.has_changes, "a missing column changes nothing"
    with pytest.raises(Forbidden):
        plan_changes(Viewer("x", Role.CLERK, None), exported(app), app.extensions["orders"], OPTIONS)


def test_a_country_is_registered_by_one_workbook(app: Flask, order: Order) -> None:
    """Bodies of a country are registered together with their higher bodies and organisations."""
    with app.app_context():
        empty = exported(app)

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

        plan = plan_of(app, changed(empty, change))
        assert not plan.issues
        apply_plan(SYSTEM, plan)
        assert len(admin_queries.body_states(SYSTEM)) == 40 and len(admin_queries.organisation_states(SYSTEM)) == 400
        assert body(bin_of(11)).parent == bin_of(10)
        assert set(queries.supervisor_ids(2024)) == {id_ for id_, _ in queries.registry_index(SYSTEM).organisations.values()}
        db.session.rollback()


# Pages


@pytest.fixture
def admin(app: Flask, entered: Order) -> FlaskClient:
    return accounts.signed_in(app, "administrator")


def post(client: FlaskClient, data: bytes | None, **values: str) -> TestResponse:
    token = accounts.token_of(client, "/registry/workbook")
    form: dict[str, Any] = {"csrf_token": token, "year": "2024", "names": "new"} | values
    if data is not None:
        form["file"] = (io.BytesIO(data), "тізілім.xlsx")
    return client.post("/registry/workbook", data=form, content_type="multipart/form-data")


def hidden_fields(page: str) -> dict[str, str]:
    return form_values(find(page, 'form[action="/registry/workbook/store"]'))


def test_a_workbook_is_previewed_and_then_stored(app: Flask, admin: FlaskClient) -> None:
    downloaded = admin.get("/registry/workbook.xlsx")
    assert downloaded.status_code == 200 and downloaded.data.startswith(b"PK")
    data = changed(
        downloaded.data, lambda book: set_cells(book, "organisations", ORGANISATION, body_bin=OTHER_DISTRICT, state_share=75)
    )
    preview = post(admin, data)
    assert preview.status_code == 200
    assert_valid(preview, "en")
    preview_text = visible_text(preview)
    assert (
        f"Аудан ({DISTRICT}) → Басқа аудан ({OTHER_DISTRICT})" in preview_text and "State share, percent: – → 75" in preview_text
    )
    assert "Moves and new names take effect from 1 January 2024." in preview_text
    with app.app_context():
        assert len(organisation(ORGANISATION).periods) == 1, "a preview stores nothing"
        taken = db.session.query(AuditEvent).filter_by(action="file_exported").one()
        assert taken.data == {"what": "registry", "format": "xlsx", "sha256": hashlib.sha256(downloaded.data).hexdigest()}
    stored = admin.post("/registry/workbook/store", data=hidden_fields(preview.text))
    assert stored.status_code == 303 and "0 new, 1 changed" in admin.get("/registry/workbook").text
    with app.app_context():
        assert organisation(ORGANISATION).body_in(2024) == OTHER_DISTRICT and organisation(ORGANISATION).body_in(2023) == DISTRICT
    again = admin.post("/registry/workbook/store", data=hidden_fields(preview.text))
    assert again.status_code == 409 and "Nothing would change" in again.text
    undo = form_values(find(admin.get("/registry/workbook").text, 'form[action="/registry/workbook/undo"]'))
    assert admin.post("/registry/workbook/undo", data=undo).status_code == 303
    undone = admin.get("/registry/workbook")
    assert_valid(undone, "en")
    assert "The load of the registry is undone." in undone.text and "/workbook/undo" not in undone.text
    with app.app_context():
        assert organisation(ORGANISATION).body_in(2024) == DISTRICT
    second = admin.post("/registry/workbook/undo", data=undo)
    assert second.status_code == 409 and "undone already" in second.text
    assert_valid(admin.get("/audit?group=registry"), "en")


def test_a_changed_registry_is_previewed_again(app: Flask, admin: FlaskClient) -> None:
    data = changed(
        admin.get("/registry/workbook.xlsx").data, lambda book: set_cells(book, "bodies", OTHER_DISTRICT, name_ru="Иной район")
    )
    preview = post(admin, data, names="corrected")
    with app.app_context():
        state = body(OTHER_DISTRICT)
        operations.change_body(SYSTEM, state, state.name_kk, "Новейший район", state.level, state.parent, state.kato, None)
        db.session.commit()
    late = admin.post("/registry/workbook/store", data=hidden_fields(preview.text))
    assert late.status_code == 409 and "Новейший район" in late.text and "in the meantime" in late.text
    assert_valid(late, "en")
    assert admin.post("/registry/workbook/store", data=hidden_fields(late.text)).status_code == 303
    with app.app_context():
        assert body(OTHER_DISTRICT).name_ru == "Иной район"


def test_only_the_sender_stores_a_workbook(app: Flask, admin: FlaskClient) -> None:
    """The form names bytes of the store by their SHA-256: those of other people are as good as missing."""
    data = changed(
        admin.get("/registry/workbook.xlsx").data, lambda book: set_cells(book, "bodies", OTHER_DISTRICT, name_ru="Иной район")
    )
    fields = hidden_fields(post(admin, data).text)
    for change, status in ((1, 422), (-1, 303)):
        with app.app_context():
            db.session.query(FileReceipt).update({"account_id": FileReceipt.account_id + change})
            db.session.commit()
        response = admin.post("/registry/workbook/store", data=fields)
        assert response.status_code == status and ("is missing" in visible_text(response)) == (status == 422)


def test_a_workbook_with_errors_cannot_be_stored(app: Flask, admin: FlaskClient) -> None:
    data = admin.get("/registry/workbook.xlsx").data
    invalid = post(admin, changed(data, lambda book: set_cells(book, "bodies", OTHER_DISTRICT, kato="12")))
    assert invalid.status_code == 422 and "is not a KATO code" in invalid.text and "workbook/store" not in invalid.text
    assert_valid(invalid, "en")
    assert post(admin, b"no workbook").status_code == 422
    assert post(admin, None).status_code == 422
    assert post(admin, data, year="12").status_code == 422
    same = post(admin, data)
    assert same.status_code == 200 and "Nothing would change" in same.text and "workbook/store" not in same.text
    token = accounts.token_of(admin, "/registry/workbook")
    good = {"csrf_token": token, "sha256": "0" * 64, "year": "2024", "names": "new", "digest": "x"}
    assert admin.post("/registry/workbook/store", data=good).status_code == 422
    for bad in ({"sha256": "../../etc/passwd"}, {"sha256": ""}, {"year": "0"}, {"year": ""}):
        assert admin.post("/registry/workbook/store", data=good | bad).status_code == 400


def test_a_first_day_that_leaves_an_organisation_out_of_every_open_year_is_a_warning(app: Flask, entered: Order) -> None:
    def add(book: Any, bin_: str, since: date) -> None:
        kind = entered.kinds[0].code
        set_cells(book, "organisations", bin_, kind=kind, name_kk="Мектеп", body_bin=DISTRICT, since=since, status="active")

    def change(book: Any) -> None:
        add(book, bin_of(300), date(2025, 1, 1))
        add(book, bin_of(301), date(2024, 12, 31))

    plan = plan_of(app, changed(exported(app), change))
    assert not plan.issues
    assert [(warning.issue_code, warning.cell) for warning in plan.warnings] == [("counts_in_no_year", "F7")]
