"""The smallest sets of organisations whose correction gives more points: exact, by integer programming with HiGHS.

Taking the organisation with the best single effect first is not enough: a row gives points only when enough of its breaches are
gone, and one organisation is in breach of several rows. An organisation has one kind, so each table is a problem of its own, and
their solutions are combined. Organisations that are in breach of the same rows are alike: the unknowns of a table are how many of
each such group are corrected, and which number of points each row then has. HiGHS proves the minimum by branch and bound; what it
returns is checked against the rows' own points.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any

import highspy

from evaluation.comparison.improvement.model import BreachRow, Step

Group = tuple[frozenset[int], list[int]]
"""The positions of the rows that organisations are in breach of, and the ids of these organisations in ascending order."""


@dataclass(frozen=True)
class Level:
    """A range of remaining breaches, both ends included, in which a row has the same points."""

    lowest: int
    highest: int
    points: int


@lru_cache(maxsize=256)
def improvement_steps(rows: tuple[BreachRow, ...]) -> tuple[Step, ...]:
    """Return the steps to more points, from the smallest gain to the largest.

    For each gain that can be reached, the first step with at least this gain has the smallest number of organisations that gives
    it. Each step gains more points with more organisations than the one before. Cached, because the steps of a body with a
    thousand organisations take seconds, and its page is opened once for each step.

    Args:
        rows: The scored rows of one body, each table's rows together.
    """
    combined = [Step(0, frozenset())]
    for _, of_kind in groupby(rows, key=lambda row: row.key[0]):
        table_steps = [Step(0, frozenset()), *_table_steps(list(of_kind))]
        combined = _without_dominated(
            Step(first.gain + second.gain, first.organisations | second.organisations)
            for first in combined
            for second in table_steps
        )
    return tuple(combined[1:])


def _without_dominated(steps: Iterable[Step]) -> list[Step]:
    """The steps that no other one equals in gain with as few organisations, by gain."""
    efficient: list[Step] = []
    for step in sorted(steps, key=lambda step: (step.size, -step.gain)):
        if not efficient or step.gain > efficient[-1].gain:
            efficient.append(step)
    return efficient


def _table_steps(rows: list[BreachRow]) -> list[Step]:
    """The steps of one table."""
    rows = [row for row in rows if max(row.points) > min(row.points)]
    groups = _groups(rows)
    current, steps = sum(row.current for row in rows), list[Step]()
    while rows and (counts := _solve(rows, groups, current + (steps[-1].gain if steps else 0) + 1)) is not None:
        chosen = [ids[:count] for (_, ids), count in zip(groups, counts, strict=True)]
        corrected = frozenset(id_ for ids in chosen for id_ in ids)
        steps.append(Step(sum(row.points_without(corrected) for row in rows) - current, corrected))
    return steps


def _groups(rows: Sequence[BreachRow]) -> list[Group]:
    rows_of: dict[int, frozenset[int]] = {}
    for position, row in enumerate(rows):
        for id_ in row.in_breach:
            rows_of[id_] = rows_of.get(id_, frozenset()) | {position}
    groups: dict[frozenset[int], list[int]] = {}
    for id_ in sorted(rows_of):
        groups.setdefault(rows_of[id_], []).append(id_)
    return list(groups.items())


def _levels(row: BreachRow) -> list[Level]:
    numbers = groupby(range(len(row.points)), key=row.points.__getitem__)
    ranges = [(points, list(of_level)) for points, of_level in numbers]
    return [Level(of_level[0], of_level[-1], points) for points, of_level in ranges]


def _solve(rows: Sequence[BreachRow], groups: Sequence[Group], required: int) -> list[int] | None:
    """Return how many organisations of each group to correct for the required points of the table; None if nothing gives them.

    The number is minimal, and the points are the highest that this number can give.

    Raises:
        RuntimeError: The solver did not prove a minimum, or its solution does not have the points.
    """
    model = highspy.Highs()  # type: ignore[no-untyped-call]
    for option, value in {"output_flag": False, "threads": 1, "mip_rel_gap": 0.0, "mip_abs_gap": 0.0}.items():
        model.setOptionValue(option, value)
    corrected = [model.addIntegral(0, len(ids)) for _, ids in groups]
    of_rows = [
        [number for number, (of_group, _) in zip(corrected, groups, strict=True) if row in of_group] for row in range(len(rows))
    ]
    points = model.qsum(_add_row(model, row, of_row) for row, of_row in zip(rows, of_rows, strict=True))
    model.addConstr(points >= required)
    # One organisation weighs more than all points together: the number is minimal, then the points are maximal.
    weight = 1 + sum(max(row.points) for row in rows)
    model.minimize(weight * model.qsum(corrected) - points)
    if model.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
        return None
    counts = [round(value) for value in model.vals(corrected)]
    if model.getModelStatus() != highspy.HighsModelStatus.kOptimal or _points(rows, groups, counts) < required:
        raise RuntimeError(f"no proved minimum for {required} points: {model.getModelStatus()}")
    return counts


def _add_row(model: highspy.Highs, row: BreachRow, corrected: Sequence[highspy.highs.highs_var]) -> Any:
    """Add the constraints of a row; return its points. Exactly one level is chosen, and the remaining breaches are within it.

    `corrected` are the unknown numbers of corrected organisations of those groups that are in breach of the row.
    """
    levels = _levels(row)
    chosen = [model.addBinary() for _ in levels]
    remaining = len(row.in_breach) - model.qsum(corrected)
    lowest, highest, points = (
        model.qsum(getattr(level, name) * is_chosen for level, is_chosen in zip(levels, chosen, strict=True))
        for name in ("lowest", "highest", "points")
    )
    model.addConstr(model.qsum(chosen) == 1)
    model.addConstr(remaining >= lowest)
    model.addConstr(remaining <= highest)
    return points


def _points(rows: Sequence[BreachRow], groups: Sequence[Group], counts: Sequence[int]) -> int:
    corrected = frozenset(id_ for (_, ids), count in zip(groups, counts, strict=True) for id_ in ids[:count])
    return sum(row.points_without(corrected) for row in rows)
