"""Rebuilds a body's year from the record: as it was known at a moment, and as it was accepted."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from evaluation.clock import ZONE
from evaluation.criteria import Orders
from evaluation.policy import Viewer
from evaluation.registry.models import Body
from evaluation.review.history import queries, replay
from evaluation.review.history.queries import Told, Until
from evaluation.review.snapshot import Acceptance, freeze
from evaluation.sheets.input import OfYear, Source
from evaluation.submissions.models import DRAFT, SUBMITTED


@dataclass(frozen=True)
class Known:
    """A body's year as the record knew it: what its sheet is made of, and the state it stood in."""

    source: Source
    state: str


def end_of(day: date) -> datetime:
    """The last moment of a day in Kazakhstan, as the record counts time."""
    end = datetime.combine(day + timedelta(days=1), time(), ZONE).astimezone(UTC).replace(tzinfo=None)
    return end - timedelta(microseconds=1)


def known(viewer: Viewer, orders: Orders, body: Body, year: int, until: datetime) -> Known | None:
    """A body's year as it was known at a moment, from the record alone.

    None where the body was not registered or the year not open by then, or its order's file is missing. Raises Forbidden.
    """
    moment = Until(until)
    own = queries.of_body(viewer, body.id, moment)
    source = _source(viewer, orders, body.id, year, moment, own)
    if source is None:
        return None
    steps = [told.action for told in own if told.year == year and told.organisation_id is None and told.action in queries.STEPS]
    return Known(source, steps[-1] if steps else DRAFT)


def rebuilt(viewer: Viewer, orders: Orders, body: Body, year: int, revision: int) -> str | None:
    """The canonical JSON of an accepted sheet, made anew from the record; None where the record tells of no such acceptance.

    It is exactly what was frozen, unless either was tampered with or the order's file is another. Raises Forbidden, Unfrozen.
    """
    told = queries.acceptances(viewer, body.id, year)
    accepted = next((each for each in told if each.data["revision"] == revision), None)
    if accepted is None:
        return None
    moment = Until(accepted.at, accepted.chain, accepted.seq)
    own = queries.of_body(viewer, body.id, moment)
    source = _source(viewer, orders, body.id, year, moment, own)
    submitted = next((told for told in reversed(own) if told.year == year and told.action == SUBMITTED), None)
    if source is None or submitted is None:
        return None
    return freeze(
        source,
        Acceptance(
            revision=revision,
            nil=submitted.data["nil"],
            submitted_by=submitted.actor,
            submitted_at=submitted.data["at"],
            accepted_by=accepted.actor,
            accepted_at=accepted.data["at"],
            checkpoint=accepted.data["checkpoint"],
        ),
    )


def _source(viewer: Viewer, orders: Orders, body_id: int, year: int, until: Until, own: list[Told]) -> Source | None:
    opened = {told.year: told.data for told in queries.years_opened(viewer, until) if told.year is not None}
    body = replay.entries(told for told in own if told.year is None and told.organisation_id is None).get(None)
    years = {each: order for each in sorted(opened) if each <= year and (order := orders.get(opened[each]["order"][1]))}
    if year not in years or not body or "bin" not in body:
        return None
    candidates = {told.organisation_id for told in own if told.year is None and told.organisation_id is not None}
    registered = replay.entries(queries.of_organisations(viewer, body_id, candidates, until))
    entries = {id_: fields for id_, fields in registered.items() if id_ is not None and "bin" in fields}
    codes = {each: frozenset(order.by_code) for each, order in years.items()}
    gave = replay.answers(queries.of_reports(viewer, body_id, entries, years, until), codes, year)
    return Source(
        replay.named_in(body, year),
        bool(opened[year]["invented"][1]),
        tuple(
            OfYear(
                each,
                order,
                tuple(
                    replay.given(order, fields, each, gave.get((id_, each), replay.Answers()))
                    for id_, fields in sorted(entries.items(), key=lambda entry: str(entry[1]["bin"]))
                    if replay.under(fields, str(body["bin"]), each)
                ),
                replay.declared(own, each),
            )
            for each, order in years.items()
        ),
    )
