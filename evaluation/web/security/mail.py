"""Mail by SMTP, where the operator has set one."""

import smtplib
import threading
from email.message import EmailMessage
from typing import Any
from urllib.parse import unquote, urlsplit

from flask import Flask, current_app
from flask_security import MailUtil

TIMEOUT = 30
"""Seconds that a mail server has to answer."""


class Mail(MailUtil):
    """Sends in a thread of its own: a slow server holds up no page, and no stopwatch tells which address has an account."""

    def send_mail(
        self, template: str, subject: str, recipient: Any, sender: Any, body: str | None, html: str | None, **context: Any
    ) -> None:
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        if not app.config["SMTP_URL"]:
            return
        message = EmailMessage()
        message["Subject"], message["From"], message["To"] = str(subject), str(sender), str(recipient)
        message.set_content(body or "")
        threading.Thread(target=_send, args=(app, message), daemon=True).start()


def _send(app: Flask, message: EmailMessage) -> None:
    try:
        deliver(app.config["SMTP_URL"], message)
    except (OSError, smtplib.SMTPException) as error:
        app.logger.error("The mail server does not take mail: %s", error)


def deliver(url: str, message: EmailMessage) -> None:
    """Send by the server of `smtp://` (STARTTLS where it is offered) or `smtps://`, with the name and password in the address.

    Raises OSError or SMTPException where the server does not take it.
    """
    parts = urlsplit(url)
    kind = smtplib.SMTP_SSL if parts.scheme == "smtps" else smtplib.SMTP
    with kind(parts.hostname or "localhost", parts.port or 0, timeout=TIMEOUT) as server:
        if parts.scheme != "smtps" and server.has_extn("starttls"):
            server.starttls()
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        server.send_message(message)
