"""The registry's pages: lists, the forms of each change, what they say before and after; for administrators alone."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from evaluation.criteria import Order
from evaluation.database import db
from evaluation.policy import SIGN_IN_ROLES, Role, Viewer
from evaluation.registry import operations as registering
from evaluation.registry import queries
from evaluation.registry.admin import operations
from evaluation.registry.admin import queries as upkeep
from evaluation.registry.admin.states import BodyState, OrganisationState, Period
from evaluation.registry.operations import NewBody
from tests.integration.web.core.test_pages import assert_valid
from tests.support import accounts as people
from tests.support.factories import bin_of

SYSTEM = Viewer.system()
REGION, DISTRICT, OTHER = bin_of(1), bin_of(2), bin_of(3)
OWN, LOOSE = bin_of(100), bin_of(101)
PAGES = (
    "/registry/bodies",
    f"/registry/bodies/{DISTRICT}",
    "/registry/bodies/new",
    *(f"/registry/bodies/{DISTRICT}/{name}" for name in ("change", "rename", "close")),
    "/registry/organisations",
    f"/registry/organisations/{OWN}",
    "/registry/organisations/new",
    *(f"/registry/organisations/{OWN}/{name}" for name in ("change", "rename", "move", "status")),
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
            registering.open_year(SYSTEM, year, order.code)
        registering.register_bodies(
            SYSTEM,
            [
                NewBody(REGION, "Облыс", "Область", "region", None, "310000000"),
                NewBody(DISTRICT, "Талас ауданы", "Таласский район", "district", REGION, "316200000"),
                NewBody(OTHER, "Жамбыл ауданы", "Жамбылский район", "district", REGION, "314000000"),
            ],
        )
        registering.register_organisations(SYSTEM, [(own, kind, f"Мекеме {own}", f"Учреждение {own}") for own in (OWN, LOOSE)])
        known = queries.known(SYSTEM)
        registering.supervise(SYSTEM, [(known.organisations[OWN][0], known.bodies[DISTRICT], date(2022, 1, 1), None)])
        db.session.commit()
    yield app


@pytest.fixture
def admin(entered: Flask) -> FlaskClient:
    return people.signed_in(entered, "administrator")


def state(app: Flask, bin_: str) -> Any:
    with app.app_context():
        return (upkeep.body_states(SYSTEM, bin_) or upkeep.organisation_states(SYSTEM, bin_)).get(bin_)


def fields(page: str) -> dict[str, str]:
    """What the page's form to send would send as it stands, apart from what is chosen."""
    found = {}
    for tag in re.findall(r"<input[^>]*>", page[page.index("<main") :]):
        name, value = re.search(r' name="([^"]*)"', tag), re.search(r' value="([^"]*)"', tag)
        if name and "radio" not in tag and ("checkbox" not in tag or "checked" in tag):
            found[name[1]] = (value[1] if value else "").replace("&#34;", '"').replace("&quot;", '"').replace("&amp;", "&")
    for name, options in re.findall(r'<select[^>]* name="([^"]*)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'<option[^>]*selected[^>]*value="([^"]*)"|<option[^>]*value="([^"]*)"[^>]*selected', options)
        found[name] = (chosen[1] or chosen[2] or "") if chosen else ""
    return found


def send(client: FlaskClient, url: str, page: str | None = None, **given: str) -> TestResponse:
    """The form of a page, filled in."""
    return client.post(url, data=fields(page or client.get(url).text) | given)


def text(response: TestResponse) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.text))


def test_pages_are_whole_in_every_language_and_for_administrators_alone(entered: Flask) -> None:
    for code in ("kk", "ru", "en"):
        client = people.signed_in(entered, "administrator", code)
        for url in PAGES:
            response = client.get(url)
            assert response.status_code == 200, url
            assert_valid(response, code)
    for role in SIGN_IN_ROLES:
        if role is not Role.ADMINISTRATOR:
            client = people.signed_in(entered, role)
            assert {client.get(url).status_code for url in PAGES} == {403}
            assert client.get("/registry/workbook.xlsx").status_code == 403
    assert {entered.test_client().get(url).status_code for url in PAGES} & {200} == set()


def test_unknown_ones_are_not_there(admin: FlaskClient) -> None:
    for url in (f"/registry/bodies/{OWN}", "/registry/organisations/12", f"/registry/organisations/{bin_of(900)}/move"):
        assert admin.get(url).status_code == 404
    assert admin.get("/registry/years/2001").status_code == 404


def test_a_move_says_what_it_brings_about_before_it_is_done(entered: Flask, admin: FlaskClient) -> None:
    url = f"/registry/organisations/{OWN}/move"
    shown = send(admin, url, body="жамбыл", year="2024")
    assert shown.status_code == 200
    assert_valid(shown, "en")
    said = text(shown)
    assert re.search(r"2024 Талас ауданы Жамбыл ауданы 2023 Талас ауданы stays as it is", said), said
    assert len(state(entered, OWN).periods) == 1, "nothing is stored by looking"
    back = send(admin, url, shown.text, back="1")
    assert fields(back.text)["year"] == "2024" and fields(back.text)["body"] == "жамбыл"
    done = send(admin, url, shown.text, confirm="1")
    assert done.status_code == 303
    assert state(entered, OWN).periods[1] == Period(OTHER, date(2024, 1, 1))
    page = admin.get(f"/registry/organisations/{OWN}")
    assert "The organisation is moved." in page.text
    assert re.search(r"2024 Жамбыл ауданы 2023 Талас ауданы", text(page))


def test_where_several_bodies_fit_they_are_offered(entered: Flask, admin: FlaskClient) -> None:
    url = f"/registry/organisations/{OWN}/move"
    several = send(admin, url, body="ауданы", year="2024")
    assert several.status_code == 422 and "Several bodies fit" in several.text
    assert f'value="{OTHER}"' in several.text and f'value="{DISTRICT}"' in several.text
    chosen = send(admin, url, several.text, **{"body-match": OTHER})
    assert chosen.status_code == 200 and "What will change" in chosen.text
    # Other words make a choice ticked before them void.
    other = send(admin, url, several.text, **{"body-match": OTHER, "body": "жоқ"})
    assert other.status_code == 422 and "No body matches." in other.text
    assert send(admin, url, body="", year="2024").status_code == 422
    strange = send(admin, url, body=OTHER, year="99999")
    assert strange.status_code == 422 and "cannot be right" in strange.text


def test_an_edit_over_a_newer_entry_is_refused_with_what_changed(entered: Flask, admin: FlaskClient) -> None:
    url = f"/registry/bodies/{DISTRICT}/change"
    opened = admin.get(url).text
    assert send(admin, url, opened, name_ru="Район Талас").status_code == 303
    late = send(admin, url, opened, name_ru="Иначе", kato="316200000")
    assert late.status_code == 409
    assert_valid(late, "en")
    assert re.search(r"Name in Russian Таласский район Район Талас", text(late))
    assert fields(late.text)["name_ru"] == "Иначе", "what was typed stays"
    assert state(entered, DISTRICT).name_ru == "Район Талас"
    assert send(admin, url, late.text).status_code == 303, "sent again, knowingly"
    assert state(entered, DISTRICT).name_ru == "Иначе"
    for forged in ("", "{}", "[1]", '{"bin": "000000000000"}', "x" * 200_000):
        assert send(admin, url, seen=forged).status_code == 400


def test_refusals_stand_at_their_fields(entered: Flask, admin: FlaskClient) -> None:
    url = f"/registry/bodies/{DISTRICT}/change"
    for given, at, words in (
        ({"name_kk": " "}, "name_kk", "Enter the name in Kazakh"),
        ({"kato": "31620000"}, "kato", "9 digits"),
        ({"level": "region"}, "kato", "seven zeros"),
        ({"level": "village"}, "level", "not a level"),
        ({"parent": "жоқ нәрсе"}, "parent", "No body matches"),
        ({"parent": OTHER}, "parent", "stands the akimat of a region"),
    ):
        response = send(admin, url, **given)
        assert response.status_code == 422
        error = re.search(rf'id="{at}-error"[^>]*>([^<]*)<', response.text)
        assert error and words in error[1], (given, error and error[1])
        assert_valid(response, "en")
    response = send(admin, f"/registry/bodies/{DISTRICT}/close", closed_on="31.12.2023")
    assert response.status_code == 422 and "Organisations are under this body after 31.12.2023: 1." in response.text
    for typed in ("", "31.02.2023", "кеше"):
        assert send(admin, f"/registry/bodies/{OTHER}/close", closed_on=typed).status_code == 422
    assert state(entered, DISTRICT) == BodyState(DISTRICT, "Талас ауданы", "Таласский район", "district", REGION, "316200000")


def test_a_body_is_entered_renamed_closed_and_reopened(entered: Flask, admin: FlaskClient) -> None:
    own = bin_of(40)
    wrong = send(admin, "/registry/bodies/new", bin=own[:-1] + str((int(own[-1]) + 1) % 10), name_kk="Жаңа")
    assert wrong.status_code == 422 and "check digit" in wrong.text
    known = send(admin, "/registry/bodies/new", bin=DISTRICT, name_kk="Жаңа")
    assert known.status_code == 422 and "in the registry already" in known.text
    made = send(
        admin, "/registry/bodies/new", bin=own, name_kk="  Жаңа   аудан ", level="district", parent=REGION, kato="318 200 000"
    )
    assert made.status_code == 303
    begins = date(2024, 1, 1)
    assert state(entered, own) == BodyState(own, "Жаңа аудан", "", "district", REGION, "318200000", begins), (
        "the newest open year's"
    )
    shown = send(admin, f"/registry/bodies/{own}/rename", since="01.03.2024", name_kk="Ескі аудан", name_ru="")
    assert "From 01.03.2024 on the name is: Ескі аудан" in shown.text and "Sheets of 2023 and earlier keep" in shown.text
    assert send(admin, f"/registry/bodies/{own}/rename", shown.text, confirm="1").status_code == 303
    assert [each.name_kk for each in state(entered, own).former] == ["Жаңа аудан"]
    assert "Жаңа аудан" in admin.get(f"/registry/bodies/{own}").text
    shown = send(admin, f"/registry/bodies/{own}/close", closed_on="2024-12-31")
    assert "not among the bodies of 2025 and later" in shown.text
    assert send(admin, f"/registry/bodies/{own}/close", shown.text, confirm="1").status_code == 303
    assert own in admin.get("/registry/bodies?state=closed").text and own not in admin.get("/registry/bodies?state=open").text
    assert "/close" not in admin.get(f"/registry/bodies/{own}").text
    shown = send(admin, f"/registry/bodies/{own}/reopen")
    assert send(admin, f"/registry/bodies/{own}/reopen", shown.text, confirm="1").status_code == 303
    assert state(entered, own).closed_on is None


def test_years_before_a_bodys_first_day_are_not_there(entered: Flask, admin: FlaskClient) -> None:
    own = bin_of(40)
    assert fields(admin.get("/registry/bodies/new").text)["since"] == "01.01.2024"
    wrong = send(admin, "/registry/bodies/new", bin=own, name_kk="Жаңа", since="кеше")
    assert wrong.status_code == 422 and 'id="since-error"' in wrong.text
    assert send(admin, "/registry/bodies/new", bin=own, name_kk="Жаңа", since="01.06.2024").status_code == 303
    page = admin.get(f"/registry/bodies/{own}").text
    assert "01.06.2024" in page and f"/bodies/{own}/2024" in page and f"/bodies/{own}/2023" not in page
    with entered.app_context():
        id_ = queries.known(SYSTEM).bodies[own]
    head = people.signed_in(entered, "head", bodies=[id_])
    for where in ("", "/entry", "/submission", "/sheet", "/answers", "/state"):
        assert head.get(f"/bodies/{own}/2023{where}").status_code in (404, 405), where
        assert head.post(f"/bodies/{own}/2023{where}", json={}).status_code in (400, 404, 405), where
    assert head.get("/").headers["Location"] == f"/bodies/{own}/2024/entry"
    home = head.get(f"/bodies/{own}/2024/entry")
    assert home.status_code == 200 and f"/bodies/{own}/2023" not in home.text
    assert send(admin, f"/registry/bodies/{own}/change", since="01.06.2025").status_code == 303
    assert head.get(f"/bodies/{own}/2024/entry").status_code == 404 and "No reporting year is open yet." in head.get("/").text
    assert send(admin, f"/registry/bodies/{own}/change", since="01.06.2024").status_code == 303
    assert own in admin.get("/bodies?year=2024").text and own not in admin.get("/bodies?year=2023").text
    assert send(admin, f"/registry/bodies/{own}/change", since="").status_code == 303
    assert head.get(f"/bodies/{own}/2023/entry").status_code == 200


def test_an_organisation_is_entered_corrected_and_closed(entered: Flask, admin: FlaskClient, order: Order) -> None:
    own, kind, another = bin_of(300), order.kinds[2].code, order.kinds[3].code
    made = send(
        admin,
        f"/registry/organisations/new?body={OTHER}",
        bin=own,
        kind=kind,
        name_kk="Қоғам",
        state_share="51,25",
        national_company="y",
        since="15.05.2024",
    )
    assert made.status_code == 303
    entered_state = OrganisationState(own, kind, "Қоғам", "", 5_125, False, True, periods=(Period(OTHER, date(2024, 5, 15)),))
    assert state(entered, own) == entered_state
    url = f"/registry/organisations/{own}/change"
    assert fields(admin.get(url).text)["state_share"] == "51,25"
    for typed in ("101", "-1", "1,234", "көп"):
        refused = send(admin, url, state_share=typed)
        assert refused.status_code == 422 and "between 0 and 100" in refused.text
    assert send(admin, url, kind="guild").status_code == 422
    assert send(admin, url, kind=another, state_share="100").status_code == 303
    assert (state(entered, own).kind, state(entered, own).state_share) == (another, 10_000)
    url = f"/registry/organisations/{own}/status"
    shown = send(admin, url, status="closed", since="31.12.2024")
    assert "It counts on no sheet from 2024 on" in shown.text and "no sheet" in text(shown)
    assert send(admin, url, shown.text, confirm="1").status_code == 303
    assert state(entered, own).body_in(2024) is None
    page = admin.get(f"/registry/organisations/{own}").text
    assert "/withdraw" in page and "/move" not in page
    shown = send(admin, f"/registry/organisations/{own}/withdraw")
    assert send(admin, f"/registry/organisations/{own}/withdraw", shown.text, confirm="1").status_code == 303
    assert state(entered, own).body_in(2024) == OTHER


def test_lists_are_filtered_and_paged(entered: Flask, admin: FlaskClient, order: Order) -> None:
    with entered.app_context():
        rows = [(bin_of(1_000 + n), order.kinds[1].code, f"№{n:03d} кәсіпорын", "") for n in range(60)]
        registering.register_organisations(SYSTEM, rows)
        db.session.commit()
    page = admin.get("/registry/organisations")
    assert "62 organisations" in page.text and "Page 1 of 2" in page.text
    second = admin.get("/registry/organisations?kind=" + order.kinds[1].code + "&page=2")
    assert_valid(second, "en")
    assert "60 organisations" in second.text and "№059" in second.text and "№001" not in second.text
    assert f"kind={order.kinds[1].code}" in second.text.replace("&amp;", "&")
    for query, total in (("q=№007", 1), (f"q={OWN}", 1), ("body=none", 61), ("region=31", 1), ("status=closed", 0)):
        found = admin.get(f"/registry/organisations?{query}").text
        assert (f"{total} organisation" in found) if total else ("No organisation matches." in found), query
    for strange in ("kind=%27", "status=x", "page=-5", "page=x", "region=%25", "q=%00", "body=x", "q=" + "a" * 5000):
        assert admin.get(f"/registry/organisations?{strange}").status_code == 200
        assert admin.get(f"/registry/bodies?{strange}").status_code == 200


def test_years_are_opened_and_their_deadline_changed(entered: Flask, admin: FlaskClient, order: Order) -> None:
    opened = send(admin, "/registry/years", year="2025", order_code=order.code, deadline="31.03.2026")
    assert opened.status_code == 303 and "The year 2025 is open." in admin.get("/registry/years").text
    again = send(admin, "/registry/years", year="2025", order_code=order.code)
    assert again.status_code == 422 and "is open already" in again.text
    for given in ({"year": "2025"}, {"year": "x"}, {"year": "1999"}, {"year": "2024", "deadline": "күз"}, {"year": "9999"}):
        assert send(admin, "/registry/years", order_code=order.code, **given).status_code == 422
    form = admin.get("/registry/years/2025").text
    assert fields(form)["deadline"] == "31.03.2026"
    assert send(admin, "/registry/years/2025", form, deadline="15.04.2026").status_code == 303
    late = send(admin, "/registry/years/2025", form, deadline="01.05.2026")
    assert late.status_code == 409 and fields(late.text)["deadline"] == "15.04.2026"
    assert send(admin, "/registry/years/2025", deadline="31.12.2025").status_code == 422
    assert send(admin, "/registry/years/2025", deadline="").status_code == 303
    with entered.app_context():
        found = queries.reporting_year(2025)
        assert found is not None and found.deadline is None


def test_what_was_done_is_recorded_with_who_did_it(entered: Flask) -> None:
    from evaluation.audit.models import Event

    client = people.signed_in(entered, "administrator", email="ann@example.org")
    send(client, f"/registry/bodies/{OTHER}/change", name_ru="Другое имя")
    with entered.app_context():
        event = db.session.query(Event).order_by(Event.id.desc()).first()
        assert event is not None and event.action == "body_changed" and event.account_id is not None
        assert event.data == {"name_ru": ["Жамбылский район", "Другое имя"]}
        assert operations.queries.id_of(SYSTEM, type(queries.body(SYSTEM, OTHER)), OTHER) == event.body_id


def test_a_year_shows_the_names_and_bodies_of_its_day(entered: Flask, admin: FlaskClient) -> None:
    with entered.app_context():
        was = upkeep.body_states(SYSTEM, DISTRICT)[DISTRICT]
        operations.rename_body(SYSTEM, was, date(2024, 2, 1), "Жаңа Талас", "Новый Талас")
        own = upkeep.organisation_states(SYSTEM, OWN)[OWN]
        operations.rename_organisation(SYSTEM, own, date(2024, 2, 1), "Жаңа мекеме", "Новое учреждение")
        operations.close_body(SYSTEM, upkeep.body_states(SYSTEM, OTHER)[OTHER], date(2023, 12, 31))
        db.session.commit()
    for year, names, others in (
        (2023, ("Талас ауданы", f"Мекеме {OWN}"), ("Жаңа Талас", "Жаңа мекеме")),
        (2024, ("Жаңа Талас", "Жаңа мекеме"), ("Талас ауданы", f"Мекеме {OWN}")),
    ):
        for url in (f"/bodies/{DISTRICT}/{year}", f"/bodies/{DISTRICT}/{year}/sheet?lang=kk"):
            page = admin.get(url).text
            assert names[0] in page and others[0] not in page, url
        page = admin.get(f"/bodies/{DISTRICT}/{year}").text
        assert names[1] in page and others[1] not in page
        listed = admin.get(f"/bodies?year={year}").text
        assert names[0] in listed and others[0] not in listed
        assert (OTHER in listed) == (year == 2023)
