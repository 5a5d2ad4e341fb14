"""The page of a person's own account: role and bodies, password, second factor."""

from flask import Blueprint, render_template
from flask_login import current_user

from evaluation.configuration import configuration
from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.web.core.access import allow
from evaluation.web.core.request_context import current_viewer

MAX_BODIES = 20
"""Bodies that are named; of more bodies the page shows the number."""

blueprint = Blueprint("account", __name__, url_prefix="/account")


@blueprint.get("/")
@allow(Action.ACCOUNT)
def page() -> str:
    """Show the account and what the person can change."""
    viewer = current_viewer()
    bodies = registry.all_bodies(viewer) if viewer.bodies is not None else []
    is_required = viewer.role in configuration().settings.two_factor_roles
    return render_template(
        "account/account.html", account=current_user, bodies=bodies, max_bodies=MAX_BODIES, is_second_factor_required=is_required
    )
