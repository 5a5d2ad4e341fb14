"""The session's cookie: a request that fails leaves it as it came, so that nobody is signed in or out by a failure."""

from datetime import UTC, datetime
from typing import Any

from flask import Flask, Request, Response, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from itsdangerous import BadSignature

from evaluation.web.core.request_context import STATIC_ENDPOINTS

CSRF_TOKEN = "csrf_token"  # noqa: S105 (a key of the session)


class SessionCookie(SecureCookieSessionInterface):
    """Flask's signed cookie, which stores the changes of successful requests only.

    Saving the session is the last step of every response, after the commit: also of a response to an error of the commit or of a
    function that runs after the view.
    """

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Read the cookie. One that was signed in the future, before the clock was set back, is as good as any other one.

        It must not be further ahead than a session may last. Whether a person's session has ended is in the database.
        """
        serializer, value = self.get_signing_serializer(app), request.cookies.get(self.get_cookie_name(app))
        if serializer is None or not value:
            return super().open_session(app, request)
        try:
            data, signed_at = serializer.loads(value, return_timestamp=True)
        except BadSignature:
            return self.session_class()
        age = datetime.now(UTC) - signed_at
        return self.session_class(data if abs(age) <= app.permanent_session_lifetime else None)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Store the session; for a status from 400 on restore it and drop every other cookie of the response.

        The token of the forms on an error page stays: it grants nothing.
        """
        if request.endpoint in STATIC_ENDPOINTS:
            # A static file has no session: a browser keeps it, whoever signs in or out.
            return
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
