"""Each request reads the reports of a body and year once and scores each year once."""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from evaluation.criteria import Order
from evaluation.database import db
from evaluation.scoring.score import score
from tests.support.accounts import token_of
from tests.support.scenario import YEAR, Scenario, all_kinds_scenario

READS_REPORTS = re.compile(r"\b(?:FROM|JOIN) report\b", re.IGNORECASE)


@dataclass
class Work:
    """What a request did: its statements, the years of its reads of the table `report`, and its calls of scoring."""

    statements: int = 0
    years_read: list[int] = field(default_factory=list)
    years_scored: int = 0


@pytest.fixture
def scenario(app: Flask, order: Order) -> Scenario:
    """A body with organisations of all kinds, with reports of this year and of last year."""
    scenario = all_kinds_scenario(app, order)
    with app.app_context():
        scenario.fill()
    return scenario


@pytest.fixture
def measured(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Any]:
    """A context manager that measures the work of the requests in it."""
    work = Work()

    def counting_score(*args: Any, **options: Any) -> Any:
        work.years_scored += 1
        return score(*args, **options)

    for name, module in list(sys.modules.items()):
        if name.startswith("evaluation.") and getattr(module, "score", None) is score:
            monkeypatch.setattr(module, "score", counting_score)

    def count(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        work.statements += 1
        if READS_REPORTS.search(statement):
            # The statement of last year's reports also names this year, to find the organisations of this year.
            years = {value for value in _values(parameters) if type(value) is int and value in (YEAR - 1, YEAR)}
            work.years_read.append(min(years))

    @contextmanager
    def measure() -> Iterator[Work]:
        work.__init__()  # type: ignore[misc]
        with app.app_context():
            engine = db.engine
        event.listen(engine, "before_cursor_execute", count)
        try:
            yield work
        finally:
            event.remove(engine, "before_cursor_execute", count)

    return measure


def _values(parameters: Any) -> Iterator[Any]:
    for value in parameters.values() if isinstance(parameters, dict) else parameters:
        yield from _values(value) if isinstance(value, dict | list | tuple) else (value,)


def check(work: Work, scored: int) -> None:
    assert sorted(work.years_read) == [YEAR - 1, YEAR]
    assert work.years_scored == scored


def get(client: FlaskClient, url: str) -> None:
    assert client.get(url).status_code == 200


def test_home_draft_sheet_and_body_page(scenario: Scenario, measured: Callable[[], Any]) -> None:
    address = f"/bodies/{scenario.body_bin}/{YEAR}"
    clerk, reviewer = scenario.client("clerk"), scenario.client("reviewer")
    for client, url, scored in (
        (clerk, f"{address}/entry", 0),
        (clerk, f"{address}/submission", 1),
        (clerk, scenario.report_url(scenario.organisation_bins[0]), 1),
        (reviewer, f"{address}/sheet", 2),
        (reviewer, address, 2),
        (reviewer, f"{address}/submission/accept", 2),
    ):
        get(client, url)
        with measured() as work:
            get(client, url)
        check(work, scored)
        # The page of the body's year shows its ranks too.
        assert work.statements <= 36


def test_submitting_and_accepting(scenario: Scenario, measured: Callable[[], Any]) -> None:
    page = f"/bodies/{scenario.body_bin}/{YEAR}/submission"
    head, reviewer = scenario.client("head"), scenario.client("reviewer")
    token = {"csrf_token": token_of(head, page)}
    with measured() as work:
        assert head.post(page, data=token | {"version": "0", "nil": ""}).status_code == 303
    check(work, scored=0)
    assert work.statements <= 30
    token = {"csrf_token": token_of(reviewer, f"/bodies/{scenario.body_bin}/{YEAR}")}
    with measured() as work:
        assert reviewer.post(f"{page}/accept", data=token | {"version": "1"}).status_code == 303
    check(work, scored=2)
    assert work.statements <= 45
