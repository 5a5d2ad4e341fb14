"""Writes a body's year as a workbook: its organisations with their stored answers and evidence, and its declared counts."""

from collections.abc import Iterator, Sequence
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
    [named_body] = registry.bodies_as_named_in(viewer, [body], year)
    rows: dict[str, list[dict[str, Any]]] = {kind: [] for kind in order.kind}
    for kind, row in organisation_rows(viewer, order, year, [named_body], language):
        rows[kind].append(row)
    kinds = [kind for kind in order.kind if rows[kind]]
    rows[PRIOR_YEAR] = prior_year_rows(viewer, order, year, body, kinds, language)
    return write_template(order, year, language, rows)


def organisation_rows(
    viewer: Viewer, order: Order, year: int, bodies: Sequence[Body], language: Language
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (kind, row) of the organisations of these bodies, body after body, each by kind and name.

    Args:
        viewer: Who reads.
        order: The order of the year; organisations of a kind that it does not know are left out.
        year: The reporting year.
        bodies: The bodies with their names of the year.
        language: The language of the names.
    """
    organisations = {body.id: registry.organisations(viewer, body.id, year, language.code) for body in bodies}
    reports = queries.stored_reports(viewer, year, [item.id for items in organisations.values() for item in items])
    for body in bodies:
        for organisation in organisations[body.id]:
            report = reports.get(organisation.id)
            values = {**report.answers, **report.evidence} if report else {}
            identity = {
                "body_bin": body.bin,
                "body_name": _name(body, language),
                "bin": organisation.bin,
                "name": _name(organisation, language),
            }
            if organisation.kind in order.kind:
                yield organisation.kind, values | identity


def _name(item: Any, language: Language) -> str:
    """Return the name of a body or an organisation in a language, or in the other one where that is empty."""
    return str(item.name_ru or item.name_kk if language.code == "ru" else item.name_kk or item.name_ru)


def prior_year_rows(
    viewer: Viewer, order: Order, year: int, body: Body, kinds: list[str], language: Language
) -> list[dict[str, Any]]:
    """Return a row for each kind of the body's organisations and each kind with a count of the year before.

    The counts are those of last year's reports, else the declared ones.
    """
    counts = {
        (kind, criterion): count for (_, kind, criterion), count in queries.prior_year_counts(viewer, year, [body.id]).items()
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
