"""The annex of a printed sheet in one language: what the product adds after the approved form, marked as not part of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from evaluation.charts import Chart
from evaluation.charts.model import caption
from evaluation.criteria.model import Order
from evaluation.language import Language
from evaluation.sheets import reasons
from evaluation.sheets.chart_values import history_chart, table_chart, table_histories
from evaluation.sheets.model import Bounds, LegalEntity, Sheet, SheetRow, SheetTable, YearPoints
from evaluation.sheets.stamp import Stamp, VerificationNotice, verification_notice

DASH = "–"


@dataclass(frozen=True)
class Cell:
    """The content of a cell; `number` is its value if it is one number, between 0 and 1 for a share."""

    text: str
    number: float | None = None
    is_share: bool = False


@dataclass(frozen=True)
class AnnexTable:
    """A table of the annex. Its first `name_columns` columns name the row; the others contain figures."""

    title: str
    heads: tuple[str, ...]
    name_columns: int
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Cell, ...] = ()


@dataclass(frozen=True)
class Figure:
    """A chart and the table of its values; `series` are the positions of the columns it draws, from back to front."""

    chart: Chart
    table: AnnexTable
    series: tuple[int, ...]


@dataclass(frozen=True)
class NamedOrganisation:
    """An organisation that is named beside a row: its name, its BIN, both as one text, and its answers that are the reason.

    `code` is the indicator that decides; a page links to its cell.
    """

    name: str
    bin: str
    text: str
    facts: tuple[str, ...]
    code: str


@dataclass(frozen=True)
class NamedOrganisations:
    """The organisations that are named beside a row for one reason; `texts` has one text for each."""

    label: str
    organisations: tuple[NamedOrganisation, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True)
class RowReasons:
    """Why a row has its points. `explanations` has a text for each label of the annex, empty where there is none."""

    number: str
    text: str
    points: str
    explanations: tuple[str, ...]
    organisations: tuple[NamedOrganisations, ...]


@dataclass(frozen=True)
class TableReasons:
    """The reasons of one table, or a note why there are none."""

    title: str
    note: str
    heads: tuple[str, str, str, str]
    rows: tuple[RowReasons, ...]


@dataclass(frozen=True)
class Annex:
    """The texts of an annex in the order in which they are printed. Only an accepted sheet has a `verification` notice."""

    language: str
    mark: str
    verification: VerificationNotice | None
    explanation: str
    summary: AnnexTable
    figures_title: str
    figures: tuple[Figure, ...]
    reasons_title: str
    reasons_note: str
    reason_labels: tuple[str, ...]
    reasons: tuple[TableReasons, ...]
    readings_title: str
    readings: tuple[tuple[str, str], ...]
    worksheets: tuple[str, str, str]
    organisation_heads: tuple[str, ...]


def build_annex(sheet: Sheet, language: Language, stamp: Stamp | None = None) -> Annex:
    """Build the annex of a sheet; an accepted sheet has a stamp."""
    gettext = language.gettext
    return Annex(
        language=language.code,
        mark=gettext("Additional information: not part of the approved form"),
        verification=verification_notice(stamp, language) if stamp else None,
        explanation=gettext("A range of points shows the lowest and the highest points that the missing data allow.")
        if sheet.is_open
        else "",
        summary=_summary(sheet, language),
        figures_title=gettext("Charts"),
        figures=build_figures(sheet, language),
        reasons_title=gettext("Why each row has its points"),
        reasons_note=gettext("Text in square brackets is added by this system and is not in the Order.")
        if any(map(reasons.has_note, applied_rows(sheet)))
        else "",
        reason_labels=(gettext("Line applied"), gettext("Counted"), gettext("Readings")),
        reasons=tuple(_table_reasons(sheet, table, language) for table in sheet.tables),
        readings_title=gettext("Readings of the Order's text that apply"),
        readings=_readings(sheet, language),
        worksheets=(gettext("Summary"), gettext("Reasons"), gettext("Organisations")),
        organisation_heads=(gettext("Table"), gettext("Row"), gettext("State"), gettext("Organisation"), gettext("BIN")),
    )


def build_figures(sheet: Sheet, language: Language) -> tuple[Figure, ...]:
    """The charts of the tables that apply and, with earlier years, of the shares of the maximum by year."""
    figures = [_table_figure(table, language) for table in sheet.tables if table.applicable]
    figures += [_history_figure(sheet, language)] if table_histories(sheet, language) else []
    return tuple(figures)


def applied_rows(sheet: Sheet) -> Iterator[SheetRow]:
    """Yield the scored rows of the tables that apply."""
    for table in sheet.tables:
        if table.applicable:
            yield from table.scored_rows


def points_cell(bounds: Bounds, language: Language) -> Cell:
    """A cell with points, or with the range of points that missing answers allow."""
    return Cell(language.points(bounds.low, bounds.high), bounds.points)


def _number_cell(number: int) -> Cell:
    return Cell(str(number), number)


def _share_cell(low: int, high: int, max_points: int, language: Language) -> Cell:
    share = low / max_points if max_points and low == high else None
    return Cell(language.share_range(low, high, max_points), share, is_share=True)


def _summary(sheet: Sheet, language: Language) -> AnnexTable:
    """Points by table and in total; if the points of the sheet are open, each bound has its own column."""
    gettext, is_open = language.gettext, sheet.is_open
    bounds_heads = (gettext("At least"), gettext("At most")) if is_open else ()
    heads = (gettext("Table"), gettext("Points"), *bounds_heads, gettext("Maximum"), gettext("Share of the maximum"))

    def cells(name: str, points: Sheet | SheetTable) -> tuple[Cell, ...]:
        bounds = (_number_cell(points.low), _number_cell(points.high)) if is_open else ()
        share = _share_cell(points.low, points.high, points.max, language)
        return (Cell(name), points_cell(points, language), *bounds, _number_cell(points.max), share)

    rows = tuple(
        cells(table.table.title[language.code], table)
        if table.applicable
        else (Cell(table.table.title[language.code]), *[Cell(DASH)] * (len(heads) - 1))
        for table in sheet.tables
    )
    return AnnexTable(gettext("Points by table"), heads, 1, rows, cells(gettext("All tables that apply"), sheet))


def _table_figure(table: SheetTable, language: Language) -> Figure:
    gettext, chart = language.gettext, table_chart(table, language)
    points_heads = (gettext("At least"), gettext("At most")) if chart.is_open else (gettext("Points"),)

    def cells(row: SheetRow) -> tuple[Cell, ...]:
        bounds = (row.low, row.high) if chart.is_open else (row.low,)
        return (Cell(row.row.number), *map(_number_cell, bounds), _number_cell(row.max))

    heads = (gettext("Row"), *points_heads, gettext("Maximum"))
    values = AnnexTable(chart.title, heads, 1, tuple(map(cells, table.scored_rows)))
    return Figure(chart, values, tuple(range(len(heads) - 1, 0, -1)))


def _history_figure(sheet: Sheet, language: Language) -> Figure:
    gettext, chart = language.gettext, history_chart(sheet, language)
    bounds_heads = (gettext("Share, at least"), gettext("Share, at most"))
    share_heads = bounds_heads if chart.is_open else (gettext("Share of the maximum"),)
    heads = (gettext("Table"), gettext("Year"), gettext("Points"), gettext("Maximum"), *share_heads)

    def cells(name: str, points: YearPoints) -> tuple[Cell, ...]:
        bounds = (points.low, points.high) if chart.is_open else (points.low,)
        return (
            Cell(name),
            Cell(str(points.year), points.year),
            points_cell(points, language),
            _number_cell(points.max),
            *(_share_cell(bound, bound, points.max, language) for bound in bounds),
        )

    rows = tuple(cells(name, points) for name, years in table_histories(sheet, language) for points in years)
    return Figure(chart, AnnexTable(chart.title, heads, 2, rows), (5, 4) if chart.is_open else (4,))


def _table_reasons(sheet: Sheet, table: SheetTable, language: Language) -> TableReasons:
    number, name, points = (head[language.code] for head in table.table.columns)
    rows = tuple(_row_reasons(sheet, row, language) for row in table.scored_rows) if table.applicable else ()
    note = "" if rows else language.gettext("The table does not apply: the body has no organisations of this kind.")
    heads = number, name, points, language.gettext("Reason")
    return TableReasons(table.table.title[language.code], note, heads, rows)


def _row_reasons(sheet: Sheet, row: SheetRow, language: Language) -> RowReasons:
    outcome = reasons.outcome_text(row, language)
    if outcome and row.criterion:
        outcome = f"{outcome} ({row.criterion.paragraph[language.code]})"
    readings = ", ".join(id_ for id_, _ in reasons.row_readings(sheet.order, row, language))
    explanations = outcome, "; ".join(reasons.count_texts(row, language)), readings
    named = ((language.gettext("In breach"), row.in_breach), (language.gettext("Not answered"), row.unanswered))
    return RowReasons(
        row.row.number,
        " ".join(caption(row.row.text[language.code], language)),
        language.points_of(row.low, row.high, row.max),
        explanations,
        tuple(
            _named_organisations(sheet.order, row, label, organisations, language)
            for label, organisations in named
            if organisations
        ),
    )


def _named_organisations(
    order: Order, row: SheetRow, label: str, organisations: tuple[LegalEntity, ...], language: Language
) -> NamedOrganisations:
    first_code = order.first_code_of(row.criterion) if row.criterion else ""
    named = tuple(_named_organisation(order, first_code, organisation, language) for organisation in organisations)
    return NamedOrganisations(label, named, tuple("; ".join([item.text, *item.facts]) for item in named))


def _named_organisation(order: Order, first_code: str, organisation: LegalEntity, language: Language) -> NamedOrganisation:
    name = organisation.name(language.code)
    return NamedOrganisation(
        name,
        organisation.bin,
        language.gettext("%(name)s (BIN %(bin)s)", name=name, bin=organisation.bin),
        tuple(fact_texts(order, organisation, language)),
        next((code for code, _ in organisation.breach_facts), first_code),
    )


def fact_texts(order: Order, organisation: LegalEntity, language: Language) -> Iterator[str]:
    """The answers that put an organisation in breach, each after the label of its indicator."""
    for code, value in organisation.breach_facts:
        item = order.by_code[code]
        if isinstance(value, date):
            text = language.short_date(value)
        elif item.type == "money":
            text = language.number(Decimal(value) / 100, 2)
        else:
            text = language.number(value)
        yield f"{item.label[language.code]}: {text}"


def _readings(sheet: Sheet, language: Language) -> tuple[tuple[str, str], ...]:
    """The readings of the tables that apply, and those of no criterion, which concern every sheet: id and text."""
    of_criteria = {id_ for criterion in sheet.order.criteria for id_ in criterion.readings}
    applied = {id_ for row in applied_rows(sheet) if row.criterion for id_ in row.criterion.readings}
    return tuple(
        (reading.id, reasons.reading_text(reading, language))
        for reading in sheet.order.readings
        if reading.id in applied or reading.id not in of_criteria
    )
