"""Changes of the administrator's settings of the comparison."""

from sqlalchemy import update

from evaluation.audit.actions import AuditAction
from evaluation.audit.operations import NewEvent, append_events
from evaluation.comparison.models import RankingSetting
from evaluation.database import db
from evaluation.policy import Action, Viewer


def open_ranking(viewer: Viewer, is_open: bool) -> bool:
    """Open the ranking to all bodies, or limit it again; the caller commits.

    Returns:
        Whether the setting changed.

    Raises:
        Forbidden: The viewer may not manage who sees what.
    """
    viewer.require(Action.MANAGE_ACCOUNTS)
    statement = update(RankingSetting).where(RankingSetting.is_open.is_not(is_open)).values(is_open=is_open)
    if not db.session.connection().execute(statement).rowcount:
        return False
    append_events(viewer, [NewEvent(AuditAction.RANKING_OPENED if is_open else AuditAction.RANKING_LIMITED)])
    return True
