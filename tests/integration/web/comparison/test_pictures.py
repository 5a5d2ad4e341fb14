"""The pages and files of pictures: shapes and tables lead to the same lists, which have as many bodies as the shapes say."""

import io
from xml.etree import ElementTree

import html5lib
import pytest
from bs4 import Tag
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from evaluation.comparison import access
from evaluation.comparison.operations import open_ranking
from evaluation.comparison.pictures import queries
from evaluation.criteria import Order
from evaluation.database import db
from tests.support.body_list_cases import BODIES, NAME, SYSTEM, YEAR, CountryScenario, country_scenario
from tests.support.html import attributes, linked_bins, parse, texts, visible_text

PAGES = {
    "map": f"/pictures/{YEAR}",
    "heat-map": f"/pictures/{YEAR}/heat-map",
    "distribution": f"/pictures/{YEAR}/distribution?body={BODIES['region'].bin}",
    "trends": f"/pictures/{YEAR}/trends?level=district&region=43&body={BODIES['region'].bin}",
    "side-by-side": f"/pictures/{YEAR}/side-by-side?body={BODIES['region'].bin}&body={BODIES['ministry'].bin}",
}


@pytest.fixture
def country(app: Flask, order: Order) -> CountryScenario:
    return country_scenario(app, order)


def page_of(client: FlaskClient, address: str) -> TestResponse:
    response = client.get(address)
    assert response.status_code == 200, response.text
    html5lib.HTMLParser(strict=True).parse(response.text)
    return response


def listed(client: FlaskClient, link: str) -> set[str]:
    """The bodies of the list behind a shape."""
    return {NAME[bin_] for bin_ in linked_bins(page_of(client, link))}


def number_cells(page: TestResponse) -> list[Tag]:
    return [cell for cell in parse(page).select(".picture-table td.num") if cell.select_one("a")]


def test_shapes_and_tables_lead_to_the_same_pages(country: CountryScenario) -> None:
    reviewer = country.client("reviewer")
    for name, address in PAGES.items():
        page = page_of(reviewer, address)
        shapes, cells = set(attributes(page, "svg a", "href")), set(attributes(page, ".picture-table a", "href"))
        assert shapes == cells and shapes, name
        for link in sorted(shapes)[:1]:
            assert reviewer.get(link).status_code == 200, link
        assert texts(page, "nav.years a[aria-current=page]")[0] == "Pictures"
        assert parse(page).select(".picture svg desc")


def test_the_list_behind_a_cell_has_the_bodies_without_full_points(country: CountryScenario) -> None:
    reviewer = country.client("reviewer")
    cells = number_cells(page_of(reviewer, PAGES["heat-map"]))
    assert len(cells) > 20
    for cell in cells[::15]:
        part, _, total = visible_text(cell).partition(" / ")
        link = cell.select_one("a")
        assert link and len(listed(reviewer, str(link["href"]))) == int(total) - int(part.partition("–")[0])


def test_the_list_behind_a_column_has_the_bodies_of_its_share(country: CountryScenario) -> None:
    reviewer = country.client("reviewer")
    cells = number_cells(page_of(reviewer, PAGES["distribution"]))
    assert sum(int(visible_text(cell)) for cell in cells) == 5
    for cell in cells:
        link = cell.select_one("a")
        assert link and len(listed(reviewer, str(link["href"]))) == int(visible_text(cell))


@pytest.fixture
def small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """Show counts of groups of any size, as the country of these tests has few bodies."""
    monkeypatch.setattr(access, "MIN_OTHERS", 0)
    monkeypatch.setattr(queries, "MIN_OTHERS", 0)


@pytest.mark.usefixtures("small_groups")
def test_a_region_sees_the_country_without_names(country: CountryScenario) -> None:
    observer = country.client("observer", region="43")
    rows = texts(page_of(observer, PAGES["map"]), ".picture-table tbody th")
    assert rows == ["Қызылорда облысы", "Whole country"]
    assert set(attributes(page_of(observer, PAGES["heat-map"]), ".picture-table a", "href")) and all(
        "region=43" in link for link in attributes(page_of(observer, PAGES["heat-map"]), ".picture-table a", "href")
    )
    distribution = page_of(observer, PAGES["distribution"])
    counts = texts(distribution, ".picture-table td.num")
    assert sum(map(int, counts)) == 5
    assert sum(int(visible_text(cell)) for cell in number_cells(distribution)) < 5
    assert BODIES["other"].name_kk not in distribution.text
    assert observer.get(f"/pictures/{YEAR}/distribution?body={BODIES['other'].bin}").status_code == 404
    search = page_of(observer, f"/pictures/{YEAR}/side-by-side?q=о")
    assert BODIES["other"].bin not in search.text


@pytest.mark.usefixtures("small_groups")
def test_a_body_sees_the_distribution_of_its_level(country: CountryScenario) -> None:
    head = country.client("head", "region")
    # The own body is marked without choosing it.
    page = page_of(head, f"/pictures/{YEAR}/distribution")
    assert any(note.startswith("Marked: Қызылорда облысы") for note in texts(page, ".picture .hint"))
    assert texts(page, ".picture-table thead th.num") == ["Regional"]
    assert sum(map(int, texts(page, ".picture-table td.num"))) == 2
    # Of the region they see only its own akimat, which is no part of the region's figures.
    assert texts(page_of(head, PAGES["trends"]), ".picture-table thead th")[1:] == ["Қызылорда облысы"]
    assert head.get(PAGES["side-by-side"]).status_code == 404
    limit = "The figures of the regions count the bodies that you can see."
    assert limit in texts(page_of(head, PAGES["trends"]), ".hint")
    assert limit not in country.client("reviewer").get(PAGES["trends"]).text


def test_a_small_group_has_no_counts(country: CountryScenario) -> None:
    observer, head = country.client("observer", region="43"), country.client("head", "region")
    assert texts(page_of(observer, PAGES["map"]), ".picture-table tbody th") == ["Қызылорда облысы"]
    assert not texts(page_of(head, PAGES["distribution"]), ".picture-table td.num")
    assert texts(page_of(observer, PAGES["trends"]), ".picture-table thead th")[1:] == ["Қызылорда облысы"] * 2


def test_an_open_ranking_opens_no_rows_of_bodies(country: CountryScenario) -> None:
    with country.app.app_context():
        open_ranking(SYSTEM, True)
        db.session.commit()
    head = country.client("head", "region")
    assert head.get(PAGES["distribution"].replace(BODIES["region"].bin, BODIES["other"].bin)).status_code == 200
    assert head.get(PAGES["side-by-side"]).status_code == 404
    assert texts(page_of(head, f"/pictures/{YEAR}/side-by-side?q=абай"), ".picture-matches li") == []
    # The region's own akimat is no part of the region's figures, so no column is left.
    assert not texts(page_of(head, PAGES["heat-map"]), ".picture-table td.num a")


def test_bodies_are_searched_and_removed(country: CountryScenario) -> None:
    reviewer = country.client("reviewer")
    page = page_of(reviewer, f"/pictures/{YEAR}/side-by-side?q=абай")
    (link,) = attributes(page, ".picture-matches a", "href")
    page = page_of(reviewer, f"{link}&body={BODIES['ministry'].bin}")
    assert texts(page, ".picture-bodies strong") == ["A", "B"]
    # Kinds of the ministry and of the other region.
    assert len(parse(page).select("figure.picture")) == 3
    remove = attributes(page, ".picture-bodies a.d-print-none", "href")
    assert texts(page_of(reviewer, remove[0]), ".picture-bodies strong") == ["A"]


def test_pictures_are_files(country: CountryScenario) -> None:
    reviewer = country.client("reviewer")
    for address in PAGES.values():
        files = attributes(page_of(reviewer, address), ".picture-files a", "href")
        svg, png = (reviewer.get(link) for link in files[-2:])
        root = ElementTree.fromstring(svg.data)
        links = {element.attrib["href"] for element in root.iter("{http://www.w3.org/2000/svg}a")}
        assert links and all(link.startswith("http://") for link in links)
        assert svg.mimetype == "image/svg+xml"
        with Image.open(io.BytesIO(png.data)) as image:
            assert image.format == "PNG" and image.width > 700
    assert reviewer.get(f"/pictures/{YEAR}/map.svg?part=1").status_code == 404
