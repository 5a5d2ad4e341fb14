"""The clerk's home of a body with 600 organisations beside the same answers fetched and rendered bare."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
from flask import render_template_string

from app import create_app
from evaluation.criteria import load_orders
from evaluation.database import db
from evaluation.policy import Action
from evaluation.web.core.access import allow
from tests.browser import grid_site
from tests.browser.grid_site import BODY, CLERKS, YEAR
from tests.support import accounts

Pair = tuple[Callable[[], Any], Callable[[], Any]]

ORGANISATIONS = 600
BLANK_SHARE = 0.3
REQUESTS = 5
STATEMENT = (
    "SELECT o.bin, o.name_kk, r.answers FROM supervision s JOIN organisation o ON o.id = s.organisation_id "
    "JOIN body b ON b.id = s.body_id LEFT JOIN report r ON r.organisation_id = o.id AND r.year = ? "
    "WHERE b.bin = ? AND s.since <= ? AND (s.until IS NULL OR s.until >= ?) ORDER BY o.bin"
)
TABLE = (
    "<table>{% for bin, name, answers in rows %}<tr><th>{{ bin }}</th><td>{{ name }}</td>"
    "{% for code in codes %}<td>{{ answers.get(code, '') }}</td>{% endfor %}</tr>{% endfor %}</table>"
)


def prepare_home(folder: Path) -> None:
    """A body of 600 organisations with seven in ten of their answers."""
    grid_site.prepare(folder, ORGANISATIONS, BLANK_SHARE)


@contextmanager
def home(folder: Path) -> Iterator[Pair]:
    """Five requests for the clerk's home.

    Floor: five requests by the same person that fetch the same reports through the driver, decode the answers and render them in
    a bare table, one cell per answer.
    """
    app = create_app({"DATABASE_URL": f"sqlite:///{folder / 'evaluation.db'}", "SECRET_KEY": "tests", **accounts.CHEAP})
    codes = [item.code for item in load_orders().latest.indicators_of(grid_site.widest(load_orders().latest))]

    @app.get("/floor")
    @allow(Action.ACCOUNT)
    def floor_page() -> str:
        day = f"{YEAR}-12-31"
        fetched = db.session.connection().exec_driver_sql(STATEMENT, (YEAR, BODY, day, day)).cursor.fetchall()
        rows = [(bin_, name, orjson.loads(answers or "{}")) for bin_, name, answers in fetched]
        return render_template_string(TABLE, rows=rows, codes=codes)

    client = accounts.sign_in(app.test_client(), CLERKS[0])

    def get(url: str, expected: str) -> None:
        for _ in range(REQUESTS):
            response = client.get(url)
            assert response.status_code == 200 and expected in response.text, response.status_code

    yield lambda: get(f"/bodies/{BODY}/{YEAR}/entry", grid_site.organisation_bin(0)), lambda: get("/floor", "</table>")
    with app.app_context():
        db.engine.dispose()
