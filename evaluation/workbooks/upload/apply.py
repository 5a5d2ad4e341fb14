"""Stores what a plan says, in few statements however many rows there are, and records it."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import repeat
from typing import Any

from sqlalchemy import bindparam, update

from evaluation.answers.issues import Problem, Refused
from evaluation.answers.models import Report
from evaluation.answers.prior_year_counts import Declaration, declare
from evaluation.answers.save import ConcurrentChange
from evaluation.audit import operations as record
from evaluation.audit.operations import NewEvent
from evaluation.clock import now
from evaluation.database import db, encoded, insert_columns, table_of
from evaluation.policy import Viewer
from evaluation.workbooks.format.model import Sheet
from evaluation.workbooks.upload.model import Plan
from evaluation.workbooks.upload.plan import merged
from evaluation.workbooks.upload.queries import APPLIED

AT_ONCE = 500
"""Reports of one statement."""


def write(viewer: Viewer, plan: Plan, batch: str) -> int:
    """Store a plan without errors and record it under a batch; the number of new reports. The caller commits.

    Raises Refused where a report was changed since the plan was made; then nothing may be kept.
    """
    changed_at = now()
    events = _change(plan, changed_at)
    new = _insert(viewer, plan, changed_at, batch)
    record.write(viewer, events, batch)
    _declare(viewer, plan, batch)
    return new


def _insert(viewer: Viewer, plan: Plan, changed_at: datetime, batch: str) -> int:
    """The reports that are not there yet, and an event for each that holds anything. So many at a time: a country's would take
    as much memory again as the workbook."""
    connection, year = db.session.connection(), plan.workbook.year
    for kind, positions in plan.fresh.items():
        sheet, places = plan.workbook.sheets[kind], plan.places[kind]
        for start in range(0, len(positions), AT_ONCE):
            part = positions[start : start + AT_ONCE]
            values: dict[str, Sequence[Any]] = {
                "organisation_id": [places[position] for position in part],
                "answers": [sheet.answers[position] for position in part],
                "evidence": [sheet.evidence[position] for position in part],
                "year": (year,) * len(part),
                "version": (1,) * len(part),
                "changed_at": (changed_at,) * len(part),
            }
            insert_columns(connection, table_of(Report), values)
            told = list(_told(plan, sheet, places, part))
            if told:
                bodies, organisations, data = zip(*told, strict=True)
                record.write_many(viewer, APPLIED, year, bodies, organisations, data, batch)
    return sum(map(len, plan.fresh.values()))


def _told(plan: Plan, sheet: Sheet, places: list[int], positions: list[int]) -> Iterator[tuple[int, int, bytes]]:
    """Body, organisation and data of each new report's event. Each is encoded at once: to keep so many would take long."""
    bodies, nothing = sheet.columns.get("body_bin", ()), repeat(None)
    for position in positions:
        answers, evidence = sheet.answers[position], sheet.evidence[position]
        # From nothing to each value; by zip, since there may be as many as a country's.
        data = dict(zip(answers, zip(nothing, answers.values(), strict=False), strict=False))
        data |= zip(evidence, zip(nothing, evidence.values(), strict=False), strict=False)
        if data:
            yield plan.bodies[bodies[position]], places[position], encoded(data)


def _change(plan: Plan, changed_at: datetime) -> list[NewEvent]:
    """The reports that are there already: their new documents, in one statement."""
    rows, events = [], []
    for row in plan.met:
        if not row.data:
            continue
        sheet = plan.workbook.sheets[row.kind]
        answers = merged(row.stored.answers, sheet.answers[row.position], plan.mode)
        evidence = merged(row.stored.evidence, sheet.evidence[row.position], plan.mode)
        rows.append({"of": row.stored.id, "was": row.stored.version, "given": answers, "proof": evidence})
        body = plan.bodies[sheet.columns["body_bin"][row.position]]
        events.append(NewEvent(APPLIED, plan.workbook.year, body, row.organisation_id, row.data))
    if rows:
        table = table_of(Report)
        statement = (
            update(table)
            .where(table.c.id == bindparam("of"), table.c.version == bindparam("was"))
            .values(answers=bindparam("given"), evidence=bindparam("proof"), version=table.c.version + 1, changed_at=changed_at)
        )
        done = db.session.connection().execute(statement, rows)
        if done.rowcount != len(rows):
            raise Refused([Problem("changed_meanwhile")])
    return events


def _declare(viewer: Viewer, plan: Plan, batch: str) -> None:
    """Last year's counts as declared."""
    edits: dict[int, list[Declaration]] = {}
    for each in plan.declared:
        if plan.state_of(each) != "kept":
            edits.setdefault(each.body_id, []).append(Declaration(each.kind, each.criterion, each.new, each.old))
    for body in sorted(edits):
        try:
            conflicts = declare(viewer, plan.workbook.order, plan.workbook.year, body, edits[body], batch, today=plan.today)
        except ConcurrentChange as error:
            raise Refused([Problem("changed_meanwhile")]) from error
        if conflicts:
            raise Refused([Problem("changed_meanwhile")])
