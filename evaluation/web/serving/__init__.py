"""What surrounds the pages: static files, the probes of the service, the log of requests and their counts."""

from flask import Flask

from evaluation.web.serving import probes, refusals, request_log, static_files

__all__ = ["init_app"]


def init_app(app: Flask) -> None:
    """Register them. The log must surround everything but the probes, which would fill it, so this is called last."""
    static_files.init_app(app)
    refusals.init_app(app)
    request_log.init_app(app)
    probes.init_app(app)
