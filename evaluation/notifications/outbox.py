"""Sends the mail of notifications, in a background job. It waits in their table, written by the transaction that notifies.

A process claims a mail before it sends it, so that no two processes send the same one. A process that dies between sending a mail
and storing the result leaves it claimed; the mail is sent again when the claim expires. So each mail is sent at least once. The
second mail has the same Message-ID, by which mail programs recognise it.
"""

import logging
import smtplib
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import case, or_, update

from evaluation.accounts import queries as accounts
from evaluation.accounts.models import Account
from evaluation.clock import now
from evaluation.configuration import configuration
from evaluation.database import db, table_of
from evaluation.jobs.kinds import JobKind, JobRun
from evaluation.language import N_
from evaluation.links import LinkBuilder
from evaluation.metrics import MAILS
from evaluation.notifications import content, queries
from evaluation.notifications.email import Mail, MailConnection, MailRejected, log_reason
from evaluation.notifications.models import Notification
from evaluation.notifications.queries import NotificationView
from evaluation.policy import Action, Viewer

CLAIM_DURATION = timedelta(minutes=15)
"""How long a claim lasts: far longer than a mail server may take to answer every step."""
MAX_ATTEMPTS = 72
"""Attempts after which a mail fails: three days of an hourly `flask remind`."""
BATCH_SIZE = 100
"""Mails that are composed at a time."""
ERRORS_OF_ONE_MAIL = (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError)
"""Errors that concern one mail. After any other error of the server, sending stops until the next time."""

LOGGER = logging.getLogger(__name__)
NOTIFICATION = table_of(Notification)


def send_waiting_mail(viewer: Viewer, only_new: bool = False) -> "Counter[str]":
    """Send the mail that waits and count it by its new value of `MAIL_STATUSES`.

    Each step is a transaction of its own, separate from the caller's.

    Args:
        viewer: The caller.
        only_new: Send only mail that was never tried.

    Raises:
        Forbidden: The viewer may not manage accounts.
    """
    counts: Counter[str] = Counter()
    current = configuration()
    if not current.settings.smtp_url:
        return counts
    with current.application_context():
        ids = queries.waiting_mail(viewer, now() - CLAIM_DURATION, only_new)
    with MailConnection(current.settings) as connection:
        for start in range(0, len(ids), BATCH_SIZE):
            # The mails are read in a context of their own, so that no transaction stays open while the server answers.
            with current.application_context():
                mails = _compose(viewer, ids[start : start + BATCH_SIZE], current.links)
            for id_, mail in mails:
                if not _claim(id_):
                    continue
                status, is_server_usable = _send(connection, mail)
                counts[_store_result(id_, status)] += 1
                if not is_server_usable:
                    return counts
    return counts


def _compose(viewer: Viewer, ids: Sequence[int], links: LinkBuilder) -> list[tuple[int, Mail | None]]:
    """Return the mail of each notification; None if its recipient can no longer see the body."""
    views = queries.with_recipients(viewer, ids)
    return [(view.notification.id, _mail(view, account, links)) for view, account in views]


def _mail(view: NotificationView, account: Account, links: LinkBuilder) -> Mail | None:
    if view.body is not None and not accounts.viewer_of(account).can_see(view.body.id):
        return None
    language = content.language_of(account)
    message_name = f"notification-{view.notification.id}.{view.notification.at:%Y%m%d%H%M%S}"
    return Mail(account.email, content.mail_subject(view, language), content.mail_text(view, account, links), message_name)


def _send(connection: MailConnection, mail: Mail | None) -> tuple[str, bool]:
    """Send a mail; return its new status and whether the server may accept further mails."""
    if mail is None:
        return "none", True
    try:
        connection.send(mail)
    except MailRejected as error:
        LOGGER.error("The mail server rejects a mail for good: %s", log_reason(error))
        return "failed", True
    except OSError as error:
        LOGGER.error("The mail server does not accept mail: %s", log_reason(error))
        return "waiting", isinstance(error, ERRORS_OF_ONE_MAIL)
    return "sent", True


def _claim(id_: int) -> bool:
    """Claim a mail; return False if another process has claimed it or it no longer waits."""
    columns = NOTIFICATION.c
    is_unclaimed = or_(columns.claimed_at.is_(None), columns.claimed_at < now() - CLAIM_DURATION)
    claim = update(NOTIFICATION).where(columns.id == id_, columns.mail_status == "waiting", is_unclaimed)
    with db.engine.begin() as connection:
        return bool(connection.execute(claim.values(claimed_at=now(), attempts=columns.attempts + 1)).rowcount)


def _store_result(id_: int, status: str) -> str:
    """Store a mail's status and release the claim; a mail that still waits fails after `MAX_ATTEMPTS`."""
    columns = NOTIFICATION.c
    value = case((columns.attempts >= MAX_ATTEMPTS, "failed"), else_="waiting") if status == "waiting" else status
    result = update(NOTIFICATION).where(columns.id == id_).values(mail_status=value, claimed_at=None)
    with db.engine.begin() as connection:
        stored = str(connection.execute(result.returning(columns.mail_status)).scalar_one())
    MAILS.add(stored)
    return stored


def _send_new_mail(run: JobRun) -> None:
    """Send the mail that was never tried; mail that the server did not accept is sent by the next `flask remind`."""
    send_waiting_mail(run.viewer, only_new=True)


def _has_new_mail() -> bool:
    """Return whether mail waits that nobody has tried to send."""
    has_server = bool(configuration().settings.smtp_url)
    return has_server and bool(queries.waiting_mail(Viewer.system(), now() - CLAIM_DURATION, only_new=True))


KIND = JobKind("mail", N_("E-mail"), Action.MANAGE_ACCOUNTS, _send_new_mail, urgent=True, is_due=_has_new_mail)
