"""The page of one organisation's report, composed: its questions by criterion, and at each what there is to say of it.

What stands where follows from the order alone: the rows of the kind's table of the form give the groups and their order.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evaluation.answers import values
from evaluation.answers.checks import BreachCost, Issue
from evaluation.answers.progress.model import OrganisationProgress
from evaluation.answers.save import Conflict
from evaluation.criteria import expressions
from evaluation.criteria.expressions import Compare, Condition, AllOf, Answered, AnyOf
from evaluation.criteria.model import Criterion, Indicator, Order
from evaluation.language import LANGUAGE_CODES, Language, language
from evaluation.web.entry.answers import cost_text
from forms.entry.report import ReportForm, Sent, answer_name, options


@dataclass(frozen=True)
class Option:
    """A radio button: its value and label, its number, and the letters that choose it in any language's layout.

    `letters` are its own; `shared` those that other labels begin with too, among which they lead on.
    """

    value: str
    label: str
    number: int
    letters: str
    shared: str


@dataclass(frozen=True)
class Question:
    """One field of the form with everything that is shown at it.

    `needed`: asked and unanswered. `idle`: unanswered, and not asked with the other answers as they are. `depends` are the labels
    of the answers it hangs on, `condition` the same for scripts. `sent` is what was sent and could not be stored as it is.
    """

    item: Indicator
    field: Any
    optional: bool
    needed: bool
    idle: bool
    depends: tuple[str, ...]
    condition: Any
    last: str
    options: tuple[Option, ...]
    findings: tuple[Issue, ...]
    costs: tuple[str, ...]
    sent: Sent | None
    conflict: Conflict | None
    theirs: str


@dataclass(frozen=True)
class Group:
    """A criterion with its row of the form, or without either what belongs to no criterion.

    `wanted` are the items of its evidence that some rule looks at; `missing` those of them that a finding waits for.
    """

    number: str
    name: str
    criterion: Criterion | None
    questions: tuple[Question, ...]
    evidence: tuple[Question, ...]
    wanted: tuple[Question, ...]
    missing: frozenset[str]

    @property
    def given(self) -> int:
        """Items of evidence that are filled in."""
        return sum(bool(each.field.data) for each in self.evidence)

    @property
    def unfolded(self) -> bool:
        """Whether evidence has something to show at once."""
        return bool(self.missing) or any(each.sent or each.conflict or each.findings for each in self.evidence)


@dataclass(frozen=True)
class Told:
    """What came of a save that the page must show: cells that could not be read, and those somebody else had changed."""

    sent: Mapping[str, Sent] = field(default_factory=dict)
    conflicts: Mapping[str, Conflict] = field(default_factory=dict)
    reasons: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Rule and cell → the reason typed for a warning, and why it is none."""

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(self.sent)


class ReportPage:
    """The groups of a report's page, in the order of the form."""

    def __init__(
        self, order: Order, form: ReportForm, state: OrganisationProgress, last_order: Order | None, told: Told, spoken: Language
    ):
        self.order, self.form, self.state, self.told, self.spoken = order, form, state, told, spoken
        self.last_order = last_order or order
        self._costs = self._placed_costs()
        self._own_evidence = {item.code for item in order.evidence_of(state.kind)}
        named = {item.code for finding in state.issues if finding.is_open for item in self.named(finding)}
        self._missing = frozenset(code for code in named if state.evidence.get(code) is None)
        self.groups = tuple(self._groups())

    @property
    def findings(self) -> tuple[Issue, ...]:
        """What was found about the organisation as a whole."""
        return tuple(each for each in self.state.issues if each.code is None)

    @property
    def questions(self) -> Iterator[Question]:
        for group in self.groups:
            yield from group.questions
            yield from group.evidence

    @property
    def troubled(self) -> list[Question]:
        """The questions whose answers were sent and are not stored."""
        return [each for each in self.questions if each.sent is not None]

    def reason(self, finding: Issue) -> tuple[str, str]:
        """The reason typed for a warning and why it is none, where that was just sent."""
        return self.told.reasons.get(reason_key(finding), ("", ""))

    def named(self, finding: Issue) -> list[Indicator]:
        """The items of evidence that a finding asks for, to go to."""
        return [self.order.by_code[code] for code in self.order.evidence_by_rule[finding.rule] if code in self._own_evidence]

    def _groups(self) -> Iterator[Group]:
        kind, placed = self.state.kind, set[str]()
        for row in self.order.table[kind].scored_rows if kind in self.order.table else ():
            criterion = self.order.criterion[str(row.criterion)]
            asked, evidence = (
                [item for item in items if criterion.code in item.criteria and item.code not in placed]
                for items in (self.order.indicators_of(kind), self.order.evidence_of(kind))
            )
            placed |= {item.code for item in (*asked, *evidence)}
            if asked or evidence:
                yield self._group(row.number, row.text[self.spoken.code], criterion, asked, evidence)
        rest = [item for item in self.order.indicators_of(kind) if item.code not in placed]
        others = [item for item in self.order.evidence_of(kind) if item.code not in placed]
        if rest or others:
            yield self._group("", "", None, rest, others)

    def _group(
        self, number: str, name: str, criterion: Criterion | None, asked: Sequence[Indicator], evidence: Sequence[Indicator]
    ) -> Group:
        questions = tuple(self._question(item, optional=False) for item in asked)
        beside = tuple(self._question(item, optional=True) for item in evidence)
        looked_at = {code for codes in self.order.evidence_by_rule.values() for code in codes}
        wanted = tuple(each for each in beside if each.item.code in looked_at)
        missing = frozenset(each.item.code for each in wanted) & self._missing
        return Group(number, name, criterion, questions, beside, wanted, missing)

    def _question(self, item: Indicator, optional: bool) -> Question:
        code, conflict = item.code, self.told.conflicts.get(item.code)
        answered = self.state.answers.get(code, self.state.evidence.get(code)) is not None
        needed = code in self.state.blank
        return Question(
            item=item,
            field=self.form[answer_name(item)],
            optional=optional,
            needed=needed,
            idle=not (answered or needed or optional),
            depends=self._depends(item),
            condition=None if item.applies_when is None else as_json(item.applies_when),
            last=self._last(item),
            options=tuple(offered(self.order, item, self.spoken)),
            findings=tuple(each for each in self.state.issues if each.code == code),
            costs=self._costs.get(code, ()),
            sent=self.told.sent.get(code),
            conflict=conflict,
            theirs=values.format_value(self.order, item, conflict.stored_value, self.spoken) if conflict else "",
        )

    def _depends(self, item: Indicator) -> tuple[str, ...]:
        if item.applies_when is None:
            return ()
        on = expressions.codes(item.applies_when)
        return tuple(each.label[self.spoken.code] for each in self.order.indicators if each.code in on)

    def _last(self, item: Indicator) -> str:
        """Last year's answer to the same question, by last year's own order."""
        then = self.last_order.by_code.get(item.code)
        if then is None or then.type != item.type:
            return ""
        return values.format_value(self.last_order, then, (self.state.last_year_answers or {}).get(item.code), self.spoken)

    def _placed_costs(self) -> dict[str, tuple[str, ...]]:
        """What each breach costs, at the last of the answers that decide it."""
        found: dict[str, tuple[str, ...]] = {}
        for cost in self.state.costs:
            at = place_of(cost)
            found[at] = (*found.get(at, ()), cost_text(cost, self.spoken))
        return found


def place_of(cost: BreachCost) -> str:
    """The answer that a cost is shown at."""
    return cost.codes[-1] if cost.codes else ""


def reason_key(finding: Issue) -> str:
    """How a page's form names a warning: its rule and its cell."""
    return f"{finding.rule}:{finding.code or ''}"


def offered(order: Order, item: Indicator, spoken: Language) -> Iterator[Option]:
    """The radio buttons of a question. A letter chooses where only one label begins with it, in whichever language."""
    labels: list[list[str]] = []
    shown = options(order, item, spoken)
    for each in (options(order, item, language(code)) for code in LANGUAGE_CODES):
        labels.append([label[:1].lower() for _, label in each])
    letters = [set(own) for own in zip(*labels, strict=True)]
    for number, (value, label) in enumerate(shown, 1):
        others = set().union(*(own for place, own in enumerate(letters, 1) if place != number))
        own = letters[number - 1]
        yield Option(value, label, number, "".join(sorted(own - others)), "".join(sorted(own & others)))


def as_json(condition: Condition) -> Any:
    """A condition as scripts read it; None for what they need not understand, which counts as holding."""
    match condition:
        case Compare(left, sign, right, right_is_code):
            return {"left": left, "sign": sign, "right": right, "code": right_is_code}
        case Answered(code):
            return {"answered": code}
        case AllOf(parts):
            return {"every": [as_json(part) for part in parts]}
        case AnyOf(parts):
            return {"some": [as_json(part) for part in parts]}
    return None
