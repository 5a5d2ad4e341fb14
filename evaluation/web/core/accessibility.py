"""The accessibility statement: what conforms, what does not, how it was tested, and where to report a barrier."""

from datetime import date

from flask import Blueprint, render_template

from evaluation.policy import Action
from evaluation.web.core.access import allow

blueprint = Blueprint("accessibility", __name__)

STATEMENT_DATE = date(2026, 11, 30)
"""The day on which the statement was last compared with the pages: change it with its text."""


@blueprint.get("/accessibility")
@allow(Action.PUBLIC)
def page() -> str:
    """Show the statement. It needs no account: who cannot sign in must be able to report it."""
    return render_template("core/accessibility.html", statement_date=STATEMENT_DATE)
