"""Marks stored results as stale, in the transaction of every change that may alter them.

Every change of answers, declared counts, registry, years and acceptance writes an audit event in its transaction, so results
are marked from these events when they are inserted: no operation can forget it. A change of a year concerns its body in that
year and in the next one, because prior-year counts come from the reports of the year before. A change of the registry concerns
all years of the bodies that it names and of those that ever supervised the organisation. Another criteria file or version of
scoring needs no mark: it changes the fingerprint of the year (:func:`evaluation.results.queries.fingerprint`).
"""

from collections.abc import Collection, Iterable, Sequence
from enum import Enum, auto

from sqlalchemy import Connection

from evaluation.audit.actions import AuditAction, AuditGroup
from evaluation.audit.chain import PendingEvents, run_sql
from evaluation.database import to_json


class Effect(Enum):
    """Which results the events of an action make stale."""

    NONE = auto()
    YEAR = auto()
    """Those of the body, or of all bodies, in the event's year and in the next one."""
    REGISTRY = auto()
    """Those of the body, and of the bodies that supervised the organisation, in all years."""


EFFECT_OF_GROUP = {
    AuditGroup.ANSWERS: Effect.YEAR,
    AuditGroup.REVIEW: Effect.YEAR,
    AuditGroup.REMARKS: Effect.NONE,
    AuditGroup.ANOMALIES: Effect.NONE,
    AuditGroup.FILES: Effect.NONE,
    AuditGroup.YEARS: Effect.YEAR,
    AuditGroup.REGISTRY: Effect.REGISTRY,
    AuditGroup.ACCOUNTS: Effect.NONE,
    AuditGroup.SIGN_IN: Effect.NONE,
    AuditGroup.AUDIT_LOG: Effect.NONE,
}
"""The effect of a group's actions; a new group must be entered here."""
WITHOUT_EFFECT = frozenset(
    {
        AuditAction.JUSTIFICATION_ADDED,
        AuditAction.JUSTIFICATION_WITHDRAWN,
        AuditAction.BUDGET_DIFFERENCE_EXPLAINED,
        AuditAction.BUDGET_EXPLANATION_WITHDRAWN,
        AuditAction.HEAD_NOTIFIED,
        AuditAction.SUBMITTED,
        AuditAction.RETURNED,
        AuditAction.FIRST_DAY_CHANGED,
        AuditAction.DEADLINE_CHANGED,
        AuditAction.DEADLINE_EXTENDED,
        AuditAction.BODY_RENAMED,
        AuditAction.ORGANISATION_RENAMED,
        AuditAction.REGISTRY_LOADED,
        AuditAction.REGISTRY_LOAD_UNDONE,
    }
)
"""Actions that change no points although others of their group do."""

EFFECTS = {action.value: Effect.NONE if action in WITHOUT_EFFECT else EFFECT_OF_GROUP[action.group] for action in AuditAction}

MARK = (
    "INSERT INTO body_result (year, body_id, generation) SELECT reporting_year.year, body.id, 1 FROM reporting_year, body "
    "WHERE {years} AND {bodies} ORDER BY body.id, reporting_year.year "
    "ON CONFLICT (year, body_id) DO UPDATE SET generation = body_result.generation + 1"
)
ONE_YEAR, YEAR_AND_NEXT, EVERY = "reporting_year.year = ?", "reporting_year.year IN (?, ?)", "1 = 1"
SUPERVISORS = "SELECT DISTINCT body_id FROM supervision WHERE organisation_id IN ({organisations})"


def mark_stale(connection: Connection, groups: Sequence[PendingEvents]) -> None:
    """Mark the results that the events may have changed as stale, in the transaction of the connection."""
    # None among the bodies of a year stands for all bodies.
    bodies_by_year: dict[int, set[int | None]] = {}
    bodies: set[int] = set()
    organisations: set[int] = set()
    for events in groups:
        if len(set(events.actions)) == 1 and len(set(events.years)) == 1:
            # Thousands of events of one operation: sets are much faster than a loop.
            effect, year = EFFECTS.get(events.actions[0], Effect.NONE), events.years[0]
            if effect is Effect.NONE:
                continue
            if effect is Effect.YEAR and year is not None:
                bodies_by_year.setdefault(year, set()).update(events.body_ids)
                continue
        for action, year, body_id, organisation_id in zip(
            events.actions, events.years, events.body_ids, events.organisation_ids, strict=True
        ):
            effect = EFFECTS.get(action, Effect.NONE)
            if effect is Effect.YEAR and year is not None:
                bodies_by_year.setdefault(year, set()).add(body_id)
            elif effect is Effect.REGISTRY:
                bodies |= {body_id} if body_id is not None else set()
                organisations |= {organisation_id} if organisation_id is not None else set()
    if bodies or organisations:
        bodies |= _supervisors(connection, organisations)
        _mark(connection, EVERY, (), bodies)
    for year, changed in sorted(bodies_by_year.items()):
        body_ids = None if None in changed else {body_id for body_id in changed if body_id is not None}
        _mark(connection, YEAR_AND_NEXT, (year, year + 1), body_ids)


def mark_year_stale(connection: Connection, year: int) -> None:
    """Mark all results of a year as stale, and enter the lines that are missing."""
    _mark(connection, ONE_YEAR, (year,), None)


def _supervisors(connection: Connection, organisation_ids: Collection[int]) -> set[int]:
    """Return the bodies that supervise one of the organisations or did so before."""
    if not organisation_ids:
        return set()
    statement = SUPERVISORS.format(organisations=_listed(connection))
    return {body_id for (body_id,) in run_sql(connection, statement, (_list(connection, organisation_ids),))}


def _mark(connection: Connection, years: str, parameters: tuple[int, ...], body_ids: Collection[int] | None) -> None:
    if body_ids is None:
        run_sql(connection, MARK.format(years=years, bodies=EVERY), parameters)
    elif len(body_ids) == 1:
        run_sql(connection, MARK.format(years=years, bodies="body.id = ?"), (*parameters, *body_ids))
    else:
        statement = MARK.format(years=years, bodies=f"body.id IN ({_listed(connection)})")
        run_sql(connection, statement, (*parameters, _list(connection, body_ids)))


def _listed(connection: Connection) -> str:
    return "SELECT value FROM json_each(?)" if connection.dialect.name == "sqlite" else "SELECT unnest(CAST(? AS integer[]))"


def _list(connection: Connection, ids: Iterable[int]) -> str | list[int]:
    return to_json(sorted(ids)) if connection.dialect.name == "sqlite" else sorted(ids)
