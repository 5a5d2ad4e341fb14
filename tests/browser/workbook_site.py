"""A body with two organisations of each kind and its clerk, for workbooks."""

from pathlib import Path

from flask import Flask

from evaluation import schema
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.policy import Viewer
from evaluation.registry import queries as registry
from evaluation.workbooks.load import load_workbook
from tests.browser.grid_site import in_thread
from tests.support import accounts
from tests.support.factories import bin_of, clean, row, workbook

YEAR = 2024
BODY = bin_of(1)
CLERK = "asset.clerk@example.org"


def rows(order: Order, answered: bool, **cells: object) -> dict[str, list[dict[str, object]]]:
    """Return kind → rows of a workbook; `cells` replace cells of the first row of each kind."""
    return {
        kind: [
            row(
                order,
                BODY,
                bin_of(10 + 2 * position + number),
                clean(order, kind) if answered else {},
                **(cells if not number else {}),
            )
            for number in range(2)
        ]
        for position, kind in enumerate(order.kind)
    }


def prepare(database: Path | str, answered: bool) -> None:
    """Create the database in a folder or at a URL, with or without answers."""

    def fill(app: Flask) -> None:
        order = app.extensions["orders"].latest
        with app.app_context():
            schema.upgrade()
            data = workbook(order, YEAR, rows(order, answered))
            load_workbook(Viewer.system(), data, app.extensions["orders"], register=True)
            db.session.commit()
            bodies = list(registry.registry_index(Viewer.system()).bodies.values())
        accounts.make_account(app, "clerk", bodies, email=CLERK)

    in_thread(database, fill)
