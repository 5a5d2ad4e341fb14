"""Many events about one cell as one change: from what stood there first to what stands there last."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from evaluation.answers.justifications import JUSTIFIED, WITHDRAWN
from evaluation.answers.prior_year_counts import figure_of
from evaluation.criteria.model import Order

ANSWER, REASON, FILE, FIGURE, MEMBER = "answer", "reason", "file", "figure", "member"
"""What is changed: an answer or item of evidence, the reason of a warning, a file, the body's own figure of last year; and
whether an organisation counts on the body's sheet."""
ATTACHED, REMOVED = "file_attached", "file_removed"


@dataclass(frozen=True)
class HandOver:
    """A hand-over of a body's year, the `seq`-th line of its chain in the record."""

    seq: int
    round: int
    who: str
    at: datetime


@dataclass(frozen=True)
class CellChange:
    """One cell, from `old` to `new` (stored form; None: nothing there), and who changed it last.

    `what` is one of ANSWER, REASON, FILE, FIGURE and MEMBER. `code` is the indicator's or item's, for a file and a figure the
    criterion's, empty for the reason of a warning of the whole report and for a member. `of` tells apart what has the same code:
    the rule of a reason, the hash of a file, the kind of a figure; of a member it is the BIN. A figure is of no organisation.
    """

    what: str
    organisation_id: int | None
    code: str
    of: str
    old: Any
    new: Any
    who: str
    at: datetime

    @property
    def cell(self) -> tuple[str, int | None, str, str]:
        return self.what, self.organisation_id, self.code, self.of


@dataclass(frozen=True)
class Told:
    """An event as it is read for this."""

    action: str
    organisation_id: int | None
    data: Mapping[str, Any]
    who: str
    at: datetime


def folded(order: Order, events: Iterable[Told], before: Iterable[Told] = ()) -> list[CellChange]:
    """The cells that these events, the oldest first, changed: old as before the first of them, new as after the last.

    Those that have their old value back are left out. `before` are the earlier events of reasons, which do not tell themselves
    what they replace.
    """
    reasons = {each.cell: each.new for event in before for each in _cells(order, event)}
    found: dict[tuple[str, int | None, str, str], CellChange] = {}
    for event in events:
        for each in _cells(order, event):
            old = found[each.cell].old if each.cell in found else reasons.get(each.cell) if each.what == REASON else each.old
            found[each.cell] = CellChange(*each.cell, old, each.new, each.who, each.at)
    return [each for each in found.values() if type(each.old) is not type(each.new) or each.old != each.new]


def _cells(order: Order, event: Told) -> Iterator[CellChange]:
    data, own, by = event.data, event.organisation_id, (event.who, event.at)
    if event.action in (JUSTIFIED, WITHDRAWN):
        new = data["reason"] if event.action == JUSTIFIED else None
        yield CellChange(REASON, own, str(data["code"] or ""), str(data["rule"]), None, new, *by)
    elif event.action in (ATTACHED, REMOVED):
        old, new = (None, data["file"]) if event.action == ATTACHED else (data["file"], None)
        yield CellChange(FILE, own, str(data["criterion"]), str(data["sha256"]), old, new, *by)
    else:
        # Answers by form, grid and workbook, figures, and what puts any of them back, all tell cell → [old, new].
        for key, pair in data.items():
            if not isinstance(pair, list) or len(pair) != 2:
                continue
            if own is not None and key in order.by_code:
                yield CellChange(ANSWER, own, key, "", pair[0], pair[1], *by)
            elif own is None and figure_of(key)[0] in order.kind:
                kind, criterion = figure_of(key)
                yield CellChange(FIGURE, None, criterion, kind, pair[0], pair[1], *by)
