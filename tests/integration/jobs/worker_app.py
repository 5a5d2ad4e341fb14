"""The application of worker processes in tests: the product with kinds of jobs of the tests."""

from flask import Flask

from app import create_app as create_product
from evaluation.jobs import kinds
from tests.integration.jobs.kinds import ALL


def create_app() -> Flask:
    """Return the application."""
    kinds.register(ALL)
    return create_product()
