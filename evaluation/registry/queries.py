"""Reads of the registry, scoped by a viewer."""

from collections.abc import Collection, Iterable, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, func, or_, select
from sqlalchemy.orm import aliased

from evaluation.configuration import configuration
from evaluation.criteria import Order, Orders
from evaluation.criteria.indicators import REGISTRY_FACTS
from evaluation.database import MAX_IDS_PER_STATEMENT, Statement, batched, db, fetch_rows, table_of
from evaluation.errors import EvaluationError
from evaluation.language import N_, alphabetical_key
from evaluation.pagination import Page
from evaluation.policy import Action, Viewer
from evaluation.registry.clauses import began_by, exists_in_year, filter_by_name, location_order
from evaluation.registry.models import Body, FormerName, Organisation, ReportingYear, Supervision
from evaluation.registry.states import SupervisionPeriod


def visible(statement: Statement, viewer: Viewer) -> Statement:
    """Filter a statement over bodies to those that the viewer can see."""
    return statement if viewer.bodies is None else statement.where(Body.id.in_(viewer.bodies))


def in_force_at_year_end(year: int) -> Any:
    """Return the condition that supervision is in force on 31 December of the year.

    Source: reading R12.
    """
    day = date(year, 12, 31)
    return and_(Supervision.since <= day, or_(Supervision.until.is_(None), Supervision.until >= day))


def former_name_id(body: Any, year: int) -> Any:
    """Return the id of the names that a body had on 31 December of the year, as a column; NULL where they are its names now.

    Args:
        body: `Body` or an alias of it.
        year: The reporting year.
    """
    name = aliased(FormerName)
    # Of several later changes the earliest counts.
    statement = select(name.id).where(name.body_id == body.id, name.until >= date(year, 12, 31))
    return statement.order_by(name.until).limit(1).correlate(body).scalar_subquery()


def years() -> list[ReportingYear]:
    """Return the reporting years, the latest first."""
    return list(db.session.scalars(_years()))


@cache
def _years() -> Statement:
    """Return the statement of :func:`years`, built once: many pages have a choice of years."""
    return select(ReportingYear).order_by(ReportingYear.year.desc())


def reporting_year(year: int) -> ReportingYear | None:
    """Return a reporting year; None where it is not open."""
    return db.session.get(ReportingYear, year)


def orders() -> Orders:
    """Return the orders of the loaded criteria files."""
    return configuration().orders


def order_of(year: int) -> Order | None:
    """Return the order that assesses a reporting year; None where the year is not open.

    Raises:
        EvaluationError: The criteria file of the year's order is not loaded.
    """
    rows = fetch_rows(_order_code(), {"year": year})
    if not rows:
        return None
    ((code,),) = rows
    order = orders().get(code)
    if order is None:
        raise EvaluationError(
            N_(
                "The criteria file of the order %(order)s, which applies to %(year)s, is missing. Add it to the folder of "
                "criteria, or list it in CRITERIA."
            ),
            order=code,
            year=year,
        )
    return order


@cache
def _order_code() -> Statement:
    """Return the statement of :func:`order_of`, built once: every saved answer executes it."""
    year: Any = bindparam("year")
    return select(ReportingYear.order_code).where(ReportingYear.year == year)


def body(viewer: Viewer, bin_: str, year: int | None = None) -> Body | None:
    """Return a body by its BIN, with the names of 31 December of the year where one is given.

    Returns None where no such body exists, the viewer cannot see it, or its first day is after the year.
    """
    item: Body | None = db.session.scalar(visible(select(Body).where(Body.bin == bin_, began_by(year)), viewer))
    return item if item is None or year is None else bodies_as_named_in(viewer, [item], year)[0]


def bodies(
    viewer: Viewer,
    search: str = "",
    level: str = "",
    region: str = "",
    page: int = 1,
    language: str = "kk",
    year: int | None = None,
) -> Page[Body]:
    """Return one page of bodies by location, filtered by words of a name or BIN, level and region.

    Central bodies come first, then bodies by KATO code; a body without a code follows its higher body.

    Args:
        viewer: Who reads.
        search: Words of a current or former name, or a BIN.
        level: A level of :data:`evaluation.registry.models.LEVELS`; empty for all.
        region: The first two digits of a KATO code; empty for all.
        page: The requested page, from 1.
        language: The language of the names that order bodies of one location.
        year: With a year, the bodies that exist on its 31 December, with their names of that day.
    """
    higher = aliased(Body)
    kato = func.coalesce(Body.kato, higher.kato)
    statement = visible(select(Body).outerjoin(higher, higher.id == Body.parent_id), viewer)
    statement = filter_by_name(statement, search, Body)
    if level:
        statement = statement.where(Body.level == level)
    if region:
        statement = statement.where(kato.startswith(region, autoescape=True))
    if year is not None:
        statement = statement.where(exists_in_year(year))
    result: Page[Body] = Page.from_scalars(statement.order_by(*location_order(higher, language)), page)
    return result if year is None else result.with_items(bodies_as_named_in(viewer, result.items, year))


class Region(NamedTuple):
    """The body of a region or of a city of republican significance; `kato` begins with the code of the region."""

    kato: str
    bin: str
    name_kk: str
    name_ru: str


def regions(viewer: Viewer) -> list[Region]:
    """Return the bodies of regions and cities of republican significance, by KATO code."""
    statement = _regions() if viewer.bodies is None else visible(_regions(), viewer)
    return [Region(*row) for row in fetch_rows(statement)]


@cache
def _regions() -> Statement:
    """Return the statement of :func:`regions`, built once: many pages have a choice of regions."""
    statement = select(Body.kato, Body.bin, Body.name_kk, Body.name_ru)
    return statement.where(Body.level == "region", Body.kato.is_not(None)).order_by(Body.kato)


def parents(viewer: Viewer, bodies: Iterable[Body]) -> dict[int, Body]:
    """Return body id → its higher body, where the viewer can see that one."""
    parent_ids = {item.id: item.parent_id for item in bodies if item.parent_id is not None}
    statement = visible(select(Body).where(Body.id.in_(set(parent_ids.values()))), viewer)
    parents_by_id = {item.id: item for item in db.session.scalars(statement)}
    return {id_: parents_by_id[parent_id] for id_, parent_id in parent_ids.items() if parent_id in parents_by_id}


class SupervisedOrganisation(NamedTuple):
    """An organisation of a body on 31 December of a year, with its names of that day; `kind` is a code of the order."""

    id: int
    bin: str
    kind: str
    name_kk: str
    name_ru: str


def organisations(viewer: Viewer, body_id: int, year: int, language: str = "kk") -> list[SupervisedOrganisation]:
    """Return a body's organisations on 31 December of the year, by kind and name."""
    statement = (
        select(Organisation.id, Organisation.bin, Organisation.kind, Organisation.name_kk, Organisation.name_ru)
        .join(Supervision, Supervision.organisation_id == Organisation.id)
        .join(Body, Body.id == Supervision.body_id)
        .where(Body.id == body_id, in_force_at_year_end(year))
    )
    rows = fetch_rows(visible(statement, viewer))
    former = _former_names(FormerName.organisation_id, year, [id_ for id_, *_ in rows])
    items = [SupervisedOrganisation(id_, bin_, kind, *former.get(id_, names)) for id_, bin_, kind, *names in rows]
    first, second = ("name_ru", "name_kk") if language == "ru" else ("name_kk", "name_ru")
    return sorted(items, key=lambda item: (item.kind, alphabetical_key(getattr(item, first) or getattr(item, second)), item.bin))


def members(viewer: Viewer, year: int, body_bin: str, bins: Iterable[str]) -> tuple[int | None, dict[str, tuple[int, str]]]:
    """Return a body's id, and BIN → (id, kind) of its organisations on 31 December of the year among these BINs.

    The id is None where no such body exists or the viewer cannot see it.
    """
    organisations_by_bin: dict[str, tuple[int, str]] = {}
    if not _is_numeric(body_bin):
        return None, organisations_by_bin
    body_id, wanted = None, sorted(filter(_is_numeric, set(bins)))
    parameters: dict[str, Any] = {"body": body_bin, "last_day": date(year, 12, 31)}
    if viewer.bodies is not None:
        parameters["visible_ids"] = list(viewer.bodies)
    for batch in batched(wanted):
        for row_body_id, bin_, id_, kind in fetch_rows(_membership(viewer.bodies is not None), parameters | {"bins": batch}):
            body_id, organisations_by_bin[bin_] = row_body_id, (id_, kind)
    if body_id is None:
        item = body(viewer, body_bin)
        body_id = item.id if item else None
    return body_id, organisations_by_bin


def _is_numeric(text: str) -> bool:
    """Return whether a text can be compared with BINs; PostgreSQL rejects some characters that a request can contain."""
    return text.isascii() and text.isdigit()


@cache
def _membership(limited: bool) -> Statement:
    """Return the statement of :func:`members`, built once: every saved answer executes it."""
    last_day: Any = bindparam("last_day")
    statement = (
        select(Body.id, Organisation.bin, Organisation.id, Organisation.kind)
        .join(Supervision, Supervision.body_id == Body.id)
        .join(Organisation, Organisation.id == Supervision.organisation_id)
        .where(Body.bin == bindparam("body"), Organisation.bin.in_(bindparam("bins", expanding=True)))
        .where(Supervision.since <= last_day, or_(Supervision.until.is_(None), Supervision.until >= last_day))
    )
    return statement.where(Body.id.in_(bindparam("visible_ids", expanding=True))) if limited else statement


def organisation_names(viewer: Viewer, body_ids: Sequence[int], year: int) -> dict[str, tuple[str, str]]:
    """Return BIN → (Kazakh name, Russian name) on 31 December of the year.

    Includes every organisation that these bodies supervise or have supervised.
    """
    statement = (
        select(Organisation.id, Organisation.bin, Organisation.name_kk, Organisation.name_ru)
        .join(Supervision, Supervision.organisation_id == Organisation.id)
        .join(Body, Body.id == Supervision.body_id)
    )
    rows = fetch_rows(visible(statement, viewer).where(Body.id.in_(body_ids)))
    former = _former_names(FormerName.organisation_id, year, [id_ for id_, *_ in rows])
    return {bin_: former.get(id_, (name_kk, name_ru)) for id_, bin_, name_kk, name_ru in rows}


def organisation_names_by_year(
    viewer: Viewer, body_ids: Sequence[int], years: Collection[int]
) -> dict[int, dict[str, tuple[str, str]]]:
    """Return year → BIN → names on its 31 December, in two statements for any number of years; see `organisation_names`."""
    statement = (
        select(Organisation.id, Organisation.bin, Organisation.name_kk, Organisation.name_ru)
        .join(Supervision, Supervision.organisation_id == Organisation.id)
        .join(Body, Body.id == Supervision.body_id)
    )
    rows = fetch_rows(visible(statement, viewer).where(Body.id.in_(body_ids)))
    ids = {id_ for id_, *_ in rows}
    former = select(FormerName.organisation_id, FormerName.until, FormerName.name_kk, FormerName.name_ru)
    former = former.where(FormerName.organisation_id.is_not(None), FormerName.until >= date(min(years), 12, 31))
    if len(ids) <= MAX_IDS_PER_STATEMENT:
        former = former.where(FormerName.organisation_id.in_(ids))
    # The earliest later change comes last and replaces the others. SQLite returns days as text.
    changes = [(id_, str(until), names) for id_, until, *names in fetch_rows(former.order_by(FormerName.until.desc()))]
    names_by_year: dict[int, dict[str, tuple[str, str]]] = {}
    for year in years:
        last_day = date(year, 12, 31).isoformat()
        then = {id_: (names[0], names[1]) for id_, until, names in changes if until >= last_day}
        names_by_year[year] = {bin_: then.get(id_, (name_kk, name_ru)) for id_, bin_, name_kk, name_ru in rows}
    return names_by_year


def organisation_facts(viewer: Viewer, organisation_ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """Return organisation id → the facts that cautions read: share of the state (hundredths of a percent) and two properties.

    Organisations that no visible body supervises or has supervised are left out.
    """
    wanted, columns = list(organisation_ids), [getattr(Organisation, code) for code in REGISTRY_FACTS]
    statement = select(Organisation.id, *columns).join(Supervision).join(Body, Body.id == Supervision.body_id)
    facts: dict[int, dict[str, Any]] = {}
    for batch in batched(wanted):
        for id_, *values in fetch_rows(visible(statement, viewer).where(Organisation.id.in_(batch))):
            facts[id_] = dict(zip(REGISTRY_FACTS, values, strict=True))
    return facts


def bodies_as_named_in(viewer: Viewer, bodies: Iterable[Body], year: int) -> list[Body]:
    """Return the bodies that the viewer can see, with their names of 31 December of the year."""
    visible_bodies = [item for item in bodies if viewer.can_see(item.id)]
    former = _former_names(FormerName.body_id, year, [item.id for item in visible_bodies])
    return [_with_names(item, former.get(item.id)) for item in visible_bodies]


def _former_names(owner: Any, year: int, ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Return owner id → the names in use on 31 December of the year, where they have changed since."""
    statement = select(owner, FormerName.name_kk, FormerName.name_ru).where(FormerName.until >= date(year, 12, 31))
    if len(ids) <= MAX_IDS_PER_STATEMENT:
        statement = statement.where(owner.in_(ids))
    wanted = set(ids)
    # Of several later changes the earliest counts: it comes last and replaces the others.
    rows = fetch_rows(statement.order_by(FormerName.until.desc()))
    return {id_: (name_kk, name_ru) for id_, name_kk, name_ru in rows if id_ in wanted}


def _with_names(item: Body, names: tuple[str, str] | None) -> Body:
    """Return a copy with other names that belongs to no session, so that it is never stored."""
    if names is None:
        return item
    values = {column.name: getattr(item, column.name) for column in table_of(Body).columns}
    return Body(**(values | {"name_kk": names[0], "name_ru": names[1]}))


@dataclass(frozen=True)
class RegistryIndex:
    """The registered BINs: BIN → id of bodies, BIN → (id, kind) of organisations."""

    bodies: dict[str, int]
    organisations: dict[str, tuple[int, str]]

    @property
    def bins(self) -> Set[str]:
        """The BINs of bodies and organisations."""
        return (self.bodies | self.organisations).keys()


def registry_index(viewer: Viewer) -> RegistryIndex:
    """Return the bodies that the viewer can see, and all organisations.

    A workbook may name any organisation; the index contains all of them so that a foreign one is reported as such.
    """
    rows = fetch_rows(select(Organisation.bin, Organisation.id, Organisation.kind))
    organisations = {bin_: (id_, kind) for bin_, id_, kind in rows}
    return RegistryIndex(dict(fetch_rows(visible(select(Body.bin, Body.id), viewer))), organisations)


def ids_by_bin(viewer: Viewer, bins: Set[str]) -> tuple[dict[str, int], dict[str, int]]:
    """Return BIN → id of bodies and BIN → id of organisations, of at least these BINs. Raises Forbidden."""
    viewer.require(Action.MANAGE_REGISTRY)
    results = []
    for model in (Body, Organisation):
        statement = select(model.bin, model.id)
        if len(bins) <= MAX_IDS_PER_STATEMENT:
            statement = statement.where(model.bin.in_(bins))
        results.append(dict(db.session.execute(statement).all()))
    return results[0], results[1]


def bodies_by_id(viewer: Viewer, body_ids: Collection[int]) -> list[Body]:
    """Return these bodies, of those that the viewer can see, by BIN."""
    return list(db.session.scalars(visible(select(Body).where(Body.id.in_(body_ids)), viewer).order_by(Body.bin)))


def bins_of_bodies(viewer: Viewer, body_ids: Collection[int]) -> dict[int, str]:
    """Return body id → BIN, of those of these bodies that the viewer can see."""
    statement = visible(select(Body.id, Body.bin), viewer)
    parts = (fetch_rows(statement.where(Body.id.in_(part))) for part in batched(sorted(body_ids)))
    return {body_id: bin_ for rows in parts for body_id, bin_ in rows}


def orders_with_open_years(orders: Orders) -> Orders:
    """Return the orders with the reporting years that are open under each."""
    return replace(orders, opened=dict(fetch_rows(select(ReportingYear.year, ReportingYear.order_code))))


def supervisor_ids(year: int) -> dict[int, int]:
    """Return organisation id → id of the body that supervises it on 31 December of the year."""
    return dict(fetch_rows(select(Supervision.organisation_id, Supervision.body_id).where(in_force_at_year_end(year))))


class StoredPeriod(NamedTuple):
    """A period of supervision with the id of its body."""

    body_id: int
    period: SupervisionPeriod


def supervision_periods(organisation_ids: Sequence[int]) -> dict[int, list[StoredPeriod]]:
    """Return organisation id → its periods of supervision, the oldest first."""
    statement = select(Supervision.organisation_id, Body.id, Body.bin, Supervision.since, Supervision.until)
    statement = statement.join(Body, Body.id == Supervision.body_id).order_by(Supervision.since)
    if len(organisation_ids) <= MAX_IDS_PER_STATEMENT:
        statement = statement.where(Supervision.organisation_id.in_(organisation_ids))
    periods: dict[int, list[StoredPeriod]] = {id_: [] for id_ in organisation_ids}
    for organisation_id, body_id, body_bin, since, until in db.session.execute(statement):
        if organisation_id in periods:
            periods[organisation_id].append(StoredPeriod(body_id, SupervisionPeriod(body_bin, since, until)))
    return periods


def all_bodies(viewer: Viewer, year: int | None = None) -> list[Body]:
    """Return the bodies that the viewer can see, by BIN; with a year, those that exist on its 31 December."""
    statement = visible(select(Body), viewer).order_by(Body.bin)
    return list(db.session.scalars(statement if year is None else statement.where(exists_in_year(year))))
