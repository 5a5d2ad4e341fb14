"""Static files: their addresses contain the hash of all of them, so that browsers keep them and never have a wrong one.

The hash is one part of the path, `/static/<hash>/js/…`, so the relative imports of modules stay within one version.
"""

import re
from functools import partial, update_wrapper
from typing import Any

from flask import Flask, Response, current_app, request

from evaluation.application import VERSION_DIGITS

VERSIONED = ("static", "bootstrap.static")
VERSION = re.compile(rf"[0-9a-f]{{{VERSION_DIGITS}}}/")
"""The hash at the start of a file's name, in the address that an older page has."""


def init_app(app: Flask) -> None:
    """Serve the files to pages of other versions too, and let browsers keep those of this version."""
    for prefix, endpoint in (("", "static"), ("/bootstrap", "bootstrap.static")):
        name = f"{endpoint.replace('.', '_')}_of_other_version"
        # Flask-WTF asks every view for its name.
        view = update_wrapper(partial(_send_current, app.view_functions[endpoint]), _send_current)
        app.add_url_rule(f"{prefix}/static/<path:filename>", name, view)
    app.after_request(_allow_caching)


def _send_current(send: Any, filename: str) -> Any:
    """Send the current file to a page of another version, which is open while the product is upgraded."""
    return send(filename=VERSION.sub("", filename, count=1))


def _allow_caching(response: Response) -> Response:
    # Whoever develops changes files of a running version.
    if request.endpoint in VERSIONED and response.status_code < 400 and not current_app.debug:
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
