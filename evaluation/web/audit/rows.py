"""Rows of the audit log's pages: events of the search page, and events in the history of an answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from flask import url_for

from evaluation.audit.actions import find_action
from evaluation.audit.models import AuditEvent
from evaluation.language import N_, Language
from evaluation.policy import Action, Viewer
from evaluation.review.audit_search import queries
from evaluation.review.audit_search.queries import AnswerEvent, AuditHit, Entity
from evaluation.sheets.model import LegalEntity
from evaluation.web.audit.event_presenter import EventPresenter, Fact
from evaluation.web.core.pagination import bin_urls
from evaluation.web.core.request_context import current_language, language_of, moment

UNKNOWN_ACTION = N_("Another action")
OPERATOR, VISITOR = N_("The operator, by command"), N_("A person who was not signed in")
SYSTEM = "system"
"""The name of the actor of commands."""
MAX_OPEN_FACTS = 3
"""Facts of an event above which they are collapsed."""
MAX_OPEN_CHARACTERS = 300
"""Characters of a fact above which an event's facts are collapsed."""


class Link(NamedTuple):
    """A text with an address, which is empty where there is none; `language` is empty where it is the page's."""

    text: str
    url: str
    language: str


class EventRow(NamedTuple):
    """An event, or the newest event of a batch, as texts of the search page.

    `stored_action` is an action that this version of the product does not know. `counts` are the actions of a batch with their
    numbers of events, empty for a single event; `organisations` is the number of organisations of a batch that has several.
    `cell_count` is how many facts are answers or items of evidence; facts that are collapsed are shown only on demand. `period`
    is the year where there is no body.
    """

    at: str
    actor: str
    action: str
    stored_action: str
    facts: tuple[Fact, ...]
    is_collapsed: bool
    cell_count: int
    counts: tuple[tuple[str, str], ...]
    batch_url: str
    organisations: int
    organisation: Link | None
    body: Link | None
    period: str


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
    bodies, organisations = queries.bodies_and_organisations(viewer, [hit.event for hit in hits])
    presenter = _RowPresenter(viewer, current_language(), bodies, organisations)
    return [presenter.row(hit) for hit in hits]


def answer_event_row(presenter: EventPresenter, year: int, code: str, event: AnswerEvent) -> AnswerEventRow:
    """Return the row of an event in the history of the answer `code`."""
    old, new = (presenter.answer(year, code, value) for value in (event.old, event.new))
    facts = () if event.is_change else presenter.comment_facts(event.data)
    return AnswerEventRow(event, _action_label(event.action), old, new, facts)


def _action_label(action: str) -> str:
    defined = find_action(action)
    return defined.label if defined else UNKNOWN_ACTION


class _RowPresenter:
    """Presents hits in one language, with the bodies and organisations of their events by id."""

    def __init__(self, viewer: Viewer, language: Language, bodies: Mapping[int, Entity], organisations: Mapping[int, Entity]):
        self.language, self.bodies, self.organisations = language, bodies, organisations
        self.events = EventPresenter(language)
        self.manages_registry = viewer.may(Action.MANAGE_REGISTRY)
        self.year_urls = cache(lambda year: bin_urls("review.body", year=year))
        self.report_urls = cache(lambda year: bin_urls("report.page", "organisation_bin", year=year))

    def row(self, hit: AuditHit) -> EventRow:
        """Return the row of a hit."""
        event, gettext, is_single = hit.event, self.language.gettext, hit.is_single
        body = self.bodies.get(event.body_id or 0) if is_single or hit.bodies == 1 else None
        organisation = self.organisations.get(event.organisation_id or 0) if is_single else None
        first_action = event.action if is_single else next(iter(hit.counts))
        counts = () if is_single else tuple(hit.counts.items())
        facts = self.events.facts(event, organisation.kind if organisation else "") if is_single else ()
        return EventRow(
            moment(event.at),
            self._actor(event.actor),
            gettext(_action_label(first_action)),
            "" if find_action(event.action) else event.action,
            facts,
            len(facts) > MAX_OPEN_FACTS or any(len(fact.new) + len(fact.old) > MAX_OPEN_CHARACTERS for fact in facts),
            sum(fact.is_cell for fact in facts),
            tuple((gettext(_action_label(action)), self.language.number(count)) for action, count in counts),
            "" if is_single else url_for("audit.index", batch=event.batch),
            0 if is_single else hit.organisations,
            self._organisation_link(event, organisation, body) if organisation else None,
            self._body_link(event, body) if body else None,
            self.language.period(event.year) if event.year and not body else "",
        )

    def _actor(self, name: str) -> str:
        """Return the actor of an event: a person, a command of the operator, or a visitor who had not signed in."""
        return self.language.gettext(OPERATOR) if name == SYSTEM else name or self.language.gettext(VISITOR)

    def _organisation_link(self, event: AuditEvent, organisation: Entity, body: Entity | None) -> Link:
        if event.year and body:
            url = self.report_urls(event.year)(body.bin, organisation.bin)
        else:
            url = url_for("registry.organisation", bin_=organisation.bin) if self.manages_registry else ""
        name, language = self._name(organisation)
        return Link(name, url, language)

    def _body_link(self, event: AuditEvent, body: Entity) -> Link:
        name, language = self._name(body)
        if event.year:
            return Link(f"{name}, {self.language.period(event.year)}", self.year_urls(event.year)(body.bin), language)
        return Link(name, url_for("registry.body", bin_=body.bin) if self.manages_registry else "", language)

    def _name(self, entity: Entity) -> tuple[str, str]:
        """Return a name and its language, which is empty where it is the page's."""
        named = LegalEntity(entity.bin, entity.name_kk, entity.name_ru)
        shown_in = language_of(named, self.language.code)
        return named.name(self.language.code), "" if shown_in == self.language.code else shown_in
