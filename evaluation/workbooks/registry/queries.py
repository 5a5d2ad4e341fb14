"""Reads that loads of the registry and their undo depend on."""

from collections.abc import Collection, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from evaluation.answers.models import Report
from evaluation.audit import queries as audit
from evaluation.audit.actions import AuditAction
from evaluation.audit.models import AuditEvent
from evaluation.database import MAX_IDS_PER_STATEMENT, Base, batched, db, table_of
from evaluation.policy import Action, Viewer
from evaluation.registry.models import Body, FormerName, Organisation, Status, Supervision
from evaluation.registry.queries import ids_by_bin
from evaluation.submissions.models import ACCEPTED, Submission

MAX_LOADS = 20
REGISTRY_TABLES = (Body, FormerName, Status, Supervision)
"""The tables whose rows belong to the bodies and organisations that they refer to."""


@dataclass(frozen=True)
class RegistryLoad:
    """A stored registry workbook: the batch of its audit events, who stored it when, and its numbers of rows."""

    batch: str
    actor: str
    at: datetime
    new_count: int
    changed_count: int
    is_undone: bool


def loads(viewer: Viewer) -> list[RegistryLoad]:
    """Return the latest loads of the registry, the newest first. Raises Forbidden."""
    viewer.require(Action.MANAGE_REGISTRY)
    newest_first: dict[str, Any] = {"order_by": (AuditEvent.id.desc(),), "limit": MAX_LOADS}
    loaded = audit.events(Viewer.system(), AuditEvent.action == AuditAction.REGISTRY_LOADED, **newest_first)
    undone_events = audit.events(Viewer.system(), AuditEvent.action == AuditAction.REGISTRY_LOAD_UNDONE, **newest_first)
    undone = {event.data["undoes"] for event in undone_events}
    return [
        RegistryLoad(
            event.batch or "", event.actor, event.at, event.data["new"], event.data["changed"], (event.batch or "") in undone
        )
        for event in loaded
    ]


def bins_in_use(viewer: Viewer, model: type[Body | Organisation], bins: Set[str]) -> set[str]:
    """Return those of these BINs whose body or organisation a row outside of the registry refers to. Raises Forbidden.

    What is derived, such as results, goes with them.
    """
    ids = ids_by_bin(viewer, bins)[model is Organisation]
    bin_by_id = {id_: bin_ for bin_, id_ in ids.items() if bin_ in bins}
    registry_tables = {table_of(item) for item in REGISTRY_TABLES}
    keys = (key for table in Base.metadata.sorted_tables if table not in registry_tables for key in table.foreign_keys)
    columns = [key.parent for key in keys if key.column.table is table_of(model) and key.ondelete != "CASCADE"]
    return {bin_by_id[id_] for column in columns for id_ in _referenced_ids(column, bin_by_id)}


def _referenced_ids(column: Any, ids: Collection[int]) -> set[int]:
    """Return those of these ids that a column has."""
    referenced: set[int] = set()
    for part in batched(list(ids)):
        referenced |= set(db.session.scalars(select(column).where(column.in_(part)).distinct()))
    return referenced


def accepted_years(viewer: Viewer) -> dict[str, list[int]]:
    """Return the BIN of each body with accepted years → these years. Raises Forbidden."""
    viewer.require(Action.MANAGE_REGISTRY)
    statement = select(Body.bin, Submission.year).join(Submission, Submission.body_id == Body.id)
    years: dict[str, list[int]] = {}
    for bin_, year in db.session.execute(statement.where(Submission.status == ACCEPTED)):
        years.setdefault(bin_, []).append(year)
    return years


def bins_with_reports(viewer: Viewer, bins: Set[str]) -> set[str]:
    """Return the BINs of organisations with a report of any year; their kind can no longer change. Raises Forbidden."""
    viewer.require(Action.MANAGE_REGISTRY)
    statement = select(Organisation.bin).join(Report, Report.organisation_id == Organisation.id).distinct()
    if len(bins) <= MAX_IDS_PER_STATEMENT:
        statement = statement.where(Organisation.bin.in_(bins))
    return set(db.session.scalars(statement)) & set(bins)
