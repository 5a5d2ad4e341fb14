"""Follows every link of a person's pages, and looks for dead ends and for what the person may not see."""

from collections import Counter, deque
from collections.abc import Iterator
from urllib.parse import parse_qs, quote, unquote, urljoin, urlsplit

from bs4 import BeautifulSoup
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from evaluation.policy import Role
from tests.support.hostile_requests import SITE, Attacker, Case
from tests.support.route_world import FOREIGN_CLERK

PER_KIND = 3
"""Addresses of one route with the same names in their query that are followed."""


def crawl(attacker: Attacker, person: str, limit: int) -> int:
    """Follow the links from the home page, at most `limit`; add what is wrong to the attacker's problems.

    Returns:
        The number of pages and files.
    """
    waiting, seen, kinds, count = deque([("/", "")]), {"/"}, Counter[object](), 0
    while waiting and count < limit:
        address, source = waiting.popleft()
        kind = _kind(attacker, address)
        kinds[kind] += 1
        if kinds[kind] > PER_KIND:
            continue
        count += 1
        parts = urlsplit(address)
        response = attacker.send(Case(person, "GET", quote(unquote(parts.path)), parts.query))
        if response.status_code >= 400:
            attacker.problems.append(f"{person} at {source or 'the start'}: {address} is {response.status_code}")
        attacker.problems += [f"{person} at {address} reads {bin_}" for bin_ in _foreign_bins(attacker, person, response)]
        for link in _links(response, address):
            if link not in seen:
                seen.add(link)
                waiting.append((link, address))
    return count


def _kind(attacker: Attacker, address: str) -> tuple[str, ...]:
    parts = urlsplit(address)
    try:
        endpoint = attacker.world.app.url_map.bind("localhost").match(parts.path, "GET")[0]
    except HTTPException:
        endpoint = parts.path
    return (endpoint, *sorted(parse_qs(parts.query)))


def _links(response: TestResponse, address: str) -> Iterator[str]:
    """Yield the addresses on this site that a page or its redirect leads to, except sign-out and the language."""
    targets = [response.location] if response.location else []
    if response.mimetype == "text/html":
        soup = BeautifulSoup(response.text, "lxml")
        targets += [
            str(item.get("href") or item.get("src")) for item in soup.select("a[href], img[src], link[href], script[src]")
        ]
    for target in targets:
        parts = urlsplit(urljoin(SITE + address, target))
        if parts.netloc == "localhost" and not parts.path.startswith(("/language/", "/account/sign-out")):
            yield parts._replace(scheme="", netloc="", fragment="").geturl()


def _foreign_bins(attacker: Attacker, person: str, response: TestResponse) -> list[str]:
    if person == Role.ADMINISTRATOR or response.mimetype != "text/html":
        return []
    world = attacker.world
    other = world.body if person == FOREIGN_CLERK else world.foreign_body
    return [bin_ for bin_ in (other.bin, other.organisation_bin) if bin_ in response.text]
