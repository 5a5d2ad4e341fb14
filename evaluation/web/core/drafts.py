"""Texts of forms that the browser keeps until they are stored (static/js/core/drafts.js)."""

from flask import Response, flash, request

from evaluation.web.core.request_context import SAFE_METHODS, current_viewer

STORED_DRAFT = "stored-draft"
"""The category of the flashed keys; `core/base.html` gives them to the script."""
MAX_KEY_CHARACTERS = 200


def confirm_stored_draft(response: Response) -> Response:
    """Name the key of a text to the next page when the request that sent it succeeded.

    A request whose sign-in had expired is redirected too, but has no viewer: the browser keeps its text.
    """
    if request.method not in SAFE_METHODS and response.status_code < 400 and current_viewer().account_id is not None:
        key = request.form.get("draft", "")
        if key and len(key) <= MAX_KEY_CHARACTERS:
            flash(key, STORED_DRAFT)
    return response
