"""The ZIP of many assessment sheets, a background job: workers write parts of it, and one of them joins the parts.

Each sheet is the accepted revision of an accepted year, else a draft of the current answers. The same sheets give the same bytes.
"""

import shutil
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO

from evaluation.audit.operations import new_batch
from evaluation.errors import EvaluationError
from evaluation.jobs.kinds import JobKind, JobRun, Parameters, PartPlan
from evaluation.language import LANGUAGE_NAMES, N_, Language
from evaluation.policy import Action, Viewer
from evaluation.registry import queries as registry
from evaluation.registry.models import Body
from evaluation.review.verification import queries as verification_queries
from evaluation.review.verification.export_file import (
    CANONICAL_FORMAT,
    ExportFile,
    canonical_export,
    open_revision,
    render_export,
)
from evaluation.review.verification.operations import ExportRecord, record_exports
from evaluation.sheets import Sheet, queries
from evaluation.sheets.document import LANGUAGES
from evaluation.sheets.stamp import Stamp
from evaluation.sheets.writers import DATA_FORMATS
from evaluation.submissions.models import SheetRevision

MAX_SHEETS_PER_PART, MIN_PARTS = 25, 8
"""Few sheets in a part and many parts: all workers have work until the end, and the memory does not grow with the country."""
ZIP_TIMESTAMP = (2022, 6, 20, 0, 0, 0)
"""The time of every file in the archive, fixed so that the same sheets give the same bytes."""
CHUNK_BYTES = 1 << 20
NO_SHEETS = N_("There are no sheets to write: no body fits the selection, or none of its years is accepted.")


@dataclass(frozen=True)
class SheetToWrite:
    """A sheet to write: its body, and of an accepted sheet its stamp, its revision's id and its canonical text."""

    body_id: int
    sheet: Sheet
    stamp: Stamp | None = None
    revision_id: int | None = None
    text: str = ""


@dataclass(frozen=True)
class ArchiveOptions:
    """What a person chooses: the format, the languages, the form without the annex, and drafts also where a year is accepted."""

    year: int
    format: str = "pdf"
    languages: str = "kk"
    form_only: bool = False
    draft: bool = False
    bodies: tuple[int, ...] | None = None
    """The ids of the bodies; None for all that the person can see."""

    @classmethod
    def of(cls, parameters: Parameters) -> "ArchiveOptions":
        """Return the options of a job."""
        bodies = parameters["bodies"]
        return cls(**parameters | {"bodies": None if bodies is None else tuple(bodies)})

    @property
    def parameters(self) -> Parameters:
        """The parameters of a job with these options."""
        return asdict(self)


def require_open_year(year: int) -> None:
    """Raise EvaluationError unless the year is open."""
    if registry.order_of(year) is None:
        raise EvaluationError(N_("The year %(value)s has not been opened."), value=year)


def sheets_to_write(
    viewer: Viewer, year: int, bodies: Sequence[Body], accepted: dict[int, SheetRevision], format_: str
) -> list[SheetToWrite]:
    """Return the sheets of these bodies, in their order: of the accepted revisions, and drafts of the others.

    Canonical JSON has no drafts.
    """
    orders, live = registry.orders(), [item for item in bodies if item.id not in accepted]
    drafts = {sheet.body.bin: sheet for sheet in queries.body_sheets(viewer, year, live)} if live else {}
    sheets = []
    for body in bodies:
        if body.id in accepted:
            revision = accepted[body.id]
            text = revision.content if format_ == CANONICAL_FORMAT else ""
            sheets.append(SheetToWrite(body.id, *open_revision(revision, orders), revision.id, text))
        elif body.bin in drafts and format_ != CANONICAL_FORMAT:
            sheets.append(SheetToWrite(body.id, drafts[body.bin]))
    return sheets


def render(item: SheetToWrite, format_: str, languages: str, form_only: bool) -> ExportFile:
    """Write a sheet as a file."""
    if format_ == CANONICAL_FORMAT and item.stamp:
        return canonical_export(item.sheet, item.stamp, item.text)
    return render_export(item.sheet, format_, languages, item.stamp, form_only)


def export_record(item: SheetToWrite, file: ExportFile) -> ExportRecord:
    """Return the record of a sheet's file."""
    return ExportRecord.of(item.body_id, file, item.revision_id, item.stamp.revision if item.stamp else None)


# ---- the job ----


def _split(run: JobRun) -> list[PartPlan]:
    """Return the parts: ids of bodies, in the order of their BINs."""
    options = ArchiveOptions.of(run.parameters)
    require_open_year(options.year)
    ids = [body.id for body in registry.all_bodies(run.viewer, options.year)]
    if options.bodies is not None:
        chosen = set(options.bodies)
        ids = [id_ for id_ in ids if id_ in chosen]
    if options.format == CANONICAL_FORMAT:
        accepted = verification_queries.revisions_in_force(run.viewer, options.year)
        ids = [id_ for id_ in ids if id_ in accepted]
    if not ids:
        raise EvaluationError(NO_SHEETS)
    size = min(MAX_SHEETS_PER_PART, -(-len(ids) // MIN_PARTS))
    parts = (ids[start : start + size] for start in range(0, len(ids), size))
    return [PartPlan({"bodies": part}, len(part)) for part in parts]


def _write_part(run: JobRun) -> list[Any]:
    """Write the sheets of a part into a ZIP of its own; return the records of its files."""
    options = ArchiveOptions.of(run.parameters)
    ids = run.part["bodies"]
    bodies = registry.bodies_by_id(run.viewer, ids)
    accepted = {} if options.draft else verification_queries.revisions_in_force(run.viewer, options.year, ids)
    records: list[Any] = []
    with zipfile.ZipFile(run.part_file, "w") as archive:
        for item in sheets_to_write(run.viewer, options.year, bodies, accepted, options.format):
            run.set_progress(len(records))
            file = render(item, options.format, options.languages, options.form_only)
            archive.writestr(zipfile.ZipInfo(file.name, ZIP_TIMESTAMP), file.content)
            records.append(asdict(export_record(item, file)))
    return records


def _join(run: JobRun) -> None:
    """Join the parts to one ZIP, piece by piece, and record all files in the audit log."""
    options = ArchiveOptions.of(run.parameters)
    records = [ExportRecord(**record) for part in run.results for record in part]
    if not records:
        raise EvaluationError(NO_SHEETS)
    path = run.file(f"sheets-{options.year}-{options.format}.zip", "application/zip")
    # Compressed once, here: it is a hundredth of the time, and halves the file.
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for part in run.part_files:
            copy_entries(part, archive)
    record_exports(run.viewer, options.year, records, new_batch())


def copy_entries(source: BinaryIO, target: zipfile.ZipFile) -> None:
    """Copy the files of an archive into another one, piece by piece, with its compression."""
    with zipfile.ZipFile(source) as archive:
        for entry in archive.infolist():
            copy = zipfile.ZipInfo(entry.filename, ZIP_TIMESTAMP)
            copy.compress_type, copy.file_size = target.compression, entry.file_size
            with archive.open(entry) as content, target.open(copy, "w") as out:
                shutil.copyfileobj(content, out, CHUNK_BYTES)


def _describe(parameters: Parameters, language: Language) -> str:
    options = ArchiveOptions.of(parameters)
    codes = () if options.format in (*DATA_FORMATS, CANONICAL_FORMAT) else LANGUAGES[options.languages]
    languages = " + ".join(LANGUAGE_NAMES[code] for code in codes)
    number = len(options.bodies) if options.bodies is not None else None
    selection = (
        language.ngettext("%(num)d body", "%(num)d bodies", number) if number is not None else language.gettext("All bodies")
    )
    return ", ".join(filter(None, (language.period(options.year), selection, options.format.upper(), languages)))


KIND = JobKind("sheets", N_("Assessment sheets as ZIP"), Action.VIEW, _write_part, split=_split, join=_join, describe=_describe)
