"""The people of the last week before the deadline, and the meter of what they wait for."""

import json
import os
import re
import statistics
import threading
import time
from abc import ABC, abstractmethod
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import psycopg

from evaluation.answers import values
from evaluation.criteria import Order
from evaluation.language import language
from tests.support.factories import random_answers
from tests.torture.site import YEAR, Answer, Browser, Clerk, Site

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
LISTS = ("/bodies?year={year}&page={page}", "/ranking/{year}?page={page}")
LIST_PAGES = 20
THINK_SECONDS = (3.0, 6.0)
"""The pause of a clerk between two saves."""
READ_SECONDS = (4.0, 10.0)
"""The pause of a reviewer between two pages."""


class Times:
    """Durations by kind of request, in seconds."""

    def __init__(self) -> None:
        self.by_kind: defaultdict[str, list[float]] = defaultdict(list)
        self.statuses: Counter[str] = Counter()

    def note(self, kind: str, started: float, answer: Answer) -> None:
        """Note an answer."""
        self.by_kind[kind].append(time.perf_counter() - started)
        self.statuses[f"{kind} {answer.status}"] += 1

    def quantile(self, kind: str, percent: int) -> float:
        """Return a percentile of a kind."""
        durations = self.by_kind[kind]
        if len(durations) < 2:
            return max(durations, default=0.0)
        return statistics.quantiles(durations, n=100, method="inclusive")[percent - 1]

    @property
    def server_errors(self) -> dict[str, int]:
        """The number of answers of status 500 and above."""
        return {name: count for name, count in self.statuses.items() if int(name.split()[-1]) >= 500}


class Person(threading.Thread, ABC):
    """Somebody at a browser, who acts and thinks in turn."""

    def __init__(self, browser: Browser, times: Times, pause: tuple[float, float], seed: int):
        super().__init__(daemon=True)
        self.browser, self.times, self.pause, self.random = browser, times, pause, Random(seed)
        self.ended = threading.Event()
        self.failure = ""

    def run(self) -> None:
        """Act until the end; the last action is answered."""
        try:
            self.ended.wait(self.random.random() * self.pause[1])
            while not self.ended.is_set():
                self.act()
                self.ended.wait(self.random.uniform(*self.pause))
        except Exception as error:
            self.failure = f"{type(self).__name__}: {type(error).__name__}: {error}"

    @abstractmethod
    def act(self) -> None:
        """Do one thing."""


class Saver(Person):
    """A clerk: one value after another; the clerk's book is `clerk.sent`."""

    def __init__(self, order: Order, clerk: Clerk, stored: dict[tuple[str, str], Any], *options: Any):
        super().__init__(*options)
        self.order, self.clerk, self.stored = order, clerk, stored

    def act(self) -> None:
        """Save one value."""
        organisation, kind = self.random.choice(self.clerk.organisations)
        code, value = self.random.choice(list(random_answers(self.order, kind, self.random, blank=0).items()))
        typed = values.format_value(self.order, self.order.by_code[code], value, language("kk"))
        expected = self.stored.get((organisation, code))
        edit = {"organisation": organisation, "code": code, "typed": typed, "expected": expected}
        started = time.perf_counter()
        answer = self.browser.save(self.clerk.body, edit)
        self.times.note("save", started, answer)
        assert answer.status == 200, f"{answer.status} {answer.text[:300]}"
        cell = json.loads(answer.text)["cells"][0]
        self.clerk.answers[cell["state"]] += 1
        assert cell["state"] in ("saved", "unchanged"), cell
        if cell["state"] == "saved":
            self.clerk.sent.append((organisation, code, expected, cell["value"]))
            self.stored[organisation, code] = cell["value"]


class Reader(Person):
    """A reviewer on the list of bodies and the ranking."""

    def act(self) -> None:
        """Open a page."""
        number = self.random.randrange(2)
        path = LISTS[number].format(year=YEAR, page=self.random.randint(1, LIST_PAGES))
        started = time.perf_counter()
        answer = self.browser.get(path)
        self.times.note(("list", "ranking")[number], started, answer)
        assert answer.status == 200, f"{path}: {answer.status} {answer.text[:300]}"


class Uploader(Person):
    """Somebody who sends workbooks of hundreds of organisations in turn and applies them; the last one stands in `applied`."""

    def __init__(self, books: Sequence[tuple[bytes, dict[tuple[str, str], Any]]], *options: Any):
        super().__init__(*options)
        self.books, self.number = books, 0
        self.applied: dict[tuple[str, str], Any] = {}

    def act(self) -> None:
        """Send the next workbook, look at the preview and apply it."""
        data, content = self.books[self.number % len(self.books)]
        self.number += 1
        started = time.perf_counter()
        answer = self.browser.upload("/workbook", {"mode": "overwrite"}, "book.xlsx", data)
        self.times.note("upload", started, answer)
        assert answer.status == 303, f"{answer.status} {answer.text[:300]}"
        address = str(answer.headers["Location"])
        started = time.perf_counter()
        preview = self.browser.get(address)
        self.times.note("preview", started, preview)
        started = time.perf_counter()
        applied = self.browser.post_form(f"{address}/apply", fields_of(preview.text))
        self.times.note("apply", started, applied)
        assert applied.status == 303, f"{applied.status} {applied.text[:500]}"
        self.applied = content


def fields_of(page: str) -> dict[str, str]:
    """Return the hidden fields of the form that applies an upload."""
    form = re.search(r'<form[^>]*action="[^"]*/apply".*?</form>', page, re.S)
    assert form, page[:2000]
    inputs = re.findall(r"<input[^>]*>", form[0])
    pairs = ((re.search(r'name="([^"]*)"', item), re.search(r'value="([^"]*)"', item)) for item in inputs)
    return {name[1]: value[1] if value else "" for name, value in pairs if name and name[1] != "csrf_token"}


@contextmanager
def at_work(people: Sequence[Person]) -> Iterator[None]:
    """Let people act while the block runs; then each ends with an answer. A failure of one of them fails."""
    for person in people:
        person.start()
    try:
        yield
    finally:
        for person in people:
            person.ended.set()
        for person in people:
            person.join(timeout=180)
    assert not [person for person in people if person.is_alive()], "somebody waits for an answer for ever"
    failures = [person.failure for person in people if person.failure]
    assert not failures, failures[:5]


@dataclass
class Load:
    """What the computer did meanwhile: seconds of a processor by part, and what the connections of the database waited for."""

    seconds: float
    processor: dict[str, float]
    waits: Counter[str] = field(default_factory=Counter)

    def text(self) -> str:
        """Return the shares of one processor, and the mean number of connections that wait for each thing."""
        shares = ", ".join(f"{name} {used / self.seconds:.2f}" for name, used in self.processor.items())
        samples = max(1, self.waits["samples"])
        waits = ", ".join(f"{name} {count / samples:.1f}" for name, count in self.waits.most_common() if name != "samples")
        return f"processors: {shares}; connections: {waits}"


class Meter(threading.Thread):
    """Measures the processes of the web, of jobs and of the database, and this one, while a block runs."""

    def __init__(self, site: Site, database_url: str):
        super().__init__(daemon=True)
        self.site, self.url = site, database_url.replace("+psycopg", "")
        with psycopg.connect(self.url) as connection:
            row = connection.execute("SHOW data_directory").fetchone()
        assert row
        self.postmaster = int((Path(row[0]) / "postmaster.pid").read_text().splitlines()[0])
        self.waits: Counter[str] = Counter()
        self.ended = threading.Event()

    def __enter__(self) -> "Meter":
        self.started, self.before = time.monotonic(), self._used()
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self.join()
        after = self._used()
        used = {name: after[name] - self.before[name] for name in after}
        self.load = Load(time.monotonic() - self.started, used, self.waits)

    def run(self) -> None:
        """Look twice a second at what the connections of the database wait for."""
        query = (
            "SELECT CASE WHEN wait_event_type = 'Client' THEN state ELSE coalesce(wait_event_type, 'running') END, count(*) "
            "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() GROUP BY 1"
        )
        with psycopg.connect(self.url, autocommit=True) as connection:
            while not self.ended.wait(0.5):
                self.waits["samples"] += 1
                for name, count in connection.execute(query):
                    self.waits[str(name)] += count

    def _used(self) -> dict[str, float]:
        web = self.site.workers()
        tree = _descendants(self.site.process.pid)
        return {
            "web": sum(map(_seconds, web)),
            "jobs": sum(_seconds(process) for process in tree if process not in web),
            "database": sum(map(_seconds, [self.postmaster, *_descendants(self.postmaster)])),
            "people": _seconds(os.getpid()),
        }


def _descendants(process: int) -> list[int]:
    try:
        children = [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    except OSError:
        return []
    return children + [descendant for child in children for descendant in _descendants(child)]


def _seconds(process: int) -> float:
    """Return the seconds of a processor that a process and its ended children have used."""
    try:
        parts = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, parts[11:15])) / TICKS_PER_SECOND
