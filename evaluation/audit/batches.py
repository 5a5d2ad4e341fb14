"""Counts the events of batches as they are inserted, so that a list shows a batch of thousands of events without reading them."""

from collections.abc import Iterable, Sequence
from typing import Any

ALL_BODIES = -1
"""The chain of the counts of all bodies together."""
WITHOUT_YEAR = 0

COLUMNS = "batch, chain, action, year, actor, events, organisations, first_chain, last_chain, last_at, last_id"
UPSERT_BATCH = f"""
INSERT INTO audit_batch ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (batch, chain, action, year) DO UPDATE SET
  events = audit_batch.events + excluded.events,
  organisations = audit_batch.organisations + excluded.organisations,
  first_chain =
    CASE WHEN excluded.first_chain < audit_batch.first_chain THEN excluded.first_chain ELSE audit_batch.first_chain END,
  last_chain =
    CASE WHEN excluded.last_chain > audit_batch.last_chain THEN excluded.last_chain ELSE audit_batch.last_chain END,
  last_id = CASE WHEN excluded.last_at < audit_batch.last_at THEN audit_batch.last_id ELSE excluded.last_id END,
  last_at = CASE WHEN excluded.last_at < audit_batch.last_at THEN audit_batch.last_at ELSE excluded.last_at END
"""  # noqa: S608 (constants of this module)
"""Adds counts to those of earlier parts of a batch; later parts have higher ids."""

BatchRow = tuple[Any, ...]


def batch_rows(batch: str, actor: str, events: Iterable[Sequence[Any]]) -> list[BatchRow]:
    """Return the parameters of `UPSERT_BATCH` for inserted events of one batch and actor.

    There is a row for each chain, action and year, and one for all bodies together.

    Args:
        batch: The name of the batch.
        actor: Who wrote the events.
        events: Rows that begin with id, chain, number, time as stored text, actor, account, action, year, body, organisation.
    """
    counts: dict[tuple[int, str, int], list[Any]] = {}
    for event in events:
        id_, chain, at, organisation_id = event[0], event[1], event[3], event[9]
        key = chain, event[6], event[7] or WITHOUT_YEAR
        # All events of a chain that are inserted together bear one time, and ids only grow: the last one is the newest.
        count = counts.get(key)
        if count is None:
            counts[key] = [1, int(organisation_id is not None), chain, chain, at, id_]
        else:
            count[0] += 1
            count[1] += organisation_id is not None
            count[4], count[5] = at, id_
    for (chain, action, year), (events_, organisations, _, _, at, id_) in list(counts.items()):
        if chain > 0:
            total = counts.setdefault((ALL_BODIES, action, year), [0, 0, chain, chain, at, id_])
            last_at, last_id = max((total[4], total[5]), (at, id_))
            total[:] = (
                *(total[0] + events_, total[1] + organisations),
                *(min(total[2], chain), max(total[3], chain), last_at, last_id),
            )
    return [(batch, *key, actor, *count) for key, count in counts.items()]
