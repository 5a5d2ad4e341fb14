"""Counts of what happens, for Prometheus. Without METRICS_BIND nothing is counted, and the library is not imported.

Every process counts in memory-mapped files of its own, in a folder that the server names in an environment variable before it
starts them; the server of the metrics (:mod:`evaluation.monitoring.metrics_server`) adds them up. A process that ends leaves its
counts, as sums need them.
"""

import os
from abc import ABC, abstractmethod
from functools import cached_property
from typing import Any

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""The variable by which prometheus-client knows the folder of the counts of several processes."""
SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30)
"""Bounds of the classes of durations."""


class _Metric(ABC):
    """What is counted by the values of labels."""

    def __init__(self, name: str, description: str, *labels: str):
        self._arguments = name, description, labels

    def _labelled(self, labels: tuple[str, ...]) -> Any:
        return self._metric.labels(*labels) if labels else self._metric

    @property
    @abstractmethod
    def _metric(self) -> Any: ...


class Count(_Metric):
    """A number that only grows, by the values of labels."""

    def add(self, *labels: str, amount: int = 1) -> None:
        """Add to the number with these labels."""
        if FOLDER_VARIABLE in os.environ and amount:
            self._labelled(labels).inc(amount)

    @cached_property
    def _metric(self) -> Any:
        from prometheus_client import Counter

        return Counter(*self._arguments)


class Durations(_Metric):
    """Durations in seconds, by the values of labels."""

    def observe(self, seconds: float, *labels: str) -> None:
        """Add a duration."""
        if FOLDER_VARIABLE in os.environ:
            self._labelled(labels).observe(seconds)

    @cached_property
    def _metric(self) -> Any:
        from prometheus_client import Histogram

        return Histogram(*self._arguments, buckets=SECONDS)


REQUESTS = Count("evaluation_requests", "Answered requests.", "route", "method", "status")
REQUEST_SECONDS = Durations("evaluation_request_seconds", "Time of a request from its arrival to its answer.", "route")
REFUSALS = Count("evaluation_refusals", "Refused requests.", "reason")
SAVES = Count("evaluation_saves", "Changes that stored answers, by form, grid, report or undo.")
CONFLICTS = Count("evaluation_conflicts", "Answers not stored because another person had changed them.")
SIGN_IN_FAILURES = Count("evaluation_sign_in_failures", "Wrong passwords and codes.")
JOBS_STARTED = Count("evaluation_jobs_started", "Background jobs that were started.", "kind")
JOBS_ENDED = Count("evaluation_jobs_ended", "Background jobs that ended, by status: done or failed.", "kind", "status")
MAILS = Count("evaluation_mails", "Attempts to send mail, by result: sent, failed or waiting.", "result")
