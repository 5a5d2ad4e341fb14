"""The sheet's document as its page shows it: under each row of the form, why it has its points.

The form and the annex are the same document that the files are written from, so that page and files cannot differ.
"""

from dataclasses import dataclass

from markupsafe import Markup

from evaluation import charts
from evaluation.language import N_, language
from evaluation.sheets import Sheet, SheetRow, reasons
from evaluation.sheets.annex import Annex, Figure, Organisations
from evaluation.sheets.document import Document, FormRow, FormTable, document
from evaluation.sheets.stamp import Stamp, qr_svg

WHY = N_("Why these points")


@dataclass(frozen=True)
class Why:
    """Why a row has its points, in one language: what unfolds under it."""

    label: str
    said: tuple[tuple[str, str], ...]
    organisations: tuple[Organisations, ...]
    readings_label: str
    readings: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class PageRow:
    """A row of the form with its reasons in each language of the document, none for a heading or a table that does not apply."""

    form: FormRow
    why: tuple[Why, ...]


@dataclass(frozen=True)
class PageTable:
    form: FormTable
    rows: tuple[PageRow, ...]


@dataclass(frozen=True)
class SheetPage:
    document: Document
    tables: tuple[PageTable, ...]

    @property
    def qr(self) -> Markup:
        """The QR code of an accepted sheet, to stand in the page."""
        return Markup(qr_svg(self.document.stamp) if self.document.stamp else "")  # noqa: S704 - our own drawing

    def picture(self, annex: Annex, figure: Figure) -> Markup:
        """A chart, to stand in the page. Its text is escaped where it is drawn."""
        return Markup(charts.to_svg(figure.chart, annex.language))  # noqa: S704


def sheet_page(sheet: Sheet, languages: str, stamp: Stamp | None = None, accepted: bool = False) -> SheetPage:
    """The page of a sheet in one of the choices of :data:`evaluation.sheets.document.LANGUAGES`.

    An accepted sheet comes with its stamp, one that was `accepted` on a past day without.
    """
    made = document(sheet, languages, stamp, accepted)
    tables = tuple(
        PageTable(form, tuple(PageRow(row, _why(made, sheet, place, of)) for row, of in zip(form.rows, table.rows, strict=True)))
        for place, (form, table) in enumerate(zip(made.tables, sheet.tables, strict=True))
    )
    return SheetPage(made, tables)


def _why(made: Document, sheet: Sheet, place: int, row: SheetRow) -> tuple[Why, ...]:
    found = []
    for annex in made.annexes:
        reason = next((each for each in annex.reasons[place].rows if each.number == row.row.number), None)
        if reason is not None:
            spoken = language(annex.language)
            *labels, readings_label = annex.reason_labels
            said = tuple((label, words) for label, words in zip(labels, reason.said, strict=False) if words)
            readings = tuple(reasons.readings(sheet.order, row, spoken))
            found.append(Why(spoken.gettext(WHY), said, reason.organisations, readings_label, readings))
    return tuple(found)
