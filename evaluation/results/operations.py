"""Scores stale results anew and stores them, in transactions of their own: results are derived from committed data.

Answers may change while they are scored. A result is therefore stored with the generation that was read before the answers, and
only if the stored generation is still the same; otherwise it stays stale and is scored again.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, bindparam, update

from evaluation.configuration import configuration
from evaluation.database import among, begin_immediate, db, insert_if_absent, insert_many, table_of
from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.memory import gc_paused
from evaluation.policy import Viewer
from evaluation.registry import queries as registry
from evaluation.results import queries
from evaluation.results.compute import BODY_COLUMNS, ROW_COLUMNS, TABLE_COLUMNS, Line, Results, compute_results
from evaluation.results.invalidation import mark_year_stale
from evaluation.results.models import BodyResult, ResultYear, RowResult, TableResult

ATTEMPTS = 3
"""How often a result that changed while it was scored is scored again before the reader takes the last one stored."""
BODY_RESULT, TABLE_RESULT, ROW_RESULT = (table_of(model) for model in (BodyResult, TableResult, RowResult))
RESULT_YEAR = table_of(ResultYear)


@dataclass(frozen=True)
class Difference:
    """A stored result that differs from a fresh scoring: the year, the body's id, and the table of results."""

    year: int
    body_id: int
    table: str


@dataclass(frozen=True)
class Comparison:
    """How many results were compared with a fresh scoring, how many are stale and were not, and what differs."""

    compared: int
    stale: int
    differences: tuple[Difference, ...]


def refresh(years: Iterable[int] | None = None) -> int:
    """Score all stale results of these reporting years, or of all, and store them; years that are not open are left out.

    Returns:
        How many results were scored.

    Raises:
        EvaluationError: The caller has changes that are not committed.
    """
    raw: Any = db.session.connection().connection.dbapi_connection
    if db.session.new or db.session.dirty or (db.engine.dialect.name == "sqlite" and raw.in_transaction):
        raise EvaluationError(N_("Results are scored from stored data: the transaction must be committed first."))
    wanted = None if years is None else set(years)
    stale = [year for year, may_be_stale in queries.years_to_refresh().items() if may_be_stale]
    return sum(_refresh_year(year) for year in sorted(stale) if wanted is None or year in wanted)


def _refresh_year(year: int) -> int:
    viewer = Viewer.system()
    fingerprint = queries.fingerprint(year)
    if queries.stored_fingerprint(year) != fingerprint:
        _mark_all(year, fingerprint)
    count = 0
    for _ in range(ATTEMPTS):
        generations = queries.stale_generations(viewer, year)
        if not generations:
            break
        with configuration().application_context():
            stored = _score_and_store(year, generations)
        count += stored
        if stored == len(generations):
            break
    return count


def _mark_all(year: int, fingerprint: str) -> None:
    """Mark all results of a year as stale: its orders or the scoring are others than those by which they were scored."""
    with db.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            begin_immediate(connection)
        stored = queries.lock_fingerprint(connection, year)
        if stored == fingerprint or (
            stored is None and not insert_if_absent(connection, RESULT_YEAR, {"year": year, "fingerprint": fingerprint})
        ):
            # Another reader was faster.
            return
        connection.execute(update(RESULT_YEAR).where(RESULT_YEAR.c.year == year).values(fingerprint=fingerprint))
        mark_year_stale(connection, year)


@gc_paused()
def _score_and_store(year: int, generations: Mapping[int, int]) -> int:
    sources = queries.sources(Viewer.system(), year, generations)
    if sources is None:
        return 0
    results = compute_results(sources, list(generations))
    # The read transaction ends here: the one that stores is short.
    db.session.rollback()
    return _store(year, results, generations)


def _store(year: int, results: Results, generations: Mapping[int, int]) -> int:
    """Store the results whose generation is still the one that was read; return how many."""
    with db.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            begin_immediate(connection)
        stored = queries.lock_lines(Viewer.system(), connection, year, generations)
        unchanged = [body_id for body_id, (generation, _) in stored.items() if generations[body_id] == generation]
        if not unchanged:
            return 0
        digests = results.digests(unchanged)
        values = [
            {
                "stored_body_id": body_id,
                "scored_generation": generations[body_id],
                "digest": digests[body_id],
                **dict(zip(BODY_COLUMNS, results.bodies[body_id], strict=True)),
            }
            for body_id in unchanged
        ]
        statement = update(BODY_RESULT).where(BODY_RESULT.c.year == year, BODY_RESULT.c.body_id == bindparam("stored_body_id"))
        connection.execute(statement.values({name: bindparam(name) for name in values[0] if name != "stored_body_id"}), values)
        if altered := {body_id for body_id in unchanged if stored[body_id][1] != digests[body_id]}:
            _replace_lines(connection, TABLE_RESULT, TABLE_COLUMNS, year, altered, results.tables)
            _replace_lines(connection, ROW_RESULT, ROW_COLUMNS, year, altered, results.rows)
        return len(unchanged)


def _replace_lines(
    connection: Connection, table: Table, columns: Sequence[str], year: int, body_ids: Set[int], lines: Sequence[Line]
) -> None:
    """Replace the lines of these bodies in a year; the first value of a line is the body's id."""
    connection.execute(table.delete().where(table.c.year == year, among(table.c.body_id, body_ids)))
    insert_many(connection, table, ("year", *columns), [(year, *line) for line in lines if line[0] in body_ids])


@gc_paused()
def check(years: Iterable[int] | None = None) -> Comparison:
    """Compare the stored results of these reporting years, or of all, with a fresh scoring.

    Results that are stale, or become stale meanwhile, are left out.
    """
    viewer, opened = Viewer.system(), sorted(year.year for year in registry.years())
    compared, stale = 0, 0
    differences: list[Difference] = []
    for year in opened if years is None else sorted(set(years) & set(opened)):
        generations = queries.fresh_generations(viewer, year)
        stale += len(queries.stale_generations(viewer, year))
        differing = _differing(year, list(generations))
        still_fresh = queries.fresh_generations(viewer, year)
        unchanged = {body_id for body_id, generation in generations.items() if still_fresh.get(body_id) == generation}
        compared += len(unchanged)
        differences += [Difference(year, body_id, table) for body_id, table in differing if body_id in unchanged]
        # Whatever entered the body or the year also entered the line.
        missing = queries.missing_body_ids(viewer, year)
        differences += [Difference(year, body_id, BodyResult.__tablename__) for body_id in missing]
    return Comparison(compared, stale, tuple(differences))


def _differing(year: int, body_ids: list[int]) -> list[tuple[int, str]]:
    """Return the id of each body whose stored lines differ from those of a fresh scoring, with the table."""
    stored = {
        model: queries.stored_lines(Viewer.system(), model, columns, year, body_ids)
        for model, columns in (
            (BodyResult, ("body_id", *BODY_COLUMNS)),
            (TableResult, TABLE_COLUMNS),
            (RowResult, ROW_COLUMNS),
        )
    }
    sources = queries.sources(Viewer.system(), year, body_ids)
    if sources is None:
        return []
    fresh = compute_results(sources, body_ids)
    bodies = {(body_id, *values) for body_id, values in fresh.bodies.items()}
    lines = {BodyResult: bodies, TableResult: set(fresh.tables), RowResult: set(fresh.rows)}
    return [
        (body_id, model.__tablename__)
        for model, stored_lines in stored.items()
        for body_id in sorted({line[0] for line in stored_lines ^ lines[model]})
    ]
