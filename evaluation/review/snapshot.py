"""Conversion of an accepted sheet to canonical JSON and back.

Canonical means that one sheet has exactly one text: UTF-8, sorted keys, no spaces, no fractions. Money is a decimal string in
tenge with two decimals; dates are YYYY-MM-DD. The SHA-256 of the text therefore identifies the sheet, and a sheet reconstructed
from the audit log has the same hash. The keys are part of every hash: they must never change within one value of :data:`FORMAT`.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import Any

import orjson

from evaluation.budgets.comparison import BudgetEvidence
from evaluation.criteria import Orders
from evaluation.criteria.model import Indicator, Order, Row, Table
from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.review.budget_snapshot import budget_to_json, money
from evaluation.scoring.facts import BreachFact
from evaluation.sheets import Sheet, SheetRow, SheetTable
from evaluation.sheets.input import OrganisationInput, ScoredYear, SheetInput, build_sheet
from evaluation.sheets.model import LegalEntity, YearPoints

FORMAT = "assessment-sheet/1"
"""The name and version of the canonical format."""
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32. It has no letter that looks like a digit or like another letter."""
CODE_LENGTH = 12
"""Characters of a verification code, without hyphens."""
CODE_GROUP_LENGTH = 4
BITS_PER_CHARACTER = 5
BITS_PER_HEX_DIGIT = 4


class SnapshotError(EvaluationError):
    """A sheet cannot be converted to canonical JSON, or canonical JSON cannot be read."""


class ProvisionalSheet(SnapshotError):
    """Answers are missing, so the sheet has no final points and cannot be accepted."""

    status = HTTPStatus.CONFLICT


@dataclass(frozen=True)
class Acceptance:
    """The facts of an acceptance that become part of the canonical JSON.

    `submitted_at` and `accepted_at` are ISO texts in UTC. `checkpoint` is the number and digest of the last audit checkpoint
    before the acceptance.
    """

    revision: int
    nil_return: bool
    submitted_by: str
    submitted_at: str
    accepted_by: str
    accepted_at: str
    checkpoint: Mapping[str, Any]


def to_canonical_json(
    source: SheetInput, acceptance: Acceptance, current: ScoredYear | None = None, budget: BudgetEvidence | None = None
) -> str:
    """Build a body's sheet and convert it to canonical JSON.

    Args:
        source: The stored or reconstructed input of the sheet.
        acceptance: The facts of the acceptance.
        current: The scored year of the sheet, when the caller has scored it already.
        budget: The budget decisions of the year; a sheet without any has no key of them.

    Raises:
        ProvisionalSheet: Answers are missing.
    """
    sheet = build_sheet(source, current)
    if sheet.provisional:
        raise ProvisionalSheet(N_("The sheet is provisional: answers are missing. Only a complete sheet can be accepted."))
    order = sheet.order
    organisations = sorted(source.current.organisations, key=lambda organisation: organisation.entity.bin)
    content: dict[str, Any] = {
        "format": FORMAT,
        "order": {"code": order.code, "sha256": order.sha256},
        "year": sheet.year,
        "revision": acceptance.revision,
        "nil_return": acceptance.nil_return,
        "invented": sheet.invented,
        "body": _party_to_json(sheet.body),
        "points": sheet.low,
        "max_points": sheet.max,
        "tables": [_table_to_json(order, table) for table in sheet.tables],
        "history": [_share_to_json(share) for share in sheet.history],
        "organisations": [_organisation_to_json(order, organisation) for organisation in organisations],
        "prior_year_counts": [
            {"kind": kind, "criterion": criterion, "count": count}
            for (kind, criterion), count in sorted(source.current.declared_counts.items())
        ],
        "submitted": {"by": acceptance.submitted_by, "at": acceptance.submitted_at},
        "accepted": {"by": acceptance.accepted_by, "at": acceptance.accepted_at},
        "checkpoint": dict(acceptance.checkpoint),
    }
    if budget and budget.decisions:
        content["budget"] = budget_to_json(order, budget, organisations)
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS).decode()


def from_canonical_json(content: str, orders: Orders) -> Sheet:
    """Read a sheet from its canonical JSON.

    Raises:
        SnapshotError: The text is not canonical JSON of this format, or the criteria file of its order is missing.
    """
    try:
        data = orjson.loads(content)
        if data["format"] != FORMAT:
            raise SnapshotError(N_("This file format is not supported: %(format)s."), format=data["format"])
        order = orders.get(data["order"]["code"])
        if order is None:
            raise SnapshotError(N_("The criteria file of the order %(order)s is missing."), order=data["order"]["code"])
        return _sheet_from_json(order, data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SnapshotError(N_("This is not an accepted assessment sheet, or it is damaged.")) from error


def answers_of(order: Order, data: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield BIN, kind and answers in stored form of each organisation of parsed canonical JSON; `order` names the answers."""
    for organisation in data["organisations"]:
        stored = {code: _value_from_json(order.by_code.get(code), value) for code, value in organisation["answers"].items()}
        yield organisation["bin"], organisation["kind"], stored


def sha256_of(content: str) -> str:
    """Return the SHA-256 of a canonical JSON text, 64 hexadecimal digits."""
    return hashlib.sha256(content.encode()).hexdigest()


def code_of(sha256: str) -> str:
    """Return the verification code of a sheet: the first 60 bits of its SHA-256 in base 32, without hyphens."""
    bits = int(sha256[: CODE_LENGTH * BITS_PER_CHARACTER // BITS_PER_HEX_DIGIT], 16)
    shifts = range((CODE_LENGTH - 1) * BITS_PER_CHARACTER, -1, -BITS_PER_CHARACTER)
    return "".join(ALPHABET[bits >> shift & (len(ALPHABET) - 1)] for shift in shifts)


def format_code(code: str) -> str:
    """Format a verification code as it is printed: XXXX-XXXX-XXXX."""
    return "-".join(code[start : start + CODE_GROUP_LENGTH] for start in range(0, len(code), CODE_GROUP_LENGTH))


# ---- to JSON ----


def _party_to_json(party: LegalEntity) -> dict[str, str]:
    return {"bin": party.bin, "name_kk": party.name_kk, "name_ru": party.name_ru}


def _table_to_json(order: Order, table: SheetTable) -> dict[str, Any]:
    rows = [_row_to_json(order, row) for row in table.scored_rows] if table.applicable else []
    return {
        "kind": table.table.kind,
        "applicable": table.applicable,
        "points": table.low,
        "max_points": table.max,
        "rows": rows,
    }


def _row_to_json(order: Order, row: SheetRow) -> dict[str, Any]:
    return {
        "number": row.row.number,
        "criterion": row.row.criterion,
        "points": row.low,
        "max_points": row.max,
        "worst_outcome": row.worst,
        "best_outcome": row.best,
        "organisations": row.organisations,
        "audited": row.audited,
        "unaudited": row.unaudited,
        "prior_year_count": row.previous,
        "breaches": [
            {
                "bin": party.bin,
                "facts": [[code, _fact_to_json(order.by_code[code], value)] for code, value in party.breach_facts],
            }
            for party in row.in_breach
        ],
    }


def _share_to_json(share: YearPoints) -> dict[str, Any]:
    return {
        "year": share.year,
        "kind": share.kind,
        "lowest_points": share.low,
        "highest_points": share.high,
        "max_points": share.max,
    }


def _organisation_to_json(order: Order, organisation: OrganisationInput) -> dict[str, Any]:
    return {
        **_party_to_json(organisation.entity),
        "kind": organisation.kind,
        "answers": _values_to_json(order, organisation.answers),
        "evidence": _values_to_json(order, organisation.evidence),
        "justifications": [
            {"rule": reason.rule, "indicator": reason.code, "reason": reason.reason, "author": reason.author}
            for reason in organisation.justifications
        ],
    }


def _values_to_json(order: Order, stored: Mapping[str, Any]) -> dict[str, Any]:
    return {
        code: _value_to_json(order.by_code[code], value) if code in order.by_code else value for code, value in stored.items()
    }


def _value_to_json(item: Indicator, value: Any) -> Any:
    """Convert a stored value: money in tiyn becomes a string in tenge with two decimals."""
    if item.type != "money":
        return value
    return money(value)


def _fact_to_json(item: Indicator, value: int | date) -> Any:
    return value.isoformat() if isinstance(value, date) else _value_to_json(item, value)


# ---- from JSON ----


def _sheet_from_json(order: Order, data: dict[str, Any]) -> Sheet:
    organisations = {organisation["bin"]: _party_from_json(organisation) for organisation in data["organisations"]}
    tables = {table["kind"]: table for table in data["tables"]}
    return Sheet(
        order=order,
        body=_party_from_json(data["body"]),
        year=data["year"],
        tables=tuple(_table_from_json(order, table, tables[table.kind], organisations) for table in order.form.tables),
        low=data["points"],
        high=data["points"],
        max=data["max_points"],
        history=tuple(
            YearPoints(share["year"], share["kind"], share["lowest_points"], share["highest_points"], share["max_points"])
            for share in data["history"]
        ),
        invented=data["invented"],
    )


def _party_from_json(data: dict[str, Any]) -> LegalEntity:
    return LegalEntity(data["bin"], data["name_kk"], data["name_ru"])


def _table_from_json(order: Order, table: Table, data: dict[str, Any], organisations: Mapping[str, LegalEntity]) -> SheetTable:
    scored = {row["number"]: row for row in data["rows"]}
    rows = tuple(_row_from_json(order, row, scored.get(row.number), organisations) for row in table.rows)
    return SheetTable(table, data["applicable"], rows, data["points"], data["points"], data["max_points"])


def _row_from_json(order: Order, row: Row, data: dict[str, Any] | None, organisations: Mapping[str, LegalEntity]) -> SheetRow:
    criterion = order.criterion[row.criterion] if row.criterion is not None else None
    if criterion is None or data is None:
        return SheetRow(row, criterion)
    return SheetRow(
        row,
        criterion,
        low=data["points"],
        high=data["points"],
        max=data["max_points"],
        worst=data["worst_outcome"],
        best=data["best_outcome"],
        organisations=data["organisations"],
        audited=data["audited"],
        unaudited=data["unaudited"],
        previous=data["prior_year_count"],
        in_breach=tuple(_breach_from_json(order, breach, organisations) for breach in data["breaches"]),
    )


def _breach_from_json(order: Order, data: dict[str, Any], organisations: Mapping[str, LegalEntity]) -> LegalEntity:
    party = organisations[data["bin"]]
    return LegalEntity(party.bin, party.name_kk, party.name_ru, tuple(_facts_from_json(order, data["facts"])))


def _facts_from_json(order: Order, facts: Iterable[list[Any]]) -> Iterable[BreachFact]:
    for code, value in facts:
        item = order.by_code[code]
        yield code, date.fromisoformat(value) if item.type == "date" else _value_from_json(item, value)


def _value_from_json(item: Indicator | None, value: Any) -> Any:
    """Convert a value to stored form: money in tenge becomes tiyn; an indicator that the order does not have is not converted."""
    if item is None or item.type != "money":
        return value
    sign, (tenge, tiyn) = -1 if value.startswith("-") else 1, value.removeprefix("-").split(".")
    return sign * (int(tenge) * 100 + int(tiyn))
