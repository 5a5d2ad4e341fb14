"""Random sequences of operations on the registry, answers and years: the audit log records all of them.

Afterwards the audit log reconstructs what is stored, now and at earlier moments. `make torture` runs longer sequences.
"""

import os
from collections import Counter
from random import Random
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from evaluation.audit.verification import verify_audit_log
from evaluation.clock import precise_now
from evaluation.comparison.changes.compute import compute_parts
from evaluation.comparison.changes.models import ChangePart
from evaluation.comparison.changes.operations import refresh_changes
from evaluation.comparison.changes.queries import states_of, year_results
from evaluation.comparison.changes.shapley import DENOMINATOR
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.language import language
from evaluation.registry import queries as registry
from evaluation.results.operations import check, refresh
from evaluation.review.history.reconstruct import sheet_as_of
from evaluation.review.integrity import discrepancies
from evaluation.sheets import queries as sheets
from tests.torture.operations import WEIGHTED_OPERATIONS, Operator
from tests.torture.random_source import REFUSALS, SYSTEM

RUNS, STEPS = (int(os.environ.get("EXAMPLES", "40")), 120) if "TRIALS" in os.environ else (1, 60)


def sheet_inputs() -> dict[tuple[str, int], Any]:
    """(body BIN, year) → the current input of its sheet."""
    every = [(body, opened.year) for body in registry.all_bodies(SYSTEM) for opened in registry.years()]
    return {(body.bin, year): sheets.read_sheet_input(SYSTEM, body, year) for body, year in every}


def check_results(refresh_first: bool) -> None:
    """Stored results that are not stale equal a fresh scoring; after scoring the stale ones none is stale."""
    if refresh_first:
        refresh()
    comparison = check()
    assert comparison.differences == ()
    bodies = [len(registry.all_bodies(SYSTEM, opened.year)) for opened in registry.years()]
    assert comparison.compared + comparison.stale == sum(bodies)
    assert not refresh_first or comparison.stale == 0


def check_changes() -> None:
    """The parts of changes, of which only the stale ones are computed, equal those computed anew, and sum to the differences."""
    for year in (opened.year for opened in registry.years()):
        if registry.reporting_year(year - 1) is None:
            continue
        refresh_changes(year)
        states = states_of(SYSTEM, year, [body.id for body in registry.all_bodies(SYSTEM)])
        parts = compute_parts(*(year_results(SYSTEM, number, states) for number in (year - 1, year)))
        stored = db.session.scalars(select(ChangePart).where(ChangePart.year == year))
        assert {(part.body_id, part.kind, part.row, part.source, part.numerator) for part in stored} == set(parts)
        sums: Counter[int] = Counter()
        for part in parts:
            sums[part.body_id] += part.numerator
        for body_id, state in states.items():
            assert sums[body_id] == (state.low - state.previous_low) * DENOMINATOR


@pytest.mark.parametrize("run", range(RUNS))
def test_the_audit_log_reconstructs_every_operation(app: Flask, order: Order, run: int) -> None:
    with app.app_context():
        operator = Operator(app, order, Random(int(os.environ.get("SEED", "193")) + run))
        for _ in range(6):
            operator.add_organisation()
        db.session.commit()
        snapshots, performed = [], Counter[str]()
        for step in range(STEPS):
            operation = operator.random.choice(WEIGHTED_OPERATIONS)
            try:
                operation(operator)
            except REFUSALS:
                db.session.rollback()
            else:
                db.session.commit()
                performed[operation.__name__] += 1
            if step % 5 == 0:
                check_results(refresh_first=step % 3 == 0)
            if step % 20 == 0:
                check_changes()
                snapshots.append((precise_now(), sheet_inputs()))
        assert verify_audit_log(SYSTEM) == []
        assert [item.message(language("en")) for item in discrepancies(SYSTEM)] == [], performed
        for moment, inputs in snapshots:
            for (bin_, year), sheet_input in inputs.items():
                body = registry.body(SYSTEM, bin_)
                historical = sheet_as_of(SYSTEM, app.extensions["orders"], body, year, moment)
                assert historical and historical.sheet_input == sheet_input, (bin_, year, moment, performed)
