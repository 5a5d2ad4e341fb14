"""The log of refused requests, which shows who probes: with the account and the network address."""

from typing import Any

from flask import Flask, Response, g, request

from evaluation.logs import log_refusal
from evaluation.web.core.request_context import current_viewer

REASONS = {401: "signed_out", 403: "forbidden", 429: "limit"}
NOT_FOUND = 404


def init_app(app: Flask) -> None:
    """Log the refusals of all pages; a handler can give the reason as `g.refusal`."""
    app.after_request(_log_refusal)


def _log_refusal(response: Response) -> Response:
    viewer = current_viewer()
    reason = g.get("refusal") or REASONS.get(response.status_code)
    if response.status_code == NOT_FOUND and viewer.account_id is not None and request.view_args:
        # What the person may not know of does not exist for them, such as the body of others.
        reason = "not_found"
    if reason:
        details: dict[str, Any] = {"method": request.method, "route": request.url_rule.rule if request.url_rule else "-"}
        details |= {"account": viewer.account_id} if viewer.account_id is not None else {}
        log_refusal(reason, request.remote_addr or "", **details)
    return response
