"""The queue that wakes workers: huey on an SQLite file, or on Redis.

The tables of jobs decide what is to be done and who does it; a message of the queue only says that there is work. So a message
that is lost, or that a killed worker has taken, costs a minute, and not a job.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property
from typing import Any

from huey import Huey, MemoryHuey, RedisHuey, SqliteHuey, crontab
from huey.serializer import SignedSerializer
from redis import ConnectionPool
from sqlalchemy.exc import OperationalError

from evaluation.accounts import passkeys, sessions
from evaluation.clock import now
from evaluation.connections import redis_options
from evaluation.database import db
from evaluation.jobs import queries
from evaluation.jobs.kinds import KINDS
from evaluation.jobs.lease import store_sign_of_life
from evaluation.jobs.operations import StartOnce, remove_expired
from evaluation.jobs.worker import run_parts
from evaluation.policy import Viewer
from evaluation.settings import MEMORY_QUEUE, Settings

NAME = "evaluation"

LOGGER = logging.getLogger(__name__)


class JobQueue:
    """The queue of an application. It is opened when it is first used."""

    def __init__(self, settings: Settings, application_context: Callable[[], AbstractContextManager[Any]]):
        self.settings, self._application_context = settings, application_context
        self._thread = threading.local()

    def wake(self) -> None:
        """Wake a worker. An error of the queue is only logged: within a minute the workers look for work by themselves."""
        try:
            _, message = self._parts
            message()
        except Exception as error:
            LOGGER.error("The workers of background jobs were not woken: %r", error)

    @property
    def huey(self) -> Huey:
        """The queue, with the messages that workers understand."""
        huey, _ = self._parts
        return huey

    @cached_property
    def _parts(self) -> tuple[Huey, Callable[[], Any]]:
        """The queue, and the function that sends the message "there is work"."""
        huey = self._open()
        huey.periodic_task(crontab(), name="look_for_work")(self._look_for_work)
        return huey, huey.task(name="run_parts")(self.run_parts)

    def _open(self) -> Huey:
        url = self.settings.job_queue_url
        # Messages are pickled; with the signature nobody who can write to the queue can run code in a worker.
        options = {"results": False, "serializer": SignedSerializer(self.settings.secret_key, salt=NAME)}
        if url == MEMORY_QUEUE:
            return MemoryHuey(NAME, immediate=True, **options)
        if url:
            return RedisHuey(NAME, connection_pool=ConnectionPool.from_url(url, **redis_options(url)), **options)
        self.settings.job_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return SqliteHuey(NAME, filename=str(self.settings.job_folder / "queue.db"), fsync=False, **options)

    def run_parts(self) -> None:
        """Run parts of jobs until none is free."""
        # With the queue in memory, a part that ends sends its message from within this function, whose loop goes on anyway.
        if not getattr(self._thread, "is_running", False):
            self._thread.is_running = True
            try:
                with self._context():
                    run_parts()
            finally:
                self._thread.is_running = False

    @contextmanager
    def _context(self) -> Iterator[None]:
        """Enter an application context. While the database cannot be used, nothing is done, and the next minute tries again."""
        try:
            with self._application_context():
                yield
        except OperationalError as error:
            LOGGER.error("Background jobs wait, because the database cannot be used: %s", error.orig)

    def _look_for_work(self) -> None:
        """Once a minute: remove what has expired, start what is due, and wake workers for parts whose message was lost."""
        with self._context():
            store_sign_of_life()
            remove_expired(Viewer.system())
            sessions.remove_expired(Viewer.system())
            passkeys.remove_used_challenges(Viewer.system())
            db.session.commit()
            for kind in KINDS.values():
                if kind.is_due is not None and kind.is_due():
                    StartOnce(kind.code)()
            parts = queries.free_parts(Viewer.system(), now())
        for _ in parts:
            self.wake()
