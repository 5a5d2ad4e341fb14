"""Benchmarks of lists: a page of bodies and one of the audit log, each beside a bare Flask view of the same rows."""

import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from flask import Flask, render_template_string, request
from flask_sqlalchemy_lite import SQLAlchemy
from sqlalchemy import event, select

from app import create_app
from evaluation.audit.actions import AuditAction
from evaluation.audit.operations import NewEvent, append_events
from evaluation.comparison.ranking.model import SORTS, TABLE_PREFIX, Scope
from evaluation.criteria import load_orders
from evaluation.database import db
from evaluation.policy import Role, Viewer
from evaluation.registry import queries as registry
from evaluation.registry.models import Supervision
from evaluation.results.operations import refresh
from evaluation.review.body_list.model import sort_keys
from tests.benchmarks import clock, country
from tests.support.accounts import CHEAP, make_account, sign_in

Pair = tuple[Callable[[], Any], Callable[[], Any]]
Statements = list[tuple[str, Any]]

REQUESTS = 5
SAVED_ANSWERS = 2_000
TRIALS = 5
"""Requests of an address by which the worst one is chosen."""
FILTERS = ("", "q=аким", "q=алматы-су", "region=75", "level=rural&status=draft", "late=overdue", "remarks=none&share=40-60")
AUDIT_FILTERS = ("person=Айгүл", "body=алматы", f"year={country.YEAR}")
NOT_LISTED = (
    "FROM account",
    "FROM reporting_year",
    "FROM notification",
    "scored_generation <> generation",
    "body.kato IS NOT NULL",
    "PRAGMA",
)
"""Parts of the statements that read no row of a list: the account, the years, the regions, unread messages, stale results."""
NOT_SHOWN = ("body_result.kinds, body_result.share_low",)
"""Parts of the statements whose rows are counted and not shown: the shares from which ranks are counted."""
TABLE = (
    "<!doctype html><table>{% for rows in tables %}{% for row in rows %}<tr>{% for value in row %}<td>{{ value }}</td>"
    "{% endfor %}</tr>{% endfor %}{% endfor %}</table>"
)


def prepare_lists(folder: Path) -> None:
    app = country.stored(folder)
    with app.app_context():
        year = registry.reporting_year(country.YEAR)
        assert year
        year.deadline = date(country.YEAR + 1, 3, 31)
        db.session.commit()
        _save_answers()
        refresh()
    make_account(app, "reviewer", email="reviewer@example.org")
    make_account(app, "administrator", email="administrator@example.org")


def _save_answers() -> None:
    """Write the events of saved answers to the audit log, each of one person and organisation, as on any working day."""
    viewer = Viewer("Айгүл Серікқызы", Role.CLERK, None)
    item = load_orders().latest.indicators[0].code
    statement = select(Supervision.organisation_id, Supervision.body_id).where(Supervision.until.is_(None)).limit(SAVED_ANSWERS)
    rows = db.session.execute(statement.order_by(Supervision.id)).all()
    for number, (organisation_id, body_id) in enumerate(rows):
        data = {item: [number, number + 1]}
        append_events(viewer, [NewEvent(AuditAction.ANSWERS_SAVED, country.YEAR, body_id, organisation_id, data)])
    db.session.commit()


@contextmanager
def body_list(folder: Path) -> Iterator[Pair]:
    """A page of the list of bodies, in the order or with the filter that costs the most; floor: see `_beside_floor`."""
    keys = sort_keys(load_orders().latest)
    orders = (f"sort={key}&order={direction}" for key in keys for direction in ("asc", "desc"))
    with _beside_floor(folder, "reviewer") as pair_of:
        yield max(map(pair_of, (f"/bodies?year={country.YEAR}&{part}" for part in (*orders, *FILTERS))), key=_ratio)


@contextmanager
def audit_log(folder: Path) -> Iterator[Pair]:
    """The first page of the audit log, whole or with the filter that costs the most; floor: see `_beside_floor`."""
    with _beside_floor(folder, "administrator") as pair_of:
        yield max(map(pair_of, ("/audit", *(f"/audit?{part}" for part in AUDIT_FILTERS))), key=_ratio)


@contextmanager
def ranking(folder: Path) -> Iterator[Pair]:
    """A page of the ranking, in the scope, in the order or with the search that costs the most; floor: see `_beside_floor`."""
    order = load_orders().latest
    tables = Scope.of_tables(table.kind for table in order.form.tables)
    scopes = (f"scope={scope}" for scope in ("country", "level-rural", "region-75", tables))
    keys = (*SORTS, *(TABLE_PREFIX + table.kind for table in order.form.tables))
    orders = (f"sort={key}&order={direction}" for key in keys for direction in ("asc", "desc"))
    with _beside_floor(folder, "reviewer") as pair_of:
        parts = (*scopes, *orders, "q=аким", "tables=none")
        yield max(map(pair_of, (f"/ranking/{country.YEAR}?{part}" for part in parts)), key=_ratio)


@contextmanager
def _beside_floor(folder: Path, role: str) -> Iterator[Callable[[str], Pair]]:
    """Yield a function from an address to the requests of a signed-in person, and to those of the floor.

    The floor is a bare Flask application with the product's database library, without session, account, navigation, forms and
    translation. It executes the statements by which the page reads the rows of its list, and renders their values by Jinja in a
    bare table.
    """
    app = create_app({"DATABASE_URL": f"sqlite:///{folder / 'country.db'}", "SECRET_KEY": "benchmark", **CHEAP})
    client = sign_in(app.test_client(), f"{role}@example.org")
    client.set_cookie("language", "kk")
    executed: Statements = []
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *call: executed.append((call[2], call[3])))
    floors = _floor_app(f"sqlite:///{folder / 'country.db'}")
    bare = floors.test_client()

    def pair_of(address: str) -> Pair:
        for _ in range(2):
            executed.clear()
            assert client.get(address).status_code == 200, address
        floors.config["STATEMENTS"][address] = [item for item in executed if not any(part in item[0] for part in NOT_LISTED)]

        def get(send: Callable[[], Any]) -> None:
            for _ in range(REQUESTS):
                assert send().status_code == 200

        return lambda: get(lambda: client.get(address)), lambda: get(lambda: bare.get("/", query_string={"address": address}))

    yield pair_of
    with app.app_context():
        db.engine.dispose()


def _floor_app(url: str) -> Flask:
    app = Flask("floor")
    app.config.update(SQLALCHEMY_ENGINES={"default": url}, STATEMENTS={})
    database = SQLAlchemy(app)

    @app.get("/")
    def page() -> str:
        connection = database.session.connection()
        statements = app.config["STATEMENTS"][request.args["address"]]
        tables = [(connection.exec_driver_sql(*statement).fetchall(), statement[0]) for statement in statements]
        shown = [rows for rows, sql in tables if not any(part in sql for part in NOT_SHOWN)]
        return render_template_string(TABLE, tables=shown)

    return app


def _ratio(pair: Pair) -> float:
    return statistics.median(clock.seconds(pair[0]) / clock.seconds(pair[1]) for _ in range(TRIALS))
