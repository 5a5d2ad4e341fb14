"""A trial: the year with other answers, scored in memory. Nothing is stored, and no audit event is written."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from evaluation.answers.year_data import YearData
from evaluation.comparison.improvement.model import YearTotal
from evaluation.comparison.improvement.queries import stored_points
from evaluation.comparison.queries import access_of
from evaluation.comparison.ranking import queries as ranking
from evaluation.comparison.ranking.model import Distribution, Rank, Scope, may_count
from evaluation.policy import Viewer


@dataclass(frozen=True)
class RankMove:
    """The rank of a body among the `total` ranked bodies of a scope, as stored and with the answers of a trial."""

    scope: Scope
    before: Rank
    after: Rank
    total: int


def with_answers(data: YearData, answers: Mapping[int, Mapping[str, Any]]) -> YearData:
    """Return the same year with other answers of some organisations.

    Args:
        data: The year as stored.
        answers: Organisation id → its answers in stored form, which replace the stored ones; None is a blank.
    """
    reports = []
    for report in data.reports:
        changed = {**report.answers, **answers.get(report.organisation_id, {})}
        reports.append(replace(report, answers={code: value for code, value in changed.items() if value is not None}))
    return replace(data, reports=tuple(reports))


def rank_moves(viewer: Viewer, year: int, body_id: int, total: YearTotal) -> list[RankMove]:
    """Return how the ranks of a body move if it had these points and no other body's points change.

    None without a stored rank. The ranks before are those by the stored results, which the caller refreshes first. Repeated
    trials reveal how the shares of the other bodies are distributed, so only scopes whose distribution is open have ranks.
    """
    stored = stored_points(viewer, year, body_id)
    if stored is None or not stored.max or not total.max:
        return []
    everyone, access = ranking.members(viewer, year), access_of(viewer, year)
    return [
        RankMove(item.scope, item.rank, _rank(everyone.distribution(item.scope), stored, total), item.total)
        for item in ranking.body_ranks(viewer, year, body_id)
        if may_count(access, item.scope)
    ]


def _rank(shares: Distribution, stored: YearTotal, total: YearTotal) -> Rank:
    """The rank with other points: the body's stored shares are replaced among those of all bodies."""
    low, high = total.low / total.max, total.high / total.max
    lows = _replaced(shares.lows, stored.low / stored.max, low)
    highs = _replaced(shares.highs, stored.high / stored.max, high)
    return Distribution(lows, highs).rank(low, high)


def _replaced(shares: Sequence[float], stored: float, share: float) -> tuple[float, ...]:
    """Ascending shares with one of them replaced by another."""
    position = bisect_left(shares, stored)
    return tuple(sorted((*shares[:position], *shares[position + 1 :], share)))
