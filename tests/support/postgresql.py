"""A PostgreSQL server of the tests' own, and databases on it."""

import os
import pwd
import shutil
import socket
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def server() -> Iterator[str]:
    """Run a server on loopback; yields its URL without a database. A machine without PostgreSQL fails."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    program = shutil.which("initdb")
    assert programs or program, "PostgreSQL is not installed; `make test` installs it"
    folder = programs[-1] if programs else Path(str(program)).parent
    home = Path(f"/tmp/evaluation-postgresql-{uuid.uuid4().hex}")
    home.mkdir(mode=0o755)
    # PostgreSQL refuses to run as root.
    user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    as_user = ["runuser", "-u", user, "--"] if os.geteuid() == 0 else []
    if as_user:
        shutil.chown(home, user)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def run(*command: str) -> None:
        done = subprocess.run([*as_user, *command], capture_output=True, text=True, timeout=120, cwd="/")
        assert done.returncode == 0, done.stdout + done.stderr

    run(
        str(folder / "initdb"),
        "-D",
        str(home / "data"),
        "-U",
        "tests",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
        "--no-sync",
    )
    settings = {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": home,
        **dict.fromkeys(("fsync", "full_page_writes", "synchronous_commit", "autovacuum"), "off"),
    }
    options = " ".join([f"-p {port}", *(f"-c {name}={value}" for name, value in settings.items())])
    run(str(folder / "pg_ctl"), "-D", str(home / "data"), "-l", str(home / "log"), "-w", "-o", options, "start")
    try:
        yield f"postgresql://tests@127.0.0.1:{port}"
    finally:
        run(str(folder / "pg_ctl"), "-D", str(home / "data"), "-m", "immediate", "stop")
        shutil.rmtree(home, ignore_errors=True)
