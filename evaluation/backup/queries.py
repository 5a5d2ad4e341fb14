"""Reads of what a backup says beside the rows of all tables."""

from sqlalchemy import Connection, Text, cast, func, or_, select

from evaluation.accounts.models import Account
from evaluation.policy import Action, Viewer


def second_factors(viewer: Viewer, connection: Connection) -> int:
    """Return how many people have an app or recovery codes, which are encrypted with the secret key. Raises Forbidden."""
    viewer.require(Action.MANAGE_ACCOUNTS)
    # JSON has a null of its own, and no codes are left after the last one is used.
    has_codes = cast(Account.mf_recovery_codes, Text).not_in(["null", "[]"])
    return connection.scalar(select(func.count()).where(or_(Account.tf_totp_secret.is_not(None), has_codes))) or 0
