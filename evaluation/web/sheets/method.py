"""The page that explains how an order gives points: the law, criteria, readings, and what the product adds.

Everything on it is made from the criteria file, in the three languages. It needs no account, like the verification of a sheet.
"""

from flask import Blueprint, abort, g, render_template

from evaluation.criteria.model import Criterion, Order, Row, Table
from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.sheets.reasons import scale_text
from evaluation.web.core.access import allow

blueprint = Blueprint("method", __name__)


@blueprint.get("/method/<code>")
@allow(Action.PUBLIC)
def page(code: str) -> str:
    """Show the method of the order with this code; 404 if it is not loaded."""
    orders = registry.orders()
    order = orders.get(code) or abort(404)
    g.order = order
    return render_template(
        "sheets/method.html",
        method_order=order,
        others=orders.all if len(orders.all) > 1 else (),
        scale_text=scale_text,
        rows_of=lambda criterion: rows_of(order, criterion),
    )


def rows_of(order: Order, criterion: Criterion) -> list[tuple[Table, Row]]:
    """The rows of the form that a criterion scores, each with its table."""
    return [(table, row) for table in order.form.tables for row in table.scored_rows if row.criterion == criterion.code]
