"""A small registry for tests of entry: two bodies with organisations, one body without any, and their people."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from evaluation.accounts.models import Account
from evaluation.answers.justifications import justify
from evaluation.answers.progress.queries import body_state
from evaluation.answers.save import AnswerInput, save
from evaluation.clock import today
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.policy import SIGN_IN_ROLES as ROLES
from evaluation.policy import Role, Viewer
from evaluation.registry import operations
from evaluation.registry import queries as registry
from evaluation.registry.models import Body
from evaluation.registry.operations import NewBody
from evaluation.review.operations import submit
from evaluation.submissions.models import Submission
from tests.support import accounts as people
from tests.support.factories import bin_of, clean

YEAR = 2024
TODAY = date(2025, 3, 1)
DEADLINE = today() + timedelta(days=30)
"""Ahead, so that drafts take changes."""
SYSTEM = Viewer.system()
OWN, FOREIGN, EMPTY = bin_of(1), bin_of(2), bin_of(3)
REASON = "Бастапқы құжаттар бойынша тексерілді"


@dataclass
class Place:
    """What the tests stand on: ids of bodies and of organisations by BIN. `own` are the BINs of the first body's organisations,
    one of each of the first two kinds; `foreign` is the second body's."""

    app: Flask
    order: Order
    bodies: dict[str, int]
    organisations: dict[str, int]
    own: tuple[str, str]
    foreign: str
    accounts: dict[Role, int]
    """A person of each role, by account; of which bodies they are is said by :meth:`viewer`."""

    @property
    def kinds(self) -> tuple[str, str]:
        return self.order.kinds[0].code, self.order.kinds[1].code

    def viewer(self, role: Role, *bins: str) -> Viewer:
        """Somebody of that role, of these bodies or else of the first."""
        return Viewer(f"The {role}", role, frozenset(self.bodies[bin_] for bin_ in bins or (OWN,)), self.accounts[role])

    def client(self, role: str, *bins: str, code: str = "en") -> FlaskClient:
        """A client signed in with a new account of that role, of these bodies or else of the first."""
        bodies = [self.bodies[bin_] for bin_ in bins or (OWN,)] if role in ("clerk", "head") else ()
        return people.signed_in(self.app, role, code, bodies)

    def body(self, bin_: str = OWN) -> Body:
        found = registry.body(SYSTEM, bin_)
        assert found
        return found

    def hand_over(self, version: int = 0, bin_: str = OWN, **more: Any) -> Submission:
        """Hand a body's year over by its head; the caller commits."""
        return submit(self.viewer(Role.HEAD, bin_), self.order, YEAR, self.body(bin_), version, TODAY, **more)

    def answer(self, bin_: str, **answers: Any) -> None:
        """Store answers of an organisation of the first body as they are, whatever stood there; the caller commits."""
        stored = body_state(SYSTEM, self.order, YEAR, self.bodies[OWN], TODAY).organisations[self.organisations[bin_]]
        edits = [AnswerInput(stored.id, code, value, stored.answers.get(code)) for code, value in answers.items()]
        assert not save(SYSTEM, self.order, YEAR, self.bodies[OWN], edits).conflicts

    def fill(self, bins: Iterable[str] = ()) -> None:
        """Answer well everything that is asked of the first body, with reasons for what is odd; committed."""
        for bin_, kind in zip(self.own, self.kinds, strict=True):
            if bin_ in (bins or self.own):
                self.answer(bin_, **clean(self.order, kind))
        for state in body_state(SYSTEM, self.order, YEAR, self.bodies[OWN], TODAY).organisations.values():
            for finding in state.findings:
                if finding.open and state.bin in (bins or self.own):
                    justify(SYSTEM, self.order, YEAR, self.bodies[OWN], state.id, finding.rule, finding.code, REASON, TODAY)
        db.session.commit()


def make_place(app: Flask, order: Order) -> Place:
    """Open the year and register everything."""
    own, foreign = (bin_of(11), bin_of(12)), bin_of(13)
    with app.app_context():
        operations.open_year(SYSTEM, YEAR, order.code, deadline=DEADLINE)
        operations.register_bodies(
            SYSTEM, [NewBody(OWN, "Бірінші әкімдік", "Первый акимат"), NewBody(FOREIGN, "Екінші"), NewBody(EMPTY, "Үшінші")]
        )
        kinds = (order.kinds[0].code, order.kinds[1].code, order.kinds[0].code)
        operations.register_organisations(
            SYSTEM, [(bin_, kind, f"Ұйым {bin_}", "") for bin_, kind in zip((*own, foreign), kinds, strict=True)]
        )
        known = registry.known(SYSTEM)
        ids = {bin_: id_ for bin_, (id_, _) in known.organisations.items()}
        under = {own[0]: OWN, own[1]: OWN, foreign: FOREIGN}
        operations.supervise(SYSTEM, [(ids[each], known.bodies[body], date(2020, 1, 1), None) for each, body in under.items()])
        named = {
            role: Account(email=f"the-{role}@example.org", name=f"The {role}", role=role, fs_uniquifier=role) for role in ROLES
        }
        db.session.add_all(named.values())
        db.session.commit()
        return Place(app, order, known.bodies, ids, own, foreign, {role: account.id for role, account in named.items()})
