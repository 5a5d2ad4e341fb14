"""The comparison as one JSON document: the result of the command and of the job."""

from collections.abc import Sequence
from typing import Any

from evaluation.comparison.readings.model import Basis, BodyChange, sums


def as_json(year: int, basis: Basis, changes: Sequence[BodyChange]) -> dict[str, Any]:
    """Return the comparison of bodies with their sums: all bodies, by kind in the order of the form, by region."""
    total, by_kind, by_region = sums(changes)
    kinds = [kind for kind in basis.order.kind if kind in by_kind] + [kind for kind in by_kind if kind not in basis.order.kind]
    return {
        "year": year,
        "code": basis.code,
        "order": basis.order.code,
        "reading": basis.reading.name if basis.reading else None,
        "total": total.as_json(),
        "tables": [{"kind": kind, **by_kind[kind].as_json()} for kind in kinds],
        "regions": [{"region": region, **by_region[region].as_json()} for region in sorted(by_region)],
        "bodies": [change.as_json() for change in changes],
    }
