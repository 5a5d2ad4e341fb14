"""Recipes: whole reports drawn from `answers.toml`, with or without a case."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from evaluation.criteria.model import Order
from evaluation.demo.draws import Draw, Holds, Report, holds, make

FOLDER = Path(__file__).parent


@cache
def data(name: str) -> dict[str, Any]:
    """One of this folder's TOML files."""
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


class Step(NamedTuple):
    """The next answer of a report; `asked` is the condition under which the order asks for it."""

    code: str
    draw: Draw
    asked: Holds | None


@dataclass(frozen=True)
class Case:
    """Draws that stand in for the usual ones; a breach of `criterion` where it names one."""

    name: str
    criterion: str | None
    of: tuple[str, ...]
    share: float
    changes: Mapping[str, Draw]


class Recipes:
    """What `answers.toml` says, made ready for one order."""

    def __init__(self, order: Order):
        self.order = order
        written = data("answers")
        self._answers = {kind: self._steps(kind, written["usual"]) for kind in order.kind}
        self._evidence = {kind: self._steps(kind, written["evidence"]) for kind in order.kind}
        self.cases = {case.name: case for case in map(self._case, written["case"])}

    def fill(
        self, random: Random, kind: str, year: int, size: float, cases: Iterable[Case] = (), evidence: bool = True
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """A report of an organisation of `size`, 1 being the middle: answers and evidence in stored form."""
        changes: dict[str, Draw] = {}
        for case in cases:
            changes |= case.changes
        report = Report(random, year, size, {})
        self._take(report, self._answers[kind], changes)
        answers = dict(report.given)
        if evidence:
            self._take(report, self._evidence[kind], changes)
        return answers, {code: value for code, value in report.given.items() if code not in answers}

    def breaches(self, kind: str) -> tuple[Case, ...]:
        """The cases that cost organisations of the kind points and have a share in a country."""
        return tuple(case for case in self.cases.values() if kind in case.of and case.criterion and case.share)

    @staticmethod
    def _take(report: Report, steps: Iterable[Step], changes: Mapping[str, Draw]) -> None:
        for code, draw, asked in steps:
            if asked is None or asked(report.given):
                value = changes.get(code, draw)(report)
                if value is not None:
                    report.given[code] = value

    def _steps(self, kind: str, entries: Iterable[Mapping[str, Any]]) -> tuple[Step, ...]:
        steps = []
        for entry in entries:
            item = self.order.by_code.get(entry["code"])
            if item is not None and kind in item.kinds and kind in entry.get("of", self.order.kind):
                asked = holds(self.order, item.applies_when) if item.applies_when is not None else None
                steps.append(Step(item.code, make(self.order, item, entry), asked))
        return tuple(steps)

    def _case(self, entry: Mapping[str, Any]) -> Case:
        changes = {
            change["code"]: make(self.order, self.order.by_code[change["code"]], change)
            for change in entry["changes"]
            if change["code"] in self.order.by_code
        }
        of = tuple(entry.get("of", self.order.kind))
        return Case(entry["name"], entry.get("criterion"), of, entry.get("share", 0), changes)


def size(random: Random) -> float:
    """How large an organisation is: most near 1, a few several times that."""
    return min(4.0, max(0.3, random.lognormvariate(0, 0.6)))
