"""The time between password and second factor: a cookie that stayed in a browser is not half of a sign-in for ever."""

import time
from datetime import timedelta
from typing import Any

from flask import Flask, current_app, flash, redirect, request, session, url_for
from flask_security.utils import get_message

from evaluation.web.account.security.passkeys import REGISTRATION_ENDPOINTS, SETUP_STATES
from forms.account import FIRST_FACTOR_AT

SECOND_FACTOR_WITHIN = timedelta(minutes=10)
"""How long after the password the second factor can be shown; setting one up may take as long as its page is valid."""
ENDPOINTS = (
    "security.two_factor_setup",
    "security.two_factor_token_validation",
    "security.two_factor_rescue",
    "security.tf_select",
    "security.mf_recovery",
    "security.wan_signin",
    "security.wan_signin_response",
    *REGISTRATION_ENDPOINTS,
)


def init_app(app: Flask) -> None:
    """Check the time before each page between password and second factor."""
    app.before_request(_refuse_late_factor)


def _refuse_late_factor() -> Any:
    """Lead to the password where it was shown too long ago."""
    if request.endpoint not in ENDPOINTS:
        return None
    if "tf_user_id" not in session:
        # Flask-Security answers this page with 404, where its other ones lead to the password.
        return redirect(url_for("security.login")) if request.endpoint == "security.wan_signin" else None
    is_setup = session.get("tf_state") in SETUP_STATES
    within = current_app.config["SECURITY_TWO_FACTOR_SETUP_WITHIN"] if is_setup else SECOND_FACTOR_WITHIN
    if time.time() - float(session.get(FIRST_FACTOR_AT, 0)) <= within.total_seconds():
        return None
    session.pop("tf_user_id")
    flash(*get_message("TWO_FACTOR_PERMISSION_DENIED"))
    return redirect(url_for("security.login"))
