"""Audit of downloads of the ranking."""

from hashlib import sha256

from evaluation.audit.actions import AuditAction
from evaluation.audit.operations import NewEvent, append_events
from evaluation.comparison.ranking.model import RankingQuery
from evaluation.policy import Action, Viewer


def record_ranking_export(viewer: Viewer, year: int, format_: str, query: RankingQuery, content: bytes) -> None:
    """Record that the viewer downloads the ranking; the caller commits.

    Args:
        viewer: Who downloads.
        year: The reporting year.
        format_: The file format.
        query: What was requested.
        content: The bytes of the file; their SHA-256 is recorded.

    Raises:
        Forbidden: The viewer cannot see bodies.
    """
    viewer.require(Action.VIEW)
    filters = {name: value for name, value in query.to_query().items() if value and name != "scope"}
    if query.scope.value:
        filters[query.scope.kind] = query.scope.value
    data = {"what": "ranking", "format": format_, "filters": filters, "sha256": sha256(content).hexdigest()}
    append_events(viewer, [NewEvent(AuditAction.FILE_EXPORTED, year, data=data)])
