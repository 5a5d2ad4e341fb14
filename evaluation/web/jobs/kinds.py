"""The kinds of background jobs that the product has, from all packages."""

from evaluation.anomalies import jobs as anomalies
from evaluation.comparison.readings import jobs as readings
from evaluation.jobs.kinds import JobKind
from evaluation.notifications import link_mail, outbox

KINDS: tuple[JobKind, ...] = (outbox.KIND, link_mail.KIND, readings.KIND, anomalies.KIND)
"""All kinds; workers run no other ones."""
