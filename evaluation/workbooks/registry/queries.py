"""Reads of reports that changes of the registry depend on."""

from collections.abc import Set

from sqlalchemy import select

from evaluation.answers.models import Report
from evaluation.database import db
from evaluation.policy import Action, Viewer
from evaluation.registry.models import Organisation
from evaluation.registry.queries import MAX_IDS_PER_STATEMENT


def bins_with_reports(viewer: Viewer, bins: Set[str]) -> set[str]:
    """Return the BINs of organisations with a report of any year; their kind can no longer change. Raises Forbidden."""
    viewer.require(Action.MANAGE_REGISTRY)
    statement = select(Organisation.bin).join(Report, Report.organisation_id == Organisation.id).distinct()
    if len(bins) <= MAX_IDS_PER_STATEMENT:
        statement = statement.where(Organisation.bin.in_(bins))
    return set(db.session.scalars(statement)) & set(bins)
