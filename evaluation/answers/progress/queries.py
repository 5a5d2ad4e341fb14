"""Reads of how far a body's year has come, each within what its viewer may see."""

from collections.abc import Collection
from datetime import date
from typing import Any

import orjson
from sqlalchemy import Select, Text, cast, select

from evaluation.answers import queries as collection
from evaluation.answers.checks import Kept
from evaluation.answers.models import Justification, Report
from evaluation.answers.progress.compose import Around, Line, progress, states, under_way
from evaluation.answers.progress.model import BodyState
from evaluation.criteria.model import Order
from evaluation.database import db, tuples
from evaluation.memory import bulk
from evaluation.policy import Viewer
from evaluation.registry import queries as registry
from evaluation.registry.models import Body, Organisation, Supervision
from evaluation.registry.queries import as_of, visible
from evaluation.scoring.conditions import imply


def lines(viewer: Viewer, year: int, body_id: int) -> list[Line]:
    """A body's organisations on 31 December of the year with their reports, by BIN."""
    columns: tuple[Any, ...] = (Body.bin, Organisation.id, Organisation.bin, Organisation.kind, Report.version)
    statement = (
        select(*columns, cast(Report.answers, Text), cast(Report.evidence, Text))
        .select_from(Supervision)
        .join(Body, Body.id == Supervision.body_id)
        .join(Organisation, Organisation.id == Supervision.organisation_id)
        .outerjoin(Report, (Report.organisation_id == Organisation.id) & (Report.year == year))
        .where(as_of(year), Body.id == body_id)
        .order_by(Organisation.bin)
    )
    return [
        Line(body, id_, bin_, kind, version or 0, orjson.loads(answers or "{}"), orjson.loads(evidence or "{}"))
        for body, id_, bin_, kind, version, answers, evidence in tuples(visible(statement, viewer))
    ]


def last_answers(viewer: Viewer, year: int, body_id: int) -> dict[int, dict[str, Any]]:
    """Last year's answers of the organisations that a body has this year, where the viewer may see their body of last year."""
    before = select(Supervision.organisation_id).join(Body, Body.id == Supervision.body_id).where(as_of(year - 1))
    statement = (
        select(Report.organisation_id, cast(Report.answers, Text))
        .where(Report.year == year - 1, Report.organisation_id.in_(_members(viewer, year, body_id)))
        .where(Report.organisation_id.in_(visible(before, viewer)))
    )
    return {owner: orjson.loads(answers) for owner, answers in tuples(statement)}


def justifications(viewer: Viewer, year: int, body_id: int) -> dict[tuple[int, str, str], Justification]:
    """The reasons given in a body's year by (organisation id, rule, code); the code is empty where there is no cell."""
    statement = select(Justification).where(
        Justification.year == year, Justification.organisation_id.in_(_members(viewer, year, body_id))
    )
    return {(item.organisation_id, item.rule, item.code): item for item in db.session.scalars(statement)}


def _members(viewer: Viewer, year: int, body_id: int) -> Select[Any]:
    statement = select(Supervision.organisation_id).join(Body, Body.id == Supervision.body_id)
    return visible(statement.where(as_of(year), Body.id == body_id), viewer)


@bulk()
def body_state(
    viewer: Viewer, order: Order, year: int, body_id: int, today: date, organisation_ids: Collection[int] | None = None
) -> BodyState:
    """How far a body's year has come: of all its organisations on 31 December, or of these alone.

    Costs follow from all the organisations of a kind, whichever are asked for. Empty where the viewer may not see the body.
    """
    wanted = None if organisation_ids is None else set(organisation_ids)
    by_kind: dict[str, list[Line]] = {kind: [] for kind in order.kind}
    found = [line for line in lines(viewer, year, body_id) if line.kind in by_kind]
    for line in found:
        by_kind[line.kind].append(line)
    asked = {kind: all_ for kind, all_ in by_kind.items() if any(wanted is None or line.id in wanted for line in all_)}
    if not asked:
        return BodyState({})
    around = Around(
        order,
        year,
        today,
        registry.order_of(year - 1),
        last_answers(viewer, year, body_id),
        {
            key: (item.value, Kept(item.reason, item.given_by, item.given_at))
            for key, item in justifications(viewer, year, body_id).items()
        },
        collection.previous(viewer, year, [body_id]),
        under_way(found),
    )
    made = (state for kind, all_ in asked.items() for state in states(around, kind, all_))
    return BodyState({state.id: state for state in made if wanted is None or state.id in wanted})


@bulk()
def answers_given(viewer: Viewer, order: Order, year: int, body_ids: Collection[int]) -> dict[str, tuple[int, int]]:
    """Body BIN → (answers given, answers asked for) of these bodies; one without organisations is left out."""
    given: dict[str, tuple[int, int]] = {}
    for kind, frame in collection.reports(viewer, order, year, body_ids).items():
        filled = imply(order, kind, frame)
        for body, (answered, blank) in zip(filled["body"], progress(order, kind, filled), strict=True):
            before = given.get(body, (0, 0))
            given[body] = before[0] + answered, before[1] + answered + len(blank)
    return given
