"""Signing in with the keyboard only, and accessibility of the account pages."""

import pytest
from playwright.sync_api import expect

from evaluation.language import language
from tests.browser.conftest import NewPage, email_of, sign_in
from tests.browser.entry_helpers import VIEWS, assert_accessible, press
from tests.support import accounts

CODES = ("kk", "ru", "en")


@pytest.mark.parametrize("code", CODES)
def test_in_and_out_by_the_keyboard_without_javascript(code: str, empty_site: str, new_page: NewPage) -> None:
    say = language(code).gettext
    with new_page(empty_site, code, java_script_enabled=False) as page:
        page.goto("/account/password")
        assert page.url.endswith("/account/sign-in?next=/account/password")
        # The browser focuses the address when it draws the page, which may be after loading.
        expect(page.locator("#email")).to_be_focused()
        page.keyboard.type(email_of("observer"))
        page.keyboard.press("Tab")
        expect(page.locator("#password")).to_be_focused()
        page.keyboard.type(accounts.PASSWORD)
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert page.url.endswith("/account/password") and page.inner_text("h1") == say("Change the password")
        press(page, "header form button")
        assert page.url.endswith("/account/sign-in") and page.inner_text("h1") == say("Sign in")
        assert page.locator("header form").count() == 0 and page.locator(".site-nav").count() == 0


@pytest.mark.parametrize(("code", "width"), VIEWS)
def test_account_pages_are_accessible(code: str, width: int, empty_site: str, new_page: NewPage) -> None:
    """axe reports no issue and nothing scrolls sideways, on a desktop and on a telephone."""
    with new_page(empty_site, code) as page:
        for address in ("/account/sign-in", "/account/new-password"):
            page.goto(address)
            assert_accessible(page, width)
        page.goto("/account/sign-in")
        page.fill("#email", "unknown@example.org")
        page.fill("#password", "wrong")
        assert press(page, "#submit") == 200
        assert_accessible(page, width)
        sign_in(page, email_of("observer"))
        for address in ("/account/", "/account/password", "/account/second-factor", "/account/recovery-codes", "/people"):
            page.goto(address)
            assert_accessible(page, width)
        page.goto("/account/second-factor")
        press(page, "button[value=authenticator]")
        assert_accessible(page, width)
        page.goto("/account/recovery-codes")
        press(page, "#generate_new_codes")
        assert page.locator(".codes li").count() == 8
        assert_accessible(page, width)
