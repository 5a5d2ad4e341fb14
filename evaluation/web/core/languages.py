"""The language of the pages: chosen by a link, kept in a cookie, at first what the browser prefers."""

from urllib.parse import urlsplit

from flask import Blueprint, Flask, abort, current_app, redirect, request
from flask_babel import Babel
from werkzeug import Response

from evaluation.policy import Action
from evaluation.web.core.access import allow

COOKIE = "language"
YEAR = 365 * 24 * 3600
NAMES = {"kk": "Қазақша", "ru": "Русский", "en": "English"}
"""Each language's name in itself, which is never translated."""

blueprint = Blueprint("language", __name__)


def init_app(app: Flask) -> None:
    Babel(app, locale_selector=select)
    app.context_processor(lambda: {"language_names": NAMES, "here": here})
    app.after_request(_vary)


def select() -> str:
    """The language of this request."""
    offered = current_app.config["LANGUAGES"]
    chosen = request.cookies.get(COOKIE)
    if chosen is not None and chosen in offered:
        return chosen
    return request.accept_languages.best_match(offered) or current_app.config["BABEL_DEFAULT_LOCALE"]


@blueprint.get("/language/<code>")
@allow(Action.PUBLIC)
def choose(code: str) -> Response:
    """Speak a language from now on, and go back to where the link stood."""
    if code not in current_app.config["LANGUAGES"]:
        abort(404)
    return speak(redirect(local_path(request.args.get("next", "")), 303), code)


def speak(response: Response, code: str) -> Response:
    """Speak a language from this response on."""
    response.set_cookie(COOKIE, code, max_age=YEAR, secure=request.is_secure, httponly=True, samesite="Lax")
    return response


def local_path(target: str) -> str:
    """`target` where it is a path on this site, else the first page."""
    # Browsers read a backslash as a slash and leave out tabs and line breaks: "/\example.org" would lead away.
    plain = target.startswith("/") and "\\" not in target and target.isprintable()
    if not plain or target.startswith("//") or urlsplit(target).netloc:
        return "/"
    return target


def here() -> str:
    """The address of this page, to come back to; a page that answers a form is left for the form itself."""
    return request.full_path.rstrip("?")


def _vary(response: Response) -> Response:
    response.vary.update(("Accept-Language", "Cookie"))
    return response
