"""Makes the plan of what a workbook would change. Nothing is changed here."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from evaluation.answers import checks
from evaluation.answers import queries as answers_queries
from evaluation.answers.checks import contradictions
from evaluation.answers.issues import CellIssue, WorkbookRejected, sort_issues
from evaluation.answers.model import ReportSnapshot
from evaluation.clock import today as current_day
from evaluation.criteria import Orders
from evaluation.criteria.model import Order
from evaluation.database import advisory_lock, db
from evaluation.policy import Viewer
from evaluation.registry import queries as registry
from evaluation.registry.queries import RegistryIndex
from evaluation.scoring.conditions import apply_implications
from evaluation.scoring.frames import report_frame
from evaluation.submissions import queries as submissions
from evaluation.workbooks.format.model import ABOUT, PRIOR_YEAR, Workbook, Worksheet
from evaluation.workbooks.upload.model import (
    BLANKS,
    CLEAR,
    OVERWRITE,
    Mode,
    Plan,
    PriorYearCountChange,
    UpdatedRow,
    ValueChange,
)
from evaluation.workbooks.upload.reading import read_once
from evaluation.workbooks.upload.row_matching import RowMatcher, editable_body_ids, visible_registry_index

Document = Mapping[str, Any]


@dataclass
class WorkbookReading:
    """A workbook and the registry that it was read against; with `issues`, the workbook holds what could be read."""

    workbook: Workbook
    registry_index: RegistryIndex
    issues: list[CellIssue] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ChangedReport:
    """A report that the plan changes: its row, and its answers and evidence before and after."""

    position: int
    organisation_id: int
    answers_before: Document
    evidence_before: Document
    answers: Document
    evidence: Document


def read_upload(viewer: Viewer, data: bytes, orders: Orders) -> WorkbookReading:
    """Read a workbook with the registry of its viewer. Raises WorkbookRejected if the file cannot be read at all."""
    index = visible_registry_index(viewer)
    try:
        return WorkbookReading(read_once(data, registry.orders_with_open_years(orders), frozenset(index.bins)), index)
    except WorkbookRejected as error:
        if error.partial is None:
            raise
        return WorkbookReading(error.partial, index, list(error.issues))


def make_plan(
    viewer: Viewer,
    reading: WorkbookReading,
    mode: Mode = OVERWRITE,
    register: bool = False,
    lock_bodies: bool = False,
    today: date | None = None,
) -> Plan:
    """Compare a workbook with the registry and the stored reports.

    Args:
        viewer: who uploads the workbook.
        reading: the workbook.
        mode: whether stored answers are replaced or cleared.
        register: the workbook's year, bodies and organisations are registered, so that missing ones are no errors.
        lock_bodies: lock the bodies' year until the transaction ends, so that no one submits it meanwhile.
        today: the day (Asia/Almaty) by which years are locked; the current day by default.
    """
    workbook, day = reading.workbook, today or current_day()
    body_ids = editable_body_ids(viewer, workbook, reading.registry_index)
    if lock_bodies:
        _lock_bodies(sorted(body_ids.values()), workbook.year)
    is_open_year = bool(workbook.year) and registry.reporting_year(workbook.year) is not None
    errors = list(reading.issues)
    if workbook.year and not is_open_year and not register:
        errors.append(CellIssue("unknown_year", ABOUT, workbook.year_cell, "year", {"value": workbook.year}))
    supervisors = registry.supervisor_ids(workbook.year) if workbook.year else {}
    locks = submissions.locks(viewer, workbook.year, body_ids.values(), day)
    matcher = RowMatcher(viewer, workbook, reading.registry_index, supervisors, body_ids, locks, register, errors)
    row_organisations = matcher.match_rows()
    organisation_ids = [id_ for ids in row_organisations.values() for id_ in ids if id_ >= 0]
    stored_reports = answers_queries.stored_reports(viewer, workbook.year, organisation_ids) if organisation_ids else {}
    plan = Plan(workbook, mode, body_ids, row_organisations, stored_reports, day)
    for kind, worksheet in workbook.worksheets.items():
        _compare_worksheet(plan, kind, worksheet)
    plan.prior_year_counts = list(_changed_counts(viewer, workbook, body_ids)) if is_open_year else []
    errors.extend(_new_contradictions(plan))
    plan.errors = workbook.located(sort_issues(errors, (ABOUT, *workbook.order.kind, PRIOR_YEAR)))
    return plan


def _lock_bodies(body_ids: list[int], year: int) -> None:
    """Lock the bodies' year in the order of their ids, which avoids deadlock. On SQLite one lock excludes all other writers."""
    is_sqlite = db.engine.dialect.name == "sqlite"
    for body_id in body_ids[:1] if is_sqlite else body_ids:
        advisory_lock(body_id, year)


def _compare_worksheet(plan: Plan, kind: str, worksheet: Worksheet) -> None:
    """Sort the rows of a worksheet into new, updated and unchanged ones."""
    organisation_ids, stored_reports = plan.row_organisations[kind], plan.stored_reports
    if not stored_reports:
        plan.new_rows[kind] = [position for position, id_ in enumerate(organisation_ids) if id_ >= 0]
        return
    new_rows = plan.new_rows[kind] = []
    rows = zip(organisation_ids, worksheet.answers, worksheet.evidence, strict=True)
    for position, (organisation_id, answers, evidence) in enumerate(rows):
        if organisation_id < 0:
            continue
        report = stored_reports.get(organisation_id)
        if report is None:
            new_rows.append(position)
            continue
        value_count = len(answers) + len(evidence)
        is_covered = answers.items() <= report.answers.items() and evidence.items() <= report.evidence.items()
        is_equal = is_covered and value_count == len(report.answers) + len(report.evidence)
        blank = {} if is_equal else _blank_cells(worksheet, position, report)
        if is_covered and not blank:
            plan.unchanged_report_count += 1
            plan.unchanged_value_count += value_count
            continue
        row = _compare_row(kind, position, report, answers | evidence, blank, plan.mode)
        plan.unchanged_value_count += value_count - len(row.new) - len(row.changed) - len(row.preserved)
        plan.unchanged_report_count += not row.written
        plan.updated_rows.append(row)


def _blank_cells(worksheet: Worksheet, position: int, report: ReportSnapshot) -> dict[str, ValueChange]:
    """Return the stored values whose cell is blank in a row; a column that the worksheet lacks says nothing."""
    values = worksheet.answers[position], worksheet.evidence[position]
    return {
        code: (value, None)
        for stored, row in zip((report.answers, report.evidence), values, strict=True)
        for code, value in stored.items()
        if code not in row and code in worksheet.column_indexes and (position, code) not in worksheet.invalid_cells
    }


def _compare_row(
    kind: str, position: int, report: ReportSnapshot, values: dict[str, Any], blank: dict[str, ValueChange], mode: Mode
) -> UpdatedRow:
    stored = {**report.answers, **report.evidence}
    new: dict[str, ValueChange] = {code: (None, value) for code, value in values.items() if code not in stored}
    different: dict[str, ValueChange] = {
        code: (stored[code], value) for code, value in values.items() if code in stored and stored[code] != value
    }
    changed, preserved = ({}, different) if mode == BLANKS else (different, {})
    cleared, blank = (blank, {}) if mode == CLEAR else ({}, blank)
    return UpdatedRow(kind, position, report, new, changed, cleared, preserved, blank)


def _changed_counts(viewer: Viewer, workbook: Workbook, body_ids: dict[str, int]) -> Iterator[PriorYearCountChange]:
    """Yield the declared prior-year counts that differ from the stored ones and from those of last year's reports."""
    worksheet = workbook.prior_year_worksheet
    columns = worksheet.columns
    if not columns:
        return
    stored_counts = answers_queries.declared_counts(viewer, workbook.year)
    prior_year_counts = answers_queries.prior_year_counts(viewer, workbook.year, body_ids.values())
    for criterion, item in workbook.order.prior_year_counts():
        rows = zip(columns.get("body_bin", ()), columns.get("kind", ()), columns.get(item.code, ()), strict=False)
        for position, (body_bin, kind, count) in enumerate(rows):
            if body_bin not in body_ids or (position, item.code) in worksheet.invalid_cells:
                continue
            stored = stored_counts.get((body_ids[body_bin], kind, criterion.code))
            old = stored.count if stored else None
            count_in_use = prior_year_counts.get((body_bin, kind, criterion.code))
            if count != old and (count is None or count != count_in_use):
                counted = count_in_use if count_in_use != old else None
                yield PriorYearCountChange(position, item.code, body_ids[body_bin], kind, criterion.code, old, count, counted)


def merge_values(stored: Document, values: Document, mode: Mode, cleared: Collection[str] = ()) -> dict[str, Any]:
    """Return a report's answers, or its evidence, after the workbook's values are stored and the `cleared` codes removed."""
    merged = {**values, **stored} if mode == BLANKS else {**stored, **values}
    return {code: value for code, value in merged.items() if code not in cleared} if cleared else merged


def _new_contradictions(plan: Plan) -> Iterator[CellIssue]:
    """Yield the contradictions between stored answers and the workbook's, other than those within the workbook."""
    order = plan.workbook.order
    cleared = {(row.kind, row.position): row.cleared for row in plan.updated_rows if row.cleared}
    for kind, worksheet in plan.workbook.worksheets.items():
        stored = [
            (position, report)
            for position, organisation_id in enumerate(plan.row_organisations[kind])
            if (report := plan.stored_reports.get(organisation_id)) and report.answers
        ]
        if not stored:
            continue
        answers = [worksheet.answers[position] for position, _ in stored]
        merged = [
            merge_values(report.answers, row, plan.mode, cleared.get((kind, position), ()))
            for (position, report), row in zip(stored, answers, strict=True)
        ]
        within_workbook = {(index, rule.code) for index, rule in _contradictions(order, kind, answers)}
        for index, rule in _contradictions(order, kind, merged):
            if (index, rule.code) not in within_workbook and rule.indicator in worksheet.column_indexes:
                cell = worksheet.cell_name(stored[index][0], rule.indicator)
                yield CellIssue(rule.code, kind, cell, rule.indicator, text=rule.message)


def _contradictions(order: Order, kind: str, answers: Sequence[Document]) -> Iterator[tuple[int, Any]]:
    """Yield (index of the report, contradicted rule)."""
    blank = [""] * len(answers)
    frame = apply_implications(order, kind, report_frame(order, kind, blank, blank, answers))
    yield from contradictions(order, kind, frame)


def find_warnings(viewer: Viewer, plan: Plan, today: date) -> list[CellIssue]:
    """Return the warnings of the workbook and of the answers that it changes, compared with last year's answers and the day.

    Warnings that the stored answers have already are left out.
    """
    workbook, order = plan.workbook, plan.workbook.order
    cautions = {rule.code for rule in order.cautions}
    warnings = [issue for issue in workbook.warnings if issue.issue_code not in cautions]
    last_order = registry.order_of(workbook.year - 1) if workbook.year else None
    reports = {kind: list(_changed_reports(plan, kind)) for kind in workbook.worksheets}
    organisation_ids = [report.organisation_id for changed in reports.values() for report in changed]
    last_year_reports: Mapping[int, ReportSnapshot] = {}
    if last_order and organisation_ids:
        last_year_reports = answers_queries.stored_reports(viewer, workbook.year - 1, organisation_ids)
    prior_year = workbook.prior_year_worksheet
    for count in plan.prior_year_counts:
        if count.new is not None and count.counted is not None:
            cell = prior_year.cell_name(count.position, count.code)
            warnings.append(CellIssue("previous_counted", PRIOR_YEAR, cell, count.code, {"count": count.counted}))
    for kind, changed in reports.items():
        if changed:
            last_year = [last_year_reports.get(report.organisation_id) for report in changed]
            last_year_answers = [report.answers if report else None for report in last_year]
            warnings.extend(_new_warnings(viewer, plan, kind, changed, last_year_answers, today, last_order))
    return workbook.located(sort_issues(warnings, (ABOUT, *order.kind, PRIOR_YEAR)))


def _new_warnings(
    viewer: Viewer,
    plan: Plan,
    kind: str,
    reports: Sequence[ChangedReport],
    last_year_answers: Sequence[Document | None],
    today: date,
    last_order: Order | None,
) -> Iterator[CellIssue]:
    """Yield the warnings of changed reports that their stored answers do not have."""
    order, year, worksheet = plan.workbook.order, plan.workbook.year, plan.workbook.worksheets[kind]

    facts_by_id = registry.organisation_facts(viewer, [report.organisation_id for report in reports])
    facts = [facts_by_id.get(report.organisation_id) for report in reports]

    def check(answers: Iterable[Document], evidence: Iterable[Document]) -> list[tuple[int, checks.Issue]]:
        return checks.check_answers(order, year, kind, list(answers), list(evidence), last_year_answers, today, last_order, facts)

    before = check((report.answers_before for report in reports), (report.evidence_before for report in reports))
    stored_warnings = {(index, issue.rule, issue.code, str(issue.value)) for index, issue in before}
    for index, issue in check((report.answers for report in reports), (report.evidence for report in reports)):
        if issue.severity == "warning" and (index, issue.rule, issue.code, str(issue.value)) not in stored_warnings:
            code = issue.code if issue.code in worksheet.column_indexes else "bin"
            cell = worksheet.cell_name(reports[index].position, str(code))
            yield CellIssue(issue.rule, kind, cell, code, text=issue.message)


def _changed_reports(plan: Plan, kind: str) -> Iterator[ChangedReport]:
    """Yield the reports of a kind that the plan changes."""
    worksheet, organisation_ids = plan.workbook.worksheets[kind], plan.row_organisations[kind]
    for position in plan.new_rows.get(kind, ()):
        answers, evidence = worksheet.answers[position], worksheet.evidence[position]
        yield ChangedReport(position, organisation_ids[position], {}, {}, answers, evidence)
    for row in plan.updated_rows:
        if row.kind == kind and row.written:
            stored = row.stored_report
            answers = merge_values(stored.answers, worksheet.answers[row.position], plan.mode, row.cleared)
            evidence = merge_values(stored.evidence, worksheet.evidence[row.position], plan.mode, row.cleared)
            yield ChangedReport(row.position, row.organisation_id, stored.answers, stored.evidence, answers, evidence)
