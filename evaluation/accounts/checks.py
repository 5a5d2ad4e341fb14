"""What an administrator enters of an account, made tidy and checked, every mistake named by its field."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from evaluation.accounts import queries
from evaluation.accounts.models import Account
from evaluation.errors import EvaluationError
from evaluation.language import CODES, N_
from evaluation.policy import BODY_ROLES, SIGN_IN_ROLES, Role, Viewer
from evaluation.registry import queries as registry

_PART = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
EMAIL = re.compile(rf"[a-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@{_PART}(?:\.{_PART})+")
"""What browsers take for an e-mail address, with a dot in its domain; one of an inner network, such as .local, is as good."""
EMAIL_LENGTH, NAME_LENGTH = 254, 200
TAKEN = N_("%(email)s has an account already.")


class AccountRefused(EvaluationError):
    """What is wrong with an account, by field: email, name, role, bodies, region, language. Its own message is the first one."""

    def __init__(self, wrong: Mapping[str, EvaluationError]):
        first = next(iter(wrong.values()))
        super().__init__(first.template, **first.values)
        self.wrong = wrong


@dataclass(frozen=True)
class Given:
    """An account as it was entered, made tidy: e-mail addresses in small letters, nothing empty but None."""

    email: str
    name: str
    role: str
    body_ids: frozenset[int]
    region: str | None
    language: str | None


def tidy(email: str, name: str, role: str, body_ids: Iterable[int], region: str | None, language: str | None) -> Given:
    """What was entered, without the spaces around it."""
    return Given(
        email.strip().lower(), " ".join(name.split()), role, frozenset(body_ids), (region or "").strip() or None, language or None
    )


def check(viewer: Viewer, given: Given, account: Account | None = None) -> None:
    """Check what is to be a new account, or what `account` is to become. Raises AccountRefused with every mistake."""
    checks = {
        "email": _email(viewer, given, account),
        "name": _name(given),
        "role": None if given.role in SIGN_IN_ROLES else EvaluationError(N_("Choose a role.")),
        "bodies": _bodies(viewer, given),
        "region": _region(viewer, given),
        "language": None if given.language in (None, *CODES) else EvaluationError(N_("Choose a language.")),
    }
    wrong = {field: error for field, error in checks.items() if error is not None}
    if wrong:
        raise AccountRefused(wrong)


def _email(viewer: Viewer, given: Given, account: Account | None) -> EvaluationError | None:
    if len(given.email) > EMAIL_LENGTH or not EMAIL.fullmatch(given.email):
        return EvaluationError(N_("Enter an e-mail address, such as name@example.kz."))
    other = queries.account_by_email(viewer, given.email)
    if other is not None and (account is None or other.id != account.id):
        return EvaluationError(TAKEN, email=given.email)
    return None


def _name(given: Given) -> EvaluationError | None:
    if not given.name or not given.name.isprintable():
        return EvaluationError(N_("Enter the person's name."))
    if len(given.name) > NAME_LENGTH:
        return EvaluationError(N_("The name is longer than %(limit)s characters."), limit=NAME_LENGTH)
    return None


def _bodies(viewer: Viewer, given: Given) -> EvaluationError | None:
    if given.role in BODY_ROLES and not given.body_ids:
        return EvaluationError(N_("Choose at least one body for a clerk or a head."))
    if given.role not in BODY_ROLES and given.body_ids:
        return EvaluationError(N_("Only a clerk or a head belongs to bodies; for this role choose none."))
    if len(queries.bins(viewer, given.body_ids)) < len(given.body_ids):
        return EvaluationError(N_("A chosen body is no longer in the registry."))
    return None


def _region(viewer: Viewer, given: Given) -> EvaluationError | None:
    if given.region is None:
        return None
    if given.role not in (Role.REVIEWER, Role.OBSERVER):
        return EvaluationError(N_("Only a reviewer or an observer is kept to a region; for this role choose none."))
    if given.region not in {str(body.kato)[:2] for body in registry.regions(viewer)}:
        return EvaluationError(N_("The registry has no region with the KATO code %(code)s."), code=given.region)
    return None
