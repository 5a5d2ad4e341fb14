"""Stores the changes of a plan in few statements, however many rows there are, and writes their audit events."""

from collections.abc import Iterator
from datetime import datetime
from itertools import repeat

from evaluation.answers.issues import CellIssue, WorkbookRejected
from evaluation.answers.prior_year_counts import CountInput, save_declared_counts
from evaluation.answers.report_writer import ReportUpdate, insert_reports, update_reports
from evaluation.answers.save import ConcurrentChange
from evaluation.audit import operations as audit
from evaluation.audit.actions import AuditAction
from evaluation.audit.operations import NewEvent, NewEventColumns
from evaluation.clock import now
from evaluation.database import to_json_bytes
from evaluation.policy import Viewer
from evaluation.workbooks.format.model import Worksheet
from evaluation.workbooks.upload.model import WRITTEN_STATES, Plan
from evaluation.workbooks.upload.plan import merge_values

BATCH_SIZE = 500
"""Reports per statement: all rows of a country in one statement would need the memory of the workbook once more."""


def apply_plan(viewer: Viewer, plan: Plan, batch: str) -> int:
    """Store the changes of a plan without errors and return the number of new reports; the caller commits.

    Args:
        viewer: who applies the plan.
        plan: the plan; it has no errors.
        batch: batch of the audit events.

    Raises:
        WorkbookRejected: a report was changed after the plan was made; the caller must roll back.
    """
    changed_at = now()
    events = _update_reports(plan, changed_at)
    new_report_count = _insert_reports(viewer, plan, changed_at, batch)
    audit.append_events(viewer, events, batch)
    _save_prior_year_counts(viewer, plan, batch)
    return new_report_count


def changed_meanwhile() -> WorkbookRejected:
    """Return the error of a workbook whose organisations were changed at the same time."""
    return WorkbookRejected([CellIssue("changed_meanwhile")])


def _insert_reports(viewer: Viewer, plan: Plan, changed_at: datetime, batch: str) -> int:
    """Insert the new reports, and an audit event for each that is not blank; return their number."""
    year = plan.workbook.year
    for kind, positions in plan.new_rows.items():
        worksheet, organisation_ids = plan.workbook.worksheets[kind], plan.row_organisations[kind]
        for start in range(0, len(positions), BATCH_SIZE):
            part = positions[start : start + BATCH_SIZE]
            is_inserted = insert_reports(
                year,
                [organisation_ids[position] for position in part],
                [worksheet.answers[position] for position in part],
                [worksheet.evidence[position] for position in part],
                changed_at,
            )
            if not is_inserted:
                raise changed_meanwhile()
            events = list(_events_of_new_reports(plan, worksheet, organisation_ids, part))
            if events:
                body_ids, event_organisations, data = zip(*events, strict=True)
                columns = NewEventColumns(AuditAction.WORKBOOK_APPLIED, year, body_ids, event_organisations, data)
                audit.append_events(viewer, columns, batch)
    return sum(map(len, plan.new_rows.values()))


def _events_of_new_reports(
    plan: Plan, worksheet: Worksheet, organisation_ids: list[int], positions: list[int]
) -> Iterator[tuple[int, int, bytes]]:
    """Yield (body id, organisation id, data) of each new report's event.

    Each document is built by `zip` and encoded immediately, for speed: a country has 25,000 reports.
    """
    bodies, nothing = worksheet.columns.get("body_bin", ()), repeat(None)
    for position in positions:
        answers, evidence = worksheet.answers[position], worksheet.evidence[position]
        data = dict(zip(answers, zip(nothing, answers.values(), strict=False), strict=False))
        data |= zip(evidence, zip(nothing, evidence.values(), strict=False), strict=False)
        if data:
            yield plan.body_ids[bodies[position]], organisation_ids[position], to_json_bytes(data)


def _update_reports(plan: Plan, changed_at: datetime) -> list[NewEvent]:
    """Update the stored reports in one statement and return their audit events."""
    updates, events = [], []
    for row in plan.updated_rows:
        if not row.written:
            continue
        worksheet, report = plan.workbook.worksheets[row.kind], row.stored_report
        answers = merge_values(report.answers, worksheet.answers[row.position], plan.mode, row.cleared)
        evidence = merge_values(report.evidence, worksheet.evidence[row.position], plan.mode, row.cleared)
        updates.append(ReportUpdate(report, answers, evidence))
        body_id = plan.body_ids[worksheet.columns["body_bin"][row.position]]
        events.append(NewEvent(AuditAction.WORKBOOK_APPLIED, plan.workbook.year, body_id, row.organisation_id, row.written))
    if not update_reports(updates, changed_at):
        raise changed_meanwhile()
    return events


def _save_prior_year_counts(viewer: Viewer, plan: Plan, batch: str) -> None:
    """Store the declared prior-year counts."""
    inputs: dict[int, list[CountInput]] = {}
    for count in plan.prior_year_counts:
        if plan.state_of(count) in WRITTEN_STATES:
            inputs.setdefault(count.body_id, []).append(CountInput(count.kind, count.criterion, count.new, count.old))
    order, year = plan.workbook.order, plan.workbook.year
    for body_id in sorted(inputs):
        try:
            conflicts = save_declared_counts(viewer, order, year, body_id, inputs[body_id], batch, today=plan.today)
        except ConcurrentChange as error:
            raise changed_meanwhile() from error
        if conflicts:
            raise changed_meanwhile()
