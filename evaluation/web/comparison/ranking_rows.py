"""Rows of the ranking as the page shows them: texts and addresses, so that the template only prints."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for

from evaluation.comparison.ranking.labels import change_text
from evaluation.comparison.ranking.model import RankingRow
from evaluation.language import Language
from evaluation.policy import Viewer
from evaluation.review.body_list.model import TotalPoints
from evaluation.web.core.request_context import BIN_LENGTH, language_of, named


@dataclass(frozen=True)
class ShownName:
    """A name and the language that it is in."""

    text: str
    language: str

    @classmethod
    def of(cls, item: Any, language: Language) -> "ShownName":
        """Return the name of a body in the page's language or, without it, in the other one."""
        entity = named(item)
        return cls(entity.name(language.code), language_of(entity, language.code))


@dataclass(frozen=True)
class ShownRow:
    """A row; `address` is empty for a body that the viewer knows by name only, `bar` has the percentages of the share's bar."""

    rank: str
    name: ShownName
    address: str
    level: str | None
    parent: ShownName | None
    tables: Sequence[str]
    points: str
    share: str
    bar: tuple[str, str]
    change: str
    previous: str


def shown_rows(rows: Sequence[RankingRow], viewer: Viewer, kinds: Sequence[str], year: int, language: Language) -> list[ShownRow]:
    """Return the rows of a page; `kinds` are those of the form's tables, in its order."""
    # Building an address takes as long as all other texts of a row.
    placeholder = "0" * BIN_LENGTH
    address = url_for("review.body", bin_=placeholder, year=year)

    def bounds(points: TotalPoints | None) -> str:
        return language.points_of(points.low, points.high, points.max) if points else ""

    def share(points: TotalPoints) -> str:
        return language.share_range(points.low, points.high, points.max)

    return [
        ShownRow(
            str(row.rank or ""),
            ShownName.of(row.body, language),
            address.replace(placeholder, row.body.bin) if viewer.can_see(row.body.id) else "",
            row.body.level,
            ShownName.of(row.parent, language) if row.parent else None,
            [bounds(row.tables.get(kind)) for kind in kinds],
            bounds(row.points),
            share(row.points),
            _bar(row.points),
            change_text(row.change, language),
            share(row.previous),
        )
        for row in rows
    ]


def _bar(points: TotalPoints) -> tuple[str, str]:
    """Return the widths of the bar's parts in percent: what is certain, and what is possible."""
    maximum = points.max or 1
    return f"{100 * points.low / maximum:.2f}", f"{100 * points.high / maximum:.2f}"
