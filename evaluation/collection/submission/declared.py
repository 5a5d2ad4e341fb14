"""The figures of the year before that a body declares itself, where the product does not hold last year's reports."""

from collections.abc import Sequence

from evaluation.collection.models import DeclaredCount
from evaluation.collection.saving import UnknownCell
from evaluation.collection.submission import queries
from evaluation.collection.submission.model import Declaration, DeclarationConflict
from evaluation.collection.submission.operations import require_open
from evaluation.criteria.model import Order
from evaluation.database import db, hold, table_of
from evaluation.policy import Action, Viewer
from evaluation.record.operations import NewEvent, write


def declare(
    viewer: Viewer, order: Order, year: int, body_id: int, declarations: Sequence[Declaration]
) -> tuple[DeclarationConflict, ...]:
    """Store a body's own figures of the year before `year`, organisations in breach by kind and criterion; None takes one back.

    Where any figure was changed by somebody else meanwhile, nothing is stored and what they gave is returned. Raises Forbidden;
    Locked where the year was handed over; UnknownCell for a kind and criterion without such a figure, and for one below 0.
    """
    viewer.require(Action.EDIT, body_id)
    allowed = {(table.kind, row.criterion) for table in order.form.tables for row in table.scored_rows}
    allowed &= {(kind, criterion.code) for kind in order.kind for criterion, _ in order.declared()}
    for each in declarations:
        if (each.kind, each.criterion) not in allowed or (each.count is not None and each.count < 0):
            raise UnknownCell(_key(each))
    hold(body_id, year, alone=True)
    current = queries.submission(viewer, year, body_id)
    require_open(current.state if current else None, year)
    stored = queries.declared_by(viewer, year, body_id)
    fresh = [each for each in declarations if stored.get((each.kind, each.criterion)) != each.count]
    conflicts = tuple(
        DeclarationConflict(each, theirs, *(queries.last_declaration(viewer, year, body_id, _key(each)) or ("", None)))
        for each in fresh
        if (theirs := stored.get((each.kind, each.criterion))) != each.was
    )
    if conflicts or not fresh:
        return conflicts
    for each in fresh:
        _store(year, body_id, each)
    data = {_key(each): [stored.get((each.kind, each.criterion)), each.count] for each in fresh}
    write(viewer, [NewEvent(queries.DECLARED, year, body_id, data=data)])
    return ()


def _store(year: int, body_id: int, given: Declaration) -> None:
    table = table_of(DeclaredCount)
    own = {"year": year, "body_id": body_id, "kind": given.kind, "criterion": given.criterion}
    db.session.execute(table.delete().where(*(table.c[name] == value for name, value in own.items())))
    if given.count is not None:
        db.session.execute(table.insert().values(**own, count=given.count))


def _key(given: Declaration) -> str:
    return f"{given.kind}/{given.criterion}"
