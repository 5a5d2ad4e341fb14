"""The counts of the year before that a body declares itself, where last year's reports do not give them.

The body's page, a workbook and the undo of a workbook change them only through this module.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from evaluation.answers import queries
from evaluation.answers.models import DeclaredCount
from evaluation.answers.save import ConcurrentChange, UnknownCell
from evaluation.audit.actions import AuditAction
from evaluation.audit.operations import NewEvent, append_events
from evaluation.criteria.model import Order
from evaluation.database import advisory_lock, db, insert_if_absent, table_of
from evaluation.policy import Action, Viewer
from evaluation.submissions import queries as submissions
from evaluation.submissions.locks import Locked

CountKey = tuple[str, str]
"""The kind of organisation and the criterion of a count."""


def audit_key(kind: str, criterion: str) -> str:
    """Return the key of a count in the data of audit events."""
    return f"{kind}/{criterion}"


def count_key(key: str) -> CountKey:
    """Return the kind and criterion of a key in the data of audit events."""
    kind, _, criterion = key.partition("/")
    return kind, criterion


@dataclass(frozen=True)
class CountInput:
    """A count to declare: organisations of a kind in breach of a criterion last year, and the expected stored count.

    None is no count.
    """

    kind: str
    criterion: str
    value: int | None
    expected: int | None = None

    @property
    def count_key(self) -> CountKey:
        """Kind and criterion."""
        return self.kind, self.criterion

    @property
    def audit_key(self) -> str:
        """The key in the data of audit events."""
        return audit_key(self.kind, self.criterion)


@dataclass(frozen=True)
class CountConflict:
    """A count that someone else changed: the stored count, and by whom and when where the audit log says so."""

    count_input: CountInput
    stored_count: int | None
    author: str
    changed_at: datetime | None


def save_declared_counts(
    viewer: Viewer,
    order: Order,
    year: int,
    body_id: int,
    inputs: Sequence[CountInput],
    batch: str | None = None,
    action: AuditAction = AuditAction.PRIOR_YEAR_COUNTS_DECLARED,
    today: date | None = None,
) -> tuple[CountConflict, ...]:
    """Store the counts that a body declares for the year before `year`, and write one audit event; the caller commits.

    `today` is the day (Asia/Almaty) by which the year may be locked, by default the current one.

    Returns:
        The conflicts. With any conflict nothing is stored.

    Raises:
        Forbidden: The viewer cannot edit the body's data.
        Locked: The year takes no changes.
        UnknownCell: The kind and criterion have no such count, or the value is below 0.
        ConcurrentChange: Someone else stored a count at the same moment. The caller must roll back.
    """
    viewer.require(Action.EDIT, body_id)
    criteria = {criterion.code for criterion, _ in order.prior_year_counts()}
    for item in inputs:
        if item.kind not in order.kind or item.criterion not in criteria or (item.value is not None and item.value < 0):
            raise UnknownCell(item.audit_key)
    # A shared lock: applying a workbook holds one already, and two people who do could not both upgrade to an exclusive one.
    advisory_lock(body_id, year)
    if lock := submissions.lock(viewer, year, body_id, today):
        raise Locked(lock)
    stored = queries.declared_counts_of_body(viewer, [year], body_id)[year]
    changes = [item for item in inputs if stored.get(item.count_key) != item.value]
    conflicts = tuple(
        CountConflict(item, count, *(queries.last_declaration(viewer, year, body_id, item.audit_key) or ("", None)))
        for item in changes
        if (count := stored.get(item.count_key)) != item.expected
    )
    if conflicts or not changes:
        return conflicts
    if not all(_store(year, body_id, item) for item in changes):
        raise ConcurrentChange
    data = {item.audit_key: [item.expected, item.value] for item in changes}
    append_events(viewer, [NewEvent(action, year, body_id, data=data)], batch)
    return ()


def _store(year: int, body_id: int, item: CountInput) -> bool:
    """Replace the expected count; return False when another count is stored."""
    table, connection = table_of(DeclaredCount), db.session.connection()
    key = {"year": year, "body_id": body_id, "kind": item.kind, "criterion": item.criterion}
    if item.expected is None:
        return insert_if_absent(connection, table, {**key, "count": item.value})
    matches = [table.c[name] == value for name, value in {**key, "count": item.expected}.items()]
    statement = table.delete() if item.value is None else table.update().values(count=item.value)
    return connection.execute(statement.where(*matches)).rowcount == 1
