"""Changes of accounts behind the product's back: `flask audit verify` names each."""

import random
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask_security import hash_password
from sqlalchemy import text

from evaluation.accounts import operations, sign_in
from evaluation.accounts.integrity import AccountDiscrepancy, account_discrepancies
from evaluation.accounts.models import Account, Passkey
from evaluation.audit.actions import AuditAction
from evaluation.database import db
from evaluation.language import LANGUAGE_CODES, language
from evaluation.policy import Viewer
from evaluation.registry import operations as registry
from evaluation.registry.operations import NewBody
from tests.integration.cli.test_audit import run
from tests.support.accounts import PASSWORD
from tests.support.factories import bin_of

SYSTEM = Viewer.system()
EMAILS = ("clerk@example.kz", "reviewer@example.kz", "admin@example.kz")
CLERK, REVIEWER, ADMINISTRATOR = EMAILS


@pytest.fixture
def app(app: Flask) -> Iterator[Flask]:
    """A clerk of a body, a reviewer with an app and a passkey, and an administrator, inside the application."""
    with app.app_context():
        registry.register_bodies(SYSTEM, [NewBody(bin_of(number), "Орган") for number in (1, 2)])
        operations.add_account(SYSTEM, CLERK, "Clerk", "clerk", [1], password=PASSWORD)
        reviewer = operations.add_account(SYSTEM, REVIEWER, "Reviewer", "reviewer", password=PASSWORD)
        operations.add_account(SYSTEM, ADMINISTRATOR, "Administrator", "administrator", password=PASSWORD)
        add_passkey(reviewer)
        reviewer.tf_primary_method, reviewer.tf_totp_secret = "authenticator", "secret"
        sign_in.append_account_event(reviewer, AuditAction.SECOND_FACTOR_ENABLED)
        db.session.commit()
        yield app


def add_passkey(account: Account) -> None:
    key = Passkey(name="Key", credential_id=b"id" + bytes([account.id]), public_key=b"key", sign_count=0, transports=[])
    account.webauthn.append(key)
    db.session.flush()
    sign_in.append_account_event(account, AuditAction.PASSKEY_ADDED, {"passkey": key.name})


def discrepancies() -> list[AccountDiscrepancy]:
    db.session.expire_all()
    return list(account_discrepancies(SYSTEM))


CHANGES = {
    "UPDATE account SET role = 'administrator' WHERE id = 2": ("role",),
    "UPDATE account SET name = 'Administrator' WHERE id = 2": ("name",),
    "UPDATE account SET email = 'a@example.kz' WHERE id = 2": ("email",),
    "UPDATE account SET region = '19' WHERE id = 2": ("region",),
    "UPDATE account SET active = false WHERE id = 2": ("active",),
    "UPDATE account SET password = NULL WHERE id = 2": ("password",),
    "UPDATE account SET password = (SELECT password FROM account WHERE id = 1) WHERE id = 2": ("password",),
    "UPDATE account SET fs_uniquifier = 'of another session' WHERE id = 2": ("sessions",),
    "UPDATE account SET tf_totp_secret = 'x', tf_primary_method = 'authenticator' WHERE id = 2": ("app",),
    "UPDATE account SET tf_primary_method = NULL WHERE id = 2": ("app",),
    "UPDATE account SET mf_recovery_codes = '[\"x\"]' WHERE id = 2": ("recovery_codes",),
    "UPDATE passkey SET public_key = credential_id": ("passkeys",),
    "DELETE FROM passkey": ("passkeys",),
    "INSERT INTO account_body (account_id, body_id) VALUES (2, 2)": ("bodies",),
}


@pytest.mark.parametrize("statement", CHANGES)
def test_a_change_by_sql_is_named(app: Flask, statement: str) -> None:
    assert discrepancies() == []
    db.session.execute(text(statement))
    assert discrepancies() == [AccountDiscrepancy("differs", REVIEWER, CHANGES[statement])]


def test_both_accounts_of_a_moved_value_are_named(app: Flask) -> None:
    db.session.execute(text("UPDATE passkey SET account_id = 1"))
    db.session.execute(text("UPDATE account_body SET body_id = 2"))
    expected = [AccountDiscrepancy("differs", CLERK, ("bodies", "passkeys"))]
    assert discrepancies() == [*expected, AccountDiscrepancy("differs", REVIEWER, ("passkeys",))]


def test_inserted_and_deleted_accounts_are_named_by_the_command(app: Flask) -> None:
    columns = "name, role, password, active, failures, trusted_failures, created_at, search_text, sort_name"
    db.session.execute(text("DELETE FROM account_body WHERE account_id = 1"))
    db.session.execute(text("DELETE FROM account WHERE id = 1"))
    copied = f"SELECT 'new@example.kz', 'new', {columns} FROM account WHERE id = 3"
    db.session.execute(text(f"INSERT INTO account (email, fs_uniquifier, {columns}) {copied}"))
    db.session.commit()
    assert [(difference.kind, difference.email) for difference in discrepancies()] == [
        ("missing", CLERK),
        ("unknown", "new@example.kz"),
    ]
    for code in LANGUAGE_CODES:
        done = run(app, "audit", "verify", "--lang", code)
        assert done.exit_code == 1 and all(email in done.stdout for email in (CLERK, "new@example.kz")), done.output
    db.session.execute(text("UPDATE account SET role = 'observer' WHERE id = 3"))
    db.session.commit()
    label = language("ru").gettext("Role").lower()
    assert any(
        ADMINISTRATOR in line and label in line for line in run(app, "audit", "verify", "--lang", "ru").stdout.splitlines()
    )


def test_whatever_the_product_does_agrees_with_the_audit_log(app: Flask) -> None:
    """Every operation on accounts in a random order."""
    draw, account = random.Random(11), db.session.get(Account, 1)
    assert account is not None

    def change_password() -> None:
        account.password, account.fs_uniquifier = hash_password(str(draw.random())), str(draw.random())
        sign_in.record_password_reset(account)

    def set_up_app() -> None:
        account.tf_primary_method, account.tf_totp_secret = "authenticator", str(draw.random())
        account.mf_recovery_codes = [str(draw.random())]
        sign_in.append_account_event(account, AuditAction.SECOND_FACTOR_ENABLED)

    def disable_app() -> None:
        account.tf_primary_method = account.tf_totp_secret = None
        sign_in.record_second_factor_disabled(account)

    def change() -> None:
        bodies = draw.sample([1, 2], draw.randint(1, 2))
        operations.change_account(
            SYSTEM, account, f"{draw.randrange(9)}@example.kz", f"Clerk {draw.randrange(9)}", "head", bodies
        )

    steps: list[Callable[[], object]] = [change_password, set_up_app, disable_app, change]
    steps += [
        lambda: operations.disable_account(SYSTEM, account),
        lambda: operations.enable_account(SYSTEM, account),
        lambda: operations.remove_second_factor(SYSTEM, account),
        lambda: account.active and operations.reset_password(SYSTEM, account, second_factor=draw.random() < 0.5),
        lambda: None if account.webauthn else add_passkey(account),
    ]
    for _ in range(60):
        draw.choice(steps)()
        db.session.flush()
        assert discrepancies() == []
