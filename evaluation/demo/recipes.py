"""Recipes: whole reports drawn from `answers.toml`, with or without a case."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from evaluation.criteria.model import Order
from evaluation.demo.draws import DraftReport, Draw, Predicate, build_draw, condition_predicate

FOLDER = Path(__file__).parent


@cache
def data(name: str) -> dict[str, Any]:
    """Return the content of a TOML file of this folder."""
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


class Step(NamedTuple):
    """The next answer of a report; `condition` tells whether the order asks for it."""

    code: str
    draw: Draw
    condition: Predicate | None


@dataclass(frozen=True)
class Case:
    """Draws that replace the usual ones; with a `criterion`, the answers breach it. `kinds` are kinds of organisations."""

    name: str
    criterion: str | None
    kinds: tuple[str, ...]
    share: float
    changes: Mapping[str, Draw]


class Recipes:
    """The entries of `answers.toml`, prepared for one order."""

    def __init__(self, order: Order):
        self.order = order
        written = data("answers")
        self._answers = {kind: self._steps(kind, written["usual"]) for kind in order.kind}
        self._evidence = {kind: self._steps(kind, written["evidence"]) for kind in order.kind}
        self.cases = {case.name: case for case in map(self._case, written["case"])}

    def fill(
        self, random: Random, kind: str, year: int, size: float, cases: Iterable[Case] = (), evidence: bool = True
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the answers and the evidence of a report in stored form; `size` 1 is the median organisation."""
        changes: dict[str, Draw] = {}
        for case in cases:
            changes |= case.changes
        report = DraftReport(random, year, size, {})
        self._take(report, self._answers[kind], changes)
        answers = dict(report.answers)
        if evidence:
            self._take(report, self._evidence[kind], changes)
        return answers, {code: value for code, value in report.answers.items() if code not in answers}

    def breaches(self, kind: str) -> tuple[Case, ...]:
        """Return the cases that cost organisations of a kind points and have a share in a country."""
        return tuple(case for case in self.cases.values() if kind in case.kinds and case.criterion and case.share)

    @staticmethod
    def _take(report: DraftReport, steps: Iterable[Step], changes: Mapping[str, Draw]) -> None:
        for code, draw, condition in steps:
            if condition is None or condition(report.answers):
                value = changes.get(code, draw)(report)
                if value is not None:
                    report.answers[code] = value

    def _steps(self, kind: str, entries: Iterable[Mapping[str, Any]]) -> tuple[Step, ...]:
        steps = []
        for entry in entries:
            item = self.order.by_code.get(entry["code"])
            if item is not None and kind in item.kinds and kind in entry.get("of", self.order.kind):
                condition = condition_predicate(self.order, item.applies_when) if item.applies_when is not None else None
                steps.append(Step(item.code, build_draw(self.order, item, entry), condition))
        return tuple(steps)

    def _case(self, entry: Mapping[str, Any]) -> Case:
        changes = {
            change["code"]: build_draw(self.order, self.order.by_code[change["code"]], change)
            for change in entry["changes"]
            if change["code"] in self.order.by_code
        }
        of = tuple(entry.get("of", self.order.kind))
        return Case(entry["name"], entry.get("criterion"), of, entry.get("share", 0), changes)


def size(random: Random) -> float:
    """Return the size of an organisation: most are near 1, a few are several times larger."""
    return min(4.0, max(0.3, random.lognormvariate(0, 0.6)))
