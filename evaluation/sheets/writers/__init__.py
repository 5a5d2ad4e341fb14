"""Writes sheets in the file formats of the product. A writer and its libraries are imported when the first file is written."""

from collections.abc import Callable
from dataclasses import dataclass

import orjson

from evaluation.sheets.document import LANGUAGES, build_document
from evaluation.sheets.model import Sheet
from evaluation.sheets.scores_json import scores_json
from evaluation.sheets.stamp import Stamp


@dataclass(frozen=True)
class Writer:
    """A format: the extension of its files, its media type, and the function that writes a sheet.

    The function takes the sheet, a key of :data:`LANGUAGES`, the stamp of an accepted sheet, and whether to write the form alone.
    """

    extension: str
    media_type: str
    write: Callable[[Sheet, str, Stamp | None, bool], bytes]


def _pdf(sheet: Sheet, languages: str, stamp: Stamp | None, form_only: bool) -> bytes:
    from evaluation.sheets.writers import pdf

    return pdf.write(build_document(sheet, languages, stamp, form_only=form_only))


def _xlsx(sheet: Sheet, languages: str, stamp: Stamp | None, form_only: bool) -> bytes:
    from evaluation.sheets.writers import xlsx

    return xlsx.write(build_document(sheet, languages, stamp, form_only=form_only))


def _docx(sheet: Sheet, languages: str, stamp: Stamp | None, form_only: bool) -> bytes:
    from evaluation.sheets.writers import docx

    return docx.write(build_document(sheet, languages, stamp, form_only=form_only))


def _json(sheet: Sheet, languages: str, stamp: Stamp | None, _form_only: bool) -> bytes:
    """The scores as canonical JSON: sorted keys, no spaces; names in the first language."""
    code = LANGUAGES.get(languages, (languages,))[0]
    content = scores_json(sheet.order, sheet.year, [sheet], code)
    if stamp:
        content["verification"] = {"code": stamp.code, "revision": stamp.revision, "sha256": stamp.sha256}
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)


DATA_FORMATS = frozenset({"json"})
"""Formats for programs, equal in every language. They have no annex."""
OFFICE = "application/vnd.openxmlformats-officedocument"
FORMATS: dict[str, Writer] = {
    "pdf": Writer("pdf", "application/pdf", _pdf),
    "xlsx": Writer("xlsx", f"{OFFICE}.spreadsheetml.sheet", _xlsx),
    "docx": Writer("docx", f"{OFFICE}.wordprocessingml.document", _docx),
    "json": Writer("json", "application/json", _json),
}


def write(sheet: Sheet, format_: str, languages: str, stamp: Stamp | None = None, form_only: bool = False) -> bytes:
    """Write a sheet as a file. Equal arguments give equal bytes.

    Args:
        sheet: The sheet.
        format_: A key of :data:`FORMATS`.
        languages: A key of :data:`LANGUAGES`.
        stamp: The stamp of an accepted sheet.
        form_only: Whether to write the form alone, without the annex.

    Raises:
        KeyError: The format or the choice of languages does not exist.
    """
    return FORMATS[format_].write(sheet, languages, stamp, form_only)


def file_name(sheet: Sheet, format_: str, languages: str, stamp: Stamp | None = None, form_only: bool = False) -> str:
    """The ASCII name of a file, with the revision of an accepted sheet: bagalau-paragy-2024-141040004756-r1-kk-ru.pdf."""
    revision = f"-r{stamp.revision}" if stamp else ""
    codes = "-".join(LANGUAGES[languages])
    part = "-nysan" if form_only and format_ not in DATA_FORMATS else ""
    return f"bagalau-paragy-{sheet.year}-{sheet.body.bin}{revision}{part}-{codes}.{FORMATS[format_].extension}"


__all__ = ["DATA_FORMATS", "FORMATS", "LANGUAGES", "Writer", "file_name", "write"]
