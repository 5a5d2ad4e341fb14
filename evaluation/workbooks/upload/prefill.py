"""A body's year as a workbook: its organisations with their stored answers and evidence, and the counts it declares."""

from typing import Any

from evaluation.answers import queries
from evaluation.criteria.model import Order
from evaluation.language import Language
from evaluation.policy import Viewer
from evaluation.registry import queries as registry
from evaluation.registry.models import Body
from evaluation.workbooks.format.model import PREVIOUS
from evaluation.workbooks.format.template import write_template


def prefilled(viewer: Viewer, order: Order, year: int, body: Body, in_language: Language) -> bytes:
    """The workbook of a body's year; sent back as it is, it changes nothing. The same data give the same bytes."""
    organisations = registry.organisations(viewer, body.id, year)
    [bearing] = registry.bodies_in(viewer, [body], year)
    stored = queries.stored_reports(viewer, year, [each.id for each in organisations])
    rows: dict[str, list[dict[str, Any]]] = {kind: [] for kind in order.kind}
    for own in organisations:
        report = stored.get(own.id)
        given = report.answers | report.evidence if report else {}
        named = {"bin": own.bin, "name": own.name_kk or own.name_ru}
        if own.kind in rows:
            rows[own.kind].append({**given, "body_bin": body.bin, "body_name": bearing.name_kk or bearing.name_ru, **named})
    rows[PREVIOUS] = _previous(viewer, order, year, body, [kind for kind in order.kind if rows[kind]], in_language)
    return write_template(order, year, in_language, rows)


def _previous(
    viewer: Viewer, order: Order, year: int, body: Body, kinds: list[str], in_language: Language
) -> list[dict[str, Any]]:
    """A row for each kind the body has organisations of, and for each it has declared a count of."""
    stored = queries.declared_counts(viewer, year)
    declared = {(kind, criterion): item.count for (owner, kind, criterion), item in stored.items() if owner == body.id}
    wanted = [kind for kind in order.kinds if kind.code in {*kinds, *(kind for kind, _ in declared)}]
    return [
        {
            "body_bin": body.bin,
            "kind": kind.name[in_language.code],
            **{item.code: declared.get((kind.code, criterion.code)) for criterion, item in order.declared()},
        }
        for kind in wanted
    ]
