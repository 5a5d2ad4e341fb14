"""The pages of the registry: lists, the forms of changes, their confirmation and their errors; for administrators only."""

import unicodedata
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from evaluation.answers.models import Report
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.notifications.models import Notification
from evaluation.policy import SIGN_IN_ROLES, Role, Viewer
from evaluation.registry import operations as registry_operations
from evaluation.registry import queries
from evaluation.registry.admin import operations
from evaluation.registry.admin import queries as admin_queries
from evaluation.registry.operations import NewBody
from evaluation.registry.states import BodyState, OrganisationState, SupervisionPeriod
from evaluation.review.history.queries import year_settings
from evaluation.review.integrity import discrepancies
from tests.integration.web.core.test_pages import assert_valid
from tests.support import accounts
from tests.support.factories import bin_of
from tests.support.html import find, form_values, parse, visible_text

SYSTEM = Viewer.system()
REGION, DISTRICT, OTHER_DISTRICT = bin_of(1), bin_of(2), bin_of(3)
ORGANISATION, UNSUPERVISED_ORGANISATION = bin_of(100), bin_of(101)
PAGES = (
    "/registry/bodies",
    f"/registry/bodies/{DISTRICT}",
    "/registry/bodies/new",
    *(f"/registry/bodies/{DISTRICT}/{name}" for name in ("change", "rename", "close")),
    "/registry/organisations",
    f"/registry/organisations/{ORGANISATION}",
    "/registry/organisations/new",
    *(f"/registry/organisations/{ORGANISATION}/{name}" for name in ("change", "rename", "move", "since", "status")),
    "/registry/years",
    "/registry/years/2024",
    "/registry/years/2024/extension",
    "/registry/workbook",
)


@pytest.fixture
def entered(app: Flask, order: Order) -> Iterator[Flask]:
    kind = order.kinds[0].code
    with app.app_context():
        for year in (2023, 2024):
            registry_operations.open_year(SYSTEM, year, order.code)
        registry_operations.register_bodies(
            SYSTEM,
            [
                NewBody(REGION, "Облыс", "Область", "region", None, "310000000"),
                NewBody(DISTRICT, "Талас ауданы", "Таласский район", "district", REGION, "316200000"),
                NewBody(OTHER_DISTRICT, "Жамбыл ауданы", "Жамбылский район", "district", REGION, "314000000"),
            ],
        )
        registry_operations.register_organisations(
            SYSTEM, [(bin_, kind, f"Мекеме {bin_}", f"Учреждение {bin_}") for bin_ in (ORGANISATION, UNSUPERVISED_ORGANISATION)]
        )
        index = queries.registry_index(SYSTEM)
        registry_operations.add_supervision(
            SYSTEM, [(index.organisations[ORGANISATION][0], index.bodies[DISTRICT], date(2022, 1, 1), None)]
        )
        db.session.commit()
    yield app


@pytest.fixture
def admin(entered: Flask) -> FlaskClient:
    return accounts.signed_in(entered, "administrator")


def stored_state(app: Flask, bin_: str) -> Any:
    """Return the stored state of a body or an organisation."""
    with app.app_context():
        return (admin_queries.body_states(SYSTEM, bin_) or admin_queries.organisation_states(SYSTEM, bin_)).get(bin_)


def form_fields(page: str) -> dict[str, str]:
    """Return the values that the forms of a page would send."""
    values = {}
    for form in parse(page).select("main form"):
        values |= form_values(form)
    return values


def send(client: FlaskClient, url: str, page: str | None = None, **values: str) -> TestResponse:
    """Send the form of a page with other values."""
    return client.post(url, data=form_fields(page or client.get(url).text) | values)


def test_pages_are_valid_in_every_language_and_for_administrators_only(entered: Flask) -> None:
    for code in ("kk", "ru", "en"):
        client = accounts.signed_in(entered, "administrator", code)
        for url in PAGES:
            response = client.get(url)
            assert response.status_code == 200, url
            assert_valid(response, code)
    for role in SIGN_IN_ROLES:
        if role is not Role.ADMINISTRATOR:
            client = accounts.signed_in(entered, role)
            assert {client.get(url).status_code for url in PAGES} == {403}
            assert client.get("/registry/workbook.xlsx").status_code == 403
    assert {entered.test_client().get(url).status_code for url in PAGES} & {200} == set()


def test_unknown_addresses_answer_404(admin: FlaskClient) -> None:
    for url in (f"/registry/bodies/{ORGANISATION}", "/registry/organisations/12", f"/registry/organisations/{bin_of(900)}/move"):
        assert admin.get(url).status_code == 404
    assert admin.get("/registry/years/2001").status_code == 404


def test_a_move_is_confirmed_before_it_is_stored(entered: Flask, admin: FlaskClient) -> None:
    url = f"/registry/organisations/{ORGANISATION}/move"
    shown = send(admin, url, body="жамбыл", year="2024")
    assert shown.status_code == 200
    assert_valid(shown, "en")
    assert "2024 Талас ауданы Жамбыл ауданы 2023 Талас ауданы does not change" in visible_text(shown)
    assert len(stored_state(entered, ORGANISATION).periods) == 1, "the confirmation page stores nothing"
    back = send(admin, url, shown.text, back="1")
    assert form_fields(back.text)["year"] == "2024" and form_fields(back.text)["body"] == "жамбыл"
    stored = send(admin, url, shown.text, confirm="1")
    assert stored.status_code == 303
    assert stored_state(entered, ORGANISATION).periods[1] == SupervisionPeriod(OTHER_DISTRICT, date(2024, 1, 1))
    page = admin.get(f"/registry/organisations/{ORGANISATION}")
    assert "The organisation is moved." in page.text
    assert "2024 Жамбыл ауданы 2023 Талас ауданы" in visible_text(page)


def test_several_matching_bodies_are_shown_to_choose_from(entered: Flask, admin: FlaskClient) -> None:
    url = f"/registry/organisations/{ORGANISATION}/move"
    several = send(admin, url, body="ауданы", year="2024")
    assert several.status_code == 422 and "Several bodies match" in several.text
    assert f'value="{OTHER_DISTRICT}"' in several.text and f'value="{DISTRICT}"' in several.text
    chosen = send(admin, url, several.text, **{"body-match": OTHER_DISTRICT})
    assert chosen.status_code == 200 and "What will change" in chosen.text
    # A choice is ignored once the words of the search change.
    other = send(admin, url, several.text, **{"body-match": OTHER_DISTRICT, "body": "жоқ"})
    assert other.status_code == 422 and "No body matches." in other.text
    assert send(admin, url, body="", year="2024").status_code == 422
    implausible = send(admin, url, body=OTHER_DISTRICT, year="99999")
    assert implausible.status_code == 422 and "cannot be correct" in implausible.text


def test_a_conflict_shows_what_has_changed(entered: Flask, admin: FlaskClient) -> None:
    url = f"/registry/bodies/{DISTRICT}/change"
    opened = admin.get(url).text
    assert send(admin, url, opened, name_ru="Район Талас").status_code == 303
    late = send(admin, url, opened, name_ru="Иначе", kato="316200000")
    assert late.status_code == 409
    assert_valid(late, "en")
    assert "Name in Russian Таласский район Район Талас" in visible_text(late)
    assert form_fields(late.text)["name_ru"] == "Иначе", "the typed value stays in the form"
    assert stored_state(entered, DISTRICT).name_ru == "Район Талас"
    assert send(admin, url, late.text).status_code == 303, "the same form is accepted after the conflict"
    assert stored_state(entered, DISTRICT).name_ru == "Иначе"
    for forged in ("", "{}", "[1]", '{"bin": "000000000000"}', "x" * 200_000):
        assert send(admin, url, expected=forged).status_code == 400


def test_errors_are_shown_at_their_fields(entered: Flask, admin: FlaskClient) -> None:
    url = f"/registry/bodies/{DISTRICT}/change"
    for values, field, message in (
        ({"name_kk": " "}, "name_kk", "Enter the name in Kazakh"),
        ({"kato": "31620000"}, "kato", "9 digits"),
        ({"level": "region"}, "kato", "seven zeros"),
        ({"level": "village"}, "level", "not a level"),
        ({"parent": "жоқ нәрсе"}, "parent", "No body matches"),
        ({"parent": OTHER_DISTRICT}, "parent", "is the akimat of a region"),
    ):
        response = send(admin, url, **values)
        assert response.status_code == 422
        assert message in visible_text(find(response, f"#{field}-error")), values
        assert_valid(response, "en")
    response = send(admin, f"/registry/bodies/{DISTRICT}/close", closed_on="31.12.2023")
    assert response.status_code == 422 and "Organisations are under this body after 31.12.2023: 1." in response.text
    for typed in ("", "31.02.2023", "кеше"):
        assert send(admin, f"/registry/bodies/{OTHER_DISTRICT}/close", closed_on=typed).status_code == 422
    assert stored_state(entered, DISTRICT) == BodyState(
        DISTRICT, "Талас ауданы", "Таласский район", "district", REGION, "316200000"
    )


def test_a_body_is_entered_renamed_closed_and_reopened(entered: Flask, admin: FlaskClient) -> None:
    new_bin = bin_of(40)
    invalid = send(admin, "/registry/bodies/new", bin=new_bin[:-1] + str((int(new_bin[-1]) + 1) % 10), name_kk="Жаңа")
    assert invalid.status_code == 422 and "check digit" in invalid.text
    duplicate = send(admin, "/registry/bodies/new", bin=DISTRICT, name_kk="Жаңа")
    assert duplicate.status_code == 422 and "in the registry already" in duplicate.text
    created = send(
        admin, "/registry/bodies/new", bin=new_bin, name_kk="  Жаңа   аудан ", level="district", parent=REGION, kato="318 200 000"
    )
    assert created.status_code == 303
    begins = date(2024, 1, 1)
    assert stored_state(entered, new_bin) == BodyState(new_bin, "Жаңа аудан", "", "district", REGION, "318200000", begins), (
        "by default the first day is that of the latest open year"
    )
    shown = send(admin, f"/registry/bodies/{new_bin}/rename", since="01.03.2024", name_kk="Ескі аудан", name_ru="")
    assert "From 01.03.2024 on the name is: Ескі аудан" in shown.text and "Sheets of 2023 and earlier keep" in shown.text
    assert send(admin, f"/registry/bodies/{new_bin}/rename", shown.text, confirm="1").status_code == 303
    assert [names.name_kk for names in stored_state(entered, new_bin).former_names] == ["Жаңа аудан"]
    assert "Жаңа аудан" in admin.get(f"/registry/bodies/{new_bin}").text
    shown = send(admin, f"/registry/bodies/{new_bin}/close", closed_on="2024-12-31")
    assert "not listed among the bodies of 2025 and later years" in shown.text
    assert send(admin, f"/registry/bodies/{new_bin}/close", shown.text, confirm="1").status_code == 303
    assert (
        new_bin in admin.get("/registry/bodies?status=closed").text
        and new_bin not in admin.get("/registry/bodies?status=open").text
    )
    assert "/close" not in admin.get(f"/registry/bodies/{new_bin}").text
    shown = send(admin, f"/registry/bodies/{new_bin}/reopen")
    assert send(admin, f"/registry/bodies/{new_bin}/reopen", shown.text, confirm="1").status_code == 303
    assert stored_state(entered, new_bin).closed_on is None


def test_years_before_the_first_day_of_a_body_answer_404(entered: Flask, admin: FlaskClient) -> None:
    new_bin = bin_of(40)
    assert form_fields(admin.get("/registry/bodies/new").text)["since"] == "01.01.2024"
    invalid = send(admin, "/registry/bodies/new", bin=new_bin, name_kk="Жаңа", since="кеше")
    assert invalid.status_code == 422 and 'id="since-error"' in invalid.text
    assert send(admin, "/registry/bodies/new", bin=new_bin, name_kk="Жаңа", since="01.06.2024").status_code == 303
    page = admin.get(f"/registry/bodies/{new_bin}").text
    assert "01.06.2024" in page and f"/bodies/{new_bin}/2024" in page and f"/bodies/{new_bin}/2023" not in page
    with entered.app_context():
        id_ = queries.registry_index(SYSTEM).bodies[new_bin]
    head = accounts.signed_in(entered, "head", bodies=[id_])
    for path in ("", "/entry", "/submission", "/sheet", "/answers", "/state"):
        assert head.get(f"/bodies/{new_bin}/2023{path}").status_code in (404, 405), path
        assert head.post(f"/bodies/{new_bin}/2023{path}", json={}).status_code in (400, 404, 405), path
    assert head.get("/").headers["Location"] == f"/bodies/{new_bin}/2024/entry"
    home = head.get(f"/bodies/{new_bin}/2024/entry")
    assert home.status_code == 200 and f"/bodies/{new_bin}/2023" not in home.text
    assert send(admin, f"/registry/bodies/{new_bin}/change", since="01.06.2025").status_code == 303
    assert head.get(f"/bodies/{new_bin}/2024/entry").status_code == 404 and "No reporting year is open yet." in head.get("/").text
    assert send(admin, f"/registry/bodies/{new_bin}/change", since="01.06.2024").status_code == 303
    assert new_bin in admin.get("/bodies?year=2024").text and new_bin not in admin.get("/bodies?year=2023").text
    assert send(admin, f"/registry/bodies/{new_bin}/change", since="").status_code == 303
    assert head.get(f"/bodies/{new_bin}/2023/entry").status_code == 200


def test_an_organisation_is_entered_corrected_and_closed(entered: Flask, admin: FlaskClient, order: Order) -> None:
    new_bin, kind, another = bin_of(300), order.kinds[2].code, order.kinds[3].code
    created = send(
        admin,
        f"/registry/organisations/new?body={OTHER_DISTRICT}",
        bin=new_bin,
        kind=kind,
        name_kk="Қоғам",
        state_share="51,25",
        state_body="no",
        national_company="y",
        since="15.05.2024",
    )
    assert created.status_code == 303
    expected = OrganisationState(
        new_bin, kind, "Қоғам", "", 5_125, False, True, periods=(SupervisionPeriod(OTHER_DISTRICT, date(2024, 5, 15)),)
    )
    assert stored_state(entered, new_bin) == expected
    url = f"/registry/organisations/{new_bin}/change"
    assert form_fields(admin.get(url).text)["state_share"] == "51,25"
    for typed in ("101", "-1", "1,234", "көп"):
        refused = send(admin, url, state_share=typed)
        assert refused.status_code == 422 and "between 0 and 100" in refused.text
    assert send(admin, url, kind="guild").status_code == 422
    assert send(admin, url, kind=another, state_share="100").status_code == 303
    assert (stored_state(entered, new_bin).kind, stored_state(entered, new_bin).state_share) == (another, 10_000)
    url = f"/registry/organisations/{new_bin}/status"
    shown = send(admin, url, status="closed", since="31.12.2024")
    assert "It counts on no sheet from 2024 on" in shown.text and "no sheet" in visible_text(shown)
    assert send(admin, url, shown.text, confirm="1").status_code == 303
    assert stored_state(entered, new_bin).body_in(2024) is None
    page = admin.get(f"/registry/organisations/{new_bin}").text
    assert "/withdraw" in page and "/move" not in page
    shown = send(admin, f"/registry/organisations/{new_bin}/withdraw")
    assert send(admin, f"/registry/organisations/{new_bin}/withdraw", shown.text, confirm="1").status_code == 303
    assert stored_state(entered, new_bin).body_in(2024) == OTHER_DISTRICT


def test_the_first_day_counts_in_an_open_year_unless_confirmed_and_can_be_corrected(
    entered: Flask, admin: FlaskClient, order: Order
) -> None:
    new_bin, address = bin_of(300), "/registry/organisations/new"
    values = {"bin": new_bin, "kind": order.kinds[0].code, "name_kk": "Мектеп", "body": DISTRICT}
    form = admin.get(address).text
    assert form_fields(form)["since"] == "01.01.2024" and "confirmed" not in form, "the first day of the latest open year"
    doubtful = send(admin, address, form, **values, since="01.01.2025")
    assert doubtful.status_code == 422 and "in no open year (the last one is 2024)" in visible_text(
        find(doubtful, "#since-error")
    )
    assert_valid(doubtful, "en")
    confirmation = str(find(doubtful, "input[name=confirmed]")["value"])
    other_day = send(admin, address, doubtful.text, since="01.02.2025", confirmed=confirmation)
    assert other_day.status_code == 422, "another day is confirmed anew"
    assert send(admin, address, doubtful.text, confirmed=confirmation).status_code == 303
    assert stored_state(entered, new_bin).periods == (SupervisionPeriod(DISTRICT, date(2025, 1, 1)),)
    url = f"/registry/organisations/{new_bin}/since"
    assert form_fields(admin.get(url).text)["since"] == "01.01.2025"
    shown = send(admin, url, since="01.03.2024")
    assert "from 01.03.2024 on, not from 01.01.2025 on" in shown.text and "2024 no sheet Талас ауданы" in visible_text(shown)
    assert send(admin, url, shown.text, confirm="1").status_code == 303
    assert stored_state(entered, new_bin).body_in(2024) == DISTRICT
    assert "in no open year" in send(admin, url, since="05.01.2025").text


def test_names_are_stored_composed(entered: Flask, admin: FlaskClient) -> None:
    typed = unicodedata.normalize("NFD", "Йод  ауданы")
    assert send(admin, f"/registry/bodies/{DISTRICT}/change", name_kk=typed).status_code == 303
    assert stored_state(entered, DISTRICT).name_kk == "Йод ауданы"


def test_lists_are_filtered_and_divided_into_pages(entered: Flask, admin: FlaskClient, order: Order) -> None:
    with entered.app_context():
        rows = [(bin_of(1_000 + n), order.kinds[1].code, f"№{n:03d} кәсіпорын", "") for n in range(60)]
        registry_operations.register_organisations(SYSTEM, rows)
        db.session.commit()
    first = admin.get("/registry/organisations")
    assert "62 organisations" in first.text and "Page 1 of 2" in first.text
    second = admin.get("/registry/organisations?kind=" + order.kinds[1].code + "&page=2")
    assert_valid(second, "en")
    assert "60 organisations" in second.text and "№059" in second.text and "№001" not in second.text
    assert f"kind={order.kinds[1].code}" in second.text.replace("&amp;", "&")
    for query, total in (("q=№007", 1), (f"q={ORGANISATION}", 1), ("body=none", 61), ("region=31", 1), ("status=closed", 0)):
        page = admin.get(f"/registry/organisations?{query}").text
        assert (f"{total} organisation" in page) if total else ("No organisation matches." in page), query
    for query in ("kind=%27", "status=x", "page=-5", "page=x", "region=%25", "q=%01", "body=x", "q=" + "a" * 5000):
        assert admin.get(f"/registry/organisations?{query}").status_code == 200
        assert admin.get(f"/registry/bodies?{query}").status_code == 200


def test_a_year_is_opened_and_its_deadline_changed(entered: Flask, admin: FlaskClient, order: Order) -> None:
    opened = send(admin, "/registry/years", year="2025", order_code=order.code, deadline="31.03.2098")
    assert opened.status_code == 303 and "The year 2025 is open." in admin.get("/registry/years").text
    again = send(admin, "/registry/years", year="2025", order_code=order.code)
    assert again.status_code == 422 and "is open already" in again.text
    for values in ({"year": "2025"}, {"year": "x"}, {"year": "1999"}, {"year": "2024", "deadline": "күз"}, {"year": "9999"}):
        assert send(admin, "/registry/years", order_code=order.code, **values).status_code == 422
    form = admin.get("/registry/years/2025").text
    assert form_fields(form)["deadline"] == "31.03.2098"
    assert send(admin, "/registry/years/2025", form, deadline="15.04.2098").status_code == 303
    late = send(admin, "/registry/years/2025", form, deadline="01.05.2098")
    assert late.status_code == 409 and form_fields(late.text)["deadline"] == "15.04.2098"
    assert send(admin, "/registry/years/2025", deadline="31.12.2025").status_code == 422
    assert send(admin, "/registry/years/2025", deadline="").status_code == 303
    with entered.app_context():
        year = queries.reporting_year(2025)
        assert year is not None and year.deadline is None


def test_a_deadline_in_the_past_is_confirmed(entered: Flask, admin: FlaskClient, order: Order) -> None:
    address, values = "/registry/years", {"year": "2025", "order_code": order.code, "deadline": "31.03.2026"}
    doubtful = send(admin, address, **values)
    assert doubtful.status_code == 422 and "would be locked at once" in visible_text(find(doubtful, "#deadline-error"))
    confirmed = str(find(doubtful, "input[name=confirmed]")["value"])
    assert send(admin, address, doubtful.text, confirmed=confirmed).status_code == 303
    assert send(admin, "/registry/years/2025", starts_on="01.02.2026").status_code == 303, "the deadline does not change"
    assert send(admin, "/registry/years/2025", deadline="01.04.2026").status_code == 422


def test_a_year_without_entries_is_removed(entered: Flask, admin: FlaskClient, order: Order) -> None:
    accounts.make_account(entered, "clerk", bodies=[1])
    assert send(admin, "/registry/years", year="2025", order_code=order.code).status_code == 303
    with entered.app_context():
        assert db.session.query(Notification).filter_by(year=2025).count()
    page = admin.get("/registry/years/2025").text
    assert "Remove the year" in page
    assert send(admin, "/registry/years/2025/remove", page).status_code == 303
    assert "The year 2025 is removed." in admin.get("/registry/years").text
    assert send(admin, "/registry/years/2025/remove", page).status_code == 422
    with entered.app_context():
        assert queries.reporting_year(2025) is None and not db.session.query(Notification).filter_by(year=2025).count()
        assert 2025 not in year_settings(SYSTEM) and not list(discrepancies(SYSTEM))
        organisation_id = queries.registry_index(SYSTEM).organisations[ORGANISATION][0]
        db.session.add(Report(year=2024, organisation_id=organisation_id, answers={}, evidence={}))
        db.session.commit()
    refused = send(admin, "/registry/years/2024/remove", page)
    assert refused.status_code == 422 and "cannot be removed" in refused.text
    with entered.app_context():
        assert queries.reporting_year(2024) is not None


def test_a_change_is_written_to_the_audit_log_with_its_author(entered: Flask) -> None:
    from evaluation.audit.models import AuditEvent

    client = accounts.signed_in(entered, "administrator", email="ann@example.org")
    send(client, f"/registry/bodies/{OTHER_DISTRICT}/change", name_ru="Другое имя")
    with entered.app_context():
        event = db.session.query(AuditEvent).order_by(AuditEvent.id.desc()).first()
        assert event is not None and event.action == "body_changed" and event.account_id is not None
        assert event.data == {"name_ru": ["Жамбылский район", "Другое имя"]}
        assert operations.queries.id_of(SYSTEM, type(queries.body(SYSTEM, OTHER_DISTRICT)), OTHER_DISTRICT) == event.body_id


def test_a_year_shows_the_names_and_bodies_of_its_31_december(entered: Flask, admin: FlaskClient) -> None:
    with entered.app_context():
        district = admin_queries.body_states(SYSTEM, DISTRICT)[DISTRICT]
        operations.rename_body(SYSTEM, district, date(2024, 2, 1), "Жаңа Талас", "Новый Талас")
        organisation = admin_queries.organisation_states(SYSTEM, ORGANISATION)[ORGANISATION]
        operations.rename_organisation(SYSTEM, organisation, date(2024, 2, 1), "Жаңа мекеме", "Новое учреждение")
        operations.close_body(SYSTEM, admin_queries.body_states(SYSTEM, OTHER_DISTRICT)[OTHER_DISTRICT], date(2023, 12, 31))
        db.session.commit()
    for year, names, hidden_names in (
        (2023, ("Талас ауданы", f"Мекеме {ORGANISATION}"), ("Жаңа Талас", "Жаңа мекеме")),
        (2024, ("Жаңа Талас", "Жаңа мекеме"), ("Талас ауданы", f"Мекеме {ORGANISATION}")),
    ):
        for url in (f"/bodies/{DISTRICT}/{year}", f"/bodies/{DISTRICT}/{year}/sheet?lang=kk"):
            page = admin.get(url).text
            assert names[0] in page and hidden_names[0] not in page, url
        page = admin.get(f"/bodies/{DISTRICT}/{year}").text
        assert names[1] in page and hidden_names[1] not in page
        listed = admin.get(f"/bodies?year={year}").text
        assert names[0] in listed and hidden_names[0] not in listed
        assert (OTHER_DISTRICT in listed) == (year == 2023)
