"""The grid: all of a body's organisations of one kind in one table.

With JavaScript the table is edited in place and each cell is saved by itself (:mod:`evaluation.web.entry.answers`). Without
JavaScript it is a form of a few organisations per page. Pasting, clearing and repeating a block, filling blanks and reverting
such a change are one step each.
"""

from flask import Blueprint, render_template, request
from werkzeug import Response

from evaluation.answers.progress.queries import body_progress
from evaluation.clock import today
from evaluation.memory import gc_paused
from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.web.core.access import allow
from evaluation.web.core.request_context import YEAR, current_language
from evaluation.web.entry.grid import changes, form_page
from evaluation.web.entry.grid.context import GridContext, find_grid
from evaluation.web.entry.grid.rows import columns, rows
from evaluation.web.entry.grid.script_messages import script_messages
from evaluation.web.review.remarks.presenter import open_remark_texts

GRID = f"/bodies/<bin_>/{YEAR}/grid/<kind>"

blueprint = Blueprint("grid", __name__)


@blueprint.get(GRID)
@allow(Action.VIEW)
def page(bin_: str, year: int, kind: str) -> str:
    """Show the table; with the parameter `plain`, the form of a few organisations per page."""
    grid = find_grid(bin_, year, kind)
    return form_page.page(grid) if "plain" in request.args else _table_page(grid)


@gc_paused()
def _table_page(grid: GridContext) -> str:
    language = current_language()
    progress = body_progress(grid.viewer, grid.order, grid.year.year, grid.body.id, today())
    organisations = registry.organisations(grid.viewer, grid.body.id, grid.year.year, language.code)
    listed = [(organisation, progress.organisations[organisation.id]) for organisation in organisations]
    shown = [(organisation, state) for organisation, state in listed if organisation.kind == grid.kind]
    grid_columns = columns(grid.order, grid.kind, language)
    return render_template(
        "entry/grid/page.html",
        grid=grid,
        kinds=[kind for kind in grid.order.kinds if kind.code in progress.totals],
        columns=grid_columns,
        rows=rows(shown, grid_columns, language, grid.address, open_remark_texts(grid.body, grid.year)),
        count=len(shown),
        messages=script_messages(language),
    )


@blueprint.post(GRID)
@allow(Action.EDIT)
def save(bin_: str, year: int, kind: str) -> tuple[str, int] | Response:
    """Save the form of a few organisations: store valid cells and show the others again."""
    return form_page.save(_find_editable(bin_, year, kind))


@blueprint.post(f"{GRID}/paste")
@allow(Action.EDIT, takes_json=True)
@gc_paused()
def paste(bin_: str, year: int, kind: str) -> changes.ChangeResponse:
    """Show what a pasted block would change; store it if the request names the digest of exactly these changes."""
    return changes.paste(_find_editable(bin_, year, kind))


@blueprint.post(f"{GRID}/fill")
@allow(Action.EDIT, takes_json=True)
@gc_paused()
def fill(bin_: str, year: int, kind: str) -> changes.ChangeResponse:
    """Show what a fill of a column's blanks would change; store it if the request names the digest of exactly these changes."""
    return changes.fill(_find_editable(bin_, year, kind))


@blueprint.post(f"{GRID}/undo")
@allow(Action.EDIT, takes_json=True)
def undo(bin_: str, year: int, kind: str) -> changes.ChangeResponse:
    """Revert a change that the viewer made in this grid, or such a reversal."""
    return changes.undo(_find_editable(bin_, year, kind))


def _find_editable(bin_: str, year: int, kind: str) -> GridContext:
    """Return the grid of an address. Raises Forbidden if the viewer may not edit the body."""
    grid = find_grid(bin_, year, kind)
    grid.viewer.require(Action.EDIT, grid.body.id)
    return grid
