"""Reads the rows of the grid: a body's organisations of one kind with their answers."""

from evaluation.answers import queries as answers
from evaluation.answers.grid.model import GridRow
from evaluation.policy import Viewer
from evaluation.registry import queries as registry


def grid_rows(viewer: Viewer, year: int, body_id: int, kind: str) -> list[GridRow]:
    """Return a body's organisations of a kind on 31 December of the year, ordered by BIN.

    A page that shows the rows in another order sends that order with each request.
    """
    names = registry.organisation_names(viewer, [body_id], year)
    last_year_answers = {
        report.organisation_id: report.answers
        for report in answers.reports_of_last_year(viewer, year, body_id)
        if report.report_id is not None
    }
    return [
        GridRow(
            report.organisation_id,
            report.organisation_bin,
            names.get(report.organisation_bin, ("", "")),
            report.answers,
            report.evidence,
            last_year_answers.get(report.organisation_id),
            report.registry,
        )
        for report in answers.body_reports(viewer, year, body_id)
        if report.kind == kind
    ]
