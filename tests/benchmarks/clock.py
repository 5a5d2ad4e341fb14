"""The clock of the benchmarks: a job may prepare its work before it starts the clock."""

import time
from collections.abc import Callable
from typing import Any

_started = [0.0]


def start() -> None:
    """Start the clock anew: what the job did before is not measured."""
    _started[0] = time.perf_counter()


def seconds(job: Callable[[], Any]) -> float:
    """Run a job; return its seconds, from its last call of :func:`start` if it has one."""
    start()
    job()
    return time.perf_counter() - _started[0]
