"""A body's year under everything that anybody may try, in any order: no forbidden step, no incomplete or self-accepted sheet.

A plain model beside the product says what must come of each step. `make torture` tries longer and more.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from evaluation.accounts.models import Account
from evaluation.answers.justifications import justify
from evaluation.answers.readiness import queries as submissions
from evaluation.answers.save import AnswerInput, save
from evaluation.audit.verification import verify
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.policy import SIGN_IN_ROLES, Forbidden, Role, Viewer
from evaluation.registry import operations as register
from evaluation.registry import queries as registry
from evaluation.registry.operations import NewBody
from evaluation.review import operations as review
from evaluation.review import queries
from evaluation.review.history.reconstruct import rebuilt
from evaluation.review.operations import NotReady, Stale, SubmissionRefused
from evaluation.review.remarks import operations as remarks
from evaluation.review.snapshot import sha256_of, thaw
from evaluation.review.verification.verify import verify as judge
from evaluation.submissions.locks import Locked
from tests.support.factories import bin_of

WHOLE = "TRIALS" in os.environ
EXAMPLES = int(os.environ.get("EXAMPLES", "300" if WHOLE else "7"))
STEPS = 60 if WHOLE else 35
YEAR, TODAY = 2024, date(2025, 3, 1)
SYSTEM = Viewer.system()
REASON = "Бастапқы құжаттар бойынша тексерілді"
MAY_SUBMIT, MAY_EDIT = {"head", "other head"}, {"clerk", "head", "other head"}
MAY_REVIEW = {"reviewer", "promoted head"}
ACTORS = sorted(MAY_EDIT | MAY_REVIEW | {"administrator", "observer", "foreign head", "foreign reviewer", "system"})
OPEN = {"draft", "returned", "reopened"}

actors = st.sampled_from(ACTORS)
likely = st.sampled_from(["clerk", "head", "reviewer", "reviewer", "promoted head", *ACTORS])
right = st.sampled_from([True, True, True, False])
"""Whether the page was fresh: the version seen is the current one."""


class Machine(RuleBasedStateMachine):
    """What is true of the year, beside what the product says of it."""

    app: Flask
    order: Order
    numbers = count(1)

    @initialize()
    def begin(self) -> None:
        number = next(self.numbers)
        bin_, own = bin_of(2 * number), bin_of(2 * number + 1)
        kind = self.order.kinds[0].code
        register.register_bodies(SYSTEM, [NewBody(bin_, f"Орган {number}")])
        register.register_organisations(SYSTEM, [(own, kind, f"Ұйым {number}", "")])
        known = registry.known(SYSTEM)
        register.supervise(SYSTEM, [(known.organisations[own][0], known.bodies[bin_], date(2020, 1, 1), None)])
        db.session.commit()
        found = registry.body(SYSTEM, bin_)
        assert found
        self.body, self.body_id, self.own = found, found.id, known.organisations[own][0]
        self.asked = self.order.asked_of(kind)
        self.audits = [item.code for item in self.asked if item.type == "choice"]
        self.state, self.version, self.round, self.revision = "draft", 0, 0, 0
        self.values: dict[str, Any] = {}
        self.reasons: dict[str, Any] = {}
        self.submitter = ""
        self.open_remarks: list[int] = []
        accounts = {account.name: account for account in db.session.query(Account)}
        mine = frozenset({self.body_id})
        self.viewers = {role: Viewer(role, Role(role), mine, accounts[role].id) for role in SIGN_IN_ROLES}
        self.viewers |= {
            "other head": Viewer("other head", Role.HEAD, mine, accounts["other head"].id),
            # The same person in another role.
            "promoted head": Viewer("head", Role.REVIEWER, None, accounts["head"].id),
            "foreign head": Viewer("foreign", Role.HEAD, frozenset({0}), accounts["other head"].id),
            "foreign reviewer": Viewer("foreign", Role.REVIEWER, frozenset({0}), accounts["reviewer"].id),
            "system": SYSTEM,
        }

    @property
    def complete(self) -> bool:
        odd = [code for code in self.audits if self.values.get(code) == "compliant" and self.reasons.get(code) != "compliant"]
        return not odd and all(item.code in self.values for item in self.asked)

    def seen(self, fresh: bool) -> int:
        return self.version if fresh else self.version + 1

    def attempt(self, expected: type[Exception] | None, act: Callable[[], Any]) -> Any:
        """Do it; it succeeds or is refused as expected, and is kept or leaves nothing."""
        try:
            done = act()
        except (Forbidden, Locked, Stale, NotReady, SubmissionRefused, LookupError) as error:
            db.session.rollback()
            assert expected is not None and isinstance(error, expected), f"{error!r}, expected {expected}"
            return None
        assert expected is None, f"was done, expected {expected}"
        db.session.commit()
        return done

    def stepped(self, state: str) -> None:
        self.state, self.version = state, self.version + 1

    @rule(who=likely, blank=st.sampled_from([False, False, True]), odd=st.booleans(), part=st.integers(0, 99))
    def answer(self, who: str, blank: bool, odd: bool, part: int) -> None:
        """One answer emptied, or every answer given; some with an audit that has no act."""
        wanted = {item.code: self.value(item, odd and n == part % len(self.asked)) for n, item in enumerate(self.asked)}
        if blank:
            wanted = {self.asked[part % len(self.asked)].code: None}
        edits = [AnswerInput(self.own, code, value, self.values.get(code)) for code, value in wanted.items()]
        expected = None if self.state in OPEN else Locked
        if who not in MAY_EDIT | {"system"}:
            expected = Forbidden
        self.attempt(expected, lambda: save(self.viewers[who], self.order, YEAR, self.body_id, edits))
        if expected is None:
            self.values = {code: value for code, value in (self.values | wanted).items() if value is not None}

    @staticmethod
    def value(item: Any, odd: bool) -> Any:
        given = {"money": 100_000_00, "whole": 0, "yes_no": True, "date": "2025-05-31", "text": "мәтін"}
        return given.get(item.type, "compliant" if odd else "not_audited")

    @rule(who=likely)
    def explain(self, who: str) -> None:
        """A reason for every odd audit."""
        readiness = submissions.readiness(SYSTEM, self.order, YEAR, self.body, TODAY)
        findings = [each for state in readiness.state.organisations.values() for each in state.findings if each.open]
        for finding in findings:
            expected = Forbidden if who not in MAY_EDIT | {"system"} else None if self.state in OPEN else Locked
            give = (YEAR, self.body_id, self.own, finding.rule, finding.code, REASON, TODAY)
            self.attempt(expected, lambda give=give: justify(self.viewers[who], self.order, *give))
            if expected is None and finding.code:
                self.reasons[finding.code] = finding.value

    @rule(who=likely, fresh=right)
    def submit(self, who: str, fresh: bool) -> None:
        expected: type[Exception] | None = None
        if who not in MAY_SUBMIT:
            expected = Forbidden
        elif not fresh or self.state not in OPEN:
            expected = Stale
        elif not self.complete:
            expected = NotReady
        order, version = self.order, self.seen(fresh)
        self.attempt(expected, lambda: review.submit(self.viewers[who], order, YEAR, self.body, version, TODAY))
        if expected is None:
            self.stepped("submitted")
            self.round, self.submitter = self.round + 1, who

    @rule(who=likely, fresh=right, reason=st.sampled_from(["", "Түзетіңіз"]))
    def give_back(self, who: str, fresh: bool, reason: str) -> None:
        expected: type[Exception] | None = None
        if who not in MAY_REVIEW:
            expected = Forbidden
        elif not fresh:
            expected = Stale
        elif self.state != "submitted" or not (reason or self.open_remarks):
            expected = SubmissionRefused
        version = self.seen(fresh)
        self.attempt(expected, lambda: review.give_back(self.viewers[who], YEAR, self.body_id, version, reason))
        if expected is None:
            self.stepped("returned")

    @rule(who=likely, fresh=right, bulk=st.booleans())
    def accept(self, who: str, fresh: bool, bulk: bool) -> None:
        expected: type[Exception] | None = None
        own = who == "promoted head" and self.submitter == "head"
        if who not in MAY_REVIEW:
            expected = Forbidden
        elif not fresh:
            expected = Stale
        elif self.state != "submitted" or own or self.open_remarks:
            expected = SubmissionRefused
        version = self.seen(fresh)

        def act() -> None:
            if not bulk:
                review.accept(self.viewers[who], YEAR, self.body, version, TODAY)
                return
            ((_, outcome),) = review.accept_many(self.viewers[who], YEAR, [(self.body, version)], TODAY)
            if isinstance(outcome, Exception):
                raise outcome

        self.attempt(expected, act)
        if expected is None:
            assert self.complete
            self.stepped("accepted")
            self.revision += 1

    @rule(who=likely, fresh=right, reason=st.sampled_from(["", "Қайта ашылды"]))
    def reopen(self, who: str, fresh: bool, reason: str) -> None:
        expected: type[Exception] | None = None
        if who not in MAY_REVIEW:
            expected = Forbidden
        elif not fresh:
            expected = Stale
        elif self.state != "accepted" or not reason:
            expected = SubmissionRefused
        version = self.seen(fresh)
        self.attempt(expected, lambda: review.reopen(self.viewers[who], YEAR, self.body_id, version, reason))
        if expected is None:
            self.stepped("reopened")

    @precondition(lambda self: self.state == "submitted" and len(self.open_remarks) < 2)
    @rule(who=likely)
    def remark(self, who: str) -> None:
        expected = None if who in MAY_REVIEW | {"system"} else Forbidden
        made = self.attempt(expected, lambda: remarks.make(self.viewers[who], self.order, YEAR, self.body_id, "Неге?"))
        if expected is None:
            self.open_remarks.append(made.id)

    @precondition(lambda self: bool(self.open_remarks))
    @rule(who=likely)
    def resolve(self, who: str) -> None:
        expected = None if who in MAY_REVIEW | {"system"} else (Forbidden, LookupError)
        self.attempt(expected, lambda: remarks.resolve(self.viewers[who], self.open_remarks[0]))  # type: ignore[arg-type]
        if expected is None:
            self.open_remarks.pop(0)

    @invariant()
    def the_product_says_the_same(self) -> None:
        if not hasattr(self, "viewers"):
            return
        stored = submissions.submission(SYSTEM, YEAR, self.body_id)
        if stored is None:
            assert self.version == 0
        else:
            told = (stored.state, stored.version, stored.round, stored.revision)
            assert told == (self.state, self.version, self.round, self.revision)
            assert stored.state != "accepted" or stored.accepted_id != stored.submitted_id
        frozen = queries.revisions(SYSTEM, self.body_id, YEAR)
        assert [each.revision for each in frozen] == list(range(self.revision, 0, -1))
        db.session.rollback()

    def teardown(self) -> None:
        """Every accepted sheet can be verified afterwards, and is what the record rebuilds."""
        if not hasattr(self, "viewers"):
            return
        orders = registry.orders()
        for each in queries.revisions(SYSTEM, self.body_id, YEAR):
            assert sha256_of(each.content) == each.sha256 and not thaw(each.content, orders).provisional
            assert rebuilt(SYSTEM, orders, self.body, YEAR, each.revision) == each.content
            latest = each.revision == self.revision
            state = "superseded" if not latest else "accepted" if self.state == "accepted" else "reopened"
            assert judge(Viewer.nobody(), each.content.encode()).outcome == state
        db.session.rollback()


@contextmanager
def prepared(app: Flask, order: Order) -> Iterator[type[Machine]]:
    """The machine on an app whose year is open and whose people have accounts."""
    with app.app_context():
        register.open_year(SYSTEM, YEAR, order.code)
        names = [*map(str, SIGN_IN_ROLES), "other head"]
        roles = {"other head": "head"}
        db.session.add_all(
            Account(email=f"{n}@example.org", name=name, role=roles.get(name, name), fs_uniquifier=name)
            for n, name in enumerate(names)
        )
        db.session.commit()
        yield type("Prepared", (Machine,), {"app": app, "order": order, "numbers": count(1)})
        assert verify(SYSTEM) == []


@pytest.mark.parametrize("examples", [EXAMPLES])
def test_no_forbidden_step(app: Flask, order: Order, examples: int, tmp_path: Path) -> None:
    with prepared(app, order) as machine:
        run_state_machine_as_test(  # type: ignore[no-untyped-call]
            seed(int(os.environ.get("SEED", "193")))(machine),
            settings=settings(
                max_examples=examples,
                stateful_step_count=STEPS,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
