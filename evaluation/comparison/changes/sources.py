"""The sources that a change of points is attributed to, and how an organisation's state decides which one it belongs to."""

from enum import StrEnum

import numpy as np

from evaluation.scoring.score import AUDITED_BIT, BREACH_BIT, UNAUDITED_BIT, UNDECIDED_BIT


class Source(StrEnum):
    """What changed between last year and this year. The values are stored."""

    FIXED = "fixed"
    """Organisations of both years whose breach is gone."""
    WORSE = "worse"
    """Organisations of both years with a new breach."""
    JOINED = "joined"
    """Organisations of this year only."""
    LEFT = "left"
    """Organisations of last year only."""
    AUDITS = "audits"
    """Organisations of both years that were audited in one of them only."""
    BLANKS = "blanks"
    """Organisations of both years whose answers were missing in one of them."""
    PRIOR_COUNT = "prior_count"
    """The prior-year count that a criterion compares with."""
    ORDER = "order"
    """Another order, or another reading of it, assesses the year."""
    TABLE = "table"
    """The table begins or ceases to apply."""


SOURCES = tuple(Source)
"""All sources, in the order in which pages show them."""
MEMBER_SOURCES = (Source.FIXED, Source.WORSE, Source.JOINED, Source.LEFT, Source.AUDITS, Source.BLANKS)
"""The sources that organisations belong to; their positions are those of :func:`member_sources`."""
UNCHANGED = len(MEMBER_SOURCES)
"""The position of organisations without a change."""
STATES = 2 * UNAUDITED_BIT
"""States are the sums of the bits of :mod:`evaluation.scoring.score`: whole numbers below this one."""
ABSENT = STATES
"""The state of an organisation that the body does not have in that year."""

COUNT_NAMES = ("organisations", "in_breach", "undecided", "audited", "audit_open", "audit_certain", "audit_by_breach")
"""The counts of :data:`evaluation.scoring.outcomes.Counts` that follow from the states of organisations."""


def member_sources(before: np.ndarray, after: np.ndarray, is_audited: bool) -> np.ndarray:
    """Return the source that each organisation's change belongs to.

    An organisation belongs to one source as a whole, the first that is true: it left or joined; it was undecided in a year; it
    was certainly not audited in exactly one of the years; its breach is gone or new. A violation that nobody audited again is
    no improvement, and one that the first audit shows need not be new: both are a matter of audits.

    Args:
        before: The states of n organisations last year; ABSENT where the body did not have them.
        after: Their states this year.
        is_audited: Whether the criterion asks for audits.

    Returns:
        n positions in :data:`MEMBER_SOURCES`, or UNCHANGED.
    """
    sources = np.full(len(before), UNCHANGED)
    conditions = (
        (Source.LEFT, after == ABSENT),
        (Source.JOINED, before == ABSENT),
        (Source.BLANKS, (_is_open(before, is_audited) | _is_open(after, is_audited)) & (before != after)),
        (Source.AUDITS, (before ^ after) & UNAUDITED_BIT > 0),
        (Source.FIXED, before & ~after & BREACH_BIT > 0),
        (Source.WORSE, after & ~before & BREACH_BIT > 0),
    )
    for source, is_true in reversed(conditions):
        sources[is_true] = MEMBER_SOURCES.index(source)
    return sources


def _is_open(states: np.ndarray, is_audited: bool) -> np.ndarray:
    """Return which organisations' breach or audit is undecided; the state 0 of a criterion with audits is an undecided audit."""
    is_undecided: np.ndarray = states & UNDECIDED_BIT > 0
    return is_undecided | (states == 0) if is_audited else is_undecided


def _counts_of_states() -> np.ndarray:
    """Return the counts to which an organisation contributes, by its state: 17 × 7; the last line is that of ABSENT."""
    states = np.arange(STATES)
    in_breach, undecided, audited, unaudited = (
        states & bit > 0 for bit in (BREACH_BIT, UNDECIDED_BIT, AUDITED_BIT, UNAUDITED_BIT)
    )
    columns = (
        np.ones(STATES, bool),
        in_breach,
        undecided,
        audited,
        ~in_breach & ~undecided & ~audited & ~unaudited,
        undecided & audited,
        undecided & unaudited,
    )
    return np.vstack([np.column_stack(columns), np.zeros(len(columns), bool)]).astype(np.int64)


COUNTS_OF_STATES = _counts_of_states()


def count_members(positions: np.ndarray, states: np.ndarray, sources: np.ndarray, rows: int) -> np.ndarray:
    """Add up the counts of organisations by row and source.

    Args:
        positions: The row, from 0, of each of N organisations.
        states: Their states in one year.
        sources: The positions of their sources.
        rows: The number n of rows.

    Returns:
        n × 7 × 7 integers: by row, source (the last is UNCHANGED) and count of :data:`COUNT_NAMES`.
    """
    groups = UNCHANGED + 1
    keys = (positions * groups + sources) * (STATES + 1) + states
    by_state = np.bincount(keys, minlength=rows * groups * (STATES + 1)).reshape(rows, groups, STATES + 1)
    result: np.ndarray = by_state @ COUNTS_OF_STATES
    return result
