"""Puts a generated country into an empty database."""

from datetime import timedelta

from evaluation.answers.models import DeclaredCount, Report
from evaluation.answers.prior_year_counts import key_of
from evaluation.answers.queries import DECLARED
from evaluation.audit.operations import NewEvent, new_batch, write, write_many
from evaluation.clock import now, today
from evaluation.criteria.model import Order
from evaluation.database import db, encoded, insert_many, table_of
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
    known = queries.known(viewer)
    ids = {bin_: id_ for bin_, (id_, _) in known.organisations.items()}
    registry.supervise(
        viewer, [(ids[row.bin], known.bodies[row.body_bin], row.since, row.until) for row in country.organisations]
    )
    _store_reports(viewer, country, ids, known.bodies)
    _store_declared(viewer, country, known.bodies)
    return True


def _store_reports(viewer: Viewer, country: DemoCountry, organisations: dict[str, int], bodies: dict[str, int]) -> None:
    """Store the reports and record each."""
    connection, stamp = db.session.connection(), now()
    insert_many(
        connection,
        table_of(Report),
        ("organisation_id", "year", "answers", "evidence", "version", "changed_at"),
        [(organisations[row.bin], row.year, row.answers, row.evidence, 1, stamp) for row in country.reports],
    )
    for year in country.years:
        rows = [row for row in country.reports if row.year == year]
        owners = {row.bin: bodies[row.body_bin] for row in country.organisations if row.counts_in(year)}
        data = [encoded({code: (None, value) for code, value in (row.answers | row.evidence).items()}) for row in rows]
        own = [organisations[row.bin] for row in rows]
        write_many(viewer, "saved", year, [owners[row.bin] for row in rows], own, data, new_batch())


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
        figures.setdefault((row.year, bodies[row.body_bin]), {})[key_of(row.kind, row.criterion)] = [None, row.count]
    write(viewer, [NewEvent(DECLARED, year, body, data=data) for (year, body), data in figures.items()], new_batch())
