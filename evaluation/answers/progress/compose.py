"""Computes progress from what was read of a body and year; no database access."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

from evaluation.answers.checks import Issue, add_context, issues_in_frame
from evaluation.answers.model import same_value
from evaluation.answers.progress.model import BodyProgress, OrganisationProgress
from evaluation.answers.year_data import YearData
from evaluation.criteria.model import Order
from evaluation.memory import gc_paused
from evaluation.scoring.conditions import evaluate, is_certain
from evaluation.scoring.context import CautionContext


@gc_paused()
def progress_of(data: YearData, today: date, organisation_ids: Collection[int] | None = None) -> BodyProgress:
    """Return the progress of all the body's organisations or of these, as of a day (Asia/Almaty).

    Issues of an organisation do not depend on the others of its kind.
    """
    wanted = None if organisation_ids is None else set(organisation_ids)
    kinds = [
        kind
        for kind, reports in data.reports_by_kind.items()
        if wanted is None or any(report.organisation_id in wanted for report in reports)
    ]
    if not kinds:
        return BodyProgress({})
    organisations = [progress for kind in kinds for progress in organisation_progress(data, kind, today)]
    return BodyProgress(
        {progress.organisation_id: progress for progress in organisations if wanted is None or progress.organisation_id in wanted}
    )


def organisation_progress(data: YearData, kind: str, today: date) -> list[OrganisationProgress]:
    """Return the progress of all the body's organisations of a kind."""
    order, reports = data.order, data.reports_by_kind[kind]
    answers, evidence = [report.answers for report in reports], [report.evidence for report in reports]
    last_year_answers = [data.last_year_answers.get(report.organisation_id) for report in reports]
    facts = [report.registry for report in reports]
    context = CautionContext(data.year, today, evidence, last_year_answers, data.last_order, data.entry_has_started, facts)
    filled = add_context(order, kind, data.frame_with_implications(kind), answers, context)
    issues: list[list[Issue]] = [[] for _ in reports]
    for position, issue in issues_in_frame(order, kind, filled, answers, evidence):
        issues[position].append(_with_reason(data, reports[position].organisation_id, issue))
    return [
        OrganisationProgress(
            report,
            last_year_answers[position],
            answered,
            answered + len(blank),
            blank,
            tuple(issues[position]),
        )
        for position, (report, (answered, blank)) in enumerate(zip(reports, count_answers(order, kind, filled), strict=True))
    ]


def _with_reason(data: YearData, organisation_id: int, issue: Issue) -> Issue:
    """Return the issue with its reason, when the reason was written for the value that is stored now."""
    value, reason = data.reasons.get((organisation_id, issue.rule, issue.code or ""), (None, None))
    applies = reason is not None and same_value(value, issue.value) and issue.severity == "warning"
    return replace(issue, justification=reason) if applies else issue


def count_answers(order: Order, kind: str, filled: pd.DataFrame) -> list[tuple[int, tuple[str, ...]]]:
    """Return for each row of a frame the number of answered indicators and the codes of the required blank ones.

    A conditional indicator is required once other answers certainly require it. An indicator for which other answers imply a
    value needs no answer; `filled` is the frame with implied values.
    """
    answered = np.zeros(len(filled), np.int64)
    blank: list[list[str]] = [[] for _ in range(len(filled))]
    for item in order.indicators_of(kind):
        required = (
            np.ones(len(filled), bool) if item.applies_when is None else is_certain(evaluate(order, item.applies_when, filled))
        )
        missing = np.asarray(filled[item.code].array.isna())
        answered += required & ~missing
        for position in np.flatnonzero(required & missing).tolist():
            blank[position].append(item.code)
    return [(count, tuple(codes)) for count, codes in zip(answered.tolist(), blank, strict=True)]
