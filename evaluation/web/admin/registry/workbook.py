"""The registry workbook: out, in with a preview, and stored once that was seen."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import Response, abort, flash, g, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug import Response as Redirection

from evaluation import storage as files
from evaluation.answers.issues import CellIssue, WorkbookRejected
from evaluation.clock import today
from evaluation.database import db
from evaluation.language import N_
from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.registry.operations import record_export
from evaluation.sheets.writers import FORMATS
from evaluation.web.admin.registry.request_helpers import blueprint, names_of, written
from evaluation.web.core.access import allow
from evaluation.web.core.request_context import current_language, current_viewer, megabytes, send_bytes
from evaluation.web.entry.workbook_issues import WorkbookReport, report
from evaluation.workbooks.registry import plan as planning
from evaluation.workbooks.registry.columns import COLUMNS, WORKSHEETS, Column, choices, words
from evaluation.workbooks.registry.plan import CHANGED, NEW, UNCHANGED, Line, Plan, Terms, state_name
from evaluation.workbooks.registry.writer import write_registry
from forms.admin.registry import ApplyForm, RegistryWorkbookForm

IN_HEAD = ("bin",)
"""Stands beside the name of each row."""
MOST_SHOWN = 200
"""Changed rows that a preview lists of a worksheet; the counts tell of all."""
TITLES = {WORKSHEETS[0]: N_("Bodies"), WORKSHEETS[1]: N_("Organisations")}
YEARS = range(1992, 2100)
Answer = str | Redirection | tuple[str, int]


@dataclass(frozen=True)
class Shown:
    """A changed or new row as a preview lists it: its number, whose it is, and each cell's label, old and new value."""

    number: int
    bin: str
    name: str
    fresh: bool
    cells: list[tuple[str, str, str]]


@dataclass(frozen=True)
class Part:
    """A worksheet's part of a preview."""

    name: str
    title: str
    counts: dict[str, int]
    lines: list[Shown]
    more: int


@blueprint.get("/workbook.xlsx")
@allow(Action.MANAGE_REGISTRY)
def workbook_file() -> Response:
    """The registry as it is; that it was taken is recorded."""
    spoken = current_language()
    content = write_registry(current_viewer(), registry.orders(), spoken)
    record_export(current_viewer(), content)
    g.keep = True
    return send_bytes(content, FORMATS["xlsx"].media_type, f"registry-{today():%Y-%m-%d}-{spoken.code}.xlsx")


@blueprint.get("/workbook")
@allow(Action.MANAGE_REGISTRY)
def workbook() -> str:
    """The form to send a registry workbook by."""
    return _page(RegistryWorkbookForm(data={"year": today().year, "names": "new"}))


@blueprint.post("/workbook")
@allow(Action.MANAGE_REGISTRY)
def receive_workbook() -> Answer:
    """Look at a workbook: what would change, and what is wrong. Nothing is stored but the file itself."""
    form = RegistryWorkbookForm()
    if not form.validate() or not _year_fits(form):
        return _page(form), 422
    data = form.file.data.read()
    terms = Terms(form.year.data, form.names.data == "new")
    try:
        made = planning.plan(current_viewer(), data, registry.orders(), terms)
    except WorkbookRejected as refused:
        return _page(form, refused=_report(list(refused.issues))), 422
    if made.problems:
        return _preview(form, made, terms, None), 422
    return _preview(form, made, terms, files.keep(data))


@blueprint.post("/workbook/store")
@allow(Action.MANAGE_REGISTRY)
def store_workbook() -> Answer:
    """Store a workbook that was looked at; where the registry changed since, it is shown anew instead."""
    given = ApplyForm()
    if not given.validate() or given.year.data not in YEARS or not files.HASH.fullmatch(given.sha256.data or ""):
        abort(400)
    terms = Terms(given.year.data, given.names.data == "new")
    form = RegistryWorkbookForm(formdata=None, data={"year": terms.year, "names": "new" if terms.renames else "corrected"})
    try:
        data = files.read(given.sha256.data)
    except files.MissingFile as missing:
        form.file.errors = [missing.message(current_language())]
        return _page(form), 422
    try:
        made = planning.plan(current_viewer(), data, registry.orders(), terms)
        if made.digest != given.digest.data or made.problems:
            return _preview(form, made, terms, None if made.problems else given.sha256.data, changed=True), 409
        planning.apply(current_viewer(), made)
    except WorkbookRejected as refused:
        db.session.rollback()
        return _page(form, refused=_report(list(refused.issues))), 409
    flash(gettext("The registry workbook is stored: %(new)s new, %(changed)s changed.", **_totals(made)))
    return redirect(url_for(".workbook"), 303)


def _totals(made: Plan) -> dict[str, int]:
    return {outcome: sum(len(made.of(name, outcome)) for name in WORKSHEETS) for outcome in (NEW, CHANGED)}


def _year_fits(form: RegistryWorkbookForm) -> bool:
    if form.year.data in YEARS:
        return True
    form.year.errors = [*form.year.errors, gettext("Enter the year.")]
    return False


def _page(form: RegistryWorkbookForm, **found: Any) -> str:
    found = {"refused": None, "parts_of": None, "warnings": None, "sha256": None} | found
    return render_template("admin/registry/workbook.html", form=form, limit=megabytes(), **found)


def _preview(form: RegistryWorkbookForm, made: Plan, terms: Terms, sha256: str | None, changed: bool = False) -> str:
    return _page(
        form,
        refused=_report(made.problems) if made.problems else None,
        warnings=_report(made.warnings) if made.warnings else None,
        parts_of=[_part(name, made) for name in WORKSHEETS if made.lines[name] or made.wrong_rows(name)],
        nothing=not made.changes,
        sha256=sha256 if made.changes else None,
        digest=made.digest,
        terms=terms,
        changed=changed,
    )


def _part(name: str, made: Plan) -> Part:
    counts = {outcome: len(made.of(name, outcome)) for outcome in (NEW, CHANGED, UNCHANGED)}
    counts["wrong"] = len(made.wrong_rows(name))
    lines = [*made.of(name, CHANGED), *made.of(name, NEW)]
    shown = lines[:MOST_SHOWN]
    code = current_language().code
    named = names_of({bin_ for line in shown for _, *pair in line.cells() for bin_ in pair if isinstance(bin_, str)})
    named |= {line.now.bin: state_name(line.now, code) for line in made.lines[WORKSHEETS[0]]}
    return Part(name, TITLES[name], counts, [_shown(name, line, named) for line in shown], len(lines) - len(shown))


def _shown(name: str, line: Line, named: Mapping[str, str]) -> Shown:
    by_code, spoken = {column.code: column for column in COLUMNS[name]}, current_language()
    cells = [
        (spoken.gettext(by_code[code].label), _value(by_code[code], old, named), _value(by_code[code], new, named))
        for code, old, new in line.cells()
        if code not in IN_HEAD and not (line.was is None and new is False)
    ]
    return Shown(line.row.number + 1, line.now.bin, state_name(line.now, spoken.code), line.was is None, cells)


def _value(column: Column, value: Any, named: Mapping[str, str]) -> str:
    if value is None:
        return "–"
    if column.type == "bin":
        return f"{named[value]} ({value})" if value in named else str(value)
    if column.type == "share":
        return written("state_share", value)
    if column.type in ("level", "status", "kind", "yes_no"):
        return str(words(column, value, choices(registry.orders()) if column.type != "yes_no" else {}, current_language()))
    return written(column.code, value)


def _report(problems: list[CellIssue]) -> WorkbookReport:
    """Problems by worksheet and cell, each column under the label it has in this workbook."""
    spoken = current_language()
    made = report(problems, registry.orders(), spoken)
    labels = {name: {column.code: spoken.gettext(column.label) for column in COLUMNS[name]} for name in WORKSHEETS}
    return replace(
        made,
        worksheets=tuple(
            replace(
                each,
                label=spoken.gettext(TITLES[each.name]) if each.name in TITLES else "",
                findings=tuple(
                    replace(finding, label=labels.get(each.name, {}).get(finding.code or "", "")) for finding in each.findings
                ),
            )
            for each in made.worksheets
        ),
    )
