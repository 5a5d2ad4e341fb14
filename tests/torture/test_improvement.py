"""What it would take equals brute force over all sets of organisations, for random small bodies under both orders.

`make torture` tries 5,000 bodies; `make test` fewer.
"""

import itertools
import os
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest

from evaluation.comparison.improvement.model import BreachRow
from evaluation.comparison.improvement.points import breach_row
from evaluation.comparison.improvement.solver import improvement_steps
from evaluation.criteria import Order, load_order
from evaluation.results.models import STATE_DIGITS
from tests.support.paths import ROOT, SECOND_ORDER

TRIALS = 5000 if "TRIALS" in os.environ else 100
FIRST = int(os.environ.get("SEED", "0"))
MAX_ORGANISATIONS = 4
"""Of one kind: brute force tries every set of the organisations of two kinds."""
FILES = (ROOT / "evaluation/criteria/order_47_2022.toml", SECOND_ORDER)

FILLINGS: dict[int, tuple[tuple[int, int], ...]] = {
    0b0000: ((0, 0), (0, 1)),
    0b0100: ((0, 1),),
    0b1000: ((0, 0),),
    0b0101: ((1, 1),),
    0b0010: ((0, 0), (0, 1), (1, 1)),
    0b0110: ((0, 1), (1, 1)),
    0b1010: ((0, 0), (1, 1)),
}
"""State of an organisation under a criterion with audits → what it can be: whether it is in breach and whether it was audited."""
WITHOUT_AUDITS: dict[int, tuple[tuple[int, int], ...]] = {0b00: ((0, 0),), 0b01: ((1, 0),), 0b10: ((0, 0), (1, 0))}
CORRECTED = {0b0101: 0b0100, 0b01: 0b00}
"""A corrected organisation is not in breach and stays audited."""
LAST_YEARS = range(40)
"""What an unknown count of the year before is tried as: beyond the roots of both orders' conditions for so few organisations."""


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_smallest_sets_equal_brute_force(file: Path) -> None:
    order, scales = load_order(file), scales_of(file)
    for seed in range(FIRST, FIRST + TRIALS // len(FILES)):
        random = Random(f"{order.code} {seed}")
        body = random_body(order, random)
        steps = improvement_steps(tuple(breach_rows(order, body)))
        gains = [step.gain for step in steps]
        smallest = {
            gain: next(step.size for step in steps if step.gain >= gain) for gain in range(1, gains[-1] + 1 if gains else 1)
        }
        assert smallest == brute_force(order, scales, body), f"seed {seed}"
        assert gains == sorted(set(gains)) and [step.size for step in steps] == sorted({step.size for step in steps})
        for step in steps:
            assert points_of(order, scales, body, step.organisations) - points_of(order, scales, body, frozenset()) == step.gain


Body = dict[tuple[str, str], tuple[list[int], list[int], int | None]]
"""Row → ids of the organisations, their states, and the prior-year count."""
Scale = tuple[tuple[tuple[str | None, int], ...], bool]
"""The outcomes of a criterion as written in the file, condition and points; and whether the criterion has audits."""


def random_body(order: Order, random: Random) -> Body:
    body: Body = {}
    for table in random.sample(order.form.tables, min(2, len(order.form.tables))):
        ids = [order.form.tables.index(table) * 100 + number for number in range(random.randint(1, MAX_ORGANISATIONS))]
        share = random.random()
        for row in table.scored_rows:
            criterion = order.criterion[str(row.criterion)]
            states = list(FILLINGS if criterion.audited is not None else WITHOUT_AUDITS)
            breach = next(state for state in states if state & 1)
            drawn = [breach if random.random() < share else random.choice(states) for _ in ids]
            previous = random.choice((None, *range(2 * MAX_ORGANISATIONS))) if criterion.compares_with_last_year else None
            body[table.kind, row.number] = ids, drawn, previous
    return body


def breach_rows(order: Order, body: Body) -> list[BreachRow]:
    rows = {(table.kind, row.number): str(row.criterion) for table in order.form.tables for row in table.scored_rows}
    return [
        breach_row(key, order.criterion[rows[key]], ids, "".join(STATE_DIGITS[state] for state in states), previous)
        for key, (ids, states, previous) in body.items()
    ]


def brute_force(order: Order, scales: Mapping[str, Scale], body: Body) -> dict[int, int]:
    """Gain → the smallest number of organisations that gives at least this gain, by trying all sets of each kind."""
    best_of_kinds: list[dict[int, int]] = []
    for kind in dict.fromkeys(kind for kind, _ in body):
        of_kind = {key: value for key, value in body.items() if key[0] == kind}
        now, ids = points_of(order, scales, of_kind, frozenset()), next(iter(of_kind.values()))[0]
        best: dict[int, int] = {}
        for size in range(len(ids) + 1):
            for corrected in itertools.combinations(ids, size):
                best.setdefault(points_of(order, scales, of_kind, frozenset(corrected)) - now, size)
        best_of_kinds.append(best)
    totals: dict[int, int] = {}
    for choice in itertools.product(*(best.items() for best in best_of_kinds)):
        total, size = (sum(part) for part in zip(*choice, strict=True))
        for gain in range(1, total + 1):
            totals[gain] = min(size, totals.get(gain, size))
    return dict(sorted(totals.items()))


def points_of(order: Order, scales: Mapping[str, Scale], body: Body, corrected: frozenset[int]) -> int:
    """The highest points that the blanks allow once these organisations are corrected."""
    total = 0
    for (kind, number), (ids, states, previous) in body.items():
        row = next(row for row in order.table[kind].scored_rows if row.number == number)
        scale = scales[str(row.criterion)]
        after = tuple(
            sorted(CORRECTED.get(state, state) if id_ in corrected else state for id_, state in zip(ids, states, strict=True))
        )
        total += highest_points(scale, after, previous)
    return total


@cache
def highest_points(scale: Scale, states: tuple[int, ...], previous: int | None) -> int:
    outcomes, has_audits = scale
    fillings = itertools.product(*((FILLINGS if has_audits else WITHOUT_AUDITS)[state] for state in states))
    counts = {tuple(map(sum, zip(*filling, strict=True))) for filling in fillings}
    last_years = LAST_YEARS if previous is None else (previous,)
    return max(
        points_by(outcomes, {"organisations": len(states), "breaches": breaches, "audited": audited, "last_year": last_year})
        for breaches, audited in counts
        for last_year in last_years
    )


def points_by(outcomes: tuple[tuple[str | None, int], ...], counts: Mapping[str, int]) -> int:
    """The points of the first outcome whose condition Python finds true."""
    return next(points for when, points in outcomes if when is None or eval(when, {}, dict(counts)))


def scales_of(file: Path) -> dict[str, Scale]:
    criteria: list[dict[str, Any]] = tomllib.loads(file.read_text(encoding="utf-8"))["criteria"]
    return {
        criterion["code"]: (
            tuple((entry.get("when"), entry["points"]) for entry in criterion["scale"] if "outcome" in entry),
            "audited" in criterion,
        )
        for criterion in criteria
    }
