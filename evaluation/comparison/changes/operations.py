"""Computes stale changes from the results of both years and stores them, in a transaction of its own."""

from collections.abc import Sequence

from sqlalchemy import bindparam, update

from evaluation.comparison.changes import queries
from evaluation.comparison.changes.compute import Part, compute_parts
from evaluation.comparison.changes.models import BodyChange, ChangePart
from evaluation.comparison.changes.queries import BodyState
from evaluation.configuration import configuration
from evaluation.database import batched, begin_immediate, db, insert_columns, insert_many, table_of
from evaluation.memory import gc_paused
from evaluation.policy import Viewer
from evaluation.registry import queries as registry
from evaluation.results.operations import refresh

BODY_CHANGE, CHANGE_PART = table_of(BodyChange), table_of(ChangePart)


def refresh_changes(year: int) -> int:
    """Score the stale results of a year and of the year before, then compute the stale changes between them and store them.

    Call it where no change of data waits for its commit.

    Returns:
        How many changes were computed; 0 if one of the years is not open.
    """
    if registry.reporting_year(year) is None or registry.reporting_year(year - 1) is None:
        return 0
    refresh([year - 1, year])
    with configuration().application_context():
        return _refresh(year)


@gc_paused()
def _refresh(year: int) -> int:
    viewer = Viewer.system()
    states = queries.stale_states(viewer, year)
    if not states:
        return 0
    fingerprint = queries.fingerprint(viewer, year)
    body_ids = [state.body_id for state in states]
    last_year, this_year = (queries.year_results(viewer, number, body_ids) for number in (year - 1, year))
    parts = compute_parts(last_year, this_year)
    # A result that was scored while its rows were read does not fit them: its change stays stale.
    current = queries.states_of(viewer, year, body_ids)
    states = [state for state in states if current.get(state.body_id) == state]
    # The read transaction ends here: the one that stores is short.
    db.session.rollback()
    _store(year, fingerprint, states, parts)
    return len(states)


def _store(year: int, fingerprint: str, states: Sequence[BodyState], parts: Sequence[Part]) -> None:
    """Store the changes of these bodies; each line is locked, in ascending order, before its parts are replaced."""
    if not states:
        return
    body_ids = [state.body_id for state in states]
    with db.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            begin_immediate(connection)
        insert_columns(connection, BODY_CHANGE, {"year": [year] * len(states), "body_id": body_ids}, skip_existing=True)
        values = [{"fingerprint": fingerprint, "stored_body_id": state.body_id, **state._asdict()} for state in states]
        names = [name for name in values[0] if name not in ("stored_body_id", "body_id")]
        statement = update(BODY_CHANGE).where(BODY_CHANGE.c.year == year, BODY_CHANGE.c.body_id == bindparam("stored_body_id"))
        connection.execute(statement.values({name: bindparam(name) for name in names}), values)
        for batch in batched(body_ids):
            connection.execute(CHANGE_PART.delete().where(CHANGE_PART.c.year == year, CHANGE_PART.c.body_id.in_(batch)))
        stored = set(body_ids)
        insert_many(connection, CHANGE_PART, ("year", *Part._fields), [(year, *part) for part in parts if part.body_id in stored])
