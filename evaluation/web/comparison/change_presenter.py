"""What the pages of changes show: the waterfall of the sources, and rows with the organisations behind their parts."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from flask import url_for
from markupsafe import Markup

from evaluation.charts import Link, to_svg
from evaluation.charts.model import caption
from evaluation.charts.waterfall import Step, waterfall_picture
from evaluation.comparison.changes.labels import SOURCE_NAMES, signed_points, state_name
from evaluation.comparison.changes.model import BodyChanges, ChangedOrganisation, ChangedRow, Movement, Parts, PointChange
from evaluation.comparison.changes.sources import SOURCES, Source
from evaluation.criteria.model import Order
from evaluation.language import Language
from evaluation.sheets.model import LegalEntity

MAX_ORGANISATIONS_SHOWN = 50
"""Organisations that are named beside one part of a row."""


@dataclass(frozen=True)
class RowName:
    """A row of the form: its kind, number, and text shortened to two lines."""

    kind: str
    number: str
    text: str


@dataclass(frozen=True)
class OrganisationView:
    """An organisation behind a part: its states as messages, its report of the year, and what its move was."""

    organisation: LegalEntity
    url: str
    before: str
    after: str
    move: str
    other_body: LegalEntity | None


@dataclass(frozen=True)
class PartView:
    """The part of a source in a row, with at most `MAX_ORGANISATIONS_SHOWN` of its organisations; `hidden` more exist."""

    source: Source
    points: Fraction
    organisations: tuple[OrganisationView, ...]
    hidden: int


@dataclass(frozen=True)
class RowView:
    """A changed row with its parts, in the order of the sources."""

    name: RowName
    row: ChangedRow
    parts: tuple[PartView, ...]


def waterfall(points: PointChange, parts: Mapping[Source, Fraction], year: int, address: str, language: Language) -> Markup:
    """Draw how the parts lead from last year's points to this year's.

    Each bar leads to its line in the table of sources on the page with this address.
    """
    steps = [Step(language.period(year - 1), points.previous_low, language.number(points.previous_low), is_total=True)]
    for source in SOURCES:
        if parts.get(source):
            name = language.gettext(SOURCE_NAMES[source])
            text = signed_points(parts[source], language)
            steps.append(Step(name, float(parts[source]), text, link=Link(f"{address}#source-{source}", f"{name}: {text}")))
    steps.append(Step(language.period(year), points.low, language.number(points.low), is_total=True))
    title = language.gettext("From last year's points to this year's")
    return Markup(to_svg(waterfall_picture(title, steps, language)))  # noqa: S704 - the application drew it


def row_name(order: Order, last_order: Order | None, kind: str, number: str, language: Language) -> RowName:
    """Return the name of a row of this year's form, or else of last year's."""
    for of_year in filter(None, (order, last_order)):
        rows = of_year.table[kind].scored_rows if kind in of_year.table else ()
        for row in rows:
            if row.number == number:
                return RowName(kind, number, " ".join(caption(row.text[language.code], language)))
    return RowName(kind, number, "")


def in_order_of_the_form(rows: Mapping[tuple[str, str], Parts], order: Order) -> list[tuple[tuple[str, str], Parts]]:
    """Sort rows by kind and number as the form does; rows that the form lacks come last."""
    keys = [(table.kind, row.number) for table in order.form.tables for row in table.scored_rows]
    positions = {key: position for position, key in enumerate(keys)}
    return sorted(rows.items(), key=lambda item: (positions.get(item[0], len(keys)), item[0]))


def row_views(
    changes: BodyChanges, bin_: str, year: int, orders: tuple[Order, Order | None], language: Language
) -> list[RowView]:
    """Present the changed rows of a body."""
    views = []
    for row in changes.rows:
        by_source = {source: [item for item in row.organisations if item.source is source] for source in row.parts}
        parts = tuple(
            PartView(
                source,
                row.parts[source],
                tuple(_organisation(item, bin_, year, row.is_audited) for item in by_source[source][:MAX_ORGANISATIONS_SHOWN]),
                max(0, len(by_source[source]) - MAX_ORGANISATIONS_SHOWN),
            )
            for source in SOURCES
            if source in row.parts
        )
        views.append(RowView(row_name(orders[0], orders[1], row.kind, row.row, language), row, parts))
    return views


@dataclass(frozen=True)
class MovementView:
    """An organisation that came or left: its report in the year in which the body had it, its move, and its rows in breach."""

    organisation: LegalEntity
    url: str
    move: str
    other_body: LegalEntity | None
    breaches: tuple[RowName, ...]


def movement_views(
    changes: BodyChanges, bin_: str, year: int, orders: tuple[Order, Order | None], language: Language
) -> list[MovementView]:
    """Present the organisations that came to a body or left it, at most `MAX_ORGANISATIONS_SHOWN`."""
    return [
        MovementView(
            item.organisation,
            _report_url(bin_, year - 1 if item.source is Source.LEFT else year, item.organisation),
            _move(item),
            item.other_body,
            tuple(row_name(orders[0], orders[1], kind, row, language) for kind, row in item.breaches),
        )
        for item in changes.movements[:MAX_ORGANISATIONS_SHOWN]
    ]


def _move(item: ChangedOrganisation | Movement) -> str:
    """Return a word for the template: closed, moved to, left, came from, new; empty for an organisation of both years."""
    if item.source is Source.LEFT:
        return "closed" if item.is_closed else "moved to" if item.other_body else "left"
    if item.source is Source.JOINED:
        return "came from" if item.other_body else "new"
    return ""


def _report_url(bin_: str, year: int, organisation: LegalEntity) -> str:
    return url_for("report.page", bin_=bin_, year=year, organisation_bin=organisation.bin)


def _organisation(item: ChangedOrganisation, bin_: str, year: int, is_audited: bool) -> OrganisationView:
    before, after = ("" if state is None else state_name(state, is_audited) for state in (item.before, item.after))
    url = _report_url(bin_, year if item.after is not None else year - 1, item.organisation)
    return OrganisationView(item.organisation, url, before, after, _move(item), item.other_body)
