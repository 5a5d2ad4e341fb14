"""The register of anomalies in a browser: from the queue to an anomaly, its explanation by the body and the decision."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewPage, served
from tests.browser.entry_helpers import VIEWS, assert_accessible
from tests.support.paths import ROOT

YEAR = 2023
"""The year of the demonstration in which an organisation that moved away took its breach along."""
EXPLANATION, REASON = "Ұйым заңды түрде берілді", "Қаулы тексерілді"


@pytest.fixture(scope="module")
def searched_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with the demonstration, whose year has been searched."""
    folder = tmp_path_factory.mktemp("site")
    with served(folder, demo=True) as address:
        environment = os.environ | {"DATABASE_URL": f"sqlite:///{folder / 'evaluation.db'}", "SECRET_KEY": "tests"}
        command = [sys.executable, "-m", "flask", "--app", "app", "anomalies", "detect", "--year", str(YEAR)]
        subprocess.run(command, cwd=ROOT, env=environment, check=True, timeout=120, capture_output=True)
        yield address


@pytest.mark.parametrize(("code", "width"), VIEWS)
def test_from_the_queue_to_a_decision(searched_site: str, new_page: NewPage, code: str, width: int) -> None:
    with new_page(searched_site, code, width, role="reviewer") as page:
        page.goto(f"/anomalies/{YEAR}")
        assert_accessible(page, width)
        with page.expect_navigation():
            page.locator("table.anomalies tbody th a").first.click()
        assert_accessible(page, width)
        page.fill("#text", EXPLANATION)
        with page.expect_navigation():
            page.click("#send_explanation")
        expect(page.get_by_text(EXPLANATION).first).to_be_visible()
        page.check("#state-1")
        page.fill("#reason", REASON)
        with page.expect_navigation():
            page.click("#send_decision")
        expect(page.locator("[data-state=explained]")).to_be_visible()
        page.check("#state-0")
        with page.expect_navigation():
            page.click("#send_decision")
        expect(page.locator("[data-state=open]")).to_be_visible()
        # The row of the sheet that the points are of.
        with page.expect_navigation():
            page.locator("dl.facts a").first.click()
        assert "/sheet" in page.url
