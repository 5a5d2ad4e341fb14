"""Reads for the administration of the registry: states, lists and matches. All of them require the administrator."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import aliased

from evaluation.database import Statement, db
from evaluation.memory import gc_paused
from evaluation.pagination import Page
from evaluation.policy import Action, Viewer
from evaluation.registry.clauses import filter_by_name, location_order, name_order
from evaluation.registry.models import Body, FormerName, Organisation, Status, Supervision
from evaluation.registry.states import BodyState, FormerNames, OrganisationState, StatusEntry, SupervisionPeriod

UNSUPERVISED = "none"
"""The value of the body filter for organisations that no body supervises."""
MAX_MATCHES = 20
"""Bodies that a search by name suggests."""


@dataclass(frozen=True)
class BodyFilters:
    """The filters of the list of bodies; `status` is open, closed, or empty for both."""

    search: str = ""
    level: str = ""
    region: str = ""
    status: str = ""


@dataclass(frozen=True)
class OrganisationFilters:
    """The filters of the list of organisations; `body` is a BIN or :data:`UNSUPERVISED`."""

    search: str = ""
    kind: str = ""
    status: str = ""
    region: str = ""
    body: str = ""


@dataclass(frozen=True)
class RegistryBodyRow:
    """A body with its higher body and the number of organisations that it supervises on the day."""

    body: Body
    parent: Body | None
    organisations: int


@dataclass(frozen=True)
class RegistryOrganisationRow:
    """An organisation with its status and its body on the day."""

    organisation: Organisation
    status: str
    body: Body | None


@gc_paused()
def body_states(viewer: Viewer, bin_: str | None = None) -> dict[str, BodyState]:
    """Return BIN → state of one body or of all. Before a change, lock the registry first. Raises Forbidden."""
    viewer.require(Action.MANAGE_REGISTRY)
    higher = aliased(Body)
    statement = select(Body, higher.bin).outerjoin(higher, higher.id == Body.parent_id).order_by(Body.bin)
    if bin_ is not None:
        statement = statement.where(Body.bin == bin_)
    rows = db.session.execute(statement.execution_options(populate_existing=True)).all()
    former_names = _former_names(FormerName.body_id, rows[0][0].id if bin_ is not None and rows else None)
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
            former_names.get(body.id, ()),
        )
        for body, parent in rows
    }


@gc_paused()
def organisation_states(viewer: Viewer, bin_: str | None = None) -> dict[str, OrganisationState]:
    """Return BIN → state of one organisation or of all. Before a change, lock the registry first. Raises Forbidden."""
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
    selected_id = rows[0].id if bin_ is not None and rows else None
    former_names = _former_names(FormerName.organisation_id, selected_id)
    statuses, periods = _statuses(selected_id), _periods(selected_id)
    make: Any = OrganisationState
    return {
        bin_: make(bin_, *values, former_names.get(id_, ()), statuses.get(id_, ()), periods.get(id_, ()))
        for id_, bin_, *values in rows
    }


def _former_names(owner: Any, id_: int | None) -> dict[int, tuple[FormerNames, ...]]:
    statement = select(owner, FormerName.until, FormerName.name_kk, FormerName.name_ru).where(owner.is_not(None))
    return _grouped(statement.order_by(FormerName.until), owner, id_, FormerNames)


def _statuses(id_: int | None) -> dict[int, tuple[StatusEntry, ...]]:
    statement = select(Status.organisation_id, Status.status, Status.since).order_by(Status.since)
    return _grouped(statement, Status.organisation_id, id_, StatusEntry)


def _periods(id_: int | None) -> dict[int, tuple[SupervisionPeriod, ...]]:
    statement = select(Supervision.organisation_id, Body.bin, Supervision.since, Supervision.until)
    statement = statement.join(Body, Body.id == Supervision.body_id).order_by(Supervision.since)
    return _grouped(statement, Supervision.organisation_id, id_, SupervisionPeriod)


def _grouped(statement: Statement, owner: Any, id_: int | None, make: Any) -> dict[int, tuple[Any, ...]]:
    """Return owner id → its entries, which `make` builds of the columns after the first one."""
    entries: dict[int, tuple[Any, ...]] = {}
    for row in db.session.execute(statement if id_ is None else statement.where(owner == id_)):
        entries[row[0]] = (*entries.get(row[0], ()), make(*row[1:]))
    return entries


def id_of(viewer: Viewer, model: type[Body] | type[Organisation], bin_: str) -> int | None:
    """Return the id of a body or an organisation; None for an unregistered BIN. Raises Forbidden."""
    viewer.require(Action.MANAGE_REGISTRY)
    id_: int | None = db.session.scalar(select(model.id).where(model.bin == bin_))
    return id_


def has_organisations(viewer: Viewer) -> bool:
    """Return whether any organisation is under a body. Raises Forbidden."""
    viewer.require(Action.MANAGE_REGISTRY)
    return db.session.scalar(select(Supervision.id).limit(1)) is not None


def supervised_after(viewer: Viewer, bin_: str, day: date) -> int:
    """Return how many organisations a body supervises on any later day. Raises Forbidden."""
    viewer.require(Action.MANAGE_REGISTRY)
    statement = (
        select(func.count(Supervision.organisation_id.distinct()))
        .join(Body, Body.id == Supervision.body_id)
        .where(Body.bin == bin_, or_(Supervision.until.is_(None), Supervision.until > day))
    )
    return db.session.scalar(statement) or 0


def supervised_before(viewer: Viewer, bin_: str, day: date) -> int:
    """Return how many organisations a body supervises on any earlier day. Raises Forbidden."""
    viewer.require(Action.MANAGE_REGISTRY)
    statement = (
        select(func.count(Supervision.organisation_id.distinct()))
        .join(Body, Body.id == Supervision.body_id)
        .where(Body.bin == bin_, Supervision.since < day)
    )
    return db.session.scalar(statement) or 0


def list_bodies(viewer: Viewer, filters: BodyFilters, day: date, page: int = 1, language: str = "kk") -> Page[RegistryBodyRow]:
    """Return one page of bodies by location, with their organisations on the day. Raises Forbidden."""
    viewer.require(Action.MANAGE_REGISTRY)
    higher = aliased(Body)
    kato = func.coalesce(Body.kato, higher.kato)
    statement = select(Body, higher).outerjoin(higher, higher.id == Body.parent_id)
    statement = filter_by_name(statement, filters.search, Body)
    if filters.level:
        statement = statement.where(Body.level == filters.level)
    if filters.region:
        statement = statement.where(kato.startswith(filters.region, autoescape=True))
    if filters.status == "open":
        statement = statement.where(or_(Body.closed_on.is_(None), Body.closed_on >= day))
    elif filters.status:
        statement = statement.where(Body.closed_on < day)
    rows = Page.from_rows(statement.order_by(*location_order(higher, language)), page)
    counts = _organisation_counts([body.id for body, _ in rows.items], day)
    return rows.map(lambda row: RegistryBodyRow(row[0], row[1], counts.get(row[0].id, 0)))


def _organisation_counts(body_ids: list[int], day: date) -> dict[int, int]:
    statement = select(Supervision.body_id, func.count()).where(Supervision.body_id.in_(body_ids), _in_force_on(day))
    return dict(db.session.execute(statement.group_by(Supervision.body_id)).all())


def list_organisations(
    viewer: Viewer, filters: OrganisationFilters, day: date, page: int = 1, language: str = "kk"
) -> Page[RegistryOrganisationRow]:
    """Return one page of organisations by name, as they are on the day. Raises Forbidden."""
    viewer.require(Action.MANAGE_REGISTRY)
    ids = Page.from_scalars(_organisation_ids(filters, day).order_by(name_order(Organisation, language), Organisation.bin), page)
    status = func.coalesce(_status_on(day), "active")
    statement = _with_supervisor(select(Organisation, status, Body), day).where(Organisation.id.in_(ids.items))
    by_id = {row[0].id: RegistryOrganisationRow(*row) for row in db.session.execute(statement)}
    return ids.map(by_id.__getitem__)


def _organisation_ids(filters: OrganisationFilters, day: date) -> Statement:
    """Return the SELECT of the organisations that pass the filters; it joins only what a filter needs."""
    higher = aliased(Body)
    status = func.coalesce(_status_on(day), "active")
    statement: Statement = filter_by_name(select(Organisation.id), filters.search, Organisation)
    if filters.region or filters.body:
        statement = _with_supervisor(statement, day).outerjoin(higher, higher.id == Body.parent_id)
    if filters.kind:
        statement = statement.where(Organisation.kind == filters.kind)
    if filters.status:
        statement = statement.where(status == filters.status)
    if filters.region:
        kato = func.coalesce(Body.kato, higher.kato)
        statement = statement.where(kato.startswith(filters.region, autoescape=True))
    if filters.body == UNSUPERVISED:
        statement = statement.where(Body.id.is_(None), status != "closed")
    elif filters.body:
        statement = statement.where(Body.bin == filters.body)
    return statement


def _with_supervisor(statement: Statement, day: date) -> Statement:
    """Join the body that supervises an organisation on the day: at most one."""
    statement = statement.outerjoin(Supervision, and_(Supervision.organisation_id == Organisation.id, _in_force_on(day)))
    return statement.outerjoin(Body, Body.id == Supervision.body_id)


def _in_force_on(day: date) -> Any:
    return and_(Supervision.since <= day, or_(Supervision.until.is_(None), Supervision.until >= day))


def _status_on(day: date) -> Any:
    """Return an organisation's status on the day as a subquery; NULL before the first entry."""
    statement = select(Status.status).where(Status.organisation_id == Organisation.id, Status.since <= day)
    return statement.order_by(Status.since.desc()).limit(1).correlate(Organisation).scalar_subquery()


def match_bodies(viewer: Viewer, text: str, language: str = "kk", limit: int = MAX_MATCHES) -> list[Body]:
    """Return the bodies that a person may mean by a text: the body of that BIN, or the first bodies by words of the name.

    Raises:
        Forbidden: The viewer may not manage the registry.
    """
    viewer.require(Action.MANAGE_REGISTRY)
    text = " ".join(text.split())
    if not text:
        return []
    exact = db.session.scalar(select(Body).where(Body.bin == text))
    if exact is not None:
        return [exact]
    statement = filter_by_name(select(Body), text, Body).order_by(name_order(Body, language), Body.bin)
    return list(db.session.scalars(statement.limit(limit)))


def bodies_by_bin(viewer: Viewer, bins: Iterable[str]) -> dict[str, Body]:
    """Return BIN → body. Raises Forbidden."""
    viewer.require(Action.MANAGE_REGISTRY)
    return {body.bin: body for body in db.session.scalars(select(Body).where(Body.bin.in_(set(bins))))}


def lower_bodies(viewer: Viewer, bin_: str, language: str = "kk") -> list[Body]:
    """Return the bodies whose higher body has this BIN, by location. Raises Forbidden."""
    viewer.require(Action.MANAGE_REGISTRY)
    higher = aliased(Body)
    statement = select(Body).join(higher, higher.id == Body.parent_id).where(higher.bin == bin_)
    return list(db.session.scalars(statement.order_by(*location_order(higher, language))))


def incomplete_bodies(viewer: Viewer, bins: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Return (BIN, missing fields) of the bodies among these BINs that lack a field of `MISSING_FIELD_LABELS`.

    Raises:
        Forbidden: The viewer may not manage the registry.
    """
    viewer.require(Action.MANAGE_REGISTRY)
    result = []
    for body in db.session.scalars(select(Body).where(Body.bin.in_(bins)).order_by(Body.bin)):
        missing = [name for name in ("level", "kato", "name_kk", "name_ru") if not getattr(body, name)]
        if body.parent_id is None and body.level != "central":
            missing.insert(1, "parent")
        if missing:
            result.append((body.bin, missing))
    return result
