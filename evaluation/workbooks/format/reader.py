"""Reads a workbook and collects all its issues, by worksheet and cell, before anything is stored."""

from collections.abc import Set
from concurrent.futures import Future, ThreadPoolExecutor

from evaluation.answers.issues import WorkbookRejected, sort_issues
from evaluation.criteria.loader import Orders
from evaluation.memory import gc_paused
from evaluation.workbooks.format.about import read_about
from evaluation.workbooks.format.cross_checks import (
    check_organisation_bins,
    check_prior_year_bodies,
    check_worksheet_names,
    collect_body_names,
)
from evaluation.workbooks.format.issue_collector import IssueCollector
from evaluation.workbooks.format.model import ABOUT, PRIOR_YEAR, Workbook, Worksheet
from evaluation.workbooks.format.opening import rejecting_unreadable
from evaluation.workbooks.format.worksheet_reader import WorksheetReader
from evaluation.workbooks.format.worksheet_titles import about_labels, labels_of, matched_codes
from evaluation.xlsx.safe_open import SafeWorkbook


def read_workbook(data: bytes, orders: Orders, registered_bins: Set[str] = frozenset()) -> Workbook:
    """Read a workbook.

    Args:
        data: the file.
        orders: the orders by which workbooks are read.
        registered_bins: BINs of the registry; their check digits are not checked again.

    Raises:
        WorkbookRejected: with all errors, ordered by worksheet, row and column; `partial` is the workbook as far as it could be
        read,
            None if the file could not be opened.
    """
    with rejecting_unreadable(), gc_paused():
        return _read(SafeWorkbook(data), orders, registered_bins)


def _read(package: SafeWorkbook, orders: Orders, registered_bins: Set[str]) -> Workbook:
    issues = IssueCollector()
    reader = WorksheetReader(package, registered_bins, issues)
    package.rename(matched_codes(package.sheet_names, about_labels()))
    if ABOUT in package.sheet_names:
        package.parse(ABOUT)
    about = read_about(package, orders, issues)
    order = about.order
    package.rename(matched_codes(package.sheet_names, labels_of(order)))
    expected_names = (ABOUT, *order.kind, PRIOR_YEAR)
    results: dict[str, Future[Worksheet]] = {}
    # The parser releases the interpreter lock: while it parses a worksheet, another thread checks the one before it.
    with ThreadPoolExecutor(1) as executor:
        for name in (*order.kind, PRIOR_YEAR):
            if name in package.sheet_names:
                package.parse(name)
                if name == PRIOR_YEAR:
                    results[name] = executor.submit(reader.read_prior_year_counts, order, name)
                else:
                    results[name] = executor.submit(reader.read_organisations, order, about.year, name)
    prior_year = results.pop(PRIOR_YEAR).result() if PRIOR_YEAR in results else Worksheet(PRIOR_YEAR)
    worksheets = {kind: result.result() for kind, result in results.items()}
    check_worksheet_names(package.sheet_names, labels_of(order), worksheets, issues)
    body_names = collect_body_names(worksheets, issues)
    check_organisation_bins(worksheets, package.titles, registered_bins, issues)
    check_prior_year_bodies(prior_year, worksheets, issues)
    workbook = Workbook(order, about.year, about.year_cell, package.titles, worksheets, body_names, prior_year)
    workbook.warnings = workbook.located(sort_issues(issues.warnings, expected_names))
    if issues.errors:
        raise WorkbookRejected(workbook.located(sort_issues(issues.errors, expected_names)), workbook)
    return workbook
