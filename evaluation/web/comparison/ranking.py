"""The ranking of a year's bodies."""

from flask import Blueprint, abort, redirect, render_template, url_for
from werkzeug import Response as Redirection

from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.web.comparison import context
from evaluation.web.core.access import allow
from evaluation.web.core.request_context import YEAR, find_year

blueprint = Blueprint("ranking", __name__)
blueprint.app_context_processor(context)


@blueprint.get("/ranking")
@allow(Action.VIEW)
def index() -> Redirection:
    """Redirect to the ranking of the newest year."""
    years = registry.years() or abort(404)
    return redirect(url_for(".page", year=years[0].year), 303)


@blueprint.get(f"/ranking/{YEAR}")
@allow(Action.VIEW)
def page(year: int) -> str:
    """Show the ranking of a year."""
    return render_template("comparison/ranking/page.html", year=find_year(year))
