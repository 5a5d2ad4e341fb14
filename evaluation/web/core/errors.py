"""Error pages and JSON errors: what is wrong, and what to do. One handler answers every :class:`EvaluationError`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, abort, current_app, g, jsonify, make_response, redirect, render_template, request, url_for
from flask.json.provider import DefaultJSONProvider
from flask_babel import gettext
from flask_wtf import FlaskForm
from flask_wtf.csrf import CSRFError, generate_csrf
from sqlalchemy.exc import DataError, InternalError, OperationalError, TimeoutError
from werkzeug import Response as WerkzeugResponse
from werkzeug.exceptions import HTTPException, SecurityError

from evaluation import database
from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.logs import request_id
from evaluation.web.core.access import wants_json
from evaluation.web.core.request_context import current_language, megabytes

RETRY_SECONDS = 30
"""When a browser or a script may try again while the database cannot be used."""
MAX_DRAINED_BYTES = 512 * 2**20
CHUNK_BYTES = 64 * 1024

ErrorAnswer = tuple[str | Response, int]


@dataclass(frozen=True)
class ErrorText:
    """The heading of an error page and what the reader can do."""

    title: str
    advice: str


ERROR_TEXTS = {
    400: ErrorText(N_("The request could not be understood"), N_("Go back, load the page again and repeat what you did.")),
    403: ErrorText(N_("You do not have access to this"), N_("Ask the administrator if you need it for your work.")),
    404: ErrorText(
        N_("There is no such page"),
        N_("Check the address, or find the body in the list: it may have another BIN or belong to another year."),
    ),
    401: ErrorText(N_("You are signed out"), N_("Sign in again to go on.")),
    405: ErrorText(N_("This address does not accept such a request"), N_("Start again from the list of bodies.")),
    413: ErrorText(
        N_("The file is too large"),
        N_("The limit is %(limit)s MB. Delete pictures and what does not belong to the data, or split the workbook."),
    ),
    429: ErrorText(
        N_("Too many attempts"),
        N_("Wait some minutes and try again. If you have forgotten your password, ask for a link to set a new one."),
    ),
    503: ErrorText(
        N_("The database is busy or cannot be reached"),
        N_("Nothing was stored. Try again in a minute; if it happens again, tell the administrator."),
    ),
    500: ErrorText(
        N_("An error occurred in the product"),
        N_(
            "Nothing of what you sent was stored. Try again; if it happens again, tell the administrator when it "
            "happened and what you did."
        ),
    ),
}
NO_PAGE = ErrorText(ERROR_TEXTS[404].title, N_("Check the address, or start again from the list of bodies."))
"""The page for an address that names no body."""
LONG_TEXT = ErrorText(
    N_("The text in the form is too long"),
    N_("Nothing was stored. Shorten the text, or send it as a file where the page takes files."),
)
"""The page for a request of an allowed size whose texts exceed the limit of a form."""
EXPIRED_FORM = ErrorText(
    N_("The form has expired"),
    N_("Nothing was stored. Go back, load the page again and send the form once more."),
)
UNKNOWN_OUTCOME = ErrorText(
    N_("The database failed while your changes were being stored"),
    N_("They may be stored or not. Load the page again and look before you repeat what you did."),
)
"""The page for a commit whose answer was lost."""
REFUSED_TITLE = N_("Nothing was stored.")
"""The heading of the page for a request that a rule of the product refuses."""
PAGE_ONLY = (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)
"""Statuses whose page does not show the error's message: it may reveal data that the viewer must not see."""


class StrictJSONProvider(DefaultJSONProvider):
    """Flask's JSON provider; JSON that is nested too deeply is invalid JSON, not a server error."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """Parse JSON. Raises ValueError."""
        try:
            return super().loads(s, **kwargs)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error


def init_app(app: Flask) -> None:
    """Register the error handlers."""
    app.json_provider_class = StrictJSONProvider
    app.json = StrictJSONProvider(app)
    app.register_error_handler(HTTPException, _answer_http_error)
    app.register_error_handler(CSRFError, _answer_expired_form)
    app.register_error_handler(EvaluationError, _answer_evaluation_error)
    # PostgreSQL answers a write to a read-only database with an InternalError.
    for unusable in (OperationalError, InternalError, TimeoutError):
        app.register_error_handler(unusable, _answer_database_error)
    for unstorable in (DataError, OverflowError, UnicodeEncodeError):
        app.register_error_handler(unstorable, _answer_unstorable_value)


def add_error(form: FlaskForm, error: EvaluationError) -> None:
    """Show the error beside the form's field that it names, or above the form, with a check box if it can be confirmed."""
    message = error.message(current_language())
    if error.confirmation and "confirmed" in form:
        form["confirmed"].requested = error.confirmation
    if error.field in form:
        field = form[error.field]
        field.errors = [*field.errors, message]
    else:
        form.form_errors = [*form.form_errors, message]


@contextmanager
def errors_shown_in(form: FlaskForm, render: Callable[[], str]) -> Iterator[None]:
    """Answer an error of the block with the form, which shows the error, and the error's HTTP status.

    Errors that no input can repair (forbidden, not found, 500 and above) go to the general handler.

    Args:
        form: The form that the person sent.
        render: Renders the page with the form.
    """
    try:
        yield
    except EvaluationError as error:
        if error.status in PAGE_ONLY or error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise
        add_error(form, error)
        abort(make_response(render(), error.status))


def _answer_http_error(error: HTTPException) -> ErrorAnswer | HTTPException:
    if error.response is not None:
        return error
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    if status < 400 or isinstance(error, SecurityError):
        # A request to an untrusted host gets no page of ours: there is no address from which to build its links.
        return error
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        _drain_request()
        if (request.content_length or 0) <= current_app.config["MAX_CONTENT_LENGTH"]:
            return _error_page(status, LONG_TEXT)
    return _error_page(status)


def _answer_expired_form(_: CSRFError) -> ErrorAnswer | WerkzeugResponse:
    """Answer a form whose token is outdated; signing in and out changes the token."""
    g.refusal = "form_token"
    if request.endpoint in ("security.login", "security.logout"):
        return redirect(url_for("security.login"), 303)
    if wants_json():
        # The script sends its changes again with the current token, which no other site can read.
        return jsonify(message=gettext(EXPIRED_FORM.title), csrf=generate_csrf()), 400
    return _error_page(HTTPStatus.BAD_REQUEST, EXPIRED_FORM)


def _answer_evaluation_error(error: EvaluationError) -> ErrorAnswer:
    """Answer a refused request (4xx) or a fault that the operator can repair, such as a missing criteria file (5xx)."""
    language = current_language()
    message = error.message(language)
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        current_app.logger.error("%s", error)
        return _answer(gettext(error.title or ERROR_TEXTS[500].title), message, error.status)
    if error.status in PAGE_ONLY:
        return _error_page(error.status)
    if wants_json():
        return jsonify(message=message, **error.details(language)), error.status
    return render_template("core/error.html", title=gettext(error.title or REFUSED_TITLE), advice=message), error.status


def _answer_database_error(error: OperationalError | InternalError | TimeoutError) -> Response:
    """Answer a database that is stopped, locked, full or read-only, and one whose connections are all in use."""
    current_app.logger.error("The database cannot be used: %s", error)
    database.db.session.rollback()
    # The page must not read the database: templates use these values instead.
    g.invented, g.unread = False, 0
    # Flask-Login's; it would look up the account again, and a failing error page would be the server's bare one.
    g._login_user = current_app.login_manager.anonymous_user()  # type: ignore[attr-defined]
    response = make_response(
        _error_page(HTTPStatus.SERVICE_UNAVAILABLE, UNKNOWN_OUTCOME if g.get("is_outcome_unknown") else None)
    )
    response.retry_after = RETRY_SECONDS
    return response


def _answer_unstorable_value(error: DataError | OverflowError | UnicodeEncodeError) -> ErrorAnswer:
    """Answer a value of the request that the database cannot compare or store, such as the year 10^20."""
    current_app.logger.warning("%s: a value cannot be stored: %s", request.endpoint, error)
    database.db.session.rollback()
    return _error_page(HTTPStatus.BAD_REQUEST)


def _error_page(status: int, text: ErrorText | None = None) -> ErrorAnswer:
    """Return the page, or JSON, of an HTTP status."""
    if status == HTTPStatus.NOT_FOUND and not request.path.startswith("/bodies/"):
        text = NO_PAGE
    text = text or ERROR_TEXTS.get(status, ERROR_TEXTS[400 if status < 500 else 500])
    return _answer(gettext(text.title), current_language().gettext(text.advice, limit=megabytes()), status)


def _answer(title: str, advice: str, status: int) -> ErrorAnswer:
    """Return a page, or the same as JSON to a script."""
    number = request_id.get() if status == HTTPStatus.INTERNAL_SERVER_ERROR else ""
    if wants_json():
        return jsonify(message=f"{title}. {advice}", **({"request": number} if number else {})), status
    can_repeat = status == HTTPStatus.SERVICE_UNAVAILABLE and request.method == "GET"
    return render_template("core/error.html", title=title, advice=advice, number=number, can_repeat=can_repeat), status


def _drain_request() -> None:
    """Read the rest of the request body: a browser that cannot finish sending shows a broken connection, not our page."""
    stream, bytes_left = request.environ["wsgi.input"], min(request.content_length or 0, MAX_DRAINED_BYTES)
    while bytes_left > 0:
        bytes_read = len(stream.read(min(CHUNK_BYTES, bytes_left)))
        if not bytes_read:
            break
        bytes_left -= bytes_read
