"""Sends hostile requests to every route as every person, and looks for harm in the answers.

The names of parameters are learned: a request class notes what a view asks of the query and the form, and pages tell the fields
of their forms and the queries of their links.
"""

import io
import json
import logging
import re
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, ClassVar
from urllib.parse import parse_qsl, quote, quote_plus, unquote_to_bytes, urljoin, urlsplit

from bs4 import BeautifulSoup
from flask import Request, request
from sqlalchemy import event
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from evaluation.database import db
from evaluation.policy import Role
from tests.integration.web.core.test_access import SENT, addresses, rules
from tests.support.hostile_values import HEADERS, JSON_VALUES, PRODUCT, RAW, TAG, changed, texts
from tests.support.route_world import FOREIGN_CLERK, World, secret

PEOPLE = (Role.NOBODY, Role.CLERK, FOREIGN_CLERK, Role.HEAD, Role.REVIEWER, Role.OBSERVER, Role.ADMINISTRATOR)
"""The reviewer and the observer are those of the first body's region."""
SITE = "http://localhost"
WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE)\b", re.IGNORECASE)
DERIVED = re.compile(r"\b(account_session|result_year|(body|table|row)_result|body_change|change_part)\b")
"""Tables that a refused request may write too: when the session was last used, and results, which are computed when read."""
EXPECTED_HEADERS = {
    "Content-Security-Policy": "default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=()",
    "Cache-Control": "private",
}
Pairs = Sequence[tuple[str, str]]


class NotingParameters(ImmutableMultiDict[str, str]):
    """Parameters of a request; notes the names that the view of the current endpoint reads."""

    names: ClassVar[dict[str, set[str]]] = defaultdict(set)

    def _note(self, name: Any) -> None:
        if isinstance(name, str) and request and request.endpoint and name != "csrf_token" and len(name) < 100:
            self.names[request.endpoint].add(name)

    def __contains__(self, name: object) -> bool:
        self._note(name)
        return super().__contains__(name)

    def get(self, name: Any, *args: Any, **more: Any) -> Any:
        """Note the name and return its value."""
        self._note(name)
        return super().get(name, *args, **more)

    def getlist(self, name: Any, *args: Any, **more: Any) -> Any:
        """Note the name and return its values."""
        self._note(name)
        return super().getlist(name, *args, **more)


class NotingRequest(Request):
    """A request whose parameters note their names."""

    parameter_storage_class = NotingParameters


@dataclass(frozen=True)
class Case:
    """A hostile request: its path is percent-encoded; `body` is form data, JSON or a hostile file name, by `kind`."""

    person: str
    method: str
    path: str
    query: str = ""
    kind: str = ""
    body: Any = None
    headers: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        parts = (self.person, self.method, self.path[:150], self.query[:150], self.kind, repr(self.body)[:300], self.headers)
        return " ".join(str(part)[:300] for part in parts if part)


@dataclass
class Page:
    """What is known of a route for a person: whether it answers, its parameters, and its forms."""

    is_refused: bool
    paths: list[str]
    names: list[str] = field(default_factory=list)
    forms: dict[str, Pairs] = field(default_factory=dict)


class Attacker:
    """Sends cases and collects what they did wrong in `problems`; `counts` has the answers by kind of case and status."""

    def __init__(self, world: World, random: Random):
        self.world, self.random = world, random
        self.values = texts(world)
        self.problems: list[str] = []
        self.counts: Counter[tuple[str, str]] = Counter()
        self.rules = [rule for rule in rules(world.app) if "static" not in rule.endpoint]
        self._pages: dict[tuple[str, str, str], Page] = {}
        self._commits: list[str] = []
        self._log: list[logging.LogRecord] = []
        world.app.request_class = NotingRequest
        with world.app.app_context():
            self._watch_database()
        handler = logging.Handler(logging.ERROR)
        handler.emit = self._log.append  # type: ignore[method-assign, assignment]
        logging.getLogger().addHandler(handler)
        world.app.logger.addHandler(handler)

    def _watch_database(self) -> None:
        engine = db.engine

        def note(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            if WRITES.match(statement) and not DERIVED.search(statement[:80]):
                connection.info.setdefault("writes", []).append(statement)

        event.listen(engine, "before_cursor_execute", note)
        event.listen(engine, "commit", lambda connection: self._commits.extend(connection.info.pop("writes", ())))
        event.listen(engine, "rollback", lambda connection: connection.info.pop("writes", None))

    # Cases

    def every_case(self) -> Iterator[Case]:
        """Yield each hostile value in each part of each route's requests, for each person who may use the route."""
        for rule in self.rules:
            for person in PEOPLE:
                page = self.page(rule, person)
                values = self.random.sample(self.values, 3) if page.is_refused else self.values
                for value in values:
                    yield from self.cases(rule, person, value)

    def random_cases(self, count: int, per_route: int = 2) -> Iterator[Case]:
        """Yield random cases of random routes, `per_route` at a time, mostly for people who may use them."""
        while count > 0:
            rule, person = self.random.choice(self.rules), self.random.choice(PEOPLE)
            if self.page(rule, person).is_refused and self.random.random() < 0.9:
                continue
            cases = list(self.cases(rule, person, self.random.choice(self.values)))
            cases += list(self.odd_cases(rule, person))
            for case in self.random.sample(cases, min(per_route, len(cases))):
                count -= 1
                yield case

    def cases(self, rule: Rule, person: str, value: str) -> Iterator[Case]:
        """Yield a value in every part of an address at once and in one, and likewise in the fields of a form."""
        page = self.page(rule, person)
        methods, path = rule.methods or set(), self.random.choice(page.paths)
        method = "GET" if "GET" in methods else "POST"
        yield from (Case(person, method, changed_path) for changed_path in _paths(rule, path, quote(value, safe="")))
        if page.names and len(value) < 1_000:
            yield Case(person, method, path, _encoded([(name, value) for name in page.names]))
            yield Case(person, method, path, _encoded([(self.random.choice(page.names), value)] * 2))
        for action, fields in page.forms.items():
            yield Case(person, "POST", action, "", "form", [(name, value) for name, _ in fields])
            names = sorted({name for name, _ in fields})
            for name in self.random.sample(names, min(3, len(names))):
                yield Case(person, "POST", action, "", "form", [(key, value if key == name else text) for key, text in fields])
            yield Case(person, "POST", action, "", "form", [*fields, (value, value)])
        if "POST" in methods:
            yield Case(person, "POST", path, "", "form", [(name, value) for name in page.names])
            yield Case(person, "POST", path, "", "file", value[:300])

    def odd_cases(self, rule: Rule, person: str) -> Iterator[Case]:
        """Yield a few cases that no encoder writes: raw bytes in addresses, hostile headers and JSON, other methods."""
        page, methods = self.page(rule, person), rule.methods or set()
        path, raw = self.random.choice(page.paths), self.random.choice(RAW)
        method = "GET" if "GET" in methods else "POST"
        yield from (Case(person, method, changed_path) for changed_path in _paths(rule, path, raw))
        yield Case(person, method, path, "&".join(f"{name}={raw}" for name in (*page.names, raw)))
        for header in self.random.sample(sorted(HEADERS), 2):
            yield Case(person, method, path, headers=((header, self.random.choice(HEADERS[header])),))
        yield Case(person, self.random.choice(("PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "HEAD", "FOO")), path)
        if "POST" in methods:
            sent = SENT[rule.endpoint](self.world)["json"] if rule.endpoint in SENT else dict.fromkeys(page.names, "1")
            bodies = list(changed(sent, self.random.choice((*JSON_VALUES, self.random.choice(self.values)))))
            yield Case(person, "POST", path, "", "json", self.random.choice(bodies))

    def table(self) -> str:
        """The counts as a table."""
        lines = [f"{kind:10}{status:6}{count:>8}" for (kind, status), count in sorted(self.counts.items())]
        return "\n".join([f"{len(self.rules)} routes, {self.counts.total()} requests", *lines])

    def page(self, rule: Rule, person: str) -> Page:
        """Return what is known of a route for a person; learn it with the first call."""
        key = rule.rule, rule.endpoint, person
        if key not in self._pages:
            self._pages[key] = self._learn(rule, person)
        return self._pages[key]

    def _learn(self, rule: Rule, person: str) -> Page:
        role = Role.CLERK if person == FOREIGN_CLERK else Role(person)
        paths = [quote(path) for path, _ in addresses(self.world, rule, role)]
        page = Page(True, paths)
        for path in paths:
            for method in sorted((rule.methods or set()) & {"GET", "POST"}):
                response = self.send(Case(person, method, path))
                if response.status_code in (401, 403) or "/account/sign-in" in (response.location or ""):
                    continue
                page.is_refused = False
                if response.mimetype == "text/html" and response.status_code == 200:
                    self._learn_forms(page, path, response.text)
        names = NotingParameters.names[rule.endpoint]
        page.names = self.random.sample(sorted(names), min(40, len(names)))
        return page

    def _learn_forms(self, page: Page, path: str, text: str) -> None:
        soup = BeautifulSoup(text, "lxml")
        for form in soup.select("form[method=post]"):
            action = urlsplit(urljoin(SITE + path, str(form.get("action") or ""))).path
            names = [(str(item.get("name")), str(item.get("value") or "")) for item in form.select("[name]")]
            page.forms[action] = [pair for pair in names if pair[0] != "csrf_token"][:60]
        for link in soup.select("a[href*='?']"):
            target = urlsplit(urljoin(SITE + path, str(link["href"])))
            NotingParameters.names[self._endpoint(target.path)].update(name for name, _ in parse_qsl(target.query))

    def _endpoint(self, path: str) -> str:
        try:
            return str(self.world.app.url_map.bind("localhost").match(path, "GET")[0])
        except HTTPException:
            return ""

    # Requests

    def send(self, case: Case) -> TestResponse:
        """Send a case as the person, look at the answer, and put the database back if it was changed."""
        self._commits.clear()
        self._log.clear()
        response = self._open(case)
        self.counts[case.kind or "address", f"{response.status_code // 100}xx"] += 1
        self.problems += [f"{problem}: {case}" for problem in self._harm(case, response)]
        if self._commits:
            self.world.restore_database()
        return response

    def _open(self, case: Case) -> TestResponse:
        environ = {"PATH_INFO": unquote_to_bytes(case.path).decode("latin1"), "QUERY_STRING": case.query}
        environ |= {
            "HTTP_COOKIE": f"session={self.world.cookies[case.person]}; language=en",
            "HTTP_X_CSRFTOKEN": self.world.tokens[case.person],
        }
        more: dict[str, Any] = {}
        if case.kind == "form":
            more = {"data": _encoded(case.body), "content_type": "application/x-www-form-urlencoded"}
        elif case.kind == "json":
            more = {"data": json.dumps(case.body), "content_type": "application/json"}
        elif case.kind == "file":
            name = case.body.replace('"', "%22").replace("\r", "").replace("\n", "")
            part = f'--b\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\nx\r\n--b--\r\n'
            more = {"data": part.encode(errors="surrogatepass"), "content_type": "multipart/form-data; boundary=b"}
        for name, value in case.headers:
            key = name.upper().replace("-", "_")
            environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value.encode(errors="surrogateescape").decode("latin1")
        client = self.world.app.test_client(use_cookies=False)
        return client.open(method=case.method, environ_overrides=environ, buffered=True, **more)

    # Harm

    def _harm(self, case: Case, response: TestResponse) -> Iterator[str]:
        if response.status_code >= 500:
            yield f"status {response.status_code}"
        for record in self._log:
            yield f"log {record.getMessage()[:300]}"
        if response.status_code >= 400:
            yield from (f"refused, but committed {statement[:100]}" for statement in self._commits)
        missing = [name for name, part in EXPECTED_HEADERS.items() if part not in response.headers.get(name, "")]
        if missing and not (missing == ["Cache-Control"] and "/static/" in case.path):
            yield f"no {missing}"
        target = urlsplit(urljoin(SITE + "/", (response.location or "").replace("\\", "/")))
        if target.netloc != "localhost" or target.scheme not in ("http", "https"):
            yield f"leads to {response.location}"
        text = _text(response)
        if case.person != Role.ADMINISTRATOR:
            yield from (f"shows {word}" for word in self._hidden_words(case.person) if word in text)
        if PRODUCT in text:
            yield "runs a template"
        if TAG in text and response.mimetype == "text/html":
            soup = BeautifulSoup(text, "lxml")
            if soup.find(TAG) or soup.find(attrs={TAG: True}) or soup.select("[href^='javascript:'],[src^='javascript:']"):
                yield "markup is not escaped"

    def _hidden_words(self, person: str) -> list[str]:
        visible = {Role.NOBODY: None, FOREIGN_CLERK: self.world.foreign_body}.get(person, self.world.body)
        return [secret(body.bin) for body in (self.world.body, self.world.foreign_body) if body != visible]


def _paths(rule: Rule, path: str, value: str) -> Iterator[str]:
    """Yield the path with a percent-encoded value in place of each of its variable parts."""
    template, parts = rule.rule.split("/"), path.split("/")
    if len(template) == len(parts):
        for position, part in enumerate(template):
            if "<" in part:
                yield "/".join([*parts[:position], value, *parts[position + 1 :]])


def _encoded(pairs: Pairs) -> str:
    def encoded(text: str) -> str:
        return quote_plus(text, errors="surrogatepass")

    return "&".join(f"{encoded(name)}={encoded(value)}" for name, value in pairs)


def _text(response: TestResponse) -> str:
    """The text of an answer, of a ZIP file that of its parts."""
    data = response.data
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            data = b"".join(map(archive.read, archive.namelist()))
    return data.decode(errors="replace")
