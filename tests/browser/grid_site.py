"""A body with many organisations of the kind with the most indicators, for the grid."""

import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path
from random import Random

from flask import Flask

from app import create_app
from evaluation import schema
from evaluation.answers.model import AnswerInput
from evaluation.answers.save import save_answers
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.policy import Viewer
from evaluation.registry import operations
from evaluation.registry import queries as registry
from evaluation.registry.operations import NewBody
from tests.browser.database_copies import url_of
from tests.support import accounts
from tests.support.factories import bin_of, random_answers

YEAR = 2024
BODY = bin_of(1)
SYSTEM = Viewer.system()
SORTS = ("емхана", "емхана", "емхана", "аурухана")
"""Words of the organisations' names, in turn."""
SIX_HUNDRED, DOZEN = 600, 12
"""How many organisations the bodies of the tests have."""
CLERKS = ("first@example.org", "second@example.org")


def organisation_bin(number: int) -> str:
    """Return the BIN of an organisation by its position in the order of names."""
    return bin_of(1000 + number)


def widest(order: Order) -> str:
    """Return the kind with the most indicators."""
    return max(order.kinds, key=lambda kind: len(order.indicators_of(kind.code))).code


def address(order: Order) -> str:
    return f"/bodies/{BODY}/{YEAR}/grid/{widest(order)}"


def fill(app: Flask, count: int, blank: float) -> None:
    """Store a body with a number of organisations and two clerks; `blank` is the share of blank answers."""
    order, random = app.extensions["orders"].latest, Random(7)
    kind = widest(order)
    with app.app_context():
        schema.upgrade()
        operations.open_year(SYSTEM, YEAR, order.code)
        operations.register_bodies(SYSTEM, [NewBody(BODY, "Алатау облысының әкімдігі")])
        rows = [(organisation_bin(n), kind, f"№ {n + 1:03} {SORTS[n % 4]}", f"№ {n + 1:03} {SORTS[n % 4]}") for n in range(count)]
        operations.register_organisations(SYSTEM, rows)
        index = registry.registry_index(SYSTEM)
        body = index.bodies[BODY]
        ids = [index.organisations[organisation_bin(n)][0] for n in range(count)]
        operations.add_supervision(SYSTEM, [(id_, body, date(2020, 1, 1), None) for id_ in ids])
        edits = [
            # All amounts differ.
            AnswerInput(id_, code, value * 98_765 + 100 * id_ if order.by_code[code].type == "money" and value > 0 else value)
            for id_ in ids
            for code, value in (random_answers(order, kind, random, blank) if blank < 1 else {}).items()
        ]
        if edits:
            save_answers(SYSTEM, order, YEAR, body, edits)
        db.session.commit()
    for email in CLERKS:
        accounts.make_account(app, "clerk", [body], email=email)


def prepare(folder: Path, count: int, blank: float = 1.0) -> None:
    """Create the database in the folder, in a thread, because no app can be used in the browser's thread."""
    in_thread(folder, lambda app: fill(app, count, blank))


def in_thread(database: Path | str, work: Callable[[Flask], object]) -> object:
    """Return the result of `work` with an app on the database of a folder or of a URL."""
    results: list[object] = []

    def run() -> None:
        app = create_app({"DATABASE_URL": url_of(database), "SECRET_KEY": "tests", **accounts.CHEAP})
        try:
            results.append(work(app))
        finally:
            with app.app_context():
                db.engine.dispose()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert results, "see the thread's error above"
    return results[0]
