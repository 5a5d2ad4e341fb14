"""What changes the registry: years opened, bodies and organisations entered, who supervises whom."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from evaluation.database import db, insert_many, table_of
from evaluation.policy import Action, Viewer
from evaluation.record.operations import NewEvent, write
from evaluation.registry import queries
from evaluation.registry.models import Body, Organisation, ReportingYear, Supervision

MOST_NAMED = 500
"""Of what is entered at once, in the event that tells of it."""


@dataclass(frozen=True)
class NewBody:
    """An authorised body to be entered; what is not known stays empty."""

    bin: str
    name_kk: str
    name_ru: str = ""
    level: str | None = None
    parent_bin: str | None = None
    kato: str | None = None


def open_year(viewer: Viewer, year: int, order_code: str, invented: bool = False, deadline: date | None = None) -> None:
    """Open a reporting year under an order; `deadline` is the last day to hand it over. Raises Forbidden."""
    viewer.require(Action.REGISTER)
    db.session.add(ReportingYear(year=year, order_code=order_code, invented=invented, deadline=deadline))
    db.session.flush()
    data = {"order": [None, order_code], "invented": [None, invented], "deadline": [None, deadline]}
    write(viewer, [NewEvent("year_opened", year=year, data=data)])


def register_bodies(viewer: Viewer, bodies: Sequence[NewBody]) -> None:
    """Enter bodies, parents before their children or together with them. Raises Forbidden."""
    viewer.require(Action.REGISTER)
    columns = ("bin", "name_kk", "name_ru", "level", "kato")
    rows = [(body.bin, body.name_kk, body.name_ru, body.level, body.kato) for body in bodies]
    insert_many(db.session.connection(), table_of(Body), columns, rows)
    children = {body.bin: body.parent_bin for body in bodies if body.parent_bin}
    if children:
        ids = queries.known(viewer).bodies
        table = table_of(Body)
        for own, parent in children.items():
            db.session.execute(table.update().where(table.c.bin == own).values(parent_id=ids[parent]))
    _record(viewer, "bodies_registered", [body.bin for body in bodies])


def register_organisations(viewer: Viewer, organisations: Sequence[tuple[str, str, str, str]]) -> None:
    """Enter organisations given as (BIN, kind, Kazakh name, Russian name). Raises Forbidden."""
    viewer.require(Action.REGISTER)
    insert_many(db.session.connection(), table_of(Organisation), ("bin", "kind", "name_kk", "name_ru"), organisations)
    _record(viewer, "organisations_registered", [organisation[0] for organisation in organisations])


def supervise(viewer: Viewer, periods: Sequence[tuple[int, int, date, date | None]]) -> None:
    """Put organisations under bodies: (organisation id, body id, first day, last day or None). Raises Forbidden."""
    viewer.require(Action.REGISTER)
    columns = ("organisation_id", "body_id", "since", "until")
    insert_many(db.session.connection(), table_of(Supervision), columns, periods)
    _record(viewer, "organisations_supervised", periods)


def _record(viewer: Viewer, action: str, entered: Sequence[Any]) -> None:
    """One event for all that was entered at once: of a country's 25,000 organisations, how many and the first of them."""
    if entered:
        write(viewer, [NewEvent(action, data={"count": [None, len(entered)], "entered": [None, list(entered[:MOST_NAMED])]})])


def supervise_in(viewer: Viewer, year: int, pairs: Iterable[tuple[int, int]]) -> None:
    """Put organisations, each unsupervised on 31 December of the year, under bodies for that day: (organisation id, body id).

    A period begins with the year, or after the one before it, and lasts until the next one, if there is any; a later period of
    the same body is moved forward instead. Raises Forbidden.
    """
    viewer.require(Action.REGISTER)
    pairs = list(pairs)
    past = queries.supervisions([organisation for organisation, _ in pairs])
    fresh = []
    for organisation, body in pairs:
        since, until = date(year, 1, 1), None
        earlier = [period.until for period in past.get(organisation, ()) if period.since <= date(year, 12, 31) and period.until]
        if earlier:
            since = max(since, max(earlier) + timedelta(days=1))
        later = next((period for period in past.get(organisation, ()) if period.since > date(year, 12, 31)), None)
        if later is not None and later.body_id == body:
            later.since = since
            continue
        if later is not None:
            until = later.since - timedelta(days=1)
        fresh.append((organisation, body, since, until))
    supervise(viewer, fresh)
    db.session.flush()
