"""Pages that start background jobs: the ZIP of the sheets of a list of bodies, and the workbook with all answers of a year."""

from typing import Any

from flask import redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug import Response as Redirection

from evaluation.clock import today
from evaluation.jobs.operations import start_job
from evaluation.language import LANGUAGE_NAMES
from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.registry.models import ReportingYear
from evaluation.review.body_list.queries import body_ids
from evaluation.review.national_workbook import KIND as WORKBOOK
from evaluation.review.sheet_archive import KIND as SHEETS
from evaluation.review.sheet_archive import ArchiveOptions
from evaluation.sheets.document import LANGUAGES
from evaluation.sheets.writers import FORMATS
from evaluation.web.core.access import allow
from evaluation.web.core.request_context import YEAR, current_language, current_viewer, find_year
from evaluation.web.jobs.views import blueprint as blueprint
from evaluation.web.review.body_filters import body_filters
from forms.jobs.new import SheetsForm, WorkbookForm


@blueprint.get(f"/new/sheets/{YEAR}")
@allow(Action.VIEW)
def new_sheets(year: int) -> str:
    """Show the choices for a ZIP of the sheets of the list of bodies, with the filters of the query string."""
    return _sheets_page(find_year(year), _sheets_form())


@blueprint.post(f"/new/sheets/{YEAR}")
@allow(Action.VIEW)
def start_sheets(year: int) -> Redirection | tuple[str, int]:
    """Start the ZIP of sheets."""
    reporting_year, form = find_year(year), _sheets_form()
    if not form.validate():
        return _sheets_page(reporting_year, form), 422
    bodies = _selected(reporting_year)
    options = ArchiveOptions(
        year,
        form.format.data,
        form.languages.data,
        form.form_only.data,
        form.draft.data,
        None if bodies is None else tuple(bodies),
    )
    language = LANGUAGES[options.languages][0]
    job = start_job(current_viewer(), SHEETS, options.parameters, language)
    return redirect(url_for(".show", job_id=job.id), 303)


@blueprint.get(f"/new/workbook/{YEAR}")
@allow(Action.VIEW)
def new_workbook(year: int) -> str:
    """Show the choice of the language of a workbook with all answers."""
    return _workbook_page(find_year(year), _workbook_form())


@blueprint.post(f"/new/workbook/{YEAR}")
@allow(Action.VIEW)
def start_workbook(year: int) -> Redirection | tuple[str, int]:
    """Start the workbook with all answers."""
    reporting_year, form = find_year(year), _workbook_form()
    if not form.validate():
        return _workbook_page(reporting_year, form), 422
    job = start_job(current_viewer(), WORKBOOK, {"year": year}, form.language.data)
    return redirect(url_for(".show", job_id=job.id), 303)


def _sheets_form() -> SheetsForm:
    form = SheetsForm()
    form.format.choices = [(code, code.upper()) for code in FORMATS]
    form.languages.choices = [(code, Markup(" + ").join(map(_language_name, parts))) for code, parts in LANGUAGES.items()]
    _preselect(form.languages)
    return form


def _workbook_form() -> WorkbookForm:
    form = WorkbookForm()
    form.language.choices = [(code, _language_name(code)) for code in LANGUAGE_NAMES]
    _preselect(form.language)
    return form


def _language_name(code: str) -> Markup:
    """Return the name of a language, marked as text of that language."""
    return Markup('<span lang="{}">{}</span>').format(code, LANGUAGE_NAMES[code])


def _preselect(field: Any) -> None:
    """Select the language of the page in a form that is not sent yet; the first choice, if it is none of them."""
    if request.method == "GET":
        codes = [code for code, _ in field.choices]
        current = current_language().code
        field.data = current if current in codes else codes[0]


def _selected(year: ReportingYear) -> list[int] | None:
    """Return the ids of the bodies that the filters select; None for all."""
    filters = body_filters()
    if not filters.is_active:
        return None
    return body_ids(current_viewer(), year, today(), filters)


def _sheets_page(year: ReportingYear, form: SheetsForm) -> str:
    filters, selected = body_filters(), _selected(year)
    count = len(registry.all_bodies(current_viewer(), year.year)) if selected is None else len(selected)
    return render_template("jobs/new_sheets.html", year=year, form=form, count=count, filters=filters)


def _workbook_page(year: ReportingYear, form: WorkbookForm) -> str:
    count = len(registry.all_bodies(current_viewer(), year.year))
    return render_template("jobs/new_workbook.html", year=year, form=form, count=count)
