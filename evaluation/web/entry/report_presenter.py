"""Presents one organisation's report: its questions by criterion, each with its issues, costs and last year's answer.

The order alone decides the groups and their sequence: the rows of the kind's table of the form.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evaluation.answers import values
from evaluation.answers.checks import BreachCost, Issue
from evaluation.answers.progress.model import OrganisationProgress
from evaluation.answers.save import Conflict
from evaluation.criteria import expressions
from evaluation.criteria.expressions import Answered, Compare, Condition
from evaluation.criteria.model import Criterion, Indicator, Order
from evaluation.criteria.syntax import AllOf, AnyOf
from evaluation.language import LANGUAGE_CODES, Language, language
from evaluation.web.entry.answers import cost_text
from evaluation.web.entry.last_year import last_year_text
from forms.entry.report import ReportForm, SubmittedCell, answer_name, options


@dataclass(frozen=True)
class Option:
    """A radio button: its value and label, its number, and the letters that choose it in any language.

    `letters` belong to this option alone; `shared_letters` are first letters of other labels too and move among these options.
    """

    value: str
    label: str
    number: int
    letters: str
    shared_letters: str


@dataclass(frozen=True)
class Question:
    """One field of the form with everything that is shown beside it.

    - `required`: required and unanswered. `not_required`: unanswered, and not required with the other answers.
    - `depends_on`: labels of the answers that decide whether it is required; `condition`: the same as JSON for scripts.
    - `submitted`: what was submitted and could not be stored; `conflict` and `stored_text`: what someone else stored.
    """

    item: Indicator
    field: Any
    optional: bool
    required: bool
    not_required: bool
    depends_on: tuple[str, ...]
    condition: Any
    last_year_text: str
    options: tuple[Option, ...]
    issues: tuple[Issue, ...]
    costs: tuple[str, ...]
    submitted: SubmittedCell | None
    conflict: Conflict | None
    stored_text: str


@dataclass(frozen=True)
class Group:
    """A criterion with its row of the form, or without both the questions that belong to no criterion.

    `rule_evidence` are the evidence items that a rule of the order uses; `missing` the codes of those that an open issue needs.
    """

    number: str
    name: str
    criterion: Criterion | None
    questions: tuple[Question, ...]
    evidence: tuple[Question, ...]
    rule_evidence: tuple[Question, ...]
    missing: frozenset[str]

    @property
    def filled_evidence_count(self) -> int:
        """The number of evidence items that are filled in."""
        return sum(bool(question.field.data) for question in self.evidence)

    @property
    def is_expanded(self) -> bool:
        """Whether the evidence has something that must be visible at once."""
        return bool(self.missing) or any(question.submitted or question.conflict or question.issues for question in self.evidence)


@dataclass(frozen=True)
class SaveOutcome:
    """What the page must show after a save, by indicator code: cells that were not stored, and conflicts.

    `rejected_reasons` maps the key of a warning to the typed reason and its error, `rejected_files` a criterion to the names of
    rejected files with the reasons.
    """

    cells: Mapping[str, SubmittedCell] = field(default_factory=dict)
    conflicts: Mapping[str, Conflict] = field(default_factory=dict)
    rejected_reasons: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    rejected_files: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)

    @property
    def is_incomplete(self) -> bool:
        """Whether something of what was sent is not stored."""
        return bool(self.cells or self.rejected_reasons or self.rejected_files)

    @property
    def first_unsaved(self) -> str:
        """What receives the focus: a code, the key of a warning or a criterion's "files-…"; empty when everything is stored."""
        files = (f"files-{criterion}" for criterion in self.rejected_files)
        return next(iter((*self.cells, *self.rejected_reasons, *files)), "")


class ReportPage:
    """The groups of a report's page, in the order of the form."""

    def __init__(
        self,
        order: Order,
        form: ReportForm,
        progress: OrganisationProgress,
        costs: Sequence[BreachCost],
        last_order: Order | None,
        outcome: SaveOutcome,
        page_language: Language,
    ):
        self.order, self.form, self.progress = order, form, progress
        self.outcome, self.language = outcome, page_language
        self.last_order = last_order or order
        self._costs = self._costs_by_code(costs)
        self._evidence_codes = {item.code for item in order.evidence_of(progress.kind)}
        needed = {item.code for issue in progress.issues if issue.is_open for item in self.evidence_for(issue)}
        self._missing = frozenset(code for code in needed if progress.evidence.get(code) is None)
        self.groups = tuple(self._groups())

    @property
    def issues(self) -> tuple[Issue, ...]:
        """The issues of the organisation as a whole."""
        return tuple(issue for issue in self.progress.issues if issue.code is None)

    @property
    def questions(self) -> Iterator[Question]:
        """All questions and evidence items."""
        for group in self.groups:
            yield from group.questions
            yield from group.evidence

    @property
    def unsaved(self) -> list[Question]:
        """The questions whose submitted answers are not stored."""
        return [question for question in self.questions if question.submitted is not None]

    def rejected_reason(self, issue: Issue) -> tuple[str, str]:
        """Return the reason that was typed for a warning, and its error; empty when none was rejected."""
        return self.outcome.rejected_reasons.get(reason_key(issue), ("", ""))

    def evidence_for(self, issue: Issue) -> list[Indicator]:
        """Return the evidence items that an issue asks for."""
        return [self.order.by_code[code] for code in self.order.evidence_by_rule[issue.rule] if code in self._evidence_codes]

    def _groups(self) -> Iterator[Group]:
        kind, grouped = self.progress.kind, set[str]()
        for row in self.order.table[kind].scored_rows if kind in self.order.table else ():
            criterion = self.order.criterion[str(row.criterion)]
            indicators, evidence = (
                [item for item in items if criterion.code in item.criteria and item.code not in grouped]
                for items in (self.order.indicators_of(kind), self.order.evidence_of(kind))
            )
            grouped |= {item.code for item in (*indicators, *evidence)}
            if indicators or evidence:
                yield self._group(row.number, row.text[self.language.code], criterion, indicators, evidence)
        other_indicators = [item for item in self.order.indicators_of(kind) if item.code not in grouped]
        other_evidence = [item for item in self.order.evidence_of(kind) if item.code not in grouped]
        if other_indicators or other_evidence:
            yield self._group("", "", None, other_indicators, other_evidence)

    def _group(
        self,
        number: str,
        name: str,
        criterion: Criterion | None,
        indicators: Sequence[Indicator],
        evidence_items: Sequence[Indicator],
    ) -> Group:
        questions = tuple(self._question(item, optional=False) for item in indicators)
        evidence = tuple(self._question(item, optional=True) for item in evidence_items)
        used_by_rules = {code for codes in self.order.evidence_by_rule.values() for code in codes}
        rule_evidence = tuple(question for question in evidence if question.item.code in used_by_rules)
        missing = frozenset(question.item.code for question in rule_evidence) & self._missing
        return Group(number, name, criterion, questions, evidence, rule_evidence, missing)

    def _question(self, item: Indicator, optional: bool) -> Question:
        code, conflict = item.code, self.outcome.conflicts.get(item.code)
        is_answered = self.progress.report.value(code) is not None
        is_required = code in self.progress.blank
        return Question(
            item=item,
            field=self.form[answer_name(item)],
            optional=optional,
            required=is_required,
            not_required=not (is_answered or is_required or optional),
            depends_on=self._depends_on(item),
            condition=None if item.applies_when is None else condition_json(item.applies_when),
            last_year_text=last_year_text(self.last_order, item, self.progress.last_year_answers, self.language),
            options=tuple(answer_options(self.order, item, self.language)),
            issues=tuple(issue for issue in self.progress.issues if issue.code == code),
            costs=self._costs.get(code, ()),
            submitted=self.outcome.cells.get(code),
            conflict=conflict,
            stored_text=values.format_value(self.order, item, conflict.stored_value, self.language) if conflict else "",
        )

    def _depends_on(self, item: Indicator) -> tuple[str, ...]:
        if item.applies_when is None:
            return ()
        codes = expressions.codes(item.applies_when)
        return tuple(other.label[self.language.code] for other in self.order.indicators if other.code in codes)

    def _costs_by_code(self, costs: Sequence[BreachCost]) -> dict[str, tuple[str, ...]]:
        """Return indicator code → texts of the costs; a cost is shown at the last of the answers that decide the breach."""
        texts: dict[str, tuple[str, ...]] = {}
        for cost in costs:
            code = cost.codes[-1] if cost.codes else ""
            texts[code] = (*texts.get(code, ()), cost_text(cost, self.language))
        return texts


def reason_key(issue: Issue) -> str:
    """Return the key of an issue in the page's form: its rule and its cell."""
    return f"{issue.rule}:{issue.code or ''}"


def answer_options(order: Order, item: Indicator, page_language: Language) -> Iterator[Option]:
    """Yield the radio buttons of a question.

    A letter chooses an option when no other label begins with it in any language.
    """
    first_letters: list[list[str]] = []
    for labelled in (options(order, item, language(code)) for code in LANGUAGE_CODES):
        first_letters.append([label[:1].lower() for _, label in labelled])
    letters = [set(by_language) for by_language in zip(*first_letters, strict=True)]
    for number, (value, label) in enumerate(options(order, item, page_language), 1):
        other_letters = set().union(*(of_option for position, of_option in enumerate(letters, 1) if position != number))
        of_this = letters[number - 1]
        yield Option(value, label, number, "".join(sorted(of_this - other_letters)), "".join(sorted(of_this & other_letters)))


def condition_json(condition: Condition) -> Any:
    """Return a condition as JSON for scripts; None for a part that scripts need not evaluate and treat as true."""
    match condition:
        case Compare(left, sign, right, right_is_code):
            return {"left": left, "sign": sign, "right": right, "code": right_is_code}
        case Answered(code):
            return {"answered": code}
        case AllOf(parts):
            return {"every": [condition_json(part) for part in parts]}
        case AnyOf(parts):
            return {"some": [condition_json(part) for part in parts]}
    return None
