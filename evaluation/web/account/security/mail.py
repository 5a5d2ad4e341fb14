"""The mail of Flask-Security: links by which people set a password."""

from typing import Any

from flask import current_app
from flask_security import MailUtil

from evaluation.notifications import email as mail


class Mail(MailUtil):
    """Sends aside: a slow server holds up no page, and no stopwatch tells which address has an account."""

    def send_mail(
        self, template: str, subject: str, recipient: Any, sender: Any, body: str | None, html: str | None, **context: Any
    ) -> None:
        if current_app.config["SMTP_URL"]:
            mail.send_aside(mail.written(str(recipient), str(subject), body or ""))
