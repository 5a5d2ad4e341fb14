"""The demonstration with a body in every state of a year, and the addresses of every page for the role that works with it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Flask, g
from werkzeug.routing import Rule

from evaluation import storage as files
from evaluation.anomalies.models import Anomaly
from evaluation.anomalies.operations import search
from evaluation.answers.models import EvidenceFile
from evaluation.clock import now, today
from evaluation.database import db
from evaluation.demo.generator import demonstration
from evaluation.demo.people import store_people
from evaluation.demo.reviews import store_reviews
from evaluation.demo.store import store
from evaluation.jobs.models import Job, JobPart
from evaluation.notifications.models import Notification
from evaluation.policy import ALLOWED, Role, Viewer
from evaluation.registry import queries as registry
from evaluation.registry.models import Body
from evaluation.results.operations import refresh
from evaluation.review.models import Remark
from evaluation.web.core.access import action_of
from evaluation.web.core.errors import ERROR_TEXTS, _error_page
from evaluation.workbooks.models import Upload
from tests.support import accounts
from tests.support.factories import A_PDF, clean, row, workbook
from tests.support.submission_states import set_status

YEAR = 2024
DISTRICT, REGION = "434000000", "430000000"
"""KATO codes of the demonstration's bodies with a draft and a submitted year."""
PEOPLE = {role: f"access-{role}@example.org" for role in ("clerk", "head", "reviewer", "administrator", "observer")}
ROLES = (Role.NOBODY, Role.CLERK, Role.REVIEWER, Role.ADMINISTRATOR)
"""Who opens a page: the first of them who may."""
IN_EVERY_STATE = ("review.body", "sheets.page", "report.page", "grid.page", "home.entry", "remarks.index", "submission.page")
FOR_MORE_ROLES = {
    "review.body": ("reviewer", "observer"),
    "report.page": ("reviewer",),
    "sheets.page": ("reviewer",),
    "grid.page": ("observer",),
    "bodies.index": ("reviewer",),
    "audit.index": ("reviewer",),
}
FILES = re.compile(r"\b(file|download|progress|state|template|prefilled|annotated|workbook_file|static|choose|follow)$")
"""Endpoints that answer with a file, with JSON or with another page."""
FORMS = (
    *("registry.new_body", "registry.new_organisation", "registry.years", "registry.workbook", "people.new", "uploads.workbook"),
    *("security.login", "security.forgot_password", "security.change_password", "security.verify"),
)
"""Pages whose form is also sent empty, so that the page shows its errors."""


@dataclass(frozen=True)
class PageCase:
    """A page: its address for an account, whether its form is sent empty, and its HTML where no request leads to it."""

    endpoint: str
    address: str
    email: str | None = None
    sends_form: bool = False
    html: str = ""


def fill(app: Flask) -> list[PageCase]:
    """Store the data in an empty database and return every page. The database must be migrated."""
    order = app.extensions["orders"].latest
    with app.app_context():
        country = demonstration(order)
        store(order, country)
        store_people(country)
        store_reviews(order, today())
        search(Viewer.system(), YEAR)
        db.session.commit()
        bodies = {body.kato: body for body in registry.all_bodies(Viewer.system()) if body.kato}
        ids = {kato: body.id for kato, body in bodies.items()}
        others = [kato for kato in ids if kato not in (DISTRICT, REGION)]
        states = {"draft": DISTRICT, "submitted": REGION, "returned": others[0], "reopened": others[1]}
        for status in ("returned", "reopened"):
            set_status(YEAR, ids[states[status]], status)
        db.session.commit()
        refresh([YEAR - 2, YEAR - 1, YEAR])
    accounts.make_account(app, "clerk", [ids[DISTRICT]], email=PEOPLE["clerk"])
    accounts.make_account(app, "head", [ids[kato] for kato in states.values()], email=PEOPLE["head"])
    for role in ("reviewer", "administrator", "observer"):
        accounts.make_account(app, role, email=PEOPLE[role])
    with app.app_context():
        values = _resources(app, ids[DISTRICT])
        years = [(YEAR, ids[kato]) for kato in states.values()] + [(YEAR - 2, ids[DISTRICT])]
        return [*_routes(app, values, years), *_other_states(values), *_errors(app)]


def _resources(app: Flask, body_id: int) -> dict[str, Any]:
    """Argument of an address → value; jobs and uploads in each of their states under the names of the states."""
    order = app.extensions["orders"].latest
    body = db.session.get_one(Body, body_id)
    organisation = registry.organisations(Viewer.system(), body.id, YEAR)[0]
    clerk, administrator = (
        db.session.query(accounts.Account.id).filter_by(email=PEOPLE[role]).scalar() for role in ("clerk", "administrator")
    )
    evidence = EvidenceFile(
        organisation_id=organisation.id,
        year=YEAR,
        criterion=order.criteria[0].code,
        sha256=files.store(A_PDF),
        name="акт.pdf",
        media_type="application/pdf",
        size=len(A_PDF),
        uploaded_by="tests",
    )
    answers = clean(order, organisation.kind)
    book, wrong = (
        workbook(order, YEAR, {organisation.kind: [row(order, body.bin, organisation.bin, answers, **cells)]})
        for cells in ({}, {next(item.code for item in order.indicators if item.type == "money"): "?"})
    )
    uploads = [
        Upload(
            account_id=clerk,
            year=YEAR,
            name="кітап.xlsx",
            sha256=files.store(data),
            size=len(data),
            mode="blanks",
            status="previewed",
        )
        for data in (book, wrong)
    ]
    jobs = [
        Job(account_id=clerk, kind="workbook", parameters={"year": YEAR}, status=status, started_at=now(), ended_at=ended)
        for status, ended in (("running", None), ("done", now()), ("failed", now()), ("cancelled", now()))
    ]
    remark = Remark(
        year=YEAR, body_id=body_id, round=1, text="Құжаттарды қайта тексеріңіз, сомасы сәйкес келмейді", author="tests"
    )
    message = Notification(account_id=clerk, kind="returned", year=YEAR, body_id=body_id)
    db.session.add_all([evidence, remark, message, *uploads, *jobs])
    db.session.flush()
    in_an_hour = now() + timedelta(hours=1)
    part = JobPart(
        job_id=jobs[0].id, number=0, stage="run", status="running", worker="tests", leased_until=in_an_hour, done=3, total=10
    )
    db.session.add(part)
    anomaly = db.session.query(Anomaly).filter_by(year=YEAR).first()
    db.session.commit()
    return {
        "bin_": body.bin,
        "organisation_bin": organisation.bin,
        "year": YEAR,
        "kind": organisation.kind,
        "token": "x",
        "account_id": clerk,
        "administrator": administrator,
        "id_": uploads[0].id,
        "wrong upload": uploads[1].id,
        "job_id": jobs[0].id,
        "jobs": [job.id for job in jobs[1:]],
        "anomaly_id": anomaly.id if anomaly else 0,
        "anomalies.anomaly:bin_": db.session.get_one(Body, anomaly.body_id).bin if anomaly else body.bin,
        "method.page:code": order.code,
        "regions.area:code": "43",
        "regions.district:bin_": body.bin,
        "audit.history:code": order.indicators_of(organisation.kind)[0].code,
        "registry.organisation:bin_": organisation.bin,
        "registry.change_organisation:bin_": organisation.bin,
    }


def _routes(app: Flask, values: dict[str, Any], years: list[tuple[int, int]]) -> Iterator[PageCase]:
    """Every route that shows a page, for the first role that may open it; pages of a body's year in every state of a year."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        action = action_of(rule.endpoint)
        if "GET" not in (rule.methods or ()) or action is None or FILES.search(rule.endpoint):
            continue
        role = next((role for role in ROLES if action in ALLOWED[role]), None)
        if role is None:
            continue
        if role == Role.CLERK and rule.endpoint in IN_EVERY_STATE:
            # The clerk has one body, the head those of every state.
            role = Role.HEAD
        for address in _addresses(app, rule, values, years):
            for name in (role, *FOR_MORE_ROLES.get(rule.endpoint, ())):
                yield PageCase(rule.endpoint, address, PEOPLE.get(name))
                if rule.endpoint in FORMS:
                    yield PageCase(rule.endpoint, address, PEOPLE.get(name), sends_form=True)


def _addresses(app: Flask, rule: Rule, values: dict[str, Any], years: list[tuple[int, int]]) -> list[str]:
    choices = {name: re.findall(r"[\w-]+", options) for options, name in re.findall(r"any\(([^)]*)\):(\w+)", rule.rule)}
    cases: list[dict[str, Any]] = [{}]
    if rule.endpoint in IN_EVERY_STATE:
        cases = [{"year": year, "bin_": body.bin} | _first_organisation(body) for year, body in _bodies(years)]
    for name, options in choices.items():
        cases = [case | {name: option} for case in cases for option in options]
    addresses = []
    for case in cases:
        arguments = {name: case.get(name, values.get(f"{rule.endpoint}:{name}", values.get(name))) for name in rule.arguments}
        if None not in arguments.values():
            addresses.append(str(app.url_map.bind("localhost").build(rule.endpoint, arguments, "GET")))
    return addresses


def _bodies(years: list[tuple[int, int]]) -> Iterator[tuple[int, Body]]:
    for year, id_ in years:
        yield year, db.session.get_one(Body, id_)


def _first_organisation(body: Body) -> dict[str, str]:
    first = next(iter(registry.organisations(Viewer.system(), body.id, YEAR)), None)
    return {"organisation_bin": first.bin, "kind": first.kind} if first else {}


def _other_states(values: dict[str, Any]) -> Iterator[PageCase]:
    """Pages with other contents: jobs that ended, an upload with errors, empty lists."""
    clerk, reviewer, administrator = (PEOPLE[role] for role in ("clerk", "reviewer", "administrator"))
    for job_id in values["jobs"]:
        yield PageCase("jobs.show", f"/jobs/{job_id}", clerk)
    yield PageCase("uploads.upload", f"/uploads/{values['wrong upload']}", clerk)
    for address in ("/bodies?q=nothing", f"/ranking/{YEAR}?q=nothing", "/audit?q=nothing", f"/anomalies/{YEAR}?q=nothing"):
        yield PageCase("empty list", address, reviewer)
    for address in (
        "/people?q=nothing",
        "/registry/organisations?q=nothing",
        "/registry/bodies?q=nothing",
        "/jobs",
        "/notifications",
    ):
        yield PageCase("empty list", address, administrator)


def _errors(app: Flask) -> Iterator[PageCase]:
    """Error pages as a signed-out person sees them."""
    yield PageCase("error", "/nowhere", PEOPLE["clerk"])
    yield PageCase("error", "/people", PEOPLE["clerk"])
    for status in sorted(ERROR_TEXTS):
        for code in ("kk", "ru"):
            with app.test_request_context("/error", headers={"Accept-Language": code}):
                g.viewer = Viewer.nobody()
                html, _ = _error_page(status)
            yield PageCase(f"error {code}", f"/error-{status}", html=str(html))
