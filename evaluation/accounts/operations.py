"""Changes other people's accounts, as an administrator or by the operator's command, and writes each change to the audit log.

A new account has no password: its owner sets one by a one-time link, so that no other person knows it. The audit log has the old
and new values of the fields, never a password or the secret of a second factor.
"""

import uuid
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from flask_security import hash_password
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from evaluation.accounts import checks, queries
from evaluation.accounts.checks import AccountInput, InvalidAccount
from evaluation.accounts.credentials import fingerprints
from evaluation.accounts.models import Account, AccountBody
from evaluation.accounts.sessions import delete_sessions
from evaluation.audit.actions import AuditAction
from evaluation.audit.operations import NewEvent, append_events
from evaluation.database import db, insert_many, table_of
from evaluation.errors import EvaluationError
from evaluation.language import N_, sort_text
from evaluation.policy import Action, Role, Viewer
from evaluation.text import search_text

SELF_CREDENTIALS = N_("This is your own account: your password and second factor are changed on the page of your account.")
SELF_DISABLING = N_("You cannot disable your own account; another administrator can.")
SELF_ROLE = N_("You cannot change your own role; another administrator can.")
LAST_ADMINISTRATOR = N_("This is the last administrator who can sign in. Make another person an administrator first.")
DISABLED = N_("The account is disabled: enable it first.")


class AccountOperationRefused(EvaluationError):
    """A rule forbids the operation on this account."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY


def add_account(
    viewer: Viewer,
    email: str,
    name: str,
    role: str,
    body_ids: Iterable[int] = (),
    region: str | None = None,
    language: str | None = None,
    password: str | None = None,
    batch: str | None = None,
) -> Account:
    """Add an account, usually without a password: the person then needs a one-time link.

    `batch` joins the audit events of accounts that are added together.

    Raises:
        Forbidden: The viewer may not manage accounts.
        InvalidAccount: With the error of each invalid field.
    """
    viewer.require(Action.MANAGE_ACCOUNTS)
    fields = checks.normalise(email, name, role, body_ids, region, language)
    checks.check(viewer, fields)
    password_hash = hash_password(password) if password else None
    account = Account(fs_uniquifier=uuid.uuid4().hex, password=password_hash, active=True, failures=0)
    _store_fields(account, fields)
    _store_bodies(account, fields.body_ids)
    bins = queries.bins(viewer, fields.body_ids).values()
    changes = {field: [None, value] for field, value in _audit_values(account, bins).items()}
    _append_event(viewer, AuditAction.ACCOUNT_ADDED, account, changes, batch)
    return account


def change_account(
    viewer: Viewer,
    account: Account,
    email: str,
    name: str,
    role: str,
    body_ids: Iterable[int] = (),
    region: str | None = None,
    language: str | None = None,
) -> bool:
    """Change an account's fields; return False if nothing changes.

    A new e-mail address ends the person's sessions and links, because a person who reads the old address may have them. A role
    that requires a second factor which is not set up ends the sessions too: the person sets it up at the next sign-in.

    Raises:
        Forbidden: The viewer may not manage accounts.
        InvalidAccount: With the error of each invalid field.
    """
    viewer.require(Action.MANAGE_ACCOUNTS)
    fields = checks.normalise(email, name, role, body_ids, region, language)
    checks.check(viewer, fields, account)
    _check_administrator_role(viewer, account, fields)
    body_ids_before = queries.body_ids(viewer, account.id)
    bins = queries.bins(viewer, body_ids_before | fields.body_ids)
    before = _audit_values(account, [bins[id_] for id_ in body_ids_before])
    has_new_email, has_new_role = fields.email != account.email, fields.role != account.role
    _store_fields(account, fields)
    if has_new_email or (has_new_role and account.is_second_factor_required and not account.has_second_factor):
        _end_sessions_and_links(account)
    if body_ids_before != fields.body_ids:
        _store_bodies(account, fields.body_ids)
    after = _audit_values(account, [bins[id_] for id_ in fields.body_ids])
    changes = {field: [before[field], after[field]] for field in before if before[field] != after[field]}
    if changes:
        _append_event(viewer, AuditAction.ACCOUNT_CHANGED, account, changes)
    return bool(changes)


def disable_account(viewer: Viewer, account: Account) -> None:
    """Prevent a person from signing in, and end their sessions and links.

    Raises:
        Forbidden: The viewer may not manage accounts.
        AccountOperationRefused: It is the viewer's account, or the last administrator's.
    """
    viewer.require(Action.MANAGE_ACCOUNTS)
    if not account.active:
        return
    if account.id == viewer.account_id:
        raise AccountOperationRefused(SELF_DISABLING)
    if account.role == Role.ADMINISTRATOR and _is_last_administrator(viewer, account):
        raise AccountOperationRefused(LAST_ADMINISTRATOR)
    account.active = False
    _end_sessions_and_links(account)
    _append_event(viewer, AuditAction.ACCOUNT_DISABLED, account, {"active": [True, False]})


def enable_account(viewer: Viewer, account: Account) -> None:
    """Allow a person to sign in again. Raises Forbidden."""
    viewer.require(Action.MANAGE_ACCOUNTS)
    if account.active:
        return
    account.active = True
    account.unlock()
    _append_event(viewer, AuditAction.ACCOUNT_ENABLED, account, {"active": [False, True]})


def reset_password(viewer: Viewer, account: Account, second_factor: bool = False) -> None:
    """Remove a person's password, end their sessions and links, and unlock the account, so that they need a one-time link.

    Args:
        viewer: Who acts.
        account: The person's account.
        second_factor: Remove the second factor too.

    Raises:
        Forbidden: The viewer may not manage accounts.
        AccountOperationRefused: It is the viewer's account, or it is disabled.
    """
    viewer.require(Action.MANAGE_ACCOUNTS)
    if account.id == viewer.account_id:
        raise AccountOperationRefused(SELF_CREDENTIALS)
    if not account.active:
        raise AccountOperationRefused(DISABLED)
    account.password = None
    _end_sessions_and_links(account)
    account.unlock()
    _append_event(viewer, AuditAction.PASSWORD_RESET, account)
    if second_factor:
        remove_second_factor(viewer, account)


def remove_second_factor(viewer: Viewer, account: Account) -> None:
    """Remove a person's second factor (app, passkeys and recovery codes), and end their sessions and links.

    Raises:
        Forbidden: The viewer may not manage accounts.
        AccountOperationRefused: It is the viewer's account.
    """
    viewer.require(Action.MANAGE_ACCOUNTS)
    if account.id == viewer.account_id:
        raise AccountOperationRefused(SELF_CREDENTIALS)
    account.tf_primary_method = account.tf_totp_secret = account.mf_recovery_codes = None
    account.webauthn.clear()
    _end_sessions_and_links(account)
    _append_event(viewer, AuditAction.SECOND_FACTOR_REMOVED, account)


def _check_administrator_role(viewer: Viewer, account: Account, fields: AccountInput) -> None:
    """Refuse that an administrator gives up their own role, or that the last one loses it."""
    if account.role != Role.ADMINISTRATOR or fields.role == Role.ADMINISTRATOR:
        return
    if account.id == viewer.account_id:
        raise InvalidAccount({"role": EvaluationError(SELF_ROLE)})
    if _is_last_administrator(viewer, account):
        raise InvalidAccount({"role": EvaluationError(LAST_ADMINISTRATOR)})


def _end_sessions_and_links(account: Account) -> None:
    """Delete the account's sessions and give it a new `fs_uniquifier`, which makes its links and trusted devices invalid."""
    delete_sessions(account.id)
    account.fs_uniquifier = uuid.uuid4().hex


def _store_fields(account: Account, fields: AccountInput) -> None:
    account.email, account.name, account.role = fields.email, fields.name, fields.role
    account.region, account.language = fields.region, fields.language
    account.search_text, account.sort_name = search_text((fields.name, fields.email)), sort_text(fields.name)
    try:
        db.session.add(account)
        db.session.flush()
    except IntegrityError as error:
        # A concurrent request has taken the e-mail address since the check.
        db.session.rollback()
        raise InvalidAccount({"email": EvaluationError(checks.EMAIL_TAKEN, email=fields.email)}) from error


def _store_bodies(account: Account, body_ids: frozenset[int]) -> None:
    table = table_of(AccountBody)
    db.session.execute(table.delete().where(table.c.account_id == account.id))
    rows = [(account.id, body_id) for body_id in sorted(body_ids)]
    insert_many(db.session.connection(), table, ("account_id", "body_id"), rows)


def _audit_values(account: Account, bins: Iterable[str]) -> dict[str, Any]:
    """Return an account's fields for the audit log; bodies by their BINs."""
    values = {name: getattr(account, name) for name in ("email", "name", "role", "region", "language")}
    return values | {"bodies": sorted(bins)}


def _is_last_administrator(viewer: Viewer, account: Account) -> bool:
    """Return whether no other active administrator remains."""
    # This update changes no value but locks the administrators' rows until the transaction ends, on both databases: of two
    # administrators who disable each other concurrently, the second one waits here and is then the last one.
    is_active_administrator = (Account.role == Role.ADMINISTRATOR, Account.active.is_(True))
    statement = update(Account).where(*is_active_administrator).values(active=True)
    db.session.execute(statement, execution_options={"synchronize_session": False})
    return queries.active_administrators(viewer) <= {account.id}


def _append_event(
    viewer: Viewer,
    action: AuditAction,
    account: Account,
    changes: Mapping[str, Any] | None = None,
    batch: str | None = None,
) -> None:
    data = {"account": account.id, "email": account.email, "changes": changes or {}, "credentials": fingerprints(account)}
    append_events(viewer, [NewEvent(action, data=data)], batch)
