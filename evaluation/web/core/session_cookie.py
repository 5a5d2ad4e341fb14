"""The session's cookie: a request that fails leaves it as it came, so that nobody is signed in or out by a failure."""

from typing import Any

from flask import Flask, Response, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin

CSRF_TOKEN = "csrf_token"  # noqa: S105 (a key of the session)


class SessionCookie(SecureCookieSessionInterface):
    """Flask's signed cookie, which stores the changes of successful requests only.

    Saving the session is the last step of every response, after the commit: also of a response to an error of the commit or of a
    function that runs after the view.
    """

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Store the session; for a status from 400 on restore it and drop every other cookie of the response.

        The token of the forms on an error page stays: it grants nothing.
        """
        if response.status_code >= 400:
            response.headers.remove("Set-Cookie")
            self._restore(app, session)
        super().save_session(app, session, response)

    def _restore(self, app: Flask, session: SessionMixin) -> None:
        initial: dict[str, Any] = dict(self.open_session(app, request) or {})
        token = session.get(CSRF_TOKEN)
        must_store_token = token is not None and token != initial.get(CSRF_TOKEN)
        session.clear()
        session.update(initial | ({CSRF_TOKEN: token} if must_store_token else {}))
        session.modified = must_store_token
