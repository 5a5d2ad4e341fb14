"""The processes that start and end with the server: the workers of background jobs, and the server of the metrics."""

import os
import shutil
import subprocess
import tempfile

from evaluation.jobs.processes import start_command
from evaluation.metrics import FOLDER_VARIABLE
from evaluation.settings import MEMORY_QUEUE, Settings

STOP_SECONDS = 20
"""Seconds that a companion may take to end."""


class Companions:
    """The companions of one server. Create it before the workers are started: they inherit the folder of the metrics."""

    def __init__(self, settings: Settings):
        self.settings = settings
        self.processes: list[subprocess.Popen[bytes]] = []
        if settings.metrics_bind and FOLDER_VARIABLE not in os.environ:
            # A new folder for each start: the counts of an earlier one are over. They are numbers in memory-mapped files.
            os.environ[FOLDER_VARIABLE] = tempfile.mkdtemp(prefix="evaluation-metrics-")

    def start(self) -> None:
        """Start the processes. Ctrl-C at the terminal reaches the server alone, which then ends them."""
        if self.settings.job_workers and self.settings.job_queue_url != MEMORY_QUEUE:
            self.processes.append(start_command(self.settings, "jobs", "work", "--with-server", new_session=True))
        if self.settings.metrics_bind:
            self.processes.append(start_command(self.settings, "metrics", "--with-server", new_session=True))

    def stop(self) -> None:
        """End the processes."""
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(timeout=STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
        self.processes.clear()

    def close(self) -> None:
        """End the processes and remove what they shared."""
        self.stop()
        if folder := os.environ.pop(FOLDER_VARIABLE, ""):
            shutil.rmtree(folder, ignore_errors=True)
