"""A small registry and random choices from it, for long random sequences of operations."""

from datetime import date, timedelta
from random import Random
from typing import Any

from flask import Flask

from evaluation.accounts.models import Account
from evaluation.answers.issues import WorkbookRejected
from evaluation.answers.progress.queries import body_progress
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.errors import EvaluationError
from evaluation.policy import Role, Viewer
from evaluation.registry import operations as registering
from evaluation.registry import queries as registry
from evaluation.registry.admin import queries as states
from evaluation.registry.models import Body
from evaluation.registry.operations import NewBody
from evaluation.registry.states import OrganisationState
from evaluation.review.models import Remark
from evaluation.submissions import queries as submissions
from evaluation.submissions.models import Submission
from evaluation.workbooks.upload.operations import StalePlan, UndoConflict
from tests.support.factories import bin_of, random_answers, row, workbook

YEARS, TODAY = (2022, 2023, 2024), date(2025, 3, 1)
SYSTEM = Viewer.system()
REFUSALS = (EvaluationError, LookupError, WorkbookRejected, UndoConflict, StalePlan)
"""How an operation may be refused; `LookupError` also if there is nothing to apply it to."""
REASON = "Бастапқы құжаттар бойынша тексерілді"


class RandomSource:
    """A small registry with two open years, and random choices from it."""

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
        registering.register_bodies(SYSTEM, [NewBody(self.new_bin(), f"Орган {n}", f"Орган {n}") for n in range(4)])
        db.session.commit()

    def new_bin(self) -> str:
        self.serial += 1
        return bin_of(self.serial)

    def day(self) -> date:
        """A day, often the first or last of a year."""
        year = self.random.choice((2021, *YEARS))
        return self.random.choice(
            [date(year, 1, 1), date(year, 12, 31), date(year, 7, 1) + timedelta(self.random.randrange(180))]
        )

    def year(self) -> int:
        return self.random.choice(sorted(year.year for year in registry.years()))

    def some_body(self) -> Any:
        return self.random.choice(list(states.body_states(SYSTEM).values()))

    def some_organisation(self) -> OrganisationState:
        return self.random.choice(list(states.organisation_states(SYSTEM).values()))

    def kind(self) -> str:
        return self.random.choice(self.order.kinds).code

    def name(self) -> str:
        return f"Атау {self.random.randrange(5)}"

    def of_body(self) -> tuple[int, Any, list[Any]]:
        """A year, a body and the progress of its organisations."""
        year, body = self.year(), registry.body(SYSTEM, self.some_body().bin)
        return year, body, list(body_progress(SYSTEM, self.order, year, body.id, TODAY).organisations.values())

    def year_in_status(self, *statuses: str) -> tuple[int, Body]:
        """A body's year in one of these statuses."""
        submission = self.random.choice(
            db.session.query(Submission).filter(Submission.status.in_(statuses)).order_by(Submission.id).all()
        )
        return submission.year, db.session.get_one(Body, submission.body_id)

    def book(self) -> bytes:
        year, body, organisations = self.of_body()
        rows: dict[str, list[Any]] = {}
        for organisation in organisations:
            answers = random_answers(self.order, organisation.kind, self.random, 0.6)
            rows.setdefault(organisation.kind, []).append(row(self.order, body.bin, organisation.bin, answers))
        return workbook(self.order, year, rows)

    def version(self, year: int, body_id: int) -> int:
        submission = submissions.submission(SYSTEM, year, body_id)
        return submission.version if submission else 0

    def some_remark(self) -> int:
        return self.random.choice(db.session.query(Remark).order_by(Remark.id).all()).id
