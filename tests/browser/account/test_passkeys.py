"""Passkeys in the browser, with an authenticator in software that the browser itself provides for tests."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import CDPSession, Page, expect

from evaluation.language import language
from tests.browser.conftest import NewPage, email_of, sign_in
from tests.browser.entry_helpers import VIEWS, assert_accessible, press
from tests.support import accounts


@contextmanager
def authenticator(page: Page) -> Iterator[tuple[CDPSession, str]]:
    """Give the browser an authenticator that confirms everything with the finger of its owner."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    yield session, session.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]
    session.detach()


@pytest.mark.parametrize(("code", "width"), VIEWS)
def test_adding_using_and_removing_a_passkey(code: str, width: int, empty_site: str, new_page: NewPage) -> None:
    say, name = language(code).gettext, "Менің кілтім"
    # Passkeys belong to a name, not to a number of the network.
    with new_page(empty_site.replace("127.0.0.1", "localhost"), code) as page, authenticator(page):
        sign_in(page, email_of("reviewer"))
        page.goto("/account/passkeys")
        assert_accessible(page, width)
        page.fill("#name", name)
        page.click("#submit")
        expect(page.locator(".codes li")).to_have_count(8)
        page.click("main a.btn-primary")
        expect(page.locator("th[scope=row]")).to_have_text(name)
        assert_accessible(page, width)
        page.fill("#name", "2")
        page.click("#submit")
        expect(page.locator("[data-part=registered]")).to_be_visible()
        expect(page.locator("[data-part=again]")).to_be_focused()
        assert_accessible(page, width)
        page.context.clear_cookies(name="session")

        show_password(page, "reviewer")
        expect(page.locator("h1")).to_have_text(say("Use your passkey"))
        assert_accessible(page, width)
        page.click("#submit")
        page.wait_for_url("**/bodies")

        page.goto("/account/passkeys")
        assert press(page, f'button[aria-label*="{name}"]') == 200
        expect(page.locator("th[scope=row]")).to_have_count(0)
        expect(page.locator("p.notice")).to_contain_text(name)


def show_password(page: Page, role: str) -> None:
    """Complete the first step of a sign-in."""
    page.goto("/account/sign-in")
    page.fill("#email", email_of(role))
    page.fill("#password", accounts.PASSWORD)
    press(page, "#submit")
