"""What the times in the audit log show of a wrong clock. It is no sign of tampering: times are sealed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from evaluation.audit import queries as audit
from evaluation.audit.verification import queries
from evaluation.clock import MAX_CLOCK_SKEW, precise_now
from evaluation.language import N_, Language
from evaluation.policy import Viewer

MAX_JUMPS = 20
"""Jumps that are reported; two computers with different clocks cause any number of them."""

FUTURE = N_(
    "Times of events lie in the future: %(count)s, up to %(at)s UTC. Either the clock was ahead when they were written, or it is "
    "behind now. Set it right; new events bear the right time then."
)
JUMP = N_(
    "Chain %(chain)s, event %(seq)s: the clock went back from %(before)s to %(at)s UTC. One of the two times is wrong; the order "
    "of the events is right."
)


@dataclass(frozen=True)
class ClockNote:
    """A message about times, with the values of its placeholders."""

    template: str
    values: dict[str, Any]

    def message(self, language: Language) -> str:
        """Return the message in a language."""
        return language.gettext(self.template, **self.values)


def clock_notes(viewer: Viewer) -> list[ClockNote]:
    """Return what the times of all events show: times in the future, and where they went back.

    Raises:
        Forbidden: The viewer does not see all bodies.
    """
    with queries.database_snapshot(viewer) as connection:
        count, latest = queries.future_events(viewer, connection, precise_now())
        jumps = queries.clock_jumps(viewer, connection, MAX_JUMPS)
    return list(_notes(count, latest, jumps))


def _notes(count: int, latest: Any, jumps: Any) -> Iterator[ClockNote]:
    if count:
        yield ClockNote(FUTURE, {"count": count, "at": _to_second(latest)})
    for chain, seq, at, before in jumps:
        yield ClockNote(JUMP, {"chain": chain, "seq": seq, "at": _to_second(at), "before": _to_second(before)})


def future_time(viewer: Viewer) -> datetime | None:
    """Return the latest time of an event if it lies in the future: the clock was ahead, or is behind now. It reads one row."""
    newest = audit.newest_time(viewer)
    return newest if newest is not None and newest > precise_now() + MAX_CLOCK_SKEW else None


def _to_second(at: Any) -> str:
    return str(at)[:19]
