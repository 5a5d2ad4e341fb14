"""The list of bodies: visibility, filters, sorting by every column, downloads, and points of accepted years."""

import csv
import hashlib
import io
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import html5lib
import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from evaluation.answers.models import Report
from evaluation.audit.models import AuditEvent
from evaluation.clock import today
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.language import alphabetical_key, language
from evaluation.registry import operations
from evaluation.registry import queries as registry
from evaluation.registry.models import Body, FormerName, ReportingYear
from evaluation.results.models import BodyResult, RowResult
from evaluation.review.body_list.export import as_csv, as_xlsx, export_table
from evaluation.review.body_list.model import Sort, sort_keys
from evaluation.review.body_list.queries import list_bodies
from evaluation.sheets import queries as sheets
from evaluation.web.audit.event_presenter import EventPresenter
from tests.support.body_list_cases import (
    BODIES,
    DAYS_LATE,
    KATO_ORDER,
    NAME,
    OPEN_REMARKS,
    STATUSES,
    SYSTEM,
    YEAR,
    CountryScenario,
    country_scenario,
)
from tests.support.factories import bin_of
from tests.support.html import attributes, linked_bins, parse


@pytest.fixture
def country(app: Flask, order: Order) -> CountryScenario:
    return country_scenario(app, order)


def listed_names(response: TestResponse) -> list[str]:
    assert response.status_code == 200, response.text
    return [NAME[bin_] for bin_ in linked_bins(response)]


def cells(response: TestResponse) -> dict[str, list[str]]:
    """Body → the texts of its row's cells after the name."""
    rows = html5lib.parse(response.text, namespaceHTMLElements=False).findall(".//table/tbody/tr")
    texts = [[" ".join("".join(cell.itertext()).split()) for cell in row.findall("td")] for row in rows]
    return dict(zip(listed_names(response), texts, strict=True))


def test_the_list_shows_the_visible_bodies_with_status_and_points(country: CountryScenario) -> None:
    reviewer = country.client("reviewer")
    response = reviewer.get(f"/bodies?year={YEAR}")
    assert listed_names(response) == KATO_ORDER
    html5lib.HTMLParser(strict=True).parse(response.text)
    rows = cells(response)
    assert rows["ministry"][:2] == [f"Accepted Revision 1 {DAYS_LATE} days late", "2"]
    assert rows["region"][0] == "Submitted 2 open remarks"
    assert "3 days late" in rows["district"][0] and "1 open remark" in rows["district"][0]
    assert (
        rows["other"][0].startswith("Draft")
        and f"{DAYS_LATE} days late" in rows["other"][0]
        and rows["other"][1] == "2 started: 0"
    )
    assert rows["unplaced"][-2:] == ["–", "–"]
    assert re.search(r"\d–\d+ / \d+ \d+\.\d–\d+\.\d %", rows["district"][-2].replace("\xa0", " ").replace("% ", "%"))
    with country.app.app_context():
        ids = list(country.ids.values())
        for sheet in sheets.body_sheets(SYSTEM, YEAR, registry.all_bodies(SYSTEM)):
            english = language("en")
            points = [english.points_of(t.low, t.high, t.max) for t in sheet.tables]
            row = [text.replace(" ", "\xa0") for text in rows[NAME[sheet.body.bin]]]
            assert row[2:6] == points
            assert row[6].startswith(english.points_of(sheet.low, sheet.high, sheet.max))
        assert len(ids) == len(rows)
    visible = {
        country.client("clerk", "village"): ["village"],
        country.client("reviewer", region="43"): ["region", "district", "village"],
        country.client("administrator"): KATO_ORDER,
        (observer := country.client("observer")): KATO_ORDER,
    }
    for client, names in visible.items():
        assert listed_names(client.get("/bodies")) == names
    # A viewer who cannot reply to remarks does not see them, not even through the sort order.
    hidden = observer.get("/bodies?sort=remarks&order=desc&remarks=open")
    assert listed_names(hidden) == KATO_ORDER
    assert not any(text in hidden.text for text in ("open remark", "Open remarks", "/remarks"))
    assert "/bodies/accept" not in hidden.text
    check_filters(country)


def check_filters(country: CountryScenario) -> None:
    reviewer = country.client("reviewer", code="ru")
    for query, names in {
        f"q={bin_of(3)}": ["district"],
        "q=КАРМАКШ": ["district"],
        "region=43": ["region", "district", "village"],
        "region=10": ["other"],
        "level=region": ["other", "region"],
        "level=rural": ["village"],
        "status=draft": ["other", "unplaced"],
        "status=submitted": ["region"],
        "status=returned": ["district"],
        "status=accepted": ["ministry"],
        "status=reopened": ["village"],
        "late=late": ["ministry", "district"],
        "late=overdue": ["other", "unplaced"],
        "remarks=open": ["region", "district"],
        "remarks=none&region=43": ["village"],
        "status=x&late=x&level=x&region=x&remarks=x&sort=x&order=x": KATO_ORDER,
        "q=%25": [],
        "region=43&late=late&remarks=open&status=returned": ["district"],
    }.items():
        assert listed_names(reviewer.get(f"/bodies?year={YEAR}&{query}")) == names, query
    check_filters_of_pictures(country, reviewer)
    page = reviewer.get(f"/bodies?year={YEAR}&region=43&late=late&sort=share&order=asc").text
    assert '<option value="43" selected>' in page and '<option value="late" selected>' in page
    assert 'href="/bodies.csv?year=2024&amp;region=43&amp;late=late&amp;sort=share&amp;order=asc"' in page
    assert listed_names(reviewer.get(f"/bodies?year={YEAR - 1}&status=draft")) == KATO_ORDER
    with country.app.app_context():
        # A central body belongs to no region, wherever it is.
        db.session.execute(update(Body).where(Body.bin == BODIES["ministry"].bin).values(kato="430000000"))
        # The year before of a body that did not exist then is empty, also where it has a line.
        db.session.execute(update(Body).where(Body.bin == BODIES["district"].bin).values(since=date(YEAR, 5, 1)))
        db.session.commit()
        year = db.session.get(ReportingYear, YEAR)
        assert year
        rows = {NAME[row.body.bin]: row.previous_year for row in list_bodies(SYSTEM, year, today()).items}
        assert rows["region"].max and not rows["district"].max
    assert listed_names(reviewer.get(f"/bodies?year={YEAR}&region=43")) == ["region", "district", "village"]


def check_filters_of_pictures(country: CountryScenario, reviewer: FlaskClient) -> None:
    """Pictures link to the bodies of a class of shares, and to those without full points in a row."""
    with country.app.app_context():
        rows = db.session.execute(select(RowResult).where(RowResult.year == YEAR)).scalars().all()
        shares = {result.body_id: result for result in db.session.scalars(select(BodyResult).where(BodyResult.year == YEAR))}
        names = {country.ids[name]: name for name in KATO_ORDER}
        row = next(row for row in rows if row.low < row.max)
        without = {
            names[other.body_id] for other in rows if (other.kind, other.row) == (row.kind, row.row) and other.low < other.max
        }
        classes = {
            f"{low}-{low + 10}": {
                names[id_]
                for id_, item in shares.items()
                if item.max and (low * item.max <= 100 * item.low < (low + 10) * item.max or (low == 90 and item.low == item.max))
            }
            for low in range(0, 100, 10)
        }
    page = reviewer.get(f"/bodies?year={YEAR}&row={row.kind}:{row.row}")
    assert set(listed_names(page)) == without and f'<input type="hidden" name="row" value="{row.kind}:{row.row}">' in page.text
    assert any(classes.values())
    for share, expected_names in classes.items():
        assert set(listed_names(reviewer.get(f"/bodies?year={YEAR}&share={share}"))) == expected_names, share
    assert listed_names(reviewer.get(f"/bodies?year={YEAR}&row=x&share=1-1000")) == KATO_ORDER


def test_the_list_has_the_names_of_its_year(country: CountryScenario) -> None:
    """A body that has another name now is listed and sorted by its name of 31 December of the year, and found by both."""
    with country.app.app_context():
        for days, name in ((20, "Яя"), (10, "Аа")):
            until = date(YEAR + 1, 1, 1) + timedelta(days=days)
            db.session.add(FormerName(body_id=country.ids["region"], until=until, name_kk=name, name_ru=name))
        db.session.commit()
    reviewer = country.client("reviewer", code="ru")
    assert listed_names(reviewer.get(f"/bodies?year={YEAR}&sort=name"))[0] == "region"
    assert listed_names(reviewer.get(f"/bodies?year={YEAR}&sort=name&order=desc"))[-1] == "region"
    page = parse(reviewer.get(f"/bodies?year={YEAR}"))
    texts = [cell.get_text(" ", strip=True) for cell in page.select("tbody th")]
    assert texts[KATO_ORDER.index("region")].startswith("Аа") and texts[KATO_ORDER.index("district")].endswith("Аа")


def values_of(country: CountryScenario, code: str) -> dict[str, dict[str, Any]]:
    """Column → body → its value computed from the sheets and the fixture, independently of the list."""
    first, second = ("name_ru", "name_kk") if code == "ru" else ("name_kk", "name_ru")
    named = {name: getattr(body, first) or getattr(body, second) for name, body in BODIES.items()}
    bodies = registry.all_bodies(SYSTEM)
    now_ = {NAME[sheet.body.bin]: sheet for sheet in sheets.body_sheets(SYSTEM, YEAR, bodies)}
    last = {NAME[sheet.body.bin]: sheet for sheet in sheets.body_sheets(SYSTEM, YEAR - 1, bodies)}

    def rank(sheet: Any, whole: bool) -> Any:
        return (sheet.low / (sheet.max if whole else 1), sheet.high / (sheet.max if whole else 1)) if sheet.max else None

    def begun(name: str) -> int:
        ids = country.organisations[name].values()
        reports = db.session.scalars(select(Report).where(Report.year == YEAR))
        return sum(bool(report.answers) and report.organisation_id in ids for report in reports)

    levels = {"central": 0, "region": 1, "district": 2, "rural": 3, None: None}
    states = ["draft", "submitted", "returned", "accepted", "reopened"]
    values: dict[str, Callable[[str], Any]] = {
        "name": lambda name: alphabetical_key(named[name]),
        "level": lambda name: levels[BODIES[name].level],
        "parent": lambda name: (above := BODIES[name].parent_bin) and alphabetical_key(named[NAME[above]]),
        "status": lambda name: states.index(STATUSES.get(name, "accepted" if name == "ministry" else "draft")),
        "late": lambda name: {"ministry": DAYS_LATE, "other": DAYS_LATE, "unplaced": DAYS_LATE, "district": DAYS_LATE - 2}.get(
            name, 0
        ),
        "remarks": lambda name: OPEN_REMARKS.get(name, 0),
        "organisations": lambda name: len(country.organisations[name]),
        "begun": begun,
        "points": lambda name: rank(now_[name], False),
        "share": lambda name: rank(now_[name], True),
        "previous_year": lambda name: rank(last[name], False),
        "previous_year_share": lambda name: rank(last[name], True),
    }
    for index, table in enumerate(country.order.form.tables):
        values[f"table-{table.kind}"] = lambda name, index=index: rank(now_[name].tables[index], False)  # type: ignore[misc]
    return {key: {name: value(name) for name in KATO_ORDER} for key, value in values.items()}


def expected(values: dict[str, dict[str, Any]], key: str, falling: bool) -> list[str]:
    """The bodies in the order of a column: equal values by location, bodies without a value last."""
    if key == "location":
        return KATO_ORDER[::-1] if falling else KATO_ORDER
    there = [name for name in KATO_ORDER if values[key][name] is not None]
    return sorted(there, key=values[key].__getitem__, reverse=falling) + [name for name in KATO_ORDER if name not in there]


def test_every_column_sorts_both_ways(country: CountryScenario, monkeypatch: pytest.MonkeyPatch) -> None:
    clients = {code: country.client("reviewer", code=code) for code in ("kk", "ru")}
    distinct = set()
    with country.app.app_context():
        values = {code: values_of(country, code) for code in clients}
    for key in sort_keys(country.order):
        for falling in (False, True):
            for code in ("kk", "ru") if key in ("name", "parent") else ("kk",):
                wanted = expected(values[code], key, falling)
                response = clients[code].get(f"/bodies?year={YEAR}&sort={key}&order={'desc' if falling else 'asc'}")
                assert listed_names(response) == wanted, (key, falling, code)
                distinct.add(tuple(wanted))
        if key != "location":
            [header] = parse(response).select("[aria-sort]")
            assert header.name == "th" and header["aria-sort"] == "descending", key
            [current] = attributes(header, 'a[aria-current="true"]', "href")
            assert current.startswith(f"/bodies?year={YEAR}") and current.endswith(f"sort={key}&order=asc"), key
    assert len(distinct) > 12
    # Қ follows К; quotation marks and other signs are ignored.
    assert listed_names(clients["kk"].get("/bodies?sort=name"))[:3] == ["other", "village", "district"]
    # Numbers sort descending first, names ascending; a second click reverses the order.
    page = clients["kk"].get("/bodies?sort=name").text
    assert "sort=points&amp;order=desc" in page and "sort=name&amp;order=desc" in page and "sort=level&amp;order=asc" in page
    with country.app.app_context():
        check_that_the_sort_column_does_not_change_rows(country, monkeypatch)


def test_downloads_equal_the_list(country: CountryScenario) -> None:
    query = f"year={YEAR}&sort=share&order=desc&remarks=none"
    reviewer = country.client("reviewer", code="ru")
    page = reviewer.get(f"/bodies?{query}")
    names, shown = listed_names(page), cells(page)
    book, text = reviewer.get(f"/bodies.xlsx?{query}"), reviewer.get(f"/bodies.csv?{query}")
    sheet = openpyxl.load_workbook(io.BytesIO(book.data)).active
    assert sheet is not None and sheet.freeze_panes == "C2" and sheet.title == str(YEAR)
    height = sheet.row_dimensions[1].height
    assert height and height >= 60, "heads of several lines are cut off where a row is not fitted to them"
    assert text.headers["Content-Type"] == "text/csv; charset=utf-8"
    grid = [list(row) for row in sheet.iter_rows(values_only=True)]
    assert text.data.startswith(b"\xef\xbb\xbf") and "filename=bodies-2024.csv" in text.headers["Content-Disposition"]
    lines = list(csv.reader(io.StringIO(text.data.decode("utf-8-sig")), delimiter=";"))
    heads = grid[0]
    assert lines[0] == heads and len(set(heads)) == len(heads)
    for line, row in zip(lines[1:], grid[1:], strict=True):
        for typed, value in zip(line, row, strict=True):
            if isinstance(value, datetime):
                assert typed == f"{value:%d.%m.%Y}"
            elif isinstance(value, int | float):
                assert float(typed.replace(",", ".")) == value and "." not in typed
            else:
                assert typed.removeprefix("'") == (value or "")
    assert [NAME[str(row[0])] for row in grid[1:]] == names and "region" not in names
    russian = language("ru")
    for name, row in zip(names, grid[1:], strict=True):
        cell_of = dict(zip(heads, row, strict=True))
        assert all(not isinstance(value, str) or not value.startswith("'") for value in row)
        low, high, maximum, share, best = row[-10:-5]
        total = russian.points_of(low or 0, high or 0, maximum or 0)
        total += f" {russian.share_range(low, high, maximum)}" if maximum else ""
        assert shown[name][6].replace(" ", "\xa0") == total.replace(" ", "\xa0"), name
        if maximum:
            assert (share, best) == (round(100 * low / maximum, 1), round(100 * high / maximum, 1))
        assert isinstance(cell_of["БИН"], str) and len(cell_of["БИН"]) == 12
    marked = next(line for line in lines if line[0] == bin_of(1))
    assert marked[1] == "'=Министерство" and grid[names.index("ministry") + 1][1] == "=Министерство"
    with country.app.app_context():
        events = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id))
        exports = [event for event in events if event.action == "file_exported"]
        assert [event.data["format"] for event in exports] == ["xlsx", "csv"]
        for event, response in zip(exports, (book, text), strict=True):
            assert (event.year, event.body_id, event.data["what"]) == (YEAR, None, "bodies")
            assert event.data["filters"] == {"remarks": "none", "sort": "share", "order": "desc"}
            assert event.data["sha256"] == hashlib.sha256(response.data).hexdigest()
        texts = [fact.new for fact in EventPresenter(language("en")).facts(exports[0])]
        assert texts[0] == "Bodies" and "Remarks: Without open remarks; Sort by: Share of the maximum; Direction:" in texts[-1]
    by_observer = country.client("observer").get(f"/bodies.csv?year={YEAR}").data.decode("utf-8-sig")
    assert "remark" not in by_observer.splitlines()[0] and by_observer.count("\r\n") == len(KATO_ORDER) + 1
    by_clerk = country.client("clerk", "village").get(f"/bodies.csv?year={YEAR}").data.decode("utf-8-sig").splitlines()
    assert len(by_clerk) == 2 and by_clerk[1].startswith(f"{bin_of(4)};")
    late = reviewer.get(f"/bodies.csv?year={YEAR}&q={bin_of(3)}").data.decode("utf-8-sig").splitlines()[1].split(";")
    assert late[8:11] == [str(DAYS_LATE - 2), f"{today() - timedelta(days=2):%d.%m.%Y}", "1"]
    assert reviewer.get("/bodies.pdf").status_code == 404


def test_an_accepted_year_has_the_points_of_its_sheet_revision(country: CountryScenario) -> None:
    before = cells(country.client("reviewer").get(f"/bodies?year={YEAR}"))
    with country.app.app_context():
        # The product does not allow this: the answers of an accepted year are lost.
        for id_ in (*country.organisations["ministry"].values(), *country.organisations["village"].values()):
            report = db.session.scalar(select(Report).where(Report.organisation_id == id_, Report.year == YEAR))
            assert report
            report.answers = {}
        # Changes that no audit event reports are invisible to stored results.
        db.session.execute(update(BodyResult).values(generation=BodyResult.generation + 1))
        operations.open_year(SYSTEM, YEAR + 1, country.order.code)
        db.session.commit()
    reviewer = country.client("reviewer")
    after = cells(reviewer.get(f"/bodies?year={YEAR}"))
    assert after["ministry"][2:] == before["ministry"][2:] and after["village"][2:] != before["village"][2:]
    assert cells(reviewer.get(f"/bodies?year={YEAR}&sort=share"))["ministry"][2:] == before["ministry"][2:]
    next_year = cells(reviewer.get(f"/bodies?year={YEAR + 1}"))
    assert next_year["ministry"][7] == before["ministry"][6] and next_year["village"][7] != before["village"][6]


def check_that_the_sort_column_does_not_change_rows(country: CountryScenario, monkeypatch: pytest.MonkeyPatch) -> None:
    year = db.session.get(ReportingYear, YEAR)
    assert year
    every = {line.body.bin: line for line in list_bodies(SYSTEM, year, today()).items}
    monkeypatch.setattr("evaluation.database.MAX_IDS_PER_STATEMENT", 2)
    monkeypatch.setattr("evaluation.review.body_list.queries.PAGE_SIZE", 2)
    for sort in (Sort(), Sort("points"), Sort("previous_year_share", True), Sort("begun")):
        pages = [list_bodies(SYSTEM, year, today(), sort=sort, page=page) for page in (1, 2, 3)]
        rows = [row for page in pages for row in page.items]
        assert {row.body.bin: row for row in rows} == every and len(rows) == len(every)
    assert list_bodies(SYSTEM, year, today(), page=99).number == 3
    # Every row of demonstration data has a note.
    year.invented = True
    table = export_table(every.values(), country.order, year, language("kk"))
    assert {row[-1] for row in table.rows} == {language("kk").gettext("Invented demonstration data")}
    assert as_csv(table).decode().count(str(table.rows[0][-1])) == len(KATO_ORDER) and as_xlsx(table, "x")
