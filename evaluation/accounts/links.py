"""One-time links by which people set a password."""

from flask_security.recoverable import generate_reset_password_token

from evaluation.accounts.models import Account
from evaluation.configuration import configuration


def reset_link(account: Account) -> str:
    """Return an absolute link by which a password is set once, within a day.

    A change of the account's `fs_uniquifier` makes it invalid: each new password and each operation that ends sessions
    changes it.
    """
    token = generate_reset_password_token(account)  # type: ignore[no-untyped-call]
    return configuration().links.password_reset(token)
