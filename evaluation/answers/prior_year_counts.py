"""The figures of the year before that a body declares itself, where the product does not hold last year's reports.

The one way by which the body's page, a workbook and its undo change them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from evaluation.answers import queries
from evaluation.answers.models import DeclaredCount
from evaluation.answers.queries import DECLARED
from evaluation.answers.save import MEANWHILE, ConcurrentChange, UnknownCell
from evaluation.audit.operations import NewEvent, write
from evaluation.criteria.model import Order
from evaluation.database import db, hold, insert_unless_there, table_of
from evaluation.policy import Action, Viewer
from evaluation.submissions.locks import Locked

Figure = tuple[str, str]
"""The kind of organisation and the criterion that a figure is of."""


def key_of(kind: str, criterion: str) -> str:
    """What the record calls a figure."""
    return f"{kind}/{criterion}"


def figure_of(key: str) -> Figure:
    """The kind and criterion of a figure that the record calls so."""
    kind, _, criterion = key.partition("/")
    return kind, criterion


@dataclass(frozen=True)
class Declaration:
    """A body's own figure of the year before, organisations of a kind in breach of a criterion, and the one it replaces.

    None is no figure.
    """

    kind: str
    criterion: str
    value: int | None
    was: int | None = None

    @property
    def figure(self) -> Figure:
        return self.kind, self.criterion

    @property
    def key(self) -> str:
        """What the record calls it."""
        return key_of(self.kind, self.criterion)


@dataclass(frozen=True)
class DeclarationConflict:
    """A figure that somebody else changed meanwhile: what it is now, who gave it and when, where the record tells."""

    edit: Declaration
    theirs: int | None
    who: str
    at: datetime | None


def declare(
    viewer: Viewer,
    order: Order,
    year: int,
    body_id: int,
    edits: Sequence[Declaration],
    batch: str | None = None,
    action: str = DECLARED,
    today: date | None = None,
) -> tuple[DeclarationConflict, ...]:
    """Store a body's own figures of the year before `year` and record them in one event of this action; the caller commits.

    Where any figure was changed by somebody else meanwhile, nothing is stored and what they gave is returned. `today` is as of
    :func:`evaluation.answers.save.save`. Raises Forbidden; Locked where the year takes no changes; UnknownCell for a kind
    and criterion without such a figure, and for one below 0; ChangedMeanwhile where a figure was taken at the same moment: then
    nothing may be kept.
    """
    viewer.require(Action.EDIT, body_id)
    criteria = {criterion.code for criterion, _ in order.declared()}
    for each in edits:
        if each.kind not in order.kind or each.criterion not in criteria or (each.value is not None and each.value < 0):
            raise UnknownCell(each.key)
    # Shared: whoever applies a workbook holds the year so already, and two who did could not both have it alone.
    hold(body_id, year)
    if lock := queries.lock(viewer, year, body_id, today):
        raise Locked(lock)
    stored = queries.declared_by(viewer, year, body_id)
    fresh = [each for each in edits if stored.get(each.figure) != each.value]
    conflicts = tuple(
        DeclarationConflict(each, theirs, *(queries.last_declaration(viewer, year, body_id, each.key) or ("", None)))
        for each in fresh
        if (theirs := stored.get(each.figure)) != each.was
    )
    if conflicts or not fresh:
        return conflicts
    if not all(_store(year, body_id, each) for each in fresh):
        raise ConcurrentChange(MEANWHILE)
    write(viewer, [NewEvent(action, year, body_id, data={each.key: [each.was, each.value] for each in fresh})], batch)
    return ()


def _store(year: int, body_id: int, edit: Declaration) -> bool:
    """Put the figure in the place of the one it was; False where another stands there by now."""
    table, connection = table_of(DeclaredCount), db.session.connection()
    own = {"year": year, "body_id": body_id, "kind": edit.kind, "criterion": edit.criterion}
    if edit.was is None:
        return insert_unless_there(connection, table, {**own, "count": edit.value})
    there = [table.c[name] == value for name, value in {**own, "count": edit.was}.items()]
    statement = table.delete() if edit.value is None else table.update().values(count=edit.value)
    return connection.execute(statement.where(*there)).rowcount == 1
