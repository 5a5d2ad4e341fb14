"""The kinds of background jobs that the product has, from all packages."""

from evaluation.anomalies import jobs as anomalies
from evaluation.comparison.changes import jobs as changes
from evaluation.comparison.readings import jobs as readings
from evaluation.jobs.kinds import JobKind
from evaluation.notifications import link_mail, outbox, reset_link
from evaluation.results import jobs as results
from evaluation.review import national_workbook, sheet_archive

KINDS: tuple[JobKind, ...] = (
    outbox.KIND,
    link_mail.KIND,
    reset_link.KIND,
    results.KIND,
    sheet_archive.KIND,
    national_workbook.KIND,
    readings.KIND,
    changes.KIND,
    anomalies.KIND,
)
"""All kinds; workers run no other ones."""
