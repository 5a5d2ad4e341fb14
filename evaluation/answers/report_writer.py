"""The only code that writes the table `report`: one report or thousands, each in a few statements.

Writing is optimistic: an update succeeds only when the report still has the version that was read, and an insert only when the
organisation has no report of the year yet. The caller decides whether to read again and retry, or to roll back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Update, bindparam

from evaluation.answers.model import ReportSnapshot
from evaluation.answers.models import Report
from evaluation.database import db, insert_columns, table_of

Documents = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class ReportUpdate:
    """New documents of a stored report, and the snapshot that they replace."""

    report: ReportSnapshot
    answers: Mapping[str, Any]
    evidence: Mapping[str, Any]


def update_reports(updates: Sequence[ReportUpdate], changed_at: datetime) -> bool:
    """Update stored reports in one executemany.

    Args:
        updates: The reports; each must be stored.
        changed_at: The time of the change (UTC).

    Returns:
        Whether all reports were updated. False means that at least one was changed since it was read; the others were updated.
    """
    if not updates:
        return True
    rows = [
        {
            "stored_id": update.report.report_id,
            "stored_version": update.report.version,
            "answers": update.answers,
            "evidence": update.evidence,
            "changed_at": changed_at,
        }
        for update in updates
    ]
    result = db.session.connection().execute(_update_statement(), rows)
    return result.rowcount == len(rows)


def insert_reports(
    year: int, organisation_ids: Sequence[int], answers: Documents, evidence: Documents, changed_at: datetime
) -> bool:
    """Insert the first version of reports in one executemany; organisation, answers and evidence are given column by column.

    Returns:
        Whether all reports were inserted. False means that at least one organisation has a report already; the others were
        inserted.
    """
    count = len(organisation_ids)
    if not count:
        return True
    columns: dict[str, Sequence[Any]] = {
        "organisation_id": organisation_ids,
        "answers": answers,
        "evidence": evidence,
        "year": (year,) * count,
        "version": (1,) * count,
        "changed_at": (changed_at,) * count,
    }
    return insert_columns(db.session.connection(), table_of(Report), columns, skip_existing=True) == count


def write_report(
    year: int, report: ReportSnapshot, answers: Mapping[str, Any], evidence: Mapping[str, Any], changed_at: datetime
) -> bool:
    """Write one report's new documents; return False when the report was changed since the snapshot was read."""
    if report.report_id is None:
        return insert_reports(year, [report.organisation_id], [answers], [evidence], changed_at)
    return update_reports([ReportUpdate(report, answers, evidence)], changed_at)


@cache
def _update_statement() -> Update:
    """Build the statement once, because many people save at the same time."""
    table = table_of(Report)
    columns: dict[str, Any] = {name: bindparam(name) for name in ("answers", "evidence", "changed_at")}
    return (
        table.update()
        .where(table.c.id == bindparam("stored_id"), table.c.version == bindparam("stored_version"))
        .values(version=table.c.version + 1, **columns)
    )
