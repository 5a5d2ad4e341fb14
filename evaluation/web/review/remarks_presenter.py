"""Remarks as pages show them: what each is about in words, the address of that very place, and what may be done here."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from flask import g, url_for
from flask_babel import gettext

from evaluation.answers import queries as collection
from evaluation.answers import values
from evaluation.answers.readiness import queries as submissions
from evaluation.criteria.model import Order
from evaluation.language import Language, heading
from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.registry.models import Body, Organisation
from evaluation.review.diff import CellChange
from evaluation.review.models import Remark
from evaluation.review.remarks import queries
from evaluation.review.remarks.model import Pin, Threads
from evaluation.submissions.models import ACCEPTED, SUBMITTED
from evaluation.web.core.request_context import current_language, current_viewer, language_of, named

FIRST = 5
"""Remarks that a clerk's home shows with their text."""


@dataclass(frozen=True)
class Shown:
    """The remarks of a body's year for who is looking, and what they may do with them; none for who may not answer any."""

    body: Body
    year: int
    threads: Threads = field(default_factory=Threads)
    may_remark: bool = False
    may_reply: bool = False
    may_resolve: bool = False

    def unfolds(self, organisation_id: int, codes: Any) -> bool:
        """Whether one of these answers has a remark that is not resolved."""
        return any(code in self.open_cells.get(organisation_id, ()) for code in codes)

    @cached_property
    def open_cells(self) -> dict[int, frozenset[str]]:
        return self.threads.open_cells()


def threads_of(body: Body, year: Any) -> Shown:
    """The remarks of a body's year, read once for a page; `year` is a number or a reporting year."""
    number = int(getattr(year, "year", year))
    read: dict[tuple[int, int], Shown] = g.setdefault("remarks_shown", {})
    if (body.id, number) not in read:
        read[body.id, number] = _read(body, number)
    return read[body.id, number]


def _read(body: Body, year: int) -> Shown:
    viewer = current_viewer()
    if not viewer.may(Action.REPLY, body.id):
        return Shown(body, year)
    submission, reviews = submissions.submission(viewer, year, body.id), viewer.may(Action.REVIEW, body.id)
    state = submission.state if submission else None
    return Shown(
        body,
        year,
        Threads(tuple(queries.remarks(viewer, year, body.id))),
        may_remark=reviews and state == SUBMITTED,
        may_reply=state != ACCEPTED,
        may_resolve=reviews and state != ACCEPTED,
    )


@dataclass(frozen=True)
class Where:
    """A place in words: `owner` an organisation's name or that of a table of the sheet, `what` the question or row; its address.

    `rank` sorts places as they stand: the sheet, its rows, the answers. Without an address the place is gone.
    """

    owner: str
    owner_language: str
    what: str
    address: str
    rank: tuple[int, int, int]


class Places:
    """Puts the places of a body's year into words."""

    def __init__(self, order: Order, year: int, body: Body, spoken: Language):
        self.order, self.year, self.body, self.spoken = order, year, body, spoken
        found = registry.organisations(current_viewer(), body.id, year, spoken.code)
        kinds = {kind: number for number, kind in enumerate(order.kind)}
        found.sort(key=lambda each: kinds.get(each.kind, len(kinds)))
        self.organisations: dict[int, Organisation] = {each.id: each for each in found}
        self._ranks = {each.id: number for number, each in enumerate(found)}
        self._items = {code: number for number, code in enumerate(order.by_code)}

    def where(self, pin: Pin, languages: str = "") -> Where:
        """A remark's place; `languages` is the choice in which the sheet is looked at."""
        if pin.organisation_id is not None:
            return self.answer(pin.organisation_id, str(pin.code))
        if pin.kind is not None:
            return self.row(pin.kind, str(pin.row), languages)
        return Where(
            "", self.spoken.code, gettext("The assessment sheet as a whole"), self._sheet("remarks", languages), (0, 0, 0)
        )

    def answer(self, organisation_id: int, code: str) -> Where:
        """The place of an answer or item of evidence; an empty code is the whole report."""
        own, item = self.organisations.get(organisation_id), self.order.by_code.get(code)
        what = item.label[self.spoken.code] if item else gettext("The whole report")
        rank = (2, self._ranks.get(organisation_id, len(self._ranks)), self._items.get(code, -1))
        if own is None:
            return Where(gettext("An organisation that is not the body's any more"), self.spoken.code, what, "", rank)
        return Where(*self._name(own), what, self.report(own, code and f"field-{code}", code), rank)

    def row(self, kind: str, number: str, languages: str = "") -> Where:
        """The place of a row of the sheet."""
        tables = [table.kind for table in self.order.form.tables]
        numbers = [row.number for row in self.order.table[kind].rows]
        text = self.order.table[kind].rows[numbers.index(number)].text[self.spoken.code]
        owner, rank = self.kind_name(kind), (1, tables.index(kind), numbers.index(number))
        what = gettext("Row %(row)s of the sheet: %(text)s", row=number, text=text)
        return Where(owner, self.spoken.code, what, self._sheet(f"row-{kind}-{number}", languages), rank)

    def row_of(self, kind: str, criterion: str) -> str:
        """The number of the row that a criterion has in a kind's table; empty where it has none."""
        rows = self.order.table[kind].scored_rows if kind in self.order.table else ()
        return next((row.number for row in rows if row.criterion == criterion), "")

    def kind_name(self, kind: str) -> str:
        """A kind's table as it is called."""
        return heading(self.order.kind[kind].plural[self.spoken.code])

    def report(self, own: Organisation, anchor: str, code: str = "") -> str:
        return url_for("report.page", bin_=self.body.bin, year=self.year, own=own.bin, field=code or None, _anchor=anchor or None)

    def _name(self, own: Organisation) -> tuple[str, str]:
        item = named(own)
        return item.name(self.spoken.code), language_of(item, self.spoken.code)

    def _sheet(self, anchor: str, languages: str) -> str:
        return url_for("sheets.page", bin_=self.body.bin, year=self.year, lang=languages or None, _anchor=anchor)


@dataclass(frozen=True)
class Line:
    """A remark in the list: its place, the answer that stands there now, and what it was at the last hand-over if it changed."""

    remark: Remark
    where: Where
    answer: str
    change: tuple[str, str] | None


def open_places(order: Order, body: Body, year: Any) -> list[tuple[Remark, Where]]:
    """The first of a year's remarks that are not resolved, each with its place, in the order in which the places stand."""
    shown = threads_of(body, year)
    places = Places(order, shown.year, body, current_language())
    found = [(remark, places.where(Pin.of(remark))) for remark in shown.threads.open]
    return sorted(found, key=lambda each: (each[1].rank, each[0].id))[:FIRST]


def open_texts(body: Body, year: Any) -> dict[int, dict[str, list[str]]]:
    """Organisation id → code of an answer → the texts of the remarks on it that are not resolved."""
    found: dict[int, dict[str, list[str]]] = {}
    for remark in threads_of(body, year).threads.open:
        if remark.organisation_id is not None and remark.code is not None:
            found.setdefault(remark.organisation_id, {}).setdefault(remark.code, []).append(remark.text)
    return found


def lines(shown: Shown, places: Places, changes: list[CellChange]) -> list[Line]:
    """The remarks of a year: those that are not resolved first, each part in the order of the places."""
    pinned = [(remark, Pin.of(remark)) for remark in shown.threads.remarks]
    wanted = sorted({pin.organisation_id for _, pin in pinned if pin.organisation_id is not None})
    held = collection.held(current_viewer(), shown.year, wanted) if wanted else {}
    changed = {(each.organisation_id, each.code): each for each in changes if each.what == "answer"}
    order, spoken, found = places.order, current_language(), []
    for remark, pin in pinned:
        item, answer, change = order.by_code.get(pin.code or ""), "", None
        if item is not None and pin.organisation_id in held:
            answer = values.typed(order, item, held[pin.organisation_id].value(item.code), spoken) or gettext("no answer")
        if item is not None and (each := changed.get((pin.organisation_id, item.code))):
            change = before_and_now(order, each, spoken)
        found.append(Line(remark, places.where(pin), answer, change))
    return sorted(found, key=lambda line: (line.remark.resolved_at is not None, line.where.rank, line.remark.id))


def before_and_now(order: Order, change: CellChange, spoken: Language) -> tuple[str, str]:
    """What stood in a changed answer and what stands there, as people read it; a blank is empty."""
    item = order.by_code[change.code]
    return values.typed(order, item, change.old, spoken), values.typed(order, item, change.new, spoken)
