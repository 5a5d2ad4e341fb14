"""Audit of downloads of the list of bodies."""

from collections.abc import Mapping
from hashlib import sha256

from evaluation.audit.actions import AuditAction
from evaluation.audit.operations import NewEvent, append_events
from evaluation.policy import Action, Viewer


def record_body_list_export(viewer: Viewer, year: int, format_: str, query: Mapping[str, str | None], content: bytes) -> None:
    """Record that the viewer downloads the list of bodies; the caller commits.

    Args:
        viewer: Who downloads.
        year: The reporting year of the list.
        format_: The file format.
        query: The filters and the sort order, as in the query string.
        content: The bytes of the file; their SHA-256 is recorded.

    Raises:
        Forbidden: The viewer cannot see bodies.
    """
    viewer.require(Action.VIEW)
    filters = {name: value for name, value in query.items() if value}
    data = {"what": "bodies", "format": format_, "filters": filters, "sha256": sha256(content).hexdigest()}
    append_events(viewer, [NewEvent(AuditAction.FILE_EXPORTED, year, data=data)])
