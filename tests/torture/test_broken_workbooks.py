"""Broken workbooks are rejected with messages, never with a traceback, and store nothing. `make torture` tries ten thousand."""

import os
import tracemalloc
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from evaluation.answers.issues import WorkbookRejected
from evaluation.criteria import Order
from evaluation.database import Base, db
from evaluation.language import LANGUAGE_CODES, language
from evaluation.policy import Viewer
from evaluation.workbooks.load import load_workbook
from tests.torture.breakage import HEAVY, broken

TRIALS = int(os.environ.get("TRIALS", "200"))
FIRST = int(os.environ.get("SEED", "0"))
SEEDS = range(3) if "TRIALS" in os.environ else (1,)
"""Seeds of the heavy workbooks: 0 gives the largest workbook that is read, which takes a minute; 1 is rejected for its size."""
MAY_REMAIN_VALID = {
    "merged",
    "bytes_flipped",
    "xml_flipped",
    "parts_missing",
    "entities",
    "cells_astray",
    "headings",
    "worksheets",
    "formulas",
    "about",
}
"""Kinds of damage that sometimes leave a workbook valid, so that it is stored."""


@pytest.fixture
def lenient(tmp_path: Path, make_app: Callable[..., Flask]) -> Flask:
    return make_app(f"sqlite:///{tmp_path / 'torture.db'}")


def row_counts() -> dict[str, int]:
    return {name: db.session.scalar(text(f"SELECT count(*) FROM {name}")) or 0 for name in Base.metadata.tables}


def attempt(app: Flask, data: bytes) -> WorkbookRejected | None:
    """Load a workbook and roll back; return the rejection, if any."""
    try:
        load_workbook(Viewer.system(), data, app.extensions["orders"], register=True)
    except WorkbookRejected as rejection:
        return rejection
    finally:
        db.session.rollback()
    return None


def test_broken_workbooks_are_rejected_and_store_nothing(lenient: Flask, order: Order) -> None:
    outcomes: Counter[str] = Counter()
    with lenient.app_context():
        counts_before = row_counts()
        for seed in range(FIRST, FIRST + TRIALS):
            damage, data = broken(order, seed)
            try:
                rejection = attempt(lenient, data)
            except BaseException as error:
                raise AssertionError(f"seed {seed} ({damage}): {type(error).__name__}: {error}") from error
            if rejection is None:
                assert damage in MAY_REMAIN_VALID, f"seed {seed}: {damage} was accepted"
                outcomes["accepted"] += 1
                continue
            assert rejection.issues, f"seed {seed}: rejected without an issue"
            for issue in rejection.issues[:50]:
                assert all(issue.message(language(code)) for code in LANGUAGE_CODES), f"seed {seed}: {issue}"
            outcomes.update({issue.issue_code for issue in rejection.issues})
            assert row_counts() == counts_before, f"seed {seed}: something was stored"
    print(f"{TRIALS} broken workbooks: {dict(outcomes.most_common())}")
    assert outcomes["accepted"] < TRIALS / 3


@pytest.mark.parametrize("make", HEAVY, ids=lambda make: make.__name__)
def test_heavy_workbooks_are_rejected_in_bounded_memory(make: Callable[..., bytes], lenient: Flask, order: Order) -> None:
    from random import Random

    with lenient.app_context():
        for seed in SEEDS:
            data = make(order, Random(seed))
            tracemalloc.start()
            try:
                rejection = attempt(lenient, data)
                peak = tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()
            assert rejection is not None and rejection.issues
            assert peak < 700 * 2**20, f"{make.__name__}, seed {seed}: {peak / 2**20:.0f} MB"
