"""Begins the record of a database that was kept before there was one: what stands in it is told as carried over."""

from evaluation.answers import queries as collection
from evaluation.answers.prior_year_counts import key_of
from evaluation.answers.queries import DECLARED
from evaluation.audit.operations import NewEvent, new_batch, write, write_many
from evaluation.audit.queries import is_begun
from evaluation.database import encoded
from evaluation.policy import Action, Viewer
from evaluation.registry import queries as registry
from evaluation.registry.admin.persistence import lines
from evaluation.registry.admin.queries import body_states, organisation_states
from evaluation.registry.locking import hold_registry

CARRIED_OVER = "carried_over"
"""The action of events that tell of reports brought from elsewhere, one for each."""


def carry_over(viewer: Viewer) -> bool:
    """Record all that a database holds whose record has not begun; False where there is nothing to do. The caller commits.

    Raises Forbidden.
    """
    viewer.require(Action.REGISTER)
    if is_begun(viewer) or not registry.years():
        return False
    hold_registry(alone=True)
    if is_begun(viewer):
        # Another process was first.
        return False
    known = registry.known(viewer)
    own = {bin_: id_ for bin_, (id_, _) in known.organisations.items()}
    bodies = [(None, state) for state in body_states(viewer).values()]
    organisations = [(None, state) for state in organisation_states(viewer).values()]
    write(viewer, lines(bodies, organisations, {}, known.bodies, own), new_batch())
    for opened in registry.years()[::-1]:
        data = {"order": [None, opened.order_code], "invented": [None, opened.invented], "deadline": [None, opened.deadline]}
        write(viewer, [NewEvent("year_opened", opened.year, data=data)])
        _reports(viewer, opened.year, list(own.values()))
    return True


def _reports(viewer: Viewer, year: int, organisation_ids: list[int]) -> None:
    """Every report of a year, in the chain of its body of 31 December, and what bodies declare."""
    owners, stored = registry.supervisors(year), collection.stored_reports(viewer, year, organisation_ids)
    data = [encoded({code: (None, value) for code, value in (each.answers | each.evidence).items()}) for each in stored.values()]
    write_many(viewer, CARRIED_OVER, year, [owners.get(own) for own in stored], list(stored), data, new_batch())
    figures: dict[int, dict[str, list[int | None]]] = {}
    for (body, kind, criterion), each in collection.declared_counts(viewer, year).items():
        figures.setdefault(body, {})[key_of(kind, criterion)] = [None, each.count]
    write(viewer, [NewEvent(DECLARED, year, body, data=told) for body, told in figures.items()], new_batch())
