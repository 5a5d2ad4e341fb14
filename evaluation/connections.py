"""Connections to the database and to Redis: how many a process has, and how long it waits for a server that does not answer."""

import os
from typing import Any

from evaluation.settings import Settings

CONNECT_SECONDS = 5
"""How long a server may take to accept a connection."""
SILENCE_SECONDS = 15
"""How long a computer that has vanished is waited for."""
STATEMENT_SECONDS = 60
"""How long a statement of a page may take."""
LOCK_SECONDS = 30
"""How long a page waits for a lock, on either database."""
POOL_SECONDS = 20
"""How long a request waits until another one of its process returns a connection."""
RECYCLE_SECONDS = 1800
"""Firewalls drop connections that are older than they like."""
CONNECTIONS_PER_THREAD = 2
"""A request has one connection, and a second one while it scores or has a short transaction of its own."""


def engine_options(settings: Settings) -> dict[str, Any]:
    """Return SQLAlchemy's options of the engine: pool, and on PostgreSQL timeouts.

    A process answers THREADS requests at a time, and each of its threads has up to two connections, so that none waits for
    another one; the database sees at most WORKERS × THREADS × 2 connections of the pages, of which WORKERS × THREADS stay open.
    """
    options: dict[str, Any] = {"url": settings.database_url}
    if settings.database_url in ("sqlite://", "sqlite:///:memory:"):
        return options
    options |= {"pool_size": settings.threads, "max_overflow": settings.threads * (CONNECTIONS_PER_THREAD - 1)}
    options |= {"pool_timeout": POOL_SECONDS}
    if settings.database_url.startswith("postgresql"):
        options |= {"pool_pre_ping": True, "pool_recycle": RECYCLE_SECONDS, "connect_args": _postgresql_arguments()}
    return options


def _postgresql_arguments() -> dict[str, Any]:
    """Return the driver's arguments. Both sides notice that the other one's computer has vanished; locks end with its session."""
    server = {"tcp_keepalives_idle": SILENCE_SECONDS, "tcp_keepalives_interval": 5, "tcp_keepalives_count": 3}
    # Commands and background jobs may take longer than a page: `flask` runs them.
    if os.environ.get("FLASK_RUN_FROM_CLI") != "true":
        server |= {"statement_timeout": STATEMENT_SECONDS * 1000, "lock_timeout": LOCK_SECONDS * 1000}
    return {
        "connect_timeout": CONNECT_SECONDS,
        "tcp_user_timeout": SILENCE_SECONDS * 1000,
        "keepalives_idle": SILENCE_SECONDS,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "options": " ".join(f"-c {name}={value}" for name, value in server.items()),
    }


def redis_options(url: str) -> dict[str, Any]:
    """Return the options of a connection to Redis, none for another address: its loss costs a second and not a minute."""
    is_redis = url.startswith(("redis:", "rediss:", "unix:"))
    return {"socket_connect_timeout": 1, "socket_timeout": 2} if is_redis else {}
