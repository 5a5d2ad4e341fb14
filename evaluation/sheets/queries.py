"""Sheets of what is stored, each within what its viewer may see."""

from collections.abc import Iterable

from evaluation.answers import queries as collection
from evaluation.answers.progress import queries as state
from evaluation.criteria.model import Order
from evaluation.policy import Viewer
from evaluation.registry import queries as registry
from evaluation.registry.models import Body
from evaluation.scoring.facts import facts
from evaluation.scoring.frames import Reports
from evaluation.scoring.score import Scores, score
from evaluation.sheets.compose import compose, shares
from evaluation.sheets.input import Given, Kept, OfYear, Source
from evaluation.sheets.model import Named, Share, Sheet


def scores(viewer: Viewer, year: int, body_ids: Iterable[int] | None = None) -> Scores | None:
    """The year's scores of these bodies, or of all the viewer may see; None for a year that is not open."""
    found = _scored(viewer, year, None if body_ids is None else list(body_ids))
    return found and found[0]


def _scored(viewer: Viewer, year: int, ids: list[int] | None) -> tuple[Scores, Reports] | None:
    """Scores with the reports they were made of."""
    order = registry.order_of(year)
    if order is None:
        return None
    reports = collection.reports(viewer, order, year, ids)
    return score(order, reports, collection.previous(viewer, year, ids)), reports


def sheet(viewer: Viewer, bin_: str, year: int) -> Sheet | None:
    """One body's sheet with its history; None where the viewer knows no such body or year."""
    body = registry.body(viewer, bin_, year)
    return next(iter(sheets(viewer, year, [body])), None) if body else None


def source(viewer: Viewer, body: Body, year: int) -> Source | None:
    """What the sheet of a body is made of as the tables are now; None for a year that is not open and a body not to be seen."""
    current = registry.reporting_year(year)
    found = next(iter(registry.bodies_in(viewer, [body], year)), None)
    if current is None or found is None:
        return None
    opened = sorted(each.year for each in registry.years() if each.year <= year)
    years = [(each, order) for each in opened if (order := registry.order_of(each)) is not None]
    return Source(
        Named(found.bin, found.name_kk, found.name_ru),
        current.invented,
        tuple(_of_year(viewer, found.id, each, order, current=each == year) for each, order in years),
    )


def _of_year(viewer: Viewer, body_id: int, year: int, order: Order, current: bool) -> OfYear:
    """Reasons are of the sheet's own year alone: earlier ones only give their points."""
    names = registry.names(viewer, [body_id], year)
    kept: dict[int, list[Kept]] = {}
    if current:
        for (own, rule, code), item in sorted(state.justifications(viewer, year, body_id).items()):
            kept.setdefault(own, []).append(Kept(rule, code, item.reason, item.given_by))
    given = tuple(
        Given(Named(line.bin, *names[line.bin]), line.kind, line.answers, line.evidence, tuple(kept.get(line.id, ())))
        for line in state.lines(viewer, year, body_id)
    )
    return OfYear(year, order, given, collection.declared_by(viewer, year, body_id))


def sheets(viewer: Viewer, year: int, bodies: Iterable[Body]) -> list[Sheet]:
    """The sheets of these bodies, in their order, with the shares of this and earlier years.

    Everyone bears the name of 31 December of the year: a sheet does not change with a later renaming.
    """
    bodies = [body for body in bodies if viewer.bodies is None or body.id in viewer.bodies]
    ids = [body.id for body in bodies]
    history: dict[str, tuple[Share, ...]] = {}
    found = None
    for opened in sorted(each.year for each in registry.years() if each.year <= year):
        found = _scored(viewer, opened, ids)
        if found is not None:
            for bin_, parts in shares(found[0], opened).items():
                history[bin_] = (*history.get(bin_, ()), *parts)
    current = registry.reporting_year(year)
    if current is None or found is None:
        return []
    names = registry.names(viewer, ids, year)
    organisations = {bin_: Named(bin_, *name) for bin_, name in names.items()}
    then = registry.bodies_in(viewer, bodies, year)
    named = {body.bin: Named(body.bin, body.name_kk, body.name_ru) for body in then}
    told = facts(*found)
    return list(compose(found[0], year, named, organisations, history, invented=current.invented, told=told))
