"""Random changes by the owner of the database and of files, without the audit key: all are detected, unchanged data pass.

`make torture` tries a thousand times on each database; `make test` fewer.
"""

import os
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from flask import Flask

from evaluation.answers.model import AnswerInput
from evaluation.answers.save import save_answers
from evaluation.audit.verification import verify_audit_log, verify_connection
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.policy import Role, Viewer
from evaluation.review import operations as review
from evaluation.review import queries
from evaluation.review.integrity import discrepancies
from evaluation.review.snapshot import code_of, sha256_of
from evaluation.review.verification.model import Outcome
from evaluation.review.verification.operations import export_revision
from evaluation.review.verification.verify import verify as verify_file
from tests.support.scenario import BODY, SYSTEM, TODAY, YEAR, Scenario, two_kind_scenario
from tests.support.tampering import AuditTables, tamper

TRIALS = int(os.environ.get("TAMPERINGS", "1000" if "TRIALS" in os.environ else "40"))
FIRST = int(os.environ.get("SEED", "0"))
FORMATS = ("pdf", "xlsx", "docx", "json", "canonical")
Files = dict[str, bytes]


@pytest.fixture
def scenario(app: Flask, order: Order) -> Scenario:
    """A body's year that was accepted, reopened, changed and accepted again."""
    scenario = two_kind_scenario(app, order)
    with app.app_context():
        scenario.fill()
        head, reviewer, body = scenario.viewer(Role.HEAD), scenario.viewer(Role.REVIEWER), scenario.body()
        review.submit(head, order, YEAR, body, 0, TODAY)
        review.accept(reviewer, YEAR, body, 1, TODAY)
        db.session.commit()
        review.reopen(reviewer, YEAR, body.id, 2, "Түзету керек")
        item = next(item for item in order.indicators_of(scenario.kinds[0]) if item.type == "money")
        organisation_id = scenario.organisations[scenario.organisation_bins[0]]
        save_answers(
            scenario.viewer(Role.CLERK), order, YEAR, body.id, [AnswerInput(organisation_id, item.code, 300_00, 100_000_00)]
        )
        review.submit(head, order, YEAR, body, 3, TODAY)
        review.accept(reviewer, YEAR, body, 4, TODAY)
        db.session.commit()
    return scenario


def files(scenario: Scenario, revision: int) -> Files:
    """One exported file of a revision in each format."""
    stored = queries.sheet_revision(SYSTEM, scenario.bodies[BODY], YEAR, revision)
    assert stored
    reviewer = scenario.viewer(Role.REVIEWER)
    exported = {format_: export_revision(reviewer, stored, format_, "kk").content for format_ in FORMATS}
    db.session.commit()
    return exported


def flip(data: bytes, random: Random) -> bytes:
    """Change one byte."""
    position = random.randrange(len(data))
    return data[:position] + bytes([data[position] ^ random.randrange(1, 256)]) + data[position + 1 :]


def cut(data: bytes, random: Random) -> bytes:
    return data[: random.randrange(len(data))]


def add(data: bytes, random: Random) -> bytes:
    position = random.randrange(len(data) + 1)
    return data[:position] + b" " + data[position:]


FILE_WAYS: tuple[Callable[[bytes, Random], bytes], ...] = (flip, flip, flip, cut, add)


def edit_store(tables: AuditTables, random: Random) -> str:
    """Change a stored answer, sheet revision, export, submission or name."""
    way = random.choice(
        ("answers", "answer gone", "content", "content and hash", "revision gone", "export", "export gone", "state", "name")
    )
    where = "WHERE id = (SELECT max(id) FROM {})"
    if way.startswith("answer"):
        cast = "" if tables.sqlite else "CAST(:a AS json)"
        tables.run(
            f"UPDATE report SET answers = {cast or ':a'} {where.format('report')}", a="{}" if way.endswith("gone") else '{"x":1}'
        )
    elif way.startswith("content"):
        ((id_, content),) = tables.rows("SELECT id, content FROM sheet_revision ORDER BY id DESC LIMIT 1")
        edited = content.replace('"points":', '"points":1', 1)
        tables.run("UPDATE sheet_revision SET content = :c WHERE id = :i", c=edited, i=id_)
        if way.endswith("hash"):
            sha256 = sha256_of(edited)
            tables.run("UPDATE sheet_revision SET sha256 = :h, code = :c WHERE id = :i", h=sha256, c=code_of(sha256), i=id_)
    elif way == "revision gone":
        tables.run("DELETE FROM export WHERE revision_id = (SELECT min(id) FROM sheet_revision)")
        tables.run("DELETE FROM sheet_revision WHERE id = (SELECT min(id) FROM sheet_revision)")
    elif way == "export":
        tables.run(f"UPDATE export SET sha256 = :h {where.format('export')}", h="0" * 64)
    elif way == "export gone":
        tables.run(f"DELETE FROM export {where.format('export')}")
    elif way == "state":
        tables.run("UPDATE submission SET status = 'submitted', revision_id = NULL, accepted_id = NULL")
    else:
        tables.run("UPDATE organisation SET name_kk = name_kk || 'x' WHERE id = (SELECT min(id) FROM organisation)")
    return f"store: {way}"


def test_every_tampering_is_detected(scenario: Scenario) -> None:
    detected_counts: Counter[str] = Counter()
    nobody = Viewer.nobody()
    with scenario.app.app_context():
        exported = {revision: files(scenario, revision) for revision in (1, 2)}
        assert verify_audit_log(SYSTEM) == [] and list(discrepancies(SYSTEM)) == []
        for revision, of_revision in exported.items():
            for data in of_revision.values():
                assert verify_file(nobody, data).outcome == (Outcome.ACCEPTED if revision == 2 else Outcome.SUPERSEDED)
        db.session.rollback()
        # Triggers are removed once; every trial is then a transaction that is rolled back.
        tables = AuditTables(db.session.connection())
        tables.remove_protection()
        if not tables.sqlite:
            for table in ("sheet_revision", "export"):
                tables.run(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        db.session.commit()
        for seed in range(FIRST, FIRST + TRIALS):
            random = Random(seed)
            what = random.choice(("audit", "audit", "store", "file"))
            if what == "file":
                name = random.choice(FORMATS)
                data = random.choice(list(exported.values()))[name]
                tampering, way = f"file: {name}", random.choice(FILE_WAYS)
                detected: Any = verify_file(nobody, way(data, random)).outcome not in (Outcome.ACCEPTED, Outcome.SUPERSEDED)
            elif what == "store":
                tampering = edit_store(AuditTables(db.session.connection()), random)
                detected = list(discrepancies(SYSTEM))
            else:
                tampering = tamper(db.session.connection(), random)
                detected = verify_connection(SYSTEM, db.session.connection())
            db.session.rollback()
            assert detected, f"seed {seed}: {tampering} was not detected"
            detected_counts[tampering.split(" ")[0]] += 1
        assert verify_audit_log(SYSTEM) == [] and list(discrepancies(SYSTEM)) == []
    print(f"{TRIALS} tamperings detected: {dict(detected_counts)}")
