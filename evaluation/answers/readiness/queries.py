"""Reads of readiness, scoped by the viewer."""

from datetime import date

from evaluation.answers.readiness.compose import readiness_of
from evaluation.answers.readiness.model import Readiness
from evaluation.answers.year_data import read_year_data
from evaluation.criteria.model import Order
from evaluation.policy import Viewer
from evaluation.registry.models import Body


def readiness(viewer: Viewer, order: Order, year: int, body: Body, today: date) -> Readiness:
    """Return what remains to be done before the body's year can be submitted."""
    return readiness_of(read_year_data(viewer, order, year, body.id), today)
