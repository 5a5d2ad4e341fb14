"""Gunicorn's configuration: on loopback unless BIND names another address."""

import os
from logging.config import dictConfig

from evaluation.logs import log_configuration
from evaluation.server.companions import Companions
from evaluation.settings import load_settings_or_exit

# Invalid settings end the server here. Otherwise gunicorn would restart the failing workers forever.
settings = load_settings_or_exit()

bind = settings.listen_address
workers = settings.workers
threads = settings.threads
worker_class = "evaluation.server.worker.ArrivalWorker"
# Sockets of one worker, below the usual limit of 1024 open files.
worker_connections = 800
timeout = 120
# Seconds that a running request, an upload included, may take to end with the server.
graceful_timeout = 30
# Seconds. A clerk usually sends the next answer within a minute, over the same connection.
keepalive = 75
# A search of 200 Cyrillic letters has 1,200 bytes, and twice as many within `next=`.
limit_request_line = 8190
# The files of the database and of people are for the product's user alone.
umask = 0o077
accesslog = None
loglevel = "warning"
control_socket_disable = True


def on_starting(server):
    """Prepare what the workers share. Gunicorn has set up its own log by now."""
    dictConfig(log_configuration(settings))
    server.companions = Companions(settings)


def when_ready(server):
    """Start the workers of background jobs and the server of the metrics, and print the address of the server."""
    server.companions.start()
    print(f"\n    http://{bind}/\n", flush=True)  # noqa: T201


def post_worker_init(worker):
    """Check the database."""
    # Imported here: a worker that starts after a reload takes the new code.
    from evaluation.server.start import refuse_newer_database

    refuse_newer_database(worker.wsgi)


def on_reload(server):
    """Start the companions again, with the new settings."""
    dictConfig(log_configuration(settings))
    server.companions.stop()
    server.companions = Companions(settings)
    server.companions.start()


def on_exit(server):
    """End the companions; other workers take up the jobs that these were doing."""
    if os.getpid() == server.pid:
        server.companions.close()
