"""Reads of the registry, each within what its viewer may see."""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from flask import current_app
from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import aliased

from evaluation.criteria import Order, Orders
from evaluation.database import Statement, alphabetical, db, tuples
from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.registry.models import Body, Organisation, ReportingYear, Supervision
from evaluation.viewer import Viewer

PAGE = 50


@dataclass(frozen=True)
class Page:
    """One page of a list and how long the list is."""

    items: Sequence[Any]
    total: int
    number: int

    @property
    def last(self) -> int:
        return max(1, -(-self.total // PAGE))


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
    found: Orders = current_app.extensions["orders"]
    return found


def order_of(year: int) -> Order | None:
    """The order a reporting year is assessed by; None for a year that is not open.

    Raises EvaluationError where the year's order is not among the criteria files at hand.
    """
    opened = reporting_year(year)
    if opened is None:
        return None
    order = orders().get(opened.order_code)
    if order is None:
        raise EvaluationError(
            N_(
                "The criteria file of the order %(order)s, by which %(year)s is assessed, is missing. "
                "Add it to the folder of criteria, or name it in CRITERIA."
            ),
            order=opened.order_code,
            year=year,
        )
    return order


def body(viewer: Viewer, bin_: str) -> Body | None:
    """A body by its BIN; None also where the viewer may not know of it."""
    found: Body | None = db.session.scalar(visible(select(Body).where(Body.bin == bin_), viewer))
    return found


def bodies(viewer: Viewer, search: str = "", level: str = "", region: str = "", page: int = 1, language: str = "kk") -> Page:
    """Bodies, kept to those whose name or BIN has `search`, of a level, within a region (first two digits of KATO).

    Central bodies come first, then places by KATO code; a body without a code stands with its higher body, by its name in the
    language.
    """
    higher = aliased(Body)
    kato = func.coalesce(Body.kato, higher.kato)
    statement = visible(select(Body).outerjoin(higher, higher.id == Body.parent_id), viewer)
    for word in search.split():
        # SQLite folds only Latin letters, so the letters' cases are tried apart.
        forms = {word, word.lower(), word.capitalize(), word.upper()}
        columns = (Body.name_kk, Body.name_ru, Body.bin)
        statement = statement.where(or_(*(column.contains(form, autoescape=True) for column in columns for form in forms)))
    if level:
        statement = statement.where(Body.level == level)
    if region:
        statement = statement.where(kato.startswith(region, autoescape=True))
    total = db.session.scalar(select(func.count()).select_from(statement.subquery())) or 0
    number = min(max(page, 1), max(1, -(-total // PAGE)))
    place = case((Body.level == "central", ""), else_=func.coalesce(kato, "99"))
    ordered = (
        statement.order_by(place, Body.kato.is_(None), _named(Body, language), Body.bin).limit(PAGE).offset((number - 1) * PAGE)
    )
    return Page(list(db.session.scalars(ordered)), total, number)


def regions(viewer: Viewer) -> list[Body]:
    """The bodies of whole regions and cities of republican significance, by KATO code."""
    statement = visible(select(Body).where(Body.level == "region", Body.kato.is_not(None)), viewer)
    return list(db.session.scalars(statement.order_by(Body.kato)))


def _named(model: type[Body] | type[Organisation], language: str) -> Any:
    """A name in the language, or the other one where it is not known, to order by."""
    first, second = (model.name_ru, model.name_kk) if language == "ru" else (model.name_kk, model.name_ru)
    return alphabetical(func.coalesce(func.nullif(first, ""), second), language)


def parents(viewer: Viewer, bodies: Iterable[Body]) -> dict[int, Body]:
    """Body id → its higher body, of those that the viewer may see."""
    wanted = {item.id: item.parent_id for item in bodies if item.parent_id is not None}
    statement = visible(select(Body).where(Body.id.in_(set(wanted.values()))), viewer)
    found = {item.id: item for item in db.session.scalars(statement)}
    return {own: found[parent] for own, parent in wanted.items() if parent in found}


def organisations(viewer: Viewer, body_id: int, year: int, language: str = "kk") -> list[Organisation]:
    """A body's organisations on 31 December of the year, by kind and name."""
    statement = (
        select(Organisation)
        .join(Supervision, Supervision.organisation_id == Organisation.id)
        .join(Body, Body.id == Supervision.body_id)
        .where(Body.id == body_id, as_of(year))
    )
    return list(db.session.scalars(visible(statement, viewer).order_by(Organisation.kind, _named(Organisation, language))))


def names(viewer: Viewer, body_ids: Sequence[int]) -> dict[str, tuple[str, str]]:
    """BIN → (Kazakh name, Russian name) of the organisations these bodies have had in any year."""
    statement = (
        select(Organisation.bin, Organisation.name_kk, Organisation.name_ru)
        .join(Supervision, Supervision.organisation_id == Organisation.id)
        .join(Body, Body.id == Supervision.body_id)
    )
    statement = visible(statement, viewer).where(Body.id.in_(body_ids))
    return {bin_: (kk, ru) for bin_, kk, ru in tuples(statement)}


LACKING = {
    "level": N_("level"),
    "parent": N_("higher body"),
    "kato": N_("KATO code"),
    "name_kk": N_("Kazakh name"),
    "name_ru": N_("Russian name"),
}
"""What :func:`incomplete` may say that a body lacks."""


def incomplete(viewer: Viewer, bins: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Of the bodies with these BINs, those that lack level, parent, KATO code or a name, and what they lack."""
    found = []
    for item in db.session.scalars(visible(select(Body).where(Body.bin.in_(bins)).order_by(Body.bin), viewer)):
        lacks = [name for name in ("level", "kato", "name_kk", "name_ru") if not getattr(item, name)]
        if item.parent_id is None and item.level != "central":
            lacks.insert(1, "parent")
        if lacks:
            found.append((item.bin, lacks))
    return found


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


def supervisions(organisation_ids: Sequence[int]) -> dict[int, list[Supervision]]:
    """Every supervision of these organisations, the oldest first."""
    found: dict[int, list[Supervision]] = {}
    for start in range(0, len(organisation_ids), 500):
        part = organisation_ids[start : start + 500]
        statement = select(Supervision).where(Supervision.organisation_id.in_(part)).order_by(Supervision.since)
        for item in db.session.scalars(statement):
            found.setdefault(item.organisation_id, []).append(item)
    return found


def all_bodies(viewer: Viewer) -> list[Body]:
    """Every body the viewer may see, by BIN."""
    return list(db.session.scalars(visible(select(Body), viewer).order_by(Body.bin)))
