"""The list of the audit log by stored counts of batches equals the one by the events themselves."""

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from flask import Flask

from evaluation.audit.actions import AuditAction
from evaluation.audit.operations import NewEvent, append_events, new_batch
from evaluation.clock import today
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.policy import Role, Viewer
from evaluation.registry import operations
from evaluation.registry.models import Body
from evaluation.registry.operations import NewBody
from evaluation.review.audit_search import batches, queries
from evaluation.review.audit_search.queries import AuditFilters, AuditHit
from tests.support.factories import bin_of

SYSTEM = Viewer.system()
YEARS = (None, 2023, 2024)
ACTIONS = (AuditAction.ANSWERS_SAVED, AuditAction.WORKBOOK_APPLIED, AuditAction.REMARK_ADDED, AuditAction.BODY_CHANGED)


def test_stored_counts_give_the_list_of_the_events(app: Flask, order: Order, monkeypatch: Any) -> None:
    monkeypatch.setattr(queries, "PAGE_SIZE", 7)
    monkeypatch.setattr(batches, "PAGE_SIZE", 7)
    monkeypatch.setattr(batches, "READ_SIZE", 9)
    monkeypatch.setattr(queries, "READ_SIZE", 9)
    with app.app_context():
        operations.register_bodies(SYSTEM, [NewBody(bin_of(number), f"Орган {number}") for number in range(1, 5)])
        db.session.commit()
        ids = [id_ for (id_,) in db.session.query(Body.id).order_by(Body.bin)]
        write_events(random.Random(5), ids)
        viewers = [SYSTEM, Viewer("x", Role.ADMINISTRATOR, None), Viewer("x", Role.OBSERVER, None)]
        viewers += [Viewer("x", Role.REVIEWER, frozenset(ids[:2])), Viewer("x", Role.CLERK, frozenset(ids[3:]))]
        filters: list[dict[str, Any]] = [{}, {"body": "орган 2"}, {"year": 2024}, {"person": "әлия"}, {"actions": ACTIONS[:1]}]
        filters += [{"excluded_actions": ACTIONS[:2]}, {"since": today()}, {"until": today() - timedelta(days=1)}]
        filters += [{"body": "орган", "year": 2023, "person": "болат"}]
        pages = 0
        for viewer in viewers:
            for values in filters:
                lists = [list(all_pages(viewer, AuditFilters(**values), search)) for search in (by_counts, by_events)]
                assert lists[0] == lists[1], (viewer, values)
                pages += len(lists[0])
        assert pages > 60


def write_events(rng: random.Random, body_ids: list[int]) -> None:
    """Write single events and batches, some in several parts with other events between them."""
    names = [new_batch() for _ in range(25)]
    for _ in range(60):
        viewer = Viewer(rng.choice(("Әлия", "Болат")), Role.REVIEWER, None)
        batch = rng.choice((None, *names))
        action, concerned = rng.choice(ACTIONS), rng.sample(body_ids, rng.randint(1, 3))
        if batch:
            # A batch is one person's.
            viewer = Viewer(("Әлия", "Болат")[names.index(batch) % 2], Role.REVIEWER, None)
        year = rng.choice(YEARS)
        events = [
            NewEvent(action, year, rng.choice((body_id, body_id, None)), rng.choice((None, 100 + number)))
            for number, body_id in enumerate(concerned)
        ]
        append_events(viewer, events if batch else events[:1], batch)
        if rng.random() < 0.5:
            db.session.commit()
    db.session.commit()


def by_counts(viewer: Viewer, filters: AuditFilters, before: int | None) -> tuple[list[AuditHit], bool]:
    return queries.search(viewer, filters, before)


def by_events(viewer: Viewer, filters: AuditFilters, before: int | None) -> tuple[list[AuditHit], bool]:
    start = queries.audit.position(viewer, before) if before else None
    return queries._search_events(viewer, filters, start)


def all_pages(viewer: Viewer, filters: AuditFilters, search: Any) -> Iterator[list[tuple[Any, ...]]]:
    """Yield the hits of each page: the event, its counts by action, and organisations."""
    before, has_more = None, True
    while has_more:
        hits, has_more = search(viewer, filters, before)
        yield [(hit.event.id, hit.counts, 0 if hit.is_single else hit.organisations) for hit in hits]
        before = hits[-1].event.id if hits else None
