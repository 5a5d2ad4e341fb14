"""How the product is served: two workers, on loopback unless BIND names another address."""

import os

from evaluation.settings import INSTANCE, settings_or_exit

# Here too, since a worker that cannot start would be started again and again.
settings_or_exit(INSTANCE)

bind = os.environ.get("BIND") or f"127.0.0.1:{os.environ.get('PORT', '8000')}"
workers = 2
threads = 2
timeout = 120
# A clerk's next answer comes within the minute: by the connection that is there.
keepalive = 75
accesslog = None
loglevel = "warning"


def when_ready(server):
    print(f"\n    http://{bind}/\n", flush=True)  # noqa: T201
