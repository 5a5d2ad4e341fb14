"""The one scenario builder of the tests: a registry with open years, people, and the operations that they perform.

`build_scenario` registers what a test describes. The presets `two_kind_scenario` and `all_kinds_scenario` describe what most
tests need.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from evaluation.accounts.models import Account
from evaluation.answers import queries
from evaluation.answers.justifications import justify
from evaluation.answers.model import AnswerInput
from evaluation.answers.progress.queries import body_progress
from evaluation.answers.save import save_answers
from evaluation.clock import today
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.policy import BODY_ROLES, SIGN_IN_ROLES, Role, Viewer
from evaluation.registry import operations
from evaluation.registry import queries as registry
from evaluation.registry.models import Body
from evaluation.registry.operations import NewBody
from evaluation.review.operations import submit
from evaluation.submissions.models import Submission
from tests.support import accounts
from tests.support.factories import bin_of, clean

YEAR = 2024
TODAY = date(2025, 3, 1)
"""A day on which the year's answers can be submitted."""
DEADLINE = today() + timedelta(days=30)
"""A deadline in the future: drafts are open."""
SUPERVISED_FROM = date(2020, 1, 1)
SYSTEM = Viewer.system()
BODY, OTHER_BODY, EMPTY_BODY = bin_of(1), bin_of(2), bin_of(3)
FOREIGN_ORGANISATION = bin_of(90)
"""The organisation of the other body in `all_kinds_scenario`."""
REASON = "Бастапқы құжаттар бойынша тексерілді"


@dataclass
class Scenario:
    """Registered bodies and organisations with the people of the tests.

    Attributes:
        bodies: Body id by BIN, in the order of registration; the first is the body that most tests act for.
        organisations: Organisation id by BIN.
        kind_of: Kind by organisation BIN.
        bins: Organisation BINs by body BIN, by the supervision on 31 December of `YEAR`.
        accounts: Account id by role.
        emails: Address of an account by a name that the test chose.
    """

    app: Flask
    order: Order
    bodies: dict[str, int]
    organisations: dict[str, int]
    kind_of: dict[str, str]
    bins: dict[str, tuple[str, ...]]
    accounts: dict[Role, int] = field(default_factory=dict)
    emails: dict[str, str] = field(default_factory=dict)

    @property
    def body_bin(self) -> str:
        """BIN of the first body."""
        return next(iter(self.bodies))

    @property
    def body_id(self) -> int:
        """Id of the first body."""
        return self.bodies[self.body_bin]

    @property
    def organisation_bins(self) -> tuple[str, ...]:
        """BINs of the first body's organisations."""
        return self.bins[self.body_bin]

    @property
    def foreign_bin(self) -> str:
        """BIN of the second body's first organisation."""
        return self.bins[list(self.bodies)[1]][0]

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of the first body's organisations, in their order."""
        return tuple(self.kind_of[bin_] for bin_ in self.organisation_bins)

    def bins_of(self, kind: str) -> tuple[str, ...]:
        """BINs of the first body's organisations of a kind."""
        return tuple(bin_ for bin_ in self.organisation_bins if self.kind_of[bin_] == kind)

    @property
    def bins_by_kind(self) -> dict[str, tuple[str, ...]]:
        """BINs of the first body's organisations by kind."""
        return {kind: self.bins_of(kind) for kind in dict.fromkeys(self.kinds)}

    def report_url(self, organisation_bin: str, body_bin: str = BODY) -> str:
        """Address of the form of an organisation's report."""
        return f"/bodies/{body_bin}/{YEAR}/organisations/{organisation_bin}"

    def viewer(self, role: Role, *body_bins: str) -> Viewer:
        """A person of the role, of these bodies or else of the first."""
        ids = frozenset(self.bodies[bin_] for bin_ in body_bins or (self.body_bin,))
        return Viewer(f"The {role}", role, ids, self.accounts[role])

    def client(self, role: str, *body_bins: str, code: str = "en") -> FlaskClient:
        """A client signed in with a new account of the role, of these bodies or else of the first; `code` is the language."""
        ids = [self.bodies[bin_] for bin_ in body_bins or (self.body_bin,)] if role in BODY_ROLES else ()
        return accounts.signed_in(self.app, role, code, ids)

    def body(self, body_bin: str | None = None) -> Body:
        """A registered body, the first by default."""
        body = registry.body(SYSTEM, body_bin or self.body_bin)
        assert body
        return body

    def submit(self, version: int = 0, body_bin: str | None = None, **options: Any) -> Submission:
        """Submit a body's year as its head; the caller commits."""
        bin_ = body_bin or self.body_bin
        return submit(self.viewer(Role.HEAD, bin_), self.order, YEAR, self.body(bin_), version, TODAY, **options)

    def answer(self, organisation_bin: str, **answers: Any) -> None:
        """Replace stored answers of an organisation of the first body; the caller commits."""
        id_ = self.organisations[organisation_bin]
        stored = stored_values(organisation_bin)
        inputs = [AnswerInput(id_, code, value, stored.get(code)) for code, value in answers.items()]
        assert not save_answers(SYSTEM, self.order, YEAR, self.body_id, inputs).conflicts

    def fill(self, organisation_bins: Iterable[str] = ()) -> None:
        """Answer every question of the first body without a breach and justify the warnings; committed."""
        bins = tuple(organisation_bins) or self.organisation_bins
        for bin_ in bins:
            self.answer(bin_, **clean(self.order, self.kind_of[bin_]))
        justify_warnings(self.order, self.body_id, bins)
        db.session.commit()


def build_scenario(
    app: Flask,
    order: Order,
    bodies: Sequence[NewBody],
    organisations: Mapping[str, Sequence[tuple[str, str]]],
    *,
    years: Sequence[int] = (YEAR,),
    deadline: date | None = None,
    supervisions: Sequence[tuple[str, str, date, date | None]] | None = None,
) -> Scenario:
    """Open years and register bodies and organisations; committed.

    Args:
        organisations: (BIN, kind) of the organisations of each body, by the body's BIN.
        deadline: Deadline of the last year.
        supervisions: (organisation BIN, body BIN, first day, last day); by default each organisation
            is under its body from 2020 on.
    """
    kind_of = {bin_: kind for rows in organisations.values() for bin_, kind in rows}
    periods = supervisions or [(bin_, body, SUPERVISED_FROM, None) for body, rows in organisations.items() for bin_, _ in rows]
    with app.app_context():
        for year in years:
            operations.open_year(SYSTEM, year, order.code, deadline=deadline if year == years[-1] else None)
        operations.register_bodies(SYSTEM, bodies)
        names = [(bin_, kind, f"Ұйым {bin_}", f"Организация {bin_}") for bin_, kind in kind_of.items()]
        operations.register_organisations(SYSTEM, names)
        index = registry.registry_index(SYSTEM)
        ids = {bin_: id_ for bin_, (id_, _) in index.organisations.items()}
        operations.add_supervision(SYSTEM, [(ids[bin_], index.bodies[body], first, last) for bin_, body, first, last in periods])
        db.session.commit()
        body_ids = {body.bin: index.bodies[body.bin] for body in bodies}
    bins = {body: tuple(bin_ for bin_, _ in organisations.get(body, ())) for body in body_ids}
    return Scenario(app, order, body_ids, ids, kind_of, bins)


def two_kind_scenario(app: Flask, order: Order) -> Scenario:
    """Three bodies: one with an organisation of each of the first two kinds, one with one organisation, one without any.

    An account of each role that can sign in exists. The year has a deadline in the future.
    """
    first_kind, second_kind = order.kinds[0].code, order.kinds[1].code
    scenario = build_scenario(
        app,
        order,
        [NewBody(BODY, "Бірінші әкімдік", "Первый акимат"), NewBody(OTHER_BODY, "Екінші"), NewBody(EMPTY_BODY, "Үшінші")],
        {BODY: [(bin_of(11), first_kind), (bin_of(12), second_kind)], OTHER_BODY: [(bin_of(13), first_kind)]},
        deadline=DEADLINE,
    )
    with app.app_context():
        people = {
            role: Account(email=f"the-{role}@example.org", name=f"The {role}", role=role, fs_uniquifier=role)
            for role in SIGN_IN_ROLES
        }
        db.session.add_all(people.values())
        db.session.commit()
        scenario.accounts.update({role: account.id for role, account in people.items()})
    return scenario


def all_kinds_scenario(app: Flask, order: Order) -> Scenario:
    """Two bodies: one with two organisations of every kind, one with a single organisation.

    The first organisation of each kind answered every question of the year before. Accounts by name: clerk, colleague (a second
    clerk of the same body), stranger (a clerk of the other body), reviewer, observer.
    """
    pairs = {kind: (bin_of(10 + 2 * number), bin_of(11 + 2 * number)) for number, kind in enumerate(order.kind)}
    rows = [(bin_, kind) for kind, bins in pairs.items() for bin_ in bins]
    scenario = build_scenario(
        app,
        order,
        [NewBody(BODY, "Бір"), NewBody(OTHER_BODY, "Екі")],
        {BODY: rows, OTHER_BODY: [(FOREIGN_ORGANISATION, next(iter(order.kind)))]},
        years=(YEAR - 1, YEAR),
    )
    with app.app_context():
        for kind, (first, _) in pairs.items():
            store_answers(order, first, clean(order, kind), YEAR - 1)
        db.session.commit()
    body, other = scenario.bodies[BODY], scenario.bodies[OTHER_BODY]
    scenario.emails = {
        "clerk": accounts.make_account(app, "clerk", [body]),
        "colleague": accounts.make_account(app, "clerk", [body], email="colleague@example.org"),
        "stranger": accounts.make_account(app, "clerk", [other]),
        "reviewer": accounts.make_account(app, "reviewer"),
        "observer": accounts.make_account(app, "observer"),
    }
    return scenario


def store_answers(order: Order, organisation_bin: str, answers: Mapping[str, Any], year: int = YEAR) -> None:
    """Replace stored values of an organisation, answers and evidence, in stored form; the caller commits."""
    id_ = registry.registry_index(SYSTEM).organisations[organisation_bin][0]
    stored = stored_values(organisation_bin, year)
    inputs = [AnswerInput(id_, code, value, stored.get(code)) for code, value in answers.items()]
    save_answers(SYSTEM, order, year, None, inputs)


def stored_values(organisation_bin: str, year: int = YEAR) -> dict[str, Any]:
    """An organisation's answers and evidence in stored form."""
    id_ = registry.registry_index(SYSTEM).organisations[organisation_bin][0]
    snapshot = queries.stored_reports(SYSTEM, year, [id_]).get(id_)
    return {**snapshot.answers, **snapshot.evidence} if snapshot else {}


def justify_warnings(order: Order, body_id: int, organisation_bins: Iterable[str] | None = None) -> None:
    """Justify each open warning of a body's organisations; the caller commits."""
    bins = None if organisation_bins is None else set(organisation_bins)
    for progress in body_progress(SYSTEM, order, YEAR, body_id, TODAY).organisations.values():
        for issue in progress.issues:
            if issue.is_open and (bins is None or progress.bin in bins):
                justify(SYSTEM, order, YEAR, body_id, progress.organisation_id, issue.rule, issue.code, REASON, TODAY)


def first_indicator(order: Order, kind: str, type_: str, has_minimum: bool | None = None) -> str:
    """Code of the kind's first unconditional indicator of a type; `has_minimum` selects by the presence of a lower limit."""
    return next(
        item.code
        for item in order.indicators_of(kind)
        if item.type == type_ and item.applies_when is None and (has_minimum is None or (item.min is not None) == has_minimum)
    )
