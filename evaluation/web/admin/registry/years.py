"""Reporting years: the list, opening one under its order, a year's page with its days, and more time for one body."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug import Response as Redirection

from evaluation.clock import today
from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.registry.admin import operations
from evaluation.registry.admin.operations import TermChanged
from evaluation.registry.admin.rules import Refusal
from evaluation.registry.models import ReportingYear
from evaluation.submissions.extensions import queries as extensions
from evaluation.submissions.extensions.operations import ExtensionError, grant_extension
from evaluation.submissions.models import OPEN_STATUSES
from evaluation.submissions.status import STATUS_LABELS
from evaluation.web.admin.registry.request_helpers import blueprint, choose_body, message_of
from evaluation.web.core.access import allow
from evaluation.web.core.pagination import page_urls, requested_page
from evaluation.web.core.request_context import YEAR, current_language, current_viewer, find_body, find_year
from forms.admin.registry import ExtensionForm, YearForm, YearTermForm

Answer = str | Redirection | tuple[str, int]


@blueprint.route("/years", methods=["GET", "POST"])
@allow(Action.MANAGE_REGISTRY)
def years() -> Answer:
    """The years there are, and a form to open another."""
    opened = {each.year for each in registry.years()}
    # Usually the year that has just ended is opened; then the one after it.
    next_year = min(today().year, max(opened) + 1) if opened else today().year - 1
    known, code = registry.orders(), current_language().code
    form = YearForm(data={"year": next_year, "order_code": known.latest.code})
    form.order_code.choices = [(order.code, order.title[code]) for order in reversed(known.all)]
    if request.method == "GET":
        return _years(form)
    if form.validate():
        term = {"deadline": form.deadline.data, "starts_on": form.starts_on.data}
        try:
            operations.open_year(current_viewer(), form.year.data, form.order_code.data, **term)
        except Refusal as refusal:
            form[refusal.at].errors = [*form[refusal.at].errors, message_of(refusal)]
        else:
            flash(gettext("The year %(year)s is open.", year=form.year.data))
            return redirect(url_for(".years"), 303)
    return _years(form), 422


def _years(form: YearForm) -> str:
    return render_template(
        "admin/registry/years.html", form=form, years=registry.years(), orders=registry.orders(), today=today()
    )


@blueprint.get(f"/years/{YEAR}")
@allow(Action.MANAGE_REGISTRY)
def year(year: int) -> str:
    """A year: its order and days, how many bodies have handed it over, and who was given more time."""
    opened = find_year(year)
    return _year(opened, _term_form(opened.starts_on, opened.deadline))


@blueprint.post(f"/years/{YEAR}")
@allow(Action.MANAGE_REGISTRY)
def change_term(year: int) -> Answer:
    """Change a year's first day and deadline."""
    opened, form = find_year(year), YearTermForm()
    if form.validate():
        was, now = (form.was_starts_on.data, form.was_deadline.data), (form.starts_on.data, form.deadline.data)
        try:
            operations.change_term(current_viewer(), opened, was, now)
        except TermChanged as changed:
            return _year(opened, _term_form(*changed.now), message_of(changed)), 409
        except Refusal as refusal:
            form[refusal.at].errors = [*form[refusal.at].errors, message_of(refusal)]
        else:
            flash(gettext("The days of the year are set."))
            return redirect(url_for(".year", year=year), 303)
    return _year(opened, form), 422


def _term_form(starts_on: Any, deadline: Any) -> YearTermForm:
    given = {"starts_on": starts_on, "deadline": deadline, "was_starts_on": starts_on, "was_deadline": deadline}
    return YearTermForm(formdata=None, data=given)


def _year(opened: ReportingYear, form: YearTermForm, stale: str | None = None) -> str:
    viewer = current_viewer()
    states = submissions.status_counts(viewer, opened.year)
    return render_template(
        "admin/registry/year.html",
        year=opened,
        its_order=registry.orders().get(opened.order_code),
        form=form,
        stale=stale,
        states={state: states.get(state, 0) for state in STATUS_LABELS},
        open_states=OPEN_STATUSES,
        page=extensions.list_extensions(viewer, opened.year, requested_page()),
        page_url=page_urls(".year", year=opened.year, _anchor="extensions"),
        in_force={each.id for each in extensions.extensions_in_force(viewer, opened.year).values()},
        today=today(),
    )


@blueprint.route(f"/years/{YEAR}/extension", methods=["GET", "POST"])
@allow(Action.MANAGE_REGISTRY)
def extension(year: int) -> Answer:
    """Give one body more time: the one whose BIN is in the address, or any that is named."""
    opened, viewer, bin_ = find_year(year), current_viewer(), request.args.get("body", "")
    form = ExtensionForm(data={"body": find_body(bin_).bin if bin_ else ""})
    if request.method == "GET":
        return _extension(opened, form, bin_)
    good = form.validate()
    if choose_body(form.body) and good and form.until.data is not None:
        try:
            grant_extension(viewer, opened, form.body.found, form.until.data, form.reason.data or "", today())
        except ExtensionError as refused:
            form[refused.at].errors = [*form[refused.at].errors, message_of(refused)]
        else:
            flash(gettext("The extension is given."))
            there = url_for(".body", bin_=bin_, _anchor="years") if bin_ else url_for(".year", year=year, _anchor="extensions")
            return redirect(there, 303)
    return _extension(opened, form, bin_), 422


def _extension(opened: ReportingYear, form: ExtensionForm, bin_: str) -> str:
    body = find_body(bin_) if bin_ else None
    earlier = extensions.extensions_of_body(current_viewer(), opened.year, body.id) if body else []
    return render_template("admin/registry/extension.html", year=opened, form=form, body=body, earlier=earlier, today=today())
