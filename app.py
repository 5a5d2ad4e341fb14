"""Creates the application and connects its parts. `app:create_app()` is the WSGI entry point."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Flask

from evaluation import cli
from evaluation.application import Application, flask_configuration, static_url_path
from evaluation.settings import Settings, load_settings_or_exit

ROOT = Path(__file__).parent


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """Create the application. Under the `flask` command it is wired when a command or a page needs it, else at once.

    Args:
        config: Overrides by upper-case name: settings (:class:`evaluation.settings.Settings`) and keys of Flask's configuration.

    Raises:
        CriteriaError: A criteria file of the product has mistakes.
        SystemExit: A setting is invalid.
    """
    remaining = dict(config or {})
    overrides = {name: remaining.pop(name.upper()) for name in Settings.model_fields if name.upper() in remaining}
    settings = load_settings_or_exit(**overrides)
    app = Application(__name__, static_url_path=static_url_path(ROOT / "static"), instance_path=str(settings.instance))
    app.config.from_mapping(flask_configuration(settings) | remaining)
    cli.init_app(app)
    app.wire_with(lambda: wire(app, settings), deferred=os.environ.get("FLASK_RUN_FROM_CLI") == "true")
    return app


def wire(app: Application, settings: Settings) -> None:
    """Connect the criteria, the database, background jobs and the pages to the application."""
    # Imported here: these modules need most of the product's libraries.
    from evaluation import database, web
    from evaluation.audit import chain
    from evaluation.configuration import Configuration
    from evaluation.criteria.loader import load_orders, log_problems
    from evaluation.jobs import kinds, worker
    from evaluation.jobs.queue import JobQueue
    from evaluation.notifications.operations import notify_of_job
    from evaluation.results.invalidation import mark_stale
    from evaluation.web.jobs.kinds import KINDS
    from evaluation.web.links import FlaskLinkBuilder

    # What the product writes, the database among it, is for its user alone.
    os.umask(0o077)
    app.extensions["orders"] = load_orders(settings.criteria)
    log_problems(app.extensions["orders"])
    app.extensions["jobs"] = JobQueue(settings, app.app_context)
    configuration = Configuration(
        settings=settings,
        orders=app.extensions["orders"],
        links=FlaskLinkBuilder(app, settings),
        wake_workers=app.extensions["jobs"].wake,
        application_context=app.app_context,
    )
    app.extensions["configuration"] = configuration
    database.init_app(app, configuration)
    chain.listen(mark_stale)
    kinds.register(KINDS)
    worker.on_end[:] = [notify_of_job]
    web.init_app(app)
