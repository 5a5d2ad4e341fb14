"""One-time links by which people set a password."""

from flask import current_app, has_request_context, url_for
from flask_security.recoverable import generate_reset_password_token

from evaluation.accounts.models import Account


def reset_link(account: Account) -> str:
    """A link by which a password is set once, within a day.

    It is void as soon as the account's `fs_uniquifier` changes: with every new password, and wherever older links are to be void.
    Outside a request, as from the command line, it begins with PUBLIC_URL.
    """
    token = generate_reset_password_token(account)  # type: ignore[no-untyped-call]
    if has_request_context() and not current_app.config["PUBLIC_URL"]:
        return url_for("security.reset_password", token=token, _external=True)
    base = current_app.config["PUBLIC_URL"] or f"http://{current_app.config['ADDRESS']}"
    with current_app.test_request_context(base_url=base):
        return url_for("security.reset_password", token=token, _external=True)
