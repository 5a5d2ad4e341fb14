"""A budget decision of 14 annexes read beside a pass of its lines through one regular expression."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from evaluation.budgets.read import read_decisions
from evaluation.budgets.sources.read import read_text
from tests.support.paths import ROOT

Pair = tuple[Callable[[], Any], Callable[[], Any]]

TALAS = ROOT / "tests" / "support" / "budgets" / "talas-2021.ru.txt"
SHAPE = re.compile(r"\s*(?P<code>\d{1,3}(?!\d))?\s*(?P<name>.*?)\s*(?P<amount>[-–]?\s*\d[\d \u00a0\u202f]*(?:[.,]\d+)?)?\s*")
"""The shape of a line: a code, a name and an amount, none of which must be there."""
REPETITIONS = 5


def prepare(folder: Path) -> None:
    """The text is a fixture of the tests."""


@contextmanager
def job(folder: Path) -> Iterator[Pair]:
    """Read the decision of Талас from its text, with the checks of its sums; floor: one pass of its lines through `SHAPE`."""
    text = TALAS.read_text(encoding="utf-8")

    def ours() -> None:
        for _ in range(REPETITIONS):
            read_decisions(read_text(text))

    def floor() -> None:
        for _ in range(REPETITIONS):
            for line in text.split("\n"):
                match = SHAPE.fullmatch(line)
                if match:
                    match.groups()

    yield ours, floor
