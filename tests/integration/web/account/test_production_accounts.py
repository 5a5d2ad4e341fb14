"""Signing in under the settings of production: required second factors, and cookies."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from evaluation.policy import Role
from tests.integration.web.account.test_second_factor import codes_on, set_up
from tests.support.accounts import make_account
from tests.support.visits import anonymous_client, attempt, is_signed_in, post

PAGES = ("/", "/people", "/people/new", "/registry", "/bodies", "/audit", "/account/", "/account/recovery-codes")


@pytest.fixture
def production(tmp_path: Path, make_app: Callable[..., Flask]) -> Flask:
    return make_app(f"sqlite:///{tmp_path / 'evaluation.db'}", APP_ENV="production", PREFERRED_URL_SCHEME="http")


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.REVIEWER])
def test_who_lacks_the_second_factor_is_led_to_it_and_sees_nothing_else(production: Flask, role: Role) -> None:
    client, email = anonymous_client(production), make_account(production, role)
    assert attempt(client, email).headers["Location"] == "/account/second-factor"
    for address in PAGES:
        assert client.get(address).headers["Location"].startswith("/account/sign-in"), address
    assert not is_signed_in(client)
    response = set_up(client, post(client, "/account/second-factor", setup="authenticator"))[1]
    assert len(codes_on(response)) == 8 and is_signed_in(client)


def test_other_roles_choose_it(production: Flask) -> None:
    assert attempt(anonymous_client(production), make_account(production, "clerk")).headers["Location"] == "/"


def test_cookies_are_of_this_host_and_of_tls_alone(production: Flask) -> None:
    client = anonymous_client(production)
    response = attempt(client, make_account(production, "clerk", language="kk"))
    cookies = {cookie.split("=")[0]: cookie for cookie in response.headers.getlist("Set-Cookie")}
    assert "__Host-session" in cookies and "session" not in cookies
    assert any(name.startswith("__Secure-device-") for name in cookies)
    for name, cookie in cookies.items():
        assert "Secure" in cookie and "HttpOnly" in cookie and "SameSite=Lax" in cookie, name
    assert "Path=/;" in cookies["__Host-session"] + ";" and "Domain" not in cookies["__Host-session"]
    chosen = client.get("/language/ru?next=/").headers["Set-Cookie"]
    assert chosen.startswith("__Host-language=ru") and "Secure" in chosen
    # Whether or not the proxy says that it speaks TLS.
    assert response.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
