"""Checks that concern several worksheets of a workbook."""

from collections.abc import Mapping, Sequence, Set

from evaluation.answers import values
from evaluation.text import comparable
from evaluation.workbooks.format.issue_collector import IssueCollector
from evaluation.workbooks.format.model import PRIOR_YEAR, Worksheet
from evaluation.workbooks.format.worksheet_titles import Labels, matched_codes, titles_in_all_languages
from evaluation.xlsx.model import cell_name
from evaluation.xlsx.safe_open import PRIVATE_PREFIX

Worksheets = Mapping[str, Worksheet]


def collect_body_names(worksheets: Worksheets, issues: IssueCollector) -> dict[str, str]:
    """Return BIN → first name of each body, ordered by BIN; add a warning at each other name."""
    names: dict[str, str] = {}
    for worksheet_name, worksheet in worksheets.items():
        blank = [None] * len(worksheet.row_numbers)
        pairs = list(zip(worksheet.columns.get("body_bin", blank), worksheet.columns.get("body_name", blank), strict=True))
        different_pairs = set()
        for body_bin, name in dict.fromkeys(pairs):
            if body_bin is not None and not names.get(body_bin):
                names[body_bin] = name or ""
            elif body_bin is not None and name and comparable(name) != comparable(names[body_bin]):
                different_pairs.add((body_bin, name))
        if not different_pairs:
            continue
        for position, pair in enumerate(pairs):
            if pair in different_pairs:
                message_values = {"bin": pair[0], "first": names[pair[0]]}
                cell = worksheet.cell_name(position, "body_name")
                issues.add_warning("other_name", worksheet_name, cell, "body_name", message_values)
    return dict(sorted(names.items()))


def check_organisation_bins(
    worksheets: Worksheets, titles: Mapping[str, str], registered_bins: Set[str], issues: IssueCollector
) -> None:
    """Add an error at the second row of a BIN, in any worksheet and under any body, and a warning at an unusual BIN.

    `titles` is name → title of each worksheet in the file.
    """
    all_bins = [bin_ for worksheet in worksheets.values() for bin_ in worksheet.columns.get("bin", ()) if bin_ is not None]
    if len(set(all_bins)) == len(all_bins) and registered_bins >= set(all_bins):
        return
    first_rows: dict[str, tuple[str, int]] = {}
    for name, worksheet in worksheets.items():
        for row, bin_ in zip(worksheet.row_numbers, worksheet.columns.get("bin", ()), strict=False):
            if bin_ is None:
                continue
            column = worksheet.column_indexes["bin"]
            first_worksheet, first_row = first_rows.setdefault(bin_, (name, row))
            if (first_worksheet, first_row) != (name, row):
                message_values = {"value": bin_, "worksheet": titles[first_worksheet], "row": first_row + 1}
                issues.add_error("duplicate_bin", name, (row, column), "bin", **message_values)
            elif bin_ not in registered_bins and values.is_unusual_bin(bin_):
                issues.add_warning("unusual_bin", name, cell_name(row, column), "bin", {"value": bin_})


def check_prior_year_bodies(prior_year: Worksheet, worksheets: Worksheets, issues: IssueCollector) -> None:
    """Add a warning at each declared count whose body has no organisations of the kind in the workbook."""
    bodies_by_kind = {
        (body_bin, kind) for kind, worksheet in worksheets.items() for body_bin in worksheet.columns.get("body_bin", ())
    }
    keys = zip(prior_year.columns.get("body_bin", ()), prior_year.columns.get("kind", ()), strict=False)
    for position, key in enumerate(keys):
        if None not in key and key not in bodies_by_kind:
            cell = prior_year.cell_name(position, "body_bin")
            issues.add_warning("previous_without_organisations", PRIOR_YEAR, cell, "body_bin", {"value": key[0]})


def check_worksheet_names(names: Sequence[str], labels: Labels, worksheets: Worksheets, issues: IssueCollector) -> None:
    """Add an error for each unknown or second worksheet, and a warning if the workbook has no rows."""
    for name in names:
        if name not in labels and not name.startswith(PRIVATE_PREFIX):
            issue_code = "duplicate_worksheet" if matched_codes([name], labels) else "unknown_worksheet"
            issues.add_error(issue_code, name, expected=tuple(titles_in_all_languages(labels).values()))
    if not any(worksheet.row_numbers for worksheet in worksheets.values()):
        issues.add_warning("no_data")
