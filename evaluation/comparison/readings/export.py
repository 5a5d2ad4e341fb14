"""The comparison as one JSON document: the result of the command and of the job."""

from collections.abc import Sequence
from typing import Any

from evaluation.comparison.notes import NO_RANK_IN_ORDER
from evaluation.comparison.readings.model import Basis, BodyChange, sums
from evaluation.language import Language


def as_json(year: int, basis: Basis, changes: Sequence[BodyChange], language: Language) -> dict[str, Any]:
    """Return the comparison of bodies with their sums: all bodies, by kind in the order of the form, by region.

    Its note, in the language, says that the Order knows no rank.
    """
    total, by_kind, by_region = sums(changes)
    kinds = [kind for kind in basis.order.kind if kind in by_kind] + [kind for kind in by_kind if kind not in basis.order.kind]
    return {
        "year": year,
        "code": basis.code,
        "order": basis.order.code,
        "reading": basis.reading.name if basis.reading else None,
        "note": language.gettext(NO_RANK_IN_ORDER),
        "total": total.as_json(),
        "tables": [{"kind": kind, **by_kind[kind].as_json()} for kind in kinds],
        "regions": [{"region": region, **by_region[region].as_json()} for region in sorted(by_region)],
        "bodies": [change.as_json() for change in changes],
    }
