"""The pages of changes: a loss-maker that moved is named with where it went, and sums without names for those who see a part."""

from datetime import date

import html5lib
import pytest
from flask import Flask
from flask.testing import FlaskClient

from evaluation.comparison import access
from evaluation.comparison.operations import open_ranking
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.registry.models import FormerName
from evaluation.registry.operations import NewBody
from tests.support import accounts
from tests.support.factories import bin_of, clean
from tests.support.html import parse
from tests.support.scenario import BODY, OTHER_BODY, SUPERVISED_FROM, SYSTEM, YEAR, Scenario, build_scenario, store_answers

STAYS, LOSS_MAKER, OTHER = bin_of(11), bin_of(12), bin_of(13)
PAGE = f"/changes/{YEAR}"


@pytest.fixture
def scenario(app: Flask, order: Order) -> Scenario:
    """A loss-maker moves from one district to another at the end of the first year; nothing else changes."""
    kind = order.kinds[0].code
    supervisions = [
        (STAYS, BODY, SUPERVISED_FROM, None),
        (LOSS_MAKER, BODY, SUPERVISED_FROM, date(YEAR - 1, 12, 31)),
        (LOSS_MAKER, OTHER_BODY, date(YEAR, 1, 1), None),
        (OTHER, OTHER_BODY, SUPERVISED_FROM, None),
    ]
    scenario = build_scenario(
        app,
        order,
        [
            NewBody(BODY, "Бірінші ауданның әкімдігі", "Акимат первого района", level="district", kato="431000000"),
            NewBody(OTHER_BODY, "Екінші ауданның әкімдігі", "Акимат второго района", level="district", kato="751000000"),
        ],
        {BODY: [(bin_, kind) for bin_ in (STAYS, LOSS_MAKER)], OTHER_BODY: [(OTHER, kind)]},
        years=(YEAR - 1, YEAR),
        supervisions=supervisions,
    )
    with app.app_context():
        for bin_ in scenario.organisations:
            for year in (YEAR - 1, YEAR):
                losses = {"financial_result": -100} if bin_ == LOSS_MAKER else {}
                store_answers(order, bin_, clean(order, kind) | losses, year)
        db.session.commit()
    return scenario


def sources(client: FlaskClient, url: str) -> dict[str, str]:
    """Source → points in the table of causes; the difference stands under an empty name."""
    response = client.get(url)
    assert response.status_code == 200, response.text
    html5lib.HTMLParser(strict=True).parse(response.text)
    lines = parse(response).select("section[aria-labelledby=causes] table tr:has(td)")
    return {str(line.get("id", "")).removeprefix("source-"): line.select("td")[0].get_text(strip=True) for line in lines}


def test_a_departure_is_named_and_no_improvement(scenario: Scenario) -> None:
    reviewer = scenario.client("reviewer")
    url = f"/bodies/{BODY}/{YEAR}/point-changes"
    assert sources(reviewer, url) == {"left": "+2", "": "+2"}
    page = parse(reviewer.get(url))
    (named,) = page.select(".change-organisations li")
    link = named.select_one("a")
    assert link and link["href"] == f"/bodies/{BODY}/{YEAR - 1}/organisations/{LOSS_MAKER}"
    assert reviewer.get(str(link["href"])).status_code == 200
    text = " ".join(named.stripped_strings)
    assert "in breach" in text and "now at:" in text and "Екінші ауданның әкімдігі" in text
    (moved,) = page.select("section[aria-labelledby=movements] tbody tr")
    assert LOSS_MAKER in moved.text and "Екінші ауданның әкімдігі" in moved.text and moved.select(".row-number")
    shapes = [str(shape.get("xlink:href") or shape.get("href")) for shape in page.select("svg a")]
    assert shapes == [f"{url}#source-left"]
    assert sources(reviewer, f"/bodies/{OTHER_BODY}/{YEAR}/point-changes") == {"joined": "−2", "": "−2"}
    joined = " ".join(
        parse(reviewer.get(f"/bodies/{OTHER_BODY}/{YEAR}/point-changes")).select(".change-organisations li")[0].stripped_strings
    )
    assert "before at:" in joined and "Бірінші ауданның әкімдігі" in joined


def test_people_of_a_body_or_region_learn_no_other_body_by_a_move(app: Flask, scenario: Scenario) -> None:
    url, other = f"/bodies/{BODY}/{YEAR}/point-changes", "Екінші ауданның әкімдігі"
    for client in (scenario.client("clerk"), accounts.signed_in(app, "reviewer", "en", (), region="43")):
        page = client.get(url)
        assert page.status_code == 200 and page.text.count("a body that you do not see") == 2
        assert other not in page.text and OTHER_BODY not in page.text
    with app.app_context():
        open_ranking(SYSTEM, True)
        db.session.add(
            FormerName(body_id=scenario.bodies[OTHER_BODY], until=date(YEAR, 12, 31), name_kk="Ескі", name_ru="Старый")
        )
        db.session.commit()
    page = scenario.client("clerk").get(url)
    assert "Ескі" in page.text and other not in page.text and "a body that you do not see" not in page.text


def test_sums_of_country_region_and_level(scenario: Scenario) -> None:
    reviewer = scenario.client("reviewer")
    assert sources(reviewer, PAGE) == {"joined": "−2", "left": "+2", "": "0"}
    assert sources(reviewer, PAGE + "?scope=level-district") == {"joined": "−2", "left": "+2", "": "0"}
    assert sources(reviewer, PAGE + "?scope=region-43") == {"left": "+2", "": "+2"}
    assert sources(reviewer, PAGE + "?scope=level-rural") == {}
    for sort, first in (("loss", OTHER_BODY), ("gain", BODY), ("location", BODY)):
        links = parse(reviewer.get(f"{PAGE}?sort={sort}")).select(".change-bodies th a")
        assert str(links[0]["href"]) == f"/bodies/{first}/{YEAR}/point-changes"


def test_people_of_a_body_see_its_changes_and_the_difference_of_its_level(
    app: Flask, scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk = scenario.client("clerk")
    # The other body of the level is the only one.
    assert sources(clerk, PAGE + "?scope=level-district") == {"left": "+2", "": "+2"}
    monkeypatch.setattr(access, "MIN_OTHERS", 1)
    assert sources(clerk, PAGE) == {"left": "+2", "": "+2"}
    # The sums of the country are closed to them: they see their own.
    assert sources(clerk, PAGE + "?scope=country") == {"left": "+2", "": "+2"}
    # Of others they see neither causes nor rows.
    level = clerk.get(PAGE + "?scope=level-district")
    assert sources(clerk, PAGE + "?scope=level-district") == {}
    assert [fact.text for fact in parse(level).select(".facts strong")] == ["0"] and "2 bodies" in level.text
    assert not parse(level).select("#rows, svg, .change-bodies")
    assert OTHER_BODY not in level.text and "Екінші" not in level.text
    assert clerk.get(f"/bodies/{OTHER_BODY}/{YEAR}/point-changes").status_code == 404
    observer = accounts.signed_in(app, "observer", "en", (), region="43")
    assert sources(observer, PAGE) == {"left": "+2", "": "+2"}
    assert sources(observer, PAGE + "?scope=country") == {}
    assert "Екінші" not in observer.get(PAGE + "?scope=country").text
    limit = "The figures of the regions count the bodies that you can see."
    assert limit in clerk.get(PAGE + "?scope=region-43").text
    assert limit not in scenario.client("reviewer").get(PAGE + "?scope=region-43").text
    # An open ranking opens points, not what they are made of.
    with app.app_context():
        open_ranking(SYSTEM, True)
        db.session.commit()
    assert sources(clerk, PAGE) == {"left": "+2", "": "+2"}
    for scope in ("country", "level-district", "region-75"):
        page = clerk.get(f"{PAGE}?scope={scope}")
        assert sources(clerk, f"{PAGE}?scope={scope}") == {} and not parse(page).select(".change-bodies"), scope


def test_a_year_without_the_year_before(scenario: Scenario) -> None:
    reviewer = scenario.client("reviewer")
    page = reviewer.get(f"/changes/{YEAR - 1}")
    assert page.status_code == 200 and "nothing to compare with" in page.text
    assert "nothing to compare with" in reviewer.get(f"/bodies/{BODY}/{YEAR - 1}/point-changes").text
    assert "point-changes" not in reviewer.get(f"/bodies/{BODY}/{YEAR - 1}").text
    assert f"/bodies/{BODY}/{YEAR}/point-changes" in reviewer.get(f"/bodies/{BODY}/{YEAR}").text
