"""The pages, files and command of the ranking, and the administrator's setting."""

import csv
import io
import json

import html5lib
import openpyxl
import pypdf
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from evaluation.audit.actions import AuditAction
from evaluation.audit.models import AuditEvent
from evaluation.comparison import access
from evaluation.comparison.notes import NO_RANK_IN_ORDER
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.language import language
from tests.support.body_list_cases import BODIES, NAME, YEAR, CountryScenario, country_scenario
from tests.support.html import attributes, parse, texts
from tests.support.visits import post

PAGE = f"/ranking/{YEAR}"


@pytest.fixture
def country(app: Flask, order: Order) -> CountryScenario:
    return country_scenario(app, order)


def ranks(client: FlaskClient, query: str = "") -> dict[str, str]:
    """Body → rank, in the order of the page."""
    response = client.get(PAGE + query)
    assert response.status_code == 200, response.text
    html5lib.HTMLParser(strict=True).parse(response.text)
    assert any(NO_RANK_IN_ORDER in text for text in texts(response, "main .hint"))
    rows = parse(response).select("table.ranking tbody tr")
    names = {body.name_kk: name for name, body in BODIES.items()} | {body.name_ru: name for name, body in BODIES.items()}
    shown = {}
    for row in rows:
        heading, cell = row.select_one("th"), row.select_one("td.rank")
        assert heading and cell
        shown[names[next(iter(heading.stripped_strings))]] = cell.get_text(strip=True)
    return shown


def test_the_page_ranks_bodies_within_scopes(country: CountryScenario) -> None:
    reviewer = country.client("reviewer")
    first = reviewer.get("/ranking")
    assert first.status_code == 303 and first.location == PAGE
    everyone = ranks(reviewer)
    assert set(everyone) == {"ministry", "region", "district", "village", "other"}
    # The ministry and the village have all points; the other region has no answer, so it can still have any rank.
    assert everyone["ministry"] == everyone["village"] and everyone["ministry"].startswith("1")
    assert everyone["other"].startswith("1–")
    assert ranks(reviewer, "?scope=level-district") == {"district": "1"}
    assert set(ranks(reviewer, "?scope=region-43")) == {"region", "district", "village"}
    assert ranks(reviewer, "?q=" + BODIES["village"].bin) == {"village": everyone["village"]}
    options = attributes(reviewer.get(PAGE), "#scope option", "value")
    assert {"country", "level-rural", "region-43", "region-10"} <= set(options)
    for option in options:
        assert reviewer.get(PAGE, query_string={"scope": option}).status_code == 200
    # The body without organisations stands apart.
    link = attributes(reviewer.get(PAGE), ".count a", "href")[0]
    assert texts(reviewer.get(link), ".without-tables li") == [BODIES["unplaced"].name_kk]
    for key in attributes(reviewer.get(PAGE), "table.ranking thead a", "href"):
        assert set(ranks(reviewer, "?" + key.partition("?")[2])) == set(everyone)
    assert reviewer.get("/ranking/1990").status_code == 404


def test_who_sees_whose_rank(country: CountryScenario, monkeypatch: pytest.MonkeyPatch) -> None:
    everyone = ranks(country.client("reviewer"))
    clerk, regional = country.client("clerk", "village"), country.client("observer", region="43")
    # The country has few bodies, whose counts would tell of one of them.
    assert not texts(regional.get(PAGE), ".distribution") and not texts(clerk.get(f"{PAGE}?scope=level-rural"), ".distribution")
    monkeypatch.setattr(access, "MIN_OTHERS", 0)
    for client, names in ((clerk, ["village"]), (regional, ["village", "region", "district"])):
        assert ranks(client) == {name: everyone[name] for name in everyone if name in names}
        assert BODIES["other"].name_kk not in client.get(PAGE).text
    assert not texts(clerk.get(PAGE), ".distribution") and texts(regional.get(PAGE), ".distribution")
    assert texts(clerk.get(f"{PAGE}?scope=level-rural"), ".distribution")
    assert not texts(clerk.get(f"{PAGE}?scope=level-region"), ".distribution")
    assert not texts(regional.get(f"{PAGE}?scope=region-10"), ".distribution")
    assert ranks(clerk, "?scope=region-10") == {} == ranks(regional, "?scope=region-10")
    assert b"\xd0\x90\xd0\xb1\xd0\xb0\xd0\xb9" not in clerk.get(f"{PAGE}.csv").data
    # The administrator opens it to everyone: names and ranks, but no way to the bodies' own pages.
    administrator = country.client("administrator")
    assert (
        clerk.get("/ranking/access").status_code == 403
        and post(clerk, "/ranking/access", PAGE, ranking="open").status_code == 403
    )
    assert post(administrator, "/ranking/access", ranking="somehow").status_code == 400
    for choice, is_open in (("open", True), ("limited", False)):
        assert post(administrator, "/ranking/access", ranking=choice).status_code == 303
        assert ranks(clerk) == (everyone if is_open else {"village": everyone["village"]})
        assert bool(texts(clerk.get(PAGE), ".distribution")) is is_open
        links = attributes(clerk.get(PAGE), "table.ranking tbody th a", "href")
        assert [NAME[link.split("/")[2]] for link in links] == ["village"]
        assert clerk.get(f"/bodies/{BODIES['other'].bin}/{YEAR}").status_code == 404
    with country.app.app_context():
        actions = db.session.scalars(select(AuditEvent.action).where(AuditEvent.action.startswith("ranking_"))).all()
    assert actions == [AuditAction.RANKING_OPENED, AuditAction.RANKING_LIMITED]


def test_a_bodys_page_shows_its_ranks(country: CountryScenario) -> None:
    page = country.client("clerk", "village").get(f"/bodies/{BODIES['village'].bin}/{YEAR}")
    rows = [texts(row, "td") for row in parse(page).select(".body-ranks tbody tr")]
    assert len(rows) == 4 and rows[1] == ["1", "1"] and rows[0][1] == "5"
    assert NO_RANK_IN_ORDER in page.text
    empty = country.client("reviewer").get(f"/bodies/{BODIES['unplaced'].bin}/{YEAR}")
    assert empty.status_code == 200 and not texts(empty, ".body-ranks")


# openpyxl does not read the part of the bars that makes their length exact.
@pytest.mark.filterwarnings("ignore:.*extension is not supported:UserWarning")
def test_the_ranking_as_files(country: CountryScenario) -> None:
    reviewer = country.client("reviewer")
    everyone, note = ranks(reviewer), language("en").gettext(NO_RANK_IN_ORDER)
    rows = list(csv.reader(io.StringIO(reviewer.get(f"{PAGE}.csv").data.decode("utf-8-sig")), delimiter=";"))
    assert [NAME[row[2]] for row in rows[1:]] == list(everyone)
    assert all(row[-1] == note for row in rows[1:])
    for row in rows[1:]:
        assert everyone[NAME[row[2]]] == (row[0] if row[0] == row[1] else f"{row[0]}–{row[1]}")
    book = openpyxl.load_workbook(io.BytesIO(reviewer.get(f"{PAGE}.xlsx?scope=region-43").data))
    sheet = book.active
    *listed, _, last = sheet.iter_rows(min_row=2, values_only=True)
    assert [NAME[str(row[2])] for row in listed] == list(ranks(reviewer, "?scope=region-43")) and last[0] == note
    bars = [rule.type for rules in sheet.conditional_formatting for rule in rules.rules]
    assert bars == ["dataBar"] * 4
    text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(reviewer.get(f"{PAGE}.pdf").data)).pages)
    assert note in " ".join(text.split()) and BODIES["region"].name_kk in " ".join(text.split())
    with country.app.app_context():
        exports = db.session.scalars(select(AuditEvent).where(AuditEvent.action == AuditAction.FILE_EXPORTED)).all()
    assert [(event.data["what"], event.data["format"], event.data["filters"]) for event in exports] == [
        ("ranking", "csv", {}),
        ("ranking", "xlsx", {"region": "43"}),
        ("ranking", "pdf", {}),
    ]
    shown = country.client("administrator").get("/audit").text
    assert "Ranking" in shown and "Region: 43" in shown


def test_the_command_prints_what_the_page_shows(country: CountryScenario) -> None:
    run = country.app.test_cli_runner().invoke
    everyone = ranks(country.client("reviewer"))
    result = run(args=["ranking", "--year", str(YEAR), "--json", "--lang", "en"])
    assert result.exit_code == 0, result.output
    printed = json.loads(result.output)
    assert [NAME[row["bin"]] for row in printed["ranked"]] == list(everyone) and printed["note"] == NO_RANK_IN_ORDER
    assert [NAME[row["bin"]] for row in printed["without_tables"]] == ["unplaced"] and printed["without_tables"][0][
        "rank"
    ] is None
    ministry = next(row for row in printed["ranked"] if NAME[row["bin"]] == "ministry")
    assert ministry["points"]["low"] == ministry["points"]["max"] and ministry["accepted"]
    assert ministry["points"]["share"] == ["1/1", "1/1"]
    assert set(ministry["tables"]) == {kind.code for kind in country.order.kinds[:2]}
    plain = run(args=["ranking", "--year", str(YEAR), "--scope", "region-43", "--lang", "en"])
    assert len(plain.output.splitlines()) == 5 and NO_RANK_IN_ORDER in plain.output
    for arguments, message in ((["--year", "1990"], "not open"), (["--year", str(YEAR), "--scope", "x"], "group of bodies")):
        failed = run(args=["ranking", *arguments, "--lang", "en"])
        assert failed.exit_code == 1 and message in failed.output
