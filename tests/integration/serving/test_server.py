"""A real gunicorn: slow clients hold nobody up, no request is cut off, and its log and metrics say what happened."""

import json
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support.server import Server, free_port, running_server

APPLICATION = "tests.integration.serving.slow_app:create()"
BIN = "990140900064"
PATIENT_SECONDS = 2.5
"""How long a page may take while slow clients are connected; it takes a tenth of a second."""


@pytest.fixture(scope="module")
def server(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    shutil.copy(sqlite_template, folder / "evaluation.db")
    port = free_port()
    settings = {
        "DATABASE_URL": f"sqlite:///{folder / 'evaluation.db'}",
        "LOG_FORMAT": "json",
        "METRICS_BIND": f"127.0.0.1:{port}",
        "JOB_WORKERS": "1",
        "WORKERS": "2",
        "THREADS": "2",
    }
    with running_server(folder, APPLICATION, **settings) as running:
        running.metrics_port = port
        yield running


def answer(server: Server, method: str, path: str, body: Any = None, **headers: str) -> tuple[HTTPResponse, str]:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request(method, path, body, headers)
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    return response, text


def wait_until(condition: Any, seconds: float = 30) -> Any:
    end = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)
    return result


def log_lines(server: Server) -> list[dict[str, Any]]:
    return [json.loads(line) for line in server.log.read_text().splitlines() if line.startswith("{")]


def test_the_probes_answer_by_the_address_of_the_computer(server: Server) -> None:
    response, text = answer(server, "GET", "/healthz", Host="10.1.2.3")
    assert response.status == 200 and json.loads(text) == {"status": "ok"} and not response.getheader("Set-Cookie")
    ready = wait_until(lambda: answer(server, "GET", "/readyz", Host="10.1.2.3")[0].status == 200)
    checks = json.loads(answer(server, "GET", "/readyz")[1])["checks"]
    assert ready and dict.fromkeys(checks, "ok") == checks
    assert {"disk", "database", "schema", "worker", "files"} <= set(checks)


STARTS = {
    "nothing": b"",
    "head": b"GET / HTTP/1.1\r\nHost: localhost\r\n",
    "body": b"POST /body HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999\r\n\r\n",
}
"""What a slow client sends at once; then it sends one byte from time to time."""


@pytest.mark.parametrize("count", [6, 60])
@pytest.mark.parametrize("start", STARTS)
def test_slow_clients_delay_nobody(server: Server, count: int, start: str) -> None:
    """Two processes of two threads: six such connections once took all of them."""
    slow = [server.connect() for _ in range(count)]
    try:
        for connection in slow:
            connection.sendall(STARTS[start])
        started = time.monotonic()
        for number in range(5):
            for connection in slow:
                connection.sendall(b"x" if STARTS[start] else b"")
            response, _ = answer(server, "GET", f"/slow/0?{number}")
            assert response.status == 200
        assert time.monotonic() - started < PATIENT_SECONDS
    finally:
        for connection in slow:
            connection.close()


def test_bodies_arrive_complete(server: Server) -> None:
    for size in (0, 1, 9_000, 70_000, 16 * 65_536, 5_000_000):
        assert answer(server, "POST", "/body", b"x" * size)[1] == str(size)
    assert answer(server, "POST", "/body", b"x" * (65 * 2**20))[0].status == 413
    assert answer(server, "POST", "/body", iter([b"parts"]), **{"Transfer-Encoding": "chunked"})[0].status == 411


def test_requests_one_after_another_over_a_connection(server: Server) -> None:
    request = b"POST /body HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello"
    with server.connect() as connection:
        # Two at once, and then one in small pieces.
        connection.sendall(request * 2)
        for part in (request[:20], request[20:70], request[70:]):
            time.sleep(0.1)
            connection.sendall(part)
        received = b""
        while received.count(b"HTTP/1.1 200") < 3 or not received.endswith(b"5"):
            part = connection.recv(10_000)
            assert part, f"the server closed the connection after {received!r}"
            received += part


def test_an_address_that_is_too_long_is_answered_in_words(server: Server) -> None:
    assert answer(server, "GET", f"/slow/0?{'x' * 7_000}")[0].status == 200
    response, text = answer(server, "GET", f"/slow/0?{'x' * 9_000}")
    assert response.status == 414 and 'lang="ru"' in text and 'lang="kk"' in text


def test_the_log_names_routes_and_no_people(server: Server) -> None:
    response, text = answer(server, "GET", f"/broken/{BIN}?search=secret", Accept="application/json")
    number = response.getheader("X-Request-ID")
    assert response.status == 500 and json.loads(text)["request"] == number
    lines = wait_until(lambda: [line for line in log_lines(server) if line.get("request_id") == number and "route" in line])
    assert lines[0]["route"] == "/broken/<bin_>" and lines[0]["status"] == 500 and lines[0]["method"] == "GET"
    log = server.log.read_text()
    assert BIN not in log and "person@example.kz" not in log and "search=secret" not in log and "healthz" not in log
    error = next(line for line in log_lines(server) if line.get("request_id") == number and line["level"] == "ERROR")
    assert "RuntimeError" in error["exc_info"] and BIN not in error["message"]


def test_the_metrics_count_what_the_log_says(server: Server) -> None:
    for _ in range(3):
        answer(server, "GET", "/slow/0.01")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer(server, "POST", "/account/sign-in", "email=nobody%40example.kz&password=wrong", **form)

    def metrics() -> dict[str, float]:
        with urlopen(f"http://127.0.0.1:{server.metrics_port}/metrics", timeout=30) as response:
            families = text_string_to_metric_families(response.read().decode())
            return {
                "|".join([sample.name, *sample.labels.values()]): sample.value for family in families for sample in family.samples
            }

    wait_until(lambda: metrics().get("evaluation_requests_total|GET|/slow/<seconds>|200", 0) >= 3)
    values = metrics()
    slow_requests = sum(line.get("route") == "/slow/<seconds>" and line["status"] == 200 for line in log_lines(server))
    assert values["evaluation_requests_total|GET|/slow/<seconds>|200"] == slow_requests
    assert values["evaluation_request_seconds_count|/slow/<seconds>"] >= slow_requests
    assert values["evaluation_sign_in_failures_total"] == 1
    assert values["evaluation_database_up"] == 1 and values["evaluation_worker_up"] == 1
    assert values["evaluation_audit_chains_broken"] == 0 and values["evaluation_results_stale"] == 0
    assert values["evaluation_free_disk_bytes|database"] > 0 and values["evaluation_jobs|waiting"] == 0


def children(server: Server) -> set[str]:
    return set(
        subprocess.run(["pgrep", "-P", str(server.process.pid)], capture_output=True, text=True, check=False).stdout.split()
    )


@pytest.mark.parametrize("sent", [signal.SIGHUP, signal.SIGTERM])
def test_no_request_is_cut_off_when_the_server_is_reloaded_or_stopped(server: Server, sent: signal.Signals) -> None:
    """The last test of this module: it stops the server."""
    before = children(server)
    with ThreadPoolExecutor(20) as clients, server.connect() as upload:
        upload.sendall(b"POST /body HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\n\r\nabc")
        answers = [clients.submit(answer, server, "GET", "/slow/0.5") for _ in range(20)]
        time.sleep(0.5)
        server.process.send_signal(sent)
        time.sleep(1)
        upload.sendall(b"def")
        assert [future.result()[1] for future in answers] == ["done"] * 20
        received = upload.recv(10_000)
        while b"\r\n\r\n6" not in received:
            received += upload.recv(10_000) or pytest.fail(received.decode())
    if sent == signal.SIGHUP:
        wait_until(lambda: not before & children(server), 60)
        assert answer(server, "GET", "/healthz")[0].status == 200
    else:
        assert server.process.wait(timeout=60) == 0
        with pytest.raises(ConnectionError):
            server.connect()
