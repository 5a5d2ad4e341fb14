"""From the clerk's home to a submitted year and back: blank by blank, a file, the head, the reviewer."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from app import create_app
from evaluation.criteria import Order
from evaluation.criteria.model import Indicator
from evaluation.database import db
from evaluation.language import language
from tests.browser.conftest import NewPage, served
from tests.browser.database_copies import url_of
from tests.browser.entry_helpers import VIEWS, assert_accessible
from tests.support import accounts
from tests.support.factories import A_PDF
from tests.support.scenario import BODY, YEAR, Scenario, two_kind_scenario

BACK = "Құжаттарды қайта тексеріңіз"


def blanks(scenario: Scenario) -> dict[str, list[Indicator]]:
    """Return the blank answers by BIN: an amount and a choice of the first organisation, a number of the second."""

    def first(kind: str, *types: str) -> list[Indicator]:
        indicators = [item for item in scenario.order.indicators_of(kind) if item.applies_when is None]
        return [next(item for item in indicators if item.type == type_) for type_ in types]

    return {
        scenario.organisation_bins[0]: first(scenario.kinds[0], "money", "choice"),
        scenario.organisation_bins[1]: first(scenario.kinds[1], "whole"),
    }


def in_a_thread(database: Path | str, work: Callable[[Flask], Any]) -> Any:
    """Run work with an app on the site's database, in another thread than the browser's."""

    def task() -> Any:
        app = create_app({"DATABASE_URL": url_of(database), "SECRET_KEY": "tests", **accounts.CHEAP})
        result = work(app)
        with app.app_context():
            db.engine.dispose()
        return result

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(task).result()


@pytest.fixture
def site(journey_url: str, order: Order) -> Iterator[tuple[str, Scenario]]:
    """Serve a body whose answers are complete except for a few blanks."""

    def prepare(app: Flask) -> Scenario:
        scenario = two_kind_scenario(app, order)
        with app.app_context():
            scenario.fill()
            for bin_, items in blanks(scenario).items():
                scenario.answer(bin_, **dict.fromkeys(item.code for item in items))
            db.session.commit()
        for role in ("clerk", "head"):
            accounts.make_account(app, role, [scenario.bodies[BODY]], email=f"own-{role}@example.org")
        return scenario

    with served(journey_url) as address:
        yield address, in_a_thread(journey_url, prepare)


def answer(page: Page, item: Indicator) -> None:
    """Type the answer of the question in the address and wait until it is saved."""
    assert page.url.endswith(f"#field-{item.code}")
    question = page.locator(f"#field-{item.code}")
    assert question.locator(":focus").count() == 1, "the keyboard is there already"
    page.keyboard.type("1" if item.type == "choice" else "0" if item.type == "whole" else "12 500,50")
    page.keyboard.press("Tab")
    expect(question.locator("[data-save-status]")).to_have_attribute("data-state", "saved")


def next_step(page: Page) -> None:
    page.goto("/")
    with page.expect_navigation():
        page.click(".due-next .btn-primary")


@pytest.mark.parametrize(("code", "width"), VIEWS)
def test_answering_blank_by_blank_leads_to_the_submission(
    code: str, width: int, site: tuple[str, Scenario], new_page: NewPage
) -> None:
    address, scenario = site
    say = language(code).gettext
    with new_page(address, code, width, email="own-clerk@example.org") as page:
        page.goto("/")
        assert page.url.endswith(f"/bodies/{BODY}/{YEAR}/entry")
        assert_accessible(page, width)
        page.goto(f"/bodies/{BODY}/{YEAR}/submission")
        assert_accessible(page, width)
        for bin_, items in blanks(scenario).items():
            for item in items:
                next_step(page)
                assert bin_ in page.url
                answer(page, item)
        page.goto("/")
        assert say("Every question is answered: the year is ready to be submitted.") in page.inner_text(".due-next")
        assert "The head" in page.inner_text(".due-next")
        assert_accessible(page, width)
        with page.expect_navigation():
            page.get_by_role("button", name=say("Notify the head")).click()
        assert not page.locator(".due-next button").count()

        page.goto(f"/bodies/{BODY}/{YEAR}/organisations/{scenario.organisation_bins[0]}")
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
        files = page.locator(".evidence-files").first
        files.locator("input[type=file]").set_input_files({"name": "Акт № 5.pdf", "mimeType": "application/pdf", "buffer": A_PDF})
        expect(page.get_by_role("link", name="Акт № 5.pdf")).to_be_visible()
        assert_accessible(page, width)
        with page.expect_download() as download:
            page.get_by_role("link", name="Акт № 5.pdf").click()
        assert download.value.suggested_filename == "Акт № 5.pdf"

    with new_page(address, code, width, email="own-head@example.org") as page:
        next_step(page)
        assert page.inner_text("h1") == say("Submit the year")
        assert_accessible(page, width)
        with page.expect_navigation():
            page.click("main form button[type=submit]")
        assert say("The year was submitted") in page.inner_text(".due-next")
        assert_accessible(page, width)

    with new_page(address, code, width, role="reviewer") as page:
        page.goto(f"/bodies/{BODY}/{YEAR}")
        assert say("Warnings kept with a reason") in page.inner_text("main")
        assert_accessible(page, width)
        page.fill("#return_submission-reason", BACK)
        with page.expect_navigation():
            page.click("#return_submission-send")
        assert BACK in page.inner_text("main")

    with new_page(address, code, width, email="own-clerk@example.org") as page:
        page.goto("/")
        assert BACK in page.inner_text(".due-next")
        assert_accessible(page, width)


def test_the_home_works_by_keyboard_and_without_javascript(site: tuple[str, Scenario], new_page: NewPage) -> None:
    address, scenario = site
    with new_page(address, "kk", email="own-clerk@example.org", java_script_enabled=False) as page:
        page.goto("/")
        page.fill("#q", scenario.organisation_bins[1])
        page.press("#q", "Enter")
        page.wait_for_url("**q=*")
        assert page.locator(".entry-organisations tbody tr").count() == 1
        page.locator(".next-blank a").focus()
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert f"/{scenario.organisation_bins[1]}?" in page.url and "#field-" in page.url
