"""The Order as frozen, validated objects. :mod:`evaluation.criteria.loader` reads them from a criteria file.

The parts are defined in the modules beside this one; `docs/criteria-file-format.md` explains every key of the file.
"""

from collections.abc import Iterator
from datetime import date
from functools import cached_property
from typing import Annotated

from pydantic import Field, StrictInt, StringConstraints

from evaluation.criteria import expressions
from evaluation.criteria.anomaly_kinds import AnomalyKind
from evaluation.criteria.answer_rules import AnswerRule, AnswerRuleT, Caution, Contradiction, Implication
from evaluation.criteria.base import Code, OrderModel, Text
from evaluation.criteria.budget_comparison import BudgetComparison
from evaluation.criteria.criterion import Criterion, PriorYearCount, ScaleEntry
from evaluation.criteria.expressions import Condition
from evaluation.criteria.form import Form, Row, Table
from evaluation.criteria.indicators import REGISTRY_FACTS, AnswerType, Choice, Indicator, Kind
from evaluation.criteria.readings import Alternative, Reading

__all__ = [
    "Alternative",
    "AnomalyKind",
    "AnswerRule",
    "AnswerType",
    "BudgetComparison",
    "Caution",
    "Choice",
    "Contradiction",
    "Criterion",
    "Form",
    "Implication",
    "Indicator",
    "Kind",
    "Notice",
    "Order",
    "OrderModel",
    "PriorYearCount",
    "Reading",
    "Row",
    "ScaleEntry",
    "Table",
    "Text",
    "conditions",
]


class Notice(OrderModel):
    """What reviewers and administrators of reporting years from `from_year` on have to know about the text of the Order."""

    from_year: StrictInt
    text: Text


class Order(OrderModel):
    """One redaction of the Order, in effect from `from_year` until a later redaction supersedes it.

    `sha256` is the hexadecimal SHA-256 of its criteria file. `translation_note` is absent where every text is official.
    `checked_on` is the day on which the file was last compared with the published law, `product_note` what the product adds to
    the Order, `silences` what the Order does not say.
    """

    code: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]+$")]
    from_year: StrictInt
    title: Text
    source: Text
    legal_basis: Text | None = None
    translation_note: Text | None = None
    product_note: Text | None = None
    checked_on: date | None = None
    notices: tuple[Notice, ...] = ()
    silences: tuple[Text, ...] = ()
    kinds: tuple[Kind, ...] = Field(min_length=1)
    choices: dict[Code, tuple[Choice, ...]] = Field(default_factory=dict)
    indicators: tuple[Indicator, ...] = Field(min_length=1)
    evidence: tuple[Indicator, ...] = ()
    implications: tuple[Implication, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
    cautions: tuple[Caution, ...] = ()
    criteria: tuple[Criterion, ...] = Field(min_length=1)
    form: Form
    readings: tuple[Reading, ...] = ()
    anomalies: tuple[AnomalyKind, ...] = ()
    budget_comparisons: tuple[BudgetComparison, ...] = ()
    sha256: str = ""

    def __hash__(self) -> int:
        return hash(self.code)

    @cached_property
    def by_code(self) -> dict[str, Indicator]:
        """Indicators and items of evidence by code."""
        return {item.code: item for item in self.indicators + self.evidence}

    @cached_property
    def in_conditions(self) -> dict[str, Indicator]:
        """All that a condition can name: indicators, items of evidence, and facts of the registry."""
        kinds = tuple(kind.code for kind in self.kinds)
        names = {code: Text(kk=code, ru=code, en=code) for code in REGISTRY_FACTS}
        facts = (
            Indicator(code=code, type=type_, kinds=kinds, label=names[code], hint=names[code])
            for code, type_ in REGISTRY_FACTS.items()
        )
        return {item.code: item for item in facts} | self.by_code

    @cached_property
    def criterion(self) -> dict[str, Criterion]:
        """Criteria by code."""
        return {criterion.code: criterion for criterion in self.criteria}

    @cached_property
    def evidence_by_rule(self) -> dict[str, tuple[str, ...]]:
        """For each contradiction and caution, the codes of the evidence that its condition reads, in the order of the file."""
        rules: tuple[Contradiction | Caution, ...] = (*self.contradictions, *self.cautions)
        codes = {rule.code: expressions.codes(rule.when) for rule in rules}
        return {rule: tuple(item.code for item in self.evidence if item.code in read) for rule, read in codes.items()}

    @cached_property
    def kind(self) -> dict[str, Kind]:
        """Kinds of organisation by code."""
        return {kind.code: kind for kind in self.kinds}

    @cached_property
    def table(self) -> dict[str, Table]:
        """Tables of the form by kind."""
        return {table.kind: table for table in self.form.tables}

    @cached_property
    def reading(self) -> dict[str, Reading]:
        """Readings by id."""
        return {reading.id: reading for reading in self.readings}

    @cached_property
    def anomaly(self) -> dict[str, AnomalyKind]:
        """Kinds of anomalies by code."""
        return {kind.code: kind for kind in self.anomalies}

    @cached_property
    def budget_comparison(self) -> dict[str, BudgetComparison]:
        """Comparisons with the budget by group of its classification."""
        return {comparison.group: comparison for comparison in self.budget_comparisons}

    def row_number(self, kind: str, criterion: str) -> str:
        """The number of the row of a kind's table that a criterion scores; empty if it has none."""
        rows = self.table[kind].scored_rows if kind in self.table else ()
        return next((row.number for row in rows if row.criterion == criterion), "")

    def first_code_of(self, criterion: Criterion) -> str:
        """The first indicator, in the order of the file, that a criterion's breach depends on."""
        read = expressions.codes(criterion.breach)
        return next(item.code for item in self.indicators if item.code in read)

    def notices_of(self, year: int) -> tuple[Notice, ...]:
        """The notices that concern a reporting year."""
        return tuple(notice for notice in self.notices if notice.from_year <= year)

    def indicators_of(self, kind: str) -> tuple[Indicator, ...]:
        """The indicators of a kind, in the order of the file."""
        return self.items_by_kind[kind][0] if kind in self.items_by_kind else ()

    def evidence_of(self, kind: str) -> tuple[Indicator, ...]:
        """The items of evidence of a kind, in the order of the file."""
        return self.items_by_kind[kind][1] if kind in self.items_by_kind else ()

    @cached_property
    def compared_criteria(self) -> frozenset[str]:
        """The codes of the criteria whose points depend on the count of the year before."""
        return frozenset(criterion.code for criterion in self.criteria if criterion.compares_with_last_year)

    def prior_year_counts(self) -> Iterator[tuple[Criterion, PriorYearCount]]:
        """Yield the criteria for which a body can declare the count of the year before."""
        for criterion in self.criteria:
            if criterion.prior_year_count:
                yield criterion, criterion.prior_year_count

    def codes_of(self, kind: str) -> frozenset[str]:
        """The codes of the indicators and evidence of a kind."""
        return self.items_by_kind[kind][2] if kind in self.items_by_kind else frozenset()

    @cached_property
    def items_by_kind(self) -> dict[str, tuple[tuple[Indicator, ...], tuple[Indicator, ...], frozenset[str]]]:
        """Kind → its indicators, its items of evidence, and the codes of both: every saved answer reads them."""
        groups = {
            kind: tuple(tuple(item for item in items if kind in item.kinds) for items in (self.indicators, self.evidence))
            for kind in self.kind
        }
        return {
            kind: (indicators, evidence, frozenset(item.code for item in indicators + evidence))
            for kind, (indicators, evidence) in groups.items()
        }

    def with_implication_sources(self, codes: frozenset[str]) -> frozenset[str]:
        """The codes, and those of all indicators that implications can fill them from."""
        wider = codes.union(*(expressions.codes(rule.when) for rule in self.implications if rule.indicator in codes))
        return codes if wider == codes else self.with_implication_sources(wider)

    def rules_for_kind(self, kind: str, rules: tuple[AnswerRuleT, ...]) -> tuple[AnswerRuleT, ...]:
        """Those of the rules whose condition reads only indicators and evidence of the kind, and facts of the registry."""
        codes = self.codes_of(kind) | REGISTRY_FACTS.keys()
        return tuple(rule for rule in rules if expressions.codes(rule.when) <= codes)

    def rules_on_answers(self, rules: tuple[AnswerRuleT, ...]) -> tuple[AnswerRuleT, ...]:
        """Those of the rules whose condition reads only this year's answers, not evidence, last year's answers or the day."""
        answers = {item.code for item in self.indicators}
        return tuple(rule for rule in rules if expressions.columns(rule.when) <= answers)


def conditions(order: Order) -> Iterator[tuple[str, Condition]]:
    """Yield every condition of an order with its key in the criteria file."""
    for name in ("indicators", "evidence"):
        for item in getattr(order, name):
            if item.applies_when is not None:
                yield f"{name}[{item.code}].applies_when", item.applies_when
    for position, implication in enumerate(order.implications):
        yield f"implications[{position}].when", implication.when
    for name in ("contradictions", "cautions"):
        for rule in getattr(order, name):
            yield f"{name}[{rule.code}].when", rule.when
    for criterion in order.criteria:
        yield f"criteria[{criterion.code}].breach", criterion.breach
        if criterion.audited is not None:
            yield f"criteria[{criterion.code}].audited", criterion.audited
