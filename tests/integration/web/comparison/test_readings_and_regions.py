"""Pages of other readings, of regions and districts, and what the page of the method says of readings."""

import pytest
from flask import Flask
from sqlalchemy import update

from evaluation.accounts.models import Account
from evaluation.comparison.notes import NO_RANK_IN_ORDER
from evaluation.criteria import Order
from evaluation.criteria.alternatives import applicable_readings
from evaluation.database import db
from evaluation.language import LANGUAGE_CODES, language
from evaluation.registry.operations import NewBody
from tests.support import accounts
from tests.support.factories import bin_of, clean
from tests.support.html import parse
from tests.support.scenario import YEAR, Scenario, build_scenario, store_answers

AKIMAT, DISTRICT, RURAL, OTHER, UNPLACED = (bin_of(number) for number in range(1, 6))
LOSS_MAKERS = tuple(bin_of(number) for number in range(11, 18))


@pytest.fixture
def scenario(app: Flask, order: Order) -> Scenario:
    """A district with seven organisations, six of them with losses, in the region 31; a district in another region."""
    bodies = [
        NewBody(AKIMAT, "Облыс", "Область", level="region", kato="310000000"),
        NewBody(DISTRICT, "Аудан", "Район", level="district", parent_bin=AKIMAT, kato="313200000"),
        NewBody(RURAL, "Ауыл", "Село", level="rural", parent_bin=DISTRICT),
        NewBody(OTHER, "Басқа", "Другой", level="district", kato="350200000"),
        NewBody(UNPLACED, "Орынсыз", "Без места"),
    ]
    organisations = {
        AKIMAT: [(bin_of(40), "institution")],
        DISTRICT: [(bin_, "enterprise") for bin_ in LOSS_MAKERS],
        OTHER: [(bin_of(41), "enterprise")],
    }
    scenario = build_scenario(app, order, bodies, organisations)
    with app.app_context():
        for bin_, kind in scenario.kind_of.items():
            store_answers(order, bin_, clean(order, kind) | ({"financial_result": -100} if bin_ in LOSS_MAKERS[1:] else {}))
        db.session.commit()
    return scenario


def test_the_region_page_says_which_row_why_and_who(scenario: Scenario) -> None:
    reviewer = scenario.client("reviewer")
    listing = parse(reviewer.get(f"/regions/{YEAR}"))
    worst = listing.select_one('section[aria-labelledby="rows"] td a')
    assert worst and worst["href"] == f"/regions/{YEAR}/31?row=enterprise:1#why"
    page = parse(reviewer.get(str(worst["href"])))
    assert "negative" in page.select_one('section[aria-labelledby="why"] p').text  # type: ignore[union-attr]
    lines = page.select('section[aria-labelledby="why"] table')[1].select("tbody tr")
    assert len(lines) == 5 and all(f"/bodies/{DISTRICT}/{YEAR}/organisations/" in str(line.a["href"]) for line in lines)
    assert [line.select("td")[-1].text for line in lines] == ["0.17"] * 5
    rest = page.select_one('a[href*="show=organisations"]')
    assert rest and "6" in rest.text
    assert len(parse(reviewer.get(str(rest["href"]))).select("tbody tr")) == 6
    # The akimat's own sheet stands beside the sums of its bodies.
    notice = page.select_one(".notice")
    assert notice and f"/bodies/{AKIMAT}/{YEAR}/sheet" in str(notice) and "10 / 10" in notice.text.replace("\xa0", " ")
    assert [row.th.a.text for row in page.select('section[aria-labelledby="bodies"] tbody tr')] == ["Аудан", "Ауыл"]  # type: ignore[union-attr]
    # The lists behind the numbers have as many bodies.
    links = page.select('.facts a[href*="status="], section[aria-labelledby="rows"] td a')
    assert len(links) > 1
    for link in links:
        number = str(link.next_sibling).lstrip(": ").split(",")[0] if "status=" in str(link["href"]) else link.text
        listing = parse(reviewer.get(str(link["href"])))
        assert len(listing.select(".body-list tbody tr")) == int(number), link
        assert "Without the region's own akimat" in listing.text and f"/bodies/{AKIMAT}/" not in str(listing)
    every = parse(reviewer.get(f"/regions/{YEAR}/31?row=all&sort=name"))
    assert every.select_one("#why") and not every.select_one("tr.is-chosen")


def test_a_district_has_the_bodies_below_it(scenario: Scenario) -> None:
    reviewer = scenario.client("reviewer")
    page = parse(reviewer.get(f"/regions/{YEAR}/districts/{DISTRICT}"))
    assert [row.th.a.text for row in page.select('section[aria-labelledby="bodies"] tbody tr')] == ["Ауыл"]  # type: ignore[union-attr]
    assert page.select_one(f'nav.trail a[href="/regions/{YEAR}/31"]')
    assert reviewer.get(f"/regions/{YEAR}/districts/{bin_of(77)}").status_code == 404


def test_regions_are_limited_to_the_viewers_bodies(scenario: Scenario) -> None:
    regional = accounts.sign_in(scenario.app.test_client(), accounts.make_account(scenario.app, "observer", region="35"))
    assert regional.get(f"/regions/{YEAR}/35").status_code == 200
    for code in ("31", "central", "elsewhere", "3", "xx"):
        assert regional.get(f"/regions/{YEAR}/{code}").status_code == 404, code
    assert "/regions/2024/31" not in regional.get(f"/regions/{YEAR}").text


def test_a_job_scores_all_bodies_and_its_result_is_a_page(scenario: Scenario) -> None:
    reviewer = scenario.client("reviewer")
    page = parse(reviewer.get(f"/readings/{YEAR}"))
    codes = [str(field["value"]) for field in page.select('input[name="code"]')]
    assert codes == [item.name for item in applicable_readings(scenario.order)]
    token = page.select_one('input[name="csrf_token"]')
    assert token
    started = reviewer.post(f"/readings/{YEAR}", data={"code": "R3", "csrf_token": token["value"]})
    assert started.status_code == 303
    job = parse(reviewer.get(started.location))
    link = job.select_one('a[href*="/readings/results/"]')
    assert link
    result = parse(reviewer.get(str(link["href"])))
    assert NO_RANK_IN_ORDER in " ".join(result.text.split())
    rows = result.select('section[aria-labelledby="bodies"] tbody tr')
    assert {row.th.a.text for row in rows} == {"Аудан", "Басқа"}  # type: ignore[union-attr]
    assert "18–19 / 20" in rows[0].text.replace("\xa0", " ") and "16–17 / 18" in rows[0].text.replace("\xa0", " ")
    same = parse(reviewer.get(f"{link['href']}?change=same&region=31"))
    assert {row.th.a.text for row in same.select('section[aria-labelledby="bodies"] tbody tr')} == {"Ауыл"}  # type: ignore[union-attr]
    assert str(link["href"]) in reviewer.get(f"/readings/{YEAR}").text
    assert scenario.client("observer").get(str(link["href"])).status_code == 404
    # Bodies without a location have their own code, which links keep.
    apart = parse(reviewer.get(f"{link['href']}?change=same&region=elsewhere"))
    assert {row.th.a.text for row in apart.select('section[aria-labelledby="bodies"] tbody tr')} == {"Орынсыз"}  # type: ignore[union-attr]
    assert apart.select('a[href*="change=gain"][href*="region=elsewhere"]') and "region=elsewhere" in str(result)
    with scenario.app.app_context():
        db.session.execute(update(Account).where(Account.role == "reviewer").values(region="31"))
        db.session.commit()
    assert reviewer.get(str(link["href"])).status_code == 410
    refused = reviewer.post(f"/readings/{YEAR}", data={"code": "R99", "csrf_token": token["value"]})
    assert refused.status_code == 400


def test_people_of_a_body_see_their_body_under_every_reading(scenario: Scenario) -> None:
    clerk = scenario.client("clerk", DISTRICT)
    page = parse(clerk.get(f"/readings/{YEAR}"))
    assert page.select_one(f'a[href="/bodies/{DISTRICT}/{YEAR}/readings"]') and not page.select('input[name="code"]')
    body = parse(clerk.get(f"/bodies/{DISTRICT}/{YEAR}/readings"))
    assert len(body.select("h2")) == len(applicable_readings(scenario.order))
    assert clerk.get(f"/bodies/{OTHER}/{YEAR}/readings").status_code == 404
    sheet = clerk.get(f"/bodies/{DISTRICT}/{YEAR}/sheet").text
    assert f"/bodies/{DISTRICT}/{YEAR}/readings" in sheet and f"/method/{scenario.order.code}" in sheet


@pytest.mark.parametrize("code", LANGUAGE_CODES)
def test_the_method_page_shows_tables_effects_and_silences(scenario: Scenario, order: Order, code: str) -> None:
    visitor = scenario.app.test_client()
    visitor.set_cookie("language", code)
    page = parse(visitor.get(f"/method/{order.code}"))
    text = " ".join(page.text.split())
    assert order.silences and all(" ".join(item[code].split()) in text for item in order.silences)
    assert len(page.select("details.method-table")) == len(order.form.tables)
    for table in order.form.tables:
        assert all(" ".join(row.text[code].split()) in text for row in table.rows)
    names = language(code)
    for row in next(item.alternative for item in applicable_readings(order) if item.name == "R3").rows:
        assert names.gettext("row %(number)s is not scored", number=row.number) in text
    assert "2023" in text and "171-VIII" in text
