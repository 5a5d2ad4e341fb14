"""The administrator's page on which the ranking is opened to all bodies, or limited again."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug import Response as Redirection

from evaluation.comparison.operations import open_ranking
from evaluation.comparison.queries import is_ranking_open
from evaluation.policy import Action
from evaluation.web.core.access import allow
from evaluation.web.core.request_context import current_viewer

blueprint = Blueprint("ranking_access", __name__)
CHOICES = {"open": True, "limited": False}
"""Value of the button → whether the ranking is to be open."""


@blueprint.get("/ranking/access")
@allow(Action.MANAGE_ACCOUNTS)
def page() -> str:
    """Show who sees the ranking, with the button that changes it."""
    return render_template("comparison/ranking/access.html", is_open=is_ranking_open(current_viewer()))


@blueprint.post("/ranking/access")
@allow(Action.MANAGE_ACCOUNTS)
def change() -> Redirection:
    """Open the ranking to all bodies, or limit it again."""
    choice = request.form.get("ranking", "")
    if choice not in CHOICES:
        abort(400)
    if open_ranking(current_viewer(), CHOICES[choice]):
        flash(gettext("The ranking is open to all bodies.") if CHOICES[choice] else gettext("The ranking is limited again."))
    return redirect(url_for(".page"), 303)
