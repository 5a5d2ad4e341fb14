"""Puts a generated country into an empty database."""

from sqlalchemy import func

from evaluation.collection.models import DeclaredCount, Report, now
from evaluation.criteria.model import Order
from evaluation.database import db, insert_many, table_of
from evaluation.demo.model import DemoCountry
from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.registry import queries as registry
from evaluation.registry.models import Body, Organisation, ReportingYear, Supervision


def store(order: Order, country: DemoCountry) -> bool:
    """Store it, its years marked as invented; False where invented years are there already. The caller commits.

    Raises EvaluationError where the database holds real years: invented data are never mixed with them.
    """
    there = registry.years()
    if any(not year.invented for year in there):
        raise EvaluationError(
            N_("The database holds real data; demonstration data go into an empty one. Name another in DATABASE_URL.")
        )
    if there:
        return False
    connection = db.session.connection()
    insert_many(
        connection,
        table_of(ReportingYear),
        ("year", "order_code", "invented"),
        [(year, order.code, True) for year in country.years],
    )
    ids: dict[str, int] = {}
    for body in country.bodies:
        ids[body.bin] = len(ids) + 1
    insert_many(
        connection,
        table_of(Body),
        ("id", "bin", "name_kk", "name_ru", "level", "parent_id", "kato"),
        [
            (ids[body.bin], body.bin, body.name_kk, body.name_ru, body.level, ids.get(body.parent_bin or ""), body.kato)
            for body in country.bodies
        ],
    )
    own = {row.bin: number for number, row in enumerate({row.bin: row for row in country.organisations}.values(), start=1)}
    kinds = {row.bin: row for row in country.organisations}
    insert_many(
        connection,
        table_of(Organisation),
        ("id", "bin", "kind", "name_kk", "name_ru"),
        [(number, bin_, kinds[bin_].kind, kinds[bin_].name_kk, kinds[bin_].name_ru) for bin_, number in own.items()],
    )
    insert_many(
        connection,
        table_of(Supervision),
        ("organisation_id", "body_id", "since", "until"),
        [(own[row.bin], ids[row.body_bin], row.since, row.until) for row in country.organisations],
    )
    stamp = now()
    insert_many(
        connection,
        table_of(Report),
        ("organisation_id", "year", "answers", "evidence", "version", "changed_at"),
        [(own[row.bin], row.year, row.answers, row.evidence, 1, stamp) for row in country.reports],
    )
    insert_many(
        connection,
        table_of(DeclaredCount),
        ("year", "body_id", "kind", "criterion", "count"),
        [(row.year, ids[row.body_bin], row.kind, row.criterion, row.count) for row in country.declared],
    )
    _reset_sequences()
    return True


def _reset_sequences() -> None:
    """PostgreSQL counts on by itself only after ids that it gave out."""
    if db.engine.dialect.name == "postgresql":
        for model in (Body, Organisation):
            sequence = func.pg_get_serial_sequence(model.__tablename__, "id")
            db.session.execute(func.setval(sequence, func.max(model.id)).select())
