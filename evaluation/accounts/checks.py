"""Normalises and checks what an administrator enters for an account; each error names its field."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from evaluation.accounts import queries
from evaluation.accounts.models import Account
from evaluation.errors import EvaluationError
from evaluation.language import LANGUAGE_CODES, N_
from evaluation.policy import BODY_ROLES, SIGN_IN_ROLES, Role, Viewer
from evaluation.registry import queries as registry
from evaluation.text import normalise_line

_DOMAIN_PART = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
EMAIL = re.compile(rf"[a-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@{_DOMAIN_PART}(?:\.{_DOMAIN_PART})+")
"""An e-mail address as browsers accept it, with a dot in its domain; domains of internal networks, such as .local, are valid."""
MAX_EMAIL_LENGTH, MAX_NAME_LENGTH = 254, 200
EMAIL_TAKEN = N_("%(email)s has an account already.")


class InvalidAccount(EvaluationError):
    """Errors of an account's fields: email, name, role, bodies, region, language. Its own message is the first error's."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(self, errors: Mapping[str, EvaluationError]):
        first_field = next(iter(errors))
        first = errors[first_field]
        super().__init__(first.template, field=first_field, **first.values)
        self.errors = errors


@dataclass(frozen=True)
class AccountInput:
    """The normalised fields of an account: the e-mail address in lower case, empty optional fields as None."""

    email: str
    name: str
    role: str
    body_ids: frozenset[int]
    region: str | None
    language: str | None


def normalise(
    email: str, name: str, role: str, body_ids: Iterable[int], region: str | None, language: str | None
) -> AccountInput:
    """Return the fields without surrounding and repeated spaces."""
    return AccountInput(
        email.strip().lower(), normalise_line(name), role, frozenset(body_ids), (region or "").strip() or None, language or None
    )


def check(viewer: Viewer, fields: AccountInput, account: Account | None = None) -> None:
    """Check the fields of a new account, or the new fields of `account`.

    Raises:
        InvalidAccount: With the error of each invalid field.
    """
    results = {
        "email": _email_error(viewer, fields, account),
        "name": _name_error(fields),
        "role": None if fields.role in SIGN_IN_ROLES else EvaluationError(N_("Choose a role.")),
        "bodies": _bodies_error(viewer, fields),
        "region": _region_error(viewer, fields),
        "language": None if fields.language in (None, *LANGUAGE_CODES) else EvaluationError(N_("Choose a language.")),
    }
    errors = {field: error for field, error in results.items() if error is not None}
    if errors:
        raise InvalidAccount(errors)


def _email_error(viewer: Viewer, fields: AccountInput, account: Account | None) -> EvaluationError | None:
    if len(fields.email) > MAX_EMAIL_LENGTH or not EMAIL.fullmatch(fields.email):
        return EvaluationError(N_("Enter an e-mail address, such as name@example.kz."))
    existing = queries.account_by_email(viewer, fields.email)
    if existing is not None and (account is None or existing.id != account.id):
        return EvaluationError(EMAIL_TAKEN, email=fields.email)
    return None


def _name_error(fields: AccountInput) -> EvaluationError | None:
    if not fields.name or not fields.name.isprintable():
        return EvaluationError(N_("Enter the person's name."))
    if len(fields.name) > MAX_NAME_LENGTH:
        return EvaluationError(N_("The name is longer than %(limit)s characters."), limit=MAX_NAME_LENGTH)
    return None


def _bodies_error(viewer: Viewer, fields: AccountInput) -> EvaluationError | None:
    if fields.role in BODY_ROLES and not fields.body_ids:
        return EvaluationError(N_("Choose at least one body for a clerk or a head."))
    if fields.role not in BODY_ROLES and fields.body_ids:
        return EvaluationError(N_("Only a clerk or a head belongs to bodies; select none for this role."))
    if len(queries.bins(viewer, fields.body_ids)) < len(fields.body_ids):
        return EvaluationError(N_("A selected body is no longer in the registry."))
    return None


def _region_error(viewer: Viewer, fields: AccountInput) -> EvaluationError | None:
    if fields.region is None:
        return None
    if fields.role not in (Role.REVIEWER, Role.OBSERVER):
        return EvaluationError(N_("Only a reviewer or an observer is limited to a region; select none for this role."))
    if fields.region not in {body.kato[:2] for body in registry.regions(viewer)}:
        return EvaluationError(N_("The registry has no region with the KATO code %(code)s."), code=fields.region)
    return None
