"""Reconstructs a body's year from the audit log: as of a moment, and as it was accepted."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from evaluation.audit.actions import AuditAction
from evaluation.audit.queries import AuditEntry, last_event_id_at
from evaluation.clock import ZONE
from evaluation.criteria import Orders
from evaluation.policy import Viewer
from evaluation.registry.models import Body
from evaluation.review.budget_snapshot import budget_evidence
from evaluation.review.history import queries, replay
from evaluation.review.history.queries import ALL_EVENTS, WORKFLOW_ACTIONS, Cutoff
from evaluation.review.snapshot import Acceptance, to_canonical_json
from evaluation.sheets.input import OrganisationInput, SheetInput, YearInput
from evaluation.submissions.models import DRAFT


@dataclass(frozen=True)
class HistoricalSheet:
    """A body's year as of a moment: the input of its sheet, and its status."""

    sheet_input: SheetInput
    status: str


def end_of_day(day: date) -> datetime:
    """Return the last microsecond of a day (Asia/Almaty) as a naive time in UTC, as the audit log stores times."""
    end = datetime.combine(day + timedelta(days=1), time(), ZONE).astimezone(UTC).replace(tzinfo=None)
    return end - timedelta(microseconds=1)


def sheet_as_of(viewer: Viewer, orders: Orders, body: Body, year: int, moment: datetime | None = None) -> HistoricalSheet | None:
    """Reconstruct a body's year as of a moment, from the audit log alone.

    Args:
        viewer: Who reads.
        orders: The criteria files.
        body: The body.
        year: The reporting year.
        moment: The time (UTC); events of that time are included. None for now, whatever times the events bear.

    Returns:
        None if at that moment the body was not registered or the year not open, or if the criteria file of the year is missing.

    Raises:
        Forbidden: The viewer cannot see the body.
    """
    cutoff = ALL_EVENTS if moment is None else Cutoff(last_event_id_at(viewer, moment))
    entries = queries.body_entries(viewer, body.id, cutoff)
    sheet_input = _sheet_input(viewer, orders, body.id, year, cutoff, entries)
    if sheet_input is None:
        return None
    steps = [
        entry.action
        for entry in entries
        if entry.year == year and entry.organisation_id is None and entry.action in WORKFLOW_ACTIONS
    ]
    return HistoricalSheet(sheet_input, steps[-1] if steps else DRAFT)


def reconstruct(viewer: Viewer, orders: Orders, body: Body, year: int, revision: int) -> str | None:
    """Reconstruct the canonical JSON of an accepted sheet from the audit log.

    The text equals the stored revision, unless either was tampered with or the criteria file changed.

    Returns:
        None if the audit log has no such acceptance, or if the criteria file of the year is missing.

    Raises:
        Forbidden: The viewer cannot see the body.
        SnapshotError: The reconstructed sheet is provisional.
    """
    acceptances = queries.acceptance_entries(viewer, body.id, year)
    accepted = next((entry for entry in acceptances if entry.data["revision"] == revision), None)
    if accepted is None:
        return None
    cutoff = Cutoff(accepted.id)
    entries = queries.body_entries(viewer, body.id, cutoff)
    sheet_input = _sheet_input(viewer, orders, body.id, year, cutoff, entries)
    submissions = (entry for entry in reversed(entries) if entry.year == year and entry.action == AuditAction.SUBMITTED)
    submitted = next(submissions, None)
    if sheet_input is None or submitted is None:
        return None
    return to_canonical_json(
        sheet_input,
        Acceptance(
            revision=revision,
            nil_return=submitted.data["nil_return"],
            submitted_by=submitted.actor,
            submitted_at=submitted.data["at"],
            accepted_by=accepted.actor,
            accepted_at=accepted.data["at"],
            checkpoint=accepted.data["checkpoint"],
        ),
        budget=budget_evidence(entries, year),
    )


def _sheet_input(
    viewer: Viewer, orders: Orders, body_id: int, year: int, cutoff: Cutoff, entries: list[AuditEntry]
) -> SheetInput | None:
    """Return the input of a body's sheet; `entries` are the events of the body's chain up to the cutoff."""
    opened = queries.year_settings(viewer, cutoff)
    year_orders = {number: orders.get(opened[number]["order"]) for number in sorted(opened) if number <= year}
    order_by_year = {number: order for number, order in year_orders.items() if order is not None}
    of_registry = [entry for entry in entries if entry.year is None]
    body = replay.registry_fields(entry for entry in of_registry if entry.organisation_id is None).get(None)
    if year not in order_by_year or not body or "bin" not in body:
        return None
    candidate_ids = {entry.organisation_id for entry in of_registry if entry.organisation_id is not None}
    registered = replay.registry_fields(queries.organisation_entries(viewer, body_id, candidate_ids, cutoff))
    organisations = {id_: fields for id_, fields in registered.items() if id_ is not None and "bin" in fields}
    codes = {number: frozenset(order.by_code) for number, order in order_by_year.items()}
    reports = replay.reports(queries.report_entries(viewer, body_id, organisations, order_by_year, cutoff), codes, year)

    def members(number: int) -> tuple[OrganisationInput, ...]:
        return tuple(
            replay.organisation_input(order_by_year[number], fields, number, reports.get((id_, number), replay.ReplayedReport()))
            for id_, fields in sorted(organisations.items(), key=lambda organisation: str(organisation[1]["bin"]))
            if replay.is_supervised(fields, str(body["bin"]), number)
        )

    return SheetInput(
        replay.entity_in_year(body, year),
        bool(opened[year]["invented"]),
        tuple(
            YearInput(number, order, members(number), replay.declared_counts(entries, number))
            for number, order in order_by_year.items()
        ),
    )
