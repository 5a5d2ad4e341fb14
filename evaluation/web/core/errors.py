"""Pages for what went wrong: what it is, and what to do."""

from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, current_app, g, jsonify, redirect, render_template, request, url_for
from flask.json.provider import DefaultJSONProvider
from flask_babel import gettext
from flask_wtf.csrf import CSRFError, generate_csrf
from sqlalchemy.exc import OperationalError
from werkzeug import Response as Redirection
from werkzeug.exceptions import HTTPException, SecurityError

from evaluation import database
from evaluation.errors import EvaluationError
from evaluation.language import N_
from evaluation.policy import Forbidden
from evaluation.web.core.access import wants_json
from evaluation.web.core.request_context import current_language, megabytes

DRAIN = 512 * 2**20
CHUNK = 64 * 1024


Answer = tuple[str | Response, int]


@dataclass(frozen=True)
class Trouble:
    """What an error page says."""

    title: str
    advice: str


TROUBLES = {
    400: Trouble(N_("The request could not be understood"), N_("Go back, load the page again and repeat what you did.")),
    403: Trouble(N_("This is not open to you"), N_("Ask the administrator if you need it for your work.")),
    404: Trouble(
        N_("There is no such page"),
        N_("Check the address, or find the body in the list: it may stand under another BIN or year."),
    ),
    401: Trouble(N_("You are signed out"), N_("Sign in again to go on.")),
    405: Trouble(N_("This address does not take such a request"), N_("Start again from the list of bodies.")),
    413: Trouble(
        N_("The file is too large"),
        N_("At most %(limit)s MB are taken. Delete pictures and what does not belong to the data, or divide the workbook."),
    ),
    429: Trouble(
        N_("Too many attempts from this address"),
        N_("Wait some minutes and try again. If you have forgotten your password, ask for a link to set a new one."),
    ),
    503: Trouble(
        N_("The database is busy or cannot be reached"),
        N_("Nothing was stored. Try again in a minute; if it happens again, tell the administrator."),
    ),
    500: Trouble(
        N_("Something went wrong on our side"),
        N_(
            "Nothing of what you sent was stored. Try again; if it happens again, tell the administrator when it "
            "happened and what you did."
        ),
    ),
}
EXPIRED = Trouble(N_("The form has expired"), N_("Nothing was stored. Go back, load the page again and send the form once more."))


class Json(DefaultJSONProvider):
    """Flask's JSON, for which what is nested too deeply to be read is no JSON, like any other nonsense."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        try:
            return super().loads(s, **kwargs)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error


def init_app(app: Flask) -> None:
    app.json_provider_class = Json
    app.json = Json(app)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(CSRFError, _expired)
    app.register_error_handler(Forbidden, lambda error: _page(TROUBLES[403], 403))
    app.register_error_handler(EvaluationError, _ours)
    app.register_error_handler(OperationalError, _database)


def _http(error: HTTPException) -> Answer | HTTPException:
    code = error.code or 500
    if code < 400 or isinstance(error, SecurityError):
        # An untrusted host gets no page of ours: there is no address to build its links from.
        return error
    if code == 413:
        _drain()
    return _page(TROUBLES.get(code, TROUBLES[400 if code < 500 else 500]), code)


def _expired(_: CSRFError) -> Answer | Redirection:
    """A form from before its token changed, as it does whenever somebody signs in or out."""
    if request.endpoint in ("security.login", "security.logout"):
        return redirect(url_for("security.login"), 303)
    if wants_json():
        # A script keeps what it has to send: it may send it again with the token of now, which no other site can read.
        return jsonify(message=gettext(EXPIRED.title), csrf=generate_csrf()), 400
    return _page(EXPIRED, 400)


def _ours(error: EvaluationError) -> Answer:
    """What the operator can mend, such as a missing file of criteria."""
    current_app.logger.error("%s", error)
    return _answer(gettext(TROUBLES[500].title), error.message(current_language()), 500)


def _database(error: OperationalError) -> Answer:
    current_app.logger.error("%s", error)
    database.db.session.rollback()
    g.invented, g.unread = False, 0
    return _page(TROUBLES[503], 503)


def _page(trouble: Trouble, code: int) -> Answer:
    return _answer(gettext(trouble.title), current_language().gettext(trouble.advice, limit=megabytes()), code)


def _answer(title: str, advice: str, code: int) -> Answer:
    """A page, or for a script that asked the same in JSON."""
    if wants_json():
        return jsonify(message=f"{title}. {advice}"), code
    return render_template("core/error.html", title=title, advice=advice), code


def _drain() -> None:
    """Read what is still being sent: a browser that cannot finish sending shows a broken connection, not our page."""
    stream, rest = request.environ["wsgi.input"], min(request.content_length or 0, DRAIN)
    while rest > 0:
        read = len(stream.read(min(CHUNK, rest)))
        if not read:
            break
        rest -= read
