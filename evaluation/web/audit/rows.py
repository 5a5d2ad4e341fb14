"""Rows of the audit log's pages: events of the search page, and events in the history of an answer."""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.audit.actions import find_action
from evaluation.audit.models import AuditEvent
from evaluation.language import N_
from evaluation.policy import Viewer
from evaluation.registry.models import Body, Organisation
from evaluation.review.audit_search import queries
from evaluation.review.audit_search.queries import AnswerEvent, AuditHit
from evaluation.web.audit.event_presenter import EventPresenter, Fact
from evaluation.web.core.request_context import current_language

UNKNOWN_ACTION = N_("Another action")
MAX_OPEN_FACTS = 3
"""Facts of an event above which they are collapsed."""
MAX_OPEN_CHARACTERS = 300
"""Characters of a fact above which an event's facts are collapsed."""


@dataclass(frozen=True)
class EventRow:
    """An event, or the newest event of a batch, as the search page shows it.

    `action_label` and the first item of `counts` are message ids. `counts` are the actions of a batch with their numbers of
    events, empty for a single event; `organisations` is the number of organisations of a batch.
    """

    event: AuditEvent
    action_label: str
    facts: tuple[Fact, ...]
    body: Body | None
    organisation: Organisation | None
    counts: tuple[tuple[str, int], ...] = ()
    organisations: int = 0

    @property
    def is_collapsed(self) -> bool:
        """Whether the facts are shown only on demand."""
        is_long = any(len(fact.new) + len(fact.old) > MAX_OPEN_CHARACTERS for fact in self.facts)
        return is_long or len(self.facts) > MAX_OPEN_FACTS

    @property
    def cell_count(self) -> int:
        """How many facts are answers or items of evidence."""
        return sum(fact.is_cell for fact in self.facts)


@dataclass(frozen=True)
class AnswerEventRow:
    """An event in the history of an answer. `old` and `new` are values as text; `facts` are its reason and remark."""

    event: AnswerEvent
    action_label: str
    old: str
    new: str
    facts: tuple[Fact, ...]


def event_rows(viewer: Viewer, hits: Sequence[AuditHit]) -> list[EventRow]:
    """Return the rows of the search page in the order of the hits."""
    presenter = EventPresenter(current_language())
    bodies, organisations = queries.bodies_and_organisations(viewer, [hit.event for hit in hits])
    return [_event_row(presenter, hit, bodies, organisations) for hit in hits]


def answer_event_row(presenter: EventPresenter, year: int, code: str, event: AnswerEvent) -> AnswerEventRow:
    """Return the row of an event in the history of the answer `code`."""
    old, new = (presenter.answer(year, code, value) for value in (event.old, event.new))
    facts = () if event.is_change else presenter.comment_facts(event.data)
    return AnswerEventRow(event, _action_label(event.action), old, new, facts)


def _action_label(action: str) -> str:
    defined = find_action(action)
    return defined.label if defined else UNKNOWN_ACTION


def _event_row(
    presenter: EventPresenter, hit: AuditHit, bodies: dict[int, Body], organisations: dict[int, Organisation]
) -> EventRow:
    event, body = hit.event, bodies.get(hit.event.body_id or 0)
    if hit.is_single:
        organisation = organisations.get(event.organisation_id or 0)
        return EventRow(
            event,
            _action_label(event.action),
            presenter.facts(event, organisation.kind if organisation else ""),
            body,
            organisation,
        )
    counts = tuple((_action_label(action), count) for action, count in hit.counts.items())
    return EventRow(event, counts[0][0], (), body if hit.bodies == 1 else None, None, counts, hit.organisations)
