"""The page of a person's sessions: where they are signed in, and signing out elsewhere after showing the password again."""

from flask import Blueprint, abort, current_app, flash, redirect, render_template, url_for
from flask_babel import gettext, ngettext
from flask_security.utils import check_and_update_authn_fresh, get_message
from werkzeug import Response as WerkzeugResponse

from evaluation.accounts import queries, sessions
from evaluation.policy import Action
from evaluation.web.account.security.sessions import current_session_id
from evaluation.web.core.access import allow
from evaluation.web.core.request_context import current_viewer

blueprint = Blueprint("sessions", __name__, url_prefix="/account/sessions")


@blueprint.get("")
@allow(Action.ACCOUNT)
def index() -> str:
    """Show the person's sessions."""
    items = queries.sessions(current_viewer())
    return render_template("account/sessions.html", sessions=items, current_id=current_session_id())


@blueprint.post("/<session_id>/end")
@allow(Action.ACCOUNT)
def end(session_id: str) -> WerkzeugResponse:
    """End another session of the person."""
    if session_id == current_session_id():
        abort(400)
    if not _is_confirmed():
        return _confirm()
    if sessions.end_session(current_viewer(), session_id):
        flash(gettext("The session is ended."))
    return redirect(url_for(".index"), 303)


@blueprint.post("/end-others")
@allow(Action.ACCOUNT)
def end_others() -> WerkzeugResponse:
    """End all sessions but this one."""
    if not _is_confirmed():
        return _confirm()
    count = sessions.end_other_sessions(current_viewer(), current_session_id())
    if count:
        flash(ngettext("%(num)d session is ended.", "%(num)d sessions are ended.", count))
    return redirect(url_for(".index"), 303)


def _is_confirmed() -> bool:
    """Return whether the person has shown the password a short time ago: a session that was left open ends no other one."""
    within, grace = current_app.config["SECURITY_FRESHNESS"], current_app.config["SECURITY_FRESHNESS_GRACE_PERIOD"]
    return bool(check_and_update_authn_fresh(within, grace, "session"))


def _confirm() -> WerkzeugResponse:
    flash(get_message("REAUTHENTICATION_REQUIRED")[0])
    return redirect(url_for("security.verify", next=url_for(".index")), 303)
