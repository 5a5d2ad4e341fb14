"""How the product is served on one computer: two workers on loopback, since there is no sign-in yet."""

import os

bind = f"127.0.0.1:{os.environ.get('PORT', '8000')}"
workers = 2
threads = 2
timeout = 120
accesslog = None
loglevel = "warning"


def when_ready(server):
    print(f"\n    http://{bind}/\n", flush=True)  # noqa: T201
