"""Reads of what a backup says beside the rows of all tables."""

from sqlalchemy import Connection, func, select, union

from evaluation.accounts.models import Account
from evaluation.answers.models import EvidenceFile
from evaluation.policy import Viewer
from evaluation.workbooks.models import Upload


def second_factors(viewer: Viewer, connection: Connection) -> int:
    """Return how many people have a second factor that is encrypted with the secret key."""
    return connection.scalar(select(func.count()).where(Account.tf_totp_secret.is_not(None))) or 0


def named_files(viewer: Viewer, connection: Connection) -> set[str]:
    """Return the SHA-256 of every stored file that a row names."""
    return set(connection.scalars(union(select(EvidenceFile.sha256), select(Upload.sha256))))
