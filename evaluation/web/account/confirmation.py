"""Confirming who uses an open session before other people's accounts are changed: password or passkey, at most 15 minutes ago.

A page with a form asks first. A form that is sent too late is answered by the question for the password, with everything that was
typed in hidden fields; the right password sends it on, so nothing is typed twice and nothing is stored meanwhile.
"""

import time
from datetime import timedelta

from flask import Response, current_app, flash, redirect, render_template, request, session, url_for
from flask_login import current_user
from flask_security.utils import get_message
from werkzeug import Response as Redirection

from evaluation.web.account.security.events import account_of
from evaluation.web.account.security.limits import validate_confirmation
from evaluation.web.core.request_context import SAFE_METHODS
from forms.account import ConfirmPasswordForm

CONFIRMED_AT = "fs_paa"
"""Flask-Security's key of the session: when the person signed in or confirmed it, in seconds since 1970."""
PREFIX = "confirmation-"
"""The beginning of the names of the question's own fields."""
RESEND = 307
"""The status by which a browser sends the same form once more."""


def is_confirmed() -> bool:
    """Return whether the person has shown the password or a second factor a short time ago."""
    age = time.time() - float(session.get(CONFIRMED_AT, 0))
    limit: timedelta = current_app.config["SECURITY_FRESHNESS"]
    return 0 <= age < limit.total_seconds()


def require_confirmation() -> Redirection | Response | str | None:
    """Ask for the confirmation if it is too old; None lets the request through."""
    if is_confirmed():
        return None
    if request.method in SAFE_METHODS:
        flash(get_message("REAUTHENTICATION_REQUIRED")[0])
        return redirect(url_for("security.verify", next=request.full_path.rstrip("?")), 303)
    # The whole application has checked the form's token.
    form = ConfirmPasswordForm(user=account_of(current_user), prefix=PREFIX, meta={"csrf": False})
    if form.password.name in request.form and validate_confirmation(form):
        session[CONFIRMED_AT] = time.time()
        return redirect(request.full_path.rstrip("?"), RESEND)
    if form.password.name not in request.form:
        form.password.errors = []
    fields = [
        (name, value) for name, value in request.form.items(multi=True) if name != "csrf_token" and not name.startswith(PREFIX)
    ]
    return render_template("account/confirm_sent_form.html", form=form, fields=fields, has_files=any(request.files.values()))
