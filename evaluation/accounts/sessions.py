"""Sessions of signed-in people, stored in the database: signing out, an administrator or another session ends them at once.

The cookie has a random token; the table has its SHA-256. A session also ends with the account's `fs_uniquifier`.
"""

import hashlib
import secrets
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, update
from sqlalchemy.exc import SQLAlchemyError

from evaluation.accounts.devices import device_name
from evaluation.accounts.models import Account, AccountSession
from evaluation.audit.actions import AuditAction
from evaluation.audit.operations import NewEvent, append_events
from evaluation.clock import now
from evaluation.configuration import configuration
from evaluation.database import brief_transaction, db
from evaluation.policy import Action, Viewer

TOKEN_BYTES = 32
UPDATE_INTERVAL = timedelta(minutes=1)
"""How often the time of the last request is stored at most."""
MAX_ADDRESS_LENGTH = 64


def session_id(token: str) -> str:
    """Return the id under which the session of a token is stored."""
    return hashlib.sha256(token.encode()).hexdigest()


def start_session(account: Account, address: str, user_agent: str, is_trusted: bool) -> str:
    """Store a new session; return its token for the cookie.

    Args:
        account: The account of the person who has signed in.
        address: The network address.
        user_agent: The header that names browser and system.
        is_trusted: Whether the person has signed in with the device before.
    """
    token, at = secrets.token_urlsafe(TOKEN_BYTES), now()
    db.session.add(
        AccountSession(
            id=session_id(token),
            account_id=account.id,
            started_at=at,
            last_request_at=at,
            device=device_name(user_agent),
            address=address[:MAX_ADDRESS_LENGTH],
            is_trusted=is_trusted,
        )
    )
    return token


def oldest_times() -> tuple[datetime, datetime]:
    """Return the earliest start and the earliest last request that a session may have to go on."""
    settings, at = configuration().settings, now()
    return at - timedelta(hours=settings.session_hours), at - timedelta(minutes=settings.session_idle_minutes)


def is_expired(started_at: datetime, last_request_at: datetime) -> bool:
    """Return whether a session has reached its maximum length or had no request for too long."""
    earliest_start, earliest_request = oldest_times()
    return started_at < earliest_start or last_request_at < earliest_request


def store_last_request(id_: str) -> None:
    """Store that a request came just now, in a transaction of its own, which waits for no other writer.

    Where it cannot be stored now, a later request stores it.
    """
    at = now()
    statement = update(AccountSession).where(AccountSession.id == id_, AccountSession.last_request_at <= at - UPDATE_INTERVAL)
    with suppress(SQLAlchemyError), brief_transaction() as connection:
        connection.execute(statement.values(last_request_at=at))


def delete_session(id_: str) -> None:
    """Delete a session; the caller writes why."""
    db.session.execute(delete(AccountSession).where(AccountSession.id == id_))


def delete_sessions(account_id: int, except_id: str | None = None) -> int:
    """Delete the sessions of an account, all but one if it is named; return their number. The caller writes why."""
    statement = delete(AccountSession).where(AccountSession.account_id == account_id)
    if except_id is not None:
        statement = statement.where(AccountSession.id != except_id)
    return int(db.session.execute(statement).rowcount)  # type: ignore[attr-defined]


def end_session(viewer: Viewer, id_: str) -> bool:
    """End one of the viewer's sessions; return False if they have no such session. Raises Forbidden."""
    viewer.require(Action.ACCOUNT)
    statement = delete(AccountSession).where(AccountSession.id == id_, AccountSession.account_id == viewer.account_id)
    device = db.session.execute(statement.returning(AccountSession.device)).scalar()
    if device is None:
        return False
    append_events(viewer, [NewEvent(AuditAction.SESSIONS_ENDED, data={"count": 1, "device": device})])
    return True


def end_other_sessions(viewer: Viewer, current_id: str) -> int:
    """End the viewer's sessions but the current one; return their number. Raises Forbidden."""
    viewer.require(Action.ACCOUNT)
    count = delete_sessions(viewer.account_id or 0, current_id)
    if count:
        append_events(viewer, [NewEvent(AuditAction.SESSIONS_ENDED, data={"count": count})])
    return count


def end_sessions_of(viewer: Viewer, account: Account) -> int:
    """End all sessions of another person, as an administrator; return their number. Raises Forbidden."""
    viewer.require(Action.MANAGE_ACCOUNTS)
    count = delete_sessions(account.id)
    data = {"account": account.id, "email": account.email, "count": count}
    append_events(viewer, [NewEvent(AuditAction.SESSIONS_ENDED_BY_ADMINISTRATOR, data=data)])
    return count


def remove_expired(viewer: Viewer) -> None:
    """Delete the sessions that have expired; the caller commits. Raises Forbidden."""
    viewer.require(Action.MANAGE_ACCOUNTS)
    earliest_start, earliest_request = oldest_times()
    is_over = or_(AccountSession.started_at < earliest_start, AccountSession.last_request_at < earliest_request)
    db.session.execute(delete(AccountSession).where(is_over))
