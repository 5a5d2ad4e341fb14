"""The inbox: what one was told of, and how much of it is not read yet, which the head of every page says."""

from typing import Any

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from sqlalchemy.exc import SQLAlchemyError
from werkzeug import Response as Redirection

from evaluation.notifications import content as words
from evaluation.notifications import operations, outbox, queries
from evaluation.policy import Action
from evaluation.web.core.access import allow
from evaluation.web.core.pagination import page_urls, requested_page
from evaluation.web.core.request_context import current_viewer

UNREAD = "unread"
"""The filter that keeps the list to what is not read."""
MESSAGE = "<int(max=2147483647):message_id>"

blueprint = Blueprint("messages", __name__, url_prefix="/messages")


@blueprint.get("")
@allow(Action.ACCOUNT)
def inbox() -> str:
    """What one was told of, the newest first."""
    only = UNREAD if request.args.get("show") == UNREAD else None
    page = queries.inbox(current_viewer(), only == UNREAD, requested_page())
    return render_template(
        "account/inbox.html",
        only=only,
        page=page,
        page_url=page_urls(".inbox", show=only),
        words=words,
    )


@blueprint.get(f"/{MESSAGE}")
@allow(Action.VIEW)
def follow(message_id: int) -> Redirection:
    """Go to what a message is about; it is read then.

    It is a link, so that it opens in a tab of its own where one wants that, and nothing depends on its being read.
    """
    told, viewer = queries.message(current_viewer(), message_id), current_viewer()
    if told is None:
        abort(404)
    # A browser that fetches ahead has shown it to nobody.
    if "prefetch" not in request.headers.get("Sec-Purpose", ""):
        operations.read(viewer, told.message)
        g.keep = True
    return redirect(words.address(told, viewer.role), 303)


@blueprint.post("/read")
@allow(Action.ACCOUNT)
def read_all() -> Redirection:
    """Mark everything as read."""
    operations.read_all(current_viewer())
    return redirect(url_for(".inbox"), 303)


@blueprint.app_context_processor
def _in_the_head() -> dict[str, Any]:
    return {"unread_messages": unread}


@blueprint.teardown_app_request
def _mail(_: BaseException | None) -> None:
    outbox.call_the_postman()


def unread() -> int:
    """How many messages one has not read; asked once for a page, and only by pages."""
    if "unread" not in g:
        try:
            g.unread = queries.unread(current_viewer())
        except SQLAlchemyError:
            # The page that says what is wrong with the database does without.
            g.unread = 0
    found: int = g.unread
    return found
