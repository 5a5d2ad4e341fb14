"""TLS to the mail server: what an attacker between the product and the server learns, against real servers on loopback."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult
from flask import Flask

from evaluation.jobs.worker import run_parts
from evaluation.notifications import email
from evaluation.notifications.email import Mail, MailConnection, UnprotectedServer, log_reason
from evaluation.settings import InvalidSettings, Settings, load_settings
from tests.support.accounts import make_account
from tests.support.mail_server import Authority, Server
from tests.support.visits import anonymous_client, post

HOST, PASSWORD = "127.0.0.1", "p:w"
MAIL = Mail("a@example.kz", "Тақырып", "Мәтін")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


class Login:
    """Checks a password and notes each try."""

    def __init__(self) -> None:
        self.tries: list[Any] = []

    def __call__(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        self.tries.append(data)
        return AuthResult(success=(data.login, data.password) == (b"us@er", PASSWORD.encode()), handled=False)


@pytest.fixture
def login() -> Login:
    return Login()


@pytest.fixture
def serve(login: Login) -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(**settings: Any) -> Server:
        server = Server(authenticator=login, **settings)
        server.up()
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.controller.stop(no_assert=True)


def settings_for(folder: Path, server: Server, password: str | None = PASSWORD, **more: Any) -> Settings:
    user = f"us%40er:{password}@".replace("p:w", "p%3Aw") if password else ""
    url = server.url.replace("//", f"//{user}")
    return load_settings(instance=folder, smtp_url=url, mail_from="Бағалау <no-reply@example.kz>", **more)


def send(settings: Settings) -> None:
    with MailConnection(settings) as connection:
        connection.send(MAIL)


def test_a_server_with_a_trusted_certificate_gets_the_password_and_the_mail(
    tmp_path: Path, authority: Authority, serve: Callable[..., Server]
) -> None:
    server = serve(tls_context=authority.server_context(HOST), require_starttls=True, auth_required=True)
    send(settings_for(tmp_path, server, smtp_ca_file=authority.file))
    to, letter = server.mails.get(timeout=10)
    assert server.secret == (True, True) and to == MAIL.recipient
    assert letter["From"] == "Бағалау <no-reply@example.kz>" and letter["Message-ID"].endswith("@example.kz>")
    assert letter["Subject"] == MAIL.subject and letter.get_content().strip() == MAIL.text
    with pytest.raises(OSError):
        send(settings_for(tmp_path, server, "wrong", smtp_ca_file=authority.file))
    assert server.mails.empty()


@pytest.mark.parametrize(("host", "is_self_signed"), [(HOST, True), ("mail.example.kz", False)])
@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_certificate_that_does_not_prove_the_name_is_refused(
    tmp_path: Path, authority: Authority, serve: Callable[..., Server], login: Login, host: str, is_self_signed: bool, scheme: str
) -> None:
    context = authority.server_context(host, is_self_signed)
    server = serve(**{"ssl_context" if scheme == "smtps" else "tls_context": context})
    server.url = server.url.replace("smtp:", f"{scheme}:")
    with pytest.raises(OSError, match="certificate") as error:
        send(settings_for(tmp_path, server, smtp_ca_file=authority.file))
    assert ("self-signed" if is_self_signed else "mismatch") in log_reason(error.value)
    assert not login.tries and server.mails.empty()


def test_tls_from_the_start(tmp_path: Path, authority: Authority, serve: Callable[..., Server]) -> None:
    server = serve(ssl_context=authority.server_context(HOST), auth_require_tls=False)
    server.url = server.url.replace("smtp:", "smtps:")
    send(settings_for(tmp_path, server, None, smtp_ca_file=authority.file))
    assert server.mails.get(timeout=10)
    with pytest.raises(OSError, match="certificate"):
        send(settings_for(tmp_path, server, None))


def test_without_tls_neither_a_password_nor_a_mail_is_sent(
    tmp_path: Path, serve: Callable[..., Server], login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(auth_require_tls=False)
    with pytest.raises(UnprotectedServer) as error:
        send(settings_for(tmp_path, server))
    assert "no TLS" in log_reason(error.value)
    assert not login.tries
    send(settings_for(tmp_path, server, None))
    assert server.mails.get(timeout=10), "a server on this computer needs no TLS"
    monkeypatch.setattr(email, "LOOPBACK_HOSTS", ())
    with pytest.raises(UnprotectedServer):
        send(settings_for(tmp_path, server, None))
    assert server.mails.empty()


def test_a_file_without_certificates_is_refused_at_start(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("no certificate")
    for file in ("empty", "missing"):
        with pytest.raises(InvalidSettings, match="SMTP_CA_FILE"):
            load_settings(instance=tmp_path, smtp_ca_file=str(tmp_path / file))


def test_a_server_that_says_nothing_is_left(
    tmp_path: Path, make_app: Callable[..., Flask], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page does not wait: the mail is a background job. The job ends with the server's time."""
    monkeypatch.setattr(email, "TIMEOUT_SECONDS", 1)
    connections: list[socket.socket] = []
    with socket.create_server((HOST, 0)) as server:
        threading.Thread(target=lambda: connections.append(server.accept()[0]), daemon=True).start()
        url = f"smtp://{HOST}:{server.getsockname()[1]}"
        app = make_app(f"sqlite:///{tmp_path / 'evaluation.db'}", SMTP_URL=url, JOB_QUEUE_URL="", JOB_FOLDER=tmp_path)
        client, address = anonymous_client(app), make_account(app, "clerk")
        started = time.monotonic()
        assert post(client, "/account/new-password", email=address).status_code == 200
        assert not connections
        with app.app_context():
            run_parts()
        assert len(connections) == 1
        connections[0].close()
        assert time.monotonic() - started < 20
    assert "The mail server does not accept a mail: SMTPServerDisconnected" in caplog.text
