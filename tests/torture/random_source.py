"""What the deeds of a long random run are drawn from."""

from datetime import date, timedelta
from random import Random
from typing import Any

from flask import Flask

from evaluation.accounts.models import Account
from evaluation.answers.issues import Refused
from evaluation.answers.progress.queries import body_state
from evaluation.answers.readiness import queries as submissions
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.errors import EvaluationError
from evaluation.policy import Role, Viewer
from evaluation.registry import operations as registering
from evaluation.registry import queries as registry
from evaluation.registry.admin import queries as states
from evaluation.registry.admin.states import OrganisationState
from evaluation.registry.models import Body
from evaluation.registry.operations import NewBody
from evaluation.review.models import Remark
from evaluation.submissions.models import Submission
from evaluation.workbooks.upload.operations import ChangedSince, Outdated
from tests.support.factories import bin_of, random_answers, row, workbook

YEARS, TODAY = (2022, 2023, 2024), date(2025, 3, 1)
SYSTEM = Viewer.system()
REFUSALS = (EvaluationError, LookupError, Refused, ChangedSince, Outdated)
"""What a deed may come to instead; `LookupError` also where there is nothing yet to do it to."""
REASON = "Бастапқы құжаттар бойынша тексерілді"


class Chance:
    """A small registry of two years, and what is drawn from it."""

    def __init__(self, app: Flask, order: Order, random: Random):
        self.app, self.order, self.random = app, order, random
        self.serial = 0
        roles = ("head", "reviewer")
        people = {role: Account(email=f"{role}@example.org", name=role, role=role, fs_uniquifier=role) for role in roles}
        db.session.add_all(people.values())
        db.session.flush()
        self.head = Viewer("head", Role.HEAD, None, people["head"].id)
        self.reviewer = Viewer("reviewer", Role.REVIEWER, None, people["reviewer"].id)
        for year in YEARS[1:]:
            registering.open_year(SYSTEM, year, order.code)
        registering.register_bodies(SYSTEM, [NewBody(self.fresh(), f"Орган {n}", f"Орган {n}") for n in range(4)])
        db.session.commit()

    def fresh(self) -> str:
        self.serial += 1
        return bin_of(self.serial)

    def day(self) -> date:
        """Often the first or last day of a year."""
        year = self.random.choice((2021, *YEARS))
        return self.random.choice(
            [date(year, 1, 1), date(year, 12, 31), date(year, 7, 1) + timedelta(self.random.randrange(180))]
        )

    def year(self) -> int:
        return self.random.choice(sorted(each.year for each in registry.years()))

    def some_body(self) -> Any:
        return self.random.choice(list(states.body_states(SYSTEM).values()))

    def some_organisation(self) -> OrganisationState:
        return self.random.choice(list(states.organisation_states(SYSTEM).values()))

    def kind(self) -> str:
        return self.random.choice(self.order.kinds).code

    def name(self) -> str:
        return f"Атау {self.random.randrange(5)}"

    def of_body(self) -> tuple[int, Any, list[Any]]:
        """A year, a body, and its organisations."""
        year, body = self.year(), registry.body(SYSTEM, self.some_body().bin)
        return year, body, list(body_state(SYSTEM, self.order, year, body.id, TODAY).organisations.values())

    def standing(self, *states: str) -> tuple[int, Body]:
        """A body's year in one of these states."""
        found = self.random.choice(
            db.session.query(Submission).filter(Submission.state.in_(states)).order_by(Submission.id).all()
        )
        return found.year, db.session.get_one(Body, found.body_id)

    def book(self) -> bytes:
        year, body, owned = self.of_body()
        rows: dict[str, list[Any]] = {}
        for own in owned:
            given = random_answers(self.order, own.kind, self.random, 0.6)
            rows.setdefault(own.kind, []).append(row(self.order, body.bin, own.bin, given))
        return workbook(self.order, year, rows)

    def version(self, year: int, body_id: int) -> int:
        found = submissions.submission(SYSTEM, year, body_id)
        return found.version if found else 0

    def some_remark(self) -> int:
        return self.random.choice(db.session.query(Remark).order_by(Remark.id).all()).id
