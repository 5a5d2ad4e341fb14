"""Undoes a load of a registry workbook: the changed entries get their former state, and the new ones are removed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy.exc import IntegrityError

from evaluation.audit import queries as audit
from evaluation.audit.actions import AuditAction
from evaluation.audit.models import AuditEvent
from evaluation.audit.operations import NewEvent, append_events, new_batch
from evaluation.database import db, from_json, to_json
from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.policy import Action, Viewer
from evaluation.registry import queries as registry
from evaluation.registry.admin import operations
from evaluation.registry.admin.queries import body_states, organisation_states
from evaluation.registry.locking import lock_registry
from evaluation.registry.models import Body, Organisation
from evaluation.registry.states import BodyState, OrganisationState, RegistryState, names_in
from evaluation.results.jobs import start_after_many
from evaluation.workbooks.registry import queries

MAX_NAMES = 10
"""Entries that the message of an error names."""
ADDED = (AuditAction.BODY_ADDED, AuditAction.ORGANISATION_ADDED)
BODY_ACTIONS = (AuditAction.BODY_ADDED, AuditAction.BODY_CHANGED)
ORGANISATION_ACTIONS = (AuditAction.ORGANISATION_ADDED, AuditAction.ORGANISATION_CHANGED)
BLANKS: tuple[Any, ...] = (None, "", [])
NOT_UNDOABLE = N_("This load of the registry has been undone already, or is too old to be undone.")
CHANGED_LATER = N_("The load cannot be undone, because these entries were changed later: %(entries)s. Nothing was changed.")
IN_USE = N_(
    "The load cannot be undone, because these entries are in use (answers, submissions, people or messages refer to them): "
    "%(entries)s. Nothing was changed."
)
ACCEPTED_YEAR = N_(
    "The load cannot be undone, because it would change accepted years: %(entries)s. Reopen these years first. "
    "Nothing was changed."
)


class LoadNotUndone(EvaluationError):
    """The load cannot be undone; the message says what stands in the way."""

    status = HTTPStatus.CONFLICT


@dataclass(frozen=True)
class Entry:
    """A body or an organisation of a load: its current state, and its state before the load, None if the load added it."""

    current: Any
    previous: Any


@dataclass
class _LoadedEntries:
    """The entries of a load, and the names of those that were changed after it."""

    bodies: list[Entry] = field(default_factory=list)
    organisations: list[Entry] = field(default_factory=list)
    changed_later: list[str] = field(default_factory=list)

    @property
    def all(self) -> list[Entry]:
        return [*self.bodies, *self.organisations]


def undo_load(viewer: Viewer, batch: str) -> None:
    """Undo a load of the registry, all or nothing; the caller commits.

    Args:
        viewer: Who undoes it.
        batch: The batch of the load's audit events.

    Raises:
        Forbidden: The viewer may not manage the registry.
        LoadNotUndone: It was undone already, or later changes, data of new entries, or accepted years stand in the way.
        RegistryError: The former states violate a rule.
    """
    viewer.require(Action.MANAGE_REGISTRY)
    lock_registry(exclusive=True)
    if not any(load.batch == batch and not load.is_undone for load in queries.loads(viewer)):
        raise LoadNotUndone(NOT_UNDOABLE)
    bodies, organisations = body_states(viewer), organisation_states(viewer)
    entries = _loaded_entries(viewer, audit.batch_events(Viewer.system(), batch), bodies, organisations)
    _refuse(CHANGED_LATER, [*entries.changed_later, *_dependants(entries, bodies, organisations)])
    _refuse(IN_USE, [*_used(viewer, Body, entries.bodies), *_used(viewer, Organisation, entries.organisations)])
    _refuse(ACCEPTED_YEAR, _accepted_years(entries.all, queries.accepted_years(viewer)))
    undo_batch = new_batch()
    try:
        operations.restore_all(
            viewer,
            [(entry.current, entry.previous) for entry in entries.bodies],
            [(entry.current, entry.previous) for entry in entries.organisations],
            undo_batch,
        )
        db.session.flush()
    except IntegrityError as error:
        # An answer was stored since the check: saving does not wait for the registry.
        db.session.rollback()
        raise LoadNotUndone(NOT_UNDOABLE) from error
    append_events(viewer, [NewEvent(AuditAction.REGISTRY_LOAD_UNDONE, data={"undoes": batch})], undo_batch)
    start_after_many(len(entries.all))


def _loaded_entries(
    viewer: Viewer,
    events: Iterable[AuditEvent],
    bodies: Mapping[str, BodyState],
    organisations: Mapping[str, OrganisationState],
) -> _LoadedEntries:
    """Return the entries of a load by its audit events."""
    index = registry.registry_index(viewer)
    body_bins = {id_: bin_ for bin_, id_ in index.bodies.items()}
    organisation_bins = {id_: bin_ for bin_, (id_, _) in index.organisations.items()}
    entries = _LoadedEntries()
    for event in events:
        if event.action in BODY_ACTIONS:
            current: Any = bodies.get(body_bins.get(event.body_id or 0, ""))
            listed = entries.bodies
        elif event.action in ORGANISATION_ACTIONS:
            current = organisations.get(organisation_bins.get(event.organisation_id or 0, ""))
            listed = entries.organisations
        else:
            continue
        if current is None or not _is_as_loaded(current, event):
            entries.changed_later.append(_name(current) if current is not None else str(event.data.get("bin", ["", ""])[1]))
        else:
            listed.append(Entry(current, _previous_state(current, event)))
    return entries


def _is_as_loaded(current: RegistryState, event: AuditEvent) -> bool:
    """Return whether the fields that the load stored still have its values; of an entry that it added, all fields."""
    facts = from_json(to_json(current))
    is_changed = any(facts[name] != new for name, (_, new) in event.data.items())
    others = (value for name, value in facts.items() if name not in event.data)
    return not is_changed and (event.action not in ADDED or all(value in BLANKS for value in others))


def _previous_state(current: RegistryState, event: AuditEvent) -> RegistryState | None:
    if event.action in ADDED:
        return None
    facts = from_json(to_json(current)) | {name: old for name, (old, _) in event.data.items()}
    adapter: TypeAdapter[RegistryState] = TypeAdapter(type(current))
    return adapter.validate_json(to_json(facts))


def _dependants(
    entries: _LoadedEntries, bodies: Mapping[str, BodyState], organisations: Mapping[str, OrganisationState]
) -> Iterator[str]:
    """Yield the names of the entries that would still name a removed body afterwards."""
    removed = {entry.current.bin for entry in entries.bodies if entry.previous is None}
    former_bodies = {entry.current.bin: entry.previous for entry in entries.bodies}
    former_organisations = {entry.current.bin: entry.previous for entry in entries.organisations}
    for body in bodies.values():
        former = former_bodies.get(body.bin, body)
        if former is not None and former.parent in removed:
            yield _name(body)
    for organisation in organisations.values():
        former = former_organisations.get(organisation.bin, organisation)
        if former is not None and any(period.body in removed for period in former.periods):
            yield _name(organisation)


def _used(viewer: Viewer, model: type[Body | Organisation], entries: Sequence[Entry]) -> list[str]:
    """Return the names of the new entries that a row outside of the registry refers to."""
    new = {entry.current.bin: entry.current for entry in entries if entry.previous is None}
    return [_name(new[bin_]) for bin_ in sorted(queries.bins_in_use(viewer, model, new.keys()))]


def _accepted_years(entries: Iterable[Entry], accepted: Mapping[str, Sequence[int]]) -> list[str]:
    """Return the accepted years of bodies, as text, whose sheet the undo would change. `accepted` is BIN → years."""
    years = sorted({year for years in accepted.values() for year in years})
    changed: dict[tuple[str, int], None] = {}
    for entry in entries:
        for year in years:
            before, after = _facts_in(entry.current, year), _facts_in(entry.previous, year)
            bins = (before[0], after[0]) if before != after else ()
            changed |= dict.fromkeys((bin_, year) for bin_ in bins if bin_ and year in accepted.get(bin_, ()))
    return [f"{bin_}, {year}" for bin_, year in changed]


def _facts_in(state: RegistryState | None, year: int) -> tuple[str | None, Any]:
    """Return what an entry contributes to a sheet of a year: the BIN of the sheet's body, and names and kind."""
    if state is None:
        return None, None
    body = state.bin if isinstance(state, BodyState) else state.body_in(year)
    return body, (names_in(state, year), getattr(state, "kind", None)) if body else None


def _refuse(message: str, names: Sequence[str]) -> None:
    """Raise LoadNotUndone if there are names."""
    if names:
        more = [f"… ({len(names)})"] if len(names) > MAX_NAMES else []
        raise LoadNotUndone(message, entries="; ".join([*names[:MAX_NAMES], *more]))


def _name(state: RegistryState) -> str:
    return f"{state.name_kk or state.name_ru} ({state.bin})"
