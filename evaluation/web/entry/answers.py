"""Answers saved by scripts, one cell or thousands, and the progress, issues and costs that follow from them.

Saving only checks the type of each cell, so that it costs little more than the change itself. Scripts ask afterwards, by
:func:`state`, for the issues of the answers as a whole.
"""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Any, Self

from flask import Blueprint, Response, abort, jsonify, request
from flask_babel import gettext
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from evaluation.answers import values
from evaluation.answers.checks import BreachCost, Issue
from evaluation.answers.model import AnswerInput
from evaluation.answers.progress.compose import progress_of
from evaluation.answers.progress.model import OrganisationProgress
from evaluation.answers.save import Conflict, save_answers
from evaluation.answers.values import InvalidValue
from evaluation.answers.year_data import read_year_data
from evaluation.clock import today
from evaluation.criteria.model import Order
from evaluation.errors import EvaluationError
from evaluation.language import N_, Language
from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.web.core.access import allow
from evaluation.web.core.request_context import YEAR, current_language, current_viewer, find_body, moment, named, order_of
from evaluation.web.entry.last_year import last_year_text
from forms.entry.report import issue_text

MAX_EDITS = 10_000
"""Edits in one request."""
MAX_ORGANISATIONS = 300
"""Organisations that one request can name, as many as its address has room for; without names, it is for all of the body."""
NOTHING_TO_SAVE = N_("The request contains nothing to save.")
TOO_MANY_EDITS = N_("At most %(limit)s answers can be saved at once.")
INCOMPLETE_EDIT = N_("Each answer needs an organisation, a code and the typed text.")
DUPLICATE_CELL = "duplicate_cell"
DUPLICATE = N_("The request contains one cell twice.")

blueprint = Blueprint("answers", __name__)


class MalformedRequest(EvaluationError):
    """The body of a request is not what a page of the product sends."""

    status = HTTPStatus.BAD_REQUEST


def _without_surrogates(value: Any) -> Any:
    """Replace half characters, which JSON can contain, because no database stores them."""
    return value.encode(errors="replace").decode() if isinstance(value, str) else value


JsonText = Annotated[StrictStr, BeforeValidator(_without_surrogates)]


class CellEdit(BaseModel):
    """One edit of a request.

    The organisation's BIN, the indicator, the typed text, the expected value in stored form, and the state of the year in which
    the text was typed.
    """

    model_config = ConfigDict(frozen=True)

    organisation: JsonText
    code: JsonText
    typed: JsonText
    expected: StrictBool | StrictInt | JsonText | None = None
    year_state: JsonText | None = None


class AnswersRequest(BaseModel):
    """The body of a request that saves answers; `account` is the account that the page was opened with."""

    edits: Annotated[list[CellEdit], Field(min_length=1, max_length=MAX_EDITS)]
    account: Any = None

    @model_validator(mode="after")
    def _check_cells(self) -> Self:
        if len({(edit.organisation, edit.code) for edit in self.edits}) < len(self.edits):
            raise PydanticCustomError(DUPLICATE_CELL, "duplicate cell")
        return self

    @classmethod
    def parse(cls, body: Any) -> Self:
        """Parse the JSON of a request. Raises MalformedRequest."""
        try:
            return cls.model_validate(body)
        except ValidationError as error:
            details = error.errors(include_input=False, include_context=False, include_url=False)[0]
            if details["type"] == DUPLICATE_CELL:
                raise MalformedRequest(DUPLICATE) from error
            if details["loc"] == ("edits",) and details["type"] == "too_long":
                raise MalformedRequest(TOO_MANY_EDITS, limit=MAX_EDITS) from error
            is_about_edit = len(details["loc"]) > 1
            raise MalformedRequest(INCOMPLETE_EDIT if is_about_edit else NOTHING_TO_SAVE) from error


@blueprint.post(f"/bodies/<bin_>/{YEAR}/answers")
@allow(Action.EDIT, takes_json=True)
def save(bin_: str, year: int) -> tuple[Response, int] | Response:
    """Save cells and return the result of each. 409 when nothing can be saved any more, 400 for a malformed request."""
    # Without `order_of`, which also reads what a page shows of the year.
    order, viewer = registry.order_of(year) or abort(404), current_viewer()
    edits = AnswersRequest.parse(request.get_json(silent=True)).edits
    body_id, members = registry.members(viewer, year, bin_, (edit.organisation for edit in edits))
    if body_id is None:
        abort(404)
    viewer.require(Action.EDIT, body_id)
    if answer := other_person_answer(str(request.json.get("account", viewer.account_id))):
        return answer
    parser = _EditParser(order, year, current_language(), members)
    cells, inputs = parser.parse(edits)
    if inputs:
        result = save_answers(viewer, order, year, body_id, list(inputs.values()))
        changed = set(map(id, result.changed))
        conflicts = {id(conflict.answer_input): conflict for conflict in result.conflicts}
        for position, input_ in inputs.items():
            state = "saved" if id(input_) in changed else "unchanged"
            cells[position] = parser.cell(edits[position], state, input_.value, conflict=conflicts.get(id(input_)))
    return jsonify(cells=[cells[position] for position in range(len(edits))])


def other_person_answer(account: str) -> tuple[Response, int] | None:
    """Return the refusal of what another person's page sends after the viewer has signed in in the same browser.

    `account` is the account that the page was opened with; what it sends is not the viewer's.
    """
    if account == str(current_viewer().account_id):
        return None
    message = gettext("Another person has signed in here. Load the page again.")
    return jsonify(message=message, sign_in=None), HTTPStatus.UNAUTHORIZED


@blueprint.get(f"/bodies/<bin_>/{YEAR}/state")
@allow(Action.VIEW)
def state(bin_: str, year: int) -> tuple[Response, int] | Response:
    """Return the progress, issues and costs of organisations.

    With the parameter `names` also their names, with `last_year` the texts of last year's answers.
    """
    order, body, viewer = order_of(year), find_body(bin_), current_viewer()
    requested = request.args.getlist("organisation")
    if len(requested) > MAX_ORGANISATIONS:
        message = gettext("At most %(limit)s organisations at once.", limit=MAX_ORGANISATIONS)
        return jsonify(message=message), HTTPStatus.BAD_REQUEST
    ids = [id_ for id_, _ in registry.members(viewer, year, bin_, requested)[1].values()] if requested else None
    data, language = read_year_data(viewer, order, year, body.id), current_language()
    progress = progress_of(data, today(), ids)
    costs = data.breach_costs(progress.totals)
    organisations = {
        item.bin: progress_json(order, item, costs.get(item.bin, ()), language) for item in progress.organisations.values()
    }
    if "last_year" in request.args:
        for item in progress.organisations.values():
            texts = {
                indicator.code: last_year_text(data.last_order, indicator, item.last_year_answers, language)
                for indicator in order.indicators_of(item.kind)
            }
            organisations[item.bin]["last_year"] = {code: text for code, text in texts.items() if text}
    if "names" in request.args:
        for organisation in registry.organisations(viewer, body.id, year, language.code):
            if organisation.bin in organisations:
                organisations[organisation.bin]["name"] = named(organisation).name(language.code)
    return jsonify(organisations=organisations)


def progress_json(
    order: Order, progress: OrganisationProgress, costs: Sequence[BreachCost], language: Language
) -> dict[str, Any]:
    """Return an organisation's progress and the costs of its breaches as JSON for scripts."""
    return {
        "answered": progress.answered,
        "required": progress.required,
        "blank": list(progress.blank),
        "issues": [_issue_json(order, issue, language) for issue in progress.issues],
        "costs": [
            {
                "row": cost.row,
                "criterion": cost.criterion,
                "points": cost.points,
                "codes": list(cost.codes),
                "text": cost_text(cost, language),
            }
            for cost in costs
        ],
    }


def _issue_json(order: Order, issue: Issue, language: Language) -> dict[str, Any]:
    return {
        "code": issue.code,
        "severity": issue.severity,
        "rule": issue.rule,
        "message": issue.message[language.code],
        "reason": issue.reason,
        "evidence": list(order.evidence_by_rule[issue.rule]),
    }


def cost_text(cost: BreachCost, language: Language) -> str:
    """Return what a breach costs as text, such as "breaches row 2.1: −2"."""
    lost, worst = language.number(-cost.points), language.number(-cost.worst_points)
    if not cost.worst_points:
        # The scale can have a threshold below which breaches cost nothing.
        text = language.gettext("breaches row %(row)s: no points are lost", row=cost.row)
    elif cost.points == cost.worst_points:
        text = language.gettext("breaches row %(row)s: −%(points)s", row=cost.row, points=lost)
    elif not cost.points:
        text = language.gettext("breaches row %(row)s: at worst −%(points)s", row=cost.row, points=worst)
    else:
        text = language.gettext("breaches row %(row)s: −%(points)s, at worst −%(worst)s", row=cost.row, points=lost, worst=worst)
    if not cost.other_organisation_count:
        return text
    others = language.ngettext(
        "%(num)d other organisation does too", "%(num)d other organisations do too", cost.other_organisation_count
    )
    return f"{text}; {others}"


class _EditParser:
    """Parses the typed text of cells of a body's organisations, and describes the result of each cell as JSON.

    `members` maps the BINs of the body's organisations to (organisation id, kind).
    """

    def __init__(self, order: Order, year: int, language: Language, members: Mapping[str, tuple[int, str]]):
        self.order, self.year, self.language, self.members = order, year, language, members
        self._parsers: dict[str, Callable[[object], Any]] = {}
        self._codes = {kind: order.codes_of(kind) for kind in {kind for _, kind in members.values()}}

    def parse(self, edits: Sequence[CellEdit]) -> tuple[dict[int, dict[str, Any]], dict[int, AnswerInput]]:
        """Return, by position in the request, the results of cells that cannot be saved and the inputs of the others."""
        cells, inputs = {}, {}
        for position, edit in enumerate(edits):
            organisation_id, kind = self.members.get(edit.organisation, (0, ""))
            if edit.code not in self._codes.get(kind, ()):
                message = gettext("This question no longer applies here: the organisation or the question was moved.")
                cells[position] = self.cell(edit, "invalid", edit.expected, message, exists=False)
                continue
            try:
                value = None if values.is_blank(edit.typed) else self._parser(edit.code)(edit.typed)
            except InvalidValue as error:
                message = issue_text(self.order.by_code[edit.code], error, self.language)
                cells[position] = self.cell(edit, "invalid", edit.expected, message)
            else:
                inputs[position] = AnswerInput(organisation_id, edit.code, value, edit.expected, edit.year_state)
        return cells, inputs

    def cell(
        self,
        edit: CellEdit,
        state: str,
        value: Any,
        message: str | None = None,
        exists: bool = True,
        conflict: Conflict | None = None,
    ) -> dict[str, Any]:
        """Return the result of a cell as JSON for scripts; `exists` is False for a cell that the order does not have."""
        item = self.order.by_code[edit.code] if exists else None
        result = {"organisation": edit.organisation, "code": edit.code, "state": state, "value": value, "text": edit.typed}
        if item is not None and state != "invalid":
            result["text"] = values.format_value(self.order, item, value, self.language)
        stored = None
        if item is not None and conflict is not None:
            result["state"] = "conflict"
            text = values.format_value(self.order, item, conflict.stored_value, self.language)
            changed_at = moment(conflict.changed_at)
            stored = {"value": conflict.stored_value, "text": text, "author": conflict.author, "changed_at": changed_at}
            stored |= {"year_state": conflict.year_state, "is_outdated": conflict.is_outdated}
        return result | {"message": message, "stored": stored}

    def _parser(self, code: str) -> Callable[[object], Any]:
        parser = self._parsers.get(code)
        if parser is None:
            parser = self._parsers[code] = values.parser_of(self.order, self.order.by_code[code], self.year)
        return parser
