"""Gunicorn's configuration: two workers, on loopback unless BIND names another address."""

import os
import subprocess

from evaluation.jobs.processes import start_worker
from evaluation.settings import MEMORY_QUEUE, load_settings_or_exit

# Invalid settings end the server here. Otherwise gunicorn would restart the failing workers forever.
settings = load_settings_or_exit()

bind = settings.listen_address
workers = 2
threads = 2
timeout = 120
# Seconds. A clerk usually sends the next answer within a minute, over the same connection.
keepalive = 75
# Seconds that the workers of background jobs may take to end with the server.
STOP_SECONDS = 20
accesslog = None
loglevel = "warning"


def when_ready(server):
    """Start the workers of background jobs, and print the address of the server."""
    if settings.job_workers and settings.job_queue_url != MEMORY_QUEUE:
        # Ctrl-C at the terminal reaches the server alone, which then ends the workers.
        server.job_worker = start_worker(settings, "--with-server", new_session=True)
    print(f"\n    http://{bind}/\n", flush=True)  # noqa: T201


def on_exit(server):
    """End the workers of background jobs; others take up what they were doing."""
    worker = getattr(server, "job_worker", None)
    if worker is not None and os.getpid() == server.pid:
        worker.terminate()
        try:
            worker.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            worker.kill()
