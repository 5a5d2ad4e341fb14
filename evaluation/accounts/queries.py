"""Reads of accounts: who may see what."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from evaluation.accounts.models import Account, AccountBody
from evaluation.database import alphabetical, db, tuples
from evaluation.language import N_
from evaluation.pagination import Page
from evaluation.policy import BODY_ROLES, Action, Role, Viewer
from evaluation.registry.listing import in_columns
from evaluation.registry.models import Body
from evaluation.registry.queries import visible

DEMONSTRATION = "@demo.invalid"
"""What the addresses of invented people end with: no mail can ever reach them, and no production lets them in."""


def viewer_of(account: Account) -> Viewer:
    """The viewer an account is; one that is not active is nobody.

    Clerks and heads see the bodies they belong to, none where these are taken from them. Others see a region or the country; an
    administrator sees the country.
    """
    if not account.active:
        return Viewer.nobody()
    role = Role(account.role)
    return Viewer(account.name, role, _bodies(account, role), account.id)


def _bodies(account: Account, role: Role) -> frozenset[int] | None:
    if role == Role.ADMINISTRATOR:
        return None
    if role in BODY_ROLES:
        return _ids(select(AccountBody.body_id).where(AccountBody.account_id == account.id))
    if not account.region:
        return None
    higher = aliased(Body)
    # A body without a code of its own stands in the region of its higher body, as in the list of bodies.
    within = func.coalesce(Body.kato, higher.kato).startswith(account.region)
    return _ids(select(Body.id).outerjoin(higher, higher.id == Body.parent_id).where(within))


def _ids(statement: Any) -> frozenset[int]:
    return frozenset(id_ for (id_,) in tuples(statement))


def any_of_the_demonstration(viewer: Viewer) -> bool:
    """Whether any account is the demonstration's. Raises Forbidden for who may not see people."""
    viewer.require(Action.MANAGE_ACCOUNTS)
    return db.session.scalar(select(Account.id).where(Account.email.endswith(DEMONSTRATION)).limit(1)) is not None


@dataclass(frozen=True)
class Sought:
    """What a list of people is kept to: words of a name or an e-mail address, a role, words of a body's name or its BIN, and
    one of `STATES`. Empty means all."""

    search: str = ""
    role: str = ""
    body: str = ""
    state: str = ""

    @property
    def any(self) -> bool:
        return bool(self.search or self.role or self.body or self.state)


STATES = {
    "active": (Account.active.is_(True), Account.password.is_not(None)),
    "waiting": (Account.active.is_(True), Account.password.is_(None)),
    "disabled": (Account.active.is_(False),),
}
"""Who can sign in, who has not set a password yet, and who may not sign in."""
STATE_NAMES = {"active": N_("Can sign in"), "waiting": N_("No password yet"), "disabled": N_("Disabled")}


def accounts(viewer: Viewer, sought: Sought, page: int = 1, language: str = "kk") -> Page[Account]:
    """People by name. Raises Forbidden."""
    viewer.require(Action.MANAGE_ACCOUNTS)
    statement = in_columns(select(Account), sought.search, (Account.name, Account.email))
    if sought.role:
        statement = statement.where(Account.role == sought.role)
    if sought.state:
        statement = statement.where(*STATES[sought.state])
    if sought.body:
        theirs = select(AccountBody.account_id).join(Body, Body.id == AccountBody.body_id)
        names = (Body.bin, Body.name_kk, Body.name_ru)
        statement = statement.where(Account.id.in_(in_columns(visible(theirs, viewer), sought.body, names)))
    return Page.from_scalars(statement.order_by(alphabetical(Account.name, language), Account.email), page)


def account(viewer: Viewer, account_id: int) -> Account | None:
    """A person's account. Raises Forbidden."""
    viewer.require(Action.MANAGE_ACCOUNTS)
    return db.session.get(Account, account_id)


def account_by_email(viewer: Viewer, email: str) -> Account | None:
    """The account of an e-mail address, in whatever letters it is written. Raises Forbidden."""
    viewer.require(Action.MANAGE_ACCOUNTS)
    return db.session.scalar(select(Account).where(Account.email == email.strip().lower()))


def bodies_of(viewer: Viewer, account_ids: Iterable[int], language: str = "kk") -> dict[int, list[Body]]:
    """Account id → the bodies it belongs to, by name. Raises Forbidden."""
    viewer.require(Action.MANAGE_ACCOUNTS)
    statement = (
        visible(select(AccountBody.account_id, Body).join(Body, Body.id == AccountBody.body_id), viewer)
        .where(AccountBody.account_id.in_(set(account_ids)))
        .order_by(alphabetical(Body.name_ru if language == "ru" else Body.name_kk, language), Body.bin)
    )
    found: dict[int, list[Body]] = {}
    for id_, body in db.session.execute(statement):
        found.setdefault(id_, []).append(body)
    return found


def body_ids(viewer: Viewer, account_id: int) -> frozenset[int]:
    """The ids of the bodies an account belongs to. Raises Forbidden."""
    viewer.require(Action.MANAGE_ACCOUNTS)
    return _ids(select(AccountBody.body_id).where(AccountBody.account_id == account_id))


def bodies_by_bin(viewer: Viewer, bins: Iterable[str], language: str = "kk") -> list[Body]:
    """The bodies of these BINs, by name; those that there are."""
    statement = visible(select(Body).where(Body.bin.in_(set(bins))), viewer)
    return list(
        db.session.scalars(statement.order_by(alphabetical(Body.name_ru if language == "ru" else Body.name_kk, language)))
    )


def bins(viewer: Viewer, body_ids: Iterable[int]) -> dict[int, str]:
    """Body id → BIN, of those of these bodies that there are."""
    return dict(tuples(visible(select(Body.id, Body.bin).where(Body.id.in_(set(body_ids))), viewer)))


def active_administrators(viewer: Viewer) -> frozenset[int]:
    """The ids of the administrators who are not disabled. Raises Forbidden."""
    viewer.require(Action.MANAGE_ACCOUNTS)
    return _ids(select(Account.id).where(Account.role == Role.ADMINISTRATOR, Account.active.is_(True)))
