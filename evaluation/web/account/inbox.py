"""The inbox: a person's notifications, and the number of unread ones in the header of every page."""

from typing import Any

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from sqlalchemy.exc import SQLAlchemyError
from werkzeug import Response as WerkzeugResponse

from evaluation.configuration import configuration
from evaluation.notifications import content, operations, queries
from evaluation.policy import Action
from evaluation.web.core.access import allow
from evaluation.web.core.pagination import page_urls, requested_page
from evaluation.web.core.request_context import current_viewer

UNREAD = "unread"
"""The value of the parameter `show` that restricts the list to unread notifications."""
NOTIFICATION = "<int:notification_id>"

blueprint = Blueprint("notifications", __name__, url_prefix="/notifications")


@blueprint.get("")
@allow(Action.ACCOUNT)
def inbox() -> str:
    """Show the notifications, the newest first."""
    show = UNREAD if request.args.get("show") == UNREAD else None
    page = queries.inbox(current_viewer(), show == UNREAD, requested_page())
    page_url = page_urls(".inbox", show=show)
    return render_template("account/inbox.html", show=show, page=page, page_url=page_url, content=content)


@blueprint.get(f"/{NOTIFICATION}")
@allow(Action.VIEW)
def follow(notification_id: int) -> WerkzeugResponse:
    """Mark a notification as read and go to what it concerns.

    It is a link and not a form, so that it can be opened in a new tab; nothing depends on whether it is read.
    """
    viewer = current_viewer()
    view = queries.notification(viewer, notification_id)
    if view is None:
        abort(404)
    # A browser that prefetches the page has not shown it to anybody.
    if "prefetch" not in request.headers.get("Sec-Purpose", ""):
        operations.mark_as_read(viewer, view.notification)
        g.commit_get = True
    return redirect(content.link(view, viewer.role, configuration().links), 303)


@blueprint.post("/read")
@allow(Action.ACCOUNT)
def read_all() -> WerkzeugResponse:
    """Mark everything as read."""
    operations.mark_all_as_read(current_viewer())
    return redirect(url_for(".inbox"), 303)


@blueprint.app_context_processor
def _header_context() -> dict[str, Any]:
    return {"unread_notifications": unread_notifications}


def unread_notifications() -> int:
    """Return the number of unread notifications; it is read once per page, and only by pages."""
    if "unread" not in g:
        try:
            g.unread = queries.unread_count(current_viewer())
        except SQLAlchemyError:
            # The page that reports a fault of the database is shown without the number.
            g.unread = 0
    count: int = g.unread
    return count
