"""Answers saved by scripts, one cell or thousands, and what follows from them: progress, findings and costs.

Saving costs little more than the change itself: nothing is checked there beyond a cell's own type. What the answers say of each
other is asked for afterwards, by :func:`state`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, abort, jsonify, request
from flask_babel import gettext

from evaluation.answers import save as saving
from evaluation.answers import values
from evaluation.answers.checks import BreachCost, Issue
from evaluation.answers.progress import queries as progress
from evaluation.answers.progress.model import OrganisationProgress
from evaluation.answers.model import AnswerInput
from evaluation.answers.save import Conflict
from evaluation.answers.values import InvalidValue
from evaluation.clock import today
from evaluation.criteria.model import Order
from evaluation.language import Language
from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.submissions.locks import Locked
from evaluation.web.core.access import allow
from evaluation.web.core.request_context import YEAR, current_language, current_viewer, find_body, moment, named, order_of
from forms.entry.report import message

MOST_EDITS = 10_000
"""Of one request."""
MOST_ORGANISATIONS = 1_000
"""Asked for by name in one request; without names, all of a body are given."""

blueprint = Blueprint("answers", __name__)


class Malformed(ValueError):
    """A request that no page of ours sends."""


@dataclass(frozen=True)
class Typed:
    """An edit as it was sent: by BIN, the text that was typed, and in stored form what stood there before."""

    organisation: str
    code: str
    text: str
    was: Any


@blueprint.post(f"/bodies/<bin_>/{YEAR}/answers")
@allow(Action.EDIT)
def save(bin_: str, year: int) -> tuple[Response, int] | Response:
    """Save cells; each is answered for by itself. 409 where nothing can be saved any more, 400 for what is not understood."""
    # Without what a page notes of the year: there is none.
    order, viewer = registry.order_of(year) or abort(404), current_viewer()
    try:
        typed = _typed(request.get_json(silent=True))
    except Malformed as error:
        return jsonify(message=str(error)), 400
    body_id, members = registry.members(viewer, year, bin_, (each.organisation for each in typed))
    if body_id is None:
        abort(404)
    viewer.require(Action.EDIT, body_id)
    if request.json.get("account", viewer.account_id) != viewer.account_id:
        # Somebody else has signed in at this browser since the page was opened: what was typed is not theirs to send.
        return jsonify(message=gettext("Another person has signed in here. Load the page again."), sign_in=None), 401
    reading = _Reading(order, current_language(), members)
    cells, edits = reading.read(typed)
    if edits:
        try:
            saved = saving.save_answers(viewer, order, year, body_id, list(edits.values()))
        except (Locked, saving.ConcurrentChange) as error:
            return jsonify(message=error.message(current_language())), 409
        changed, conflicts = set(map(id, saved.changed)), {id(each.answer_input): each for each in saved.conflicts}
        for place, edit in edits.items():
            state = "saved" if id(edit) in changed else "unchanged"
            cells[place] = reading.cell(typed[place], state, edit.value, conflict=conflicts.get(id(edit)))
    return jsonify(cells=[cells[place] for place in range(len(typed))])


@blueprint.get(f"/bodies/<bin_>/{YEAR}/state")
@allow(Action.VIEW)
def state(bin_: str, year: int) -> tuple[Response, int] | Response:
    """How far organisations have come, what is wrong or odd, and what it costs.

    With `names` given, also what the organisations are called.
    """
    order, body, viewer = order_of(year), find_body(bin_), current_viewer()
    asked = request.args.getlist("organisation")
    if len(asked) > MOST_ORGANISATIONS:
        return jsonify(message=gettext("At most %(limit)s organisations at once.", limit=MOST_ORGANISATIONS)), 400
    ids = [id_ for id_, _ in registry.members(viewer, year, bin_, asked)[1].values()] if asked else None
    found = progress.body_progress(viewer, order, year, body.id, today(), ids)
    spoken = current_language()
    organisations = {each.bin: told(order, each, spoken) for each in found.organisations.values()}
    if "names" in request.args:
        for each in registry.organisations(viewer, body.id, year, spoken.code):
            if each.bin in organisations:
                organisations[each.bin]["name"] = named(each).name(spoken.code)
    return jsonify(organisations=organisations)


def told(order: Order, state: OrganisationProgress, language: Language) -> dict[str, Any]:
    """An organisation's state as scripts read it."""
    return {
        "answered": state.answered,
        "required": state.required,
        "blank": list(state.blank),
        "issues": [_finding(order, each, language) for each in state.issues],
        "costs": [
            {"row": each.row, "criterion": each.criterion, "points": each.points, "codes": list(each.codes)}
            | {"text": cost_text(each, language)}
            for each in state.costs
        ],
    }


def _finding(order: Order, finding: Issue, language: Language) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": finding.severity,
        "rule": finding.rule,
        "message": finding.message[language.code],
        "reason": finding.reason,
        "evidence": list(order.evidence_by_rule[finding.rule]),
    }


def cost_text(cost: BreachCost, language: Language) -> str:
    """What a breach costs, in words: "breaches row 2.1: −2"."""
    lost, worst = language.number(-cost.points), language.number(-cost.worst_points)
    if cost.points == cost.worst_points:
        text = language.gettext("breaches row %(row)s: −%(points)s", row=cost.row, points=lost)
    elif not cost.points:
        text = language.gettext("breaches row %(row)s: at worst −%(points)s", row=cost.row, points=worst)
    else:
        text = language.gettext("breaches row %(row)s: −%(points)s, at worst −%(worst)s", row=cost.row, points=lost, worst=worst)
    if not cost.other_organisation_count:
        return text
    others = language.ngettext("so does %(num)d other organisation", "so do %(num)d other organisations", cost.other_organisation_count)
    return f"{text}; {others}"


class _Reading:
    """Reads what was typed into the cells of a body's organisations, and answers for each cell."""

    def __init__(self, order: Order, language: Language, members: Mapping[str, tuple[int, str]]):
        self.order, self.language, self.members = order, language, members
        self._readers: dict[str, Callable[[object], Any]] = {}
        self._asked = {kind: order.codes_of(kind) for kind in {kind for _, kind in members.values()}}

    def read(self, typed: Sequence[Typed]) -> tuple[dict[int, dict[str, Any]], dict[int, AnswerInput]]:
        """By place in what was sent: the answers for cells that cannot be saved, and the edits of those that can."""
        cells, edits = {}, {}
        for place, each in enumerate(typed):
            own, kind = self.members.get(each.organisation, (0, ""))
            if each.code not in self._asked.get(kind, ()):
                gone = gettext("This is not asked here any more: the organisation or the question was moved.")
                cells[place] = self.cell(each, "invalid", each.was, gone, known=False)
                continue
            try:
                value = None if values.is_blank(each.text) else self._reader(each.code)(each.text)
            except InvalidValue as wrong:
                cells[place] = self.cell(each, "invalid", each.was, message(self.order.by_code[each.code], wrong, self.language))
            else:
                edits[place] = AnswerInput(own, each.code, value, each.was)
        return cells, edits

    def cell(
        self,
        typed: Typed,
        state: str,
        value: Any,
        message: str | None = None,
        known: bool = True,
        conflict: Conflict | None = None,
    ) -> dict[str, Any]:
        """What became of a cell, as scripts read it."""
        item = self.order.by_code[typed.code] if known else None
        answer = {"organisation": typed.organisation, "code": typed.code, "state": state, "value": value, "text": typed.text}
        if item is not None and state != "invalid":
            answer["text"] = values.format_value(self.order, item, value, self.language)
        theirs = None
        if item is not None and conflict is not None:
            answer["state"] = "conflict"
            shown = values.format_value(self.order, item, conflict.stored_value, self.language)
            theirs = {"value": conflict.stored_value, "text": shown, "author": conflict.author, "changed_at": moment(conflict.changed_at)}
        return answer | {"message": message, "stored": theirs}

    def _reader(self, code: str) -> Callable[[object], Any]:
        reader = self._readers.get(code)
        if reader is None:
            reader = self._readers[code] = values.parser_of(self.order, self.order.by_code[code])
        return reader


def _typed(sent: Any) -> list[Typed]:
    """The edits of a request. Raises Malformed."""
    edits = sent.get("edits") if isinstance(sent, dict) else None
    if not isinstance(edits, list) or not edits:
        raise Malformed(gettext("There is nothing to save in what was sent."))
    if len(edits) > MOST_EDITS:
        raise Malformed(gettext("At most %(limit)s answers can be saved at once.", limit=MOST_EDITS))
    found, cells = [], set()
    for each in edits:
        match each:
            case {"organisation": str(organisation), "code": str(code), "typed": str(text)} if _may_be_stored(each.get("expected")):
                # Half a character (JSON can carry one) is no text that could be stored.
                text = text.encode(errors="replace").decode()
                found.append(Typed(organisation, code, text, each.get("expected")))
                cells.add((organisation, code))
            case _:
                raise Malformed(gettext("Each answer needs its organisation, its code and what was typed, as text."))
    if len(cells) < len(found):
        raise Malformed(gettext("One cell stands twice in what was sent."))
    return found


def _may_be_stored(value: Any) -> bool:
    """Whether an answer's stored form can be this; what else JSON carries is not sent back to where it came from."""
    return value is None or isinstance(value, str | int)
