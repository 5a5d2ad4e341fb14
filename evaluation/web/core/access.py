"""Access to pages: every page declares the action it needs; a page without a declaration is forbidden to everyone.

:func:`guard` checks the policy (:mod:`evaluation.policy`) before each request. Whether the viewer may know of the body in the
address is part of the query in :func:`evaluation.web.core.request_context.find_body`.
"""

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import abort, current_app, jsonify, redirect, request, url_for
from flask_babel import gettext

from evaluation.policy import Action, Role
from evaluation.web.core.request_context import SAFE_METHODS, current_viewer

View = TypeVar("View", bound=Callable[..., Any])

EXTENSION_ACTIONS = {
    "static": Action.PUBLIC,
    "bootstrap.static": Action.PUBLIC,
    "static_of_other_version": Action.PUBLIC,
    "bootstrap_static_of_other_version": Action.PUBLIC,
    "security.login": Action.PUBLIC,
    "security.logout": Action.PUBLIC,
    "security.forgot_password": Action.PUBLIC,
    "security.reset_password": Action.PUBLIC,
    # Between the password and the second factor the person has no session yet; Flask-Security checks these pages itself.
    "security.two_factor_setup": Action.PUBLIC,
    "security.two_factor_token_validation": Action.PUBLIC,
    "security.two_factor_rescue": Action.PUBLIC,
    "security.tf_select": Action.PUBLIC,
    "security.mf_recovery": Action.PUBLIC,
    "security.wan_register": Action.PUBLIC,
    "security.wan_register_response": Action.PUBLIC,
    "security.wan_signin": Action.PUBLIC,
    "security.wan_signin_response": Action.PUBLIC,
    "security.wan_delete": Action.ACCOUNT,
    "security.wan_verify": Action.ACCOUNT,
    "security.wan_verify_response": Action.ACCOUNT,
    "security.two_factor_setup_validate": Action.ACCOUNT,
    "security.mf_recovery_codes": Action.ACCOUNT,
    "security.change_password": Action.ACCOUNT,
    "security.verify": Action.ACCOUNT,
}
"""The action of each endpoint that an extension defines."""


def allow(action: Action, takes_json: bool = False) -> Callable[[View], View]:
    """Declare the action that a page needs, and whether its requests may be JSON. The decorator goes below the route."""

    def mark(view: View) -> View:
        view.action = action  # type: ignore[attr-defined]
        view.takes_json = takes_json  # type: ignore[attr-defined]
        return view

    return mark


def action_of(endpoint: str) -> Action | None:
    """Return the action that an endpoint needs; None if it declares none."""
    return EXTENSION_ACTIONS.get(endpoint) or getattr(current_app.view_functions.get(endpoint), "action", None)


def guard() -> Any:
    """Let a request through if the policy allows the viewer's role the page's action.

    A visitor without a session is redirected to the sign-in page and comes back to the requested page.
    """
    if request.endpoint is None:
        return None
    action, viewer = action_of(request.endpoint), current_viewer()
    if action is not None and viewer.may(action):
        return None
    if action is None or viewer.role != Role.NOBODY:
        abort(403)
    sign_in = url_for("security.login", next=_return_path())
    if wants_json():
        return jsonify(message=gettext("You are signed out. Sign in again to go on."), sign_in=sign_in), 401
    return redirect(sign_in, 303)


def wants_json() -> bool:
    """Return whether a script sent the request, so that the answer is JSON and not a page."""
    if request.is_json:
        return True
    accepted = request.accept_mimetypes
    return accepted["application/json"] > accepted["text/html"]


def _return_path() -> str | None:
    """Return the page to come back to after signing in: this one, or the page from which a form was sent."""
    if request.method in SAFE_METHODS and not wants_json():
        target = request.full_path.rstrip("?")
    else:
        try:
            sent_from = urlsplit(request.referrer or "")
        except ValueError:
            return None
        if sent_from.netloc != request.host:
            return None
        target = sent_from.path + (f"?{sent_from.query}" if sent_from.query else "")
    return None if target == "/" else target
