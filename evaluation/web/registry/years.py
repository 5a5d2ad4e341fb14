"""Reporting years: the list, opening one under its order, its deadline."""

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug import Response as Redirection

from evaluation.clock import today
from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.registry.upkeep import operations
from evaluation.registry.upkeep.operations import DeadlineChanged
from evaluation.registry.upkeep.rules import Refusal
from evaluation.web.access import allow
from evaluation.web.common import YEAR, current_language, current_viewer, find_year
from evaluation.web.registry.common import blueprint, message_of
from forms.registry import DeadlineForm, YearForm

Answer = str | Redirection | tuple[str, int]


@blueprint.route("/years", methods=["GET", "POST"])
@allow(Action.REGISTER)
def years() -> Answer:
    """The years there are, and a form to open another."""
    opened = {each.year for each in registry.years()}
    # Usually the year that has just ended is opened; then the one after it.
    next_year = min(today().year, max(opened) + 1) if opened else today().year - 1
    known, code = registry.orders(), current_language().code
    form = YearForm(data={"year": next_year, "order_code": known.latest.code})
    form.order_code.choices = [(order.code, order.title[code]) for order in reversed(known.all)]
    if request.method == "GET":
        return _page(form)
    if form.validate():
        try:
            operations.open_year(current_viewer(), form.year.data, form.order_code.data, form.deadline.data)
        except Refusal as refusal:
            form[refusal.at].errors = [*form[refusal.at].errors, message_of(refusal)]
        else:
            flash(gettext("The year %(year)s is open.", year=form.year.data))
            return redirect(url_for(".years"), 303)
    return _page(form), 422


def _page(form: YearForm) -> str:
    return render_template("registry/years.html", form=form, years=registry.years(), orders=registry.orders(), today=today())


@blueprint.route(f"/years/{YEAR}", methods=["GET", "POST"])
@allow(Action.REGISTER)
def deadline(year: int) -> Answer:
    """Change a year's deadline."""
    opened = find_year(year)
    if request.method == "GET":
        return _deadline(year, DeadlineForm(data={"deadline": opened.deadline, "was": opened.deadline}))
    form = DeadlineForm()
    if form.validate():
        try:
            operations.change_deadline(current_viewer(), opened, form.was.data, form.deadline.data)
        except DeadlineChanged as changed:
            form = DeadlineForm(formdata=None, data={"deadline": changed.now, "was": changed.now})
            return _deadline(year, form, message_of(changed)), 409
        except Refusal as refusal:
            form.deadline.errors = [*form.deadline.errors, message_of(refusal)]
        else:
            flash(gettext("The deadline is set."))
            return redirect(url_for(".years"), 303)
    return _deadline(year, form), 422


def _deadline(year: int, form: DeadlineForm, stale: str | None = None) -> str:
    return render_template("registry/deadline.html", year=year, form=form, stale=stale)
