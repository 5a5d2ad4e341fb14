"""The Order as frozen, validated objects. `evaluation.criteria.loader` makes them from a TOML file."""

from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from evaluation.criteria import expressions
from evaluation.criteria.expressions import Condition

Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
Number = Annotated[str, StringConstraints(pattern=r"^[0-9]+(\.[0-9]+)*$")]
ParsedCondition = Annotated[Any, BeforeValidator(lambda value: expressions.parse(_string(value)))]
Type = Literal["money", "whole", "date", "yes_no", "choice", "text"]
Outcome = Literal["absent", "present", "decreased", "not_decreased", "not_audited"]

OUTCOMES: dict[str, tuple[Outcome, ...]] = {
    "absence": ("absent", "present"),
    "decrease": ("absent", "decreased", "not_decreased"),
    "audit": ("absent", "not_audited", "present"),
}
"""The outcomes each rule chooses between; a criterion's lines give each of them its points."""


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("must be a condition in quotes")
    return value


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,))


class Text(Frozen):
    """One wording in the three languages. Kazakh is the original; Russian and English are translations."""

    kk: str = Field(min_length=1)
    ru: str = Field(min_length=1)
    en: str = Field(min_length=1)

    def __getitem__(self, language: str) -> str:
        return str(getattr(self, language))

    def everywhere(self) -> tuple[str, str, str]:
        return self.kk, self.ru, self.en


class Choice(Frozen):
    value: Code
    label: Text


class Kind(Frozen):
    """A kind of organisation; each has its own table on the sheet."""

    code: Code
    name: Text
    plural: Text


class Indicator(Frozen):
    """What one organisation reports for one year; an item of evidence has the same shape.

    Money is in tenge with two decimals here and on screen, in whole tiyn wherever it is stored or compared.
    """

    code: Code
    type: Type
    asked_of: tuple[Code, ...] = Field(min_length=1)
    label: Text
    hint: Text
    criteria: tuple[Number, ...] = Field(default=(), description="the criteria it stands beside")
    min: int | None = None
    choices: Code | None = None
    asked_when: ParsedCondition = None


class Rule(Frozen):
    """What follows when a condition holds for an organisation's answers."""

    when: ParsedCondition


class Implication(Rule):
    """When the condition holds, a blank answer to `code` can only be `value`."""

    code: Code
    value: bool | int | str


class Contradiction(Rule):
    """Answers that cannot all be true. An error at the cell of `at`."""

    code: Code
    at: Code
    message: Text


class Caution(Rule):
    """Answers that deserve a second look. A warning at the cell of `at`; without one, of the organisation as a whole.

    A caution alone may look beside the year's answers: at evidence, at last year's answers, at the day.
    """

    code: Code
    at: Code | None = None
    message: Text


AnyRule = TypeVar("AnyRule", bound=Rule)


class Line(Frozen):
    """A result line of Annex 1 under a criterion; `outcome` is empty on a line that another one refines."""

    outcome: Outcome | None = None
    text: Text
    points: int | None = Field(default=None, ge=0)


class Declared(Frozen):
    """The figure a body declares for the year before, where the product holds no reports of that year."""

    code: Code
    label: Text
    hint: Text


class Criterion(Frozen):
    """A criterion of Annex 1: when an organisation is in breach, and what its body gets for that."""

    code: Number
    name: Text
    paragraph: Text
    breach: ParsedCondition
    in_words: Text
    rule: Literal["absence", "decrease", "audit"]
    audited: ParsedCondition = None
    declared: Declared | None = None
    lines: tuple[Line, ...]
    readings: tuple[str, ...] = ()

    @cached_property
    def points(self) -> dict[str, int]:
        """Outcome → points."""
        return {line.outcome: line.points for line in self.lines if line.outcome and line.points is not None}

    @property
    def max(self) -> int:
        return max(self.points.values())

    def line(self, outcome: str) -> Line:
        return next(line for line in self.lines if line.outcome == outcome)


class Row(Frozen):
    """A row of a form; without a criterion it is a heading and carries no points."""

    number: Number
    text: Text
    criterion: Number | None = None


class Table(Frozen):
    """One of the form's tables: title, three column headings, rows, and the words of the last row."""

    kind: Code
    title: Text
    columns: tuple[Text, Text, Text]
    numbering: tuple[str, str, str]
    rows: tuple[Row, ...]
    total: Text

    @property
    def scored_rows(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.criterion)


class Form(Frozen):
    """The assessment sheet as printed: what stands over the tables, and the tables."""

    order_mark: Text
    rules_mark: Text
    form_mark: Text
    title: Text
    hint_body: Text
    hint_period: Text
    tables: tuple[Table, ...]


class Reading(Frozen):
    """Where the text allows more than one reading: the one used, and another."""

    id: Annotated[str, StringConstraints(pattern=r"^R[0-9]+$")]
    where: Text
    used: Text
    other: Text
    changes_points: bool = False


class Order(Frozen):
    """One redaction of the Order, in effect from `from_year` until a later one supersedes it.

    `sha256` is that of the file it was read from.
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
        """Every indicator and item of evidence by its code."""
        return {item.code: item for item in self.indicators + self.evidence}

    @cached_property
    def criterion(self) -> dict[str, Criterion]:
        return {criterion.code: criterion for criterion in self.criteria}

    @cached_property
    def evidence_named(self) -> dict[str, tuple[str, ...]]:
        """Contradiction or caution → the items of evidence that its condition looks at, in the file's order."""
        rules: tuple[Contradiction | Caution, ...] = (*self.contradictions, *self.cautions)
        codes = {rule.code: expressions.codes(rule.when) for rule in rules}
        return {rule: tuple(item.code for item in self.evidence if item.code in named) for rule, named in codes.items()}

    @cached_property
    def kind(self) -> dict[str, Kind]:
        return {kind.code: kind for kind in self.kinds}

    @cached_property
    def table(self) -> dict[str, Table]:
        """The form's table of each kind."""
        return {table.kind: table for table in self.form.tables}

    @cached_property
    def reading(self) -> dict[str, Reading]:
        return {reading.id: reading for reading in self.readings}

    def asked_of(self, kind: str) -> tuple[Indicator, ...]:
        """The indicators asked of a kind, in the file's order."""
        return tuple(item for item in self.indicators if kind in item.asked_of)

    def evidence_of(self, kind: str) -> tuple[Indicator, ...]:
        return tuple(item for item in self.evidence if kind in item.asked_of)

    def declared(self) -> Iterator[tuple[Criterion, Declared]]:
        """The criteria whose count of the year before a body may declare."""
        for criterion in self.criteria:
            if criterion.declared:
                yield criterion, criterion.declared

    def codes_of(self, kind: str) -> frozenset[str]:
        """Codes a worksheet of the kind may carry besides the organisation's own columns."""
        return frozenset(item.code for item in self.asked_of(kind) + self.evidence_of(kind))

    def needed_for(self, codes: frozenset[str]) -> frozenset[str]:
        """These indicators and those that implications may fill them from."""
        wider = codes.union(*(expressions.codes(rule.when) for rule in self.implications if rule.code in codes))
        return codes if wider == codes else self.needed_for(wider)

    def concerning(self, kind: str, rules: tuple[AnyRule, ...]) -> tuple[AnyRule, ...]:
        """Those implications, contradictions or cautions whose every indicator is asked of the kind."""
        here = self.codes_of(kind)
        return tuple(rule for rule in rules if expressions.codes(rule.when) <= here)

    def by_answers_alone(self, rules: tuple[AnyRule, ...]) -> tuple[AnyRule, ...]:
        """Those that the year's answers decide, without evidence, last year's answers or the day."""
        answers = {item.code for item in self.indicators}
        return tuple(rule for rule in rules if expressions.columns(rule.when) <= answers)


def conditions(order: Order) -> Iterator[tuple[str, Condition]]:
    """Every condition in the order with the key it stands at."""
    for item in order.indicators + order.evidence:
        if item.asked_when is not None:
            yield f"indicators[{item.code}].asked_when", item.asked_when
    for position, implication in enumerate(order.implications):
        yield f"implications[{implication.code}, {position}].when", implication.when
    for name in ("contradictions", "cautions"):
        for rule in getattr(order, name):
            yield f"{name}[{rule.code}].when", rule.when
    for criterion in order.criteria:
        yield f"criteria[{criterion.code}].breach", criterion.breach
        if criterion.audited is not None:
            yield f"criteria[{criterion.code}].audited", criterion.audited
