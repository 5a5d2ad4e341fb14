"""A reporting year with a first day of entry and a deadline, for tests of what may be changed when."""

from datetime import date, timedelta
from pathlib import Path

from flask import Flask

from evaluation.criteria import Order
from evaluation.database import db
from evaluation.policy import Role
from evaluation.registry.models import ReportingYear
from evaluation.submissions.extensions.operations import grant_extension
from evaluation.submissions.models import Extension
from tests.support.scenario import BODY, YEAR, Scenario, two_kind_scenario
from tests.support.settings import change_settings
from tests.support.submission_states import set_status

START, DEADLINE = date(2025, 1, 10), date(2025, 4, 1)
ENTRY_URL = f"/bodies/{BODY}/{YEAR}/entry"
YEAR_URL = f"/registry/years/{YEAR}"


def day(offset: int) -> date:
    """The day that many days after the deadline."""
    return DEADLINE + timedelta(days=offset)


def scenario_with_deadline(app: Flask, order: Order, tmp_path: Path) -> Scenario:
    """`two_kind_scenario` whose year has a first day of entry and a deadline in the past."""
    change_settings(app, files_folder=tmp_path / "files")
    scenario = two_kind_scenario(app, order)
    with app.app_context():
        set_dates(START, DEADLINE)
    return scenario


def set_dates(starts_on: date | None, deadline: date | None) -> ReportingYear:
    """Set the year's first day of entry and deadline; committed."""
    year = db.session.get(ReportingYear, YEAR)
    assert year
    year.starts_on, year.deadline = starts_on, deadline
    db.session.commit()
    return year


def extend(scenario: Scenario, until: date, today: date, reason: str = "Себеп", body_bin: str = BODY) -> Extension:
    """Grant an extension as an administrator; committed."""
    year = db.session.get(ReportingYear, YEAR)
    assert year
    extension = grant_extension(
        scenario.viewer(Role.ADMINISTRATOR, body_bin), year, scenario.body(body_bin), until, reason, today
    )
    db.session.commit()
    return extension


def set_submission_status(scenario: Scenario, status: str, first_submitted_on: date, body_bin: str = BODY) -> None:
    """Set the status of a body's year without the operations that lead to it; committed."""
    set_status(YEAR, scenario.bodies[body_bin], status, first_submitted_on=first_submitted_on)
    db.session.commit()
