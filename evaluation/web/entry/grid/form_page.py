"""The table without JavaScript: a form of a few organisations at a time, saved by a button."""

from dataclasses import dataclass
from typing import Any

import orjson
from flask import redirect, render_template, request, url_for
from werkzeug import Response

from evaluation.answers import save as saving
from evaluation.answers.progress.model import BodyProgress, OrganisationProgress
from evaluation.answers.progress.queries import body_progress
from evaluation.answers.save import AnswerInput, Saved
from evaluation.answers.values import format_value
from evaluation.audit import queries as past
from evaluation.clock import today
from evaluation.pagination import Page
from evaluation.registry import queries as registry
from evaluation.registry.models import Organisation
from evaluation.submissions.locks import Locked
from evaluation.web.core.pagination import page_urls, requested_page
from evaluation.web.core.request_context import current_language, matches, moment, search_words
from evaluation.web.entry.grid import changes
from evaluation.web.entry.grid.context import Place
from evaluation.web.entry.grid.rows import columns, marks
from forms.entry import grid as forms
from forms.entry.grid import Cell, GridForm
from forms.entry.report import options

ROWS_PER_PAGE = 25
MARKS = ("blank", "errors", "warnings")


@dataclass(frozen=True)
class Filters:
    """What the table is kept to."""

    search: str
    mark: str

    @classmethod
    def of_request(cls) -> "Filters":
        mark = request.args.get("mark", "")
        return cls(search_words(request.args.get("q")), mark if mark in MARKS else "")

    def keep(self, each: Organisation, state: OrganisationProgress) -> bool:
        return matches(each, self.search) and (not self.mark or self.mark in marks(state).split())


@dataclass(frozen=True)
class Row:
    """An organisation of the form; `was` is what its fields hold, for when it is sent."""

    own: Organisation
    state: OrganisationProgress
    cells: list[Cell]
    was: str


def page(place: Place, form: GridForm | None = None, done: Saved | None = None, said: str = "") -> str:
    """The form. After it was sent (`form`) it shows the same organisations, with what could not be stored."""
    filters, spoken = Filters.of_request(), current_language()
    state = body_progress(place.viewer, place.order, place.year.year, place.body.id, today())
    found, filtered_bins = _page(place, filters, state, forms.bins(request.form) if form else None)
    rows = [_row(place, each, one, form, done) for each, one in found.items]
    return render_template(
        "entry/grid/form_page.html",
        place=place,
        kinds=[kind for kind in place.order.kinds if kind.code in state.totals],
        columns=columns(place.order, place.kind, spoken),
        options={item.code: options(place.order, item, spoken) for item in place.order.indicators_of(place.kind)},
        rows=rows,
        page=found,
        filtered_bins=filtered_bins,
        page_url=page_urls("grid.page", **place.address, plain=1, q=filters.search, mark=filters.mark),
        filters=filters,
        field_name=forms.name,
        stored=None if done is None else len(done.changed),
        said=said or _what_was_done(place),
    )


def save(place: Place) -> tuple[str, int] | Response:
    """Store what is right; show the page again where something is not, else go on with the page that was open."""
    spoken = current_language()
    _, listed = registry.members(place.viewer, place.year.year, place.body.bin, forms.bins(request.form))
    known = [bin_ for bin_, (_, kind) in listed.items() if kind == place.kind]
    form = forms.receive(place.order, place.kind, request.form, known, spoken)
    edits = [AnswerInput(listed[each.bin][0], each.code, each.value, each.was) for each in form.changed]
    try:
        done = saving.save(place.viewer, place.order, place.year.year, place.body.id, edits)
    except (Locked, saving.ConcurrentChange) as error:
        changes.forget()
        return page(place, form, said=error.message(spoken)), 409
    if form.wrong or done.conflicts:
        # What is right is kept, so this is no failure.
        return page(place, form, done), 200
    return redirect(_onward(place, done), 303)


def _onward(place: Place, done: Saved) -> str:
    kept: dict[str, Any] = {key: request.args[key] for key in ("q", "mark", "page") if key in request.args}
    return url_for("grid.page", **place.address, plain=1, done=done.batch if done.changed else None, **kept)


def _page(place: Place, filters: Filters, state: BodyProgress, wanted: list[str] | None) -> tuple[Page[Any], str]:
    """One page of (organisation, its state), and the BINs of the organisations on all pages."""
    listed = registry.organisations(place.viewer, place.body.id, place.year.year, current_language().code)
    all_ = [(each, state.organisations[each.id]) for each in listed if each.kind == place.kind]
    if wanted is not None:
        same = set(wanted)
        return Page([pair for pair in all_ if pair[0].bin in same][:ROWS_PER_PAGE], len(all_), 1, ROWS_PER_PAGE), ""
    kept = [pair for pair in all_ if filters.keep(*pair)]
    return Page.from_list(kept, requested_page(), ROWS_PER_PAGE), " ".join(each.bin for each, _ in kept)


def _row(place: Place, each: Organisation, state: OrganisationProgress, form: GridForm | None, done: Saved | None) -> Row:
    spoken, order = current_language(), place.order
    cells = list(forms.cells(order, place.kind, state.answers, spoken))
    clashes = {clash.answer_input.code: clash for clash in done.conflicts if clash.answer_input.organisation_id == each.id} if done else {}
    for number, cell in enumerate(cells):
        code = cell.item.code
        if form is not None and (each.bin, code) in form.wrong:
            cells[number] = form.wrong[each.bin, code]
        elif form is not None and (done is None or code in clashes):
            cell.text = form.texts.get((each.bin, code), cell.text)
        if code in clashes:
            clash = clashes[code]
            cell.clash, cell.theirs, cell.who, cell.at = True, orjson.dumps(clash.stored_value).decode(), clash.author, moment(clash.changed_at)
            cell.theirs_text = format_value(order, cell.item, clash.stored_value, spoken)
    was = {item.code: state.answers[item.code] for item in order.indicators_of(place.kind) if item.code in state.answers}
    return Row(each, state, cells, orjson.dumps(was).decode())


def _what_was_done(place: Place) -> str:
    """What the request before this one did: the batch in the address, where it is the viewer's to know of."""
    events = past.batch_events(place.viewer, request.args.get("done", "")) if request.args.get("done") else []
    count = sum(len(event.data) for event in events if event.organisation_id is not None)
    if not count:
        return ""
    action = events[0].action
    if action == past.UNDONE:
        return current_language().ngettext(
            "Undone: %(num)d answer is as before.", "Undone: %(num)d answers are as before.", count
        )
    if action == changes.SAVED:
        return current_language().ngettext("%(num)d answer was stored.", "%(num)d answers were stored.", count)
    return changes.stored(action, count)
