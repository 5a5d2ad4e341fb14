"""The page that explains how an order gives points: the law, tables, criteria, readings, what the order does not say.

Everything on it is made from the criteria file, in the three languages. It needs no account, like the verification of a sheet.
"""

from dataclasses import dataclass

from flask import Blueprint, abort, g, render_template

from evaluation.criteria.alternatives import under_alternative
from evaluation.criteria.criterion import ScaleEntry
from evaluation.criteria.expressions import codes
from evaluation.criteria.model import Alternative, Criterion, Indicator, Order, Row, Table
from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.sheets.reasons import scale_text
from evaluation.web.core.access import allow

blueprint = Blueprint("method", __name__)


@dataclass(frozen=True)
class AlternativeEffect:
    """What an alternative of a reading changes.

    `scales` are the criteria with the outcomes of their changed points scale. `rows` are the rows that another criterion scores,
    or none, each with its table. `maxima` are the tables whose maximum changes, with both maxima.
    """

    criteria: tuple[Criterion, ...]
    scales: tuple[tuple[str, tuple[ScaleEntry, ...]], ...]
    rows: tuple[tuple[Table, Row], ...]
    maxima: tuple[tuple[Table, int, int], ...]


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
        indicators_of=lambda criterion: indicators_of(order, criterion),
        maximum=lambda table: maximum(order, table),
        effect_of=lambda alternative: effect_of(order, alternative),
    )


def rows_of(order: Order, criterion: Criterion) -> list[tuple[Table, Row]]:
    """The rows of the form that a criterion scores, each with its table."""
    return [(table, row) for table in order.form.tables for row in table.scored_rows if row.criterion == criterion.code]


def indicators_of(order: Order, criterion: Criterion) -> list[Indicator]:
    """The indicators that decide a breach of a criterion, and whether an organisation was audited."""
    read = codes(criterion.breach) | (codes(criterion.audited) if criterion.audited is not None else frozenset())
    return [item for item in order.indicators if item.code in read]


def maximum(order: Order, table: Table) -> int:
    """The most points that a table of the form gives."""
    return sum(order.criterion[str(row.criterion)].max for row in table.scored_rows)


def effect_of(order: Order, alternative: Alternative) -> AlternativeEffect | None:
    """What an alternative changes; None if it needs data that are not collected."""
    if not alternative.is_applicable:
        return None
    changed = under_alternative(order, alternative)
    changed_codes = [code for change in alternative.criteria for code in change.codes]
    scales: dict[tuple[ScaleEntry, ...], list[str]] = {}
    for code in changed_codes:
        if changed.criterion[code].scale != order.criterion[code].scale:
            scales.setdefault(changed.criterion[code].outcomes, []).append(code)
    tables = list(zip(order.form.tables, changed.form.tables, strict=True))
    rows = [(new, row) for old, new in tables for before, row in zip(old.rows, new.rows, strict=True) if before != row]
    maxima = [(old, maximum(order, old), maximum(changed, new)) for old, new in tables]
    return AlternativeEffect(
        tuple(order.criterion[code] for code in changed_codes),
        tuple((", ".join(codes_of_scale), outcomes) for outcomes, codes_of_scale in scales.items()),
        tuple(rows),
        tuple(item for item in maxima if item[1] != item[2]),
    )
