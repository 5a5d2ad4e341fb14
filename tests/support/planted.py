"""Stores an invented country with planted contradictions, and compares what a search sees with them."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

from evaluation.accounts.models import Account
from evaluation.anomalies.model import Detection
from evaluation.answers.model import AnswerInput
from evaluation.answers.save import save_answers
from evaluation.clock import now, today
from evaluation.criteria import Order
from evaluation.database import db
from evaluation.demo.contradictions import PlantedCountry, reports_of
from evaluation.demo.store import store
from evaluation.policy import Role, Viewer
from evaluation.registry.queries import registry_index
from evaluation.submissions.models import SUBMITTED, Submission

SYSTEM = Viewer.system()


def store_planted(order: Order, planted: PlantedCountry) -> None:
    """Store the country; a clerk types the answers of the hasty bodies and submits them at once. Committed."""
    country, year = planted.country, planted.country.years[-1]
    typed = {report.bin: report for report in reports_of(country, planted.hasty, year)}
    rest = tuple(report for report in country.reports if report.year != year or report.bin not in typed)
    assert store(order, replace(country, reports=rest))
    clerk = Account(email="clerk@example.org", name="A clerk", role=Role.CLERK, fs_uniquifier="clerk")
    db.session.add(clerk)
    db.session.commit()
    index = registry_index(SYSTEM)
    for body_bin in planted.hasty:
        body_id = index.bodies[body_bin]
        bins = {row.bin for row in country.organisations if row.body_bin == body_bin and row.counts_in(year)}
        inputs = [
            AnswerInput(index.organisations[bin_][0], code, value, None)
            for bin_ in sorted(bins & typed.keys())
            for code, value in typed[bin_].answers.items()
        ]
        viewer = Viewer("A clerk", Role.CLERK, frozenset({body_id}), clerk.id)
        assert not save_answers(viewer, order, year, body_id, inputs).conflicts
        db.session.add(submitted(year, body_id, clerk.id))
        db.session.commit()


def submitted(year: int, body_id: int, account_id: int) -> Submission:
    """A body's year as submitted in a second from now."""
    return Submission(
        year=year,
        body_id=body_id,
        status=SUBMITTED,
        round=1,
        changed_by="A clerk",
        submitted_id=account_id,
        submitted_by="A clerk",
        submitted_at=now() + timedelta(seconds=1),
        first_submitted_on=today(),
    )


def unseen(planted: PlantedCountry, detections: list[Detection]) -> Counter[str]:
    """Kind → number of planted contradictions that the search did not see."""
    index = registry_index(SYSTEM)
    seen = {(item.kind, item.body_id, item.organisation_id) for item in detections}
    return Counter(
        item.kind
        for item in planted.planted
        if (item.kind, index.bodies[item.body_bin], organisation_id(index.organisations, item.organisation_bin)) not in seen
    )


def organisation_id(organisations: dict[str, tuple[int, str]], bin_: str) -> int | None:
    return organisations[bin_][0] if bin_ else None
