"""A body's year under random actions of all roles: no forbidden step, incomplete sheet or self-accepted sheet is stored.

A simple model predicts the result of every step. `make torture` runs longer sequences and more of them.
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
from evaluation.answers.model import AnswerInput
from evaluation.answers.progress.queries import body_progress
from evaluation.answers.save import save_answers
from evaluation.audit.verification import verify_audit_log
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.policy import SIGN_IN_ROLES, Forbidden, Role, Viewer
from evaluation.registry import operations as register
from evaluation.registry import queries as registry
from evaluation.registry.operations import NewBody
from evaluation.results.operations import check, refresh
from evaluation.review import operations as review
from evaluation.review import queries
from evaluation.review.history.reconstruct import reconstruct
from evaluation.review.remarks import operations as remarks
from evaluation.review.snapshot import from_canonical_json, sha256_of
from evaluation.review.verification.verify import verify as verify_file
from evaluation.review.workflow_errors import NotReady, StaleSubmission, SubmissionRejected
from evaluation.submissions import queries as submissions
from evaluation.submissions.locks import Locked
from tests.support.factories import bin_of

IS_FULL_RUN = "TRIALS" in os.environ
EXAMPLES = int(os.environ.get("EXAMPLES", "300" if IS_FULL_RUN else "7"))
STEPS = 60 if IS_FULL_RUN else 35
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
"""Whether the person saw the current version of the submission."""


class Machine(RuleBasedStateMachine):
    """A state machine with a simple model of the stored year."""

    app: Flask
    order: Order
    numbers = count(1)

    @initialize()
    def begin(self) -> None:
        number = next(self.numbers)
        bin_, organisation_bin = bin_of(2 * number), bin_of(2 * number + 1)
        kind = self.order.kinds[0].code
        register.register_bodies(SYSTEM, [NewBody(bin_, f"Орган {number}")])
        register.register_organisations(SYSTEM, [(organisation_bin, kind, f"Ұйым {number}", "")])
        index = registry.registry_index(SYSTEM)
        register.add_supervision(SYSTEM, [(index.organisations[organisation_bin][0], index.bodies[bin_], date(2020, 1, 1), None)])
        db.session.commit()
        body = registry.body(SYSTEM, bin_)
        assert body
        self.body, self.body_id, self.organisation_id = body, body.id, index.organisations[organisation_bin][0]
        self.indicators = self.order.indicators_of(kind)
        self.audits = [item.code for item in self.indicators if item.type == "choice"]
        self.status, self.version, self.round, self.revision = "draft", 0, 0, 0
        self.values: dict[str, Any] = {}
        self.reasons: dict[str, Any] = {}
        self.submitter = ""
        self.open_remarks: list[int] = []
        accounts = {account.name: account for account in db.session.query(Account)}
        mine = frozenset({self.body_id})
        self.viewers = {role: Viewer(role, Role(role), mine, accounts[role].id) for role in SIGN_IN_ROLES}
        self.viewers |= {
            "other head": Viewer("other head", Role.HEAD, mine, accounts["other head"].id),
            # The same person with another role.
            "promoted head": Viewer("head", Role.REVIEWER, None, accounts["head"].id),
            "foreign head": Viewer("foreign", Role.HEAD, frozenset({0}), accounts["other head"].id),
            "foreign reviewer": Viewer("foreign", Role.REVIEWER, frozenset({0}), accounts["reviewer"].id),
            "system": SYSTEM,
        }

    @property
    def complete(self) -> bool:
        unjustified = [
            code for code in self.audits if self.values.get(code) == "compliant" and self.reasons.get(code) != "compliant"
        ]
        return not unjustified and all(item.code in self.values for item in self.indicators)

    def seen(self, fresh: bool) -> int:
        return self.version if fresh else self.version + 1

    def attempt(self, expected: type[Exception] | None, act: Callable[[], Any]) -> Any:
        """Run an action: it succeeds and is committed, or is refused as expected and rolled back."""
        try:
            done = act()
        except (Forbidden, Locked, StaleSubmission, NotReady, SubmissionRejected, LookupError) as error:
            db.session.rollback()
            assert expected is not None and isinstance(error, expected), f"{error!r}, expected {expected}"
            return None
        assert expected is None, f"succeeded, expected {expected}"
        db.session.commit()
        return done

    def stepped(self, status: str) -> None:
        self.status, self.version = status, self.version + 1

    @rule(who=likely, blank=st.sampled_from([False, False, True]), odd=st.booleans(), part=st.integers(0, 99))
    def answer(self, who: str, blank: bool, odd: bool, part: int) -> None:
        """Clear one answer, or save all answers, some of them with a warning."""
        wanted = {item.code: self.value(item, odd and n == part % len(self.indicators)) for n, item in enumerate(self.indicators)}
        if blank:
            wanted = {self.indicators[part % len(self.indicators)].code: None}
        edits = [AnswerInput(self.organisation_id, code, value, self.values.get(code)) for code, value in wanted.items()]
        expected = None if self.status in OPEN else Locked
        if who not in MAY_EDIT | {"system"}:
            expected = Forbidden
        self.attempt(expected, lambda: save_answers(self.viewers[who], self.order, YEAR, self.body_id, edits))
        if expected is None:
            self.values = {code: value for code, value in (self.values | wanted).items() if value is not None}

    @staticmethod
    def value(item: Any, odd: bool) -> Any:
        values = {"money": 100_000_00, "whole": 0, "yes_no": True, "date": "2025-05-31", "text": "мәтін"}
        return values.get(item.type, "compliant" if odd else "not_audited")

    @rule(who=likely)
    def explain(self, who: str) -> None:
        """Justify every warning."""
        progress = body_progress(SYSTEM, self.order, YEAR, self.body_id, TODAY)
        issues = [issue for organisation in progress.organisations.values() for issue in organisation.issues if issue.is_open]
        for issue in issues:
            expected = Forbidden if who not in MAY_EDIT | {"system"} else None if self.status in OPEN else Locked
            arguments = (YEAR, self.body_id, self.organisation_id, issue.rule, issue.code, REASON, TODAY)
            self.attempt(expected, lambda arguments=arguments: justify(self.viewers[who], self.order, *arguments))
            if expected is None and issue.code:
                self.reasons[issue.code] = issue.value

    @rule(who=likely, fresh=right)
    def submit(self, who: str, fresh: bool) -> None:
        expected: type[Exception] | None = None
        if who not in MAY_SUBMIT:
            expected = Forbidden
        elif not fresh or self.status not in OPEN:
            expected = StaleSubmission
        elif not self.complete:
            expected = NotReady
        order, version = self.order, self.seen(fresh)
        self.attempt(expected, lambda: review.submit(self.viewers[who], order, YEAR, self.body, version, TODAY))
        if expected is None:
            self.stepped("submitted")
            self.round, self.submitter = self.round + 1, who

    @rule(who=likely, fresh=right, reason=st.sampled_from(["", "Түзетіңіз"]))
    def return_submission(self, who: str, fresh: bool, reason: str) -> None:
        expected: type[Exception] | None = None
        if who not in MAY_REVIEW:
            expected = Forbidden
        elif not fresh:
            expected = StaleSubmission
        elif self.status != "submitted" or not (reason or self.open_remarks):
            expected = SubmissionRejected
        version = self.seen(fresh)
        self.attempt(expected, lambda: review.return_submission(self.viewers[who], YEAR, self.body_id, version, reason))
        if expected is None:
            self.stepped("returned")

    @rule(who=likely, fresh=right, bulk=st.booleans())
    def accept(self, who: str, fresh: bool, bulk: bool) -> None:
        expected: type[Exception] | None = None
        is_submitter = who == "promoted head" and self.submitter == "head"
        if who not in MAY_REVIEW:
            expected = Forbidden
        elif not fresh:
            expected = StaleSubmission
        elif self.status != "submitted" or is_submitter or self.open_remarks:
            expected = SubmissionRejected
        version = self.seen(fresh)

        def act() -> None:
            if not bulk:
                review.accept(self.viewers[who], YEAR, self.body, version, TODAY)
                return
            ((_, outcome),) = review.accept_bodies(self.viewers[who], YEAR, [(self.body, version)], TODAY)
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
            expected = StaleSubmission
        elif self.status != "accepted" or not reason:
            expected = SubmissionRejected
        version = self.seen(fresh)
        self.attempt(expected, lambda: review.reopen(self.viewers[who], YEAR, self.body_id, version, reason))
        if expected is None:
            self.stepped("reopened")

    @precondition(lambda self: self.status == "submitted" and len(self.open_remarks) < 2)
    @rule(who=likely)
    def remark(self, who: str) -> None:
        expected = None if who in MAY_REVIEW | {"system"} else Forbidden
        remark = self.attempt(expected, lambda: remarks.add_remark(self.viewers[who], self.order, YEAR, self.body_id, "Неге?"))
        if expected is None:
            self.open_remarks.append(remark.id)

    @precondition(lambda self: bool(self.open_remarks))
    @rule(who=likely)
    def resolve(self, who: str) -> None:
        expected = None if who in MAY_REVIEW | {"system"} else (Forbidden, LookupError)
        self.attempt(expected, lambda: remarks.resolve(self.viewers[who], self.open_remarks[0]))  # type: ignore[arg-type]
        if expected is None:
            self.open_remarks.pop(0)

    @invariant()
    def the_stored_year_equals_the_model(self) -> None:
        if not hasattr(self, "viewers"):
            return
        stored = submissions.submission(SYSTEM, YEAR, self.body_id)
        if stored is None:
            assert self.version == 0
        else:
            current = (stored.status, stored.version, stored.round, stored.revision)
            assert current == (self.status, self.version, self.round, self.revision)
            assert stored.status != "accepted" or stored.accepted_id != stored.submitted_id
        revisions = queries.sheet_revisions(SYSTEM, self.body_id, YEAR)
        assert [revision.revision for revision in revisions] == list(range(self.revision, 0, -1))
        db.session.rollback()

    @rule()
    def read_results(self) -> None:
        """Stored results that are not stale equal a fresh scoring, before and after the stale ones are scored."""
        db.session.rollback()
        assert check([YEAR]).differences == ()
        refresh([YEAR])
        comparison = check([YEAR])
        assert (comparison.differences, comparison.stale) == ((), 0)

    def teardown(self) -> None:
        """Every accepted sheet can be verified, and the audit log reconstructs it."""
        if not hasattr(self, "viewers"):
            return
        orders = registry.orders()
        for revision in queries.sheet_revisions(SYSTEM, self.body_id, YEAR):
            assert (
                sha256_of(revision.content) == revision.sha256 and not from_canonical_json(revision.content, orders).provisional
            )
            assert reconstruct(SYSTEM, orders, self.body, YEAR, revision.revision) == revision.content
            latest = revision.revision == self.revision
            outcome = "superseded" if not latest else "accepted" if self.status == "accepted" else "reopened"
            assert verify_file(Viewer.nobody(), revision.content.encode()).outcome == outcome
        db.session.rollback()


@contextmanager
def prepared(app: Flask, order: Order) -> Iterator[type[Machine]]:
    """The state machine on an app with an open year and accounts."""
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
        assert verify_audit_log(SYSTEM) == []


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
