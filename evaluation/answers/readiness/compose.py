"""Computes readiness from what was read of a body and year; no database access."""

from datetime import date

from evaluation.answers.progress.compose import progress_of
from evaluation.answers.readiness.model import PriorYearCountEntry, Readiness
from evaluation.answers.year_data import YearData


def readiness_of(data: YearData, today: date) -> Readiness:
    """Return what remains to be done before the year can be submitted, as of a day (Asia/Almaty)."""
    return Readiness(progress_of(data, today), tuple(prior_year_count_entries(data)))


def prior_year_count_entries(data: YearData) -> list[PriorYearCountEntry]:
    """Return the counts of the year before by which the body's organisations are scored, in the form's order.

    Source: Order 47, Annex 1, criterion 1 (readings R1 and R13).
    """
    required = [
        (table.kind, criterion, definition)
        for table in data.order.form.tables
        for criterion, definition in data.order.prior_year_counts()
        if table.kind in data.reports_by_kind and criterion.code in {row.criterion for row in table.scored_rows}
    ]
    return [
        PriorYearCountEntry(
            kind,
            criterion,
            definition,
            data.counted_prior_year.get((data.body_bin, kind, criterion.code)),
            data.declared_counts.get((kind, criterion.code)),
            data.depends_on_last_year(kind, criterion),
        )
        for kind, criterion, definition in required
    ]
