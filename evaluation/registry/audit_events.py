"""Audit events of the registry. Their data suffice to reconstruct every body and organisation."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from evaluation.audit.actions import AuditAction
from evaluation.audit.operations import NewEvent
from evaluation.registry.states import BodyState, OrganisationState, RegistryState, changed_fields

BodyChange = tuple[BodyState | None, BodyState]
"""The state that a body had, None for a new one, and its next state."""
OrganisationChange = tuple[OrganisationState | None, OrganisationState]
"""The state that an organisation had, None for a new one, and its next state."""


def audit_data(previous: RegistryState | None, current: RegistryState) -> dict[str, Any]:
    """Return field → [old, new] of the fields that differ."""
    return {name: list(pair) for name, pair in changed_fields(previous, current).items()}


def removal_data(state: RegistryState) -> dict[str, Any]:
    """Return field → [old, None] of the fields of a removed entry."""
    return {name: [value, None] for name, (_, value) in changed_fields(None, state).items()}


def change_events(
    bodies: Sequence[BodyChange],
    organisations: Sequence[OrganisationChange],
    actions: Mapping[str, AuditAction],
    body_ids: Mapping[str, int],
    organisation_ids: Mapping[str, int],
) -> list[NewEvent]:
    """Return the events of changed and new states.

    Args:
        bodies: The changed bodies.
        organisations: The changed organisations.
        actions: BIN → the action, where it is not simply added or changed.
        body_ids: BIN → id of every body that the states name.
        organisation_ids: BIN → id of every organisation that the states name.
    """
    events = []
    for previous_body, body_state in bodies:
        default = AuditAction.BODY_ADDED if previous_body is None else AuditAction.BODY_CHANGED
        action = actions.get(body_state.bin, default)
        events.append(NewEvent(action, body_id=body_ids[body_state.bin], data=audit_data(previous_body, body_state)))
    for previous, current in organisations:
        default = AuditAction.ORGANISATION_ADDED if previous is None else AuditAction.ORGANISATION_CHANGED
        action = actions.get(current.bin, default)
        changed_periods = {*(previous.periods if previous is not None else ())} ^ {*current.periods}
        body = _last_body(current) or (_last_body(previous) if previous is not None else None)
        body_id, organisation_id = body_ids.get(body or ""), organisation_ids[current.bin]
        events += organisation_left_events(organisation_id, {body_ids[item.body] for item in changed_periods}, body_id, body)
        events.append(NewEvent(action, None, body_id, organisation_id, audit_data(previous, current)))
    return events


def organisation_left_events(
    organisation_id: int, changed_body_ids: Collection[int], body_id: int | None, body_bin: str | None
) -> list[NewEvent]:
    """Return an event for the audit chain of each other body whose supervision of an organisation changed.

    Args:
        organisation_id: The organisation.
        changed_body_ids: The bodies whose periods of supervision changed.
        body_id: The last body of the organisation, whose chain has the event of the change itself.
        body_bin: The BIN of that body.
    """
    others = sorted(set(changed_body_ids) - {body_id})
    return [NewEvent(AuditAction.ORGANISATION_LEFT, None, other, organisation_id, {"to": body_bin}) for other in others]


def _last_body(state: OrganisationState) -> str | None:
    """Return the BIN of the last body that supervised the organisation."""
    return state.periods[-1].body if state.periods else None
