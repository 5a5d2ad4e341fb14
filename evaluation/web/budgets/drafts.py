"""The pages between sending a decision and storing it: what was read, what could not be read, and the corrections."""

from dataclasses import replace
from http import HTTPStatus
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug import Response as Redirection
from werkzeug.datastructures import FileStorage

from evaluation.budgets import drafts, operations, queries
from evaluation.budgets.confirmation import Confirmation
from evaluation.budgets.corrections import Head
from evaluation.budgets.models import BudgetDraft
from evaluation.configuration import configuration
from evaluation.language import N_
from evaluation.pagination import Page
from evaluation.policy import Action
from evaluation.registry.models import Body
from evaluation.settings import MEGABYTE
from evaluation.text import normalise_line
from evaluation.web.budgets.blueprint import ADDRESS, DRAFT, blueprint, find_draft
from evaluation.web.budgets.draft_state import PARTS, DraftState
from evaluation.web.budgets.source import excerpts, source_page
from evaluation.web.core.access import allow
from evaluation.web.core.errors import errors_shown_in
from evaluation.web.core.pagination import page_urls, requested_page
from evaluation.web.core.request_context import current_language, current_viewer, find_body, find_year
from forms.budgets.decision import HeadForm, ReceiveForm
from forms.budgets.rows import Row, take_input

NO_SOURCE = N_("Choose a file or paste the text.")
TWO_SOURCES = N_("Choose a file or paste the text, not both.")


@blueprint.get(f"{ADDRESS}/new")
@allow(Action.EDIT)
def new(bin_: str, year: int) -> str:
    """Show the form that receives a decision."""
    find_year(year)
    return _new_page(bin_, year, ReceiveForm(formdata=None))


@blueprint.post(f"{ADDRESS}/new")
@allow(Action.EDIT)
def receive(bin_: str, year: int) -> str | Redirection | tuple[str, int]:
    """Read a decision and lead to what was read; nothing of it counts before it is confirmed."""
    find_year(year)
    body, viewer, form = find_body(bin_), current_viewer(), ReceiveForm()
    viewer.require(Action.EDIT, body.id)
    text, file = (form.text.data or "").strip(), form.file.data
    if bool(text) == bool(file):
        field = form.text if text else form.file
        field.errors = [
            gettext("Choose a file or paste the text, not both.") if text else gettext("Choose a file or paste the text.")
        ]
        return _new_page(bin_, year, form), HTTPStatus.UNPROCESSABLE_ENTITY
    with errors_shown_in(form, lambda: _new_page(bin_, year, form)):
        if file:
            draft = drafts.receive(viewer, year, body.id, file.filename or "", _read(file))
        else:
            draft = drafts.receive_text(viewer, year, body.id, form.text.data)
    return redirect(url_for(".draft", bin_=bin_, year=year, draft_id=draft.id), 303)


def _new_page(bin_: str, year: int, form: ReceiveForm) -> str:
    body = find_body(bin_)
    return render_template(
        "budgets/new.html", body=body, year=find_year(year), form=form, drafts=queries.drafts(current_viewer(), body.id)
    )


@blueprint.get(DRAFT)
@allow(Action.EDIT)
def draft(bin_: str, year: int, draft_id: int) -> str | Redirection:
    """Show what was read, one part at a time; the parameter `line` leads to the row of a line of the source."""
    body, item = find_draft(bin_, year, draft_id)
    state = DraftState.of(item, body)
    if number := request.args.get("line", 0, type=int):
        target = state.part_of_line(number)
        if target is not None:
            return redirect(
                url_for(".draft", **_address(body, item), part=target[0], page=target[1], _anchor=f"row-{number}"), 303
            )
    return _page(body, state, _part(state))


@blueprint.post(DRAFT)
@allow(Action.EDIT)
def correct(bin_: str, year: int, draft_id: int) -> str | Redirection | tuple[str, int]:
    """Save the corrections of the rows of one page of a part, and check the sums again."""
    body, item = find_draft(bin_, year, draft_id)
    state, language = DraftState.of(item, body), current_language()
    part = _part(state)
    rows = state.page(part, requested_page(), language)
    values = dict(request.form)
    if "rest" in values:
        values |= {f"removed-{row.key}": "1" for row in rows.items if row.unread is not None and _is_blank(row, values)}
    corrections = take_input(rows.items, values, state.corrections, language)
    if any(row.errors for row in rows.items):
        return _page(body, state, part, rows), HTTPStatus.UNPROCESSABLE_ENTITY
    drafts.save_corrections(current_viewer(), item, state.stored_with(corrections))
    flash(gettext("The corrections are saved in the draft and the sums are checked again."))
    page = rows.number if rows.number > 1 else None
    return redirect(url_for(".draft", **_address(body, item), part=part, page=page, _anchor="rows"), 303)


@blueprint.post(f"{DRAFT}/choice")
@allow(Action.EDIT)
def choose(bin_: str, year: int, draft_id: int) -> Redirection:
    """Choose the budget of the source that is the body's; the corrections of the others stay."""
    body, item = find_draft(bin_, year, draft_id)
    state = DraftState.of(item, body)
    position = request.form.get("entry", -1, type=int)
    if not 0 <= position < len(state.entries):
        abort(400)
    drafts.save_corrections(current_viewer(), item, state.stored_with(chosen=position))
    return redirect(url_for(".draft", **_address(body, item)), 303)


@blueprint.post(f"{DRAFT}/store")
@allow(Action.EDIT)
def store(bin_: str, year: int, draft_id: int) -> str | Redirection | tuple[str, int]:
    """Save the year, number and date, and store the decision; the button that only saves them stores nothing."""
    body, item = find_draft(bin_, year, draft_id)
    state, form = DraftState.of(item, body), HeadForm()
    if not form.validate():
        return _page(body, state, state.first_part, head=form), HTTPStatus.UNPROCESSABLE_ENTITY
    head = Head(form.year.data, normalise_line(form.number.data), form.date.data)
    state = replace(state, corrections=replace(state.corrections, head=head))
    if "save" in request.form:
        drafts.save_corrections(current_viewer(), item, state.stored_with(state.corrections))
        return redirect(url_for(".draft", **_address(body, item)), 303)
    # Other years of the same body can be stored from the same draft.
    others = [entry for entry in state.entries if entry is not state.read and entry.body == state.read.body]
    with errors_shown_in(form, lambda: _page(body, state, state.first_part, head=form)):
        stored = operations.store_decisions(
            current_viewer(),
            item,
            [Confirmation(state.chosen, state.decision)],
            replace=bool(form.replace.data),
            discard=not others,
        )
    if others:
        flash(gettext("Stored. The source has budgets of other years: choose them in the draft, which stays in the list."))
    return redirect(url_for(".decision", bin_=bin_, year=stored[0].year, decision_id=stored[0].id), 303)


@blueprint.post(f"{DRAFT}/discard")
@allow(Action.EDIT)
def discard(bin_: str, year: int, draft_id: int) -> Redirection:
    """Delete a draft with its corrections."""
    _, item = find_draft(bin_, year, draft_id)
    drafts.discard_draft(current_viewer(), item)
    return redirect(url_for(".index", bin_=bin_, year=year), 303)


@blueprint.get(f"{DRAFT}/source")
@allow(Action.EDIT)
def draft_source(bin_: str, year: int, draft_id: int) -> str:
    """Show the text that a draft was read from."""
    body, item = find_draft(bin_, year, draft_id)
    return render_template(
        "budgets/source.html",
        body=body,
        year=find_year(year),
        source=source_page(queries.source_lines(current_viewer(), item.source)),
        above=(gettext("Check what was read"), url_for(".draft", **_address(body, item))),
        page_url=page_urls(".draft_source", **_address(body, item)),
    )


def _page(body: Body, state: DraftState, part: str, rows: Page[Row] | None = None, head: HeadForm | None = None) -> str:
    draft, language, decision = state.draft, current_language(), state.decision
    address = _address(body, draft)
    rows = rows or state.page(part, requested_page(), language)
    numbers = [row.unread.source_line for row in rows.items if row.unread is not None]
    lines = queries.source_lines(current_viewer(), draft.source) if numbers else ()
    return render_template(
        "budgets/draft/page.html",
        body=body,
        year=find_year(draft.year),
        state=state,
        decision=decision,
        part=part,
        rows=rows,
        excerpts=excerpts(lines, numbers),
        head=head or HeadForm(formdata=None, year=decision.year, number=decision.number, date=decision.date),
        stored_alike=_stored_alike(body, head) if head else False,
        part_url=lambda code: url_for(".draft", **address, part=code, _anchor="rows"),
        page_url=page_urls(".draft", **address, part=part, _anchor="rows"),
        row_url=lambda number: url_for(".draft", **address, line=number),
        form_url=lambda number: url_for(".correct", **address, part=part, page=number if number > 1 else None),
        source_address={"endpoint": ".draft_source", **address},
    )


def _read(file: FileStorage) -> bytes:
    # One byte more than the limit shows that the file is too large.
    data: bytes = file.read(configuration().settings.evidence_megabytes * MEGABYTE + 1)
    return data


def _part(state: DraftState) -> str:
    part = request.args.get("part", "")
    return part if part in PARTS else state.first_part


def _stored_alike(body: Body, head: HeadForm) -> bool:
    """Return whether a decision with this year, number and date is stored already."""
    key = (normalise_line(head.number.data or ""), head.date.data)
    return any((row.number, row.date) == key for row in queries.decisions(current_viewer(), body.id, head.year.data))


def _address(body: Body, draft: BudgetDraft) -> dict[str, Any]:
    return {"bin_": body.bin, "year": draft.year, "draft_id": draft.id}


def _is_blank(row: Row, values: dict[str, str]) -> bool:
    return not any(values.get(f"{name}-{row.key}", "").strip() for name in ("code", "name", "amount"))
