"""Writes sheets in the formats they leave the product in."""

from collections.abc import Callable
from dataclasses import dataclass

import orjson

from evaluation.sheets.document import LANGUAGES, document
from evaluation.sheets.model import Sheet
from evaluation.sheets.scores_json import scores_json
from evaluation.sheets.stamp import Stamp
from evaluation.sheets.writers import docx, pdf, xlsx


@dataclass(frozen=True)
class Writer:
    """A format: how its files' names end, its media type, and how a sheet becomes bytes in one of :data:`LANGUAGES`.

    An accepted sheet comes with its stamp.
    """

    extension: str
    media_type: str
    write: Callable[[Sheet, str, Stamp | None], bytes]


def _pdf(sheet: Sheet, languages: str, stamp: Stamp | None) -> bytes:
    return pdf.write(document(sheet, languages, stamp))


def _xlsx(sheet: Sheet, languages: str, stamp: Stamp | None) -> bytes:
    return xlsx.write(document(sheet, languages, stamp))


def _docx(sheet: Sheet, languages: str, stamp: Stamp | None) -> bytes:
    return docx.write(document(sheet, languages, stamp))


def _json(sheet: Sheet, languages: str, stamp: Stamp | None) -> bytes:
    """The scores as canonical JSON: keys sorted, no blanks; names in the first language."""
    code = LANGUAGES.get(languages, (languages,))[0]
    told = scores_json(sheet.order, sheet.year, [sheet], code)
    if stamp:
        told["verification"] = {"code": stamp.code, "revision": stamp.revision, "sha256": stamp.sha256}
    return orjson.dumps(told, option=orjson.OPT_SORT_KEYS)


OFFICE = "application/vnd.openxmlformats-officedocument"
FORMATS: dict[str, Writer] = {
    "pdf": Writer("pdf", "application/pdf", _pdf),
    "xlsx": Writer("xlsx", f"{OFFICE}.spreadsheetml.sheet", _xlsx),
    "docx": Writer("docx", f"{OFFICE}.wordprocessingml.document", _docx),
    "json": Writer("json", "application/json", _json),
}


def write(sheet: Sheet, format_: str, languages: str, stamp: Stamp | None = None) -> bytes:
    """The sheet as a file, an accepted one with its stamp; the same sheet gives the same bytes.

    Raises KeyError for a format not in :data:`FORMATS` or a choice of languages not in :data:`LANGUAGES`.
    """
    return FORMATS[format_].write(sheet, languages, stamp)


def file_name(sheet: Sheet, format_: str, languages: str, stamp: Stamp | None = None) -> str:
    """A name for the file, safe everywhere: bagalau-paragy-2024-141040004756-kk-ru.pdf; of an accepted sheet with its revision,
    …-r1-kk-ru.pdf.
    """
    revision = f"-r{stamp.revision}" if stamp else ""
    spoken = "-".join(LANGUAGES[languages])
    return f"bagalau-paragy-{sheet.year}-{sheet.body.bin}{revision}-{spoken}.{FORMATS[format_].extension}"


__all__ = ["FORMATS", "LANGUAGES", "Writer", "file_name", "write"]
