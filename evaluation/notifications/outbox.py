"""The mail of messages. It waits in their table, written by the transaction that tells of something, and is sent after that.

Whoever sends a message claims it first, so that no two send the same one. A process that dies between sending it and noting so
leaves it claimed, and once the claim is stale it is sent again: each mail goes at least once, and twice only then. The second
bears the same Message-ID, by which mail programs know it for the same.
"""

import smtplib
import threading
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask import Flask, current_app, g
from sqlalchemy import case, or_, update

from evaluation.accounts import queries as accounts
from evaluation.accounts.models import Account
from evaluation.clock import now
from evaluation.database import db, table_of
from evaluation.notifications import content as words
from evaluation.notifications import email as mail
from evaluation.notifications import queries
from evaluation.notifications.models import Message
from evaluation.notifications.queries import Told
from evaluation.policy import Viewer

CLAIMED = timedelta(minutes=15)
"""How long a claim holds: far longer than a mail server has to answer at every step."""
TRIES = 72
"""Attempts after which a mail is given up: three days of an hourly `flask remind`."""
AT_ONCE = 100
"""Mails that are written at a time."""
OTHERS_MAY_PASS = (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError)
"""What the server says of one mail; after anything else it is left in peace until the next time."""

MESSAGE = table_of(Message)


class Postman:
    """Sends in the background what nobody has tried to send yet: one thread at a time, however often it is called."""

    def __init__(self, app: Flask):
        self.app, self.lock = app, threading.Lock()
        self.called = self.runs = False
        self.thread = threading.Thread()

    def call(self) -> None:
        """Send what waits; comes back at once."""
        with self.lock:
            self.called = True
            if not self.runs:
                self.runs = True
                self.thread = threading.Thread(target=self._go, daemon=True)
                self.thread.start()

    def _go(self) -> None:
        while self._is_called():
            with self.app.app_context():
                try:
                    send(Viewer.system(), untried=True)
                except Exception:
                    # Whatever it is, it waits for the next time.
                    self.app.logger.exception("Mail is left waiting")

    def _is_called(self) -> bool:
        with self.lock:
            self.called, self.runs = False, self.called
            return self.runs


def init_app(app: Flask) -> None:
    mail.init_app(app)
    app.extensions["postman"] = Postman(app)


def call_the_postman() -> None:
    """Once a request that told somebody of something is committed: send the mail of it."""
    if g.pop("told", False) and current_app.config["SMTP_URL"]:
        current_app.extensions["postman"].call()


def send(viewer: Viewer, untried: bool = False) -> "Counter[str]":
    """Send the mail that waits, or of it what was never tried; how many of it came to which of `MAIL_STATES`.

    Each step is a transaction of its own and none of the caller's. Raises Forbidden.
    """
    done: Counter[str] = Counter()
    if not current_app.config["SMTP_URL"]:
        return done
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    with app.app_context():
        ids = queries.waiting(viewer, now() - CLAIMED, untried)
    connection = mail.connect()
    try:
        for start in range(0, len(ids), AT_ONCE):
            for id_, letter in _letters(app, viewer, ids[start : start + AT_ONCE]):
                if not _claim(id_):
                    continue
                state, others_may_pass = _sent(connection, letter)
                done[_settle(id_, state)] += 1
                if not others_may_pass:
                    return done
    finally:
        connection.close()
    return done


def _letters(app: Flask, viewer: Viewer, ids: Sequence[int]) -> list[tuple[int, Any]]:
    """Each message as a mail; None for one that its reader has no more use for.

    They are read in a context of their own, so that no transaction stays open while the server thinks.
    """
    base = app.config["PUBLIC_URL"] or f"http://{app.config['ADDRESS']}"
    with app.app_context(), app.test_request_context(base_url=base):
        return [(told.message.id, _letter(told, account)) for told, account in queries.addressed(viewer, ids)]


def _letter(told: Told, account: Account) -> Any:
    if not accounts.viewer_of(account).sees(told.body.id):
        return None
    name = f"message-{told.message.id}.{told.message.at:%Y%m%d%H%M%S}"
    return mail.written(account.email, words.subject(told, words.language_of(account)), words.text(told, account), name)


def _sent(connection: mail.Connection, letter: Any) -> tuple[str, bool]:
    """What one of `MAIL_STATES` it is in now, and whether the server may take the others."""
    if letter is None:
        return "none", True
    try:
        mail.send(connection, letter)
    except mail.Refused as error:
        current_app.logger.error("The mail server refuses a mail for good: %r", error)
        return "failed", True
    except OSError as error:
        current_app.logger.error("The mail server does not take mail: %s", error)
        return "waiting", isinstance(error, OTHERS_MAY_PASS)
    return "sent", True


def _claim(id_: int) -> bool:
    """Take a message to send it; False where another process has done so, or it waits no more."""
    free = or_(MESSAGE.c.claimed_at.is_(None), MESSAGE.c.claimed_at < now() - CLAIMED)
    taken = update(MESSAGE).where(MESSAGE.c.id == id_, MESSAGE.c.mail == "waiting", free)
    with db.engine.begin() as connection:
        return bool(connection.execute(taken.values(claimed_at=now(), tries=MESSAGE.c.tries + 1)).rowcount)


def _settle(id_: int, state: str) -> str:
    """Note what became of a mail; one that still waits is given up after `TRIES`."""
    value = case((MESSAGE.c.tries >= TRIES, "failed"), else_="waiting") if state == "waiting" else state
    settled = update(MESSAGE).where(MESSAGE.c.id == id_).values(mail=value, claimed_at=None).returning(MESSAGE.c.mail)
    with db.engine.begin() as connection:
        return str(connection.execute(settled).scalar_one())
