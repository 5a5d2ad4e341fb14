"""What changes the registry: years opened, bodies and organisations entered, who supervises whom."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256

from evaluation.audit.operations import NewEvent, new_batch, append_events, write_many
from evaluation.database import db, encoded, insert_many, table_of
from evaluation.policy import Action, Viewer
from evaluation.registry import queries
from evaluation.registry.admin.queries import ids
from evaluation.registry.admin.states import BodyState, OrganisationState, differences
from evaluation.registry.locking import hold_registry
from evaluation.registry.models import Body, Organisation, ReportingYear, Supervision
from evaluation.registry.queries import Stay


@dataclass(frozen=True)
class NewBody:
    """An authorised body to be entered; what is not known stays empty."""

    bin: str
    name_kk: str
    name_ru: str = ""
    level: str | None = None
    parent_bin: str | None = None
    kato: str | None = None


def open_year(
    viewer: Viewer,
    year: int,
    order_code: str,
    invented: bool = False,
    deadline: date | None = None,
    starts_on: date | None = None,
) -> None:
    """Open a reporting year under an order; answers are entered from `starts_on` on, and `deadline` is the last day to hand it
    over. Raises Forbidden."""
    viewer.require(Action.MANAGE_REGISTRY)
    opened = ReportingYear(year=year, order_code=order_code, invented=invented, deadline=deadline, starts_on=starts_on)
    db.session.add(opened)
    db.session.flush()
    data = {"order": [None, order_code], "invented": [None, invented], "deadline": [None, deadline]}
    data |= {"starts_on": [None, starts_on]} if starts_on else {}
    append_events(viewer, [NewEvent("year_opened", year=year, data=data)])


def record_export(viewer: Viewer, content: bytes) -> None:
    """Record that the viewer takes the whole registry as a workbook; the caller commits. Raises Forbidden."""
    viewer.require(Action.MANAGE_REGISTRY)
    data = {"what": "registry", "format": "xlsx", "sha256": sha256(content).hexdigest()}
    append_events(viewer, [NewEvent("exported", data=data)])


def register_bodies(viewer: Viewer, bodies: Sequence[NewBody]) -> None:
    """Enter bodies, parents before their children or together with them. Raises Forbidden."""
    viewer.require(Action.MANAGE_REGISTRY)
    if not bodies:
        return
    hold_registry(alone=True)
    columns = ("bin", "name_kk", "name_ru", "level", "kato")
    rows = [(body.bin, body.name_kk, body.name_ru, body.level, body.kato) for body in bodies]
    insert_many(db.session.connection(), table_of(Body), columns, rows)
    found, _ = ids(viewer, {body.bin for body in bodies} | {body.parent_bin or "" for body in bodies})
    table, events = table_of(Body), []
    for body in bodies:
        if body.parent_bin:
            parent = found[body.parent_bin]
            db.session.execute(table.update().where(table.c.bin == body.bin).values(parent_id=parent))
        state = BodyState(body.bin, body.name_kk, body.name_ru, body.level, body.parent_bin, body.kato)
        events.append(NewEvent("body_added", body_id=found[body.bin], data=differences(None, state)))
    append_events(viewer, events, new_batch())


def register_organisations(viewer: Viewer, organisations: Sequence[tuple[str, str, str, str]]) -> None:
    """Enter organisations given as (BIN, kind, Kazakh name, Russian name). Raises Forbidden."""
    viewer.require(Action.MANAGE_REGISTRY)
    if not organisations:
        return
    hold_registry(alone=True)
    insert_many(db.session.connection(), table_of(Organisation), ("bin", "kind", "name_kk", "name_ru"), organisations)
    _, found = ids(viewer, {bin_ for bin_, *_ in organisations})
    own = [found[bin_] for bin_, *_ in organisations]
    data = [encoded(differences(None, OrganisationState(*each))) for each in organisations]
    write_many(viewer, "organisation_added", None, (None,) * len(own), own, data, new_batch())


def supervise(viewer: Viewer, periods: Sequence[tuple[int, int, date, date | None]]) -> None:
    """Put organisations under bodies: (organisation id, body id, first day, last day or None). Raises Forbidden."""
    viewer.require(Action.MANAGE_REGISTRY)
    if periods:
        hold_registry(alone=True)
        _supervise(viewer, periods, queries.supervisions([organisation for organisation, *_ in periods]))


def _supervise(viewer: Viewer, periods: Sequence[tuple[int, int, date, date | None]], before: dict[int, list[Stay]]) -> None:
    """Store new periods, and record every organisation's of which they are not what they were `before`."""
    columns = ("organisation_id", "body_id", "since", "until")
    insert_many(db.session.connection(), table_of(Supervision), columns, periods)
    after = queries.supervisions(list(before))
    # With the last stay: its body is whose organisation it is, be it closed by now.
    changed = [(own, was, after[own], (after[own] or was)[-1]) for own, was in before.items() if was != after[own]]
    bodies, data, batch, left = [last.body_id for *_, last in changed], [], new_batch(), list[NewEvent]()
    for own, was, now, last in changed:
        data.append(encoded({"periods": [[each.told for each in was], [each.told for each in now]]}))
        left += left_lines(own, {stay.body_id for stay in {*was} ^ {*now}}, last.body_id, last.body)
    write_many(viewer, "organisation_supervised", None, bodies, [own for own, *_ in changed], data, batch)
    append_events(viewer, left, batch)


def left_lines(own: int, changed: Collection[int], owner: int | None, to: str | None) -> list[NewEvent]:
    """What the record is told, in the chains of other bodies, of an organisation that they have no more or had before.

    `changed` are the bodies whose periods of it changed, `owner` the one whose organisation it is, whose BIN is `to`.
    """
    return [NewEvent("organisation_left", None, body, own, {"to": to}) for body in sorted(set(changed) - {owner})]


def supervise_in(viewer: Viewer, year: int, pairs: Iterable[tuple[int, int]]) -> None:
    """Put organisations, each unsupervised on 31 December of the year, under bodies for that day: (organisation id, body id).

    A period begins with the year, or after the one before it, and lasts until the next one, if there is any; a later period of
    the same body is moved forward instead. Raises Forbidden.
    """
    viewer.require(Action.MANAGE_REGISTRY)
    pairs = list(pairs)
    if not pairs:
        return
    hold_registry(alone=True)
    table, fresh = table_of(Supervision), []
    before = queries.supervisions([organisation for organisation, _ in pairs])
    for organisation, body in pairs:
        since, until = date(year, 1, 1), None
        earlier = [period.until for period in before[organisation] if period.since <= date(year, 12, 31) and period.until]
        if earlier:
            since = max(since, max(earlier) + timedelta(days=1))
        later = next((period for period in before[organisation] if period.since > date(year, 12, 31)), None)
        if later is not None and later.body_id == body:
            own = (table.c.organisation_id == organisation) & (table.c.since == later.since)
            db.session.execute(table.update().where(own).values(since=since))
            continue
        if later is not None:
            until = later.since - timedelta(days=1)
        fresh.append((organisation, body, since, until))
    _supervise(viewer, fresh, before)
