"""The parts of changes of random countries, from their scores: they sum to the difference of every row."""

from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Any, NamedTuple

import numpy as np
import pytest

from evaluation.comparison.changes.compute import RowLine, YearResults, compute_parts
from evaluation.comparison.changes.shapley import DENOMINATOR
from evaluation.comparison.changes.sources import Source
from evaluation.criteria import Order, load_order, load_orders
from evaluation.results.models import STATE_DIGITS
from evaluation.scoring import score
from evaluation.scoring.outcomes import UNKNOWN_COUNT
from tests.support.factories import random_answers, reports
from tests.support.paths import SECOND_ORDER

ORDERS = (load_orders().latest, load_order(SECOND_ORDER))
BODIES = 220
"""With the rows of their tables more than 5,000 pairs of rows under the two orders."""


class Organisation(NamedTuple):
    id: int
    kind: str
    body_before: int | None
    body_after: int | None


def draw_organisations(order: Order, random: Random, bodies: int) -> list[Organisation]:
    organisations = []
    for body in range(bodies):
        for _ in range(random.randint(0, 5)):
            kind, moved = random.choice(order.kinds).code, random.choice((None, random.randrange(bodies)))
            before, after = random.choice(((body, body), (body, body), (body, moved), (moved, body)))
            organisations.append(Organisation(len(organisations) + 1, kind, before, after))
    return organisations


def results_of(order: Order, random: Random, members: Sequence[tuple[int, str, int]], blank: float) -> YearResults:
    """Score random answers of organisations (id, kind, body) as one year."""
    rows: dict[str, list[Any]] = {}
    for id_, kind, body in sorted(members, key=lambda member: (member[2], member[0])):
        rows.setdefault(kind, []).append((f"{body:05}", f"{id_:05}", random_answers(order, kind, random, blank)))
    previous = {
        (f"{body:05}", kind, code): random.randint(0, 3)
        for _, kind, body in members
        for code in order.compared_criteria
        if random.random() < 0.8
    }
    scores = score(order, reports(order, rows), previous)
    digits = {
        (kind, row): dict(zip((line[1] for line in rows[kind]), states.tolist(), strict=True))
        for (kind, row), states in scores.states.items()
    }
    ids = {
        (body, kind): sorted(id_ for id_, other_kind, other in members if (other, other_kind) == (body, kind))
        for _, kind, body in members
    }
    names = ("body", "kind", "row", "criterion", "low", "previous")
    lines = {}
    for body, kind, row, criterion, low, prior in zip(*(scores.rows[name].tolist() for name in names), strict=True):
        states = "".join(STATE_DIGITS[digits[kind, row][f"{id_:05}"]] for id_ in ids[int(body), kind])
        lines[int(body), kind, row] = RowLine(criterion, low, None if prior == UNKNOWN_COUNT else prior, states)
    return YearResults(order, lines, {key: np.array(values) for key, values in ids.items()})


def check_sums(last_year: YearResults, this_year: YearResults) -> list[str]:
    """Compare the sums of the parts with the differences of the rows; return the sources of the parts."""
    parts = compute_parts(last_year, this_year)
    sums: Counter[Any] = Counter()
    for part in parts:
        sums[part.body_id, part.kind, part.row] += part.numerator
    for key in last_year.rows.keys() | this_year.rows.keys():
        before, after = (year.rows[key].low if key in year.rows else 0 for year in (last_year, this_year))
        assert sums[key] == (after - before) * DENOMINATOR, key
    return [part.source for part in parts]


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.code)
@pytest.mark.parametrize("blank", (0.0, 0.3))
def test_parts_sum_to_the_difference_of_every_row(order: Order, blank: float) -> None:
    random = Random(f"changes {order.code} {blank}")
    organisations = draw_organisations(order, random, BODIES)
    before = [(item.id, item.kind, item.body_before) for item in organisations if item.body_before is not None]
    after = [(item.id, item.kind, item.body_after) for item in organisations if item.body_after is not None]
    sources = check_sums(results_of(order, random, before, blank), results_of(order, random, after, blank))
    expected = set(Source) - {Source.ORDER} - (set() if blank else {Source.BLANKS})
    assert set(sources) == expected


def test_another_order(order: Order) -> None:
    """Under an order without a row, and with one more, their points are the part of the order."""
    random = Random("another order")
    first, *others = order.form.tables
    shorter = first.model_copy(update={"rows": tuple(row for row in first.rows if row != first.scored_rows[0])})
    shorter.__dict__.pop("scored_rows", None)
    other = order.model_copy(update={"form": order.form.model_copy(update={"tables": (shorter, *others)})})
    for name in ("table", "compared_criteria"):
        other.__dict__.pop(name, None)
    members = [(id_, first.kind, id_ % 5) for id_ in range(20)]
    last_year = results_of(order, random, members, 0.0)
    this_year = results_of(other, random, members, 0.0)
    lost = [part for part in compute_parts(last_year, this_year) if part.row == first.scored_rows[0].number]
    assert lost and {part.source for part in lost} == {Source.ORDER}
    check_sums(last_year, this_year)
    check_sums(this_year, last_year)


def test_points_that_the_states_do_not_explain_are_the_part_of_the_order(order: Order) -> None:
    """An accepted sheet keeps its points though the registry or the order's file changed later."""
    random = Random("accepted")
    members = [(id_, order.kinds[0].code, id_ % 3) for id_ in range(12)]
    last_year, this_year = (results_of(order, random, members, 0.0) for _ in range(2))
    assert Source.ORDER not in check_sums(last_year, this_year)
    key, line = next((key, line) for key, line in this_year.rows.items() if line.low == 0)
    accepted = YearResults(order, this_year.rows | {key: line._replace(low=1)}, this_year.organisation_ids)
    assert Source.ORDER in check_sums(last_year, accepted)
