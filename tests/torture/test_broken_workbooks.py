"""Broken workbooks give messages, never a traceback, and store nothing. `make torture` tries ten thousand."""

import os
import tracemalloc
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from evaluation.answers.issues import Refused
from evaluation.criteria import Order
from evaluation.database import Base, db
from evaluation.language import CODES, language
from evaluation.policy import Viewer
from evaluation.workbooks.load import load_workbook
from tests.torture.breakage import HEAVY, broken

TRIALS = int(os.environ.get("TRIALS", "200"))
FIRST = int(os.environ.get("SEED", "0"))
SEEDS = range(3) if "TRIALS" in os.environ else range(2)
"""Of the heavy workbooks: the first two are the largest that is read whole, and one that is refused for its size alone."""
MAY_BE_SOUND = {
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
"""Ways that sometimes leave a workbook whole, so that it is stored rightly."""


@pytest.fixture
def lenient(tmp_path: Path, make_app: Callable[..., Flask]) -> Flask:
    return make_app(f"sqlite:///{tmp_path / 'torture.db'}")


def rows() -> dict[str, int]:
    return {name: db.session.scalar(text(f"SELECT count(*) FROM {name}")) or 0 for name in Base.metadata.tables}


def attempt(app: Flask, data: bytes) -> Refused | None:
    """Load as a command does; the database is left as it was either way."""
    try:
        load_workbook(Viewer.system(), data, app.extensions["orders"], register=True)
    except Refused as refused:
        return refused
    finally:
        db.session.rollback()
    return None


def test_broken_workbooks(lenient: Flask, order: Order) -> None:
    told: Counter[str] = Counter()
    with lenient.app_context():
        empty = rows()
        for seed in range(FIRST, FIRST + TRIALS):
            way, data = broken(order, seed)
            try:
                refused = attempt(lenient, data)
            except BaseException as error:
                raise AssertionError(f"seed {seed} ({way}): {type(error).__name__}: {error}") from error
            if refused is None:
                assert way in MAY_BE_SOUND, f"seed {seed}: {way} was taken"
                told["taken"] += 1
                continue
            assert refused.problems, f"seed {seed}: refused without a word"
            for problem in refused.problems[:50]:
                assert all(problem.message(language(code)) for code in CODES), f"seed {seed}: {problem}"
            told.update({problem.problem for problem in refused.problems})
            assert rows() == empty, f"seed {seed}: something was stored"
    print(f"{TRIALS} broken workbooks: {dict(told.most_common())}")
    assert told["taken"] < TRIALS / 3


@pytest.mark.parametrize("way", HEAVY, ids=lambda way: way.__name__)
def test_heavy_workbooks_are_refused_in_bounded_memory(way: Callable[..., bytes], lenient: Flask, order: Order) -> None:
    from random import Random

    with lenient.app_context():
        for seed in SEEDS:
            data = way(order, Random(seed))
            tracemalloc.start()
            try:
                refused = attempt(lenient, data)
                peak = tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()
            assert refused is not None and refused.problems
            assert peak < 700 * 2**20, f"{way.__name__}, seed {seed}: {peak / 2**20:.0f} MB"
