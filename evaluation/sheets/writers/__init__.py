"""Writes sheets in the formats they leave the product in."""

from collections.abc import Callable
from dataclasses import dataclass

import orjson

from evaluation.sheets.document import LANGUAGES, document
from evaluation.sheets.model import Sheet
from evaluation.sheets.scores_json import scores_json
from evaluation.sheets.writers import docx, pdf, xlsx


@dataclass(frozen=True)
class Writer:
    """A format: how its files' names end, its media type, and how a sheet becomes bytes in one of :data:`LANGUAGES`."""

    extension: str
    media_type: str
    write: Callable[[Sheet, str], bytes]


def _pdf(sheet: Sheet, languages: str) -> bytes:
    return pdf.write(document(sheet, languages))


def _xlsx(sheet: Sheet, languages: str) -> bytes:
    return xlsx.write(document(sheet, languages))


def _docx(sheet: Sheet, languages: str) -> bytes:
    return docx.write(document(sheet, languages))


def _json(sheet: Sheet, languages: str) -> bytes:
    """The scores as canonical JSON: keys sorted, no blanks; names in the first language."""
    code = LANGUAGES.get(languages, (languages,))[0]
    return orjson.dumps(scores_json(sheet.order, sheet.year, [sheet], code), option=orjson.OPT_SORT_KEYS)


OFFICE = "application/vnd.openxmlformats-officedocument"
FORMATS: dict[str, Writer] = {
    "pdf": Writer("pdf", "application/pdf", _pdf),
    "xlsx": Writer("xlsx", f"{OFFICE}.spreadsheetml.sheet", _xlsx),
    "docx": Writer("docx", f"{OFFICE}.wordprocessingml.document", _docx),
    "json": Writer("json", "application/json", _json),
}


def write(sheet: Sheet, format_: str, languages: str) -> bytes:
    """The sheet as a file; the same sheet gives the same bytes.

    Raises KeyError for a format not in :data:`FORMATS` or a choice of languages not in :data:`LANGUAGES`.
    """
    return FORMATS[format_].write(sheet, languages)


def file_name(sheet: Sheet, format_: str, languages: str) -> str:
    """A name for the file, safe everywhere: bagalau-paragy-2024-141040004756-kk-ru.pdf."""
    return f"bagalau-paragy-{sheet.year}-{sheet.body.bin}-{'-'.join(LANGUAGES[languages])}.{FORMATS[format_].extension}"


__all__ = ["FORMATS", "LANGUAGES", "Writer", "file_name", "write"]
