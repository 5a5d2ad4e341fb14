"""Tables of accounts and of the bodies that they belong to."""

import hashlib
from datetime import datetime
from typing import Any

from flask_security import UserMixin, WebAuthnMixin
from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, LargeBinary, String, Text, UniqueConstraint, true
from sqlalchemy.ext.mutable import MutableList
from sqlalchemy.orm import Mapped, mapped_column, relationship

from evaluation.clock import now
from evaluation.configuration import configuration
from evaluation.database import SORT_TEXT, Base
from evaluation.language import sort_text
from evaluation.policy import SIGN_IN_ROLES
from evaluation.registry.models import Body

ROLES = tuple(role.value for role in SIGN_IN_ROLES)


class Account(Base, UserMixin):
    """A person who signs in with one role: a clerk or head of the bodies in `account_body`, others of a region or the country.

    `region` is the first two digits of the KATO code; None means the whole country. `fs_uniquifier` changes with every password,
    which ends every session and one-time link. Flask-Security uses the columns with the prefixes
    `tf_` and `mf_` for the second factor, and `webauthn` for the passkeys.
    `tf_counter` is the period of 30 seconds, counted since 1970, of the last accepted code; no code is accepted twice.

    `search_text` are name and e-mail address as :func:`evaluation.text.search_text` returns them, `sort_name` is the name as
    :func:`evaluation.language.sort_text` returns it.

    `failures` and `locked_until` count attempts from any device; `trusted_failures` and `trusted_locked_until` count attempts
    from devices with which the person has signed in before, so that attempts from elsewhere do not lock the person out.
    """

    __tablename__ = "account"
    __table_args__ = (
        CheckConstraint(f"role IN {ROLES}", name="role"),
        CheckConstraint("region IS NULL OR length(region) = 2", name="region"),
        UniqueConstraint("email"),
        UniqueConstraint("fs_uniquifier"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(16))
    region: Mapped[str | None] = mapped_column(String(2))
    language: Mapped[str | None] = mapped_column(String(2))
    active: Mapped[bool] = mapped_column(default=True, server_default=true())
    password: Mapped[str | None] = mapped_column(String(255))
    fs_uniquifier: Mapped[str] = mapped_column(String(64))
    tf_primary_method: Mapped[str | None] = mapped_column(String(64))
    tf_totp_secret: Mapped[str | None] = mapped_column(String(255))
    tf_counter: Mapped[int | None]
    mf_recovery_codes: Mapped[list[str] | None] = mapped_column(MutableList.as_mutable(JSON()))
    failures: Mapped[int] = mapped_column(default=0, server_default="0")
    locked_until: Mapped[datetime | None]
    trusted_failures: Mapped[int] = mapped_column(default=0, server_default="0")
    trusted_locked_until: Mapped[datetime | None]
    signed_in_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    search_text: Mapped[str] = mapped_column(Text, default="")
    sort_name: Mapped[str] = mapped_column(
        SORT_TEXT, default=lambda context: sort_text(context.get_current_parameters()["name"]), index=True
    )

    webauthn: Mapped[list["Passkey"]] = relationship(  # type: ignore[assignment]
        order_by="Passkey.id", cascade="all, delete-orphan"
    )

    @property
    def fs_webauthn_user_handle(self) -> str:  # type: ignore[override]
        """The id under which authenticators store the account's passkeys; it tells nothing about the person."""
        return hashlib.blake2b(f"passkeys of account {self.id}".encode(), digest_size=16).hexdigest()

    @property
    def has_app(self) -> bool:
        """Whether an authenticator app is set up."""
        return bool(self.tf_primary_method)

    @property
    def has_second_factor(self) -> bool:
        """Whether signing in takes more than the password: an authenticator app or a passkey is set up."""
        return self.has_app or bool(self.webauthn)

    @property
    def status(self) -> str:
        """`active`, `waiting` for the first password, or `disabled`."""
        return "disabled" if not self.active else "active" if self.password else "waiting"

    def verify_and_update_password(self, password: str) -> bool:
        """Return whether the password is right; store it by the present method if it was stored by an earlier one."""
        # sign_in imports this module.
        from evaluation.accounts.sign_in import record_rehashed_password

        stored, is_right = self.password, bool(super().verify_and_update_password(password))
        if self.password != stored:
            record_rehashed_password(self)
        return is_right

    def unlock(self) -> None:
        """Reset the counts of failed attempts and unlock the account."""
        self.failures = self.trusted_failures = 0
        self.locked_until = self.trusted_locked_until = None

    # Flask-Security calls the next two methods with these names of parameters.
    def check_tf_required(self, tf_setup_methods: list[tuple[str, str]], tf_fresh: bool) -> tuple[bool, list[tuple[str, str]]]:
        """Return whether signing in requires the second factor: it is set up, or the role requires it."""
        return bool(tf_setup_methods) or self.is_second_factor_required, tf_setup_methods

    def check_tf_required_setup(self) -> bool:
        """Return whether the authenticator app cannot be removed: the role requires a second factor and there is no passkey."""
        return self.is_second_factor_required and not self.webauthn

    @property
    def is_second_factor_required(self) -> bool:
        """Whether the role requires a second factor."""
        return self.role in configuration().settings.two_factor_roles


class AccountBody(Base):
    """A body that an account belongs to."""

    __tablename__ = "account_body"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey(Body.id), primary_key=True, index=True)


class AccountSession(Base):
    """A session of a signed-in person: without its row a cookie is worth nothing.

    `id` is the SHA-256 of the random token in the cookie, so that nobody who reads the table can take a session over.
    `last_request_at` is stored once a minute at most. `device` names browser and system, `address` is the network address of the
    sign-in, `is_trusted` says whether the person had signed in with that device before.
    """

    __tablename__ = "account_session"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    started_at: Mapped[datetime]
    last_request_at: Mapped[datetime]
    device: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(64))
    is_trusted: Mapped[bool]


class UsedChallenge(Base):
    """A challenge that a passkey has answered: the answer is accepted once, whoever sends it again.

    `id` is the SHA-256 of the challenge.
    """

    __tablename__ = "used_challenge"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    used_at: Mapped[datetime] = mapped_column(index=True)


class Passkey(Base, WebAuthnMixin):
    """A key of an account's owner, on a device or a security key, that signs a challenge as second factor (WebAuthn).

    `credential_id` and `public_key` are the authenticator's; the private key never leaves it. `sign_count` is its count of
    signatures, up to 2^32 - 1; a key that is copied falls behind. `transports` say how browsers reach it.
    """

    __tablename__ = "passkey"
    __table_args__ = (UniqueConstraint("account_id", "name"), UniqueConstraint("credential_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    name: Mapped[str] = mapped_column(String(64))
    credential_id: Mapped[bytes] = mapped_column(LargeBinary)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    transports: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_used_at: Mapped[datetime | None]

    # Flask-Security reads and sets the rest under these names.
    usage = "secondary"
    extensions = None

    @property
    def lastuse_datetime(self) -> datetime:
        """When the key was used last, or added."""
        return self.last_used_at or self.created_at

    @lastuse_datetime.setter
    def lastuse_datetime(self, at: datetime) -> None:
        self.last_used_at = now()

    def get_user_mapping(self) -> dict[str, Any]:
        """Return the filter that finds the key's account."""
        return {"id": self.account_id}
