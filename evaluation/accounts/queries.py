"""Reads accounts and returns the viewer of an account."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import aliased

from evaluation.accounts.models import Account, AccountBody, AccountSession, Passkey
from evaluation.accounts.sessions import oldest_times
from evaluation.audit.actions import AuditAction
from evaluation.audit.chain import COMMON_CHAIN
from evaluation.audit.models import AuditEvent
from evaluation.audit.queries import AuditEntry, entries
from evaluation.database import Statement, db, fetch_rows
from evaluation.language import N_
from evaluation.pagination import Page
from evaluation.policy import BODY_ROLES, Action, Role, Viewer
from evaluation.registry.clauses import filter_by_name, filter_by_search, name_order
from evaluation.registry.models import Body
from evaluation.registry.queries import visible

DEMONSTRATION_DOMAIN = "@demo.invalid"
"""The domain of the demonstration's accounts. It receives no mail, and production refuses to sign them in."""


def viewer_of(account: Account) -> Viewer:
    """Return the viewer of an account; an inactive account has the role `nobody`.

    Clerks and heads see the bodies that they belong to. Reviewers and observers see a region or the country, administrators see
    the country.
    """
    if not account.active:
        return Viewer.nobody()
    role = Role(account.role)
    return Viewer(account.name, role, _bodies(account, role), account.id)


@dataclass(frozen=True)
class StoredSession:
    """Id and times (UTC) of a session."""

    id: str
    started_at: datetime
    last_request_at: datetime


def account_of_session(uniquifier: str, session_id: str) -> tuple[Account, StoredSession] | None:
    """Return the account of a stored session, if the account still has this `fs_uniquifier`, and the session."""
    row = db.session.execute(_account_of_session(), {"uniquifier": uniquifier, "session": session_id}).first()
    return (row[0], StoredSession(session_id, row[1], row[2])) if row else None


@cache
def _account_of_session() -> Statement:
    """Return the statement of :func:`account_of_session`, built once: every request executes it."""
    statement = select(Account, AccountSession.started_at, AccountSession.last_request_at)
    joined = statement.join(AccountSession, AccountSession.account_id == Account.id)
    return joined.where(AccountSession.id == bindparam("session"), Account.fs_uniquifier == bindparam("uniquifier"))


def sessions(viewer: Viewer) -> list[AccountSession]:
    """Return the viewer's sessions that have not expired, the latest request first. Raises Forbidden."""
    viewer.require(Action.ACCOUNT)
    earliest_start, earliest_request = oldest_times()
    statement = select(AccountSession).where(
        AccountSession.account_id == viewer.account_id,
        AccountSession.started_at >= earliest_start,
        AccountSession.last_request_at >= earliest_request,
    )
    return list(db.session.scalars(statement.order_by(AccountSession.last_request_at.desc(), AccountSession.id)))


def session_count(viewer: Viewer, account_id: int) -> int:
    """Return the number of an account's sessions that have not expired. Raises Forbidden."""
    viewer.require(Action.MANAGE_ACCOUNTS)
    earliest_start, earliest_request = oldest_times()
    statement = select(func.count()).where(
        AccountSession.account_id == account_id,
        AccountSession.started_at >= earliest_start,
        AccountSession.last_request_at >= earliest_request,
    )
    return db.session.scalar(statement) or 0


def _bodies(account: Account, role: Role) -> frozenset[int] | None:
    if role == Role.ADMINISTRATOR:
        return None
    if role in BODY_ROLES:
        return _ids(select(AccountBody.body_id).where(AccountBody.account_id == account.id))
    if not account.region:
        return None
    higher = aliased(Body)
    # A body without a KATO code belongs to the region of its higher body, as in the list of bodies.
    within = func.coalesce(Body.kato, higher.kato).startswith(account.region)
    return _ids(select(Body.id).outerjoin(higher, higher.id == Body.parent_id).where(within))


def _ids(statement: Any) -> frozenset[int]:
    return frozenset(id_ for (id_,) in fetch_rows(statement))


def has_demonstration_accounts(viewer: Viewer) -> bool:
    """Return whether any account is the demonstration's. Raises Forbidden."""
    viewer.require(Action.MANAGE_ACCOUNTS)
    return db.session.scalar(select(Account.id).where(Account.email.endswith(DEMONSTRATION_DOMAIN)).limit(1)) is not None


def has_accounts(viewer: Viewer) -> bool:
    """Return whether there is any account other than the viewer's. Raises Forbidden."""
    viewer.require(Action.MANAGE_ACCOUNTS)
    return db.session.scalar(select(Account.id).where(Account.id != (viewer.account_id or 0)).limit(1)) is not None


@dataclass(frozen=True)
class AccountFilters:
    """What a list of accounts is restricted to; an empty field restricts nothing.

    `search` are words of a name or an e-mail address, `body` is a BIN or words of a body's name, `status` is a key of
    `STATUS_CONDITIONS`.
    """

    search: str = ""
    role: str = ""
    body: str = ""
    status: str = ""

    @property
    def is_filtered(self) -> bool:
        """Whether any field is set."""
        return bool(self.search or self.role or self.body or self.status)


STATUS_CONDITIONS = {
    "active": (Account.active.is_(True), Account.password.is_not(None)),
    "waiting": (Account.active.is_(True), Account.password.is_(None)),
    "disabled": (Account.active.is_(False),),
}
"""Status of an account → its conditions: can sign in, has no password yet, may not sign in."""
ACCOUNT_STATUS_NAMES = {"active": N_("Can sign in"), "waiting": N_("No password yet"), "disabled": N_("Disabled")}


def accounts(viewer: Viewer, filters: AccountFilters, page: int = 1) -> Page[Account]:
    """Return a page of accounts by name. Raises Forbidden."""
    viewer.require(Action.MANAGE_ACCOUNTS)
    statement = filter_by_search(select(Account), filters.search, Account.search_text)
    if filters.role:
        statement = statement.where(Account.role == filters.role)
    if filters.status:
        statement = statement.where(*STATUS_CONDITIONS[filters.status])
    if filters.body:
        members = select(AccountBody.account_id).join(Body, Body.id == AccountBody.body_id)
        statement = statement.where(Account.id.in_(filter_by_name(visible(members, viewer), filters.body, Body)))
    return Page.from_scalars(statement.order_by(Account.sort_name, Account.email), page)


def account(viewer: Viewer, account_id: int) -> Account | None:
    """Return an account by its id; None if there is none. Raises Forbidden."""
    viewer.require(Action.MANAGE_ACCOUNTS)
    return db.session.get(Account, account_id)


def names(viewer: Viewer, account_ids: Iterable[int]) -> dict[int, str]:
    """Return account id → name of the existing ones of these accounts. Raises Forbidden."""
    viewer.require(Action.MANAGE_ACCOUNTS)
    return dict(fetch_rows(select(Account.id, Account.name).where(Account.id.in_(set(account_ids)))))


def account_by_email(viewer: Viewer, email: str) -> Account | None:
    """Return the account of an e-mail address, ignoring case; None if there is none. Raises Forbidden."""
    viewer.require(Action.MANAGE_ACCOUNTS)
    return db.session.scalar(select(Account).where(Account.email == email.strip().lower()))


def bodies_of(viewer: Viewer, account_ids: Iterable[int], language: str = "kk") -> dict[int, list[Body]]:
    """Return account id → the bodies that it belongs to, by name. Raises Forbidden."""
    viewer.require(Action.MANAGE_ACCOUNTS)
    statement = (
        visible(select(AccountBody.account_id, Body).join(Body, Body.id == AccountBody.body_id), viewer)
        .where(AccountBody.account_id.in_(set(account_ids)))
        .order_by(name_order(Body, language), Body.bin)
    )
    bodies: dict[int, list[Body]] = {}
    for id_, body in db.session.execute(statement):
        bodies.setdefault(id_, []).append(body)
    return bodies


def body_ids(viewer: Viewer, account_id: int) -> frozenset[int]:
    """Return the ids of the bodies that an account belongs to. Raises Forbidden."""
    viewer.require(Action.MANAGE_ACCOUNTS)
    return _ids(select(AccountBody.body_id).where(AccountBody.account_id == account_id))


def bodies_by_bin(viewer: Viewer, bins: Iterable[str], language: str = "kk") -> list[Body]:
    """Return the existing bodies of these BINs, by name."""
    statement = visible(select(Body).where(Body.bin.in_(set(bins))), viewer)
    return list(db.session.scalars(statement.order_by(name_order(Body, language))))


def bins(viewer: Viewer, body_ids: Iterable[int]) -> dict[int, str]:
    """Return body id → BIN of the existing ones of these bodies."""
    return dict(fetch_rows(visible(select(Body.id, Body.bin).where(Body.id.in_(set(body_ids))), viewer)))


def active_administrators(viewer: Viewer) -> frozenset[int]:
    """Return the ids of the active administrators. Raises Forbidden."""
    viewer.require(Action.MANAGE_ACCOUNTS)
    return _ids(select(Account.id).where(Account.role == Role.ADMINISTRATOR, Account.active.is_(True)))


@dataclass(frozen=True)
class StoredAccount:
    """An account as the tables have it.

    `fields` are its columns of the names that audit events use, `bins` the BINs of its bodies in ascending order, `credentials`
    and `passkeys` what :func:`evaluation.accounts.credentials.stored_fingerprints` takes.
    """

    id: int
    fields: dict[str, Any]
    bins: list[str]
    credentials: tuple[Any, ...]
    passkeys: list[tuple[bytes, bytes]]


def stored_accounts(viewer: Viewer) -> list[StoredAccount]:
    """Return all accounts. Raises Forbidden."""
    viewer.require(Action.MANAGE_ACCOUNTS)
    names = ("email", "name", "role", "region", "language", "active")
    bins, passkeys = defaultdict[int, list[str]](list), defaultdict[int, list[tuple[bytes, bytes]]](list)
    members = select(AccountBody.account_id, Body.bin).join(Body, Body.id == AccountBody.body_id).order_by(Body.bin)
    for id_, bin_ in fetch_rows(members):
        bins[id_].append(bin_)
    for id_, *keys in db.session.execute(select(Passkey.account_id, Passkey.credential_id, Passkey.public_key)):
        passkeys[id_].append((keys[0], keys[1]))
    app = (Account.tf_primary_method, Account.tf_totp_secret)
    columns = (Account.fs_uniquifier, Account.password, *app, Account.mf_recovery_codes)
    statement = select(Account.id, *(getattr(Account, name) for name in names), *columns)
    return [
        StoredAccount(id_, dict(zip(names, values, strict=False)), bins[id_], tuple(values[len(names) :]), passkeys[id_])
        for id_, *values in db.session.execute(statement)
    ]


def account_entries(viewer: Viewer, actions: Collection[AuditAction]) -> list[AuditEntry]:
    """Return the events of these actions of all accounts, the oldest first. Raises Forbidden."""
    viewer.require(Action.MANAGE_ACCOUNTS)
    conditions = (AuditEvent.chain == COMMON_CHAIN, AuditEvent.action.in_(list(actions)))
    return entries(Viewer.system(), *conditions, order_by=AuditEvent.seq)
