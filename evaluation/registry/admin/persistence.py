"""Stores states as the difference to what is there, and records each; for the operations alone, which ask the policy."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table

from evaluation.audit.operations import NewEvent, append_events
from evaluation.database import db, insert_many, table_of
from evaluation.policy import Viewer
from evaluation.registry.admin import queries
from evaluation.registry.admin.states import AnyState, BodyState, OrganisationState, differences
from evaluation.registry.locking import hold_registry
from evaluation.registry.models import Body, FormerName, Organisation, Status, Supervision
from evaluation.registry.operations import left_lines

BODY_COLUMNS = ("bin", "name_kk", "name_ru", "level", "kato", "since", "closed_on")
COLUMNS = ("bin", "kind", "name_kk", "name_ru", "state_share", "state_body", "national_company")
FORMER = ("body_id", "organisation_id", "until", "name_kk", "name_ru")

Bodies = Sequence[tuple[BodyState | None, BodyState]]
Organisations = Sequence[tuple[OrganisationState | None, OrganisationState]]


def store(
    viewer: Viewer, bodies: Bodies, organisations: Organisations, actions: Mapping[str, str], batch: str | None = None
) -> None:
    """Store each state in place of the one before it, if any; `actions` name the events by BIN."""
    hold_registry(alone=True)
    bodies = [(was, now) for was, now in bodies if was != now]
    organisations = [(was, now) for was, now in organisations if was != now]
    _columns(table_of(Body), BODY_COLUMNS, bodies)
    _columns(table_of(Organisation), COLUMNS, organisations)
    named = {now.bin for _, now in bodies} | {now.bin for _, now in organisations} | {now.parent or "" for _, now in bodies}
    named |= {each.body for pair in organisations for state in pair if state is not None for each in state.periods}
    body_ids, own_ids = queries.ids(viewer, named)
    _parents(bodies, body_ids)
    _former("body_id", bodies, body_ids)
    _former("organisation_id", organisations, own_ids)
    _statuses(organisations, own_ids)
    _periods(organisations, own_ids, body_ids)
    append_events(viewer, lines(bodies, organisations, actions, body_ids, own_ids), batch)
    # What the session holds was stored around it.
    db.session.expire_all()


def lines(
    bodies: Bodies,
    organisations: Organisations,
    actions: Mapping[str, str],
    body_ids: Mapping[str, int],
    own_ids: Mapping[str, int],
) -> list[NewEvent]:
    """What the record is told of states that take the place of others, or are new: enough to make the registry again."""
    events = [
        NewEvent(
            actions.get(now.bin) or ("body_added" if was is None else "body_changed"),
            body_id=body_ids[now.bin],
            data=_told(was, now),
        )
        for was, now in bodies
    ]
    for was, now in organisations:
        action = actions.get(now.bin) or ("organisation_added" if was is None else "organisation_changed")
        stays = {*(was.periods if was is not None else ())} ^ {*now.periods}
        last = _last_body(now) or (_last_body(was) if was is not None else None)
        owner = body_ids.get(last or "")
        events += left_lines(own_ids[now.bin], {body_ids[each.body] for each in stays}, owner, last)
        events.append(NewEvent(action, None, owner, own_ids[now.bin], _told(was, now)))
    return events


def _last_body(state: OrganisationState) -> str | None:
    """The BIN of the body whose organisation it is: the last that it was under."""
    return state.periods[-1].body if state.periods else None


def _told(was: AnyState | None, now: AnyState) -> dict[str, Any]:
    """Field → [old, new], for the record."""
    return {name: list(pair) for name, pair in differences(was, now).items()}


def _columns(table: Table, columns: Sequence[str], pairs: Sequence[tuple[AnyState | None, AnyState]]) -> None:
    connection = db.session.connection()
    for was, now in pairs:
        changed = {name: getattr(now, name) for name in columns if was is not None and getattr(was, name) != getattr(now, name)}
        if changed:
            connection.execute(table.update().where(table.c.bin == now.bin).values(**changed))
    fresh = [tuple(getattr(now, name) for name in columns) for was, now in pairs if was is None]
    insert_many(connection, table, columns, fresh)


def _parents(bodies: Bodies, ids: Mapping[str, int]) -> None:
    table = table_of(Body)
    for was, now in bodies:
        if now.parent != (was.parent if was is not None else None):
            parent = ids[now.parent] if now.parent is not None else None
            db.session.connection().execute(table.update().where(table.c.bin == now.bin).values(parent_id=parent))


def _former(owner: str, pairs: Sequence[tuple[AnyState | None, AnyState]], ids: Mapping[str, int]) -> None:
    table, rows = table_of(FormerName), []
    for was, now in pairs:
        gone, fresh = _apart(was.former if was is not None else (), now.former)
        for each in gone:
            where = (table.c[owner] == ids[now.bin]) & (table.c.until == each.until)
            db.session.connection().execute(table.delete().where(where))
        own = (ids[now.bin], None) if owner == "body_id" else (None, ids[now.bin])
        rows += [(*own, each.until, each.name_kk, each.name_ru) for each in fresh]
    insert_many(db.session.connection(), table, FORMER, rows)


def _statuses(organisations: Organisations, ids: Mapping[str, int]) -> None:
    table, rows = table_of(Status), []
    for was, now in organisations:
        gone, fresh = _apart(was.statuses if was is not None else (), now.statuses)
        for each in gone:
            where = (table.c.organisation_id == ids[now.bin]) & (table.c.since == each.since)
            db.session.connection().execute(table.delete().where(where))
        rows += [(ids[now.bin], each.status, each.since) for each in fresh]
    insert_many(db.session.connection(), table, ("organisation_id", "status", "since"), rows)


def _periods(organisations: Organisations, ids: Mapping[str, int], bodies: Mapping[str, int]) -> None:
    """Those that are no more go first: only one period of an organisation may be open."""
    table, rows = table_of(Supervision), []
    for was, now in organisations:
        gone, fresh = _apart(was.periods if was is not None else (), now.periods)
        for each in gone:
            where = (table.c.organisation_id == ids[now.bin]) & (table.c.since == each.since)
            db.session.connection().execute(table.delete().where(where & (table.c.body_id == bodies[each.body])))
        rows += [(ids[now.bin], bodies[each.body], each.since, each.until) for each in fresh]
    insert_many(db.session.connection(), table, ("organisation_id", "body_id", "since", "until"), rows)


def _apart(was: Sequence[Any], now: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """What is gone, and what is new."""
    return [each for each in was if each not in now], [each for each in now if each not in was]
