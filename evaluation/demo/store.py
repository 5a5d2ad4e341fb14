"""Puts a generated country into an empty database."""

from datetime import timedelta

from evaluation.answers.models import DeclaredCount
from evaluation.answers.prior_year_counts import audit_key
from evaluation.answers.report_writer import insert_reports
from evaluation.audit.actions import AuditAction
from evaluation.audit.operations import NewEvent, NewEventColumns, append_events, new_batch
from evaluation.clock import now, today
from evaluation.criteria.model import Order
from evaluation.database import db, insert_many, table_of, to_json_bytes
from evaluation.demo.model import DemoCountry
from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.policy import Viewer
from evaluation.registry import operations as registry
from evaluation.registry import queries
from evaluation.registry.operations import NewBody

DAYS_LEFT = 45
"""From the day the data are stored to the last day to hand the latest year over: late enough to have something to enter."""


def store(order: Order, country: DemoCountry) -> bool:
    """Store it, its years marked as invented; False where invented years are there already. The caller commits.

    Raises EvaluationError where the database holds real years: invented data are never mixed with them.
    """
    there = queries.years()
    if any(not year.invented for year in there):
        raise EvaluationError(
            N_("The database holds real data; demonstration data go into an empty one. Name another in DATABASE_URL.")
        )
    if there:
        return False
    viewer = Viewer.system()
    deadlines = {max(country.years): today() + timedelta(days=DAYS_LEFT)}
    for year in country.years:
        registry.open_year(viewer, year, order.code, invented=True, deadline=deadlines.get(year))
    registry.register_bodies(
        viewer,
        [NewBody(body.bin, body.name_kk, body.name_ru, body.level, body.parent_bin, body.kato) for body in country.bodies],
    )
    own = {row.bin: row for row in country.organisations}
    registry.register_organisations(viewer, [(row.bin, row.kind, row.name_kk, row.name_ru) for row in own.values()])
    known = queries.registry_index(viewer)
    ids = {bin_: id_ for bin_, (id_, _) in known.organisations.items()}
    registry.add_supervision(
        viewer, [(ids[row.bin], known.bodies[row.body_bin], row.since, row.until) for row in country.organisations]
    )
    _store_reports(viewer, country, ids, known.bodies)
    _store_declared(viewer, country, known.bodies)
    return True


def _store_reports(viewer: Viewer, country: DemoCountry, organisations: dict[str, int], bodies: dict[str, int]) -> None:
    """Store the reports and record each."""
    changed_at = now()
    for year in country.years:
        rows = [row for row in country.reports if row.year == year]
        owners = {row.bin: bodies[row.body_bin] for row in country.organisations if row.counts_in(year)}
        data = [to_json_bytes({code: (None, value) for code, value in (row.answers | row.evidence).items()}) for row in rows]
        own = [organisations[row.bin] for row in rows]
        insert_reports(year, own, [row.answers for row in rows], [row.evidence for row in rows], changed_at)
        body_ids = [owners[row.bin] for row in rows]
        append_events(viewer, NewEventColumns(AuditAction.ANSWERS_SAVED, year, body_ids, own, data), new_batch())


def _store_declared(viewer: Viewer, country: DemoCountry, bodies: dict[str, int]) -> None:
    """Store what bodies declare, and record it by body."""
    insert_many(
        db.session.connection(),
        table_of(DeclaredCount),
        ("year", "body_id", "kind", "criterion", "count"),
        [(row.year, bodies[row.body_bin], row.kind, row.criterion, row.count) for row in country.declared],
    )
    figures: dict[tuple[int, int], dict[str, list[int | None]]] = {}
    for row in country.declared:
        figures.setdefault((row.year, bodies[row.body_bin]), {})[audit_key(row.kind, row.criterion)] = [None, row.count]
    append_events(
        viewer,
        [NewEvent(AuditAction.PRIOR_YEAR_COUNTS_DECLARED, year, body, data=data) for (year, body), data in figures.items()],
        new_batch(),
    )
