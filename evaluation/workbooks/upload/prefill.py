"""Writes a body's year as a workbook: its organisations with their stored answers and evidence, and its declared counts."""

from typing import Any

from evaluation.answers import queries
from evaluation.criteria.model import Order
from evaluation.language import Language
from evaluation.policy import Viewer
from evaluation.registry import queries as registry
from evaluation.registry.models import Body
from evaluation.workbooks.format.model import PRIOR_YEAR
from evaluation.workbooks.format.template import write_template


def write_prefilled_workbook(viewer: Viewer, order: Order, year: int, body: Body, language: Language) -> bytes:
    """Return the workbook of a body's year; uploaded unchanged it changes nothing. The same data give the same bytes."""
    organisations = registry.organisations(viewer, body.id, year)
    [named_body] = registry.bodies_as_named_in(viewer, [body], year)
    body_name = named_body.name_kk or named_body.name_ru
    stored_reports = queries.stored_reports(viewer, year, [organisation.id for organisation in organisations])
    rows: dict[str, list[dict[str, Any]]] = {kind: [] for kind in order.kind}
    for organisation in organisations:
        if organisation.kind not in rows:
            continue
        report = stored_reports.get(organisation.id)
        values = {**report.answers, **report.evidence} if report else {}
        identity = {
            "body_bin": body.bin,
            "body_name": body_name,
            "bin": organisation.bin,
            "name": organisation.name_kk or organisation.name_ru,
        }
        rows[organisation.kind].append(values | identity)
    kinds = [kind for kind in order.kind if rows[kind]]
    rows[PRIOR_YEAR] = _prior_year_rows(viewer, order, year, body, kinds, language)
    return write_template(order, year, language, rows)


def _prior_year_rows(
    viewer: Viewer, order: Order, year: int, body: Body, kinds: list[str], language: Language
) -> list[dict[str, Any]]:
    """Return a row for each kind of the body's organisations and each kind with a declared count."""
    counts = {
        (kind, criterion): item.count
        for (body_id, kind, criterion), item in queries.declared_counts(viewer, year).items()
        if body_id == body.id
    }
    kinds_with_counts = {kind for kind, _ in counts}
    return [
        {
            "body_bin": body.bin,
            "kind": kind.name[language.code],
            **{item.code: counts.get((kind.code, criterion.code)) for criterion, item in order.prior_year_counts()},
        }
        for kind in order.kinds
        if kind.code in {*kinds, *kinds_with_counts}
    ]
