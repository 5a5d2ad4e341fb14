"""Loads a workbook by command: stores its answers all or nothing, and registers what the registry lacks if asked to."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from sqlalchemy.exc import IntegrityError

from evaluation.answers.issues import CellIssue, WorkbookRejected
from evaluation.audit.operations import new_batch
from evaluation.criteria import Orders
from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.memory import gc_paused
from evaluation.policy import Action, Viewer
from evaluation.registry import operations
from evaluation.registry import queries as registry
from evaluation.registry.admin.queries import incomplete_bodies
from evaluation.registry.operations import NewBody
from evaluation.results.jobs import start_after_many
from evaluation.workbooks.format.model import Workbook, Worksheet
from evaluation.workbooks.upload.apply import apply_plan, changed_meanwhile
from evaluation.workbooks.upload.model import CLEAR, OVERWRITE
from evaluation.workbooks.upload.plan import WorkbookReading, make_plan, read_upload
from evaluation.workbooks.upload.row_matching import bin_pairs


@dataclass
class LoadSummary:
    """The result of a load.

    Attributes:
        new_report_count: organisations whose first report of the year was stored.
        changed_report_count: stored reports that were changed.
        unchanged_report_count: stored reports that the workbook left unchanged.
        cleared_value_count: stored answers that were cleared because their cell is blank.
        blank_value_count: stored answers that stay although their cell is blank.
        opened_year: the reporting year that was opened for the workbook.
        registered_body_bins: bodies that were registered.
        registered_organisation_bins: organisations that were registered.
        warnings: warnings of the workbook.
        incomplete_bodies: (BIN, missing fields) of the workbook's bodies whose registry entry is incomplete; only after
            registration.
    """

    new_report_count: int = 0
    changed_report_count: int = 0
    unchanged_report_count: int = 0
    cleared_value_count: int = 0
    blank_value_count: int = 0
    opened_year: int | None = None
    registered_body_bins: list[str] = field(default_factory=list)
    registered_organisation_bins: list[str] = field(default_factory=list)
    warnings: list[CellIssue] = field(default_factory=list)
    incomplete_bodies: list[tuple[str, list[str]]] = field(default_factory=list)


class ClearedValuesDiffer(EvaluationError):
    """Another number of stored answers would be cleared than the one that was confirmed."""

    status = HTTPStatus.CONFLICT


@gc_paused()
def load_workbook(
    viewer: Viewer, data: bytes, orders: Orders, register: bool = False, cleared_value_count: int | None = None
) -> tuple[Workbook, LoadSummary]:
    """Read a workbook and store its answers; the caller commits.

    Args:
        viewer: who loads the workbook.
        data: the file.
        orders: all orders.
        register: register the year, bodies and organisations that the registry lacks; otherwise each is an error at its cell.
        cleared_value_count: clear stored answers whose cell is blank, if there are so many; by default they stay.

    Raises:
        ClearedValuesDiffer: another number of stored answers would be cleared.
        WorkbookRejected: with all issues, if anything cannot be stored; the caller must roll back.
    """
    try:
        return _load(viewer, data, orders, register, cleared_value_count)
    except IntegrityError as error:
        # Another load registered the same year, body or organisation after this one had read the registry.
        raise changed_meanwhile() from error


def _load(
    viewer: Viewer, data: bytes, orders: Orders, register: bool, cleared_value_count: int | None
) -> tuple[Workbook, LoadSummary]:
    reading = read_upload(viewer, data, orders)
    workbook = reading.workbook
    summary = LoadSummary(warnings=list(workbook.warnings))
    if register and not viewer.may(Action.MANAGE_REGISTRY):
        reading.issues.append(CellIssue("may_not_register"))
    if register and not reading.issues:
        _register(viewer, reading, summary)
    mode = OVERWRITE if cleared_value_count is None else CLEAR
    plan = make_plan(viewer, reading, mode, register=register, lock_bodies=True)
    if plan.errors:
        raise WorkbookRejected(plan.errors)
    summary.cleared_value_count, summary.blank_value_count = plan.count("cleared"), plan.count("blank")
    if cleared_value_count not in (None, summary.cleared_value_count):
        raise ClearedValuesDiffer(
            N_("%(count)s stored answers would be cleared, not %(expected)s. Nothing was stored."),
            count=summary.cleared_value_count,
            expected=cleared_value_count,
        )
    summary.unchanged_report_count = plan.unchanged_report_count
    summary.changed_report_count = sum(bool(row.written) for row in plan.updated_rows)
    summary.new_report_count = apply_plan(viewer, plan, new_batch())
    start_after_many(summary.new_report_count + summary.changed_report_count)
    if register:
        summary.incomplete_bodies = incomplete_bodies(viewer, list(workbook.body_names))
    return workbook, summary


def _register(viewer: Viewer, reading: WorkbookReading, summary: LoadSummary) -> None:
    """Register the year, bodies, organisations and their supervision in the workbook's year that the registry lacks."""
    workbook, index = reading.workbook, reading.registry_index
    if registry.reporting_year(workbook.year) is None:
        operations.open_year(viewer, workbook.year, workbook.order.code)
        summary.opened_year = workbook.year
    summary.registered_body_bins.extend(bin_ for bin_ in workbook.body_names if bin_ not in index.bodies)
    new_organisations = [
        (organisation_bin, worksheet.name, (worksheet.columns["name"][position] or ""), "")
        for worksheet, position, _, organisation_bin in _rows(workbook)
        if organisation_bin not in index.organisations
    ]
    summary.registered_organisation_bins.extend(row[0] for row in new_organisations)
    operations.register_bodies(viewer, [NewBody(bin_, workbook.body_names[bin_]) for bin_ in summary.registered_body_bins])
    operations.register_organisations(viewer, new_organisations)
    if summary.registered_body_bins or summary.registered_organisation_bins:
        index = reading.registry_index = registry.registry_index(viewer)
    supervisors = registry.supervisor_ids(workbook.year)
    unsupervised = (
        (index.organisations[organisation_bin][0], index.bodies[body_bin])
        for _, _, body_bin, organisation_bin in _rows(workbook)
        if index.organisations[organisation_bin][0] not in supervisors
    )
    operations.add_supervision_for_year(viewer, workbook.year, unsupervised)


def _rows(workbook: Workbook) -> Iterator[tuple[Worksheet, int, Any, Any]]:
    """Yield (worksheet, position, BIN of the body, BIN of the organisation) of each row."""
    for worksheet in workbook.worksheets.values():
        for position, (body_bin, organisation_bin) in enumerate(bin_pairs(worksheet)):
            yield worksheet, position, body_bin, organisation_bin
