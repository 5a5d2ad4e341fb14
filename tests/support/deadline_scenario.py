"""A year with its first day and its deadline, for tests of what may be written when."""

from datetime import date, timedelta
from pathlib import Path

from flask import Flask

from evaluation.criteria import Order
from evaluation.database import db
from evaluation.policy import Role
from evaluation.registry.models import ReportingYear
from evaluation.submissions.extensions.operations import extend
from evaluation.submissions.models import Extension
from tests.support.entry_bodies import OWN, YEAR, Place, make_place
from tests.support.submission_states import stand

START, DEADLINE = date(2025, 1, 10), date(2025, 4, 1)
ENTRY = f"/bodies/{OWN}/{YEAR}/entry"
ORDERED = f"/registry/years/{YEAR}"


def day(offset: int) -> date:
    """So many days after the deadline."""
    return DEADLINE + timedelta(days=offset)


def make_place_in_term(app: Flask, order: Order, tmp_path: Path) -> Place:
    """The bodies of :mod:`tests.support.entry_bodies`, their year with a first day and a deadline."""
    app.config["FILES"] = str(tmp_path / "files")
    made = make_place(app, order)
    with app.app_context():
        set_days(START, DEADLINE)
    return made


def set_days(starts_on: date | None, deadline: date | None) -> ReportingYear:
    year = db.session.get(ReportingYear, YEAR)
    assert year
    year.starts_on, year.deadline = starts_on, deadline
    db.session.commit()
    return year


def give(place: Place, until: date, today: date, reason: str = "Себеп", bin_: str = OWN) -> Extension:
    year = db.session.get(ReportingYear, YEAR)
    assert year
    given = extend(place.viewer(Role.ADMINISTRATOR, bin_), year, place.body(bin_), until, reason, today)
    db.session.commit()
    return given


def put(place: Place, state: str, first: date, bin_: str = OWN) -> None:
    stand(YEAR, place.bodies[bin_], state, first=first)
    db.session.commit()
