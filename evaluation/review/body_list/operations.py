"""Taking the list of bodies out of the product: who took what, the record tells."""

from collections.abc import Mapping
from hashlib import sha256

from evaluation.audit.operations import NewEvent, write
from evaluation.policy import Action, Viewer


def record_export(viewer: Viewer, year: int, format_: str, filters: Mapping[str, str | None], content: bytes) -> None:
    """Record that the viewer takes the list as a file; the caller commits. Raises Forbidden for who may not see it."""
    viewer.require(Action.SEE)
    kept = {name: value for name, value in filters.items() if value}
    data = {"what": "bodies", "format": format_, "filters": kept, "sha256": sha256(content).hexdigest()}
    write(viewer, [NewEvent("exported", year, data=data)])
