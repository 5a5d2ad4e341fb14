"""Counts of batches for the list of the audit log: from the stored counts, or from the events themselves."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import tuple_

from evaluation.audit import queries as audit
from evaluation.audit.models import AuditBatch
from evaluation.policy import Viewer

PAGE_SIZE = 50
"""Hits on one page."""
READ_SIZE = 4 * PAGE_SIZE
"""Events or counts of one read: more than hits, because the events of a batch are one hit."""
NEWEST_BATCH_FIRST = (AuditBatch.last_at.desc(), AuditBatch.last_id.desc())

Position = tuple[datetime, int]
"""The time (UTC) and id of an event, by which the list is sorted."""


@dataclass(frozen=True)
class BatchSummary:
    """The matching events of a batch: time and id of the newest one, events by action, organisations and bodies.

    Of many bodies, stored counts name the first and the last: `bodies` is then 2.
    """

    last: Position
    counts: dict[str, int]
    organisations: int
    bodies: int

    def joined(self, count: audit.BatchCount) -> "BatchSummary":
        """Return the summary with the events of another action added."""
        # An organisation has one event of each action in a batch, so the largest count is the number of organisations.
        organisations = max(self.organisations, count.organisations)
        counts = self.counts | {count.action: count.events}
        return BatchSummary(max(self.last, count.last), counts, organisations, max(self.bodies, count.bodies))


def counted_batches(
    viewer: Viewer, conditions: Sequence[Any], bodies: Any, start: Position | None, oldest: Position | None
) -> list[BatchSummary]:
    """Return the newest batches before one position and after another, newest first: more than a page where there are more."""
    columns = (AuditBatch.last_at, AuditBatch.last_id)
    newer = [tuple_(*columns) > tuple_(*oldest)] if oldest else []
    summaries: dict[str, BatchSummary] = {}
    listed, position = set[str](), start
    while len(summaries) <= PAGE_SIZE:
        more = [*newer, *older(position, *columns)]
        rows = audit.stored_batches(viewer, *conditions, *more, of_bodies=bodies, order_by=NEWEST_BATCH_FIRST, limit=READ_SIZE)
        names = list(dict.fromkeys(row.batch for row in rows if row.batch not in listed))
        listed |= set(names)
        # A batch whose newest event is on a page before is not listed again.
        is_complete = len(rows) < READ_SIZE and not more
        named = AuditBatch.batch.in_(names)
        all_rows = rows if is_complete or not names else audit.stored_batches(viewer, *conditions, named, of_bodies=bodies)
        complete = _summaries_by_batch(all_rows)
        summaries |= {name: complete[name] for name in names if start is None or complete[name].last < start}
        if len(rows) < READ_SIZE:
            break
        position = (rows[-1].last_at, rows[-1].last_id)
    return list(summaries.values())


def _summaries_by_batch(rows: Iterable[AuditBatch]) -> dict[str, BatchSummary]:
    """Add up the counts of each batch over chains and years; the largest count of an action comes first."""
    grouped: dict[str, list[AuditBatch]] = {}
    for row in rows:
        grouped.setdefault(row.batch, []).append(row)
    summaries = {}
    for name, group in grouped.items():
        counts, organisations = Counter[str](), Counter[str]()
        for row in group:
            counts[row.action] += row.events
            organisations[row.action] += row.organisations
        chains = {chain for row in group for chain in (row.first_chain, row.last_chain) if chain}
        last = max((row.last_at, row.last_id) for row in group)
        summaries[name] = BatchSummary(last, dict(counts.most_common()), max(organisations.values()), len(chains))
    return summaries


def counted_events(viewer: Viewer, conditions: Sequence[Any], batches: Collection[str]) -> dict[str, BatchSummary]:
    """Return what these batches have of the matching events."""
    summaries: dict[str, BatchSummary] = {}
    for count in audit.batch_counts(viewer, batches, *conditions, by_chain=True):
        empty = BatchSummary(count.last, {}, 0, 0)
        summaries[count.batch] = summaries.get(count.batch, empty).joined(count)
    return summaries


def older(position: Position | None, at: Any, id_: Any) -> list[Any]:
    """Return the condition that an event comes after a position in the list; none without a position."""
    return [tuple_(at, id_) < tuple_(*position)] if position else []
