"""An installation whose every change is in the audit log, for backups, their restoration and copies of the database."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from click.testing import Result
from flask import Flask

from evaluation.accounts.operations import add_account
from evaluation.answers.evidence import operations as evidence
from evaluation.audit.verification.queries import database_snapshot
from evaluation.backup.loading import digest_of
from evaluation.backup.tables import product_tables
from evaluation.clock import today
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.policy import Role
from evaluation.registry.operations import NewBody
from evaluation.results.operations import refresh
from evaluation.review.operations import accept, return_submission, submit
from evaluation.review.remarks import operations as remarks
from tests.support.budget_cases import store_real_decision
from tests.support.factories import A_PDF, bin_of
from tests.support.scenario import BODY, DEADLINE, OTHER_BODY, SYSTEM, TODAY, YEAR, Scenario, build_scenario

AWKWARD = "Неге?\r\n\t«Қ»\\N \\. \\t \"'\x0b😀 'ұ'"
"""A text with everything that the form of a copy must escape."""
NewDatabase = Callable[[str], str]
"""The fixture `new_database`: makes a database of a kind without tables; its URL."""
LOG_TABLES = {"audit_event", "chain_head"}
"""Tables that a restoration itself writes to."""


def sound_installation(app: Flask, order: Order) -> Scenario:
    """An accepted year with a remark, a reply, an evidence file and an explained budget decision.

    Another body has no answers; there are people, and results are fresh.
    """
    kinds = [kind.code for kind in order.kinds]
    scenario = build_scenario(
        app,
        order,
        [NewBody(BODY, "Бірінші әкімдік \\N", "Первый акимат"), NewBody(OTHER_BODY, "Екінші \t орган")],
        {BODY: [(bin_of(11), kinds[0]), (bin_of(12), kinds[1])], OTHER_BODY: [(bin_of(13), kinds[0])]},
        deadline=DEADLINE,
    )
    with app.app_context():
        for role in (Role.CLERK, Role.HEAD, Role.REVIEWER, Role.ADMINISTRATOR):
            bodies = scenario.bodies.values() if role in (Role.CLERK, Role.HEAD) else ()
            scenario.accounts[role] = add_account(SYSTEM, f"{role}@example.org", f"The {role}", role, bodies).id
        db.session.commit()
        scenario.fill()
        body, head, reviewer = scenario.body(), scenario.viewer(Role.HEAD), scenario.viewer(Role.REVIEWER)
        attach(scenario, A_PDF)
        store_real_decision(scenario)
        submit(head, order, YEAR, body, 0, TODAY)
        remark = remarks.add_remark(reviewer, order, YEAR, body.id, AWKWARD)
        return_submission(reviewer, YEAR, body.id, 1, correct_by=today())
        remarks.reply(head, remark.id, AWKWARD)
        remarks.resolve(reviewer, remark.id)
        submit(head, order, YEAR, body, 2, TODAY)
        accept(reviewer, YEAR, body, 3, TODAY)
        db.session.commit()
        refresh()
    return scenario


def attach(scenario: Scenario, data: bytes) -> str:
    """Attach an evidence file to the first organisation; returns its SHA-256. The caller commits."""
    bin_ = scenario.organisation_bins[0]
    return attach_to(scenario.order, scenario.body_id, scenario.organisations[bin_], scenario.kind_of[bin_], data)


def attach_to(order: Order, body_id: int, organisation_id: int, kind: str, data: bytes) -> str:
    """Attach an evidence file to an organisation; returns its SHA-256. The caller commits."""
    criterion = sorted(evidence.criteria_of(order, kind))[0]
    return evidence.attach(SYSTEM, order, YEAR, body_id, organisation_id, criterion, "акт.pdf", data, TODAY).sha256


def run(app: Flask, *words: Any) -> Result:
    """Run a command with messages in English."""
    return app.test_cli_runner().invoke(args=[*map(str, words), "--lang", "en"])


def table_digests(app: Flask, without: set[str] = LOG_TABLES) -> Mapping[str, str]:
    """The SHA-256 of every table in its portable form."""
    with app.app_context(), database_snapshot(SYSTEM) as connection:
        stored = product_tables(connection)
        return {table.name: digest_of(connection, table).sha256 for table in stored if table.name not in without}


def backup_of(app: Flask, path: Path) -> Path:
    """Make a backup."""
    done = run(app, "backup", "--out", path)
    assert done.exit_code == 0, done.output
    return path
