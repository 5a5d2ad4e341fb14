"""The language of the pages: chosen by a link and stored in a cookie; without a cookie, the browser's preference."""

from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Flask, abort, current_app, redirect, request
from flask_babel import Babel
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from werkzeug import Response

from evaluation.language import LANGUAGE_NAMES, Language
from evaluation.language import language as language_by_code
from evaluation.policy import Action
from evaluation.web.core.access import allow
from evaluation.web.core.request_context import STATIC_ENDPOINTS, current_language

LANGUAGE_COOKIE = "language"
"""The name of the cookie; in production with a prefix, see :func:`language_cookie`."""
COOKIE_SECONDS = 365 * 24 * 3600

blueprint = Blueprint("language", __name__)


def init_app(app: Flask) -> None:
    """Set up Flask-Babel and what templates need for the links between languages."""
    Babel(app, locale_selector=select)
    # Flask-Babel looks up the catalogue of the request at every message; a page has hundreds of messages and one language.
    app.jinja_env.install_gettext_callables(_message, _ngettext, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.globals.update(_=_message, gettext=_message)
    app.context_processor(lambda: {"language_names": LANGUAGE_NAMES, "here": here})
    app.after_request(_vary)


def select() -> str:
    """Return the language code of this request."""
    supported = current_app.config["LANGUAGES"]
    chosen = request.cookies.get(language_cookie())
    if chosen is not None and chosen in supported:
        return chosen
    return request.accept_languages.best_match(supported) or current_app.config["BABEL_DEFAULT_LOCALE"]


@blueprint.get("/language/<code>")
@allow(Action.PUBLIC)
def choose(code: str) -> Response:
    """Store the chosen language and go back to the page of the link."""
    if code not in current_app.config["LANGUAGES"]:
        abort(404)
    return store_language(redirect(local_path(request.args.get("next", "")), 303), code)


def language_cookie() -> str:
    """Return the name of the cookie; in production browsers take one of this name from this host by https only."""
    return f"__Host-{LANGUAGE_COOKIE}" if current_app.config["SESSION_COOKIE_SECURE"] else LANGUAGE_COOKIE


def store_language(response: Response, code: str) -> Response:
    """Store a language in the response's cookie."""
    is_secure: bool = current_app.config["SESSION_COOKIE_SECURE"]
    response.set_cookie(language_cookie(), code, max_age=COOKIE_SECONDS, secure=is_secure, httponly=True, samesite="Lax")
    return response


def local_path(target: str) -> str:
    """Return `target` if it is a path on this site, else the path of the first page."""
    # Browsers read a backslash as a slash and drop tabs and line breaks: "/\example.org" would lead to another site.
    is_plain = target.startswith("/") and "\\" not in target and target.isprintable()
    if not is_plain or target.startswith("//") or urlsplit(target).netloc:
        return "/"
    return target


def here() -> str:
    """Return the path and query of this page, to come back to it."""
    return request.full_path.rstrip("?")


@pass_context
def _message(context: Context, message: str, /, **values: Any) -> str:
    """Return a message with its values, as Jinja's own function does; a message without values is prepared once.

    The catalogues are the product's own, so their HTML is trusted; values are escaped.
    """
    language: Language = context.get("language") or current_language()
    if not context.eval_ctx.autoescape:
        return language.translations.gettext(message) % values
    return Markup(language.translations.gettext(message)) % values if values else _markup(language.code, message)  # noqa: S704


@lru_cache(maxsize=8192)
def _markup(code: str, message: str) -> Markup:
    return Markup(language_by_code(code).translations.gettext(message)) % {}  # noqa: S704 (as above)


@pass_context
def _ngettext(context: Context, singular: str, plural: str, n: int) -> str:
    language: Language = context.get("language") or current_language()
    return language.translations.ngettext(singular, plural, n)


def _vary(response: Response) -> Response:
    if request.endpoint in STATIC_ENDPOINTS:
        return response
    response.vary.update(("Accept-Language", "Cookie"))
    return response
