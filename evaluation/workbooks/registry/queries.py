"""What the registry's keepers need to know of reports."""

from collections.abc import Set

from sqlalchemy import select

from evaluation.answers.models import Report
from evaluation.database import db
from evaluation.policy import Action, Viewer
from evaluation.registry.models import Organisation


def reported(viewer: Viewer, bins: Set[str]) -> set[str]:
    """Those of these organisations that have a report of any year: their kind is fixed by it."""
    viewer.require(Action.REGISTER)
    statement = select(Organisation.bin).join(Report, Report.organisation_id == Organisation.id).distinct()
    if len(bins) <= 500:
        statement = statement.where(Organisation.bin.in_(bins))
    return set(db.session.scalars(statement)) & set(bins)
