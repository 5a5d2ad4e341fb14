"""A real mail server on loopback, and certificates that an authority of the tests signs."""

import socket
import ssl
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from ipaddress import ip_address
from pathlib import Path
from queue import Queue
from typing import Any

from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

NOBODY = "refused@example.org"
"""The address that the server refuses for good."""


class Server:
    """A mail server on a free port, with the mails that it accepted as (recipient, mail).

    `settings` are those of aiosmtpd's controller. `secret` says whether the last mail came by TLS, and after a password.
    """

    def __init__(self, **settings: Any):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.settings, self.mails, self.secret = settings, Queue[tuple[str, Any]](), (False, False)
        self.url = f"smtp://127.0.0.1:{self.port}"

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if address == NOBODY:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, session: Any, envelope: Any) -> str:
        self.secret = session.ssl is not None, session.authenticated
        read = message_from_bytes(envelope.content, policy=policy.default)
        self.mails.put((envelope.rcpt_tos[0], read))
        return "250 OK"

    def up(self) -> None:
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port, **self.settings)
        self.controller.start()

    def down(self) -> None:
        self.controller.stop()

    def taken(self) -> dict[str, Any]:
        """Return recipient → mail of the mails since the last call."""
        results = [self.mails.get_nowait() for _ in range(self.mails.qsize())]
        assert len({to for to, _ in results}) == len(results), "one mail per recipient"
        return dict(results)


class Authority:
    """An authority that signs the certificates of servers; `file` is its own certificate in PEM format."""

    def __init__(self, folder: Path):
        self._folder, self._key = folder, ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "The authority of the tests")])
        certificate = _builder(self._name, self._name, self._key).add_extension(x509.BasicConstraints(True, None), critical=True)
        self.file = _write(folder / "authority", certificate.sign(self._key, hashes.SHA256()))

    def server_context(self, host: str, is_self_signed: bool = False) -> ssl.SSLContext:
        """The TLS settings of a server whose certificate names `host`."""
        key, subject = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
        name = x509.IPAddress(ip_address(host)) if host[0].isdigit() else x509.DNSName(host)
        builder = _builder(subject, subject if is_self_signed else self._name, key)
        builder = builder.add_extension(x509.SubjectAlternativeName([name]), critical=True)
        certificate = _write(self._folder / "server", builder.sign(key if is_self_signed else self._key, hashes.SHA256()))
        clear = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        (self._folder / "server-key").write_bytes(key.private_bytes(*clear))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, self._folder / "server-key")
        return context


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    day, serial = datetime.now(UTC), x509.random_serial_number()
    return x509.CertificateBuilder(issuer, subject, key.public_key(), serial, day - timedelta(days=1), day + timedelta(days=1))


def _write(file: Path, certificate: x509.Certificate) -> str:
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return str(file)
