"""The page of a person's sessions: where they are signed in, and signing out elsewhere after showing the password again."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from werkzeug import Response as WerkzeugResponse

from evaluation.accounts import queries, sessions
from evaluation.policy import Action
from evaluation.web.account.confirmation import require_confirmation
from evaluation.web.account.security.sessions import current_session_id
from evaluation.web.core.access import allow
from evaluation.web.core.request_context import current_viewer

blueprint = Blueprint("sessions", __name__, url_prefix="/account/sessions")


@blueprint.before_request
def confirm() -> ResponseReturnValue | None:
    """Ask who uses the session before it ends others: one that was left open ends none."""
    return None if request.endpoint == "sessions.index" else require_confirmation()


@blueprint.get("")
@allow(Action.ACCOUNT)
def index() -> str:
    """Show the person's sessions, the current one first."""
    current_id = current_session_id()
    items = sorted(queries.sessions(current_viewer()), key=lambda item: item.id != current_id)
    return render_template("account/sessions.html", sessions=items, current_id=current_id)


@blueprint.post("/<session_id>/end")
@allow(Action.ACCOUNT)
def end(session_id: str) -> WerkzeugResponse:
    """End another session of the person."""
    if session_id == current_session_id():
        abort(400)
    if sessions.end_session(current_viewer(), session_id):
        flash(gettext("The session is ended."))
    return redirect(url_for(".index"), 303)


@blueprint.post("/end-others")
@allow(Action.ACCOUNT)
def end_others() -> WerkzeugResponse:
    """End all sessions but this one."""
    count = sessions.end_other_sessions(current_viewer(), current_session_id())
    if count:
        flash(ngettext("%(num)d session is ended.", "%(num)d sessions are ended.", count))
    return redirect(url_for(".index"), 303)
