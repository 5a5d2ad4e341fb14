"""The one policy: what each role may do, and within which bodies.

Every query and operation takes a :class:`Viewer`: queries return data of `viewer.bodies` only, operations call
:meth:`Viewer.require`, and each page declares the action it needs (:mod:`evaluation.web.core.access`).
"""

from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Self

from evaluation.errors import EvaluationError


class Role(StrEnum):
    """The role of a person in the assessment; each person has one."""

    CLERK = "clerk"
    HEAD = "head"
    REVIEWER = "reviewer"
    ADMINISTRATOR = "administrator"
    OBSERVER = "observer"
    SYSTEM = "system"
    """The product on the operator's command; no account has it."""
    NOBODY = "nobody"
    """A visitor without a session."""


class Action(StrEnum):
    """What a viewer wants to do. Actions on a body's data are allowed only for the viewer's bodies."""

    PUBLIC = "public"
    """Pages that need no session: signing in, the choice of language."""
    ACCOUNT = "account"
    """The viewer's own account."""
    VIEW = "view"
    """Bodies, organisations, answers, sheets."""
    EDIT = "edit"
    """Enter answers and evidence, by form, grid and workbook."""
    VIEW_FILES = "view_files"
    """Download evidence files."""
    SUBMIT = "submit"
    """Submit a body's year."""
    REVIEW = "review"
    """Return, accept and reopen a submitted year; make remarks on it and resolve them."""
    REPLY = "reply"
    """Answer a remark."""
    MANAGE_REGISTRY = "manage_registry"
    """Years with their deadlines and extensions, bodies, organisations and who supervises them."""
    MANAGE_ACCOUNTS = "manage_accounts"
    """Other people's accounts."""


_ANYONE = frozenset({Action.PUBLIC})
_SIGNED_IN = _ANYONE | {Action.ACCOUNT, Action.VIEW}

ALLOWED: dict[Role, frozenset[Action]] = {
    Role.NOBODY: _ANYONE,
    Role.OBSERVER: _SIGNED_IN,
    Role.CLERK: _SIGNED_IN | {Action.EDIT, Action.VIEW_FILES, Action.REPLY},
    # In a village akim's office the head and the clerk are often one person.
    Role.HEAD: _SIGNED_IN | {Action.EDIT, Action.VIEW_FILES, Action.REPLY, Action.SUBMIT},
    Role.REVIEWER: _SIGNED_IN | {Action.VIEW_FILES, Action.REPLY, Action.REVIEW},
    Role.ADMINISTRATOR: _SIGNED_IN | {Action.MANAGE_REGISTRY, Action.MANAGE_ACCOUNTS},
    Role.SYSTEM: frozenset(Action),
}

SIGN_IN_ROLES = (Role.CLERK, Role.HEAD, Role.REVIEWER, Role.ADMINISTRATOR, Role.OBSERVER)
"""The roles of accounts."""
BODY_ROLES = (Role.CLERK, Role.HEAD)
"""Roles whose accounts belong to named bodies; other roles apply to a region or the country."""


class Forbidden(EvaluationError):
    """The viewer may know of the object but may not do this with it. The message is for the log; the page says less."""

    status = HTTPStatus.FORBIDDEN


@dataclass(frozen=True)
class Viewer:
    """Who reads or acts: a person, a visitor without a session, or the system itself.

    `bodies` are the ids of the bodies whose data the viewer may read, and change as the role allows; None means all bodies.
    """

    name: str
    role: Role
    bodies: frozenset[int] | None = frozenset()
    account_id: int | None = None

    @classmethod
    def system(cls) -> Self:
        """Return the viewer of the operator's commands, which may do everything."""
        return cls("system", Role.SYSTEM, None)

    @classmethod
    def nobody(cls) -> Self:
        """Return the viewer of a request without a session."""
        return cls("", Role.NOBODY)

    def can_see(self, body_id: int) -> bool:
        """Return whether the body's data are open to the viewer."""
        return self.bodies is None or body_id in self.bodies

    def may(self, action: Action, body_id: int | None = None) -> bool:
        """Return whether the viewer may do this: at all, or with the data of a body."""
        return action in ALLOWED[self.role] and (body_id is None or self.can_see(body_id))

    def require(self, action: Action, body_id: int | None = None) -> None:
        """Raise Forbidden unless the viewer may do this."""
        if not self.may(action, body_id):
            raise Forbidden(f"{self.role} {self.name!r} may not {action}")
