"""Mail by SMTP, where the operator has set one: the only way by which any leaves the product, through Flask-Mailman."""

import smtplib
import threading
from contextlib import suppress
from email.utils import make_msgid, parseaddr
from typing import Any
from urllib.parse import unquote, urlsplit

from flask import Flask, current_app
from flask_mailman import EmailMessage
from flask_mailman import Mail as Mailman
from flask_mailman.backends.smtp import EmailBackend

TIMEOUT = 30
"""Seconds that a mail server has to answer."""
PORTS = {"smtp": 25, "smtps": 465}


class Refused(Exception):
    """The server will never take this mail for this address."""


class Connection(EmailBackend):  # type: ignore[misc]
    """A connection to the mail server that turns to TLS (STARTTLS) where the server offers it."""

    @property
    def use_tls(self) -> bool:
        """Whether the server that is connected offers STARTTLS; over TLS already it has no need to."""
        server = getattr(self, "connection", None)
        if server is None or self.use_ssl:
            return False
        server.ehlo_or_helo_if_needed()
        return bool(server.has_extn("starttls"))

    @use_tls.setter
    def use_tls(self, _: bool) -> None:
        """Left to the server."""

    def close(self) -> None:
        """Hang up, whatever the server says to it."""
        with suppress(OSError):
            super().close()


def init_app(app: Flask) -> None:
    """Set Flask-Mailman by SMTP_URL: `smtp://` or `smtps://`, with the name and password in the address."""
    parts = urlsplit(app.config["SMTP_URL"])
    app.config |= {
        "MAIL_BACKEND": Connection,
        "MAIL_SERVER": parts.hostname or "localhost",
        "MAIL_PORT": parts.port or PORTS.get(parts.scheme, 25),
        "MAIL_USERNAME": unquote(parts.username or ""),
        "MAIL_PASSWORD": unquote(parts.password or ""),
        "MAIL_USE_SSL": parts.scheme == "smtps",
        "MAIL_TIMEOUT": TIMEOUT,
        "MAIL_DEFAULT_SENDER": app.config["MAIL_FROM"],
    }
    Mailman(app)


def written(to: str, subject: str, text: str, name: str | None = None) -> Any:
    """A mail in plain text. One of the same `name` is the same mail to whoever receives it twice.

    What would put a line of its own into its head is refused when it is sent.
    """
    domain = parseaddr(current_app.config["MAIL_FROM"])[1].rpartition("@")[2] or "localhost"
    # No server answers what says that nobody wrote it, so that no two machines write to each other for ever.
    head = {"Auto-Submitted": "auto-generated", "Message-ID": f"<{name}@{domain}>" if name else make_msgid(domain=domain)}
    return EmailMessage(subject, text, to=[to], headers=head)


def connect() -> Connection:
    """A connection, opened with the first mail that :func:`send` sends by it; the caller closes it."""
    made: Connection = current_app.extensions["mailman"].get_connection()
    return made


def send(connection: Connection, mail: Any) -> None:
    """Hand one mail to the server. Raises Refused; OSError, of which SMTPException is one, where it is not taken now."""
    connection.open()
    try:
        connection.send_messages([mail])
    except smtplib.SMTPRecipientsRefused as error:
        if all(code >= 500 for code, _ in error.recipients.values()):
            raise Refused(str(error)) from error
        raise
    except ValueError as error:
        # An address or a head that no mail can have.
        raise Refused(str(error)) from error


def send_aside(mail: Any) -> None:
    """Send one mail in a thread of its own: a slow server holds up no page. What is not taken is lost but for the log."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    threading.Thread(target=_send_alone, args=(app, mail), daemon=True).start()


def _send_alone(app: Flask, mail: Any) -> None:
    with app.app_context():
        connection = connect()
        try:
            send(connection, mail)
        except (OSError, Refused) as error:
            app.logger.error("The mail server does not take mail: %s", error)
        finally:
            connection.close()
