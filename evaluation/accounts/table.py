"""Many people at once: reads a table of people and adds all of them or nobody.

A row has the e-mail address, the name, the role, the BINs of the bodies, the region and the language of e-mails, in this order or
under headings. Roles and headings may be written in any language.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from evaluation.accounts import checks, operations, queries
from evaluation.accounts.checks import AccountInput, InvalidAccount
from evaluation.accounts.models import Account
from evaluation.accounts.roles import ROLE_NAMES
from evaluation.audit.operations import new_batch
from evaluation.errors import EvaluationError
from evaluation.language import LANGUAGE_CODES, N_, language
from evaluation.policy import Action, Viewer
from evaluation.text import BIN_LENGTH, caseless

COLUMNS = {
    "email": N_("E-mail address"),
    "name": N_("Full name"),
    "role": N_("Role"),
    "bins": N_("BINs of the bodies"),
    "region": N_("Region"),
    "language": N_("Language of e-mails"),
}
"""Column → its heading, in the order of the columns."""
MAX_ROWS = 500
MIN_BIN_DIGITS = 9
"""Digits that remain of a BIN after Excel dropped its leading zeros."""
SEPARATORS = re.compile(r"[\s,;]+")
TOO_MANY_ROWS = N_("The table has %(count)s people; at most %(limit)s can be added at once.")
REPEATED_EMAIL = N_("The e-mail address %(email)s is in the table twice.")
UNKNOWN_ROLE = N_("“%(value)s” is not a role. Write one of the roles that this page lists.")
NOT_ADDED = N_("Nobody was added: the table has errors.")


class InvalidTable(EvaluationError):
    """The table cannot be read, or a row of it has errors."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY


@dataclass(frozen=True)
class PersonRow:
    """A row of the table: its number from 1, its fields, the BINs of its bodies, and its errors."""

    number: int
    fields: AccountInput
    bins: tuple[str, ...] = ()
    errors: list[EvaluationError] = field(default_factory=list)


def read_table(viewer: Viewer, rows: Sequence[Sequence[str]]) -> list[PersonRow]:
    """Return the people of a table with the errors of each row; blank rows are left out.

    Raises:
        Forbidden: The viewer may not manage accounts.
        InvalidTable: The table has too many rows.
    """
    viewer.require(Action.MANAGE_ACCOUNTS)
    numbered = [(number, [cell.strip() for cell in cells]) for number, cells in enumerate(rows, start=1)]
    numbered = [(number, cells) for number, cells in numbered if any(cells)]
    columns = _heading_columns(numbered[0][1]) if numbered else {}
    if columns:
        del numbered[0]
    if len(numbered) > MAX_ROWS:
        raise InvalidTable(TOO_MANY_ROWS, count=len(numbered), limit=MAX_ROWS)
    positions = columns or {name: position for position, name in enumerate(COLUMNS)}
    records = []
    for number, cells in numbered:
        values = {name: cells[position] for name, position in positions.items() if position < len(cells)}
        records.append((number, dict.fromkeys(COLUMNS, "") | values))
    return _checked_rows(viewer, records)


def add_people(viewer: Viewer, rows: Sequence[PersonRow]) -> list[Account]:
    """Add all people of a table or, if any row has errors, nobody.

    Raises:
        Forbidden: The viewer may not manage accounts.
        InvalidTable: A row has errors, or the table is empty.
    """
    if not rows or any(row.errors for row in rows):
        raise InvalidTable(NOT_ADDED)
    batch = new_batch()
    return [
        operations.add_account(
            viewer,
            row.fields.email,
            row.fields.name,
            row.fields.role,
            row.fields.body_ids,
            row.fields.region,
            row.fields.language,
            batch=batch,
        )
        for row in rows
    ]


def _heading_columns(cells: Sequence[str]) -> dict[str, int]:
    """Return column → its position if a row is the one with the headings, else nothing."""
    names = {caseless(text): name for name, label in COLUMNS.items() for text in (name, *_in_all_languages(label))}
    columns = {names[caseless(cell)]: position for position, cell in enumerate(cells) if caseless(cell) in names}
    return columns if "email" in columns else {}


def _checked_rows(viewer: Viewer, records: Sequence[tuple[int, Mapping[str, str]]]) -> list[PersonRow]:
    bins_by_row = {number: _bins(record["bins"]) for number, record in records}
    bodies = queries.bodies_by_bin(viewer, {bin_ for bins in bins_by_row.values() for bin_ in bins if bin_.isdigit()})
    body_ids = {body.bin: body.id for body in bodies}
    # A name may have an explanation in parentheses, which nobody writes.
    roles = {
        caseless(text.partition(" (")[0]): str(role)
        for role, label in ROLE_NAMES.items()
        for text in (role, *_in_all_languages(label))
    }
    emails = Counter(record["email"].strip().lower() for _, record in records)
    rows = []
    for number, record in records:
        bins, role = bins_by_row[number], roles.get(caseless(record["role"].partition(" (")[0]), "")
        ids = [body_ids[bin_] for bin_ in bins if bin_ in body_ids]
        fields = checks.normalise(record["email"], record["name"], role, ids, record["region"], record["language"].lower())
        row = PersonRow(number, fields, bins)
        if emails[fields.email] > 1 and fields.email:
            row.errors.append(EvaluationError(REPEATED_EMAIL, email=fields.email))
        missing = ", ".join(bin_ for bin_ in bins if bin_ not in body_ids)
        row.errors.extend(_errors(viewer, row, record["role"], missing))
        rows.append(row)
    return rows


def _errors(viewer: Viewer, row: PersonRow, typed_role: str, missing_bins: str) -> list[EvaluationError]:
    try:
        checks.check(viewer, row.fields)
        errors: dict[str, EvaluationError] = {}
    except InvalidAccount as error:
        errors = dict(error.errors)
    if missing_bins:
        errors["bodies"] = EvaluationError(N_("The registry has no body with the BIN %(bin)s."), bin=missing_bins)
    if not row.fields.role:
        # Without a role it is not known whether bodies and a region are needed.
        errors = {name: error for name, error in errors.items() if name not in ("region", "bodies") or missing_bins}
        errors["role"] = EvaluationError(UNKNOWN_ROLE, value=typed_role)
    return list(errors.values())


def _bins(cell: str) -> tuple[str, ...]:
    """Return the BINs of a cell, separated by commas, semicolons or spaces, each once."""
    parts = filter(None, SEPARATORS.split(cell))
    padded = (part.zfill(BIN_LENGTH) if part.isdecimal() and len(part) >= MIN_BIN_DIGITS else part for part in parts)
    return tuple(dict.fromkeys(padded))


def _in_all_languages(message: str) -> list[str]:
    return [language(code).gettext(message) for code in LANGUAGE_CODES]
