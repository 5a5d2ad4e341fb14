"""Reads of what a backup says beside the rows of all tables."""

from sqlalchemy import Connection, func, select

from evaluation.accounts.models import Account
from evaluation.policy import Action, Viewer


def second_factors(viewer: Viewer, connection: Connection) -> int:
    """Return how many people have a second factor that is encrypted with the secret key. Raises Forbidden."""
    viewer.require(Action.MANAGE_ACCOUNTS)
    return connection.scalar(select(func.count()).where(Account.tf_totp_secret.is_not(None))) or 0
