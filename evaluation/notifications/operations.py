"""What changes messages: telling people of something, and reading."""

from collections.abc import Mapping
from typing import Any, Literal

from flask import current_app, g
from sqlalchemy import update

from evaluation.accounts.queries import DEMONSTRATION
from evaluation.clock import now
from evaluation.database import db, insert_unless_there, table_of
from evaluation.notifications.models import Message
from evaluation.notifications.queries import people_of, reviewers_of
from evaluation.policy import Action, Forbidden, Viewer


def tell(
    viewer: Viewer,
    kind: str,
    year: int,
    body_id: int,
    organisation_id: int | None = None,
    code: str | None = None,
    data: Mapping[str, Any] | None = None,
    once: str | None = None,
    to: Literal["body", "reviewers"] = "body",
    skip: int | None = None,
) -> list[int]:
    """Tell people of what happened to a body's year, in the transaction in which it happens; the accounts that were told.

    `to` the `body`: its clerks and heads; to the `reviewers`: those of its region, else those of the country; only who is
    active, and not who acts, whose account is `skip`. `organisation_id` and `code` point to an answer. `data` is what the words
    are made of (:mod:`evaluation.notifications.content`): of a `submitted` year nothing, a `returned` or `reopened` one its "reason", an
    `accepted` one its "revision", a `remark` its "text" and, where it answers one, "reply": true. Who acts is added. What has a
    name in `once` is told to nobody a second time. Raises Forbidden for who may not see the body.
    """
    found = people_of(viewer, body_id) if to == "body" else reviewers_of(viewer, body_id)
    mailed, told = bool(current_app.config["SMTP_URL"]), []
    for account_id, email in sorted(found.items()):
        if account_id == skip:
            continue
        row = {
            "account_id": account_id,
            "kind": kind,
            "year": year,
            "body_id": body_id,
            "organisation_id": organisation_id,
            "code": code,
            "data": {"by": viewer.name} | dict(data or {}),
            "once": once,
            "at": now(),
            # The demonstration's addresses lead nowhere.
            "mail": "waiting" if mailed and not email.endswith(DEMONSTRATION) else "none",
        }
        if insert_unless_there(db.session.connection(), table_of(Message), row):
            told.append(account_id)
    # What is to be mailed is mailed once it is committed: see `evaluation.notifications.outbox`.
    g.told = g.get("told", False) or bool(told)
    return told


def read(viewer: Viewer, message: Message) -> None:
    """Note that the viewer has read their message. Raises Forbidden for another's."""
    viewer.require(Action.OWN)
    if message.account_id != viewer.account_id:
        raise Forbidden(f"{viewer.name!r} may not read the message {message.id}")
    if message.read_at is None:
        message.read_at = now()
        db.session.flush()


def read_all(viewer: Viewer) -> None:
    """Note that the viewer has read all that they were told of. Raises Forbidden."""
    viewer.require(Action.OWN)
    own = update(Message).where(Message.account_id == viewer.account_id, Message.read_at.is_(None))
    db.session.execute(own.values(read_at=now()))
