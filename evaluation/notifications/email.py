"""Sends e-mail by SMTP if the operator has configured a mail server. No other module sends mail."""

import smtplib
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid, parseaddr
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit

from evaluation.clock import now
from evaluation.settings import Settings

TIMEOUT_SECONDS = 30
"""How long the mail server may take to answer each step."""
DEFAULT_PORTS = {"smtp": 25, "smtps": 465}
LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "::1")
PERMANENT_ERROR = 500
"""SMTP codes from this one on are permanent."""


class UnprotectedServer(smtplib.SMTPException):
    """The server offers no TLS: whoever is on the way would read the password and the links."""


class MailRejected(Exception):
    """The server will never accept this mail for this address, or no mail can have such an address or header."""


@dataclass(frozen=True)
class Mail:
    """A mail in plain text.

    Two mails with the same `message_name` are the same mail to the recipient's mail program.
    """

    recipient: str
    subject: str
    text: str
    message_name: str = ""


class MailConnection:
    """A connection to the mail server of SMTP_URL, opened with the first mail. Use it as a context manager.

    SMTP_URL is `smtp://` or `smtps://` with the name and password in the address. A connection by `smtp://` changes to TLS
    (STARTTLS). The certificate must be valid for the server's name. Only a server on this computer that takes no password may
    have no TLS.
    """

    def __init__(self, settings: Settings):
        self._url, self._sender, self._ca_file = urlsplit(settings.smtp_url), settings.mail_from, settings.smtp_ca_file
        self._server: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def send(self, mail: Mail) -> None:
        """Send one mail.

        Raises:
            MailRejected: The server or the format of mail rejects it for good.
            OSError: The server does not accept it now, or its certificate is invalid; `smtplib.SMTPException` is an OSError.
            UnprotectedServer: The server offers no TLS and nothing was sent.
        """
        try:
            message = self._message(mail)
        except ValueError as error:
            raise MailRejected(str(error)) from error
        server = self._open()
        try:
            server.send_message(message, parseaddr(self._sender)[1], [mail.recipient])
        except smtplib.SMTPRecipientsRefused as error:
            if all(code >= PERMANENT_ERROR for code, _ in error.recipients.values()):
                raise MailRejected(str(error)) from error
            raise
        except ValueError as error:
            raise MailRejected(str(error)) from error

    def close(self) -> None:
        """Close the connection; ignore errors of the server."""
        if self._server is not None:
            with suppress(OSError):
                self._server.quit()
            self._server = None

    def _open(self) -> smtplib.SMTP:
        if self._server is None:
            context = ssl.create_default_context(cafile=self._ca_file or None)
            host, port = self._url.hostname or "localhost", self._url.port or DEFAULT_PORTS.get(self._url.scheme, 25)
            if self._url.scheme == "smtps":
                server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_SECONDS, context=context)
            else:
                server = smtplib.SMTP(host, port, timeout=TIMEOUT_SECONDS)
            try:
                server.ehlo_or_helo_if_needed()
                if self._url.scheme != "smtps":
                    self._start_tls(server, context)
                if self._url.username:
                    server.login(unquote(self._url.username), unquote(self._url.password or ""))
            except BaseException:
                server.close()
                raise
            self._server = server
        return self._server

    def _start_tls(self, server: smtplib.SMTP, context: ssl.SSLContext) -> None:
        if server.has_extn("starttls"):
            server.starttls(context=context)
            server.ehlo()
        elif self._url.username or self._url.hostname not in LOOPBACK_HOSTS:
            raise UnprotectedServer(f"{self._url.hostname} offers no TLS (STARTTLS): neither the password nor a mail was sent")

    def _message(self, mail: Mail) -> EmailMessage:
        """Return the mail with its headers. Raises ValueError for a line break within a header."""
        domain = parseaddr(self._sender)[1].rpartition("@")[2] or "localhost"
        message = EmailMessage(policy=SMTP)
        message["From"], message["To"], message["Subject"] = self._sender, mail.recipient, mail.subject
        message["Date"] = format_datetime(now())
        message["Message-ID"] = f"<{mail.message_name}@{domain}>" if mail.message_name else make_msgid(domain=domain)
        # Servers do not reply automatically to mail with this header; otherwise two of them could reply to each other endlessly.
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text, cte="quoted-printable")
        return message


def log_reason(error: Exception) -> str:
    """Return the kind of an error of sending with its codes or what TLS lacks, without texts that can name the recipient."""
    cause = error.__cause__ or error
    codes: Sequence[object] = [getattr(cause, "smtp_code", None) or getattr(cause, "errno", None)]
    if isinstance(cause, UnprotectedServer):
        codes = cause.args
    elif isinstance(cause, ssl.SSLCertVerificationError):
        codes = [cause.verify_message]
    elif isinstance(cause, smtplib.SMTPRecipientsRefused):
        codes = sorted({code for code, _ in cause.recipients.values()})
    return " ".join([type(cause).__name__, *(str(code) for code in codes if code)])
