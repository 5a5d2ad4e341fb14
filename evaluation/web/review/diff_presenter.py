"""What of a body's year was changed since its last hand-over, as a page shows it: cell by cell, by organisation."""

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext

from evaluation.criteria.model import Order
from evaluation.language import Language
from evaluation.registry.models import Organisation
from evaluation.review.diff import CellChange
from evaluation.review.diff.model import ANSWER, FILE, MEMBER, REASON
from evaluation.web.review.remarks_presenter import Places, Shown, Where, before_and_now


@dataclass(frozen=True)
class ChangeLine:
    """One change: what kind of thing it is (empty for an answer), its place, what stood there and what stands there.

    Where nothing did or does, that is empty, and `nothing` says so.
    """

    sort: str
    where: Where
    old: str
    new: str
    who: str
    at: datetime
    nothing: str
    remarked: bool = False


@dataclass(frozen=True)
class ChangeGroup:
    """The changes of one organisation, or without one the body's own figures."""

    organisation: Organisation | None
    lines: tuple[ChangeLine, ...]


def change_groups(order: Order, places: Places, shown: Shown, changes: list[CellChange]) -> list[ChangeGroup]:
    """The changes by organisation, in the order in which places stand; the body's own figures first."""
    by_owner: dict[int | None, list[ChangeLine]] = {}
    for each in changes:
        by_owner.setdefault(each.organisation_id, []).append(_line(order, places, shown, each))
    groups = [
        ChangeGroup(
            places.organisations.get(own) if own is not None else None, tuple(sorted(found, key=lambda line: line.where.rank))
        )
        for own, found in by_owner.items()
    ]
    return sorted(groups, key=lambda group: group.lines[0].where.rank)


def _line(order: Order, places: Places, shown: Shown, change: CellChange) -> ChangeLine:
    spoken: Language = places.spoken
    own, by = change.organisation_id, (change.who, change.at)
    if change.what == ANSWER and own is not None:
        open_here = change.code in shown.open_cells.get(own, ())
        return ChangeLine(
            "", places.answer(own, change.code), *before_and_now(order, change, spoken), *by, gettext("no answer"), open_here
        )
    if change.what == MEMBER and own is not None:
        there, gone = gettext("under the body: %(bin)s", bin=change.of), gettext("not under the body: %(bin)s", bin=change.of)
        old, new = ("" if value is None else there for value in (change.old, change.new))
        return ChangeLine(gettext("Organisation"), places.answer(own, ""), old, new, *by, gone)
    nothing = gettext("none")
    old, new = ("" if value is None else str(value) for value in (change.old, change.new))
    if change.what == REASON and own is not None:
        return ChangeLine(gettext("Reason for a warning"), places.answer(own, change.code), old, new, *by, nothing)
    if change.what == FILE and own is not None:
        return ChangeLine(gettext("File"), _file_place(order, places, own, change.code), old, new, *by, nothing)
    old, new = ("" if value is None else spoken.number(value) for value in (change.old, change.new))
    return ChangeLine(gettext("Last year's figures"), _figure_place(order, places, change), old, new, *by, nothing)


def _figure_place(order: Order, places: Places, change: CellChange) -> Where:
    """Where the body's own figure of the year before counts: the row of the sheet that is scored by it."""
    code, kind = places.spoken.code, change.of
    label = next((field.label[code] for criterion, field in order.declared() if criterion.code == change.code), change.code)
    what, number = f"{places.kind_name(kind)}: {label}", places.row_of(kind, change.code)
    if not number:
        return Where("", code, what, "", (1, 0, 0))
    row = places.row(kind, number)
    return Where("", code, what, row.address, row.rank)


def _file_place(order: Order, places: Places, own: int, criterion: str) -> Where:
    """Where a file stands: beside its criterion, after the answers."""
    base, organisation = places.answer(own, ""), places.organisations.get(own)
    number = places.row_of(organisation.kind, criterion) if organisation else ""
    name = order.criterion[criterion].name[places.spoken.code] if criterion in order.criterion else criterion
    what = gettext("Row %(row)s of the sheet: %(text)s", row=number, text=name) if number else name
    address = places.report(organisation, f"files-{criterion}") if organisation else ""
    return Where(base.owner, base.owner_language, what, address, (*base.rank[:2], len(order.by_code)))
