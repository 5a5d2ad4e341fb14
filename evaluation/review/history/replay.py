"""Replays audit events: each event maps a field to [old, new], and the last new value counts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from evaluation.answers.prior_year_counts import count_key
from evaluation.audit.actions import AuditAction
from evaluation.audit.queries import AuditEntry
from evaluation.criteria.model import Order
from evaluation.sheets.input import JustificationInput, OrganisationInput, split_values
from evaluation.sheets.model import LegalEntity

Fields = dict[str, Any]
"""A registry entry of a body or an organisation: field → value as the audit log has it (days as YYYY-MM-DD)."""


@dataclass
class ReplayedReport:
    """One organisation's year: answers and evidence by code in stored form, and justifications by (rule, code)."""

    values: dict[str, Any] = field(default_factory=dict)
    justifications: dict[tuple[str, str], JustificationInput] = field(default_factory=dict)


def registry_fields(events: Iterable[AuditEntry]) -> dict[int | None, Fields]:
    """Return organisation id → its registry entry after these events; the body's own entry has the key None."""
    fields: dict[int | None, Fields] = {}
    for event in events:
        changes = {name: pair[1] for name, pair in event.data.items() if _is_change(pair)}
        fields.setdefault(event.organisation_id, {}).update(changes)
    return fields


def entity_in_year(fields: Fields, year: int) -> LegalEntity:
    """Return the BIN and the names that an entry had on 31 December of the year."""
    last_day = date(year, 12, 31).isoformat()
    former = [name for name in fields.get("former_names") or () if name["until"] >= last_day]
    names = min(former, key=lambda name: name["until"]) if former else fields
    return LegalEntity(fields["bin"], names.get("name_kk") or "", names.get("name_ru") or "")


def is_supervised(fields: Fields, body_bin: str, year: int) -> bool:
    """Return whether an organisation was under the body on 31 December of the year.

    Source: reading R12.
    """
    last_day = date(year, 12, 31).isoformat()
    return any(
        period["body"] == body_bin and period["since"] <= last_day and (not period["until"] or period["until"] >= last_day)
        for period in fields.get("periods") or ()
    )


def reports(
    events: Iterable[AuditEntry], codes: Mapping[int, frozenset[str]], justified_year: int
) -> dict[tuple[int, int], ReplayedReport]:
    """Return (organisation id, year) → its report after these events.

    Args:
        events: The events of the reports, the oldest first.
        codes: Year → all codes of its order; other keys of the events' data are ignored.
        justified_year: The only year whose justifications are replayed.
    """
    replayed: dict[tuple[int, int], ReplayedReport] = {}
    for event in events:
        if event.organisation_id is None or event.year is None:
            continue
        report = replayed.setdefault((event.organisation_id, event.year), ReplayedReport())
        if event.action in (AuditAction.JUSTIFICATION_ADDED, AuditAction.JUSTIFICATION_WITHDRAWN):
            if event.year == justified_year:
                _replay_justification(report, event)
            continue
        for code, pair in event.data.items():
            if code in codes[event.year] and _is_change(pair):
                report.values.pop(code, None)
                if pair[1] is not None:
                    report.values[code] = pair[1]
    return replayed


def _replay_justification(report: ReplayedReport, event: AuditEntry) -> None:
    key = event.data["rule"], event.data["code"]
    if event.action == AuditAction.JUSTIFICATION_ADDED:
        report.justifications[key] = JustificationInput(*key, event.data["reason"], event.actor)
    else:
        report.justifications.pop(key, None)


def declared_counts(events: Iterable[AuditEntry], year: int) -> dict[tuple[str, str], int]:
    """Return (kind, criterion) → count of the year before that the body declares for the year."""
    counts: dict[tuple[str, str], int] = {}
    for event in events:
        if event.year != year or event.organisation_id is not None:
            continue
        for key, pair in event.data.items():
            if "/" in key and _is_change(pair):
                counts.pop(count_key(key), None)
                if pair[1] is not None:
                    counts[count_key(key)] = pair[1]
    return counts


def organisation_input(order: Order, fields: Fields, year: int, report: ReplayedReport) -> OrganisationInput:
    """Return an organisation with its answers, evidence and justifications of a year."""
    return OrganisationInput(
        entity_in_year(fields, year),
        fields["kind"],
        *split_values(order, fields["kind"], report.values),
        justifications=tuple(report.justifications[key] for key in sorted(report.justifications)),
    )


def _is_change(pair: Any) -> bool:
    """Return whether a value of an event's data is a pair [old, new]."""
    return isinstance(pair, list) and len(pair) == 2
