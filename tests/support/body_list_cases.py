"""Six bodies with a year in every status, for tests of the list of bodies."""

from dataclasses import dataclass
from datetime import date, timedelta

from flask import Flask
from flask.testing import FlaskClient

from evaluation.accounts.models import Account
from evaluation.answers.justifications import justify
from evaluation.answers.model import AnswerInput
from evaluation.answers.models import Report
from evaluation.answers.progress.queries import body_progress
from evaluation.answers.save import save_answers
from evaluation.clock import now, today
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.policy import Role, Viewer
from evaluation.registry import operations
from evaluation.registry import queries as registry
from evaluation.registry.models import ReportingYear
from evaluation.registry.operations import NewBody
from evaluation.review.models import Remark
from evaluation.review.operations import accept, submit
from evaluation.submissions.models import SheetRevision, Submission
from tests.support import accounts
from tests.support.factories import bin_of, clean

YEAR = 2024
SYSTEM = Viewer.system()
DAYS_LATE = 5
"""Days since the deadline of the year."""
BODIES = {
    "ministry": NewBody(bin_of(1), "=Министрлік", "=Министерство", "central"),
    "region": NewBody(bin_of(2), "Қызылорда облысы", "Кызылординская область", "region", None, "430000000"),
    "district": NewBody(bin_of(3), "Қармақшы ауданы", "Кармакшинский район", "district", bin_of(2), "434600000"),
    "village": NewBody(bin_of(4), "Комекбаев ауылы", "Село Комекбаева", "rural", bin_of(3)),
    "other": NewBody(bin_of(5), "Абай облысы", "Область Абай", "region", None, "100000000"),
    "unplaced": NewBody(bin_of(6), "Яковлев", ""),
}
KATO_ORDER = ["ministry", "other", "region", "district", "village", "unplaced"]
NAME = {body.bin: name for name, body in BODIES.items()}
STATUSES = {"region": "submitted", "district": "returned", "village": "reopened"}
OPEN_REMARKS = {"region": 2, "district": 1}


@dataclass
class CountryScenario:
    """The app with the bodies: ids and organisations by the names above."""

    app: Flask
    order: Order
    ids: dict[str, int]
    organisations: dict[str, dict[str, int]]

    def client(self, role: str, *names: str, code: str = "en", **more: str) -> FlaskClient:
        return accounts.signed_in(self.app, role, code, [self.ids[name] for name in names], **more)

    def person(self, role: Role) -> Viewer:
        account = Account(email=f"the-{role}@example.org", name=f"The {role}", role=role.value, fs_uniquifier=role.value)
        db.session.add(account)
        db.session.flush()
        return Viewer(account.name, role, None, account.id)

    def complete(self, name: str) -> None:
        """Answer everything without a breach and justify the warnings."""
        id_ = self.ids[name]
        for organisation in body_progress(SYSTEM, self.order, YEAR, id_, today()).organisations.values():
            wanted = clean(self.order, organisation.kind)
            stored, organisation_id = organisation.answers, organisation.organisation_id
            inputs = [AnswerInput(organisation_id, code, value, stored.get(code)) for code, value in wanted.items()]
            save_answers(SYSTEM, self.order, YEAR, id_, inputs)
        for organisation in body_progress(SYSTEM, self.order, YEAR, id_, today()).organisations.values():
            for issue in organisation.issues:
                if issue.is_open:
                    warning = (organisation.organisation_id, issue.rule, issue.code)
                    justify(SYSTEM, self.order, YEAR, id_, *warning, "Тексерілді, солай", today())

    def submit(self, name: str, by: Viewer) -> Submission:
        body = registry.body(SYSTEM, BODIES[name].bin)
        assert body
        return submit(by, self.order, YEAR, body, 0, today())

    def accept(self, name: str, by: Viewer) -> SheetRevision:
        body = registry.body(SYSTEM, BODIES[name].bin)
        assert body
        return accept(by, YEAR, body, 1, today())


def country_scenario(app: Flask, order: Order) -> CountryScenario:
    """Six bodies: the ministry's year is complete and accepted, the others have every other status and differ in completeness."""
    kinds = [kind.code for kind in order.kinds]
    shares = {"ministry": kinds[:2], "region": kinds, "district": kinds[:2] * 2, "village": kinds[:1], "other": kinds[1:3]}
    with app.app_context():
        for year in (YEAR - 1, YEAR):
            operations.open_year(SYSTEM, year, order.code)
        operations.register_bodies(SYSTEM, BODIES.values())
        owners = [(name, kind) for name, body_organisations in shares.items() for kind in body_organisations]
        rows = [(bin_of(100 + number), kind, f"Ұйым {number}", "") for number, (_, kind) in enumerate(owners)]
        operations.register_organisations(SYSTEM, rows)
        index = registry.registry_index(SYSTEM)
        ids = {name: index.bodies[body.bin] for name, body in BODIES.items()}
        organisations: dict[str, dict[str, int]] = {name: {} for name in BODIES}
        for (name, _), (bin_, *_) in zip(owners, rows, strict=True):
            organisations[name][bin_] = index.organisations[bin_][0]
        periods = [
            (id_, ids[name], date(2020, 1, 1), None)
            for name, body_organisations in organisations.items()
            for id_ in body_organisations.values()
        ]
        operations.add_supervision(SYSTEM, periods)
        country = CountryScenario(app, order, ids, organisations)
        _answer(country, {bin_: kind for bin_, kind, *_ in rows})
        year = db.session.get(ReportingYear, YEAR)
        assert year
        country.complete("ministry")
        head, reviewer = country.person(Role.HEAD), country.person(Role.REVIEWER)
        country.submit("ministry", head)
        country.accept("ministry", reviewer)
        year.deadline = today() - timedelta(days=DAYS_LATE)
        for name, status in STATUSES.items():
            db.session.add(submission_in(country, name, status, head, today() - timedelta(days=2 if name == "district" else 9)))
        for name, count in OPEN_REMARKS.items():
            db.session.add_all(Remark(year=YEAR, body_id=ids[name], round=1, text="?", author="R") for _ in range(count))
        db.session.add(
            Remark(year=YEAR, body_id=ids["village"], round=1, text="?", author="R", resolved_at=now(), resolved_by="R")
        )
        db.session.commit()
    return country


def _answer(country: CountryScenario, kinds: dict[str, str]) -> None:
    """Answer last year without a breach except for the region; this year later organisations of a body have more answers."""
    for name, body_organisations in country.organisations.items():
        for position, (bin_, id_) in enumerate(body_organisations.items()):
            answers = clean(country.order, kinds[bin_])
            codes = list(answers)
            if name != "region":
                bad = {code: False for code in codes if answers[code] is True} if name == "village" else {}
                db.session.add(Report(year=YEAR - 1, organisation_id=id_, answers=answers | bad))
            some = {"region": codes, "district": codes[: 4 * position], "village": codes, "other": []}.get(name, [])
            worse = {code: False for code in codes if answers[code] is True} if name == "region" and position % 2 else {}
            if some:
                values = answers | worse
                db.session.add(Report(year=YEAR, organisation_id=id_, answers={code: values[code] for code in some}))
    db.session.flush()


def submission_in(country: CountryScenario, name: str, status: str, head: Viewer, first: date) -> Submission:
    """A submission of a body in a status, with the day of its first submission; not added to the session."""
    return Submission(
        year=YEAR,
        body_id=country.ids[name],
        status=status,
        version=3,
        round=1,
        revision=int(status == "reopened"),
        changed_by="R",
        reason="Түзетіңіз" if status in ("returned", "reopened") else "",
        submitted_id=head.account_id,
        submitted_by=head.name,
        submitted_at=now(),
        first_submitted_on=first,
    )
