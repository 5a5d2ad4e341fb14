"""A real S3-compatible server for tests: SeaweedFS on loopback."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

KEY, SECRET = "tests", "secret of / the tests"
BUCKET = "evaluation"
START_SECONDS = 180


@dataclass(frozen=True)
class ObjectServer:
    """A running server; `process` can be stopped and continued by signals."""

    port: int
    process: "subprocess.Popen[bytes]"

    def url(self, prefix: str, port: int | None = None, secret: str = SECRET) -> str:
        """Return a value of FILES_URL."""
        endpoint = f"http://127.0.0.1:{port or self.port}"
        return f"s3://{quote(KEY, safe='')}:{quote(secret, safe='')}@{BUCKET}/{prefix}?endpoint={endpoint}"


def free_ports(count: int) -> list[int]:
    """Return free ports that are low enough for the server's gRPC ports, which are 10,000 above them."""
    ports = []
    candidate = 20_000 + (os.getpid() * 97 + time.monotonic_ns() // 1000) % 20_000
    while len(ports) < count:
        candidate = candidate + 1 if candidate < 45_000 else 20_000
        with socket.socket() as first, socket.socket() as second:
            try:
                first.bind(("127.0.0.1", candidate))
                second.bind(("127.0.0.1", candidate + 10_000))
            except OSError:
                continue
        ports.append(candidate)
    return ports


@contextmanager
def object_server(folder: Path) -> Iterator[ObjectServer]:
    """Run the server with its data in a folder until the block ends. A machine without it fails."""
    program = shutil.which("weed") or str(Path(sys.executable).with_name("weed"))
    identity = {"name": KEY, "credentials": [{"accessKey": KEY, "secretKey": SECRET}], "actions": ["Admin", "Read", "Write"]}
    configuration = folder / "s3.json"
    configuration.write_text(json.dumps({"identities": [identity]}))
    master, volume, filer, s3 = free_ports(4)
    ports = [f"-master.port={master}", f"-volume.port={volume}", f"-filer.port={filer}", f"-s3.port={s3}"]
    command = [
        program,
        "-v=0",
        "server",
        f"-dir={folder}",
        "-ip=127.0.0.1",
        "-filer",
        "-s3",
        f"-s3.config={configuration}",
        *ports,
    ]
    # Ports of services that the tests do not use: two servers of one computer would both want them.
    command += ["-s3.port.iceberg=0", "-s3.port.lance=0"]
    command += ["-volume.max=8", "-master.volumeSizeLimitMB=256", "-master.telemetry=false"]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log, cwd=folder) as process:
        try:
            _wait_for_bucket(s3, process)
            yield ObjectServer(s3, process)
        finally:
            process.kill()


def _wait_for_bucket(port: int, process: "subprocess.Popen[bytes]") -> None:
    """Create the bucket as soon as the server answers, by its own client."""
    from obstore.exceptions import BaseError
    from obstore.store import S3Store

    store = S3Store(
        BUCKET,
        config={"endpoint": f"http://127.0.0.1:{port}", "access_key_id": KEY, "secret_access_key": SECRET, "region": "us-east-1"},
        client_options={"allow_http": True},
        retry_config={"max_retries": 0},  # type: ignore[typeddict-item]
    )
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        assert process.poll() is None, "the server has ended"
        try:
            # The first object creates the bucket.
            store.put("ready", b"ready", use_multipart=False)
            return
        except (BaseError, OSError):
            time.sleep(0.2)
    raise TimeoutError("the object server does not answer")
