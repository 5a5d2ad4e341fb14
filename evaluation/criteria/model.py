"""The Order as frozen, validated objects. :mod:`evaluation.criteria.loader` reads them from a criteria file.

`docs/criteria-file-format.md` explains every key of the file.
"""

from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from evaluation.criteria import expressions
from evaluation.criteria.expressions import Condition

Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
Number = Annotated[str, StringConstraints(pattern=r"^[0-9]+(\.[0-9]+)*$")]
ParsedCondition = Annotated[Any, BeforeValidator(lambda value: expressions.parse(_string(value)))]
AnswerType = Literal["money", "whole", "date", "yes_no", "choice", "text"]
Outcome = Literal["absent", "present", "decreased", "not_decreased", "not_audited"]

OUTCOMES: dict[str, tuple[Outcome, ...]] = {
    "absence": ("absent", "present"),
    "decrease": ("absent", "decreased", "not_decreased"),
    "audit": ("absent", "not_audited", "present"),
}
"""The outcomes of each rule, from the most points to the fewest. :mod:`evaluation.scoring.rules` implements the rules.

Source: Order 47, Annex 1 (readings R1 and R2)."""


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("must be a condition in quotes")
    return value


class OrderModel(BaseModel):
    """Base of the parts of an order: immutable, and no other key is allowed."""

    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,))


class Text(OrderModel):
    """One text in the three languages. Kazakh is the original; Russian and English are translations."""

    kk: str = Field(min_length=1)
    ru: str = Field(min_length=1)
    en: str = Field(min_length=1)

    def __getitem__(self, language: str) -> str:
        return str(getattr(self, language))

    def in_all_languages(self) -> tuple[str, str, str]:
        """The Kazakh, Russian and English text."""
        return self.kk, self.ru, self.en


class Choice(OrderModel):
    """One value of a list of choices."""

    value: Code
    label: Text


class Kind(OrderModel):
    """A kind of organisation; each kind has one table on the assessment sheet."""

    code: Code
    name: Text
    plural: Text


class Indicator(OrderModel):
    """A question that an organisation of certain kinds answers for one year; an item of evidence has the same shape.

    For money, `min` and the constants of conditions are in tenge; stored and compared amounts are whole tiyn. `applies_when` is
    the condition under which an answer is required; without it an answer is always required. `criteria` are the criteria beside
    which the indicator appears on forms.
    """

    code: Code
    type: AnswerType
    kinds: tuple[Code, ...] = Field(min_length=1)
    label: Text
    hint: Text
    criteria: tuple[Number, ...] = ()
    min: int | None = None
    choices: Code | None = None
    applies_when: ParsedCondition = None


class AnswerRule(OrderModel):
    """A rule on one organisation's answers, which applies if its condition is true."""

    when: ParsedCondition


class Implication(AnswerRule):
    """If the condition is true, a blank answer to `indicator` can only be `value`."""

    indicator: Code
    value: bool | int | str


class Contradiction(AnswerRule):
    """Answers that exclude each other: an error at the cell of `indicator`."""

    code: Code
    indicator: Code
    message: Text


class Caution(AnswerRule):
    """Answers that are possible but unlikely: a warning at the cell of `indicator`, or at the whole report without one.

    Only the condition of a caution can read evidence, last year's answers and the current day.
    """

    code: Code
    indicator: Code | None = None
    message: Text


AnswerRuleT = TypeVar("AnswerRuleT", bound=AnswerRule)


class ScaleEntry(OrderModel):
    """An entry of a criterion's points scale as Annex 1 prints it.

    An entry without an outcome is a subheading, or is refined by other entries; it is printed and never gives points.
    """

    outcome: Outcome | None = None
    text: Text
    points: int | None = Field(default=None, ge=0)


class PriorYearCount(OrderModel):
    """The figure that a body declares for the year before, where the reports of that year do not give the count."""

    code: Code
    label: Text
    hint: Text


class Criterion(OrderModel):
    """A criterion of Annex 1: the condition of a breach, the rule that is applied to the count of breaches, and the points scale.

    `audited` is the condition under which an organisation counts as audited, for the rule `audit`. `readings` are the ids of the
    readings that the criterion relies on.
    """

    code: Number
    name: Text
    paragraph: Text
    breach: ParsedCondition
    breach_text: Text
    rule: Literal["absence", "decrease", "audit"]
    audited: ParsedCondition = None
    prior_year_count: PriorYearCount | None = None
    scale: tuple[ScaleEntry, ...]
    readings: tuple[str, ...] = ()

    @cached_property
    def points(self) -> dict[str, int]:
        """The points of each outcome."""
        return {entry.outcome: entry.points for entry in self.scale if entry.outcome and entry.points is not None}

    @property
    def max(self) -> int:
        """The most points that the criterion gives."""
        return max(self.points.values())

    def scale_entry(self, outcome: str) -> ScaleEntry:
        """The entry of the points scale for an outcome.

        Raises:
            StopIteration: The scale has no such outcome.
        """
        return next(entry for entry in self.scale if entry.outcome == outcome)


class Row(OrderModel):
    """A row of a table of the form; a row without a criterion is a heading and has no points."""

    number: Number
    text: Text
    criterion: Number | None = None


class Table(OrderModel):
    """A table of the form for one kind: title, three column headings, the numbering row, rows, and the label of the last row."""

    kind: Code
    title: Text
    columns: tuple[Text, Text, Text]
    numbering: tuple[str, str, str]
    rows: tuple[Row, ...]
    total: Text

    @property
    def scored_rows(self) -> tuple[Row, ...]:
        """The rows with a criterion."""
        return tuple(row for row in self.rows if row.criterion)


class Form(OrderModel):
    """The assessment sheet as printed: the texts above the tables, and the tables.

    Source: Order 47, Annex 2, which is Annex 4 to the Rules.
    """

    order_mark: Text
    rules_mark: Text
    form_mark: Text
    title: Text
    hint_body: Text
    hint_period: Text
    tables: tuple[Table, ...]


class Reading(OrderModel):
    """A passage of the Order that allows more than one interpretation: the interpretation used, and an alternative."""

    id: Annotated[str, StringConstraints(pattern=r"^R[0-9]+$")]
    passage: Text
    interpretation: Text
    alternative: Text
    changes_points: bool = False


class Order(OrderModel):
    """One redaction of the Order, in effect from `from_year` until a later redaction supersedes it.

    `sha256` is the hexadecimal SHA-256 of its criteria file.
    """

    code: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]+$")]
    from_year: int
    title: Text
    source: Text
    translation_note: Text
    kinds: tuple[Kind, ...] = Field(min_length=1)
    choices: dict[Code, tuple[Choice, ...]] = {}
    indicators: tuple[Indicator, ...] = Field(min_length=1)
    evidence: tuple[Indicator, ...] = ()
    implications: tuple[Implication, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
    cautions: tuple[Caution, ...] = ()
    criteria: tuple[Criterion, ...] = Field(min_length=1)
    form: Form
    readings: tuple[Reading, ...] = ()
    sha256: str = ""

    def __hash__(self) -> int:
        return hash(self.code)

    @cached_property
    def by_code(self) -> dict[str, Indicator]:
        """Indicators and items of evidence by code."""
        return {item.code: item for item in self.indicators + self.evidence}

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

    def indicators_of(self, kind: str) -> tuple[Indicator, ...]:
        """The indicators of a kind, in the order of the file."""
        return tuple(item for item in self.indicators if kind in item.kinds)

    def evidence_of(self, kind: str) -> tuple[Indicator, ...]:
        """The items of evidence of a kind, in the order of the file."""
        return tuple(item for item in self.evidence if kind in item.kinds)

    def prior_year_counts(self) -> Iterator[tuple[Criterion, PriorYearCount]]:
        """Yield the criteria for which a body can declare the count of the year before."""
        for criterion in self.criteria:
            if criterion.prior_year_count:
                yield criterion, criterion.prior_year_count

    def codes_of(self, kind: str) -> frozenset[str]:
        """The codes of the indicators and evidence of a kind."""
        return frozenset(item.code for item in self.indicators_of(kind) + self.evidence_of(kind))

    def with_implication_sources(self, codes: frozenset[str]) -> frozenset[str]:
        """The codes, and those of all indicators that implications can fill them from."""
        wider = codes.union(*(expressions.codes(rule.when) for rule in self.implications if rule.indicator in codes))
        return codes if wider == codes else self.with_implication_sources(wider)

    def rules_for_kind(self, kind: str, rules: tuple[AnswerRuleT, ...]) -> tuple[AnswerRuleT, ...]:
        """Those of the rules whose condition reads only indicators and evidence of the kind."""
        codes = self.codes_of(kind)
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
        yield f"implications[{implication.indicator}, {position}].when", implication.when
    for name in ("contradictions", "cautions"):
        for rule in getattr(order, name):
            yield f"{name}[{rule.code}].when", rule.when
    for criterion in order.criteria:
        yield f"criteria[{criterion.code}].breach", criterion.breach
        if criterion.audited is not None:
            yield f"criteria[{criterion.code}].audited", criterion.audited
