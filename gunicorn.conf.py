"""Gunicorn's configuration: two workers, on loopback unless BIND names another address."""

from evaluation.settings import load_settings_or_exit

# Invalid settings end the server here. Otherwise gunicorn would restart the failing workers forever.
settings = load_settings_or_exit()

bind = settings.listen_address
workers = 2
threads = 2
timeout = 120
# Seconds. A clerk usually sends the next answer within a minute, over the same connection.
keepalive = 75
accesslog = None
loglevel = "warning"


def when_ready(server):
    """Print the address of the server."""
    print(f"\n    http://{bind}/\n", flush=True)  # noqa: T201
