"""What the views share: who is looking and in which language, the database made ready and committed in one place, files sent."""

import hashlib
import io
import threading
from ipaddress import ip_address
from typing import Any

from flask import Response, abort, current_app, g, request, send_file
from flask_babel import get_locale

from evaluation import database
from evaluation.language import Language, language
from evaluation.registry import queries as registry
from evaluation.registry.models import Body, ReportingYear
from evaluation.sheets import Named
from evaluation.viewer import Viewer

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
BIN_LENGTH = 12
UPGRADE = threading.Lock()


def identify_viewer() -> None:
    """Settle who the request acts as, once and before anything else asks."""
    g.viewer = viewer_of_request()


def viewer_of_request() -> Viewer:
    """Who is asking: the one place that says so."""
    return Viewer.system()


def current_viewer() -> Viewer:
    """Who the request acts as."""
    viewer: Viewer = g.viewer
    return viewer


def current_language() -> Language:
    """The language of the page."""
    locale = get_locale()
    return language(locale.language if locale else current_app.config["BABEL_DEFAULT_LOCALE"])


def megabytes() -> int:
    """How large a request may be."""
    limit: int = current_app.config["MAX_CONTENT_LENGTH"]
    return limit // 2**20


def prepare_database() -> None:
    """Create or upgrade the database before this process answers its first request."""
    with UPGRADE:
        if "database_is_ready" not in current_app.extensions:
            database.upgrade()
            current_app.extensions["database_is_ready"] = True


def answer_this_computer_alone() -> None:
    """Refuse requests from elsewhere, however the server was bound: whoever reaches a page may see and store everything."""
    if not ip_address(request.remote_addr or "0.0.0.0").is_loopback:  # noqa: S104
        abort(403)


def commit_request(response: Response) -> Response:
    """Keep what the request changed where it succeeded, nothing where it did not: the only commit of the pages."""
    if request.method not in SAFE_METHODS:
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


def find_body(bin_: str) -> Body:
    """The body of a BIN; 404 alike where there is none and where the viewer may not know of it."""
    found = registry.body(current_viewer(), bin_) if len(bin_) == BIN_LENGTH and bin_.isascii() and bin_.isdigit() else None
    if found is None:
        abort(404)
    return found


def named(item: Any) -> Named:
    """A body or organisation of the registry with its names."""
    return Named(item.bin, item.name_kk, item.name_ru)


def language_of(item: Named, code: str) -> str:
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
        "named": named,
        "language_of": language_of,
        # None for a year whose criteria file is missing.
        "order": g.get("order", registry.orders().latest),
        "invented": g.get("invented", False),
    }
