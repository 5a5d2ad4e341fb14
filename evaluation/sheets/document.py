"""The printed sheet before it is written: the texts of the PDF, XLSX and DOCX files and of the page, in one language or two.

The approved form comes first and contains nothing that the product adds: no grand total, date or signature. An annex for each
language follows, unless only the form is wanted. In two languages the second column of the form is two cells, Kazakh and Russian.

Source: Order 47, Annex 2, which is Annex 4 to the Rules.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from evaluation.criteria.model import Table, Text
from evaluation.language import N_, Language, language
from evaluation.sheets.annex import DASH, Annex, Cell, build_annex, points_cell
from evaluation.sheets.model import Sheet, SheetRow, SheetTable
from evaluation.sheets.stamp import Stamp

LANGUAGES = {"kk": ("kk",), "ru": ("ru",), "kk+ru": ("kk", "ru")}
"""The choices of languages in which a sheet is written."""
PROVISIONAL = N_("Provisional: some data are missing")
NOT_ACCEPTED = N_("Draft: the sheet has not been accepted")
INVENTED = N_("Demonstration: the data are invented")

NUMBER_SIGN = re.compile(r"№ (?=\S)")

Texts = tuple[str, ...]
"""One text in each language of the document; a single text if all are equal."""


@dataclass(frozen=True)
class FormRow:
    """A row of the form: `texts` has one text in each language; the points of a heading are empty."""

    number: str
    texts: Texts
    points: Cell
    is_heading: bool


@dataclass(frozen=True)
class FormTable:
    """A table of the form. `numbering` is the row under the column heads: 1, 2 (across all languages), 3."""

    title: Texts
    number_head: Texts
    text_heads: Texts
    points_head: Texts
    numbering: tuple[str, str, str]
    rows: tuple[FormRow, ...]
    total: FormRow


@dataclass(frozen=True)
class Document:
    """A sheet ready to be written.

    `title_property` is the title in the file's properties. `notices`, `footer` and `stamp_footer` are on every page, the
    `translation_notes` on the first, above the form. An accepted sheet has a `stamp` and a `stamp_footer`; another sheet has
    neither, and a notice of what it lacks. A document without `annexes` is the form alone.
    """

    languages: tuple[str, ...]
    title_property: str
    footer: str
    stamp_footer: str
    stamp: Stamp | None
    notices: tuple[str, ...]
    translation_notes: Texts
    marks: tuple[Texts, Texts, Texts]
    title: Texts
    body: Texts
    hint_body: Texts
    period: Texts
    hint_period: Texts
    tables: tuple[FormTable, ...]
    annexes: tuple[Annex, ...]


def build_document(
    sheet: Sheet, languages: str, stamp: Stamp | None = None, accepted: bool = False, form_only: bool = False
) -> Document:
    """Build the document of a sheet.

    Args:
        sheet: The sheet.
        languages: A key of :data:`LANGUAGES`, or a language of the product (`en`, for pages).
        stamp: The stamp of an accepted sheet.
        accepted: Whether the sheet was accepted on a past day; such a sheet has no stamp and is not a draft.
        form_only: Whether the annexes are left out.

    Raises:
        KeyError: `languages` is another text.
    """
    chosen = tuple(language(code) for code in LANGUAGES.get(languages, (languages,)))
    form, first = sheet.order.form, chosen[0]
    body = _unique(sheet.body.name(language.code) for language in chosen)
    period = _unique(language.period(sheet.year) for language in chosen)
    document = Document(
        languages=tuple(language.code for language in chosen),
        title_property=f"{form.title[first.code]}. {body[0]}, {period[0]}",
        footer=f"{body[0]}, {period[0]}",
        stamp_footer=stamp.footer(chosen) if stamp else "",
        stamp=stamp,
        notices=_notices(sheet, accepted or stamp is not None, chosen),
        translation_notes=_translation_notes(sheet, chosen),
        marks=(_texts(form.order_mark, chosen), _texts(form.rules_mark, chosen), _texts(form.form_mark, chosen)),
        title=_texts(form.title, chosen),
        body=body,
        hint_body=_texts(form.hint_body, chosen),
        period=period,
        hint_period=_texts(form.hint_period, chosen),
        tables=tuple(_table(table, chosen) for table in sheet.tables),
        annexes=() if form_only else tuple(build_annex(sheet, language, stamp) for language in chosen),
    )
    return _with_unbroken_numbers(document)  # type: ignore[no-any-return]


def _with_unbroken_numbers(value: Any) -> Any:
    """Replace the space after № by a no-break space in all texts of a value: № 47 is never split at the end of a line."""
    if isinstance(value, str):
        return NUMBER_SIGN.sub("№\xa0", value)
    if isinstance(value, tuple):
        return tuple(map(_with_unbroken_numbers, value))
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{item.name: _with_unbroken_numbers(getattr(value, item.name)) for item in fields(value)})
    return value


def _translation_notes(sheet: Sheet, chosen: tuple[Language, ...]) -> Texts:
    """The note that texts are translations, in each language of a sheet that is not in Kazakh alone."""
    note = sheet.order.translation_note
    return _texts(note, chosen) if note and any(language.code != "kk" for language in chosen) else ()


def _notices(sheet: Sheet, accepted: bool, chosen: tuple[Language, ...]) -> tuple[str, ...]:
    """One text in each language. A provisional sheet is never accepted, so that it does not state both."""
    messages = [] if accepted else [PROVISIONAL] if sheet.provisional else [NOT_ACCEPTED]
    messages += [INVENTED] if sheet.invented else []
    return tuple(" · ".join(map(language.gettext, messages)) for language in chosen if messages)


def _table(table: SheetTable, chosen: tuple[Language, ...]) -> FormTable:
    form: Table = table.table
    number, name, points = form.columns
    total = points_cell(table, chosen[0]) if table.applicable else Cell(DASH)
    return FormTable(
        title=_texts(form.title, chosen),
        number_head=_texts(number, chosen),
        text_heads=tuple(name[language.code] for language in chosen),
        points_head=_texts(points, chosen),
        numbering=form.numbering,
        rows=tuple(_row(row, table.applicable, chosen) for row in table.rows),
        total=FormRow("", tuple(form.total[language.code] for language in chosen), total, is_heading=False),
    )


def _row(row: SheetRow, applicable: bool, chosen: tuple[Language, ...]) -> FormRow:
    scored = points_cell(row, chosen[0]) if applicable else Cell(DASH)
    points = Cell("") if row.criterion is None else scored
    return FormRow(row.row.number, tuple(row.row.text[language.code] for language in chosen), points, row.criterion is None)


def _texts(text: Text, chosen: tuple[Language, ...]) -> Texts:
    return _unique(text[language.code] for language in chosen)


def _unique(texts: Iterable[str]) -> Texts:
    return tuple(dict.fromkeys(texts))
