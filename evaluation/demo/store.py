"""Stores a generated country in an empty database."""

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
"""Days from storing the data to the deadline of the latest year, so that its answers can still be entered."""


def store(order: Order, country: DemoCountry) -> bool:
    """Store the country with its years marked as invented; the caller commits.

    Returns:
        False if invented years are stored already; nothing changes then.

    Raises:
        EvaluationError: The database has real years, which invented data must not mix with.
    """
    stored_years = queries.years()
    if any(not year.invented for year in stored_years):
        raise EvaluationError(
            N_("The database holds real data; load demonstration data into an empty database. Set another one in DATABASE_URL.")
        )
    if stored_years:
        return False
    viewer = Viewer.system()
    deadlines = {max(country.years): today() + timedelta(days=DAYS_LEFT)}
    for year in country.years:
        registry.open_year(viewer, year, order.code, invented=True, deadline=deadlines.get(year))
    registry.register_bodies(
        viewer,
        [NewBody(body.bin, body.name_kk, body.name_ru, body.level, body.parent_bin, body.kato) for body in country.bodies],
    )
    organisations = {row.bin: row for row in country.organisations}
    registry.register_organisations(viewer, [(row.bin, row.kind, row.name_kk, row.name_ru) for row in organisations.values()])
    index = queries.registry_index(viewer)
    ids = {bin_: id_ for bin_, (id_, _) in index.organisations.items()}
    registry.add_supervision(
        viewer, [(ids[row.bin], index.bodies[row.body_bin], row.since, row.until) for row in country.organisations]
    )
    _store_reports(viewer, country, ids, index.bodies)
    _store_declared(viewer, country, index.bodies)
    return True


def _store_reports(viewer: Viewer, country: DemoCountry, organisations: dict[str, int], bodies: dict[str, int]) -> None:
    """Store the reports and one audit event for each."""
    changed_at = now()
    for year in country.years:
        rows = [row for row in country.reports if row.year == year]
        owners = {row.bin: bodies[row.body_bin] for row in country.organisations if row.counts_in(year)}
        data = [to_json_bytes({code: (None, value) for code, value in (row.answers | row.evidence).items()}) for row in rows]
        organisation_ids = [organisations[row.bin] for row in rows]
        insert_reports(year, organisation_ids, [row.answers for row in rows], [row.evidence for row in rows], changed_at)
        body_ids = [owners[row.bin] for row in rows]
        append_events(viewer, NewEventColumns(AuditAction.ANSWERS_SAVED, year, body_ids, organisation_ids, data), new_batch())


def _store_declared(viewer: Viewer, country: DemoCountry, bodies: dict[str, int]) -> None:
    """Store the declared counts and one audit event for each body and year."""
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
