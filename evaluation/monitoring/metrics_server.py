"""The server of the metrics: it adds up the counts of all processes, and reads the rest from the database and the disks."""

import os
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from evaluation.audit.hashing import audit_key, head_seal, timestamp_text
from evaluation.clock import now
from evaluation.configuration import Configuration
from evaluation.metrics import FOLDER_VARIABLE
from evaluation.monitoring import queries
from evaluation.monitoring.readiness import data_folders
from evaluation.policy import Viewer
from evaluation.storage.folder import free_space

FRESH_SECONDS = 15
"""The database is read at most once in this time, however often the metrics are asked for."""
SYSTEM = Viewer.system()

Gauges = list[GaugeMetricFamily]


class StateCollector(Collector):
    """Gauges of the state of the database and the disks; while the database does not answer, only of the disks."""

    def __init__(self, configuration: Configuration):
        self._configuration = configuration
        self._lock = threading.Lock()
        self._gauges: Gauges = []
        self._read_at = float("-inf")

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Name no metrics beforehand: the database need not answer when the server starts."""
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Return the gauges, read anew if they are older than :data:`FRESH_SECONDS`."""
        with self._lock:
            if time.monotonic() - self._read_at >= FRESH_SECONDS:
                self._gauges = self._read()
                self._read_at = time.monotonic()
            return iter(self._gauges)

    def _read(self) -> Gauges:
        free = {name: free_space(folder) for name, folder in data_folders(self._configuration.settings).items()}
        gauges = [_by_label("free_disk_bytes", "Free space of the disk of a folder of data.", "folder", free)]
        try:
            with self._configuration.application_context():
                stored = _stored_gauges()
        except SQLAlchemyError:
            stored = []
        return [
            *gauges,
            _gauge("database_up", "Whether the database answers.", bool(stored)),
            *stored,
        ]


def _stored_gauges() -> Gauges:
    """Return the gauges of the database."""
    oldest = queries.oldest_waiting_job(SYSTEM)
    age = (now() - oldest).total_seconds() if oldest else 0
    return [
        _by_label("jobs", "Background jobs that have not ended, by status.", "status", queries.active_jobs(SYSTEM)),
        _gauge("job_oldest_waiting_seconds", "Age of the job that waits longest.", age),
        _gauge("worker_up", "Whether a worker of background jobs lives.", queries.has_live_worker(SYSTEM)),
        _by_label("stored_mails", "Mails of notifications, by status.", "status", queries.mail_counts(SYSTEM)),
        _gauge("results_stale", "Stored results that must be scored again.", queries.stale_results(SYSTEM)),
        _gauge("audit_chains_broken", "Chains of the audit log whose head is not sealed with AUDIT_KEY.", broken_chains()),
    ]


def broken_chains() -> int:
    """Return the number of chains whose head is not sealed with AUDIT_KEY; `flask audit verify` checks the events too."""
    key = audit_key()
    return sum(
        bool(seq) and seal != head_seal(key, chain, seq, mac, timestamp_text(at))
        for chain, seq, mac, seal, at in queries.chain_heads(SYSTEM)
    )


def _gauge(name: str, description: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"evaluation_{name}", description, value=value)


def _by_label(name: str, description: str, label: str, values: Any) -> GaugeMetricFamily:
    gauge = GaugeMetricFamily(f"evaluation_{name}", description, labels=[label])
    for value, number in values.items():
        gauge.add_metric([value], number)
    return gauge


def serve(configuration: Configuration, server_id: int | None) -> None:
    """Answer requests for the metrics at METRICS_BIND until the process `server_id` ends; for ever where it is None."""
    registry = CollectorRegistry()
    if FOLDER_VARIABLE in os.environ:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    registry.register(StateCollector(configuration))
    address = urlsplit(f"//{configuration.settings.metrics_bind}")
    start_http_server(address.port or 9090, address.hostname or "127.0.0.1", registry)
    while server_id is None or os.getppid() == server_id:
        time.sleep(1)
