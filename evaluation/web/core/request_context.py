"""What the views share: the viewer, the language, the database check, the only commit of requests, lookups, files to download."""

import hashlib
import io
import re
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from anyascii import anyascii
from flask import Response, abort, current_app, g, request, send_file
from flask_babel import get_locale
from flask_login import current_user
from markupsafe import Markup
from sqlalchemy.exc import DBAPIError
from werkzeug.http import dump_options_header

from evaluation import database, schema
from evaluation.accounts import queries as accounts
from evaluation.accounts.models import Account
from evaluation.accounts.roles import ROLE_NAMES
from evaluation.clock import to_local
from evaluation.configuration import configuration
from evaluation.criteria.model import Order
from evaluation.errors import EvaluationError
from evaluation.language import N_, Language, heading, language, language_of_text
from evaluation.policy import Action, Viewer
from evaluation.registry import queries as registry
from evaluation.registry.models import Body, ReportingYear
from evaluation.review.workflow_errors import YearMoved
from evaluation.sheets import LegalEntity
from evaluation.text import Search, search_text

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
STATIC_ENDPOINTS = ("static", "bootstrap.static", "static_of_other_version", "bootstrap_static_of_other_version")
BIN_LENGTH = 12
MAX_SEARCH = 200
"""Characters of a search text; the rest is ignored."""
OTHER_THAN_PLAIN = re.compile(r"[^A-Za-z0-9 ._()+-]+")
"""Characters that some system refuses in a file name."""
YEAR = "<int(min=1000, max=9999):year>"
"""The part of an address that names a reporting year."""
DEMONSTRATION = N_(
    "The database holds the demonstration accounts, whose password is published. Use a separate database for production: set "
    "DATABASE_URL."
)


def identify_viewer() -> None:
    """Set the viewer of the request, once, before any other code reads it."""
    # Static files need no session lookup.
    g.viewer = Viewer.nobody() if request.endpoint in STATIC_ENDPOINTS else viewer_of_request()


def viewer_of_request() -> Viewer:
    """Return the viewer of the signed-in account: the one place that reads it."""
    account = current_user._get_current_object()
    return accounts.viewer_of(account) if isinstance(account, Account) else Viewer.nobody()


def current_viewer() -> Viewer:
    """Return the viewer of the request; a request that failed before :func:`identify_viewer` has none, so nobody."""
    viewer: Viewer = g.get("viewer") or Viewer.nobody()
    return viewer


def current_language() -> Language:
    """Return the language of the page."""
    locale = get_locale()
    return language(locale.language if locale else current_app.config["BABEL_DEFAULT_LOCALE"])


def megabytes() -> int:
    """Return the largest size of a request, in MB (2^20 bytes)."""
    limit: int = current_app.config["MAX_CONTENT_LENGTH"]
    return limit // 2**20


def require_usable_database() -> None:
    """Check the database until it is usable, then no more in this process: newest schema, no demonstration data in production.

    Raises:
        SchemaOutdated: The database must be upgraded; a request does not do it.
        EvaluationError: Production has a database with demonstration accounts.
    """
    if "database_is_usable" in current_app.extensions or request.endpoint in STATIC_ENDPOINTS:
        return
    schema.require_current()
    if configuration().settings.is_production and accounts.has_demonstration_accounts(Viewer.system()):
        raise EvaluationError(DEMONSTRATION)
    current_app.extensions["database_is_usable"] = True


def commit_request(response: Response) -> Response:
    """Commit the changes of a successful request, roll back those of a failed one: the only commit of the pages.

    A GET request commits only if the view sets `g.commit_get`, for example to record the download of a file; a HEAD request, and
    an answer that the browser's copy is still good (304), hand out nothing. An error of the commit is answered as an error of the
    view is.
    """
    is_sent = request.method == "GET" and response.status_code != HTTPStatus.NOT_MODIFIED
    if request.method not in SAFE_METHODS or (g.get("commit_get") and is_sent):
        if response.status_code < 400:
            try:
                database.db.session.commit()
            except Exception as error:
                # Nobody knows whether a commit was done whose answer did not arrive.
                g.is_outcome_unknown = isinstance(error, DBAPIError) and error.connection_invalidated
                database.db.session.rollback()
                return current_app.make_response(current_app.handle_user_exception(error))
        else:
            database.db.session.rollback()
    return response


def find_year(year: int) -> ReportingYear:
    """Return the reporting year that the page shows; 404 if it is not open."""
    opened = registry.reporting_year(year)
    if opened is None:
        abort(404)
    return show_year(opened)


def require_order(year: int) -> None:
    """Check that the year is still assessed by the order that the page showed. Aborts with 404 if the year is not open.

    Raises:
        YearMoved: The year was moved to another order in the meantime.
    """
    order_code = find_year(year).order_code
    if request.form.get("order", order_code) != order_code:
        raise YearMoved


def show_year(year: ReportingYear) -> ReportingYear:
    """Set the year that the page shows: the page names the year's order and says whether its data are invented."""
    g.order, g.invented = registry.orders().get(year.order_code), year.invented
    return year


def order_of(year: int) -> Order:
    """Return the order of a year; 404 if the year is not open. Raises EvaluationError: the order's file is missing."""
    find_year(year)
    # `find_year` has set it. Where it is None, the query raises the error.
    order = g.order or registry.order_of(year)
    return order if order is not None else abort(404)


def find_body(bin_: str) -> Body:
    """Return the body of a BIN; on a year's page with its names of that year.

    404 if there is no such body, and equally if the viewer may not know of it.
    """
    year = (request.view_args or {}).get("year")
    is_bin = len(bin_) == BIN_LENGTH and bin_.isascii() and bin_.isdigit()
    body = registry.body(current_viewer(), bin_, year) if is_bin else None
    if body is None:
        abort(404)
    return body


def search_words(typed: str | None) -> str:
    """Return a search text without invisible characters, some of which databases refuse."""
    return "".join(filter(str.isprintable, typed or ""))[:MAX_SEARCH].strip()


def matches(item: Any, search: Search) -> bool:
    """Return whether a name or the BIN of a body or organisation matches a search."""
    return search.matches(search_text((item.name_kk, item.name_ru)), item.bin)


def moment(at: datetime | None) -> str:
    """Return a stored time as local date and time; empty for None."""
    if at is None:
        return ""
    local = to_local(at)
    # A long list has many times, and strftime is slow.
    return f"{local.day:02}.{local.month:02}.{local.year:04} {local.hour:02}:{local.minute:02}"


def named(item: Any) -> LegalEntity:
    """Return a body or organisation of the registry as its BIN and names."""
    return LegalEntity(item.bin, item.name_kk, item.name_ru)


def language_of(item: LegalEntity, code: str) -> str:
    """Return the language of the name that is shown in language `code`; a missing name is replaced by the other one."""
    first, second = ("ru", "kk") if code == "ru" else ("kk", "ru")
    return first if getattr(item, f"name_{first}") or not getattr(item, f"name_{second}") else second


def language_attribute(text: str | None) -> Markup:
    """Return the attribute `lang` for a text that a person typed in another language than the page's; else nothing."""
    code = language_of_text(text or "")
    return Markup(' lang="{}"').format(code) if code and code != current_language().code else Markup()


def send_bytes(content: bytes, media_type: str, name: str) -> Response:
    """Return a file to download, always the whole of it. A browser that has the same bytes gets 304.

    The file has its own name (`filename*`, RFC 6266) and, for programs that do not know that, the name in Latin letters.
    """
    response = send_file(io.BytesIO(content), media_type, etag=hashlib.sha256(content).hexdigest(), conditional=False)
    response.make_conditional(request, accept_ranges=False)
    # Werkzeug would leave out every letter that is not ASCII: nothing but spaces would remain of a Kazakh name.
    names = {"filename": OTHER_THAN_PLAIN.sub("_", anyascii(name))}
    if names["filename"] != name:
        names["filename*"] = f"UTF-8''{quote(name, safe='')}"
    response.headers["Content-Disposition"] = dump_options_header("attachment", names)
    response.cache_control.private = True
    return response


def context() -> dict[str, Any]:
    """Return the names that every template may use."""
    return {
        "language": current_language(),
        "viewer": current_viewer(),
        "role_names": ROLE_NAMES,
        "heading": heading,
        "moment": moment,
        "named": named,
        "language_of": language_of,
        "language_attribute": language_attribute,
        "help_contact": configuration().settings.help_contact,
        # None for a year whose criteria file is missing.
        "order": g.get("order", registry.orders().latest),
        "invented": g.get("invented", False),
        "unused_criteria_files": registry.orders().unused_files if current_viewer().may(Action.MANAGE_REGISTRY) else (),
    }
