"""Rows of the list of bodies as texts, so that the template of a long page has little to compute."""

from collections.abc import Iterable
from typing import NamedTuple

from evaluation.criteria.model import Order
from evaluation.language import N_, Language, heading
from evaluation.registry.admin.labels import LEVEL_NAMES
from evaluation.review.body_list.model import NO_POINTS, BodyRow, ListedBody, TotalPoints
from evaluation.sheets.model import LegalEntity
from evaluation.submissions.models import REOPENED, RETURNED
from evaluation.submissions.status import STATUS_LABELS
from evaluation.web.core.pagination import bin_urls
from evaluation.web.core.request_context import language_of

SHORT_LEVEL_NAMES = LEVEL_NAMES | {"rural": N_("Town or village")}
"""Level names for narrow columns."""


class Name(NamedTuple):
    """A name, and its language where that is not the page's."""

    text: str
    language: str


class Points(NamedTuple):
    """Points of the maximum, and their share; the share is empty where nothing is assessed."""

    text: str
    share: str


class ListRow(NamedTuple):
    """A body in the list. Texts are empty where there is nothing to say; `parent` is None without a visible higher body.

    `tables` are the name and the points of each table.
    """

    url: str
    name: Name
    level: str
    parent: Name | None
    status: str
    is_returned: bool
    revision: int
    late: str
    remarks: str
    remarks_url: str
    organisations: str
    begun: str
    tables: list[tuple[str, str]]
    total: Points
    previous_year: Points


def list_rows(items: Iterable[BodyRow], year: int, order: Order | None, language: Language) -> list[ListRow]:
    """Return the rows of a page of the list; without the year's order, they have no points by table."""
    body_url, remarks_url = bin_urls("review.body", year=year), bin_urls("remarks.index", year=year)
    levels = {level: language.gettext(label) for level, label in SHORT_LEVEL_NAMES.items()}
    statuses = {status: language.gettext(label) for status, label in STATUS_LABELS.items()}
    tables = [(table.kind, heading(order.kind[table.kind].plural[language.code])) for table in order.form.tables] if order else []
    number = language.number
    return [
        ListRow(
            body_url(row.body.bin),
            _name(row.body, language),
            levels[row.body.level] if row.body.level else "",
            _name(row.parent, language) if row.parent else None,
            statuses[row.status],
            row.status in (RETURNED, REOPENED),
            row.revision,
            language.ngettext("%(num)d day late", "%(num)d days late", row.days_late) if row.days_late else "",
            language.ngettext("%(num)d open remark", "%(num)d open remarks", row.remarks) if row.remarks else "",
            remarks_url(row.body.bin) if row.remarks else "",
            number(row.organisations),
            number(row.begun) if row.begun < row.organisations else "",
            [(label, _points(row.points.get(kind, NO_POINTS), language)) for kind, label in tables],
            _total(row.total, language),
            _total(row.previous_year, language),
        )
        for row in items
    ]


def _name(body: ListedBody, language: Language) -> Name:
    entity = LegalEntity(body.bin, body.name_kk, body.name_ru)
    shown_in = language_of(entity, language.code)
    return Name(entity.name(language.code), "" if shown_in == language.code else shown_in)


def _points(points: TotalPoints, language: Language) -> str:
    return language.points_of(points.low, points.high, points.max)


def _total(points: TotalPoints, language: Language) -> Points:
    return Points(_points(points, language), language.share_range(points.low, points.high, points.max) if points.max else "")
