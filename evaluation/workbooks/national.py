"""The national workbook: the answers of all bodies of a year in one file of the format that bodies fill in, a background job."""

from collections.abc import Iterator, Sequence
from typing import Any

from evaluation.criteria.model import Order
from evaluation.database import from_json, to_json_bytes
from evaluation.errors import EvaluationError
from evaluation.jobs.kinds import JobRun
from evaluation.language import N_
from evaluation.registry import queries as registry
from evaluation.registry.models import Body
from evaluation.workbooks.format.model import PRIOR_YEAR
from evaluation.workbooks.format.template import write_large_workbook
from evaluation.workbooks.upload.prefill import organisation_rows, prior_year_rows

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BODIES_PER_READ = 50
"""Bodies whose reports are read at a time."""
NO_BODIES = N_("There is nothing to write: no body exists in the year %(year)s.")


def write_national_workbook(run: JobRun) -> list[Body]:
    """Write the file of the job: the answers of the bodies that its viewer can see. Return the bodies.

    The rows wait as JSON until all bodies are read, because the workbook has them by kind: 25,000 of them take some 30 MB.

    Raises:
        EvaluationError: The year is not open, or no body exists in it.
    """
    year = int(run.parameters["year"])
    order, bodies = registry.order_of(year), registry.all_bodies(run.viewer, year)
    if order is None:
        raise EvaluationError(N_("The year %(value)s has not been opened."), value=year)
    if not bodies:
        raise EvaluationError(NO_BODIES, year=year)
    documents: dict[str, list[bytes]] = {kind: [] for kind in (*order.kind, PRIOR_YEAR)}
    for start in range(0, len(bodies), BODIES_PER_READ):
        run.set_progress(start, len(bodies))
        _read(run, order, year, bodies[start : start + BODIES_PER_READ], documents)
    rows = {kind: _decoded(items) for kind, items in documents.items()}
    write_large_workbook(run.file(f"indicators-{year}.xlsx", MEDIA_TYPE), order, year, run.language, rows)
    return bodies


def _read(run: JobRun, order: Order, year: int, bodies: Sequence[Body], documents: dict[str, list[bytes]]) -> None:
    """Add the rows of these bodies to the documents."""
    kinds: dict[str, list[str]] = {body.bin: [] for body in bodies}
    named = registry.bodies_as_named_in(run.viewer, bodies, year)
    for kind, row in organisation_rows(run.viewer, order, year, named, run.language):
        documents[kind].append(to_json_bytes(row))
        if kind not in kinds[row["body_bin"]]:
            kinds[row["body_bin"]].append(kind)
    for body in named:
        counts = prior_year_rows(run.viewer, order, year, body, kinds[body.bin], run.language)
        documents[PRIOR_YEAR] += map(to_json_bytes, counts)


def _decoded(documents: Sequence[bytes]) -> Iterator[dict[str, Any]]:
    return map(from_json, documents)
