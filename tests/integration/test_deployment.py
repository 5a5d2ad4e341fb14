"""The image, the compose file and the reverse proxy: linted, and the very commands that they run.

No container engine is needed: the image's files are laid in a folder, and its commands run there with the environment of
the image and the service.
"""

import hashlib
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.support.paths import ROOT
from tests.support.server import free_port
from tests.support.settings import PRODUCTION

DOCKERFILE = ROOT / "Dockerfile"
BIN = Path(sys.executable).parent
START_SECONDS = 60
PROXY = shutil.which("nginx") or "/usr/sbin/nginx"
REDIS = shutil.which("redis-server") or "/usr/bin/redis-server"
SLOW_CONNECTIONS = 60
"""More than the server has threads (2 × 8), fewer than the proxy allows one address."""


def compose() -> dict[str, Any]:
    content: dict[str, Any] = YAML(typ="safe").load(ROOT / "compose.yaml")
    return content


def instruction(name: str) -> str:
    """The text of the last instruction of this name in the image's file, on one line."""
    joined = re.sub(r"\\\n", " ", DOCKERFILE.read_text(encoding="utf-8"))
    return re.findall(rf"^{name} (.*)$", joined, re.MULTILINE)[-1].strip()


def image_paths() -> list[str]:
    """What the image takes from the source tree."""
    copies = re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE.read_text(encoding="utf-8"), re.MULTILINE)
    return sorted({path for copy in copies for path in copy.split()[:-1]})


def digests(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@contextmanager
def process(command: list[str], **options: Any) -> Iterator["subprocess.Popen[bytes]"]:
    started = subprocess.Popen(command, **options)
    try:
        yield started
    finally:
        if started.poll() is None:
            started.terminate()
            with suppress(subprocess.TimeoutExpired):
                started.wait(timeout=40)
        if started.poll() is None:
            started.kill()
            started.wait()


def wait_for(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.2)
    raise AssertionError(f"{what} within {START_SECONDS} s")


def accepts(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


class Deployment:
    """The services of the compose file on free ports, from a folder with the image's files."""

    server: "subprocess.Popen[bytes] | None"

    def __init__(self, folder: Path, database_url: str):
        self.folder, self.image, self.data = folder, folder / "app", folder / "data"
        self.web, self.http, self.https, self.redis = (free_port() for _ in range(4))
        self.services = compose()["services"]
        for path in image_paths():
            source = ROOT / path
            if source.is_dir():
                shutil.copytree(source, self.image / path, ignore=shutil.ignore_patterns("__pycache__"))
            elif path != "requirements.txt":
                self.image.mkdir(exist_ok=True)
                shutil.copy(source, self.image / path)
        self.content, self.server = digests(self.image), None
        self.secrets, self.tls = folder / "secrets", folder / "tls"
        for created in (self.data, self.secrets, self.tls):
            created.mkdir(mode=0o700)
        secrets = {"secret_key": PRODUCTION["SECRET_KEY"], "audit_key": PRODUCTION["AUDIT_KEY"], "database_url": database_url}
        assert set(secrets) == set(self.services["web"]["secrets"])
        for name, value in secrets.items():
            (self.secrets / name).write_text(value + "\n", encoding="utf-8")
        certificate = ["-keyout", str(self.tls / "key.pem"), "-out", str(self.tls / "certificate.pem"), "-days", "1"]
        subject = ["-subj", "/CN=evaluation.example.kz", "-addext", "subjectAltName=DNS:evaluation.example.kz"]
        run = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *certificate, *subject]
        subprocess.run(run, check=True, capture_output=True, timeout=60)

    def environment(self, service: str) -> dict[str, str]:
        """The variables that the container would have."""
        variables = dict(re.findall(r"(\w+)=(\S+)", instruction("ENV")))
        variables |= {name: self.filled(str(value)) for name, value in self.services[service]["environment"].items()}
        assert variables["APP_ENV"] == "production" and variables["INSTANCE"] == "/data"
        replacements = {
            "PATH": f"{BIN}:{os.environ['PATH']}",
            "INSTANCE": str(self.data),
            "CREDENTIALS_DIRECTORY": str(self.secrets),
            "BIND": f"127.0.0.1:{self.web}",
            "TMPDIR": str(self.folder),
        }
        redis = {name: value.replace("redis:6379", f"127.0.0.1:{self.redis}") for name, value in variables.items()}
        return redis | replacements

    def filled(self, text: str) -> str:
        """A value with `${NAME:-default}` and `${NAME:?what}` as a host with nothing but PUBLIC_URL fills it."""
        text = re.sub(r"\$\{PUBLIC_URL:\?[^}]*\}", PRODUCTION["PUBLIC_URL"], text)
        return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)

    def run(self, service: str) -> Any:
        """The service's process."""
        command = self.services[service].get("command") or json.loads(instruction("CMD"))
        return process(command, cwd=self.image, env=self.environment(service))

    def is_healthy(self) -> bool:
        """Whether the image's own check succeeds."""
        check = json.loads(instruction("HEALTHCHECK").partition("CMD ")[2])
        command = [part.replace(":8000/", f":{self.web}/") for part in check]
        done = subprocess.run(command, env=self.environment("web"), capture_output=True, timeout=30)
        return done.returncode == 0

    def proxy(self) -> Any:
        """The reverse proxy with the shipped configuration; only addresses and folders differ."""
        configuration = (ROOT / "docs/deployment/nginx.conf").read_text(encoding="utf-8")
        changes = {
            " /tmp/": f" {self.folder}/proxy/",
            " /var/cache/nginx/": f" {self.folder}/proxy/",
            "web:8000": f"127.0.0.1:{self.web}",
            "listen 8080": f"listen 127.0.0.1:{self.http}",
            "listen 8443": f"listen 127.0.0.1:{self.https}",
            "/etc/nginx/tls": str(self.tls),
        }
        for old, new in changes.items():
            assert old in configuration
            configuration = configuration.replace(old, new)
        (self.folder / "proxy").mkdir()
        file = self.folder / "nginx.conf"
        file.write_text(configuration, encoding="utf-8")
        check = subprocess.run([PROXY, "-t", "-c", str(file)], capture_output=True, text=True, timeout=60)
        assert check.returncode == 0 and "[warn]" not in check.stderr, check.stderr
        # The folder is closed to the user that its workers would have otherwise.
        options = "daemon off; user root;" if os.geteuid() == 0 else "daemon off;"
        return process([PROXY, "-c", str(file), "-g", options], stdout=subprocess.DEVNULL)

    def get(self, path: str, method: str = "GET", timeout: float = 20) -> tuple[HTTPResponse, str]:
        """The answer to a request by https, with the certificate verified."""
        context = ssl.create_default_context(cafile=str(self.tls / "certificate.pem"))
        connection = HTTPSConnection("127.0.0.1", self.https, timeout=timeout, context=context)
        connection.sock = context.wrap_socket(
            socket.create_connection(("127.0.0.1", self.https), timeout=timeout), server_hostname="evaluation.example.kz"
        )
        try:
            connection.request(method, path, headers={"Host": "evaluation.example.kz"})
            response = connection.getresponse()
            return response, response.read().decode()
        finally:
            connection.close()


@pytest.fixture(scope="module")
def deployment(postgresql: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """All services, started in the order of their conditions."""
    import psycopg

    with psycopg.connect(f"{postgresql}/postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE deployment")
    deployment = Deployment(tmp_path_factory.mktemp("deployment"), f"{postgresql}/deployment")
    with deployment.run("migrate") as migration:
        assert migration.wait(timeout=START_SECONDS) == 0
    redis = [REDIS, *deployment.services["redis"]["command"][1:], "--bind", "127.0.0.1", "--port", str(deployment.redis)]
    with (
        process(redis, cwd=deployment.folder, stdout=subprocess.DEVNULL),
        deployment.run("web") as deployment.server,
        deployment.run("worker"),
        deployment.proxy(),
    ):
        wait_for(deployment.is_healthy, "the server answers its health check")
        wait_for(lambda: accepts(deployment.https), "the proxy listens")
        yield deployment


def test_the_image_and_the_compose_file_are_linted() -> None:
    for command in (
        [str(BIN / "hadolint"), str(DOCKERFILE)],
        [str(BIN / "check-jsonschema"), "--builtin-schema", "vendor.compose-spec", str(ROOT / "compose.yaml")],
    ):
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_context_of_the_image_has_what_it_copies_and_no_more() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert sorted(line[1:] for line in lines if line.startswith("!")) == image_paths()
    assert "*" in lines and all((ROOT / path).exists() for path in image_paths())


def test_services_are_restricted() -> None:
    services = compose()["services"]
    for name in ("proxy", "migrate", "web", "worker"):
        service = services[name]
        assert service["read_only"] and service["cap_drop"] == ["ALL"] and service["security_opt"] == ["no-new-privileges:true"]
    published = {name for name, service in services.items() if "ports" in service}
    assert published == {"proxy"} and compose()["networks"]["inside"]["internal"]
    assert instruction("USER").isdigit() and instruction("USER") != "0"
    assert {secret for service in services.values() for secret in service.get("secrets", ())} == set(compose()["secrets"])


def test_people_reach_the_product_by_https_only(deployment: Deployment) -> None:
    response, text = deployment.get("/account/sign-in")
    assert response.status == 200 and '<html lang="kk"' in text
    assert response.headers["Strict-Transport-Security"] and response.headers["Cache-Control"]
    cookies = deployment.get("/verify")[0].headers.get_all("Set-Cookie") or []
    assert cookies and all("; Secure" in cookie for cookie in cookies)
    plain = HTTPConnection("127.0.0.1", deployment.http, timeout=20)
    plain.request("GET", "/account/sign-in?next=/bodies", headers={"Host": "evaluation.example.kz"})
    redirect = plain.getresponse()
    plain.close()
    assert (redirect.status, redirect.headers["Location"]) == (301, "https://evaluation.example.kz/account/sign-in?next=/bodies")
    assert deployment.get("/readyz")[0].status == 404, "not for the public"


def test_the_installation_is_ready_with_its_workers(deployment: Deployment) -> None:
    def is_ready() -> bool:
        connection = HTTPConnection("127.0.0.1", deployment.web, timeout=20)
        connection.request("GET", "/readyz")
        ready = connection.getresponse().status == 200
        connection.close()
        return ready

    wait_for(is_ready, "the installation is ready")


def test_the_site_answers_beside_slow_connections(deployment: Deployment) -> None:
    """Each sends its head, and a half of them a body, at a byte a second; the proxy reads them and the threads stay free."""
    stop = threading.Event()
    context = ssl.create_default_context(cafile=str(deployment.tls / "certificate.pem"))
    opened = []
    for number in range(SLOW_CONNECTIONS):
        plain = socket.create_connection(("127.0.0.1", deployment.https), timeout=20)
        slow = context.wrap_socket(plain, server_hostname="evaluation.example.kz")
        head = "POST /account/sign-in HTTP/1.1\r\nHost: evaluation.example.kz\r\n"
        whole = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 5000\r\n\r\nemail="
        slow.sendall((head + (whole if number % 2 else "X-Slow: ")).encode())
        opened.append(slow)

    def drip() -> None:
        while not stop.wait(1):
            for slow in opened:
                with suppress(OSError):
                    slow.sendall(b"a")

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        time.sleep(2)
        for _ in range(5):
            assert deployment.get("/account/sign-in")[0].status == 200
    finally:
        stop.set()
        thread.join()
        for slow in opened:
            slow.close()


def test_a_server_that_is_away_has_an_honest_page(deployment: Deployment) -> None:
    """The proxy's own page until the server is back; neither server wrote anything into its image."""
    assert deployment.server is not None
    deployment.server.send_signal(getattr(signal, instruction("STOPSIGNAL")))
    assert deployment.server.wait(timeout=40) == 0
    response, text = deployment.get("/account/sign-in")
    assert response.status == 503 and response.headers["Retry-After"]
    assert "қолжетімсіз" in text and '<div lang="ru">' in text
    with deployment.run("web"):
        wait_for(deployment.is_healthy, "the server answers again")
        assert deployment.get("/account/sign-in")[0].status == 200
    assert digests(deployment.image) == deployment.content
