"""The processes that run background jobs: huey's consumer with worker processes of its own.

Workers are forked from a process that has imported the product but neither opened a database nor started the typesetter, whose
threads do not survive a fork. A worker ends when the process that started it has died, so that none is left behind.
"""

import logging
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from huey.consumer import Consumer, ConsumerStopped, Scheduler, Worker

from evaluation.database import db
from evaluation.jobs.queue import JobQueue

LOGGER = logging.getLogger(__name__)

MAX_IDLE_SECONDS = 1.0
"""The longest pause between two looks into an SQLite queue."""
LOOK_SECONDS = 60
"""Seconds between two looks into the table of jobs."""
HEALTH_SECONDS = 2
"""Seconds after which a worker that died is replaced."""


class _BriefLogger(logging.LoggerAdapter[logging.Logger]):
    """Writes an error as one line: while the queue is lost, every process has one each second."""

    def exception(self, msg: object, *args: object, **_: Any) -> None:
        """Write the message and the current exception."""
        self.error(f"{msg} (%r)", *args, sys.exception())


class _Supervised:
    """A process of the consumer that ends with it."""

    def initialize(self) -> None:
        """Prepare the process."""
        self._consumer_id = os.getppid()
        self._logger = _BriefLogger(logging.getLogger(f"huey.consumer.{type(self).__name__}"))
        super().initialize()  # type: ignore[misc]

    def loop(self, now: Any = None) -> None:
        """Do one step."""
        if os.getppid() != self._consumer_id:
            raise KeyboardInterrupt
        super().loop(now)  # type: ignore[misc]


class _Worker(_Supervised, Worker):  # type: ignore[misc]
    """A worker that also looks into the table of jobs once a minute: jobs go on while the queue is lost."""

    def __init__(self, run_parts: Callable[[], None], **options: Any):
        self._run_parts = run_parts
        self._last_look = time.monotonic()
        super().__init__(**options)

    def loop(self, now: Any = None) -> None:
        """Do one step."""
        if time.monotonic() - self._last_look > LOOK_SECONDS:
            try:
                self._run_parts()
            except Exception:
                LOGGER.exception("The table of jobs was not read")
            self._last_look = time.monotonic()
        super().loop(now)


class _Scheduler(_Supervised, Scheduler):  # type: ignore[misc]
    pass


class JobConsumer(Consumer):  # type: ignore[misc]
    """Runs worker processes until it is stopped; a worker that died is replaced.

    SIGINT ends it once the current parts are done, SIGTERM at once: other workers then take up the parts.

    Args:
        queue: The queue.
        workers: The number of worker processes.
        server_id: The process after whose death the workers end too; None for no process.
    """

    scheduler_class = _Scheduler

    def __init__(self, queue: JobQueue, workers: int, server_id: int | None = None):
        db.engine.dispose()
        self._server_id = server_id
        self.worker_class = partial(_Worker, queue.run_parts)
        super().__init__(
            queue.huey,
            workers=workers,
            worker_type="process",
            max_delay=MAX_IDLE_SECONDS,
            health_check_interval=HEALTH_SECONDS,
        )

    def loop(self, health_check_ts: float | None = None) -> Any:
        """Wait for a signal, and look after the workers."""
        if self._server_id is not None and os.getppid() != self._server_id:
            self.stop()
            raise ConsumerStopped
        return super().loop(health_check_ts)
