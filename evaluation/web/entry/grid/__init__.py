"""The grid: all of a body's organisations of a kind in one table.

With JavaScript the table is edited in place and saves each cell by itself (:mod:`evaluation.web.entry.answers`); without, it is a form
of a few organisations at a time. Blocks are pasted, blanks filled and the last action undone here, each in one step.
"""

from flask import Blueprint, render_template, request
from werkzeug import Response

from evaluation.answers.progress.queries import body_state
from evaluation.clock import today
from evaluation.memory import bulk
from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.web.core.access import allow
from evaluation.web.core.request_context import YEAR, current_language
from evaluation.web.entry.grid import changes
from evaluation.web.entry.grid import form_page as plain
from evaluation.web.entry.grid.context import Place, find
from evaluation.web.entry.grid.rows import columns, rows
from evaluation.web.entry.grid.script_messages import words
from evaluation.web.review.remarks_presenter import open_texts

GRID = f"/bodies/<bin_>/{YEAR}/grid/<kind>"

blueprint = Blueprint("grid", __name__)


@blueprint.get(GRID)
@allow(Action.SEE)
def page(bin_: str, year: int, kind: str) -> str:
    """The whole table; with `plain`, a form of a few organisations at a time."""
    place = find(bin_, year, kind)
    if "plain" in request.args:
        return plain.page(place)
    return _whole(place)


@bulk()
def _whole(place: Place) -> str:
    spoken = current_language()
    state = body_state(place.viewer, place.order, place.year.year, place.body.id, today())
    listed = registry.organisations(place.viewer, place.body.id, place.year.year, spoken.code)
    found = [(each, state.organisations[each.id]) for each in listed if each.kind == place.kind]
    shown = columns(place.order, place.kind, spoken)
    return render_template(
        "entry/grid/page.html",
        place=place,
        kinds=[kind for kind in place.order.kinds if kind.code in state.totals],
        columns=shown,
        rows=rows(found, shown, spoken, place.address, open_texts(place.body, place.year)),
        count=len(found),
        words=words(spoken),
    )


@blueprint.post(GRID)
@allow(Action.EDIT)
def save(bin_: str, year: int, kind: str) -> tuple[str, int] | Response:
    """Save the form of a few organisations: what is right is stored, the rest is shown again."""
    place = find(bin_, year, kind)
    place.viewer.require(Action.EDIT, place.body.id)
    return plain.save(place)


@blueprint.post(f"{GRID}/paste")
@allow(Action.EDIT)
@bulk()
def paste(bin_: str, year: int, kind: str) -> changes.Answer:
    """What a pasted block would change; under the digest of what was shown, change it."""
    place = find(bin_, year, kind)
    place.viewer.require(Action.EDIT, place.body.id)
    return changes.paste(place)


@blueprint.post(f"{GRID}/fill")
@allow(Action.EDIT)
@bulk()
def fill(bin_: str, year: int, kind: str) -> changes.Answer:
    """What filling a column's blanks would change; under the digest of what was shown, fill them."""
    place = find(bin_, year, kind)
    place.viewer.require(Action.EDIT, place.body.id)
    return changes.fill(place)


@blueprint.post(f"{GRID}/undo")
@allow(Action.EDIT)
def undo(bin_: str, year: int, kind: str) -> changes.Answer:
    """Put back what the viewer did last with the body's year."""
    place = find(bin_, year, kind)
    place.viewer.require(Action.EDIT, place.body.id)
    return changes.undo(place)
