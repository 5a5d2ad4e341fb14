"""Mail of Flask-Security: the one-time links by which people set a password."""

from typing import Any

from flask_security import MailUtil

from evaluation.configuration import configuration
from evaluation.notifications.email import Mail
from evaluation.notifications.link_mail import send_after_commit


class BackgroundMailUtil(MailUtil):
    """Sends mail in the background: a slow server delays no page, and response times do not reveal which accounts exist."""

    def send_mail(
        self, template: str, subject: str, recipient: Any, sender: Any, body: str | None, html: str | None, **context: Any
    ) -> None:
        """Send the plain text of a mail, if a mail server is configured."""
        if configuration().settings.smtp_url:
            send_after_commit(Mail(str(recipient), str(subject), body or ""))
