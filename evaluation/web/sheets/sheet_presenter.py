"""A sheet's document as its page shows it: the form with the reasons of its points under each row, then the annexes.

The page and the files are written from the same document, so that they cannot differ.
"""

from dataclasses import dataclass

from markupsafe import Markup

from evaluation import charts
from evaluation.language import N_, Language, language
from evaluation.sheets import Sheet, SheetRow
from evaluation.sheets.annex import Annex, Figure, NamedOrganisations, build_figures
from evaluation.sheets.derivation import otherwise_texts
from evaluation.sheets.document import Document, FormRow, FormTable, build_document
from evaluation.sheets.reasons import row_readings
from evaluation.sheets.stamp import Stamp, qr_svg

REASONS_LABEL = N_("Why these points")
OTHERWISE_LABEL = N_("What would change the points")


@dataclass(frozen=True)
class RowReasonsView:
    """Why a row has its points, in one language; the page shows it folded under the row."""

    label: str
    explanations: tuple[tuple[str, str], ...]
    organisations: tuple[NamedOrganisations, ...]
    readings_label: str
    readings: tuple[tuple[str, str], ...]
    otherwise_label: str
    otherwise: tuple[str, ...]


@dataclass(frozen=True)
class RowView:
    """A row of the form with its reasons in each language; a heading, or a row of a table that does not apply, has none."""

    form: FormRow
    reasons: tuple[RowReasonsView, ...]


@dataclass(frozen=True)
class TableView:
    """A table of the form."""

    form: FormTable
    rows: tuple[RowView, ...]


@dataclass(frozen=True)
class SheetView:
    """The content of a sheet's page."""

    document: Document
    tables: tuple[TableView, ...]

    @property
    def qr(self) -> Markup:
        """The QR code of an accepted sheet as an `<svg>` element."""
        return Markup(qr_svg(self.document.stamp) if self.document.stamp else "")  # noqa: S704 - the application drew it

    def picture(self, annex: Annex, figure: Figure) -> Markup:
        """A chart as an `<svg>` element."""
        return _picture(figure, annex.language)

    def reasons(self, annex: Annex, table_position: int) -> dict[str, RowReasonsView]:
        """Row number → why the rows of a table have their points, in the language of an annex; a heading has no entry."""
        position = self.document.annexes.index(annex)
        return {row.form.number: row.reasons[position] for row in self.tables[table_position].rows if row.reasons}


def _picture(figure: Figure, salt: str = "") -> Markup:
    """A chart as an `<svg>` element; drawing escapes its text."""
    return Markup(charts.to_svg(figure.chart, salt))  # noqa: S704 - the application drew it


def present_charts(sheet: Sheet, page_language: Language) -> tuple[tuple[str, Markup], ...]:
    """The charts of a sheet in one language: title and `<svg>` element."""
    return tuple((figure.chart.title, _picture(figure)) for figure in build_figures(sheet, page_language))


def present_sheet(sheet: Sheet, languages: str, stamp: Stamp | None = None, accepted: bool = False) -> SheetView:
    """Build the page of a sheet. The arguments are those of :func:`evaluation.sheets.document.build_document`."""
    document = build_document(sheet, languages, stamp, accepted)
    tables = tuple(
        TableView(
            form,
            tuple(
                RowView(form_row, _row_reasons(document, sheet, position, row))
                for form_row, row in zip(form.rows, table.rows, strict=True)
            ),
        )
        for position, (form, table) in enumerate(zip(document.tables, sheet.tables, strict=True))
    )
    return SheetView(document, tables)


def _row_reasons(document: Document, sheet: Sheet, table_position: int, row: SheetRow) -> tuple[RowReasonsView, ...]:
    views = []
    for annex in document.annexes:
        reasons = next((reasons for reasons in annex.reasons[table_position].rows if reasons.number == row.row.number), None)
        if reasons is not None:
            page_language = language(annex.language)
            *labels, readings_label = annex.reason_labels
            explanations = tuple((label, text) for label, text in zip(labels, reasons.explanations, strict=False) if text)
            readings = tuple(row_readings(sheet.order, row, page_language))
            label = page_language.gettext(REASONS_LABEL)
            otherwise = page_language.gettext(OTHERWISE_LABEL), tuple(otherwise_texts(row, page_language))
            views.append(RowReasonsView(label, explanations, reasons.organisations, readings_label, readings, *otherwise))
    return tuple(views)
