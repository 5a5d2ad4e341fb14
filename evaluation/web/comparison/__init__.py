"""Pages that look across bodies and years."""

from evaluation.comparison.notes import NO_RANK_IN_ORDER, REGIONS_WITHOUT_AKIMATS
from evaluation.web.core.access import action_of
from evaluation.web.core.request_context import current_viewer


def can_open(endpoint: str) -> bool:
    """Return whether a page exists and the viewer's role may open it."""
    action = action_of(endpoint)
    return action is not None and current_viewer().may(action)


def context() -> dict[str, object]:
    """Return the names that the templates of these pages use."""
    return {"can_open": can_open, "no_rank_in_order": NO_RANK_IN_ORDER, "regions_without_akimats": REGIONS_WITHOUT_AKIMATS}
