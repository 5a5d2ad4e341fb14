"""What changed in a body's year since the previous submission round, as a page shows it: cell by cell, by organisation."""

from dataclasses import dataclass
from datetime import date, datetime

from flask import url_for
from flask_babel import gettext

from evaluation.criteria.model import Order
from evaluation.registry.queries import SupervisedOrganisation
from evaluation.review.diff import CellChange, ChangeKind
from evaluation.web.review.remarks.presenter import (
    ROW_RANK,
    RemarkLocation,
    RemarkLocator,
    RemarkThreads,
    before_and_after,
)


@dataclass(frozen=True)
class ChangeRow:
    """One change.

    `kind` is the label of the cell's kind, empty for an answer. `old` and `new` are empty where there was or is no value;
    `blank_label` is shown instead.
    """

    kind: str
    location: RemarkLocation
    old: str
    new: str
    actor: str
    at: datetime
    blank_label: str
    has_remark: bool = False


@dataclass(frozen=True)
class ChangeGroup:
    """The changes of one organisation; without an organisation, those of the body's counts and budget decisions."""

    organisation: SupervisedOrganisation | None
    rows: tuple[ChangeRow, ...]


def change_groups(order: Order, locator: RemarkLocator, threads: RemarkThreads, changes: list[CellChange]) -> list[ChangeGroup]:
    """Group changes by organisation, in the order of the locations; the counts that the body declares come first."""
    by_organisation: dict[int | None, list[ChangeRow]] = {}
    for change in changes:
        by_organisation.setdefault(change.organisation_id, []).append(_change_row(order, locator, threads, change))
    groups = [
        ChangeGroup(
            locator.organisations.get(organisation_id) if organisation_id is not None else None,
            tuple(sorted(rows, key=lambda row: row.location.rank)),
        )
        for organisation_id, rows in by_organisation.items()
    ]
    return sorted(groups, key=lambda group: group.rows[0].location.rank)


def _change_row(order: Order, locator: RemarkLocator, threads: RemarkThreads, change: CellChange) -> ChangeRow:
    organisation_id, source = change.organisation_id, (change.actor, change.at)
    if change.kind == ChangeKind.BUDGET:
        location = _budget_location(locator, change)
        return ChangeRow(gettext("Budget decision"), location, change.old or "", change.new or "", *source, gettext("none"))
    if organisation_id is None:
        number = locator.language.number
        old, new = ("" if value is None else number(value) for value in (change.old, change.new))
        location = _count_location(order, locator, change)
        return ChangeRow(gettext("Last year's figures"), location, old, new, *source, gettext("none"))
    if change.kind == ChangeKind.ANSWER:
        texts, location = before_and_after(order, change, locator.language), locator.answer(organisation_id, change.code)
        has_remark = threads.has_open_remark(organisation_id, [change.code])
        return ChangeRow("", location, *texts, *source, gettext("no answer"), has_remark)
    if change.kind == ChangeKind.MEMBERSHIP:
        member = gettext("under the body: %(bin)s", bin=change.qualifier)
        not_member = gettext("not under the body: %(bin)s", bin=change.qualifier)
        old, new = ("" if value is None else member for value in (change.old, change.new))
        return ChangeRow(gettext("Organisation"), locator.answer(organisation_id, ""), old, new, *source, not_member)
    old, new = ("" if value is None else str(value) for value in (change.old, change.new))
    if change.kind == ChangeKind.JUSTIFICATION:
        location = locator.answer(organisation_id, change.code)
        return ChangeRow(gettext("Reason for a warning"), location, old, new, *source, gettext("none"))
    location = _file_location(order, locator, organisation_id, change.code)
    return ChangeRow(gettext("File"), location, old, new, *source, gettext("none"))


def _budget_location(locator: RemarkLocator, change: CellChange) -> RemarkLocation:
    """Return the location of a budget decision: the page of the year's decisions."""
    day = locator.language.short_date(date.fromisoformat(change.qualifier.partition("/")[0]))
    label = gettext("No. %(number)s of %(day)s", number=change.code, day=day)
    url = url_for("budgets.index", bin_=locator.body.bin, year=locator.year)
    return RemarkLocation("", locator.language.code, label, url, (ROW_RANK, 0, 0))


def _count_location(order: Order, locator: RemarkLocator, change: CellChange) -> RemarkLocation:
    """Return the location of a declared count: the row of the sheet that is scored by it."""
    language, kind = locator.language.code, change.qualifier
    labels = {criterion.code: count.label[language] for criterion, count in order.prior_year_counts()}
    label = f"{locator.kind_name(kind)}: {labels.get(change.code, change.code)}"
    number = order.row_number(kind, change.code)
    if not number:
        return RemarkLocation("", language, label, "", (ROW_RANK, 0, 0))
    row = locator.row(kind, number)
    return RemarkLocation("", language, label, row.url, row.rank)


def _file_location(order: Order, locator: RemarkLocator, organisation_id: int, criterion: str) -> RemarkLocation:
    """Return the location of an evidence file: beside its criterion, after the organisation's answers."""
    report, organisation = locator.answer(organisation_id, ""), locator.organisations.get(organisation_id)
    number = order.row_number(organisation.kind, criterion) if organisation else ""
    name = order.criterion[criterion].name[locator.language.code] if criterion in order.criterion else criterion
    label = gettext("Row %(row)s of the sheet: %(text)s", row=number, text=name) if number else name
    url = locator.report_url(organisation, f"files-{criterion}") if organisation else ""
    return RemarkLocation(report.owner, report.owner_language, label, url, (*report.rank[:2], len(order.by_code)))
