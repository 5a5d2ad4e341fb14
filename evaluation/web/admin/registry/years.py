"""Reporting years: the list and a new year, the page of a year with its days, and an extension for one body."""

from http import HTTPStatus

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug import Response as Redirection
from wtforms import SelectChoice

from evaluation.clock import today
from evaluation.database import db
from evaluation.notifications.announcements import announce_dates, announce_extension, announce_opening
from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.registry.admin import years as operations
from evaluation.registry.admin.years import YearDates, YearDatesConflict
from evaluation.registry.models import ReportingYear
from evaluation.review import year_order as moves
from evaluation.submissions import queries as submissions
from evaluation.submissions.extensions import queries as extensions
from evaluation.submissions.extensions.operations import grant_extension
from evaluation.submissions.models import OPEN_STATUSES
from evaluation.submissions.status import STATUS_LABELS
from evaluation.web.admin.registry.blueprint import blueprint
from evaluation.web.admin.registry.request_helpers import choose_body
from evaluation.web.core.access import allow
from evaluation.web.core.errors import errors_shown_in
from evaluation.web.core.pagination import page_urls, requested_page
from evaluation.web.core.request_context import YEAR, current_language, current_viewer, find_body, find_year
from forms.admin.registry import ExtensionForm, YearDatesForm, YearForm, YearOrderForm

MAX_BODIES_SHOWN = 100
"""Bodies with changed points on the preview of a move to another order."""

Answer = str | Redirection | tuple[str, int]


@blueprint.route("/years", methods=["GET", "POST"])
@allow(Action.MANAGE_REGISTRY)
def years() -> Answer:
    """Show the reporting years and a form that opens another one."""
    open_years = {item.year for item in registry.years()}
    # Usually the year that has just ended is opened first, and the years after it follow.
    next_year = min(today().year, max(open_years) + 1) if open_years else today().year - 1
    orders, language = registry.orders(), current_language().code
    form = YearForm(data={"year": next_year, "order_code": (orders.for_year(next_year) or orders.latest).code})
    form.order_code.choices = [SelectChoice(order.code, order.title[language]) for order in reversed(orders.all)]
    if request.method == "GET":
        return _years_page(form)
    if not form.validate():
        return _years_page(form), HTTPStatus.UNPROCESSABLE_ENTITY
    with errors_shown_in(form, lambda: _years_page(form)):
        operations.open_year(
            current_viewer(),
            form.year.data,
            form.order_code.data,
            deadline=form.deadline.data,
            starts_on=form.starts_on.data,
            confirmed=form.confirmed.data or "",
        )
    announce_opening(current_viewer(), form.year.data)
    flash(gettext("The year %(year)s is open.", year=form.year.data))
    return redirect(url_for(".years"), 303)


def _years_page(form: YearForm) -> str:
    return render_template(
        "admin/registry/years.html", form=form, years=registry.years(), orders=registry.orders(), today=today()
    )


@blueprint.get(f"/years/{YEAR}")
@allow(Action.MANAGE_REGISTRY)
def year(year: int) -> str:
    """Show a year: its order and days, the statuses of the bodies, and the extensions."""
    reporting_year = find_year(year)
    return _year_page(reporting_year, _dates_form((reporting_year.starts_on, reporting_year.deadline)))


@blueprint.post(f"/years/{YEAR}")
@allow(Action.MANAGE_REGISTRY)
def change_year_dates(year: int) -> Answer:
    """Change the first day and the deadline of a year."""
    reporting_year, form = find_year(year), YearDatesForm()
    if not form.validate():
        return _year_page(reporting_year, form), HTTPStatus.UNPROCESSABLE_ENTITY
    expected = (form.expected_starts_on.data, form.expected_deadline.data)
    with errors_shown_in(form, lambda: _year_page(reporting_year, form)):
        try:
            new, confirmed = (form.starts_on.data, form.deadline.data), form.confirmed.data or ""
            operations.change_year_dates(current_viewer(), reporting_year, expected, new, confirmed)
        except YearDatesConflict as conflict:
            # The page shows the stored days in place of the typed ones.
            db.session.rollback()
            message = conflict.message(current_language())
            return _year_page(reporting_year, _dates_form(conflict.current), message), conflict.status
    pairs = {"starts_on": (expected[0], form.starts_on.data), "deadline": (expected[1], form.deadline.data)}
    announce_dates(current_viewer(), year, pairs)
    flash(gettext("The dates of the year are saved."))
    return redirect(url_for(".year", year=year), 303)


@blueprint.get(f"/years/{YEAR}/order")
@allow(Action.MANAGE_REGISTRY)
def year_order(year: int) -> str:
    """Show the orders to which a year can be moved and, for the order in the query string, what that changes."""
    reporting_year, code = find_year(year), request.args.get("to", "")
    return _year_order_page(reporting_year, YearOrderForm(formdata=None, order_code=code, expected=reporting_year.order_code))


@blueprint.post(f"/years/{YEAR}/order")
@allow(Action.MANAGE_REGISTRY)
def move_year(year: int) -> Answer:
    """Move a year to another order."""
    reporting_year, form = find_year(year), YearOrderForm()
    if not form.validate():
        return _year_order_page(reporting_year, form), HTTPStatus.UNPROCESSABLE_ENTITY
    with errors_shown_in(form, lambda: _year_order_page(reporting_year, form)):
        moves.move_year(current_viewer(), reporting_year, form.expected.data or "", form.order_code.data or "")
    flash(gettext("The year %(year)s is moved to another order.", year=year))
    return redirect(url_for(".year", year=year), 303)


def _year_order_page(year: ReportingYear, form: YearOrderForm) -> str:
    options = moves.other_orders(year)
    chosen = next((order for order in options if order.code == form.order_code.data), None)
    move = moves.preview_move(current_viewer(), year, chosen) if chosen else None
    return render_template(
        "admin/registry/year_order.html",
        year=year,
        year_order=registry.orders().get(year.order_code),
        options=options,
        form=form,
        move=move,
        obstacle=move.obstacle.message(current_language()) if move and move.obstacle else "",
        max_bodies=MAX_BODIES_SHOWN,
    )


@blueprint.post(f"/years/{YEAR}/remove")
@allow(Action.MANAGE_REGISTRY)
def remove_year(year: int) -> Redirection:
    """Remove a year that was opened by mistake."""
    operations.remove_year(current_viewer(), year)
    flash(gettext("The year %(year)s is removed.", year=year))
    return redirect(url_for(".years"), 303)


def _dates_form(dates: YearDates) -> YearDatesForm:
    starts_on, deadline = dates
    values = {"starts_on": starts_on, "deadline": deadline, "expected_starts_on": starts_on, "expected_deadline": deadline}
    return YearDatesForm(formdata=None, data=values)


def _year_page(year: ReportingYear, form: YearDatesForm, conflict: str | None = None) -> str:
    viewer = current_viewer()
    counts = submissions.status_counts(viewer, year.year)
    return render_template(
        "admin/registry/year.html",
        year=year,
        year_order=registry.orders().get(year.order_code),
        form=form,
        conflict=conflict,
        status_counts={status: counts.get(status, 0) for status in STATUS_LABELS},
        open_statuses=OPEN_STATUSES,
        page=extensions.list_extensions(viewer, year.year, requested_page()),
        page_url=page_urls(".year", year=year.year, _anchor="extensions"),
        ids_in_force={extension.id for extension in extensions.extensions_in_force(viewer, year.year).values()},
        today=today(),
    )


@blueprint.route(f"/years/{YEAR}/extension", methods=["GET", "POST"])
@allow(Action.MANAGE_REGISTRY)
def extension(year: int) -> Answer:
    """Grant a body an extension: the body whose BIN is in the query string, or the one that the form names."""
    reporting_year, bin_ = find_year(year), request.args.get("body", "")
    form = ExtensionForm(data={"body": find_body(bin_).bin if bin_ else ""})
    if request.method == "GET":
        return _extension_page(reporting_year, form, bin_)
    is_valid = form.validate()
    if not choose_body(form.body) or not is_valid or form.body.body is None or form.until.data is None:
        return _extension_page(reporting_year, form, bin_), HTTPStatus.UNPROCESSABLE_ENTITY
    with errors_shown_in(form, lambda: _extension_page(reporting_year, form, bin_)):
        reason = form.reason.data or ""
        extension = grant_extension(current_viewer(), reporting_year, form.body.body, form.until.data, reason, today())
    announce_extension(current_viewer(), extension)
    flash(gettext("The extension is granted."))
    if bin_:
        return redirect(url_for(".body", bin_=bin_, _anchor="years"), 303)
    return redirect(url_for(".year", year=year, _anchor="extensions"), 303)


def _extension_page(year: ReportingYear, form: ExtensionForm, bin_: str) -> str:
    body = find_body(bin_) if bin_ else None
    earlier = extensions.extensions_of_body(current_viewer(), year.year, body.id) if body else []
    return render_template(
        "admin/registry/extension.html", year=year, form=form, body=body, earlier_extensions=earlier, today=today()
    )
