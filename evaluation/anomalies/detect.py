"""Runs the tests of an order's kinds of anomalies over the answers of the country."""

from collections.abc import Callable, Iterator

from evaluation.anomalies.amounts import outlier, same_as_last_year, same_values, times_last_year
from evaluation.anomalies.documents import two_results, without_document
from evaluation.anomalies.haste import haste
from evaluation.anomalies.membership import claimed_twice, gained_by_leaving
from evaluation.anomalies.model import Detection, Sources
from evaluation.anomalies.stakes import with_stakes
from evaluation.criteria.anomaly_kinds import AnomalyTest
from evaluation.criteria.model import AnomalyKind
from evaluation.memory import gc_paused

TESTS: dict[AnomalyTest, Callable[[AnomalyKind, Sources], Iterator[Detection]]] = {
    "same_values": same_values,
    "same_as_last_year": same_as_last_year,
    "times_last_year": times_last_year,
    "outlier": outlier,
    "two_results": two_results,
    "without_document": without_document,
    "gained_by_leaving": gained_by_leaving,
    "claimed_twice": claimed_twice,
    "haste": haste,
}


@gc_paused()
def detect(sources: Sources, set_progress: Callable[[int, int], None] = lambda _done, _total: None) -> list[Detection]:
    """Return what the tests of the year's order see, each with its points at stake.

    `set_progress` is called before each kind of anomaly with the number of kinds that are done and of all.
    """
    if not sources.this.frames:
        return []
    kinds, detections = sources.this.order.anomalies, list[Detection]()
    for done, kind in enumerate(kinds):
        set_progress(done, len(kinds))
        detections += TESTS[kind.test](kind, sources)
    return with_stakes(sources.this, detections)
