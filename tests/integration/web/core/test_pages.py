"""Pages: every route in every language, the form of the order, downloaded files, and forbidden content."""

import hashlib
import io
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

import html5lib
import openpyxl
import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app import create_app
from evaluation import schema
from evaluation.answers.models import Report
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.demo import demonstration
from evaluation.demo.store import store
from evaluation.language import language
from evaluation.policy import Role, Viewer
from evaluation.registry import operations
from evaluation.registry.models import Body, ReportingYear
from evaluation.sheets.document import LANGUAGES
from evaluation.sheets.reasons import scale_text
from evaluation.sheets.writers import FORMATS
from evaluation.web.sheets.sheet_presenter import OTHERWISE_LABEL
from evaluation.workbooks.format.worksheet_titles import labels_of, titles
from tests.support import accounts
from tests.support.factories import bin_of
from tests.support.html import attributes, csrf_token, find, linked_bins, parse
from tests.support.paths import SECOND_ORDER
from tests.support.scenario import EMPTY_BODY, OTHER_BODY, SYSTEM, two_kind_scenario
from tests.support.submission_states import set_status

CODES = ("kk", "ru", "en")
YEAR = 2024
BODY, UNKNOWN = bin_of(1), bin_of(9_999)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory, order: Order) -> Iterator[Flask]:
    """An app with the demonstration, for tests that only read."""
    url = f"sqlite:///{tmp_path_factory.mktemp('pages') / 'evaluation.db'}"
    app = create_app({"DATABASE_URL": url, "SECRET_KEY": "tests", **accounts.CHEAP})
    with app.app_context():
        schema.upgrade()
        store(order, demonstration(order))
        db.session.commit()
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def empty(tmp_path: Path, make_app: Callable[..., Flask]) -> Flask:
    """An app with an empty database, for tests that store data."""
    return make_app(f"sqlite:///{tmp_path / 'evaluation.db'}")


def client(app: Flask, code: str = "en", role: str = "reviewer") -> FlaskClient:
    """A client that is signed in; a clerk belongs to every body."""
    return accounts.shared_client(app, role, code)


def role_for(url: str) -> str:
    """Return a role that may open the page."""
    return "clerk" if url.startswith(("/workbook", "/template")) else "reviewer"


def bin_named(app: Flask, name: str) -> str:
    with app.app_context():
        bin_ = db.session.scalar(select(Body.bin).where(Body.name_ru.contains(name)).order_by(Body.id))
    assert bin_
    return bin_


def assert_valid(response: TestResponse, code: str) -> None:
    """Check that the page is complete, strictly valid and in its language."""
    parser = html5lib.HTMLParser(strict=True)
    parser.parse(response.text)
    assert find(response, "html")["lang"] == code
    ids = attributes(response, "[id]", "id")
    assert len(ids) == len(set(ids))
    assert " style=" not in response.text and not parse(response).select("script:not([src])")
    for address in attributes(response, '[href^="#"]', "href"):
        assert address == "#" or address.removeprefix("#") in ids


def without_tokens(page: str) -> str:
    """Return a page without the tokens of its forms, which differ in every response."""
    token = csrf_token(page)
    return page.replace(token, "") if token else page


def without_next_page(page: str) -> str:
    """Return a page without the addresses to which the links of the language switch lead back."""
    for address in attributes(page, ".site-languages a", "href"):
        page = page.replace(escape(address), "")
    return page


def pages(app: Flask, code: str) -> list[str]:
    """Return the pages to look at: in Kazakh each in every state, in other languages each of the current year."""
    district, incomplete = bin_named(app, "Таласского"), bin_named(app, "Жанакорганского")
    years: tuple[int, ...] = (YEAR,)
    parts: tuple[str, ...] = ("", "/sheet", "/improvement", "/trial")
    if code == "kk":
        years, parts = (2022, YEAR), (*parts, "/sheet?lang=kk", "/sheet?lang=ru", "/sheet?lang=kk%2Bru")
    return [
        "/bodies",
        "/bodies?year=2022",
        "/bodies?q=талас&level=rural",
        "/bodies?q=nothing+like+it",
        "/bodies?region=31&sort=share&order=desc&late=late",
        f"/bodies/accept/{YEAR}",
        f"/bodies/{district}/{YEAR}/submission/accept",
        "/workbook",
        *(f"/bodies/{bin_}/{year}{part}" for bin_ in (district, incomplete) for year in years for part in parts),
    ]


@pytest.mark.parametrize("code", CODES)
def test_every_page_is_valid_in_every_language(shown: Flask, code: str) -> None:
    clients = {role: client(shown, code, role) for role in ("clerk", "reviewer")}
    for url in pages(shown, code):
        response = clients[role_for(url)].get(url)
        assert response.status_code == 200, url
        assert_valid(response, code)
        assert language(code).gettext("Invented demonstration data") in response.text, url


def test_every_route_is_visited(shown: Flask) -> None:
    """A new route must be visited by these tests: add it here when they do."""
    blueprints = ("bodies.", "bulk_accept.", "review.", "sheets.", "language.")
    routes = {rule.rule for rule in shown.url_map.iter_rules() if rule.endpoint.startswith(blueprints)}
    year = "<int(min=1000, max=9999):year>"
    assert routes == {
        "/bodies",
        "/bodies.<any(xlsx, csv):format_>",
        f"/bodies/accept/{year}",
        f"/bodies/accept/{year}/preview",
        "/language/<code>",
        f"/bodies/<bin_>/{year}",
        f"/bodies/<bin_>/{year}/submission/accept",
        f"/bodies/<bin_>/{year}/sheet",
        f"/bodies/<bin_>/{year}/sheet.<format_>",
    }


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize(
    "url",
    [
        "/nowhere",
        f"/bodies/{UNKNOWN}/2024",
        f"/bodies/{UNKNOWN}/2024/sheet",
        f"/bodies/{UNKNOWN}/2024/sheet.pdf",
        "/bodies/١٢٣٤٥٦٧٨٩٠١٢/2024",
        "/bodies/%00/2024",
        "/language/de",
        "/template/1999.xlsx",
        "/template/2024.xlsx?lang=de",
        "/bodies/1/99999999999999999999",
    ],
)
def test_what_is_not_there_is_404(shown: Flask, code: str, url: str) -> None:
    response = client(shown, code, role_for(url)).get(url)
    assert response.status_code == 404
    assert_valid(response, code)


def test_a_year_that_is_not_open_is_404(shown: Flask) -> None:
    bin_ = bin_named(shown, "Таласского")
    for year in (2021, 2031, 9999):
        assert client(shown).get(f"/bodies/{bin_}/{year}").status_code == 404
    assert "another BIN" in client(shown, "en").get(f"/bodies/{bin_}/2021").text
    assert "another BIN" not in client(shown, "en").get("/method/nowhere").text, "only a body has a BIN"
    assert client(shown).get(f"/bodies/{bin_}/{YEAR}/sheet.odt").status_code == 404
    assert client(shown).get(f"/bodies/{bin_}/{YEAR}/sheet.pdf?lang=en").status_code == 404


def test_unseen_bodies_are_as_unknown_ones(shown: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    visible_bin = bin_named(shown, "Таласского")
    monkeypatch.setattr("evaluation.web.core.request_context.viewer_of_request", lambda: Viewer("somebody", Role.CLERK))
    unseen, unknown = (client(shown).get(f"/bodies/{bin_}/{YEAR}/sheet") for bin_ in (visible_bin, UNKNOWN))
    assert unseen.status_code == unknown.status_code == 404
    assert without_tokens(unseen.text).replace(visible_bin, "") == without_tokens(unknown.text).replace(UNKNOWN, "")
    assert visible_bin not in client(shown).get("/bodies").text


def test_an_unseen_higher_body_is_not_named(shown: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with shown.app_context():
        body = db.session.scalar(select(Body).where(Body.parent_id.is_not(None), Body.level == "rural"))
        assert body
        higher = db.session.get(Body, body.parent_id)
        assert higher
        bin_, id_, parent, names = body.bin, body.id, higher.bin, (higher.name_kk, higher.name_ru)
    urls = "/bodies", f"/bodies/{bin_}/{YEAR}"
    seen = [client(shown, "ru").get(url).text for url in urls]
    assert all(names[1] in text for text in seen) and f'href="/bodies/{parent}/{YEAR}"' in seen[1]
    monkeypatch.setattr(
        "evaluation.web.core.request_context.viewer_of_request", lambda: Viewer("clerk", Role.CLERK, frozenset({id_}))
    )
    for url in urls:
        text = client(shown, "ru").get(url).text
        assert bin_ in text and parent not in text
        assert not any(f">{name}<" in text for name in names)


# The list


def listed(response: TestResponse) -> list[str]:
    return linked_bins(response)


def test_the_list_is_filtered(shown: Flask) -> None:
    bin_ = bin_named(shown, "Таласского")
    with shown.app_context():
        count = db.session.scalar(select(func.count()).select_from(Body))
    assert len(listed(client(shown).get("/bodies"))) == count
    assert listed(client(shown).get(f"/bodies?q={bin_}")) == [bin_]
    assert bin_ in listed(client(shown).get("/bodies?q=ТАЛАС"))
    levels = [len(listed(client(shown).get(f"/bodies?level={level}"))) for level in ("central", "region", "district", "rural")]
    assert sum(levels) == count and 0 not in levels
    # A rural district without a KATO code belongs to the region of its district.
    region = listed(client(shown).get("/bodies?region=31"))
    assert bin_ in region and bin_named(shown, "Ойык") in region and bin_named(shown, "Жанакорганского") not in region


def test_the_list_opens_on_the_latest_year_that_anybody_has_begun(app: Flask, order: Order) -> None:
    scenario = two_kind_scenario(app, order)
    reviewer, clerk = scenario.client("reviewer"), scenario.client("clerk", OTHER_BODY)

    def shown(who: FlaskClient) -> int:
        selected = attributes(who.get("/bodies"), "#year option[selected]", "value")
        assert len(selected) == 1
        return int(selected[0])

    with app.app_context():
        operations.open_year(SYSTEM, YEAR + 1, order.code)
        db.session.commit()
    assert shown(reviewer) == YEAR + 1, "nobody has begun any"
    with app.app_context():
        scenario.answer(scenario.organisation_bins[0], **{scenario.order.indicators_of(scenario.kinds[0])[0].code: 1})
        db.session.add(
            Report(organisation_id=scenario.organisations[scenario.organisation_bins[0]], year=YEAR + 1, evidence={"note": "x"})
        )
        db.session.commit()
    assert (shown(reviewer), shown(clerk)) == (YEAR, YEAR + 1), "evidence is no answer; another body's year is not one's own"
    with app.app_context():
        set_status(YEAR + 1, scenario.bodies[EMPTY_BODY])
        db.session.commit()
    assert shown(reviewer) == YEAR + 1


@pytest.mark.parametrize(
    "query",
    [
        "year=abc&page=zz",
        "year=99999999999999999999&page=99999999999999999999",
        "page=-5&sort=x&order=x&late=x&remarks=x&state=x",
        "level=x&region=y",
        "q=%25_%5C'",
        "q=" + "я" * 300,
    ],
)
def test_odd_questions_are_answered(shown: Flask, query: str) -> None:
    response = client(shown).get(f"/bodies?{query}")
    assert response.status_code == 200
    assert_valid(response, "en")


def test_long_lists_have_pages(empty: Flask) -> None:
    with empty.app_context():
        db.session.add(ReportingYear(year=YEAR, order_code=empty.extensions["orders"].latest.code))
        operations.register_bodies(SYSTEM, [operations.NewBody(bin_of(number), f"Әкімдік {number:03d}") for number in range(120)])
        db.session.commit()
    first, last = client(empty).get("/bodies"), client(empty).get("/bodies?page=3&q=Әкімдік")
    assert (len(listed(first)), len(listed(last))) == (50, 20)
    assert not set(listed(first)) & set(listed(last))
    assert "Page 1 of 3" in first.text and 'rel="next"' in first.text and 'rel="prev"' not in first.text
    assert "Page 3 of 3" in last.text and 'rel="next"' not in last.text
    assert_valid(last, "en")


def test_provisional_points_are_ranges_with_a_mark(shown: Flask) -> None:
    bin_ = bin_named(shown, "Жанакорганского")
    listing = parse(client(shown).get(f"/bodies?q={bin_}")).get_text()
    assert re.search(r"\d–\d+\xa0/\xa0\d+", listing)
    for rest in ("", "/sheet"):
        assert "Provisional: some data are missing" in client(shown).get(f"/bodies/{bin_}/{YEAR}{rest}").text
    assert "Provisional" not in client(shown).get(f"/bodies/{bin_}/2022/sheet").text


# The sheet


@pytest.mark.parametrize("chosen", list(LANGUAGES))
def test_the_sheet_is_the_form_of_the_order(shown: Flask, order: Order, chosen: str) -> None:
    response = client(shown).get(f"/bodies/{bin_named(shown, 'Таласского')}/{YEAR}/sheet", query_string={"lang": chosen})
    tree = html5lib.parse(response.text, namespaceHTMLElements=False)
    codes, form = LANGUAGES[chosen], tree.find(".//article")
    assert form is not None
    text = " ".join("".join(form.itertext()).split())
    for code in codes:
        for mark in (order.form.order_mark, order.form.rules_mark, order.form.form_mark, order.form.title, order.form.hint_body):
            assert mark[code] in text
    tables = form.findall(".//table")
    assert len(tables) == len(order.form.tables)
    for table, of in zip(tables, order.form.tables, strict=True):
        numbers = [line[0].text for line in table.findall("tbody/tr")]
        assert numbers == [row.number for row in of.rows]
        for line, row_ in zip(table.findall("tbody/tr"), of.rows, strict=True):
            assert len(line) == len(codes) + 2
            # № and its number are joined by a no-break space.
            texts = [(cell.text or "").strip().replace("\xa0", " ") for cell in line[1:-1]]
            assert texts == [row_.text[code] for code in codes]
            assert bool((line[-1].text or "").strip()) == bool(row_.criterion)
        assert [cell.text for cell in table.find("tfoot/tr").findall("th")] == [of.total[code] for code in codes]


def test_reasons_unfold_under_the_rows(shown: Flask, order: Order) -> None:
    page = parse(client(shown).get(f"/bodies/{bin_named(shown, 'Таласского')}/{YEAR}/sheet?lang=ru"))
    details = [element.get_text() for element in page.select("details")]
    assert len(details) == sum(len(table.scored_rows) for table in order.form.tables if table.kind != list(order.kind)[2])
    assert any(order.criteria[0].scale_entry("not_decreased").text.ru in detail for detail in details)
    assert any("БИН" in text or "BIN" in text for text in details)
    # Each organisation leads to the cell for which it is named.
    links = [link["href"] for link in page.select("details.why a[href*='/organisations/']")]
    assert links and all(re.search(r"/organisations/\d{12}#field-[a-z_]+$", link) for link in links)
    # On paper the reasons are in the annex; the form has nothing that the product adds.
    printed = page.select_one(".annex .printed-reasons")
    assert printed and len(printed.select("tbody > tr")) == len(details)
    # Both say what would change the points.
    label = language("ru").gettext(OTHERWISE_LABEL)
    assert all(label in text for text in details)
    assert all(label in element.get_text() for element in printed.select("tbody > tr"))
    assert page.select_one(f'a[href$="/{YEAR}#charts"]')


@pytest.mark.parametrize("code", CODES)
def test_the_method_page_explains_the_order(shown: Flask, order: Order, code: str) -> None:
    """Made from the criteria file: the law, every line of the scales, every reading with its alternatives; without an account."""
    visitor = shown.test_client()
    visitor.set_cookie("language", code)
    page = visitor.get(f"/method/{order.code}")
    assert_valid(page, code)
    text = without_breaks(parse(page).get_text())
    assert order.legal_basis and order.product_note and order.translation_note and order.checked_on
    for item in (order.source, order.legal_basis, order.product_note, order.translation_note):
        assert without_breaks(item[code]) in text
    for reading in order.readings:
        for item in (reading.passage, reading.interpretation, *reading.alternatives):
            assert without_breaks(item[code]) in text
    for criterion in order.criteria:
        for entry in criterion.scale:
            assert without_breaks(scale_text(entry, code)) in text
    assert visitor.get("/method/nowhere").status_code == 404


def without_breaks(text: str) -> str:
    return " ".join(text.split())


def test_notices_are_shown_to_reviewer_and_administrator(shown: Flask, order: Order) -> None:
    """Those of the year alone; the reviewer also reads once what is the product's own."""
    notices, note = order.notices_of(YEAR), order.product_note
    assert notices and note and len(notices) < len(order.notices)
    url = f"/bodies/{bin_named(shown, 'Таласского')}/{YEAR}"
    reviewer, administrator = client(shown, "ru", "reviewer").get(url).text, client(shown, "ru", "administrator")
    assert all(notice.text.ru in reviewer for notice in notices) and reviewer.count(note.ru) == 1
    assert order.notices[-1].text.ru not in reviewer and f'href="/method/{order.code}"' in reviewer
    assert notices[0].text.ru in administrator.get(f"/registry/years/{YEAR}").text
    assert notices[0].text.ru not in client(shown, "ru", "observer").get(url).text


def test_an_english_page_shows_the_sheet_in_both_languages(shown: Flask) -> None:
    url = f"/bodies/{bin_named(shown, 'Таласского')}/{YEAR}/sheet"
    for code, expected in (("kk", "kk"), ("ru", "ru"), ("en", "kk+ru")):
        person = client(shown, code)
        page, expected_page = person.get(url).text, person.get(url, query_string={"lang": expected}).text
        # The two pages differ only in the link of the language switch.
        assert without_next_page(without_tokens(page)) == without_next_page(without_tokens(expected_page))


# Files


@pytest.mark.parametrize("chosen", list(LANGUAGES))
@pytest.mark.parametrize("format_", list(FORMATS))
def test_files_of_the_sheet(shown: Flask, format_: str, chosen: str) -> None:
    url = f"/bodies/{bin_named(shown, 'Таласского')}/{YEAR}/sheet.{format_}"
    response = client(shown).get(url, query_string={"lang": chosen})
    assert response.status_code == 200
    assert response.mimetype == FORMATS[format_].media_type
    assert re.fullmatch(rf'attachment; filename="?[^;]+\.{format_}"?(; .*)?', response.headers["Content-Disposition"])
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.get_etag() == (hashlib.sha256(response.data).hexdigest(), False)
    again = client(shown).get(url, query_string={"lang": chosen}, headers={"If-None-Match": response.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("code", CODES)
def test_the_template_is_one_that_is_read(shown: Flask, order: Order, code: str) -> None:
    response = client(shown, role="clerk").get(f"/template/{YEAR}.xlsx?lang={code}")
    assert response.status_code == 200 and response.mimetype.endswith("sheet") and response.get_etag()[0]
    book = openpyxl.load_workbook(io.BytesIO(response.data))
    assert book.sheetnames == list(titles(labels_of(order), language(code)).values())


def test_a_file_that_is_the_same_in_every_language_is_linked_once(shown: Flask) -> None:
    url = f"/bodies/{bin_named(shown, 'Таласского')}/{YEAR}"
    for page in (url, f"{url}/sheet"):
        addresses = attributes(client(shown).get(page), '[href*="/sheet."]', "href")
        links = [urlsplit(address).path.rpartition("/sheet.")[2] for address in addresses]
        assert links.count("json") == 1
        # The page of the sheet offers each format with the annex and as the form alone.
        assert links.count("pdf") == (len(LANGUAGES) if page == url else 2)
    text = client(shown, "ru").get(url).text
    assert "<dt>КАТО</dt>" in text and "<dt>код КАТО</dt>" not in text


def test_the_template_of_last_year_is_by_the_clock_of_almaty(empty: Flask) -> None:
    with time_machine.travel(datetime(2026, 12, 31, 20, tzinfo=UTC), tick=False):
        addresses = attributes(client(empty, role="clerk").get("/workbook"), 'a[href^="/template/"]', "href")
    assert [urlsplit(address).path for address in addresses] == ["/template/2026.xlsx"] * len(CODES)


# The order of a year


def test_a_page_names_the_order_of_its_year(tmp_path: Path, make_app: Callable[..., Flask]) -> None:
    app = make_app(f"sqlite:///{tmp_path / 'evaluation.db'}", CRITERIA=(SECOND_ORDER,))
    orders = app.extensions["orders"]
    older, latest = orders.all[0], orders.latest
    assert older.title.en != latest.title.en
    with app.app_context():
        db.session.add_all(
            [
                ReportingYear(year=YEAR, order_code=older.code),
                ReportingYear(year=2099, order_code=latest.code),
                Body(bin=BODY, name_kk="Әкімдік"),
            ]
        )
        db.session.commit()
    for url, named, other in (
        (f"/bodies?year={YEAR}", older, latest),
        (f"/bodies/{BODY}/{YEAR}", older, latest),
        ("/bodies?year=2099", latest, older),
        (f"/bodies/{BODY}/2099", latest, older),
        ("/workbook", latest, older),
        ("/nowhere", latest, older),
    ):
        footer = find(client(app, role=role_for(url)).get(url), "footer").get_text()
        assert named.title.en in footer and other.title.en not in footer, url


def test_the_template_of_an_open_year_is_by_its_order(tmp_path: Path, make_app: Callable[..., Flask]) -> None:
    app = make_app(f"sqlite:///{tmp_path / 'evaluation.db'}", CRITERIA=(SECOND_ORDER,))
    older, latest = app.extensions["orders"].all[0], app.extensions["orders"].latest
    with app.app_context():
        db.session.add(ReportingYear(year=latest.from_year, order_code=older.code))
        db.session.commit()
    for year, order in ((latest.from_year, older), (latest.from_year + 1, latest)):
        book = openpyxl.load_workbook(io.BytesIO(client(app, role="clerk").get(f"/template/{year}.xlsx?lang=en").data))
        assert set(order.kind) < set(book.sheetnames)


# With nothing stored


def test_without_data_the_first_page_says_what_to_do(empty: Flask) -> None:
    response = client(empty, role="administrator").get("/bodies")
    assert "No reporting year is open yet" in response.text and 'href="/registry/years"' in response.text
    assert_valid(response, "en")
    assert "The administrator opens the year" in client(empty).get("/bodies").text


def test_a_database_without_accounts_says_how_to_add_the_first_one(empty: Flask) -> None:
    visitor = empty.test_client()
    assert visitor.get("/").headers["Location"] == "/account/sign-in"
    page = visitor.get("/account/sign-in")
    assert page.status_code == 200 and page.text.count("user add name@example.kz --name") == 3 and not parse(page).select("form")
    assert attributes(page, "main section", "lang") == ["kk", "ru", "en"]
    assert_valid(page, "kk")
    accounts.make_account(empty, "administrator")
    assert find(visitor.get("/account/sign-in"), "input[type=password]")


@pytest.mark.parametrize("code", ["kk", "ru", "en"])
def test_an_administrator_sees_the_first_steps_until_they_are_done(empty: Flask, order: Order, code: str) -> None:
    administrator = client(empty, code, role="administrator")

    def steps() -> list[bool]:
        page = administrator.get("/")
        assert_valid(page, code)
        return [not item.select(".is-incomplete") for item in parse(page).select("main li")]

    assert steps() == [False, False, False]
    with empty.app_context():
        operations.open_year(SYSTEM, YEAR, order.code)
        db.session.commit()
    accounts.make_account(empty, "clerk")
    assert steps() == [True, False, True]
    with empty.app_context():
        operations.register_bodies(SYSTEM, [operations.NewBody(BODY, "Әкімдік")])
        operations.register_organisations(SYSTEM, [(bin_of(100), order.kinds[0].code, "Мектеп", "")])
        operations.add_supervision_for_year(SYSTEM, YEAR, [(1, 1)])
        db.session.commit()
    assert administrator.get("/").headers["Location"] == "/bodies"
