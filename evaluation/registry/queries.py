"""Reads of the registry, each within what its viewer may see."""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import and_, bindparam, func, or_, select
from sqlalchemy.orm import aliased

from evaluation.configuration import configuration
from evaluation.criteria import Order, Orders
from evaluation.database import Statement, db, table_of, tuples
from evaluation.errors import EvaluationError
from evaluation.language import N_, alphabetical
from evaluation.pagination import Page
from evaluation.policy import Viewer
from evaluation.registry.listing import begun, by_place, in_words, named, there_in
from evaluation.registry.models import Body, FormerName, Organisation, ReportingYear, Supervision

AT_ONCE = 500
"""Ids or BINs that one statement names."""


def visible(statement: Statement, viewer: Viewer) -> Statement:
    """A statement over bodies kept to those the viewer may see."""
    return statement if viewer.bodies is None else statement.where(Body.id.in_(viewer.bodies))


def as_of(year: int) -> Any:
    """Supervision in force on 31 December of the year (reading R12)."""
    day = date(year, 12, 31)
    return and_(Supervision.since <= day, or_(Supervision.until.is_(None), Supervision.until >= day))


def years() -> list[ReportingYear]:
    """Reporting years, the latest first."""
    return list(db.session.scalars(select(ReportingYear).order_by(ReportingYear.year.desc())))


def reporting_year(year: int) -> ReportingYear | None:
    return db.session.get(ReportingYear, year)


def orders() -> Orders:
    """The criteria files at hand."""
    return configuration().orders


def order_of(year: int) -> Order | None:
    """The order a reporting year is assessed by; None for a year that is not open.

    Raises EvaluationError where the year's order is not among the criteria files at hand.
    """
    found = tuples(_order_code(), {"year": year})
    if not found:
        return None
    ((code,),) = found
    order = orders().get(code)
    if order is None:
        raise EvaluationError(
            N_(
                "The criteria file of the order %(order)s, by which %(year)s is assessed, is missing. "
                "Add it to the folder of criteria, or name it in CRITERIA."
            ),
            order=code,
            year=year,
        )
    return order


@cache
def _order_code() -> Statement:
    """What :func:`order_of` reads, made once: every answer that is saved asks it."""
    year: Any = bindparam("year")
    return select(ReportingYear.order_code).where(ReportingYear.year == year)


def body(viewer: Viewer, bin_: str, year: int | None = None) -> Body | None:
    """A body by its BIN, with a year bearing that year's names; None where the viewer may not know of it, or it began later."""
    found: Body | None = db.session.scalar(visible(select(Body).where(Body.bin == bin_, begun(year)), viewer))
    return found if found is None or year is None else bodies_in(viewer, [found], year)[0]


def bodies(
    viewer: Viewer,
    search: str = "",
    level: str = "",
    region: str = "",
    page: int = 1,
    language: str = "kk",
    year: int | None = None,
) -> Page[Body]:
    """Bodies, kept to those whose name or BIN has `search`, of a level, within a region (first two digits of KATO).

    Central bodies come first, then places by KATO code; a body without a code stands with its higher body, by its name in the
    language. With a year they bear the names of its 31 December, and are those there that day.
    """
    higher = aliased(Body)
    kato = func.coalesce(Body.kato, higher.kato)
    statement = visible(select(Body).outerjoin(higher, higher.id == Body.parent_id), viewer)
    statement = in_words(statement, search, Body)
    if level:
        statement = statement.where(Body.level == level)
    if region:
        statement = statement.where(kato.startswith(region, autoescape=True))
    if year is not None:
        statement = statement.where(there_in(year))
    result: Page[Body] = Page.from_scalars(statement.order_by(*by_place(higher, language)), page)
    return result if year is None else result.with_items(bodies_in(viewer, result.items, year))


def regions(viewer: Viewer) -> list[Body]:
    """The bodies of whole regions and cities of republican significance, by KATO code."""
    statement = visible(select(Body).where(Body.level == "region", Body.kato.is_not(None)), viewer)
    return list(db.session.scalars(statement.order_by(Body.kato)))


def parents(viewer: Viewer, bodies: Iterable[Body]) -> dict[int, Body]:
    """Body id → its higher body, of those that the viewer may see."""
    wanted = {item.id: item.parent_id for item in bodies if item.parent_id is not None}
    statement = visible(select(Body).where(Body.id.in_(set(wanted.values()))), viewer)
    found = {item.id: item for item in db.session.scalars(statement)}
    return {own: found[parent] for own, parent in wanted.items() if parent in found}


def organisations(viewer: Viewer, body_id: int, year: int, language: str = "kk") -> list[Organisation]:
    """A body's organisations on 31 December of the year, by kind and name; each bears its name of that day."""
    statement = (
        select(Organisation)
        .join(Supervision, Supervision.organisation_id == Organisation.id)
        .join(Body, Body.id == Supervision.body_id)
        .where(Body.id == body_id, as_of(year))
    )
    found = list(db.session.scalars(visible(statement, viewer).order_by(Organisation.kind, named(Organisation, language))))
    former = _former(FormerName.organisation_id, year, [each.id for each in found])
    if not former:
        return found
    found = [_bearing(each, former.get(each.id)) for each in found]
    first, second = ("name_ru", "name_kk") if language == "ru" else ("name_kk", "name_ru")
    return sorted(found, key=lambda each: (each.kind, alphabetical(getattr(each, first) or getattr(each, second))))


def members(viewer: Viewer, year: int, body_bin: str, bins: Iterable[str]) -> tuple[int | None, dict[str, tuple[int, str]]]:
    """A body's id and BIN → (id, kind) of those organisations with these BINs that are under it on 31 December of the year.

    The id is None where there is no such body or the viewer may not know of it.
    """
    found: dict[str, tuple[int, str]] = {}
    if not _could_be_bin(body_bin):
        return None, found
    body_id, wanted = None, sorted(filter(_could_be_bin, set(bins)))
    given: dict[str, Any] = {"body": body_bin, "last_day": date(year, 12, 31)}
    if viewer.bodies is not None:
        given["seen"] = list(viewer.bodies)
    for start in range(0, len(wanted), AT_ONCE):
        rows = tuples(_membership(viewer.bodies is not None), given | {"bins": wanted[start : start + AT_ONCE]})
        for own_body, bin_, id_, kind in rows:
            body_id, found[bin_] = own_body, (id_, kind)
    if body_id is None:
        there = body(viewer, body_bin)
        body_id = there.id if there else None
    return body_id, found


def _could_be_bin(given: str) -> bool:
    """What else a request may carry is not asked for: PostgreSQL refuses some characters."""
    return given.isascii() and given.isdigit()


@cache
def _membership(limited: bool) -> Statement:
    """What :func:`members` reads, made once: every answer that is saved asks it."""
    last_day: Any = bindparam("last_day")
    statement = (
        select(Body.id, Organisation.bin, Organisation.id, Organisation.kind)
        .join(Supervision, Supervision.body_id == Body.id)
        .join(Organisation, Organisation.id == Supervision.organisation_id)
        .where(Body.bin == bindparam("body"), Organisation.bin.in_(bindparam("bins", expanding=True)))
        .where(Supervision.since <= last_day, or_(Supervision.until.is_(None), Supervision.until >= last_day))
    )
    return statement.where(Body.id.in_(bindparam("seen", expanding=True))) if limited else statement


def names(viewer: Viewer, body_ids: Sequence[int], year: int) -> dict[str, tuple[str, str]]:
    """BIN → (Kazakh name, Russian name), as borne on 31 December of the year, of the organisations these bodies have ever had."""
    statement = (
        select(Organisation.id, Organisation.bin, Organisation.name_kk, Organisation.name_ru)
        .join(Supervision, Supervision.organisation_id == Organisation.id)
        .join(Body, Body.id == Supervision.body_id)
    )
    found = tuples(visible(statement, viewer).where(Body.id.in_(body_ids)))
    former = _former(FormerName.organisation_id, year, [id_ for id_, *_ in found])
    return {bin_: former.get(id_, (kk, ru)) for id_, bin_, kk, ru in found}


def bodies_in(viewer: Viewer, bodies: Iterable[Body], year: int) -> list[Body]:
    """The same bodies, bearing their names of 31 December of the year; those the viewer may not see are left out."""
    found = [each for each in bodies if viewer.can_see(each.id)]
    former = _former(FormerName.body_id, year, [each.id for each in found])
    return [_bearing(each, former.get(each.id)) for each in found]


def _former(owner: Any, year: int, ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Owner id → the names that were borne on 31 December of the year and are borne no more."""
    statement = select(owner, FormerName.name_kk, FormerName.name_ru).where(FormerName.until >= date(year, 12, 31))
    if len(ids) <= AT_ONCE:
        statement = statement.where(owner.in_(ids))
    wanted = set(ids)
    # The latest first, so that of several later changes the earliest has the last word.
    return {id_: (kk, ru) for id_, kk, ru in tuples(statement.order_by(FormerName.until.desc())) if id_ in wanted}


Item = TypeVar("Item", Body, Organisation)


def _bearing(item: Item, names: tuple[str, str] | None) -> Item:
    """The same under other names: a copy of no session, so that nothing is stored by it."""
    if names is None:
        return item
    values = {column.name: getattr(item, column.name) for column in table_of(type(item)).columns}
    return type(item)(**(values | {"name_kk": names[0], "name_ru": names[1]}))


@dataclass(frozen=True)
class Known:
    """The registry as a workbook needs it: ids of bodies by BIN, ids and kinds of organisations by BIN."""

    bodies: dict[str, int]
    organisations: dict[str, tuple[int, str]]

    @property
    def bins(self) -> Set[str]:
        return (self.bodies | self.organisations).keys()


def known(viewer: Viewer) -> Known:
    """Bodies the viewer may see, and every organisation: its BIN must be found wherever it stands, to be refused there."""
    found = tuples(select(Organisation.bin, Organisation.id, Organisation.kind))
    return Known(dict(tuples(visible(select(Body.bin, Body.id), viewer))), {bin_: (id_, kind) for bin_, id_, kind in found})


def in_force(orders: Orders) -> Orders:
    """The same orders, knowing the years that were opened under one of them."""
    return replace(orders, opened=dict(tuples(select(ReportingYear.year, ReportingYear.order_code))))


def supervisors(year: int) -> dict[int, int]:
    """Organisation id → id of the body that supervises it on 31 December of the year."""
    return dict(tuples(select(Supervision.organisation_id, Supervision.body_id).where(as_of(year))))


class Stay(NamedTuple):
    """A period of an organisation under a body; see :class:`Supervision`."""

    body_id: int
    body: str
    since: date
    until: date | None

    @property
    def told(self) -> dict[str, Any]:
        """The period for the record, its body by BIN."""
        return {"body": self.body, "since": self.since, "until": self.until}


def supervisions(organisation_ids: Sequence[int]) -> dict[int, list[Stay]]:
    """Organisation id → every period of it under a body, the oldest first; of many organisations all are read at once."""
    statement = select(Supervision.organisation_id, Body.id, Body.bin, Supervision.since, Supervision.until)
    statement = statement.join(Body, Body.id == Supervision.body_id).order_by(Supervision.since)
    if len(organisation_ids) <= AT_ONCE:
        statement = statement.where(Supervision.organisation_id.in_(organisation_ids))
    found: dict[int, list[Stay]] = {own: [] for own in organisation_ids}
    for own, body_id, body_bin, since, until in db.session.execute(statement):
        if own in found:
            found[own].append(Stay(body_id, body_bin, since, until))
    return found


def all_bodies(viewer: Viewer, year: int | None = None) -> list[Body]:
    """Every body the viewer may see, by BIN; with a year, those that are there on its 31 December."""
    statement = visible(select(Body), viewer).order_by(Body.bin)
    return list(db.session.scalars(statement if year is None else statement.where(there_in(year))))
