"""The test of haste: all answers of a body's year entered by hand within seconds, shortly before its end."""

from collections.abc import Iterator
from datetime import timedelta

from evaluation.anomalies.model import Detection, Sources
from evaluation.criteria.model import AnomalyKind


def haste(kind: AnomalyKind, sources: Sources) -> Iterator[Detection]:
    """Report the bodies whose answers were all entered within seconds, in the last minutes before the year's end."""
    for times in sources.entry_times:
        seconds = (times.last - times.first).total_seconds()
        is_late = times.end - timedelta(minutes=kind.minutes) <= times.first and times.last <= times.end
        if seconds <= kind.seconds and is_late:
            count = _answers(sources, times.body_id)
            if count >= kind.min_answers:
                facts = {"seconds": max(1, round(seconds)), "answers": count}
                yield Detection(kind.code, times.body_id, None, times.first.isoformat(), facts=facts)


def _answers(sources: Sources, body_id: int) -> int:
    """Return how many indicators the body's organisations answered."""
    count = 0
    for of_kind, frame in sources.this.frames.items():
        codes = [item.code for item in sources.this.order.indicators_of(of_kind)]
        count += int(frame.loc[frame["body_id"] == body_id, codes].notna().to_numpy().sum())
    return count
