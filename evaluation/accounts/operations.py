"""What changes other people's accounts. Each is the administrator's, or the operator's by command, and is recorded.

An account begins without a password: its owner sets one by a one-time link, so that nobody else ever knows it. The record
tells who changed which account, from what to what, and never a password or the secret of a second factor.
"""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from flask_security import hash_password
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from evaluation.accounts import checks, queries
from evaluation.accounts.checks import AccountRefused, Given
from evaluation.accounts.models import Account, AccountBody
from evaluation.audit.operations import NewEvent, write
from evaluation.database import db, insert_many, table_of
from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.policy import Action, Role, Viewer

ONESELF = N_("This is your own account: your password and second factor are changed on the page of your account.")
NOT_ONESELF = N_("You cannot disable your own account; another administrator can.")
LAST = N_("This is the last administrator who can sign in. Make another person an administrator first.")
DISABLED = N_("The account is disabled: enable it first.")


def add_account(
    viewer: Viewer,
    email: str,
    name: str,
    role: str,
    body_ids: Iterable[int] = (),
    region: str | None = None,
    language: str | None = None,
    password: str | None = None,
) -> Account:
    """Add a person; without a password, as is usual, they need a one-time link. Raises Forbidden; AccountRefused by field."""
    viewer.require(Action.PEOPLE)
    given = checks.tidy(email, name, role, body_ids, region, language)
    checks.check(viewer, given)
    hashed = hash_password(password) if password else None
    account = Account(fs_uniquifier=_uniquifier(), password=hashed, active=True, failures=0)
    _fill(account, given)
    _set_bodies(account, given.body_ids)
    bins = queries.bins(viewer, given.body_ids)
    _record(viewer, "account_added", account, {name: [None, value] for name, value in _facts(account, bins).items()})
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
    """Change who a person is and what they may do; False where nothing was new. Raises Forbidden; AccountRefused by field.

    A new e-mail address ends their sessions and links: those may be in the hands of whoever reads the old one. So does a role
    that requires a second factor which the person has not set up: they do so when they sign in again.
    """
    viewer.require(Action.PEOPLE)
    given = checks.tidy(email, name, role, body_ids, region, language)
    checks.check(viewer, given, account)
    if account.role == Role.ADMINISTRATOR and given.role != Role.ADMINISTRATOR:
        if account.id == viewer.account_id:
            raise AccountRefused({"role": EvaluationError(N_("You cannot change your own role; another administrator can."))})
        if _is_last(viewer, account):
            raise AccountRefused({"role": EvaluationError(LAST)})
    held = queries.body_ids(viewer, account.id)
    bins = queries.bins(viewer, held | given.body_ids)
    before = _facts(account, [bins[id_] for id_ in held])
    readdressed, promoted = given.email != account.email, given.role != account.role
    _fill(account, given)
    if readdressed or (promoted and account.check_tf_required_setup() and not account.tf_totp_secret):
        account.fs_uniquifier = _uniquifier()
    if held != given.body_ids:
        _set_bodies(account, given.body_ids)
    after = _facts(account, [bins[id_] for id_ in given.body_ids])
    changes = {name: [before[name], after[name]] for name in before if before[name] != after[name]}
    if changes:
        _record(viewer, "account_changed", account, changes)
    return bool(changes)


def disable_account(viewer: Viewer, account: Account) -> None:
    """Keep a person from signing in, and end their sessions and links. Raises Forbidden; EvaluationError for oneself and for
    the last administrator."""
    viewer.require(Action.PEOPLE)
    if not account.active:
        return
    if account.id == viewer.account_id:
        raise EvaluationError(NOT_ONESELF)
    if account.role == Role.ADMINISTRATOR and _is_last(viewer, account):
        raise EvaluationError(LAST)
    account.active, account.fs_uniquifier = False, _uniquifier()
    _record(viewer, "account_disabled", account, {"active": [True, False]})


def enable_account(viewer: Viewer, account: Account) -> None:
    """Let a person sign in again. Raises Forbidden."""
    viewer.require(Action.PEOPLE)
    if account.active:
        return
    account.active = True
    account.unlock()
    _record(viewer, "account_enabled", account, {"active": [False, True]})


def reset_password(viewer: Viewer, account: Account, second_factor: bool = False) -> None:
    """Take a person's password away, end their sessions and earlier links, and unlock the account, so that a new one-time link
    can be made; with `second_factor` that is removed too. Raises Forbidden; EvaluationError for oneself and a disabled account.
    """
    viewer.require(Action.PEOPLE)
    if account.id == viewer.account_id:
        raise EvaluationError(ONESELF)
    if not account.active:
        raise EvaluationError(DISABLED)
    account.password, account.fs_uniquifier = None, _uniquifier()
    account.unlock()
    _record(viewer, "password_reset", account)
    if second_factor and account.tf_primary_method:
        remove_second_factor(viewer, account)


def remove_second_factor(viewer: Viewer, account: Account) -> None:
    """Remove a second factor whose device is lost, and end the sessions. Raises Forbidden; EvaluationError for oneself."""
    viewer.require(Action.PEOPLE)
    if account.id == viewer.account_id:
        raise EvaluationError(ONESELF)
    account.tf_primary_method = account.tf_totp_secret = account.mf_recovery_codes = None
    account.fs_uniquifier = _uniquifier()
    _record(viewer, "second_factor_removed", account)


def _uniquifier() -> str:
    """A new name of the account for its sessions and links: those made before it are worth nothing."""
    return uuid.uuid4().hex


def _fill(account: Account, given: Given) -> None:
    account.email, account.name, account.role = given.email, given.name, given.role
    account.region, account.language = given.region, given.language
    try:
        db.session.add(account)
        db.session.flush()
    except IntegrityError as error:
        # Someone else took the address between the check and now.
        db.session.rollback()
        raise AccountRefused({"email": EvaluationError(checks.TAKEN, email=given.email)}) from error


def _set_bodies(account: Account, body_ids: frozenset[int]) -> None:
    table = table_of(AccountBody)
    db.session.execute(table.delete().where(table.c.account_id == account.id))
    rows = [(account.id, body_id) for body_id in sorted(body_ids)]
    insert_many(db.session.connection(), table, ("account_id", "body_id"), rows)


def _facts(account: Account, bins: Iterable[str] | Mapping[int, str]) -> dict[str, Any]:
    """What the record tells of an account; bodies by their BINs."""
    facts = {name: getattr(account, name) for name in ("email", "name", "role", "region", "language")}
    return facts | {"bodies": sorted(bins.values() if isinstance(bins, Mapping) else bins)}


def _is_last(viewer: Viewer, account: Account) -> bool:
    """Whether nobody else could keep people after this administrator."""
    # A change that changes nothing holds the administrators until this transaction ends, on either database: of two who disable
    # each other at once, the second waits here and then finds itself the last.
    active = (Account.role == Role.ADMINISTRATOR, Account.active.is_(True))
    db.session.execute(update(Account).where(*active).values(active=True), execution_options={"synchronize_session": False})
    return queries.active_administrators(viewer) <= {account.id}


def _record(viewer: Viewer, action: str, account: Account, changes: Mapping[str, Any] | None = None) -> None:
    write(viewer, [NewEvent(action, data={"account": account.id, "email": account.email, "changes": changes or {}})])
