"""Mails with one-time links, sent by background jobs.

A link is as good as a password, so the mail is stored encrypted with a key derived from SECRET_KEY, and only until it is sent.
"""

import base64
import hashlib
import logging

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from evaluation.configuration import configuration
from evaluation.database import from_json, to_json_bytes
from evaluation.errors import EvaluationError
from evaluation.jobs.kinds import JobKind, JobRun
from evaluation.jobs.operations import start_job
from evaluation.language import N_
from evaluation.metrics import MAILS
from evaluation.notifications.email import Mail, MailConnection, MailRejected, log_reason
from evaluation.policy import Action, Viewer
from evaluation.settings import Settings

NOT_SENT = N_("The mail server does not accept the mail.")

LOGGER = logging.getLogger(__name__)


def send_after_commit(mail: Mail) -> None:
    """Send a mail once the current transaction is committed. A failure is only logged: the person can request another link."""
    content = {"recipient": mail.recipient, "subject": mail.subject, "text": mail.text}
    start_job(Viewer.system(), KIND, {"mail": encrypt(content)})


def encrypt(content: dict[str, str]) -> str:
    """Return the parameters of a job that only the product can read."""
    return _cipher(configuration().settings).encrypt(to_json_bytes(content)).decode()


def decrypt(token: str) -> dict[str, str]:
    """Return what :func:`encrypt` received. Raises EvaluationError: it was encrypted with a key that is lost."""
    try:
        content: dict[str, str] = from_json(_cipher(configuration().settings).decrypt(token))
    except InvalidToken as error:
        raise EvaluationError(NOT_SENT) from error
    return content


def _send(run: JobRun) -> None:
    send_now(Mail(**decrypt(run.parameters["mail"])))


def send_now(mail: Mail) -> None:
    """Send a mail within a job. Raises EvaluationError: the server does not accept it."""
    try:
        with MailConnection(configuration().settings) as connection:
            connection.send(mail)
        MAILS.add("sent")
    except (OSError, MailRejected) as error:
        MAILS.add("failed")
        LOGGER.error("The mail server does not accept a mail: %s", log_reason(error))
        raise EvaluationError(NOT_SENT) from error


def _cipher(settings: Settings) -> MultiFernet:
    """Return what encrypts with the newest secret key and decrypts with the ones before it too."""
    keys = [settings.secret_key, *settings.secret_key_fallbacks]
    derived = (hashlib.blake2b(key.encode(), digest_size=32, person=b"mail").digest() for key in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in derived])


KIND = JobKind("link_mail", N_("E-mail with a one-time link"), Action.MANAGE_ACCOUNTS, _send, urgent=True)
