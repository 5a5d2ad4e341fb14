"""Operations on the registry: open a year, enter bodies and organisations, put organisations under bodies."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256

from evaluation.audit.actions import AuditAction
from evaluation.audit.operations import NewEvent, NewEventColumns, append_events, new_batch
from evaluation.database import db, insert_many, table_of, to_json_bytes
from evaluation.policy import Action, Viewer
from evaluation.registry import queries
from evaluation.registry.audit_events import audit_data, organisation_left_events
from evaluation.registry.locking import lock_registry
from evaluation.registry.models import Body, Organisation, ReportingYear, Supervision
from evaluation.registry.queries import StoredPeriod
from evaluation.registry.states import BodyState, OrganisationState

NewSupervision = tuple[int, int, date, date | None]
"""Organisation id, body id, first day, last day or None."""


@dataclass(frozen=True)
class NewBody:
    """An authorised body to enter; unknown facts stay empty."""

    bin: str
    name_kk: str
    name_ru: str = ""
    level: str | None = None
    parent_bin: str | None = None
    kato: str | None = None


def open_year(
    viewer: Viewer,
    year: int,
    order_code: str,
    invented: bool = False,
    deadline: date | None = None,
    starts_on: date | None = None,
) -> None:
    """Open a reporting year under an order.

    Args:
        viewer: Who opens it.
        year: The reporting year.
        order_code: The code of the order that assesses the year.
        invented: Whether the year's data are invented.
        deadline: The last day to submit the year (Asia/Almaty).
        starts_on: The first day of data entry (Asia/Almaty).

    Raises:
        Forbidden: The viewer may not manage the registry.
    """
    viewer.require(Action.MANAGE_REGISTRY)
    reporting_year = ReportingYear(year=year, order_code=order_code, invented=invented, deadline=deadline, starts_on=starts_on)
    db.session.add(reporting_year)
    db.session.flush()
    data = {"order": [None, order_code], "invented": [None, invented], "deadline": [None, deadline]}
    data |= {"starts_on": [None, starts_on]} if starts_on else {}
    append_events(viewer, [NewEvent(AuditAction.YEAR_OPENED, year=year, data=data)])


def record_registry_export(viewer: Viewer, content: bytes) -> None:
    """Write the export of the registry workbook to the audit log; the caller commits. Raises Forbidden."""
    viewer.require(Action.MANAGE_REGISTRY)
    data = {"what": "registry", "format": "xlsx", "sha256": sha256(content).hexdigest()}
    append_events(viewer, [NewEvent(AuditAction.FILE_EXPORTED, data=data)])


def register_bodies(viewer: Viewer, bodies: Sequence[NewBody]) -> None:
    """Enter bodies. Their parents are registered already or among them. Raises Forbidden."""
    viewer.require(Action.MANAGE_REGISTRY)
    if not bodies:
        return
    lock_registry(exclusive=True)
    states = [BodyState(body.bin, body.name_kk, body.name_ru, body.level, body.parent_bin, body.kato) for body in bodies]
    columns = ("bin", "name_kk", "name_ru", "level", "kato", "search_text", "sort_kk", "sort_ru")
    rows = [tuple(getattr(state, name) for name in columns) for state in states]
    insert_many(db.session.connection(), table_of(Body), columns, rows)
    body_ids, _ = queries.ids_by_bin(viewer, {body.bin for body in bodies} | {body.parent_bin or "" for body in bodies})
    table, events = table_of(Body), []
    for state in states:
        if state.parent:
            parent_id = body_ids[state.parent]
            db.session.execute(table.update().where(table.c.bin == state.bin).values(parent_id=parent_id))
        events.append(NewEvent(AuditAction.BODY_ADDED, body_id=body_ids[state.bin], data=audit_data(None, state)))
    append_events(viewer, events, new_batch())


def register_organisations(viewer: Viewer, organisations: Sequence[tuple[str, str, str, str]]) -> None:
    """Enter organisations as (BIN, kind, Kazakh name, Russian name). Raises Forbidden."""
    viewer.require(Action.MANAGE_REGISTRY)
    if not organisations:
        return
    lock_registry(exclusive=True)
    states = [OrganisationState(*values) for values in organisations]
    columns = ("bin", "kind", "name_kk", "name_ru", "search_text", "sort_kk", "sort_ru")
    rows = [tuple(getattr(state, name) for name in columns) for state in states]
    insert_many(db.session.connection(), table_of(Organisation), columns, rows)
    _, ids = queries.ids_by_bin(viewer, {state.bin for state in states})
    organisation_ids = [ids[state.bin] for state in states]
    data = [to_json_bytes(audit_data(None, state)) for state in states]
    no_bodies = (None,) * len(organisation_ids)
    append_events(viewer, NewEventColumns(AuditAction.ORGANISATION_ADDED, None, no_bodies, organisation_ids, data), new_batch())


def add_supervision(viewer: Viewer, rows: Sequence[NewSupervision]) -> None:
    """Put organisations under bodies. Raises Forbidden."""
    viewer.require(Action.MANAGE_REGISTRY)
    if rows:
        lock_registry(exclusive=True)
        _add_supervision(viewer, rows, queries.supervision_periods([organisation_id for organisation_id, *_ in rows]))


def add_supervision_for_year(viewer: Viewer, year: int, pairs: Iterable[tuple[int, int]]) -> None:
    """Put organisations without a body on 31 December of the year under bodies on that day.

    A period begins on 1 January of the year, or after the period before it, and lasts until the next one, if there is any. A
    later period of the same body is extended backwards instead.

    Args:
        viewer: Who does it.
        year: The reporting year.
        pairs: Organisation id and body id.

    Raises:
        Forbidden: The viewer may not manage the registry.
    """
    viewer.require(Action.MANAGE_REGISTRY)
    pairs = list(pairs)
    if not pairs:
        return
    lock_registry(exclusive=True)
    table, rows = table_of(Supervision), list[NewSupervision]()
    stored = queries.supervision_periods([organisation_id for organisation_id, _ in pairs])
    for organisation_id, body_id in pairs:
        first_day, last_day = _free_days(year, stored[organisation_id])
        following = next((item for item in stored[organisation_id] if item.period.since > date(year, 12, 31)), None)
        if following is not None and following.body_id == body_id:
            extended = (table.c.organisation_id == organisation_id) & (table.c.since == following.period.since)
            db.session.execute(table.update().where(extended).values(since=first_day))
        else:
            rows.append((organisation_id, body_id, first_day, last_day))
    _add_supervision(viewer, rows, stored)


def _free_days(year: int, stored: Sequence[StoredPeriod]) -> tuple[date, date | None]:
    """Return the first and the last day around 31 December of the year without a body; the last is None where it is open."""
    first_day, year_end = date(year, 1, 1), date(year, 12, 31)
    ended = [item.period.until for item in stored if item.period.since <= year_end and item.period.until]
    if ended:
        first_day = max(first_day, max(ended) + timedelta(days=1))
    following = next((item.period for item in stored if item.period.since > year_end), None)
    return first_day, following.since - timedelta(days=1) if following is not None else None


def _add_supervision(viewer: Viewer, rows: Sequence[NewSupervision], before: dict[int, list[StoredPeriod]]) -> None:
    """Insert periods and write an audit event for each organisation whose periods differ from those `before`."""
    columns = ("organisation_id", "body_id", "since", "until")
    insert_many(db.session.connection(), table_of(Supervision), columns, rows)
    after = queries.supervision_periods(list(before))
    organisation_ids, body_ids, data, batch, left = list[int](), list[int](), list[bytes](), new_batch(), list[NewEvent]()
    for organisation_id, old in before.items():
        new = after[organisation_id]
        if old == new:
            continue
        # The event belongs to the chain of the last body, even if its period has ended.
        last = (new or old)[-1]
        organisation_ids.append(organisation_id)
        body_ids.append(last.body_id)
        data.append(to_json_bytes({"periods": [[item.period for item in old], [item.period for item in new]]}))
        changed_body_ids = {item.body_id for item in {*old} ^ {*new}}
        left += organisation_left_events(organisation_id, changed_body_ids, last.body_id, last.period.body)
    append_events(viewer, NewEventColumns(AuditAction.ORGANISATION_ASSIGNED, None, body_ids, organisation_ids, data), batch)
    append_events(viewer, left, batch)
