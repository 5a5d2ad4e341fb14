"""The page for a request that the product itself never sees."""

from functools import cache
from html import escape
from http import HTTPStatus

from evaluation.language import LANGUAGE_CODES, N_, language

TOO_LONG = N_("The address is too long. Shorten the search text, or open the page from the list again.")


@cache
def too_long_page() -> bytes:
    """Return the answer 414: the reader's language is not known, so its text is in all of them."""
    status = HTTPStatus.REQUEST_URI_TOO_LONG
    lines = "".join(f'<p lang="{code}">{escape(language(code).gettext(TOO_LONG))}</p>' for code in LANGUAGE_CODES)
    page = (
        f'<!doctype html><html lang="kk"><meta charset="utf-8"><title>{status.value}</title><main>{lines}</main></html>'.encode()
    )
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: text/html; charset=utf-8\r\n"
        f"Content-Length: {len(page)}\r\nConnection: close\r\nCache-Control: no-store\r\n"
        "Content-Security-Policy: default-src 'none'\r\nX-Content-Type-Options: nosniff\r\n\r\n"
    )
    return head.encode() + page
