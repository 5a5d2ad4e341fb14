"""A body's ranks, for the pages of the body's year."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import url_for

from evaluation.comparison.ranking import queries
from evaluation.comparison.ranking.labels import SCOPE_KIND_NAMES, scope_name
from evaluation.comparison.ranking.model import COUNTRY, TABLES, Scope, ScopedRank
from evaluation.criteria.model import Order
from evaluation.policy import Viewer
from evaluation.results.operations import refresh
from evaluation.web.core.request_context import current_language


@dataclass(frozen=True)
class BodyRank:
    """A rank with the name of its scope and the address of the ranking within it."""

    label: str
    scoped: ScopedRank
    address: str


def read_body_ranks(viewer: Viewer, order: Order, year: int, body_id: int) -> Sequence[BodyRank]:
    """Return the body's ranks; none for a body without any table. Call it before the request changes anything."""
    refresh([year])
    ranks = queries.body_ranks(viewer, year, body_id)
    regions = queries.region_names(viewer) if ranks else {}
    return [
        BodyRank(
            _label(item.scope, order, regions),
            item,
            url_for("ranking.page", year=year, scope=None if item.scope.kind == COUNTRY else str(item.scope)),
        )
        for item in ranks
    ]


def _label(scope: Scope, order: Order, regions: Mapping[str, tuple[str, str]]) -> str:
    """Return the name of a scope; the tables are not named, because the page shows them."""
    language = current_language()
    return language.gettext(SCOPE_KIND_NAMES[TABLES]) if scope.kind == TABLES else scope_name(scope, order, language, regions)
