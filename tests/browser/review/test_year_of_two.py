"""A year of a head and a reviewer: entered, submitted, returned with two remarks, corrected, accepted, verified, reopened."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from evaluation.criteria import Order
from evaluation.database import db
from evaluation.language import language
from evaluation.review.verification.messages import TITLES
from evaluation.review.verification.model import Outcome, Subject
from tests.browser.conftest import NewPage, let_in, served
from tests.browser.entry.test_entry_to_submission import in_a_thread
from tests.browser.entry_helpers import VIEWS, assert_accessible, state_of, typed
from tests.support import accounts
from tests.support.scenario import BODY, YEAR, Scenario, two_kind_scenario

HOME_URL, BODY_URL = f"/bodies/{BODY}/{YEAR}/entry", f"/bodies/{BODY}/{YEAR}"
HEAD, REVIEWER = "the-years-head@example.org", "the-years-reviewer@example.org"


@dataclass(frozen=True)
class YearSite:
    """A server with one body that has one blank answer: the amount `code` of its first organisation."""

    address: str
    scenario: Scenario
    code: str

    @property
    def report(self) -> str:
        return f"{BODY_URL}/organisations/{self.scenario.organisation_bins[0]}"


@pytest.fixture
def year(journey_url: str, order: Order) -> Iterator[YearSite]:
    def prepare(app: Flask) -> YearSite:
        scenario = two_kind_scenario(app, order)
        code = next(item.code for item in order.indicators_of(scenario.kinds[0]) if item.type == "money")
        with app.app_context():
            scenario.fill()
            scenario.answer(scenario.organisation_bins[0], **{code: None})
            db.session.commit()
        accounts.make_account(app, "head", [scenario.bodies[BODY]], email=HEAD)
        accounts.make_account(app, "reviewer", email=REVIEWER)
        return YearSite("", scenario, code)

    with served(journey_url) as address:
        year_ = in_a_thread(journey_url, prepare)
        yield YearSite(address, year_.scenario, year_.code)


def press(page: Page, selector: str) -> None:
    with page.expect_navigation():
        page.locator(selector).first.click()


def unfold(page: Page, selector: str) -> None:
    """Expand the section that contains an element."""
    page.locator(f"details:has({selector})").last.evaluate("each => { each.open = true }")


def submit(page: Page) -> None:
    page.goto(f"{BODY_URL}/submission")
    press(page, "main form button[type=submit]")
    expect(page.locator(".due-next")).to_be_visible()


def accept(page: Page) -> None:
    page.goto(BODY_URL)
    press(page, f"a[href='{BODY_URL}/submission/accept']")
    press(page, "#accept-send")
    expect(page.locator(".submission-step .notice")).to_be_visible()


def download(page: Page, folder: Path, name: str, lang: str) -> Path:
    with page.expect_download() as download_info:
        page.locator(f"a[href='{BODY_URL}/sheet.pdf?lang={lang}']").first.click()
    path = folder / name
    download_info.value.save_as(path)
    return path


def verdict(page: Page, file: Path) -> str:
    page.goto("/verify")
    page.set_input_files("input[type=file]", file)
    press(page, "main form[method=post] button, main form[method=post] input[type=submit]")
    return page.inner_text("#verdict")


@pytest.mark.parametrize(("code", "width"), VIEWS)
def test_a_year_of_two_people(code: str, width: int, year: YearSite, new_page: NewPage, tmp_path: Path) -> None:
    say = language(code).gettext
    row = year.scenario.order.form.tables[0].scored_rows[0]
    kind = year.scenario.order.form.tables[0].kind
    at = (year.address, code, width)
    with (
        new_page(year.address, code, width, email=HEAD) as head,
        new_page(year.address, code, width, email=REVIEWER) as reviewer,
    ):
        head.goto(f"{year.report}#field-{year.code}")
        typed(head, year.code, "1 000,50")
        state_of(head, year.code, "saved")
        submit(head)

        # The reviewer returns the year with two remarks, on the answer and on a row of the sheet, and without a reason.
        reviewer.goto(f"{year.report}#field-{year.code}")
        text = f"#remark-text-{year.code}"
        unfold(reviewer, text)
        reviewer.fill(text, "Неге сонша аз?")
        # The sign-in expires before the remark is sent: after the next sign-in the text is there again.
        reviewer.context.clear_cookies(name="session")
        press(reviewer, f"form:has({text}) button")
        assert "/account/sign-in" in reviewer.url
        let_in(reviewer.context, REVIEWER)
        reviewer.goto(f"{year.report}#field-{year.code}")
        expect(reviewer.locator(text)).to_have_value("Неге сонша аз?")
        expect(reviewer.locator(f"{text}-restored")).to_be_visible()
        press(reviewer, f"form:has({text}) button")
        expect(reviewer.locator(text)).to_have_value("")
        assert f"#field-{year.code}" in reviewer.url or "#remark" in reviewer.url
        reviewer.goto(f"{BODY_URL}/sheet?lang={code}")
        text = f"[id='remark-text-{kind}-{row.number}']"
        unfold(reviewer, text)
        reviewer.fill(text, "Қосымша растаңыз")
        press(reviewer, f"form:has({text}) button")
        reviewer.goto(BODY_URL)
        assert not reviewer.locator("#accept-send").count()
        unfold(reviewer, "#return_submission-send")
        press(reviewer, "#return_submission-send")

        # The list of remarks links to the answer.
        head.goto(HOME_URL)
        press(head, f"a[href='{BODY_URL}/remarks']")
        assert head.locator("article.remark").count() == 2
        assert_accessible(head, width)
        press(head, f"a[href*='field-{year.code}']")
        expect(head.locator(f"#answer-{year.code}")).to_be_visible()
        typed(head, year.code, "2 000,50")
        state_of(head, year.code, "saved")
        submit(head)

        # The page of changes shows only the changed answer; the reviewer resolves both remarks and accepts the year.
        reviewer.goto(f"{BODY_URL}/changes")
        assert reviewer.locator("main tbody tr").count() == 1
        assert "2 000,50" in reviewer.inner_text("main tbody").replace("\u00a0", " ").replace("\u202f", " ")
        assert_accessible(reviewer, width)
        for _ in range(2):
            reviewer.goto(f"{BODY_URL}/remarks")
            press(reviewer, "form[action$='/resolve'] button")
        accept(reviewer)
        assert_accessible(reviewer, width)

        head.goto(BODY_URL)
        first = download(head, tmp_path, "first.pdf", code)
        with new_page(*at) as anybody:
            assert verdict(anybody, first) == say(TITLES[Outcome.ACCEPTED, Subject.FILE])
            assert_accessible(anybody, width)

        # After the year is reopened, changed and accepted again, the first file is verified as superseded.
        reviewer.goto(BODY_URL)
        unfold(reviewer, "#reopen-send")
        reviewer.fill("#reopen-reason", "Жаңа акт келді")
        press(reviewer, "#reopen-send")
        head.goto(f"{year.report}#field-{year.code}")
        typed(head, year.code, "3 000")
        state_of(head, year.code, "saved")
        submit(head)
        accept(reviewer)
        head.goto(BODY_URL)
        second = download(head, tmp_path, "second.pdf", code)
    with new_page(*at) as anybody:
        assert verdict(anybody, first) == say(TITLES[Outcome.SUPERSEDED, Subject.FILE])
        assert verdict(anybody, second) == say(TITLES[Outcome.ACCEPTED, Subject.FILE])
        altered = tmp_path / "altered.pdf"
        data = bytearray(second.read_bytes())
        data[len(data) // 2] ^= 1
        altered.write_bytes(data)
        title = verdict(anybody, altered)
        assert title in {say(TITLES[outcome, Subject.FILE]) for outcome in (Outcome.ALTERED, Outcome.UNKNOWN)}
