"""The printed sheet before it is written: all that PDF, XLSX and DOCX say, decided once, in one language or two.

The approved form (Annex 4 to the Rules) comes first and holds nothing of ours: no grand total, date or signature. After
it comes an annex for each language. In two languages the second column of the form is two cells, Kazakh and Russian.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from evaluation.criteria.model import Table, Text
from evaluation.language import N_, Language, language
from evaluation.sheets import annex
from evaluation.sheets.annex import DASH, Annex, Cell, points_cell
from evaluation.sheets.model import Sheet, SheetRow, SheetTable
from evaluation.sheets.stamp import Stamp

LANGUAGES = {"kk": ("kk",), "ru": ("ru",), "kk+ru": ("kk", "ru")}
"""The choices of languages a sheet is written in."""
PROVISIONAL = N_("Provisional: not all data have been given")
NOT_ACCEPTED = N_("Draft: the sheet has not been accepted")
INVENTED = N_("Demonstration: the data are invented")

Texts = tuple[str, ...]
"""One text in each language of the document; a single one where they all read the same."""


@dataclass(frozen=True)
class FormRow:
    """A row of the form: `texts` in every language, `points` empty for a heading."""

    number: str
    texts: Texts
    points: Cell
    heading: bool


@dataclass(frozen=True)
class FormTable:
    """A table of the form. `numbering` stands under the column heads: 1, 2 (over every language), 3."""

    title: Texts
    number_head: Texts
    text_heads: Texts
    points_head: Texts
    numbering: tuple[str, str, str]
    rows: tuple[FormRow, ...]
    total: FormRow


@dataclass(frozen=True)
class Document:
    """A sheet ready to be written. `notices`, `footer` and `seal` stand on every page; `name` is the document's own title.

    An accepted sheet has a `stamp`, and its line as `seal`; any other has neither, and a notice of what it lacks.
    """

    languages: tuple[str, ...]
    name: str
    footer: str
    seal: str
    stamp: Stamp | None
    notices: tuple[str, ...]
    marks: tuple[Texts, Texts, Texts]
    title: Texts
    body: Texts
    hint_body: Texts
    period: Texts
    hint_period: Texts
    tables: tuple[FormTable, ...]
    annexes: tuple[Annex, ...]


def document(sheet: Sheet, languages: str, stamp: Stamp | None = None, accepted: bool = False) -> Document:
    """The document of a sheet in `languages`, one of :data:`LANGUAGES` or of the product's languages (`en`, for pages).

    An accepted sheet comes with its stamp; one that was `accepted` on a past day has none, and is no draft either.

    Raises KeyError for another choice.
    """
    spoken = tuple(language(code) for code in LANGUAGES.get(languages, (languages,)))
    form, first = sheet.order.form, spoken[0]
    body = _once(sheet.body.name(each.code) for each in spoken)
    period = _once(each.period(sheet.year) for each in spoken)
    return Document(
        languages=tuple(each.code for each in spoken),
        name=f"{form.title[first.code]}. {body[0]}, {period[0]}",
        footer=f"{body[0]}, {period[0]}",
        seal=stamp.line(first) if stamp else "",
        stamp=stamp,
        notices=_notices(sheet, accepted or stamp is not None, spoken),
        marks=(_texts(form.order_mark, spoken), _texts(form.rules_mark, spoken), _texts(form.form_mark, spoken)),
        title=_texts(form.title, spoken),
        body=body,
        hint_body=_texts(form.hint_body, spoken),
        period=period,
        hint_period=_texts(form.hint_period, spoken),
        tables=tuple(_table(table, spoken) for table in sheet.tables),
        annexes=tuple(annex.build(sheet, each, stamp) for each in spoken),
    )


def _notices(sheet: Sheet, accepted: bool, spoken: tuple[Language, ...]) -> tuple[str, ...]:
    """A line in each language. What is provisional is not accepted, and need not say so as well."""
    said = [] if accepted else [PROVISIONAL] if sheet.provisional else [NOT_ACCEPTED]
    said += [INVENTED] if sheet.invented else []
    return tuple(" · ".join(map(each.gettext, said)) for each in spoken if said)


def _table(table: SheetTable, spoken: tuple[Language, ...]) -> FormTable:
    form: Table = table.table
    number, name, points = form.columns
    total = points_cell(table, spoken[0]) if table.applicable else Cell(DASH)
    return FormTable(
        title=_texts(form.title, spoken),
        number_head=_texts(number, spoken),
        text_heads=tuple(name[each.code] for each in spoken),
        points_head=_texts(points, spoken),
        numbering=form.numbering,
        rows=tuple(_row(row, table.applicable, spoken) for row in table.rows),
        total=FormRow("", tuple(form.total[each.code] for each in spoken), total, heading=False),
    )


def _row(row: SheetRow, applicable: bool, spoken: tuple[Language, ...]) -> FormRow:
    scored = points_cell(row, spoken[0]) if applicable else Cell(DASH)
    points = Cell("") if row.criterion is None else scored
    return FormRow(row.row.number, tuple(row.row.text[each.code] for each in spoken), points, row.criterion is None)


def _texts(text: Text, spoken: tuple[Language, ...]) -> Texts:
    return _once(text[each.code] for each in spoken)


def _once(texts: Iterable[str]) -> Texts:
    return tuple(dict.fromkeys(texts))
