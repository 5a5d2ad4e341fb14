"""Settings of production, and changes of settings of an application that is already created."""

from contextlib import nullcontext
from dataclasses import replace
from typing import Any

from flask import Flask, current_app, has_app_context

from evaluation.configuration import configuration
from evaluation.database import db

PRODUCTION = {
    "SECRET_KEY": "7b1c5e0f9a2d4836b1c5e0f9a2d48367",
    "AUDIT_KEY": "f03d8a6b27c914e5f03d8a6b27c914e5",
    "PUBLIC_URL": "https://evaluation.example.kz",
}
"""What production requires."""


def change_settings(app: Flask, **changes: Any) -> None:
    """Change settings by field name: in the current database session, in every later one, and in `app.config`."""
    is_current = has_app_context() and current_app._get_current_object() is app  # type: ignore[attr-defined]
    with nullcontext() if is_current else app.app_context():
        current = configuration()
        changed = replace(current, settings=current.settings.model_copy(update=changes))
        db.session.info["configuration"] = changed
        db.sessionmaker.configure(info={"configuration": changed})
    app.config.update({name.upper(): value for name, value in changes.items()})
