"""The accepted sheet as canonical JSON, and back.

Canonical means that there is one text for one sheet: UTF-8, keys sorted, no spaces, no fractions; money is a decimal string of
tenge, dates are YYYY-MM-DD. So its SHA-256 stands for the sheet, and the sheet rebuilt from the record has the same one.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson

from evaluation.criteria import Orders
from evaluation.criteria.model import Indicator, Order
from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.scoring.facts import Fact
from evaluation.sheets import Sheet, SheetRow, SheetTable
from evaluation.sheets.input import Given, Source, sheet_of
from evaluation.sheets.model import Named, Share

FORMAT = "assessment-sheet/1"
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter that is taken for a figure or for another letter."""
CODE_LENGTH = 12
GROUP = 4


class Unfrozen(EvaluationError):
    """The sheet cannot be frozen, or what was frozen cannot be read."""


@dataclass(frozen=True)
class Acceptance:
    """What a frozen sheet says of its acceptance: moments are ISO texts in UTC, `checkpoint` the record's state before it."""

    revision: int
    nil: bool
    submitted_by: str
    submitted_at: str
    accepted_by: str
    accepted_at: str
    checkpoint: Mapping[str, Any]


def freeze(source: Source, acceptance: Acceptance) -> str:
    """The canonical JSON of a body's year. Raises Unfrozen where blanks leave it provisional."""
    sheet = sheet_of(source)
    if sheet.provisional:
        raise Unfrozen(N_("The sheet is provisional: answers are missing. Only a complete sheet is accepted."))
    order = sheet.order
    declared = sorted(source.current.declared.items())
    content = {
        "format": FORMAT,
        "order": {"code": order.code, "sha256": order.sha256},
        "year": sheet.year,
        "revision": acceptance.revision,
        "nil": acceptance.nil,
        "invented": sheet.invented,
        "body": _named(sheet.body),
        "points": sheet.low,
        "max": sheet.max,
        "tables": [_table(order, table) for table in sheet.tables],
        "history": [
            {"year": each.year, "kind": each.kind, "low": each.low, "high": each.high, "max": each.max} for each in sheet.history
        ],
        "organisations": [_given(order, each) for each in sorted(source.current.organisations, key=lambda each: each.named.bin)],
        "declared": [{"kind": kind, "criterion": criterion, "count": count} for (kind, criterion), count in declared],
        "submitted": {"by": acceptance.submitted_by, "at": acceptance.submitted_at},
        "accepted": {"by": acceptance.accepted_by, "at": acceptance.accepted_at},
        "checkpoint": dict(acceptance.checkpoint),
    }
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS).decode()


def sha256_of(content: str) -> str:
    """The hash that stands for a frozen sheet, hexadecimal."""
    return hashlib.sha256(content.encode()).hexdigest()


def code_of(sha256: str) -> str:
    """The short code of a frozen sheet: the first 60 bits of its hash."""
    bits = int(sha256[: CODE_LENGTH * 5 // 4], 16)
    return "".join(ALPHABET[bits >> shift & 31] for shift in range((CODE_LENGTH - 1) * 5, -1, -5))


def spelled(code: str) -> str:
    """A short code as people read it: XXXX-XXXX-XXXX."""
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))


def thaw(content: str, orders: Orders) -> Sheet:
    """The sheet that was frozen. Raises Unfrozen where its order is not at hand or the text is no frozen sheet."""
    try:
        data = orjson.loads(content)
        if data["format"] != FORMAT:
            raise Unfrozen(N_("The file is of a format that this product does not know: %(format)s."), format=data["format"])
        order = orders.get(data["order"]["code"])
        if order is None:
            raise Unfrozen(N_("The criteria file of the order %(order)s is missing."), order=data["order"]["code"])
        return _sheet(order, data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Unfrozen(N_("This is not a frozen assessment sheet, or it is damaged.")) from error


# ---- to JSON ----


def _named(named: Named) -> dict[str, str]:
    return {"bin": named.bin, "name_kk": named.name_kk, "name_ru": named.name_ru}


def _table(order: Order, table: SheetTable) -> dict[str, Any]:
    rows = [_row(order, row) for row in table.scored_rows] if table.applicable else []
    return {"kind": table.table.kind, "applicable": table.applicable, "points": table.low, "max": table.max, "rows": rows}


def _row(order: Order, row: SheetRow) -> dict[str, Any]:
    return {
        "row": row.row.number,
        "criterion": row.row.criterion,
        "points": row.low,
        "max": row.max,
        "worst": row.worst,
        "best": row.best,
        "organisations": row.organisations,
        "audited": row.audited,
        "unaudited": row.unaudited,
        "previous": row.previous,
        "in_breach": [
            {"bin": each.bin, "facts": [[code, _fact(order.by_code[code], value)] for code, value in each.facts]}
            for each in row.in_breach
        ],
    }


def _given(order: Order, given: Given) -> dict[str, Any]:
    return {
        **_named(given.named),
        "kind": given.kind,
        "answers": _values(order, given.answers),
        "evidence": _values(order, given.evidence),
        "kept": [{"rule": each.rule, "code": each.code, "reason": each.reason, "by": each.by} for each in given.kept],
    }


def _values(order: Order, stored: Mapping[str, Any]) -> dict[str, Any]:
    return {code: _plain(order.by_code[code], value) if code in order.by_code else value for code, value in stored.items()}


def _plain(item: Indicator, value: Any) -> Any:
    """A stored value: money in tiyn becomes tenge with two decimals."""
    if item.type != "money":
        return value
    return f"{'-' if value < 0 else ''}{abs(value) // 100}.{abs(value) % 100:02d}"


def _fact(item: Indicator, value: int | date) -> Any:
    return value.isoformat() if isinstance(value, date) else _plain(item, value)


# ---- from JSON ----


def _sheet(order: Order, data: dict[str, Any]) -> Sheet:
    names = {each["bin"]: _name(each) for each in data["organisations"]}
    tables = {each["kind"]: each for each in data["tables"]}
    return Sheet(
        order=order,
        body=_name(data["body"]),
        year=data["year"],
        tables=tuple(_table_of(order, table, tables[table.kind], names) for table in order.form.tables),
        low=data["points"],
        high=data["points"],
        max=data["max"],
        history=tuple(Share(each["year"], each["kind"], each["low"], each["high"], each["max"]) for each in data["history"]),
        invented=data["invented"],
    )


def _name(data: dict[str, Any]) -> Named:
    return Named(data["bin"], data["name_kk"], data["name_ru"])


def _table_of(order: Order, table: Any, data: dict[str, Any], names: Mapping[str, Named]) -> SheetTable:
    scored = {each["row"]: each for each in data["rows"]}
    rows = tuple(_row_of(order, row, scored.get(row.number), names) for row in table.rows)
    return SheetTable(table, data["applicable"], rows, data["points"], data["points"], data["max"])


def _row_of(order: Order, row: Any, data: dict[str, Any] | None, names: Mapping[str, Named]) -> SheetRow:
    criterion = order.criterion[row.criterion] if row.criterion is not None else None
    if criterion is None or data is None:
        return SheetRow(row, criterion)
    return SheetRow(
        row,
        criterion,
        low=data["points"],
        high=data["points"],
        max=data["max"],
        worst=data["worst"],
        best=data["best"],
        organisations=data["organisations"],
        audited=data["audited"],
        unaudited=data["unaudited"],
        previous=data["previous"],
        in_breach=tuple(_breach(order, each, names) for each in data["in_breach"]),
    )


def _breach(order: Order, data: dict[str, Any], names: Mapping[str, Named]) -> Named:
    named = names[data["bin"]]
    return Named(named.bin, named.name_kk, named.name_ru, tuple(_facts_of(order, data["facts"])))


def _facts_of(order: Order, facts: Iterable[list[Any]]) -> Iterable[Fact]:
    for code, value in facts:
        kind = order.by_code[code].type
        if kind == "money":
            sign, (whole, hundredths) = -1 if value.startswith("-") else 1, value.removeprefix("-").split(".")
            yield code, sign * (int(whole) * 100 + int(hundredths))
        else:
            yield code, date.fromisoformat(value) if kind == "date" else value
