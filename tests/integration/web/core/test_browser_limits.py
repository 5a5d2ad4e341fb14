"""What keeps browsers in bounds: languages chosen and kept, links that lead nowhere else, headers, hosts."""

import pytest
from flask import Flask

from tests.integration.web.core.test_pages import YEAR, client, shown

__all__ = ["shown"]


@pytest.mark.parametrize(
    ("accepted", "code"),
    [
        ("", "kk"),
        ("de", "kk"),
        ("ru-RU,ru;q=0.9,en;q=0.8", "ru"),
        ("kk-KZ", "kk"),
        ("en-US", "en"),
        ("de,en;q=0.5", "en"),
    ],
)
def test_the_first_visit_speaks_the_browsers_language(shown: Flask, accepted: str, code: str) -> None:
    response = shown.test_client().get("/account/sign-in", headers={"Accept-Language": accepted})
    assert f'<html lang="{code}">' in response.text
    assert {"Accept-Language", "Cookie"} <= set(response.vary)


def test_a_chosen_language_stays(shown: Flask) -> None:
    browser = shown.test_client()
    response = browser.get("/language/ru?next=/workbook?x=%D2%9B", headers={"Accept-Language": "en"})
    assert (response.status_code, response.location) == (303, "/workbook?x=%D2%9B")
    assert '<html lang="ru">' in browser.get("/account/sign-in", headers={"Accept-Language": "en"}).text


@pytest.mark.parametrize(
    "target",
    [
        "https://example.org/",
        "//example.org/",
        "///example.org",
        "/\\example.org",
        "\\\\example.org",
        "/\t/example.org",
        "/\n/example.org",
        "javascript:1",
        "workbook",
        "",
    ],
)
def test_the_language_link_leads_nowhere_else(shown: Flask, target: str) -> None:
    assert shown.test_client().get("/language/kk", query_string={"next": target}).location == "/"


def test_headers_restrict_browsers(shown: Flask) -> None:
    for url in ("/", "/nowhere", "/static/css/base.css", f"/template/{YEAR}.xlsx"):
        with client(shown).get(url) as response:
            headers = response.headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff" and headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin" and "camera=()" in headers["Permissions-Policy"]


@pytest.mark.parametrize(
    ("url", "origin", "is_compressed"),
    [
        ("/bodies", "same-origin", True),
        ("/bodies?q=a", "none", True),
        ("/bodies?q=a", "cross-site", False),
        ("/bodies?q=a", "same-site", False),
        ("/bodies", None, False),
        ("/static/css/base.css", "cross-site", True),
        ("/static/css/base.css", None, True),
    ],
)
def test_what_another_site_asks_for_is_not_compressed(shown: Flask, url: str, origin: str | None, is_compressed: bool) -> None:
    browser = client(shown)
    headers = {"Accept-Encoding": "gzip, deflate"} | ({"Sec-Fetch-Site": origin} if origin else {})
    with browser.get(url) as plain, browser.get(url, headers=headers) as response:
        assert ("Content-Encoding" in response.headers) == is_compressed
        assert (len(response.data) < len(plain.data) / 2) == is_compressed


def test_no_other_name_is_answered(shown: Flask) -> None:
    browser = client(shown)
    for host in (
        "attacker.example",
        "localhost.attacker.example",
        "attacker.example#localhost",
        "localhost@attacker.example",
        "localhost:81:80:80",
        "localhost:99999",
        "localhost:x",
        "[::2]",
        "[::1",
        "::1",
        "[::1]x",
        "lоcalhost".encode().decode("latin1"),
        "",
    ):
        assert browser.get("/bodies", headers={"Host": host}).status_code == 400, host
    for host in ("localhost", "LOCALHOST", "LocalHost:8000", "127.0.0.1:8000", "[::1]", "[::1]:8000"):
        # The browser sends the cookie of its session to one host only.
        assert browser.get("/account/sign-in", headers={"Host": host}).status_code in (200, 302), host
