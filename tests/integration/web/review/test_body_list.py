"""The reviewer's home: whose bodies, kept to what is asked for, sorted by any column, as files, and accepted together."""

import csv
import hashlib
import io
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import html5lib
import openpyxl
import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from evaluation.answers.models import Report
from evaluation.audit.models import AuditEvent
from evaluation.clock import today
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.language import alphabetical, language
from evaluation.registry import operations
from evaluation.registry import queries as registry
from evaluation.registry.models import ReportingYear
from evaluation.review.body_list.export import as_csv, as_xlsx, table
from evaluation.review.body_list.model import Sort, sort_keys
from evaluation.review.body_list.queries import list_bodies
from evaluation.sheets import queries as sheets
from evaluation.web.audit.event_presenter import Reader
from tests.support.body_list_cases import BODIES, LATE, NAME, PLACES, REMARKS, STATES, SYSTEM, YEAR, Country, make_country
from tests.support.factories import bin_of


@pytest.fixture
def country(app: Flask, order: Order) -> Country:
    return make_country(app, order)


def listed(response: TestResponse) -> list[str]:
    assert response.status_code == 200, response.text
    return [NAME[bin_] for bin_ in re.findall(r'<th scope="row"><a href="/bodies/(\d{12})/', response.text)]


def cells(response: TestResponse) -> dict[str, list[str]]:
    """Body → the texts of its row's cells after the name, as the page has them."""
    rows = html5lib.parse(response.text, namespaceHTMLElements=False).findall(".//table/tbody/tr")
    texts = [[" ".join("".join(cell.itertext()).split()) for cell in row.findall("td")] for row in rows]
    return dict(zip(listed(response), texts, strict=True))


def test_whose_bodies_and_what_stands_in_their_lines(country: Country) -> None:
    reviewer = country.client("reviewer")
    response = reviewer.get(f"/bodies?year={YEAR}")
    assert listed(response) == PLACES
    html5lib.HTMLParser(strict=True).parse(response.text)
    rows = cells(response)
    assert rows["ministry"][:2] == [f"Accepted Revision 1 {LATE} days late", "2"]
    assert rows["region"][0] == "Handed over 2 open remarks"
    assert "3 days late" in rows["district"][0] and "1 open remark" in rows["district"][0]
    assert rows["other"][0].startswith("Draft") and f"{LATE} days late" in rows["other"][0] and rows["other"][1] == "2 begun: 0"
    assert rows["unplaced"][-2:] == ["–", "–"]
    assert re.search(r"\d–\d+ / \d+ \d+\.\d–\d+\.\d %", rows["district"][-2].replace("\xa0", " ").replace("% ", "%"))
    with country.app.app_context():
        ids = list(country.ids.values())
        for sheet in sheets.sheets(SYSTEM, YEAR, registry.all_bodies(SYSTEM)):
            told = language("en")
            points = [told.points_of(t.low, t.high, t.max) for t in sheet.tables]
            row = [text.replace(" ", "\xa0") for text in rows[NAME[sheet.body.bin]]]
            assert row[2:6] == points
            assert row[6].startswith(told.points_of(sheet.low, sheet.high, sheet.max))
        assert len(ids) == len(rows)
    seen = {
        country.client("clerk", "village"): ["village"],
        country.client("reviewer", region="43"): ["region", "district", "village"],
        country.client("administrator"): PLACES,
        (observer := country.client("observer")): PLACES,
    }
    for client, names in seen.items():
        assert listed(client.get("/bodies")) == names
    # Whoever answers no remarks is not told of them, nor by the order of a list.
    hidden = observer.get("/bodies?sort=remarks&order=desc&remarks=open")
    assert listed(hidden) == PLACES and not re.search(r"open remark|Open remarks|/remarks\b", hidden.text)
    assert "/bodies/accept" not in hidden.text
    is_kept_to_what_is_asked_for(country)


def is_kept_to_what_is_asked_for(country: Country) -> None:
    reviewer = country.client("reviewer", code="ru")
    for asked, names in {
        f"q={bin_of(3)}": ["district"],
        "q=КАРМАКШ": ["district"],
        "region=43": ["region", "district", "village"],
        "region=10": ["other"],
        "level=region": ["other", "region"],
        "level=rural": ["village"],
        "state=draft": ["other", "unplaced"],
        "state=submitted": ["region"],
        "state=returned": ["district"],
        "state=accepted": ["ministry"],
        "state=reopened": ["village"],
        "late=late": ["ministry", "district"],
        "late=overdue": ["other", "unplaced"],
        "remarks=open": ["region", "district"],
        "remarks=none&region=43": ["village"],
        "state=x&late=x&level=x&region=x&remarks=x&sort=x&order=x": PLACES,
        "q=%25": [],
        "region=43&late=late&remarks=open&state=returned": ["district"],
    }.items():
        assert listed(reviewer.get(f"/bodies?year={YEAR}&{asked}")) == names, asked
    page = reviewer.get(f"/bodies?year={YEAR}&region=43&late=late&sort=share&order=asc").text
    assert '<option value="43" selected>' in page and '<option value="late" selected>' in page
    assert 'href="/bodies.csv?year=2024&amp;region=43&amp;late=late&amp;sort=share&amp;order=asc"' in page
    assert listed(reviewer.get(f"/bodies?year={YEAR - 1}&state=draft")) == PLACES


def values_of(country: Country, code: str) -> dict[str, dict[str, Any]]:
    """Column → body → its value as the sheets and the fixture have it, not as the list does."""
    first, second = ("name_ru", "name_kk") if code == "ru" else ("name_kk", "name_ru")
    named = {name: getattr(body, first) or getattr(body, second) for name, body in BODIES.items()}
    bodies = registry.all_bodies(SYSTEM)
    now_ = {NAME[each.body.bin]: each for each in sheets.sheets(SYSTEM, YEAR, bodies)}
    last = {NAME[each.body.bin]: each for each in sheets.sheets(SYSTEM, YEAR - 1, bodies)}

    def rank(sheet: Any, whole: bool) -> Any:
        return (sheet.low / (sheet.max if whole else 1), sheet.high / (sheet.max if whole else 1)) if sheet.max else None

    def begun(name: str) -> int:
        found = db.session.scalars(select(Report).where(Report.year == YEAR))
        return sum(bool(each.answers) and each.organisation_id in country.organisations[name].values() for each in found)

    levels = {"central": 0, "region": 1, "district": 2, "rural": 3, None: None}
    states = ["draft", "submitted", "returned", "accepted", "reopened"]
    values: dict[str, Callable[[str], Any]] = {
        "name": lambda name: alphabetical(named[name]),
        "level": lambda name: levels[BODIES[name].level],
        "parent": lambda name: (above := BODIES[name].parent_bin) and alphabetical(named[NAME[above]]),
        "state": lambda name: states.index(STATES.get(name, "accepted" if name == "ministry" else "draft")),
        "late": lambda name: {"ministry": LATE, "other": LATE, "unplaced": LATE, "district": LATE - 2}.get(name, 0),
        "remarks": lambda name: REMARKS.get(name, 0),
        "organisations": lambda name: len(country.organisations[name]),
        "begun": begun,
        "points": lambda name: rank(now_[name], False),
        "share": lambda name: rank(now_[name], True),
        "last": lambda name: rank(last[name], False),
        "last_share": lambda name: rank(last[name], True),
    }
    for place, each in enumerate(country.order.form.tables):
        values[f"table-{each.kind}"] = lambda name, place=place: rank(now_[name].tables[place], False)  # type: ignore[misc]
    return {key: {name: value(name) for name in PLACES} for key, value in values.items()}


def expected(values: dict[str, dict[str, Any]], key: str, falling: bool) -> list[str]:
    """The bodies as the column is to sort them: by place what is equal, last what has no value."""
    if key == "place":
        return PLACES[::-1] if falling else PLACES
    there = [name for name in PLACES if values[key][name] is not None]
    return sorted(there, key=values[key].__getitem__, reverse=falling) + [name for name in PLACES if name not in there]


def test_every_column_sorts_both_ways(country: Country, monkeypatch: pytest.MonkeyPatch) -> None:
    clients = {code: country.client("reviewer", code=code) for code in ("kk", "ru")}
    distinct = set()
    with country.app.app_context():
        values = {code: values_of(country, code) for code in clients}
    for key in sort_keys(country.order):
        for falling in (False, True):
            for code in ("kk", "ru") if key in ("name", "parent") else ("kk",):
                wanted = expected(values[code], key, falling)
                response = clients[code].get(f"/bodies?year={YEAR}&sort={key}&order={'desc' if falling else 'asc'}")
                assert listed(response) == wanted, (key, falling, code)
                distinct.add(tuple(wanted))
        if key != "place":
            head = re.search(r"<th[^>]* aria-sort=\"descending\">.*?</th>", response.text, re.DOTALL)
            assert head and f'sort={key}&amp;order=asc" aria-current="true"' in head[0], key
            assert f"/bodies?year={YEAR}" in head[0] and response.text.count("aria-sort") == 1
    assert len(distinct) > 12
    # Қ follows К, and what is quoted or marked stands by its letters.
    assert listed(clients["kk"].get("/bodies?sort=name"))[:3] == ["other", "village", "district"]
    # Numbers begin with the highest, names with the first; the same again turns round.
    page = clients["kk"].get("/bodies?sort=name").text
    assert "sort=points&amp;order=desc" in page and "sort=name&amp;order=desc" in page and "sort=level&amp;order=asc" in page
    with country.app.app_context():
        whatever_part_is_read_first_says_the_same(country, monkeypatch)


def test_files_are_the_list(country: Country) -> None:
    asked = f"year={YEAR}&sort=share&order=desc&remarks=none"
    reviewer = country.client("reviewer", code="ru")
    page = reviewer.get(f"/bodies?{asked}")
    names, shown = listed(page), cells(page)
    book, text = reviewer.get(f"/bodies.xlsx?{asked}"), reviewer.get(f"/bodies.csv?{asked}")
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
    told = language("ru")
    for name, row in zip(names, grid[1:], strict=True):
        found = dict(zip(heads, row, strict=True))
        assert all(not isinstance(value, str) or not value.startswith("'") for value in row)
        low, high, most, share, best = row[-10:-5]
        total = f"{told.points_of(low or 0, high or 0, most or 0)}" + (f" {told.share_range(low, high, most)}" if most else "")
        assert shown[name][6].replace(" ", "\xa0") == total.replace(" ", "\xa0"), name
        if most:
            assert (share, best) == (round(100 * low / most, 1), round(100 * high / most, 1))
        assert isinstance(found["БИН"], str) and len(found["БИН"]) == 12
    marked = next(line for line in lines if line[0] == bin_of(1))
    assert marked[1] == "'=Министерство" and grid[names.index("ministry") + 1][1] == "=Министерство"
    with country.app.app_context():
        told_of = [event for event in db.session.scalars(select(AuditEvent).order_by(AuditEvent.id)) if event.action == "exported"]
        assert [event.data["format"] for event in told_of] == ["xlsx", "csv"]
        for event, response in zip(told_of, (book, text), strict=True):
            assert (event.year, event.body_id, event.data["what"]) == (YEAR, None, "bodies")
            assert event.data["filters"] == {"remarks": "none", "sort": "share", "order": "desc"}
            assert event.data["sha256"] == hashlib.sha256(response.data).hexdigest()
        said = [line.new for line in Reader(language("en")).lines(told_of[0])]
        assert said[0] == "Bodies" and "Remarks: Without open remarks; Sort by: Share of the maximum; Direction:" in said[-1]
    by_observer = country.client("observer").get(f"/bodies.csv?year={YEAR}").data.decode("utf-8-sig")
    assert "remark" not in by_observer.splitlines()[0] and by_observer.count("\r\n") == len(PLACES) + 1
    by_clerk = country.client("clerk", "village").get(f"/bodies.csv?year={YEAR}").data.decode("utf-8-sig").splitlines()
    assert len(by_clerk) == 2 and by_clerk[1].startswith(f"{bin_of(4)};")
    late = reviewer.get(f"/bodies.csv?year={YEAR}&q={bin_of(3)}").data.decode("utf-8-sig").splitlines()[1].split(";")
    assert late[8:11] == [str(LATE - 2), f"{today() - timedelta(days=2):%d.%m.%Y}", "1"]
    assert reviewer.get("/bodies.pdf").status_code == 404


def test_what_is_accepted_has_the_points_of_its_frozen_sheet(country: Country) -> None:
    before = cells(country.client("reviewer").get(f"/bodies?year={YEAR}"))
    with country.app.app_context():
        # Nobody can do this by the product: the answers behind an accepted sheet are lost.
        for id_ in (*country.organisations["ministry"].values(), *country.organisations["village"].values()):
            report = db.session.scalar(select(Report).where(Report.organisation_id == id_, Report.year == YEAR))
            assert report
            report.answers = {}
        operations.open_year(SYSTEM, YEAR + 1, country.order.code)
        db.session.commit()
    reviewer = country.client("reviewer")
    after = cells(reviewer.get(f"/bodies?year={YEAR}"))
    assert after["ministry"][2:] == before["ministry"][2:] and after["village"][2:] != before["village"][2:]
    assert cells(reviewer.get(f"/bodies?year={YEAR}&sort=share"))["ministry"][2:] == before["ministry"][2:]
    next_year = cells(reviewer.get(f"/bodies?year={YEAR + 1}"))
    assert next_year["ministry"][7] == before["ministry"][6] and next_year["village"][7] != before["village"][6]


def whatever_part_is_read_first_says_the_same(country: Country, monkeypatch: pytest.MonkeyPatch) -> None:
    year = db.session.get(ReportingYear, YEAR)
    assert year
    every = {line.body.bin: line for line in list_bodies(SYSTEM, year, today()).items}
    monkeypatch.setattr("evaluation.review.body_list.queries.AT_ONCE", 2)
    monkeypatch.setattr("evaluation.review.body_list.queries.PAGE_SIZE", 2)
    for sort in (Sort(), Sort("points"), Sort("last_share", True), Sort("begun")):
        found = [line for page in (1, 2, 3) for line in list_bodies(SYSTEM, year, today(), sort=sort, page=page).items]
        assert {line.body.bin: line for line in found} == every and len(found) == len(every)
    assert list_bodies(SYSTEM, year, today(), page=99).number == 3
    # Invented data say so in every line of a file.
    year.invented = True
    made = table(every.values(), country.order, year, language("kk"))
    assert {row[-1] for row in made.rows} == {language("kk").gettext("Invented demonstration data")}
    assert as_csv(made).decode().count(str(made.rows[0][-1])) == len(PLACES) and as_xlsx(made, "x")
