"""Reads of progress, each scoped by its viewer."""

from collections.abc import Collection
from datetime import date

from evaluation.answers import queries
from evaluation.answers.progress.compose import count_answers, progress_of
from evaluation.answers.progress.model import BodyProgress
from evaluation.answers.year_data import read_year_data
from evaluation.criteria.model import Order
from evaluation.memory import gc_paused
from evaluation.policy import Viewer
from evaluation.scoring.conditions import apply_implications


def body_progress(
    viewer: Viewer, order: Order, year: int, body_id: int, today: date, organisation_ids: Collection[int] | None = None
) -> BodyProgress:
    """Return the progress of the body's organisations of 31 December, or of these alone.

    Empty when the viewer cannot see the body.
    """
    return progress_of(read_year_data(viewer, order, year, body_id), today, organisation_ids)


@gc_paused()
def answer_counts(viewer: Viewer, order: Order, year: int, body_ids: Collection[int]) -> dict[str, tuple[int, int]]:
    """Return body BIN → (answered, required) over its organisations; bodies without organisations are left out."""
    counts: dict[str, tuple[int, int]] = {}
    for kind, frame in queries.report_frames(viewer, order, year, body_ids).items():
        filled = apply_implications(order, kind, frame)
        for body_bin, (answered, blank) in zip(filled["body"], count_answers(order, kind, filled), strict=True):
            before = counts.get(body_bin, (0, 0))
            counts[body_bin] = before[0] + answered, before[1] + answered + len(blank)
    return counts
