"""The administrator's operations on bodies and organisations.

Each operation checks the next state against the rules, stores the difference and writes an audit event. It takes the state that
the administrator saw (`expected`): where the stored state is a different one by now, it stores nothing and raises
RegistryConflict.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from http import HTTPStatus
from typing import Any

from evaluation.audit.actions import AuditAction
from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.policy import Action, Viewer
from evaluation.registry.admin import changes, queries
from evaluation.registry.admin.labels import organisation_kinds
from evaluation.registry.admin.persistence import remove_states, store_states
from evaluation.registry.admin.rules import RegistryError, doubt_of_first_day, supervision_violations, violations
from evaluation.registry.audit_events import BodyChange, OrganisationChange
from evaluation.registry.locking import lock_registry
from evaluation.registry.models import Body, Organisation
from evaluation.registry.queries import orders, years
from evaluation.registry.states import BodyState, OrganisationState, RegistryState, changed_fields


class RegistryConflict(EvaluationError):
    """Someone else changed the body or organisation meanwhile.

    `current` is the stored state, None where it no longer exists; `changed` is field → (expected, current) of what differs.
    """

    status = HTTPStatus.CONFLICT

    def __init__(self, expected: RegistryState, current: RegistryState | None):
        self.current = current
        self.changed: Mapping[str, tuple[Any, Any]] = changed_fields(expected, current) if current is not None else {}
        super().__init__(
            N_("Someone else changed this in the meantime. Nothing was stored; check what changed and decide again.")
        )


# Bodies


def add_body(viewer: Viewer, state: BodyState) -> None:
    """Enter a body. Raises Forbidden, RegistryError."""
    viewer.require(Action.MANAGE_REGISTRY)
    if queries.id_of(viewer, Body, state.bin) is not None:
        raise RegistryError("known_bin", "bin", value=state.bin)
    _save_body(viewer, AuditAction.BODY_ADDED, None, state)


def change_body(
    viewer: Viewer,
    expected: BodyState,
    name_kk: str,
    name_ru: str,
    level: str | None,
    parent: str | None,
    kato: str | None,
    since: date | None,
) -> None:
    """Correct the facts of a body for every year; see :func:`evaluation.registry.admin.changes.correct_body`.

    Raises:
        Forbidden: The viewer may not manage the registry.
        RegistryError: The new facts violate a rule.
        RegistryConflict: The stored state is not the expected one.
    """
    current = changes.correct_body(expected, name_kk, name_ru, level, parent, kato, since)
    _save_body(viewer, AuditAction.BODY_CHANGED, expected, current)


def rename_body(viewer: Viewer, expected: BodyState, since: date, name_kk: str, name_ru: str) -> None:
    """Give a body new names from a day on. Raises Forbidden, RegistryError, RegistryConflict."""
    _save_body(viewer, AuditAction.BODY_RENAMED, expected, changes.rename(expected, since, name_kk, name_ru))


def close_body(viewer: Viewer, expected: BodyState, last_day: date) -> None:
    """Close a body that supervises nothing after its last day. Raises Forbidden, RegistryError, RegistryConflict."""
    _save_body(viewer, AuditAction.BODY_CLOSED, expected, changes.close_body(expected, last_day))


def reopen_body(viewer: Viewer, expected: BodyState) -> None:
    """Withdraw the closing of a body. Raises Forbidden, RegistryError, RegistryConflict."""
    _save_body(viewer, AuditAction.BODY_REOPENED, expected, changes.reopen_body(expected))


def check_body(viewer: Viewer, previous: BodyState | None, current: BodyState) -> None:
    """Check the next state of a body. Raises Forbidden, and RegistryError for the first violation."""
    viewer.require(Action.MANAGE_REGISTRY)
    if current.closed_on is not None and (previous is None or previous.closed_on != current.closed_on):
        count = queries.supervised_after(viewer, current.bin, current.closed_on)
        if count:
            raise RegistryError("body_has_organisations", "closed_on", day=current.closed_on, count=count)
    if current.since is not None and previous is not None and previous.since != current.since:
        count = queries.supervised_before(viewer, current.bin, current.since)
        if count:
            raise RegistryError("body_had_organisations", "since", day=current.since, count=count)
    bodies = queries.body_states(viewer) | {current.bin: current}
    for violation in violations(previous, current, bodies):
        raise violation.error


def _save_body(viewer: Viewer, action: AuditAction, expected: BodyState | None, current: BodyState) -> None:
    viewer.require(Action.MANAGE_REGISTRY)
    if expected is not None:
        lock_registry(exclusive=True)
        stored = queries.body_states(viewer, expected.bin).get(expected.bin)
        if stored != expected:
            raise RegistryConflict(expected, stored)
    check_body(viewer, expected, current)
    store_states(viewer, [(expected, current)], [], {current.bin: action})


# Organisations


def add_organisation(viewer: Viewer, state: OrganisationState, confirmed: str = "") -> None:
    """Enter an organisation with its periods and statuses.

    Raises:
        Forbidden: The viewer may not manage the registry.
        RegistryError: The facts violate a rule.
        DoubtfulValue: It counts in no open year, and that is not `confirmed`.
    """
    viewer.require(Action.MANAGE_REGISTRY)
    if queries.id_of(viewer, Organisation, state.bin) is not None:
        raise RegistryError("known_bin", "bin", value=state.bin)
    if doubt := doubt_of_first_day(None, state, [item.year for item in years()]):
        doubt.require(confirmed)
    _save_organisation(viewer, AuditAction.ORGANISATION_ADDED, None, state)


def change_organisation(viewer: Viewer, expected: OrganisationState, current: OrganisationState, has_reports: bool) -> None:
    """Correct an organisation's names, state share, flags or kind; reports fix the kind (`has_reports`).

    Raises:
        Forbidden: The viewer may not manage the registry.
        RegistryError: The new facts violate a rule.
        RegistryConflict: The stored state is not the expected one.
    """
    if current.kind != expected.kind and has_reports:
        raise RegistryError("kind_reported", "kind")
    _save_organisation(viewer, AuditAction.ORGANISATION_CHANGED, expected, current)


def rename_organisation(viewer: Viewer, expected: OrganisationState, since: date, name_kk: str, name_ru: str) -> None:
    """Give an organisation new names from a day on. Raises Forbidden, RegistryError, RegistryConflict."""
    current = changes.rename(expected, since, name_kk, name_ru)
    _save_organisation(viewer, AuditAction.ORGANISATION_RENAMED, expected, current)


def move_organisation(viewer: Viewer, expected: OrganisationState, body: str, year: int) -> None:
    """Put an organisation under another body, by its BIN, from 1 January of a year on.

    Its reports move with it; the sheets of earlier years do not change. Raises Forbidden, RegistryError, RegistryConflict.
    """
    current = changes.move_organisation(expected, body, date(year, 1, 1))
    _save_organisation(viewer, AuditAction.ORGANISATION_MOVED, expected, current)


def correct_first_day(viewer: Viewer, expected: OrganisationState, since: date) -> None:
    """Correct the first day under the latest body. Raises Forbidden, RegistryError, RegistryConflict."""
    _save_organisation(viewer, AuditAction.ORGANISATION_CHANGED, expected, changes.correct_first_day(expected, since))


def add_status(viewer: Viewer, expected: OrganisationState, status: str, since: date) -> None:
    """Give an organisation a status from a day on; closing ends its supervision.

    Raises Forbidden, RegistryError, RegistryConflict.
    """
    _save_organisation(viewer, AuditAction.STATUS_ADDED, expected, changes.add_status(expected, status, since))


def withdraw_status(viewer: Viewer, expected: OrganisationState) -> None:
    """Remove the latest status of an organisation. Raises Forbidden, RegistryError, RegistryConflict."""
    _save_organisation(viewer, AuditAction.STATUS_WITHDRAWN, expected, changes.withdraw_status(expected))


def check_organisation(viewer: Viewer, previous: OrganisationState | None, current: OrganisationState) -> None:
    """Check the next state of an organisation. Raises Forbidden, and RegistryError for the first violation."""
    viewer.require(Action.MANAGE_REGISTRY)
    if current.kind not in organisation_kinds(orders()):
        raise RegistryError("not_kind_of_order", "kind", value=current.kind)
    for violation in violations(previous, current, queries.body_states(viewer)):
        raise violation.error


def _save_organisation(
    viewer: Viewer, action: AuditAction, expected: OrganisationState | None, current: OrganisationState
) -> None:
    viewer.require(Action.MANAGE_REGISTRY)
    if expected is not None:
        lock_registry(exclusive=True)
        stored = queries.organisation_states(viewer, expected.bin).get(expected.bin)
        if stored != expected:
            raise RegistryConflict(expected, stored)
    check_organisation(viewer, expected, current)
    store_states(viewer, [], [(expected, current)], {current.bin: action})


# Bodies and organisations together


def store_all(viewer: Viewer, bodies: Sequence[BodyChange], organisations: Sequence[OrganisationChange], batch: str) -> None:
    """Store many states, all or nothing.

    The rules are checked on the registry as it will be afterwards. The caller has shown each violation at its cell before.

    Args:
        viewer: Who changes the registry.
        bodies: Expected and next state of bodies.
        organisations: Expected and next state of organisations.
        batch: The name that joins the audit events.

    Raises:
        Forbidden: The viewer may not manage the registry.
        RegistryConflict: A stored state is not the expected one.
        RegistryError: A rule is violated; the first violation.
    """
    viewer.require(Action.MANAGE_REGISTRY)
    lock_registry(exclusive=True)
    all_bodies, all_organisations = queries.body_states(viewer), queries.organisation_states(viewer)
    stored: dict[str, Any] = {**all_bodies, **all_organisations}
    changed: list[tuple[Any, Any]] = [*bodies, *organisations]
    for expected, current in changed:
        if stored.get(current.bin) != expected:
            raise RegistryConflict(expected or current, stored.get(current.bin))
    all_bodies |= {current.bin: current for _, current in bodies}
    all_organisations |= {current.bin: current for _, current in organisations}
    _check_all(bodies, organisations, all_bodies, all_organisations)
    store_states(viewer, bodies, organisations, {}, batch)


def restore_all(
    viewer: Viewer,
    bodies: Sequence[tuple[BodyState, BodyState | None]],
    organisations: Sequence[tuple[OrganisationState, OrganisationState | None]],
    batch: str,
) -> None:
    """Give entries a former state, and remove those without one, all or nothing.

    Args:
        viewer: Who changes the registry.
        bodies: Stored and former state of bodies; None removes the body.
        organisations: Stored and former state of organisations.
        batch: The name that joins the audit events.

    Raises:
        Forbidden: The viewer may not manage the registry.
        RegistryError: A rule is violated; the first violation.
    """
    viewer.require(Action.MANAGE_REGISTRY)
    lock_registry(exclusive=True)
    all_bodies: dict[str, BodyState] = _after(queries.body_states(viewer), bodies)
    all_organisations: dict[str, OrganisationState] = _after(queries.organisation_states(viewer), organisations)
    restored_bodies = [(stored, former) for stored, former in bodies if former is not None]
    restored_organisations = [(stored, former) for stored, former in organisations if former is not None]
    _check_all(restored_bodies, restored_organisations, all_bodies, all_organisations)
    store_states(viewer, restored_bodies, restored_organisations, {}, batch)
    removed_bodies = [stored for stored, former in bodies if former is None]
    remove_states(viewer, removed_bodies, [stored for stored, former in organisations if former is None], batch)


def _after(states: Mapping[str, Any], changes: Sequence[tuple[Any, Any]]) -> dict[str, Any]:
    """Return BIN → state after changes to former states; None removes an entry."""
    former_states = {stored.bin: former for stored, former in changes}
    return {bin_: state for bin_, state in {**states, **former_states}.items() if state is not None}


def _check_all(
    bodies: Sequence[BodyChange],
    organisations: Sequence[OrganisationChange],
    all_bodies: Mapping[str, BodyState],
    all_organisations: Mapping[str, OrganisationState],
) -> None:
    """Check the changed states, and the organisations of bodies whose first or last day changes."""
    kinds = organisation_kinds(orders())
    for _, organisation in organisations:
        if organisation.kind not in kinds:
            raise RegistryError("not_kind_of_order", "kind", value=organisation.kind)
    changed: list[tuple[Any, Any]] = [*bodies, *organisations]
    for expected, current in changed:
        for violation in violations(expected, current, all_bodies):
            raise violation.error
    limited = {
        body.bin
        for previous, body in bodies
        if previous is None or (previous.since, previous.closed_on) != (body.since, body.closed_on)
    }
    for organisation in all_organisations.values():
        if any(period.body in limited for period in organisation.periods):
            for violation in supervision_violations(organisation, all_bodies):
                raise violation.error
