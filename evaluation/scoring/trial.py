"""Tries an order on random reports: conditions that are never or always true, outcomes that are never taken, wrong directions."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

import numpy as np
import pandas as pd

from evaluation.criteria.count_conditions import AUDITED, BREACHES, LAST_YEAR
from evaluation.criteria.criterion import Criterion
from evaluation.criteria.expressions import Compare, columns, last_year_code, leaves
from evaluation.criteria.indicators import REGISTRY_FACTS, Indicator
from evaluation.criteria.model import Order, conditions
from evaluation.criteria.problem import Problem, warning
from evaluation.language import N_
from evaluation.scoring.conditions import TIYN_PER_TENGE, apply_implications, evaluate, is_certain
from evaluation.scoring.context import CautionContext, context_columns
from evaluation.scoring.frames import report_frame
from evaluation.scoring.outcomes import UNKNOWN_COUNT, outcome_positions, possible_outcomes
from evaluation.scoring.score import Scores, score

REPORT_COUNT = 1000
"""Random reports for each kind of organisation."""
ORGANISATIONS_OF_A_BODY = 10
BLANK, ALL_BLANK = 0.1, 0.02
"""The shares of blank answers, and of reports without any answer."""
SIZES = (*range(1, 41), 100, 1000)
"""Numbers of organisations of a body with which outcomes are tried."""

RISING_POINTS = N_(
    "more breaches give more points: of %(organisations)s organisations, %(breaches)s in breach give %(low)s, "
    "%(more)s in breach give %(high)s"
)


@dataclass(frozen=True)
class Trial:
    """The scores of the random reports, and warnings about conditions and outcomes."""

    scores: Scores
    problems: tuple[Problem, ...]


def try_order(order: Order) -> Trial:
    """Score random reports of every kind and look at each condition and outcome."""
    random = Random(order.code)  # noqa: S311 (the same reports each time)
    values = _values(order)
    frames = {kind: _frame(order, kind, values, random) for kind in order.kind}
    problems = [*_conditions(order, frames), *(problem for criterion in order.criteria for problem in _outcomes(criterion))]
    return Trial(score(order, frames), tuple(problems))


# ---- random reports ----


def _frame(order: Order, kind: str, values: dict[str, list[Any]], random: Random) -> pd.DataFrame:
    """The frame of random reports of a kind with all columns that conditions can read; `values` has those of each answer."""
    year = order.from_year
    indicators, evidence = ([item.code for item in items] for items in (order.indicators_of(kind), order.evidence_of(kind)))
    answers, last_answers, documents, facts = (
        [_answers(codes, values, random) for _ in range(REPORT_COUNT)]
        for codes in (indicators, indicators, evidence, list(REGISTRY_FACTS))
    )
    bodies = [f"{number // ORGANISATIONS_OF_A_BODY:012d}" for number in range(REPORT_COUNT)]
    organisations = [f"{number:012d}" for number in range(REPORT_COUNT)]
    frame = apply_implications(order, kind, report_frame(order, kind, bodies, organisations, answers))
    names = frozenset().union(*(columns(condition) for _, condition in conditions(order)))
    context = CautionContext(year, date(year + 1, 3, 1), documents, last_answers, order, registry=facts)
    return frame.assign(**context_columns(order, kind, answers, context, names))


def _answers(codes: list[str], values: dict[str, list[Any]], random: Random) -> dict[str, Any]:
    if random.random() < ALL_BLANK:
        return {}
    return {code: random.choice(values[code]) for code in codes if random.random() >= BLANK}


def _values(order: Order) -> dict[str, list[Any]]:
    """Values of each answer in stored form: choices, or numbers and days beside the ones that conditions compare it with."""
    constants: dict[str, set[int]] = {code: {0, 1, 1000} for code in order.in_conditions}
    for _, condition in conditions(order):
        for leaf in leaves(condition):
            if isinstance(leaf, Compare) and not leaf.right_is_column and isinstance(leaf.right, int):
                constants[last_year_code(leaf.left) or leaf.left].add(int(leaf.right))
    return {code: _values_of(order, item, constants[code]) for code, item in order.in_conditions.items()}


def _values_of(order: Order, item: Indicator, constants: set[int]) -> list[Any]:
    if item.type == "yes_no":
        return [True, False]
    if item.type == "choice":
        return [choice.value for choice in order.choices[item.choices or ""]]
    if item.type == "text":
        return ["мәтін"]
    if item.type == "date":
        year, (first, last) = order.from_year, item.days(order.from_year)
        days = [date(year, 1, 1), date(year, 6, 30), date(year, 12, 31), date(year + 1, 5, 31), first, last]
        near = [day + timedelta(days=offset) for day in days for offset in (-1, 0, 1)]
        return [day.isoformat() for day in near if first <= day <= last]
    unit = TIYN_PER_TENGE if item.type == "money" else 1
    values = sorted({constant * unit + offset for constant in {*constants, item.min or 0} for offset in (-1, 0, 1)})
    return [value for value in values if item.min is None or value >= item.min * unit]


# ---- conditions ----


def _conditions(order: Order, frames: dict[str, pd.DataFrame]) -> Iterator[Problem]:
    for key, condition in conditions(order):
        evaluated = [evaluate(order, condition, frame) for frame in frames.values() if columns(condition) <= set(frame.columns)]
        if not evaluated:
            yield warning(key, N_("no kind of organisation has all indicators that the condition reads"))
            continue
        if not any(is_certain(values).any() for values in evaluated):
            yield warning(key, N_("the condition was true in none of the random reports: can it be true?"))
        elif not any(is_certain(~values).any() for values in evaluated):
            yield warning(key, N_("the condition was true in all random reports: can it be false?"))


# ---- outcomes ----


def _outcomes(criterion: Criterion) -> Iterator[Problem]:
    possible = np.asarray(possible_outcomes(criterion, _all_open(np.array(SIZES))).any(axis=0))
    for position, entry in enumerate(criterion.outcomes):
        if not possible[position]:
            template = N_("the outcome is never taken: its condition is never true, or an earlier one always is")
            yield warning(f"criteria[{criterion.code}].scale[{entry.outcome}]", template)
    yield from _directions(criterion)


def _all_open(sizes: np.ndarray) -> dict[str, np.ndarray]:
    """The counts of bodies of these sizes whose answers are all blank."""
    zeros = np.zeros_like(sizes)
    names = ("in_breach", "audited", "audit_open", "audit_certain", "audit_by_breach")
    return dict.fromkeys(names, zeros) | {"organisations": sizes, "undecided": sizes, "previous": zeros + UNKNOWN_COUNT}


def _directions(criterion: Criterion) -> Iterator[Problem]:
    """Warn once if one more breach gives more points with all other counts the same."""
    points = np.array([entry.points for entry in criterion.outcomes])
    for size in (1, 2, 5, 10, 40):
        audits = np.arange(size + 1) if criterion.reads(AUDITED) else np.array([size])
        last_years = np.arange(size + 2) if criterion.reads(LAST_YEAR) else np.array([0])
        grids = np.meshgrid(np.arange(size + 1), audits, last_years, indexing="ij")
        states = dict(zip((BREACHES, AUDITED, LAST_YEAR), (grid.ravel() for grid in grids), strict=True))
        states["organisations"] = np.full(grids[0].size, size)
        scored = points[outcome_positions(criterion, states)].reshape(grids[0].shape)
        # More breaches than audits cannot be.
        rises = np.argwhere((scored[1:] > scored[:-1]) & (grids[0][1:] <= grids[1][1:]))
        if len(rises):
            breaches, *others = rises[0].tolist()
            yield warning(
                f"criteria[{criterion.code}].scale",
                RISING_POINTS,
                organisations=size,
                breaches=breaches,
                more=breaches + 1,
                low=int(scored[(breaches, *others)]),
                high=int(scored[(breaches + 1, *others)]),
            )
            return
