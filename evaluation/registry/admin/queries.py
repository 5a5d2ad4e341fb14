"""Reads for whoever keeps the registry: states, lists and matches. All of them are the administrator's alone."""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import aliased

from evaluation.database import Statement, db, tuples
from evaluation.memory import bulk
from evaluation.pagination import Page
from evaluation.policy import Action, Viewer
from evaluation.registry.admin.states import BodyState, Dated, Former, OrganisationState, Period
from evaluation.registry.listing import by_place, in_words, named, sort_key
from evaluation.registry.models import Body, FormerName, Organisation, Status, Supervision


@dataclass(frozen=True)
class BodyFilters:
    """What the list of bodies is kept to; `state` is open, closed, or empty for both."""

    search: str = ""
    level: str = ""
    region: str = ""
    state: str = ""


@dataclass(frozen=True)
class OrganisationFilters:
    """What the list of organisations is kept to; `body` is a BIN, or `LOOSE` for those under none."""

    search: str = ""
    kind: str = ""
    status: str = ""
    region: str = ""
    body: str = ""


LOOSE = "none"


@dataclass(frozen=True)
class BodyLine:
    body: Body
    parent: Body | None
    organisations: int


@dataclass(frozen=True)
class OrganisationLine:
    """An organisation as it is on the day: its status, and the body it is under."""

    organisation: Organisation
    status: str
    body: Body | None


@bulk()
def body_states(viewer: Viewer, bin_: str | None = None) -> dict[str, BodyState]:
    """Bodies as values by BIN: one, or all; whoever is to change them holds the registry first."""
    viewer.require(Action.MANAGE_REGISTRY)
    higher = aliased(Body)
    statement = select(Body, higher.bin).outerjoin(higher, higher.id == Body.parent_id).order_by(Body.bin)
    if bin_ is not None:
        statement = statement.where(Body.bin == bin_)
    rows = db.session.execute(statement.execution_options(populate_existing=True)).all()
    former = _former(FormerName.body_id, rows[0][0].id if bin_ is not None and rows else None)
    return {
        body.bin: BodyState(
            body.bin,
            body.name_kk,
            body.name_ru,
            body.level,
            parent,
            body.kato,
            body.since,
            body.closed_on,
            former.get(body.id, ()),
        )
        for body, parent in rows
    }


@bulk()
def organisation_states(viewer: Viewer, bin_: str | None = None) -> dict[str, OrganisationState]:
    """Organisations as values by BIN: one, or all; whoever is to change them holds the registry first."""
    viewer.require(Action.MANAGE_REGISTRY)
    columns = (
        Organisation.id,
        Organisation.bin,
        Organisation.kind,
        Organisation.name_kk,
        Organisation.name_ru,
        Organisation.state_share,
        Organisation.state_body,
        Organisation.national_company,
    )
    statement: Statement = select(*columns).order_by(Organisation.bin)
    if bin_ is not None:
        statement = statement.where(Organisation.bin == bin_)
    rows = db.session.execute(statement).all()
    own = rows[0].id if bin_ is not None and rows else None
    former, statuses, periods = _former(FormerName.organisation_id, own), _statuses(own), _periods(own)
    make: Any = OrganisationState
    return {
        bin_: make(bin_, *entered, former.get(id_, ()), statuses.get(id_, ()), periods.get(id_, ()))
        for id_, bin_, *entered in rows
    }


def _former(owner: Any, id_: int | None) -> dict[int, tuple[Former, ...]]:
    statement = select(owner, FormerName.until, FormerName.name_kk, FormerName.name_ru).where(owner.is_not(None))
    return _gathered(statement.order_by(FormerName.until), owner, id_, Former)


def _statuses(id_: int | None) -> dict[int, tuple[Dated, ...]]:
    statement = select(Status.organisation_id, Status.status, Status.since).order_by(Status.since)
    return _gathered(statement, Status.organisation_id, id_, Dated)


def _periods(id_: int | None) -> dict[int, tuple[Period, ...]]:
    statement = select(Supervision.organisation_id, Body.bin, Supervision.since, Supervision.until)
    statement = statement.join(Body, Body.id == Supervision.body_id).order_by(Supervision.since)
    return _gathered(statement, Supervision.organisation_id, id_, Period)


def _gathered(statement: Statement, owner: Any, id_: int | None, make: Any) -> dict[int, tuple[Any, ...]]:
    found: dict[int, tuple[Any, ...]] = {}
    for row in db.session.execute(statement if id_ is None else statement.where(owner == id_)):
        found[row[0]] = (*found.get(row[0], ()), make(*row[1:]))
    return found


def ids(viewer: Viewer, bins: Set[str]) -> tuple[dict[str, int], dict[str, int]]:
    """The ids of bodies and of organisations by BIN: of these, or of all where there are many."""
    viewer.require(Action.MANAGE_REGISTRY)
    few = len(bins) <= 500
    found = []
    for model in (Body, Organisation):
        statement = select(model.bin, model.id)
        rows = db.session.execute(statement.where(model.bin.in_(bins)) if few else statement)
        found.append(dict(rows.all()))
    return found[0], found[1]


def id_of(viewer: Viewer, model: type[Body] | type[Organisation], bin_: str) -> int | None:
    """The id of a body or an organisation."""
    viewer.require(Action.MANAGE_REGISTRY)
    found: int | None = db.session.scalar(select(model.id).where(model.bin == bin_))
    return found


def supervised_after(viewer: Viewer, bin_: str, day: date) -> int:
    """How many organisations are under a body on some later day than this."""
    viewer.require(Action.MANAGE_REGISTRY)
    statement = (
        select(func.count(Supervision.organisation_id.distinct()))
        .join(Body, Body.id == Supervision.body_id)
        .where(Body.bin == bin_, or_(Supervision.until.is_(None), Supervision.until > day))
    )
    return db.session.scalar(statement) or 0


def supervised_before(viewer: Viewer, bin_: str, day: date) -> int:
    """How many organisations are under a body on some earlier day than this."""
    viewer.require(Action.MANAGE_REGISTRY)
    statement = (
        select(func.count(Supervision.organisation_id.distinct()))
        .join(Body, Body.id == Supervision.body_id)
        .where(Body.bin == bin_, Supervision.since < day)
    )
    return db.session.scalar(statement) or 0


def bodies_listed(viewer: Viewer, filters: BodyFilters, day: date, page: int = 1, language: str = "kk") -> Page[BodyLine]:
    """One page of bodies with their organisations on the day; a former name finds a body too."""
    viewer.require(Action.MANAGE_REGISTRY)
    higher = aliased(Body)
    kato = func.coalesce(Body.kato, higher.kato)
    statement = select(Body, higher).outerjoin(higher, higher.id == Body.parent_id)
    statement = in_words(statement, filters.search, Body)
    if filters.level:
        statement = statement.where(Body.level == filters.level)
    if filters.region:
        statement = statement.where(kato.startswith(filters.region, autoescape=True))
    if filters.state == "open":
        statement = statement.where(or_(Body.closed_on.is_(None), Body.closed_on >= day))
    elif filters.state:
        statement = statement.where(Body.closed_on < day)
    rows = Page.from_rows(statement.order_by(*by_place(higher, language)), page)
    counts = _counts([body.id for body, _ in rows.items], day)
    return rows.map(lambda row: BodyLine(row[0], row[1], counts.get(row[0].id, 0)))


def _counts(body_ids: list[int], day: date) -> dict[int, int]:
    statement = select(Supervision.body_id, func.count()).where(Supervision.body_id.in_(body_ids), _on(day))
    return dict(db.session.execute(statement.group_by(Supervision.body_id)).all())


def organisations_listed(
    viewer: Viewer, filters: OrganisationFilters, day: date, page: int = 1, language: str = "kk"
) -> Page[OrganisationLine]:
    """One page of organisations as they are on the day, by name; a former name finds one too."""
    viewer.require(Action.MANAGE_REGISTRY)
    higher = aliased(Body)
    status = func.coalesce(_status(day), "active")
    statement = (
        select(Organisation, status, Body)
        .outerjoin(Supervision, and_(Supervision.organisation_id == Organisation.id, _on(day)))
        .outerjoin(Body, Body.id == Supervision.body_id)
        .outerjoin(higher, higher.id == Body.parent_id)
    )
    statement = in_words(statement, filters.search, Organisation)
    if filters.kind:
        statement = statement.where(Organisation.kind == filters.kind)
    if filters.status:
        statement = statement.where(status == filters.status)
    if filters.region:
        kato = func.coalesce(Body.kato, higher.kato)
        statement = statement.where(kato.startswith(filters.region, autoescape=True))
    if filters.body == LOOSE:
        statement = statement.where(Body.id.is_(None), status != "closed")
    elif filters.body:
        statement = statement.where(Body.bin == filters.body)
    # A collation compares names one pair at a time: 25,000 of them are ordered ten times as fast by keys.
    first, second = ("name_ru", "name_kk") if language == "ru" else ("name_kk", "name_ru")
    columns = (Organisation.id, getattr(Organisation, first), getattr(Organisation, second), Organisation.bin)
    keys = sorted(
        (sort_key(name or other), bin_, id_) for id_, name, other, bin_ in tuples(statement.with_only_columns(*columns))
    )
    ids_on_page = Page.from_list(keys, page).map(lambda key: key[2])
    rows = db.session.execute(statement.where(Organisation.id.in_(ids_on_page.items)))
    by_id = {row[0].id: OrganisationLine(*row) for row in rows}
    return ids_on_page.map(by_id.__getitem__)


def _on(day: date) -> Any:
    return and_(Supervision.since <= day, or_(Supervision.until.is_(None), Supervision.until >= day))


def _status(day: date) -> Any:
    """An organisation's status on the day; null before its first."""
    statement = select(Status.status).where(Status.organisation_id == Organisation.id, Status.since <= day)
    return statement.order_by(Status.since.desc()).limit(1).correlate(Organisation).scalar_subquery()


def bodies_matching(viewer: Viewer, typed: str, language: str = "kk", most: int = 20) -> list[Body]:
    """Bodies that a person may mean by a BIN or words of a name: the first so many; the one of that BIN alone."""
    viewer.require(Action.MANAGE_REGISTRY)
    typed = " ".join(typed.split())
    if not typed:
        return []
    exact = db.session.scalar(select(Body).where(Body.bin == typed))
    if exact is not None:
        return [exact]
    statement = in_words(select(Body), typed, Body).order_by(named(Body, language), Body.bin)
    return list(db.session.scalars(statement.limit(most)))


def named_bodies(viewer: Viewer, bins: Iterable[str]) -> dict[str, Body]:
    """Bodies by BIN, to name them on a page."""
    viewer.require(Action.MANAGE_REGISTRY)
    return {body.bin: body for body in db.session.scalars(select(Body).where(Body.bin.in_(set(bins))))}


def lower_bodies(viewer: Viewer, bin_: str, language: str = "kk") -> list[Body]:
    """The bodies whose higher body is the one of this BIN, by place."""
    viewer.require(Action.MANAGE_REGISTRY)
    higher = aliased(Body)
    statement = select(Body).join(higher, higher.id == Body.parent_id).where(higher.bin == bin_)
    return list(db.session.scalars(statement.order_by(*by_place(higher, language))))


def incomplete(viewer: Viewer, bins: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Of the bodies with these BINs, those that lack some of `LACKING`, and what they lack."""
    viewer.require(Action.MANAGE_REGISTRY)
    found = []
    for item in db.session.scalars(select(Body).where(Body.bin.in_(bins)).order_by(Body.bin)):
        lacks = [name for name in ("level", "kato", "name_kk", "name_ru") if not getattr(item, name)]
        if item.parent_id is None and item.level != "central":
            lacks.insert(1, "parent")
        if lacks:
            found.append((item.bin, lacks))
    return found
