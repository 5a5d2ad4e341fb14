"""What the two charts show, as values: captions, bars and words, ready to be drawn or written as a native chart."""

from collections.abc import Iterable
from dataclasses import dataclass

from evaluation.charts import style
from evaluation.charts.measure import fit
from evaluation.language import Language
from evaluation.sheets.model import Share, Sheet, SheetRow, SheetTable


@dataclass(frozen=True)
class Bar:
    """One bar: solid up to `low`, hatched up to `high`, empty up to `max`; `text` says the same in figures."""

    label: str
    low: float
    high: float
    max: float
    text: str


@dataclass(frozen=True)
class Group:
    """Bars under one caption: `mark` (a row's number) and at most two lines."""

    mark: str
    caption: tuple[str, ...]
    bars: tuple[Bar, ...]

    @property
    def name(self) -> str:
        return " ".join(filter(None, (self.mark, *self.caption)))


@dataclass(frozen=True)
class Chart:
    """A chart in one language. `legend` names what is solid, hatched and empty."""

    title: str
    description: str
    language: str
    legend: tuple[str, str, str]
    groups: tuple[Group, ...]

    @property
    def bars(self) -> tuple[Bar, ...]:
        return tuple(bar for group in self.groups for bar in group.bars)

    @property
    def is_open(self) -> bool:
        """Whether blanks leave the end of a bar open."""
        return any(bar.low != bar.high for bar in self.bars)


def of_rows(table: SheetTable, language: Language) -> Chart:
    """Points of a table's rows against their maximum; headings are left out."""
    groups = tuple(_row(row, language) for row in table.scored_rows)
    said = (language.gettext("row %(row)s: %(points)s", row=group.mark, points=group.bars[0].text) for group in groups)
    title = language.gettext("%(table)s: points by row", table=table.table.title[language.code])
    return Chart(title, _sentence(said), language.code, _legend(language), groups)


def of_history(sheet: Sheet, language: Language) -> Chart:
    """Shares of the maximum by table and year; a year in which a table did not apply has no bar."""
    groups = tuple(
        Group("", short(name, language), tuple(_share(share, language) for share in shares))
        for name, shares in history(sheet, language)
    )
    said = (f"{group.name}: " + ", ".join(f"{bar.label} – {bar.text}" for bar in group.bars) for group in groups)
    title = language.gettext("Share of the maximum by table and year")
    return Chart(title, _sentence(said), language.code, _legend(language), groups)


def history(sheet: Sheet, language: Language) -> list[tuple[str, list[Share]]]:
    """The sheet's history by table, in the form's order: the table's title and its years, oldest first."""
    found = []
    for table in sheet.tables:
        shares = [share for share in sheet.history if share.kind == table.table.kind and share.max]
        if shares:
            found.append((table.table.title[language.code], shares))
    return found


def short(text: str, language: Language) -> tuple[str, ...]:
    """A text as a caption of at most two lines."""
    return fit(text, language.code, (style.WIDTH - style.MARK - 2 * style.MARGIN) * style.SLACK, style.TEXT_SIZE)


def _row(row: SheetRow, language: Language) -> Group:
    bar = Bar("", row.low, row.high, row.max, language.points_of(row.low, row.high, row.max))
    return Group(row.row.number, short(row.row.text[language.code], language), (bar,))


def _share(share: Share, language: Language) -> Bar:
    return Bar(
        str(share.year),
        share.low / share.max,
        share.high / share.max,
        1.0,
        language.share_range(share.low, share.high, share.max),
    )


def _legend(language: Language) -> tuple[str, str, str]:
    return language.gettext("points"), language.gettext("open while data are missing"), language.gettext("maximum")


def _sentence(parts: Iterable[str]) -> str:
    said = "; ".join(parts)
    return f"{said}." if said else ""
