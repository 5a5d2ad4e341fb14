"""The record for people: a page to search it, and the history of one answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, abort, g, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from evaluation.answers import values
from evaluation.audit.models import Event
from evaluation.criteria.model import Indicator
from evaluation.language import N_
from evaluation.policy import Action, Viewer
from evaluation.registry import queries as registry
from evaluation.registry.models import Body, Organisation
from evaluation.review.audit_search import queries
from evaluation.review.audit_search.queries import Change, Found, Sought
from evaluation.web.audit.event_presenter import LONG, SHOWN, Line, Reader
from evaluation.web.audit.labels import ACTIONS, GROUPS, NEEDS, OTHER, SEALS
from evaluation.web.core.access import allow
from evaluation.web.core.request_context import YEAR, current_language, current_viewer, find_body, order_of, search_words

LEAST_YEAR, MOST_YEAR = 1991, 9000
"""Days beyond are typed by mistake, and no clock reaches them."""
LARGEST = 2**31 - 1
WORDS = ("body", "organisation", "person")
BATCH = 32
"""Characters of a batch's name."""
NOT_DAY = N_("Write a day such as 31.03.2026.")

blueprint = Blueprint("record", __name__)


@dataclass(frozen=True)
class Filters:
    """What the page is kept to, as it stands in the address; `wrong` are the days that cannot be read."""

    given: dict[str, str]
    sought: Sought
    wrong: frozenset[str]

    @classmethod
    def of(cls, given: MultiDict[str, str], groups: Sequence[str], years: Sequence[int], codes: frozenset[str]) -> "Filters":
        names = (*WORDS, "since", "until")
        kept = {name: search_words(given.get(name)) for name in names}
        choices: dict[str, Any] = {"code": codes, "group": groups, "year": [str(year) for year in years]}
        kept |= {name: value for name, known in choices.items() if (value := given.get(name, "")) in known}
        batch = given.get("batch", "")
        if batch.isascii() and batch.isalnum() and len(batch) <= BATCH:
            kept["batch"] = batch
        kept = {name: value for name, value in kept.items() if value}
        days = {name: _day(kept.get(name, "")) for name in ("since", "until")}
        texts: dict[str, Any] = {name: kept.get(name, "") for name in (*WORDS, "code", "batch")}
        sought = Sought(
            **texts,
            year=int(kept["year"]) if "year" in kept else None,
            since=days["since"],
            until=days["until"],
            actions=tuple(GROUPS[kept["group"]][1]) if "group" in kept else (),
            without=() if "group" in kept else tuple(SEALS),
        )
        return cls(kept, sought, frozenset(name for name, day in days.items() if name in kept and day is None))

    @property
    def any(self) -> bool:
        return bool(self.given)

    def value(self, name: str) -> str:
        return self.given.get(name, "")

    def url(self, **other: Any) -> str:
        """The address of the page with these filters and others."""
        return url_for("record.index", **(self.given | other))


@dataclass(frozen=True)
class Entry:
    """An event as the page shows it. Of what was done in one go `counts` are the actions, in words, with how often each."""

    event: Event
    words: str
    lines: tuple[Line, ...]
    body: Body | None
    organisation: Organisation | None
    counts: tuple[tuple[str, int], ...] = ()
    organisations: int = 0

    @property
    def folded(self) -> bool:
        return len(self.lines) > SHOWN or any(len(line.new) + len(line.old) > LONG for line in self.lines)

    @property
    def cells(self) -> int:
        return sum(line.cell for line in self.lines)


@blueprint.get("/record")
@allow(Action.SEE)
def index() -> str:
    """Search the record."""
    viewer, opened = current_viewer(), registry.years()
    years = [each.year for each in opened]
    # It shows many years, and is marked by the latest.
    g.invented = bool(opened) and opened[0].invented
    indicators, evidence = _items()
    groups = [name for name in GROUPS if viewer.may(NEEDS.get(name, Action.SEE))]
    filters = Filters.of(request.args, groups, years, frozenset(indicators) | frozenset(evidence))
    before = request.args.get("before", 0, type=int)
    found, more = (
        ([], False) if filters.wrong else queries.search(viewer, filters.sought, before if 0 < before <= LARGEST else None)
    )
    return render_template(
        "audit/index.html",
        filters=filters,
        entries=_entries(viewer, found),
        older=filters.url(before=found[-1].event.id) if more else "",
        newest=filters.url() if before else "",
        years=[(str(year), year) for year in years],
        action_names=ACTIONS,
        groups=[(name, GROUPS[name][0]) for name in groups],
        indicators=indicators,
        evidence=evidence,
        one_body=viewer.bodies is not None and len(viewer.bodies) == 1,
        not_day=NOT_DAY,
    )


@blueprint.get(f"/bodies/<bin_>/{YEAR}/organisations/<own>/history/<code>")
@allow(Action.SEE)
def history(bin_: str, year: int, own: str, code: str) -> str:
    """What happened to one answer; with `part` without the page around it, for scripts."""
    order, body, viewer = order_of(year), find_body(bin_), current_viewer()
    known = own.isascii() and own.isdigit()
    id_, kind = registry.members(viewer, year, body.bin, [own])[1].get(own, (0, "")) if known else (0, "")
    if not id_ or kind not in order.kind or code not in order.codes_of(kind):
        abort(404)
    reader = Reader(current_language())
    changes = [_told(reader, year, code, each) for each in queries.answer_history(viewer, year, id_, code)]
    if "part" in request.args:
        return render_template("audit/changes.html", changes=changes)
    organisations = registry.organisations(viewer, body.id, year, current_language().code)
    return render_template(
        "audit/history.html",
        changes=changes,
        body=body,
        year=year,
        organisation=next(each for each in organisations if each.bin == own),
        item=order.by_code[code],
    )


@dataclass(frozen=True)
class Told:
    """A change of an answer in words; `lines` are what else was said."""

    change: Change
    words: str
    old: str
    new: str
    lines: tuple[Line, ...]


def _told(reader: Reader, year: int, code: str, change: Change) -> Told:
    old, new = (reader.answer(year, code, value) for value in (change.old, change.new))
    lines = () if change.changed else reader.said(change.data)
    return Told(change, ACTIONS.get(change.action, OTHER), old, new, lines)


def _items() -> tuple[dict[str, Indicator], dict[str, Indicator]]:
    """Indicators and items of evidence by code, of every order at hand, as the latest one names them."""
    orders = registry.orders().all
    indicators = {item.code: item for order in orders for item in order.indicators}
    return indicators, {item.code: item for order in orders for item in order.evidence if item.code not in indicators}


def _day(typed: str) -> date | None:
    """A day as people type it; None for what is none."""
    try:
        found = date.fromisoformat(values.day(typed))
    except values.Wrong:
        return None
    return found if LEAST_YEAR <= found.year <= MOST_YEAR else None


def _entries(viewer: Viewer, found: Sequence[Found]) -> list[Entry]:
    reader = Reader(current_language())
    bodies, organisations = queries.named(viewer, [each.event for each in found])
    return [_entry(reader, each, bodies, organisations) for each in found]


def _entry(reader: Reader, found: Found, bodies: dict[int, Body], organisations: dict[int, Organisation]) -> Entry:
    event = found.event
    body, words = bodies.get(event.body_id or 0), ACTIONS.get(event.action, OTHER)
    if found.alone:
        return Entry(event, words, reader.lines(event), body, organisations.get(event.organisation_id or 0))
    counts = tuple((ACTIONS.get(action, OTHER), count) for action, count in found.counts.items())
    return Entry(event, counts[0][0], (), body if found.bodies == 1 else None, None, counts, found.organisations)
