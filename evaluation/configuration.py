"""The configuration of the running application, for domain code.

`app.create_app` builds one :class:`Configuration` and attaches it to every database session. Domain code reads it with
:func:`configuration` or receives it as a parameter; it does not use Flask's `current_app`.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from evaluation.criteria.loader import Orders
from evaluation.database import db
from evaluation.links import LinkBuilder
from evaluation.settings import Settings


@dataclass(frozen=True)
class Configuration:
    """What operations know about the application that runs them.

    `wake_workers` lets a worker look for background jobs and returns at once; call it after a commit
    (:func:`evaluation.database.after_commit`). `application_context` opens a context with its own database session.
    """

    settings: Settings
    orders: Orders
    links: LinkBuilder
    wake_workers: Callable[[], None]
    application_context: Callable[[], AbstractContextManager[Any]]


def configuration() -> Configuration:
    """Return the configuration attached to the current database session."""
    attached: Configuration = db.session.info["configuration"]
    return attached
