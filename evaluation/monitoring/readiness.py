"""Whether the service is ready: the checks behind /readyz."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from evaluation import schema, storage
from evaluation.accounts.queries import has_demonstration_accounts
from evaluation.audit.verification import future_time
from evaluation.configuration import Configuration
from evaluation.monitoring import queries
from evaluation.policy import Viewer
from evaluation.settings import MEGABYTE, MEMORY_QUEUE, Settings
from evaluation.storage.folder import free_space

LIMIT_SECONDS = 2.0
"""What has not answered by then has failed: a database that hangs must not make the answer hang."""
FRESH_SECONDS = 1.0
"""How long an answer is given again, so that asking often costs nothing."""
OK, WARNING, FAILED, UNKNOWN = "ok", "warning", "failed", "unknown"

LOGGER = logging.getLogger(__name__)
SYSTEM = Viewer.system()

CLOCK = "clock"
"""The only check that warns: one event from the future must not take the site away."""

Check = Callable[[], bool]


def data_folders(settings: Settings) -> dict[str, Path]:
    """Return the folders that fill up, by what is in them."""
    path = settings.database_url.partition("sqlite:///")[2]
    folders = {"files": settings.files_folder, "jobs": settings.job_folder} | ({"database": Path(path).parent} if path else {})
    if settings.files_url:
        del folders["files"]
    return folders


def has_free_disk(settings: Settings) -> bool:
    """Return whether there is room: files are refused below DISK_RESERVE_MEGABYTES, and below half of it nothing is safe."""
    limit = settings.disk_reserve_megabytes * MEGABYTE // 2
    return all(free_space(folder) >= limit for folder in data_folders(settings).values())


def checks(settings: Settings) -> Iterator[tuple[str, Check]]:
    """Yield the name of each check and its function, which returns False or raises where something is wrong.

    They need an application context. The first one that hangs hides those after it, so the surest come first.
    """
    yield "disk", lambda: has_free_disk(settings)
    yield "database", lambda: queries.is_database_reachable(SYSTEM)
    yield "schema", schema.is_current
    if settings.is_production:
        yield "data", lambda: not has_demonstration_accounts(SYSTEM)
    if settings.job_queue_url != MEMORY_QUEUE:
        yield "worker", lambda: queries.has_live_worker(SYSTEM)
    yield "files", _is_store_reachable
    yield CLOCK, lambda: future_time(SYSTEM) is None


def _is_store_reachable() -> bool:
    store = storage.file_store()
    store.free_bytes()
    # The name of no file; a store that does not answer raises an error.
    store.entry("readiness")
    return True


class Readiness:
    """Answers whether the service is ready, within :data:`LIMIT_SECONDS`.

    The checks run in a thread. While it hangs, no second one is started: what it has not checked counts as failed.
    """

    def __init__(self, configuration: Configuration):
        self._settings = configuration.settings
        self._context: Callable[[], AbstractContextManager[Any]] = configuration.application_context
        self._lock = threading.Lock()
        self._run: _Run | None = None

    def state(self) -> dict[str, str]:
        """Return the state of each check: ok, warning, failed, or unknown."""
        with self._lock:
            run = self._run
            if run is None or (not run.thread.is_alive() and time.monotonic() - run.ended > FRESH_SECONDS):
                run = self._run = _Run(self._settings, self._context)
        run.thread.join(max(0.0, run.started + LIMIT_SECONDS - time.monotonic()))
        return dict(run.results)


class _Run:
    """One run of all checks, in a thread of its own."""

    def __init__(self, settings: Settings, context: Callable[[], AbstractContextManager[Any]]):
        self._context = context
        self._checks = dict(checks(settings))
        self.results = dict.fromkeys(self._checks, FAILED) | {CLOCK: UNKNOWN}
        self.started = self.ended = time.monotonic()
        self.thread = threading.Thread(target=self._check, daemon=True)
        self.thread.start()

    def _check(self) -> None:
        for name, check in self._checks.items():
            if name == CLOCK and self.results["database"] != OK:
                # The clock is compared with stored times: without the database nothing is known about it.
                continue
            try:
                with self._context():
                    self.results[name] = OK if check() else WARNING if name == CLOCK else FAILED
            except Exception as error:
                LOGGER.warning("The service is not ready, %s: %s", name, type(error).__name__)
        self.ended = time.monotonic()
