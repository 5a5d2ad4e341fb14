"""The product in a server process of its own, with fast password hashes; test_clerks uses it."""

import os

from flask import Flask

from app import create_app
from tests.support.accounts import CHEAP

LIMIT = "100000 per hour"


def create() -> Flask:
    """The app on the database of the environment."""
    return create_app(
        {"DATABASE_URL": os.environ["DATABASE_URL"], "SECRET_KEY": "tests", "GUESS_LIMIT": LIMIT, "LINK_LIMIT": LIMIT, **CHEAP}
    )
