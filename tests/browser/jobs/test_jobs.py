"""Background jobs in a browser: from the list of bodies to the ZIP, with the progress of a worker, and without scripts."""

import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewPage, served
from tests.browser.entry_helpers import VIEWS, assert_accessible
from tests.support.paths import ROOT

YEAR = 2024


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("site")


@pytest.fixture(scope="module")
def site_with_queue(folder: Path) -> Iterator[str]:
    with served(folder, demo=True) as address:
        yield address


def work(folder: Path, job: str) -> None:
    """Run a job as a worker process does."""
    environment = os.environ | {"DATABASE_URL": f"sqlite:///{folder / 'evaluation.db'}", "SECRET_KEY": "tests"}
    command = [sys.executable, "-m", "flask", "--app", "app", "jobs", "work", "--job", job]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, timeout=120, capture_output=True)


@pytest.mark.parametrize(("code", "width"), VIEWS)
def test_from_the_list_of_bodies_to_the_zip(site_with_queue: str, folder: Path, new_page: NewPage, code: str, width: int) -> None:
    with new_page(site_with_queue, code, width, role="reviewer") as page:
        page.goto(f"/bodies?year={YEAR}&level=central")
        with page.expect_navigation():
            page.locator('a[href*="/jobs/new/sheets/"]').click()
        assert_accessible(page, width)
        page.check('input[name="format"][value="json"]')
        with page.expect_navigation():
            page.click("#start")
        expect(page.locator("progress")).to_be_visible()
        assert_accessible(page, width)
        # The script shows the end without a reload.
        page.evaluate("window.isSamePage = true")
        work(folder, page.url.rpartition("/")[2])
        file = page.locator('main a[href$="/file"]')
        expect(file).to_be_visible()
        assert page.evaluate("window.isSamePage") is True
        assert_accessible(page, width)
        with page.expect_download() as download:
            file.click()
        with zipfile.ZipFile(download.value.path()) as archive:
            assert archive.testzip() is None and len(archive.namelist()) > 0
        with page.expect_navigation():
            page.locator(".trail a").first.click()
        assert_accessible(page, width)
        # A job that nobody works on yet is cancelled.
        page.goto(f"/jobs/new/workbook/{YEAR}")
        assert_accessible(page, width)
        with page.expect_navigation():
            page.click("#start")
        with page.expect_navigation():
            page.locator('form[action$="/cancel"] button').click()
        expect(page.locator("progress")).to_have_count(0)
