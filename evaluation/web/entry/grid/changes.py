"""Pasting, filling and undoing: shown first, then done in one step. Scripts are answered with JSON, forms with pages."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from flask import redirect, render_template, request, url_for
from werkzeug import Response

from evaluation import database
from evaluation.answers import save as saving
from evaluation.answers.grid import propose
from evaluation.answers.grid.model import BlockTooLarge, Line, Proposal
from evaluation.answers.grid.reading import table
from evaluation.answers.save import Saved
from evaluation.answers.values import Wrong, read
from evaluation.audit.queries import last_batch
from evaluation.clock import today
from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.registry import queries as registry
from evaluation.submissions.locks import Locked
from evaluation.web.core.request_context import current_language, moment
from evaluation.web.entry.grid.context import Place
from evaluation.web.entry.grid.presenter import Outline, Teller
from forms.entry.report import message

Answer = Response | tuple[Response, int] | tuple[str, int] | str

PASTED, FILLED, SAVED = "pasted", "filled", "saved"
UNDOABLE = (SAVED, PASTED, FILLED)
MOST_LEFT = 2000
"""Cells not taken that are shown where they were pasted."""


def _read_json() -> object:
    try:
        return orjson.loads(request.get_data(cache=False))
    except orjson.JSONDecodeError:
        return None


class Given:
    """What was sent, by a script as JSON or by a form."""

    def __init__(self) -> None:
        self.script = request.is_json
        found = _read_json() if self.script else request.form
        self.values: Mapping[str, Any] = found if isinstance(found, Mapping) else {}

    def text(self, name: str) -> str:
        value = self.values.get(name, "")
        return value if isinstance(value, str) else ""

    def kept_to(self, lines: Sequence[Line]) -> list[Line]:
        """The lines that the person had before them, in their order; all where none are named."""
        wanted = self.text("rows").split()
        by_bin = {line.bin: line for line in lines}
        return [by_bin[bin_] for bin_ in wanted if bin_ in by_bin] if wanted else list(lines)


def paste(place: Place) -> Answer:
    """See the route."""
    given = Given()
    lines = given.kept_to(_table(place))
    first = next((position for position, line in enumerate(lines) if line.bin == given.text("organisation")), 0)
    at = first, given.text("code") or None
    try:
        found = propose.paste(place.order, place.kind, lines, given.text("text"), at, given.text("erase") == "1")
    except BlockTooLarge as error:
        return _refused(place, given, error.message(current_language()), 413)
    return _look_or_take(place, given, lines, found, PASTED)


def fill(place: Place) -> Answer:
    """See the route."""
    given, spoken = Given(), current_language()
    item = next((each for each in place.order.asked_of(place.kind) if each.code == given.text("code")), None)
    if item is None:
        return _refused(place, given, spoken.gettext(N_("Choose the column whose blanks are to be filled.")), 422)
    try:
        value = read(place.order, item, given.text("typed"))
    except Wrong as wrong:
        return _refused(place, given, message(item, wrong, spoken), 422)
    if value is None:
        return _refused(place, given, spoken.gettext(N_("Give the answer that the blanks are to be filled with.")), 422)
    lines = given.kept_to(_table(place))
    return _look_or_take(place, given, lines, propose.fill(place.order, place.kind, lines, item, value), FILLED)


def undo(place: Place) -> Answer:
    """See the route."""
    given, spoken, year, body = Given(), current_language(), place.year.year, place.body.id
    last = last_batch(place.viewer, year, body, UNDOABLE, given.text("batch"))
    if last is None:
        return _refused(place, given, spoken.gettext(N_("There is nothing of yours to undo.")), 409)
    try:
        done = saving.undo(place.viewer, place.order, year, body, last.name)
    except (Locked, saving.ConcurrentChange, saving.UnknownCell) as error:
        return _refused(place, given, _why(error), 409)
    if done.conflicts:
        return _answer(
            place, given, "entry/grid/clashes.html", 409, clashes=Teller(place, _table(place)).clashes(done), undoing=True
        )
    if not given.script:
        return redirect(_plain(place, done=done.batch), 303)
    return _done(place, done, undone(len(done.changed) + len(done.unchanged), moment(last.at)))


def stored(action: str, count: int) -> str:
    """What was done, in words."""
    spoken = current_language()
    if action == FILLED:
        return spoken.ngettext("%(num)d blank was filled.", "%(num)d blanks were filled.", count)
    return spoken.ngettext("%(num)d pasted answer was stored.", "%(num)d pasted answers were stored.", count)


def undone(count: int, at: str) -> str:
    """What was undone, in words."""
    spoken = current_language()
    return spoken.ngettext(
        "Undone: %(num)d answer of %(at)s is as before.", "Undone: %(num)d answers of %(at)s are as before.", count, at=at
    )


def _table(place: Place) -> list[Line]:
    return table(place.viewer, place.year.year, place.body.id, place.kind)


def _look_or_take(place: Place, given: Given, lines: Sequence[Line], found: Proposal, action: str) -> Answer:
    """Show a proposal, or take it where it is still what was shown."""
    digest = given.text("digest")
    if place.lock:
        return _refused(place, given, _why(Locked(place.lock)), 409)
    if digest and digest == found.digest:
        return _take(place, given, found, action)
    last_order = registry.order_of(place.year.year - 1)
    teller = Teller(place, lines)
    found = propose.checked(place.order, place.kind, place.year.year, lines, found, today(), last_order)
    return _answer(
        place,
        given,
        "entry/grid/preview.html",
        409 if digest else 200,
        proposal=Outline.of(found),
        action=action,
        stale=bool(digest),
        changed=teller.edits(found.changed),
        emptied=teller.edits(found.emptied),
        wrong=teller.wrong(found),
        findings=teller.findings(found),
        filled=teller.filled(found) if action == FILLED else None,
    )


def _take(place: Place, given: Given, found: Proposal, action: str) -> Answer:
    try:
        done = saving.save(place.viewer, place.order, place.year.year, place.body.id, found.edits, action, whole=True)
    except (Locked, saving.ConcurrentChange, saving.UnknownCell) as error:
        return _refused(place, given, _why(error), 409)
    if done.conflicts:
        return _answer(
            place, given, "entry/grid/clashes.html", 409, clashes=Teller(place, _table(place)).clashes(done), undoing=False
        )
    if not given.script:
        return redirect(_plain(place, done=done.batch), 303)
    return _done(place, done, stored(action, len(done.changed)), _left(found))


def _left(found: Proposal) -> list[dict[str, str]]:
    """The cells of a block that were not taken, for a script to show where they were pasted."""
    spoken = current_language()
    return [
        {"organisation": cell.line.bin, "code": cell.code, "typed": cell.given, "message": cell.problem.message(spoken)}
        for cell in found.wrong[:MOST_LEFT]
        if cell.line is not None and cell.code is not None
    ]


def _done(place: Place, done: Saved, said: str, left: Sequence[Mapping[str, str]] = ()) -> Response:
    """For a script: what stands in each cell now, and what is left to be mended."""
    cells = Teller(place, _table(place)).stored(done)
    return _json(message=said, cells=cells, wrong=left, batch=done.batch)


def _why(error: Exception) -> str:
    spoken = current_language()
    if isinstance(error, EvaluationError):
        return error.message(spoken)
    return spoken.gettext(N_("Some of these organisations are no longer under this body. Load the page again."))


def _refused(place: Place, given: Given, said: str, status: int) -> Answer:
    return _answer(place, given, "entry/grid/refused.html", status, said=said)


def _answer(place: Place, given: Given, template: str, status: int, **found: Any) -> Answer:
    """For a script the words of a dialog, for a form a page around them. Nothing that was begun is kept where it failed."""
    if status >= 400:
        forget()
    if not given.script:
        shown = {name: given.text(name) for name in ("text", "rows", "organisation", "code", "erase", "typed")}
        return render_template(
            "entry/grid/answer.html", part=template, place=place, shown=shown, back=_plain(place), **found
        ), status
    html = render_template(template, place=place, **found)
    proposal: Outline | None = found.get("proposal")
    if proposal is None:
        return _json(html=html, message=found.get("said")), status
    plain = status == 200 and proposal.plain
    return _json(html=html, takes=proposal.edits, digest=proposal.digest, kept=proposal.kept, plain=plain), status


def _json(**content: Any) -> Response:
    """Thousands of cells as JSON, in letters as they are."""
    return Response(orjson.dumps(content), content_type="application/json")


def forget() -> None:
    """Keep nothing of what was begun, so that what is shown is what is stored."""
    database.db.session.rollback()


def _plain(place: Place, **extra: Any) -> str:
    return url_for("grid.page", **place.address, plain=1, **extra)
