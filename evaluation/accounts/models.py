"""Tables of accounts and of the bodies that they belong to."""

from datetime import datetime

from flask_security import UserMixin
from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, Text, UniqueConstraint, true
from sqlalchemy.ext.mutable import MutableList
from sqlalchemy.orm import Mapped, mapped_column

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
    which ends every session. Flask-Security uses the columns with the prefixes `tf_` and `mf_` for the second factor.
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

    @property
    def status(self) -> str:
        """`active`, `waiting` for the first password, or `disabled`."""
        return "disabled" if not self.active else "active" if self.password else "waiting"

    def unlock(self) -> None:
        """Reset the counts of failed attempts and unlock the account."""
        self.failures = self.trusted_failures = 0
        self.locked_until = self.trusted_locked_until = None

    # Flask-Security calls the next two methods with these names of parameters.
    def check_tf_required(self, tf_setup_methods: list[tuple[str, str]], tf_fresh: bool) -> tuple[bool, list[tuple[str, str]]]:
        """Return whether signing in requires the second factor: it is set up, or the role requires it."""
        return bool(tf_setup_methods) or self.check_tf_required_setup(), tf_setup_methods

    def check_tf_required_setup(self) -> bool:
        """Return whether the role requires a second factor."""
        return self.role in configuration().settings.two_factor_roles


class AccountBody(Base):
    """A body that an account belongs to."""

    __tablename__ = "account_body"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey(Body.id), primary_key=True, index=True)
