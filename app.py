"""The application: the list of what is wired, nothing else. `app:create_app()` is the WSGI entry."""

from collections.abc import Mapping
from typing import Any

from flask import Flask

from evaluation import cli, database, web
from evaluation.criteria import load_orders
from evaluation.notifications import outbox
from evaluation.settings import INSTANCE, settings_or_exit


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """Make the app; `config` overrides settings from the environment. Raises CriteriaError on a criteria file with mistakes."""
    app = Flask(__name__, instance_path=str(INSTANCE))
    app.config.from_mapping(settings_or_exit(INSTANCE) | dict(config or {}))
    app.extensions["orders"] = load_orders(app.config["CRITERIA"])
    database.init_app(app)
    outbox.init_app(app)
    web.init_app(app)
    cli.init_app(app)
    return app
