"""The one policy: what each role may do, and within which bodies.

Everything that reads or changes data takes a :class:`Viewer` and asks it here: queries keep themselves to `viewer.bodies`,
operations call :meth:`Viewer.require`, and each page declares the action it needs (:mod:`evaluation.web.core.access`).
"""

from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Self

from evaluation.errors import EvaluationError


class Role(StrEnum):
    """What a person is to the assessment; everyone has one role."""

    CLERK = "clerk"
    HEAD = "head"
    REVIEWER = "reviewer"
    ADMINISTRATOR = "administrator"
    OBSERVER = "observer"
    SYSTEM = "system"
    """The product on the operator's command; nobody signs in with it."""
    NOBODY = "nobody"
    """Whoever has not signed in."""


class Action(StrEnum):
    """What is asked for. Those on a body's data are allowed within the viewer's bodies alone."""

    PUBLIC = "public"
    """What is open without signing in: signing in itself, the choice of language."""
    ACCOUNT = "account"
    """One's own account."""
    VIEW = "view"
    """Bodies, organisations, answers, sheets."""
    EDIT = "edit"
    """Enter answers and evidence, by form, grid and workbook."""
    VIEW_FILES = "view_files"
    """See the files given as evidence."""
    SUBMIT = "submit"
    """Hand a body's year over."""
    REVIEW = "review"
    """Return, accept and reopen a year that was handed over; make remarks on it and resolve them."""
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
    # In an akim's office of a village one person is both.
    Role.HEAD: _SIGNED_IN | {Action.EDIT, Action.VIEW_FILES, Action.REPLY, Action.SUBMIT},
    Role.REVIEWER: _SIGNED_IN | {Action.VIEW_FILES, Action.REPLY, Action.REVIEW},
    Role.ADMINISTRATOR: _SIGNED_IN | {Action.MANAGE_REGISTRY, Action.MANAGE_ACCOUNTS},
    Role.SYSTEM: frozenset(Action),
}

SIGN_IN_ROLES = (Role.CLERK, Role.HEAD, Role.REVIEWER, Role.ADMINISTRATOR, Role.OBSERVER)
"""The roles that people are given."""
BODY_ROLES = (Role.CLERK, Role.HEAD)
"""Those whose people belong to named bodies; the others see a region or the country."""


class Forbidden(EvaluationError):
    """The viewer may know of the object but may not do this with it. The message is for the log; the page says less."""

    status = HTTPStatus.FORBIDDEN


@dataclass(frozen=True)
class Viewer:
    """A person, nobody, or the system itself: what every query is scoped by and every operation acts as.

    `bodies` are the ids of the bodies whose data are theirs to see, and to act on as their role says; None means all.
    """

    name: str
    role: Role
    bodies: frozenset[int] | None = frozenset()
    account_id: int | None = None

    @classmethod
    def system(cls) -> Self:
        """The product acting on the operator's command: it may do everything."""
        return cls("system", Role.SYSTEM, None)

    @classmethod
    def nobody(cls) -> Self:
        """Whoever has not signed in."""
        return cls("", Role.NOBODY)

    def can_see(self, body_id: int) -> bool:
        return self.bodies is None or body_id in self.bodies

    def may(self, action: Action, body_id: int | None = None) -> bool:
        """Whether the viewer may do this: at all, or with this body's data."""
        return action in ALLOWED[self.role] and (body_id is None or self.can_see(body_id))

    def require(self, action: Action, body_id: int | None = None) -> None:
        """Raises Forbidden where the viewer may not."""
        if not self.may(action, body_id):
            raise Forbidden(f"{self.role} {self.name!r} may not {action}")
