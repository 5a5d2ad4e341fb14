"""Two bodies with every kind of resource, and an account of each role: the data for the test of all routes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from app import create_app
from evaluation import schema
from evaluation import storage as files
from evaluation.anomalies.models import Anomaly
from evaluation.answers.models import EvidenceFile, Report
from evaluation.budgets import records
from evaluation.budgets.model import BudgetDecision, BudgetLine, Section, Total
from evaluation.budgets.models import BudgetDraft, BudgetSource, StoredDecision
from evaluation.clock import now
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.jobs.models import Job
from evaluation.notifications.models import Notification
from evaluation.policy import BODY_ROLES, SIGN_IN_ROLES, Role
from evaluation.registry.models import Body, Organisation, ReportingYear, Supervision
from evaluation.review.models import Remark
from evaluation.workbooks.models import Upload
from tests.support import accounts
from tests.support.factories import bin_of, clean, workbook
from tests.support.saved_database import SavedDatabase, SavedSqlite
from tests.support.visits import SIGN_IN

YEAR = 2024
FOREIGN_CLERK = "foreign clerk"
"""The clerk of the foreign body, beside the roles in `World.cookies`."""


@dataclass(frozen=True)
class BodyResources:
    """A body with an organisation, an evidence file, an upload and a draft of each role, a remark, an anomaly and a decision."""

    id: int
    bin: str
    organisation_bin: str
    file: int
    uploads: dict[Role, int]
    remark: int = 0
    anomaly: int = 0
    decision: int = 0
    drafts: dict[Role, int] = field(default_factory=dict)


@dataclass
class World:
    """The app, its two bodies, and a session cookie of each role. Every account is limited to the first body.

    Names and texts of a body have `secret(body.bin)` in them, which nobody else may read.
    """

    app: Flask
    database: SavedDatabase
    kind: str
    body: BodyResources
    foreign_body: BodyResources
    account: int
    messages: dict[tuple[int, Role], int]
    jobs: dict[Role, int]
    cookies: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    def request(self, role: str, method: str, url: str, **more: Any) -> TestResponse:
        """Send a request as the role; changes to the database are undone."""
        client = self.app.test_client()
        client.set_cookie("session", self.cookies[role])
        headers = {"X-CSRFToken": self.tokens[role]} | more.pop("headers", {})
        response = client.open(url, method=method, headers=headers, buffered=True, **more)
        if method != "GET":
            self.restore_database()
        return response

    def save_database(self) -> None:
        """Copy the database for `restore_database`."""
        with self.app.app_context():
            db.session.close()
            db.engine.dispose()
        self.database.save()

    def restore_database(self) -> None:
        """Put the copied database back."""
        with self.app.app_context():
            db.session.close()
            db.engine.dispose()
        self.database.restore()


def secret(bin_: str) -> str:
    """The word in the names and texts of a body."""
    return f"planted{bin_}"


def build_route_world(folder: Path, order: Order, database: SavedDatabase | None = None) -> World:
    """Create the data in an empty folder and database; without `database` in an SQLite file of the folder."""
    database = database or SavedSqlite(folder / "evaluation.db")
    app = create_app(
        {
            "DATABASE_URL": database.url,
            "SECRET_KEY": "tests",
            "FILES_FOLDER": folder / "files",
            "GUESS_LIMIT": "100000 per minute",
            "LINK_LIMIT": "100000 per minute",
            "VERIFY_LIMIT": "100000 per minute",
            **accounts.CHEAP,
        }
    )
    kind = order.kinds[0].code
    with app.app_context():
        schema.upgrade()
        db.session.add(ReportingYear(year=YEAR, order_code=order.code, deadline=date.today() + timedelta(days=30)))
        db.session.flush()
        bodies = [
            Body(bin=bin_of(number), name_kk=f"Әкімдік {number}", level="region", kato=f"{number}0000000") for number in (31, 35)
        ]
        db.session.add_all(bodies)
        db.session.commit()
        ids = [body.id for body in bodies]
    emails = {
        role: accounts.make_account(app, role, ids[:1] if role in BODY_ROLES else (), region_of(role)) for role in SIGN_IN_ROLES
    }
    foreign = accounts.make_account(app, Role.CLERK, ids[1:], email=f"{secret(bin_of(35))}@example.org")
    resources = [
        _body_resources(app, order, kind, ids[0], 31, emails),
        _body_resources(app, order, kind, ids[1], 35, {Role.CLERK: foreign}),
    ]
    with app.app_context():
        account = db.session.query(accounts.Account.id).filter_by(email=accounts.make_account(app, "observer")).scalar()
        messages, jobs = _messages(ids, emails), _jobs(emails)
    world = World(app, database, kind, *resources, account, messages, jobs)
    for role, email in {Role.NOBODY: "", FOREIGN_CLERK: foreign, **emails}.items():
        client = app.test_client()
        if email:
            accounts.sign_in(client, email)
        world.tokens[role] = accounts.token_of(client, "/account/" if email else SIGN_IN)
        cookie = client.get_cookie("session")
        assert cookie
        world.cookies[role] = cookie.value
    world.save_database()
    return world


def _jobs(emails: Mapping[Role, str]) -> dict[Role, int]:
    """A finished job of each role without a file; the id of each."""
    account_ids = dict(iter(db.session.query(accounts.Account.email, accounts.Account.id)))
    jobs = {
        role: Job(account_id=account_ids[email], kind="workbook", parameters={"year": YEAR}, status="done", ended_at=now())
        for role, email in emails.items()
    }
    db.session.add_all(jobs.values())
    db.session.commit()
    return {role: job.id for role, job in jobs.items()}


def _messages(body_ids: Sequence[int], emails: Mapping[Role, str]) -> dict[tuple[int, Role], int]:
    """Notify an account of each role about each body; notification ids by body id and role."""
    account_ids = dict(iter(db.session.query(accounts.Account.email, accounts.Account.id)))
    world = {
        (body_id, role): Notification(account_id=account_ids[email], kind="returned", year=YEAR, body_id=body_id)
        for body_id in body_ids
        for role, email in emails.items()
    }
    db.session.add_all(world.values())
    db.session.commit()
    return {key: message.id for key, message in world.items()}


def region_of(role: Role) -> str | None:
    return "31" if role in (Role.REVIEWER, Role.OBSERVER) else None


def _body_resources(app: Flask, order: Order, kind: str, body_id: int, number: int, emails: dict[Role, str]) -> BodyResources:
    with app.app_context():
        word = secret(bin_of(number))
        organisation = Organisation(bin=bin_of(100 + number), kind=kind, name_kk=f"Ұйым {number} {word}")
        db.session.add(organisation)
        db.session.flush()
        note = next(indicator.code for indicator in order.evidence_of(kind) if indicator.type == "text")
        db.session.add(Supervision(body_id=body_id, organisation_id=organisation.id, since=date(2020, 1, 1)))
        db.session.add(Report(year=YEAR, organisation_id=organisation.id, answers=clean(order, kind), evidence={note: word}))
        document = b"%PDF-1.4\n%%EOF\n"
        evidence = EvidenceFile(
            organisation_id=organisation.id,
            year=YEAR,
            criterion=order.criteria[0].code,
            sha256=files.store(document),
            name=f"{word}.pdf",
            media_type="application/pdf",
            size=len(document),
            uploaded_by="tests",
        )
        book = workbook(order, YEAR, {})
        account_ids = dict(iter(db.session.query(accounts.Account.email, accounts.Account.id)))
        # Only its sender can see an upload; those of the foreign body have other senders.
        uploads = {
            role: Upload(
                account_id=account_ids.get(emails.get(role)),
                year=YEAR,
                name=f"{word}.xlsx",
                sha256=files.store(book),
                size=len(book),
                mode="blanks",
                status="previewed",
            )
            for role in SIGN_IN_ROLES
        }
        remark = Remark(year=YEAR, body_id=body_id, round=1, text=f"Тексеріңіз: {word}", author="tests")
        code = order.anomalies[0].code
        anomaly = Anomaly(year=YEAR, code=code, body_id=body_id, organisation_id=organisation.id, subject="seen", stake=1)
        decision, drafts = _budget(body_id, word, account_ids, emails)
        db.session.add_all([evidence, remark, anomaly, decision, *uploads.values(), *drafts.values()])
        db.session.commit()
        bin_ = db.session.get(Body, body_id)
        assert bin_
        sent = {role: upload.id for role, upload in uploads.items()}
        waiting = {role: draft.id for role, draft in drafts.items()}
        return BodyResources(body_id, bin_.bin, organisation.bin, evidence.id, sent, remark.id, anomaly.id, decision.id, waiting)


def _budget(
    body_id: int, word: str, account_ids: Mapping[str, int], emails: Mapping[Role, str]
) -> tuple[StoredDecision, dict[Role, BudgetDraft]]:
    """A stored decision, and a draft of each role whose body it is; the text of both has the word."""
    line = BudgetLine(Section.INCOME, "2", word, Decimal(5), 1)
    read = BudgetDecision(word, YEAR, "1", date(2023, 12, 20), {Section.INCOME: Total(Decimal(5), 1)}, (line,))
    entries = records.ENTRIES.dump_python((read,), mode="json")

    def source() -> BudgetSource:
        data = word.encode()
        content = {"sha256": files.store(data), "size": len(data), "is_pasted": True, "lines": word}
        return BudgetSource(body_id=body_id, name=f"{word}.txt", media_type="text/plain", sent_by="tests", **content)

    drafts = {
        role: BudgetDraft(account_id=account_ids[email], body_id=body_id, year=YEAR, source=source(), entries=entries)
        for role, email in emails.items()
        if role in BODY_ROLES
    }
    decision = StoredDecision(
        body_id=body_id,
        year=YEAR,
        number="1",
        date=date(2023, 12, 20),
        body_name=word,
        source=source(),
        totals=records.TOTALS.dump_python(read.totals, mode="json"),
        printed=records.HEAD.dump_python(records.head_of(read), mode="json"),
        settlements=[],
        inconsistencies=[],
        planned=records.planned_by_group(read),
        corrections=0,
        digest="0" * 64,
        stored_by="tests",
    )
    return decision, drafts
