"""Stores changed states as row changes and writes their audit events. Only the operations use it: they check the policy."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Table, delete, update

from evaluation.audit.actions import AuditAction
from evaluation.audit.operations import NewEvent, append_events
from evaluation.database import batched, db, insert_many, table_of
from evaluation.policy import Viewer
from evaluation.registry.audit_events import BodyChange, OrganisationChange, change_events, removal_data
from evaluation.registry.locking import lock_registry
from evaluation.registry.models import Body, FormerName, Organisation, Status, Supervision
from evaluation.registry.queries import ids_by_bin
from evaluation.registry.states import BodyState, FormerNames, OrganisationState, RegistryState

NAME_TEXTS = ("search_text", "sort_kk", "sort_ru")
BODY_COLUMNS = ("bin", "name_kk", "name_ru", "level", "kato", "since", "closed_on", *NAME_TEXTS)
ORGANISATION_COLUMNS = ("bin", "kind", "name_kk", "name_ru", "state_share", "state_body", "national_company", *NAME_TEXTS)
FORMER_NAME_COLUMNS = ("body_id", "organisation_id", "until", "name_kk", "name_ru", "sort_kk", "sort_ru")
STATUS_COLUMNS = ("organisation_id", "status", "since")
SUPERVISION_COLUMNS = ("organisation_id", "body_id", "since", "until")


def store_states(
    viewer: Viewer,
    bodies: Sequence[BodyChange],
    organisations: Sequence[OrganisationChange],
    actions: Mapping[str, AuditAction],
    batch: str | None = None,
) -> None:
    """Store the next state of each body and organisation.

    Args:
        viewer: Who changes them.
        bodies: Previous and next state of bodies.
        organisations: Previous and next state of organisations.
        actions: BIN → the audit action, where it is not simply added or changed.
        batch: The name that joins the audit events of one operation.
    """
    lock_registry(exclusive=True)
    bodies = [(previous, current) for previous, current in bodies if previous != current]
    organisations = [(previous, current) for previous, current in organisations if previous != current]
    _store_columns(table_of(Body), BODY_COLUMNS, bodies)
    _store_columns(table_of(Organisation), ORGANISATION_COLUMNS, organisations)
    bins = {current.bin for _, current in bodies} | {current.bin for _, current in organisations}
    bins |= {current.parent or "" for _, current in bodies}
    bins |= {period.body for pair in organisations for state in pair if state is not None for period in state.periods}
    body_ids, organisation_ids = ids_by_bin(viewer, bins)
    _store_parents(bodies, body_ids)
    _store_body_names(bodies, body_ids)
    _store_organisation_history(organisations, organisation_ids, body_ids)
    append_events(viewer, change_events(bodies, organisations, actions, body_ids, organisation_ids), batch)
    # Core statements bypassed the identity map; expire it.
    db.session.expire_all()


def remove_states(viewer: Viewer, bodies: Sequence[BodyState], organisations: Sequence[OrganisationState], batch: str) -> None:
    """Remove bodies and organisations to which nothing outside of the registry refers, with their history."""
    bins = {state.bin for state in bodies} | {state.bin for state in organisations} | _last_bodies(organisations)
    body_ids, organisation_ids = ids_by_bin(viewer, bins)
    events = [NewEvent(AuditAction.BODY_REMOVED, None, body_ids[state.bin], data=removal_data(state)) for state in bodies]
    for state in organisations:
        body_id = body_ids.get(state.periods[-1].body) if state.periods else None
        removed = AuditAction.ORGANISATION_REMOVED
        events.append(NewEvent(removed, None, body_id, organisation_ids[state.bin], removal_data(state)))
    removed_bodies = [body_ids[state.bin] for state in bodies]
    removed_organisations = [organisation_ids[state.bin] for state in organisations]
    _delete(Status.organisation_id, removed_organisations)
    _delete(Supervision.organisation_id, removed_organisations)
    _delete(FormerName.organisation_id, removed_organisations)
    _delete(Organisation.id, removed_organisations)
    _delete(FormerName.body_id, removed_bodies)
    for ids in batched(removed_bodies):
        db.session.execute(update(Body).where(Body.id.in_(ids)).values(parent_id=None))
    _delete(Body.id, removed_bodies)
    append_events(viewer, events, batch)
    db.session.expire_all()


def _last_bodies(organisations: Sequence[OrganisationState]) -> set[str]:
    return {state.periods[-1].body for state in organisations if state.periods}


def _delete(column: Any, ids: Sequence[int]) -> None:
    """Delete the rows in which a column has one of the values."""
    for part in batched(ids):
        db.session.execute(delete(column.class_).where(column.in_(part)))


def _store_columns(table: Table, columns: Sequence[str], changes: Sequence[tuple[RegistryState | None, RegistryState]]) -> None:
    connection = db.session.connection()
    for previous, current in changes:
        if previous is None:
            continue
        values = {name: getattr(current, name) for name in columns if getattr(previous, name) != getattr(current, name)}
        if values:
            connection.execute(table.update().where(table.c.bin == current.bin).values(**values))
    new_rows = [tuple(getattr(current, name) for name in columns) for previous, current in changes if previous is None]
    insert_many(connection, table, columns, new_rows)


def _store_parents(bodies: Sequence[BodyChange], body_ids: Mapping[str, int]) -> None:
    table = table_of(Body)
    for previous, current in bodies:
        if current.parent != (previous.parent if previous is not None else None):
            parent_id = body_ids[current.parent] if current.parent is not None else None
            db.session.connection().execute(table.update().where(table.c.bin == current.bin).values(parent_id=parent_id))


def _store_body_names(bodies: Sequence[BodyChange], body_ids: Mapping[str, int]) -> None:
    table = table_of(FormerName)
    _store_entries(
        table,
        FORMER_NAME_COLUMNS,
        bodies,
        "former_names",
        lambda state, entry: (table.c.body_id == body_ids[state.bin]) & (table.c.until == entry.until),
        lambda state, entry: (body_ids[state.bin], None, *_name_values(entry)),
    )


def _name_values(names: FormerNames) -> tuple[Any, ...]:
    return names.until, names.name_kk, names.name_ru, names.sort_kk, names.sort_ru


def _store_organisation_history(
    organisations: Sequence[OrganisationChange], organisation_ids: Mapping[str, int], body_ids: Mapping[str, int]
) -> None:
    names, statuses, supervision = table_of(FormerName), table_of(Status), table_of(Supervision)

    def same_organisation(table: Table, state: Any) -> Any:
        return table.c.organisation_id == organisation_ids[state.bin]

    _store_entries(
        names,
        FORMER_NAME_COLUMNS,
        organisations,
        "former_names",
        lambda state, entry: same_organisation(names, state) & (names.c.until == entry.until),
        lambda state, entry: (None, organisation_ids[state.bin], *_name_values(entry)),
    )
    _store_entries(
        statuses,
        STATUS_COLUMNS,
        organisations,
        "statuses",
        lambda state, entry: same_organisation(statuses, state) & (statuses.c.since == entry.since),
        lambda state, entry: (organisation_ids[state.bin], entry.status, entry.since),
    )
    _store_entries(
        supervision,
        SUPERVISION_COLUMNS,
        organisations,
        "periods",
        lambda state, entry: (
            same_organisation(supervision, state)
            & (supervision.c.since == entry.since)
            & (supervision.c.body_id == body_ids[entry.body])
        ),
        lambda state, entry: (organisation_ids[state.bin], body_ids[entry.body], entry.since, entry.until),
    )


def _store_entries(
    table: Table,
    columns: Sequence[str],
    changes: Sequence[tuple[RegistryState | None, RegistryState]],
    field: str,
    condition: Callable[[Any, Any], Any],
    row: Callable[[Any, Any], tuple[Any, ...]],
) -> None:
    """Store the dated entries of a field as rows of a table.

    All rows are deleted before any is inserted: only one period of an organisation may be open at a time.

    Args:
        table: The table of the entries.
        columns: The columns that `row` returns values for.
        changes: Previous and next states.
        field: The field of a state that contains the entries.
        condition: Returns the condition that finds the row of a state's entry.
        row: Returns the values of a state's entry.
    """
    rows = []
    for previous, current in changes:
        old_entries, new_entries = getattr(previous, field, ()), getattr(current, field)
        for entry in old_entries:
            if entry not in new_entries:
                db.session.connection().execute(table.delete().where(condition(current, entry)))
        rows += [row(current, entry) for entry in new_entries if entry not in old_entries]
    insert_many(db.session.connection(), table, columns, rows)
