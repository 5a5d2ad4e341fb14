"""Stores what a plan says, in few statements however many rows there are, and records it."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, update

from evaluation.collection.models import Report
from evaluation.collection.problems import Problem, Refused
from evaluation.collection.uploads import texts
from evaluation.collection.uploads.counts import CountEdit, store
from evaluation.collection.uploads.model import Plan
from evaluation.collection.uploads.planning import merged
from evaluation.collection.uploads.queries import APPLIED, DECLARED
from evaluation.database import db, insert_columns, now, table_of
from evaluation.policy import Viewer
from evaluation.record import operations as record
from evaluation.record.operations import NewEvent


def write(viewer: Viewer, plan: Plan, batch: str) -> int:
    """Store a plan without errors and record it under a batch; the number of new reports. The caller commits.

    Raises Refused where a report was changed since the plan was made; then nothing may be kept.
    """
    changed_at = now()
    events = _change(plan, changed_at)
    new = _insert(viewer, plan, changed_at, batch)
    record.write(viewer, [*events, *_declare(plan)], batch)
    return new


def _insert(viewer: Viewer, plan: Plan, changed_at: datetime, batch: str) -> int:
    """The reports that are not there yet, and an event for each that holds anything."""
    owners: list[int] = []
    bodies: list[int] = []
    columns: tuple[list[str], ...] = ([], [], [])
    for kind, positions in plan.fresh.items():
        sheet, places = plan.workbook.sheets[kind], plan.places[kind]
        whole = len(positions) == len(places)
        owners.extend(places if whole else [places[position] for position in positions])
        body_ids = [plan.bodies.get(body, 0) for body in sheet.columns["body_bin"]]
        bodies.extend(body_ids if whole else [body_ids[position] for position in positions])
        answers = sheet.answers if whole else [sheet.answers[position] for position in positions]
        evidence = sheet.evidence if whole else [sheet.evidence[position] for position in positions]
        first, second = texts.bare(answers), texts.bare(evidence)
        told = texts.joined(texts.changes(answers, first), texts.changes(evidence, second))
        for column, found in zip(columns, (texts.braced(first), texts.braced(second), told), strict=True):
            column.extend(found)
    if owners:
        count = len(owners)
        same = {"year": plan.workbook.year, "version": 1, "changed_at": changed_at}
        insert_columns(
            db.session.connection(),
            table_of(Report),
            {"organisation_id": owners, "answers": columns[0], "evidence": columns[1]}
            | {name: (value,) * count for name, value in same.items()},
            encoded=("answers", "evidence"),
        )
    if "" in columns[2]:
        holding = [position for position, text in enumerate(columns[2]) if text]
        bodies, owners, data = ([column[position] for position in holding] for column in (bodies, owners, columns[2]))
    else:
        data = columns[2]
    record.write_many(viewer, APPLIED, plan.workbook.year, bodies, owners, data, batch)
    return sum(map(len, plan.fresh.values()))


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


def _declare(plan: Plan) -> list[NewEvent]:
    """Last year's counts as declared; one event for each body."""
    wanted = [each for each in plan.declared if plan.state_of(each) != "kept"]
    edits = [CountEdit(each.body_id, each.kind, each.criterion, each.old, each.new) for each in wanted]
    if not store(plan.workbook.year, edits):
        raise Refused([Problem("changed_meanwhile")])
    data: dict[int, dict[str, Any]] = {}
    for each in wanted:
        data.setdefault(each.body_id, {})[each.key] = (each.old, each.new)
    return [NewEvent(DECLARED, plan.workbook.year, body, None, changes) for body, changes in data.items()]
