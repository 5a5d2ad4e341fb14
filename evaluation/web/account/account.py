"""One's own account: who one is here, the password, the second factor."""

from flask import Blueprint, current_app, render_template
from flask_login import current_user

from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.web.core.access import allow
from evaluation.web.core.request_context import current_viewer

SHOWN = 20
"""Bodies that are named; of more the number is said."""

blueprint = Blueprint("account", __name__, url_prefix="/account")


@blueprint.get("/")
@allow(Action.ACCOUNT)
def own() -> str:
    """Who one is here, and what one can change about it."""
    viewer = current_viewer()
    bodies = registry.all_bodies(viewer) if viewer.bodies is not None else []
    required = viewer.role in current_app.config["TWO_FACTOR_ROLES"]
    return render_template("account/account.html", account=current_user, bodies=bodies, shown=SHOWN, required=required)
