"""What the views share: who is looking and in which language, the database made ready and committed in one place, files sent."""

import hashlib
import io
from datetime import datetime
from typing import Any

from flask import Response, abort, current_app, g, request, send_file
from flask_babel import get_locale
from flask_login import current_user

from evaluation import database, schema
from evaluation.accounts import queries as accounts
from evaluation.accounts.models import Account
from evaluation.accounts.roles import ROLE_NAMES
from evaluation.clock import to_local
from evaluation.configuration import configuration
from evaluation.criteria.model import Order
from evaluation.errors import EvaluationError
from evaluation.language import N_, Language, heading, language
from evaluation.policy import Viewer
from evaluation.registry import queries as registry
from evaluation.registry.models import Body, ReportingYear
from evaluation.sheets import LegalEntity

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
STATIC_ENDPOINTS = ("static", "bootstrap.static")
BIN_LENGTH = 12
MAX_SEARCH = 200
"""Characters of a search that are looked at."""
YEAR = "<int(min=1000, max=9999):year>"
"""The part of an address that names a reporting year."""
DEMONSTRATION = N_(
    "The database holds the accounts of the demonstration, whose password everybody knows. Give production a database of its "
    "own by DATABASE_URL."
)


def identify_viewer() -> None:
    """Settle who the request acts as, once and before anything else asks."""
    # Files that are everybody's need nobody looked up.
    g.viewer = Viewer.nobody() if request.endpoint in STATIC_ENDPOINTS else viewer_of_request()


def viewer_of_request() -> Viewer:
    """Who is asking: the one place that says so."""
    account = current_user._get_current_object()
    return accounts.viewer_of(account) if isinstance(account, Account) else Viewer.nobody()


def current_viewer() -> Viewer:
    """Who the request acts as; nobody where it failed before that was settled."""
    viewer: Viewer = g.get("viewer") or Viewer.nobody()
    return viewer


def current_language() -> Language:
    """The language of the page."""
    locale = get_locale()
    return language(locale.language if locale else current_app.config["BABEL_DEFAULT_LOCALE"])


def megabytes() -> int:
    """How large a request may be."""
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
    if configuration().settings.is_production and accounts.any_of_the_demonstration(Viewer.system()):
        raise EvaluationError(DEMONSTRATION)
    current_app.extensions["database_is_usable"] = True


def commit_request(response: Response) -> Response:
    """Keep what the request changed where it succeeded, nothing where it did not: the only commit of the pages.

    A page that only shows something changes nothing; one that hands out a file may have it recorded by setting `g.keep`.
    """
    if request.method not in SAFE_METHODS or g.get("keep"):
        if response.status_code < 400:
            database.db.session.commit()
        else:
            database.db.session.rollback()
    return response


def find_year(year: int) -> ReportingYear:
    """The reporting year the page shows; 404 where it is not open."""
    opened = registry.reporting_year(year)
    if opened is None:
        abort(404)
    return show_year(opened)


def show_year(year: ReportingYear) -> ReportingYear:
    """Note the year the page shows: it names the year's order, and where the year's data are invented, it says so."""
    g.order, g.invented = registry.orders().get(year.order_code), year.invented
    return year


def order_of(year: int) -> Order:
    """The order the year is assessed by; 404 where the year is not open. Raises EvaluationError where its file is missing."""
    find_year(year)
    # Noted by the line above; asking again is for its error alone.
    order = g.order or registry.order_of(year)
    return order if order is not None else abort(404)


def find_body(bin_: str) -> Body:
    """The body of a BIN, on a year's page under its names of that year.

    404 alike where there is none and where the viewer may not know of it.
    """
    year = (request.view_args or {}).get("year")
    known = len(bin_) == BIN_LENGTH and bin_.isascii() and bin_.isdigit()
    found = registry.body(current_viewer(), bin_, year) if known else None
    if found is None:
        abort(404)
    return found


def search_words(typed: str | None) -> str:
    """What is searched for, without what nobody sees: databases do not take all of that."""
    return "".join(filter(str.isprintable, typed or ""))[:MAX_SEARCH].strip()


def matches(item: Any, search: str) -> bool:
    """Whether each word of a search stands in a name or the BIN of a body or organisation, in whatever case."""
    texts = f"{item.name_kk}\n{item.name_ru}\n{item.bin}".casefold()
    return all(word in texts for word in search.casefold().split())


def moment(at: datetime | None) -> str:
    """When something was recorded, as a clock on the wall had it; empty where it is not known."""
    return f"{to_local(at):%d.%m.%Y %H:%M}" if at else ""


def named(item: Any) -> LegalEntity:
    """A body or organisation of the registry with its names."""
    return LegalEntity(item.bin, item.name_kk, item.name_ru)


def language_of(item: LegalEntity, code: str) -> str:
    """The language that the name shown in `code` is really in."""
    first, second = ("ru", "kk") if code == "ru" else ("kk", "ru")
    return first if getattr(item, f"name_{first}") or not getattr(item, f"name_{second}") else second


def send_bytes(content: bytes, media_type: str, name: str) -> Response:
    """A file to keep, under its name; not sent again to who has the same one."""
    response = send_file(
        io.BytesIO(content), media_type, as_attachment=True, download_name=name, etag=hashlib.sha256(content).hexdigest()
    )
    response.cache_control.private = True
    return response


def context() -> dict[str, Any]:
    """What every template may use."""
    return {
        "language": current_language(),
        "viewer": current_viewer(),
        "role_names": ROLE_NAMES,
        "heading": heading,
        "moment": moment,
        "named": named,
        "language_of": language_of,
        # None for a year whose criteria file is missing.
        "order": g.get("order", registry.orders().latest),
        "invented": g.get("invented", False),
    }
