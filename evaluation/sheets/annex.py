"""The annex of a printed sheet in one language: what the product adds after the approved form, marked as ours."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from evaluation import charts
from evaluation.charts.bars import history, short
from evaluation.criteria.model import Order
from evaluation.language import Language
from evaluation.sheets import reasons
from evaluation.sheets.model import Bounds, Named, Share, Sheet, SheetRow, SheetTable
from evaluation.sheets.stamp import Stamp, Verification, verification

DASH = "–"


@dataclass(frozen=True)
class Cell:
    """What stands in a cell; `number` is its value where it is one number, a share being a part of one."""

    text: str
    number: float | None = None
    share: bool = False


@dataclass(frozen=True)
class Grid:
    """A table of the annex. Its first `names` columns name the row; the others hold figures."""

    title: str
    head: tuple[str, ...]
    names: int
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Cell, ...] = ()


@dataclass(frozen=True)
class Figure:
    """A chart and the table of what it shows; `series` are the columns it draws over each other, the rearmost first."""

    chart: charts.Chart
    table: Grid
    series: tuple[int, ...]


@dataclass(frozen=True)
class Organisations:
    """Organisations named beside a row for one reason."""

    label: str
    named: tuple[tuple[str, str], ...]
    """Name and BIN of each."""
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Reason:
    """Why a row has its points. `said` holds a text for each of the annex's labels, empty where there is none."""

    number: str
    text: str
    points: str
    said: tuple[str, ...]
    organisations: tuple[Organisations, ...]


@dataclass(frozen=True)
class TableReasons:
    """The reasons of one table, or a note why there are none."""

    title: str
    note: str
    head: tuple[str, str, str, str]
    rows: tuple[Reason, ...]


@dataclass(frozen=True)
class Annex:
    """Everything an annex prints, in its order. `verification` is there for an accepted sheet alone."""

    language: str
    mark: str
    verification: Verification | None
    explanation: str
    summary: Grid
    figures_title: str
    figures: tuple[Figure, ...]
    reasons_title: str
    reason_labels: tuple[str, ...]
    reasons: tuple[TableReasons, ...]
    readings_title: str
    readings: tuple[tuple[str, str], ...]
    translation_note: str
    worksheets: tuple[str, str, str]
    organisation_head: tuple[str, ...]


def build(sheet: Sheet, language: Language, stamp: Stamp | None = None) -> Annex:
    """The annex of a sheet, with the stamp of an accepted one."""
    gettext = language.gettext
    figures = [_rows_figure(table, language) for table in sheet.tables if table.applicable]
    figures += [_history_figure(sheet, language)] if history(sheet, language) else []
    return Annex(
        language=language.code,
        mark=gettext("Additional information: not part of the approved form"),
        verification=verification(stamp, language) if stamp else None,
        explanation=gettext("A range of points gives the fewest and the most that the missing data leave possible.")
        if sheet.is_open
        else "",
        summary=_summary(sheet, language),
        figures_title=gettext("Charts"),
        figures=tuple(figures),
        reasons_title=gettext("Why each row has its points"),
        reason_labels=(gettext("Line applied"), gettext("Counted"), gettext("Readings")),
        reasons=tuple(_table_reasons(sheet, table, language) for table in sheet.tables),
        readings_title=gettext("Readings of the Order's text that were used"),
        readings=_readings(sheet, language),
        translation_note="" if language.code == "kk" else sheet.order.translation_note[language.code],
        worksheets=(gettext("Summary"), gettext("Reasons"), gettext("Organisations")),
        organisation_head=(gettext("Table"), gettext("Row"), gettext("State"), gettext("Organisation"), gettext("BIN")),
    )


def points_cell(bounds: Bounds, language: Language) -> Cell:
    """Points, or the range that blanks leave open."""
    return Cell(language.points(bounds.low, bounds.high), bounds.points)


def _whole(number: int) -> Cell:
    return Cell(str(number), number)


def _share(low: int, high: int, most: int, language: Language) -> Cell:
    return Cell(language.share_range(low, high, most), low / most if most and low == high else None, share=True)


def _summary(sheet: Sheet, language: Language) -> Grid:
    """Points by table and in all; both bounds have columns of their own where the sheet leaves points open."""
    gettext, is_open = language.gettext, sheet.is_open
    bounds_head = (gettext("At least"), gettext("At most")) if is_open else ()
    head = (gettext("Table"), gettext("Points"), *bounds_head, gettext("Maximum"), gettext("Share of the maximum"))

    def line(name: str, part: Sheet | SheetTable) -> tuple[Cell, ...]:
        bounds = (_whole(part.low), _whole(part.high)) if is_open else ()
        share = _share(part.low, part.high, part.max, language)
        return (Cell(name), points_cell(part, language), *bounds, _whole(part.max), share)

    rows = tuple(
        line(table.table.title[language.code], table)
        if table.applicable
        else (Cell(table.table.title[language.code]), *[Cell(DASH)] * (len(head) - 1))
        for table in sheet.tables
    )
    return Grid(gettext("Points by table"), head, 1, rows, line(gettext("All tables that apply"), sheet))


def _rows_figure(table: SheetTable, language: Language) -> Figure:
    gettext, chart = language.gettext, charts.of_rows(table, language)
    head = (gettext("At least"), gettext("At most")) if chart.is_open else (gettext("Points"),)

    def line(row: SheetRow) -> tuple[Cell, ...]:
        ends = (row.low, row.high) if chart.is_open else (row.low,)
        return (Cell(row.row.number), *map(_whole, ends), _whole(row.max))

    grid = Grid(chart.title, (gettext("Row"), *head, gettext("Maximum")), 1, tuple(map(line, table.scored_rows)))
    return Figure(chart, grid, tuple(range(len(grid.head) - 1, 0, -1)))


def _history_figure(sheet: Sheet, language: Language) -> Figure:
    gettext, chart = language.gettext, charts.of_history(sheet, language)
    ends_head = (gettext("Share, at least"), gettext("Share, at most"))
    share_head = ends_head if chart.is_open else (gettext("Share of the maximum"),)
    head = (gettext("Table"), gettext("Year"), gettext("Points"), gettext("Maximum"), *share_head)

    def line(name: str, share: Share) -> tuple[Cell, ...]:
        ends = (share.low, share.high) if chart.is_open else (share.low,)
        return (
            Cell(name),
            Cell(str(share.year), share.year),
            points_cell(share, language),
            _whole(share.max),
            *(_share(end, end, share.max, language) for end in ends),
        )

    rows = tuple(line(name, share) for name, shares in history(sheet, language) for share in shares)
    return Figure(chart, Grid(chart.title, head, 2, rows), (5, 4) if chart.is_open else (4,))


def _table_reasons(sheet: Sheet, table: SheetTable, language: Language) -> TableReasons:
    number, name, points = (head[language.code] for head in table.table.columns)
    rows = tuple(_reason(sheet, row, language) for row in table.scored_rows) if table.applicable else ()
    note = "" if rows else language.gettext("The table does not apply: the body has no organisations of this kind.")
    head = number, name, points, language.gettext("Reason")
    return TableReasons(table.table.title[language.code], note, head, rows)


def _reason(sheet: Sheet, row: SheetRow, language: Language) -> Reason:
    line = reasons.outcome(row, language)
    if line and row.criterion:
        line = f"{line} ({row.criterion.paragraph[language.code]})"
    readings = ", ".join(id_ for id_, _ in reasons.readings(sheet.order, row, language))
    said = line, "; ".join(reasons.counted(row, language)), readings
    named = ((language.gettext("In breach"), row.in_breach), (language.gettext("Not answered"), row.unanswered))
    return Reason(
        row.row.number,
        " ".join(short(row.row.text[language.code], language)),
        language.points_of(row.low, row.high, row.max),
        said,
        tuple(_organisations(sheet.order, label, found, language) for label, found in named if found),
    )


def _organisations(order: Order, label: str, found: tuple[Named, ...], language: Language) -> Organisations:
    named = tuple((each.name(language.code), each.bin) for each in found)
    texts = tuple(
        "; ".join([language.gettext("%(name)s (BIN %(bin)s)", name=name, bin=bin_), *_facts(order, each, language)])
        for (name, bin_), each in zip(named, found, strict=True)
    )
    return Organisations(label, named, texts)


def _facts(order: Order, organisation: Named, language: Language) -> Iterator[str]:
    """The answers that put an organisation in breach, each after its label."""
    for code, value in organisation.facts:
        item = order.by_code[code]
        if isinstance(value, date):
            shown = language.short_date(value)
        elif item.type == "money":
            shown = language.number(Decimal(value) / 100, 2)
        else:
            shown = language.number(value)
        yield f"{item.label[language.code]}: {shown}"


def _readings(sheet: Sheet, language: Language) -> tuple[tuple[str, str], ...]:
    """The readings that bear on a row of a table that applies, and on every sheet: id, and where and how."""
    of_rows = {id_ for criterion in sheet.order.criteria for id_ in criterion.readings}
    used = {
        id_
        for table in sheet.tables
        if table.applicable
        for row in table.scored_rows
        if row.criterion
        for id_ in row.criterion.readings
    }

    return tuple(
        (reading.id, reasons.in_words(reading, language))
        for reading in sheet.order.readings
        if reading.id in used or reading.id not in of_rows
    )
