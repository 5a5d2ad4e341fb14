"""Which organisations were audited, where blanks leave the audit or the breach open.

An organisation in breach counts as audited. If a blank decides both whether an organisation is in breach and whether it was
audited, the two are not independent: the result of an audit may be a violation, no violation, or no audit, but never a violation
without one. The blanks that both conditions read are therefore filled with every value that can matter.
"""

import operator
from itertools import product
from typing import NamedTuple

import numpy as np
import pandas as pd
from pandas.arrays import BooleanArray

from evaluation.criteria.criterion import Criterion
from evaluation.criteria.expressions import Compare, Condition, codes, leaves
from evaluation.criteria.indicators import Indicator
from evaluation.criteria.model import Order
from evaluation.scoring.conditions import constant_in_frame, evaluate, is_certain


class AuditOptions(NamedTuple):
    """Masks of n organisations; :data:`evaluation.scoring.outcomes.Counts` explains what is counted of them."""

    audited: np.ndarray
    unaudited: np.ndarray
    open: np.ndarray
    certain: np.ndarray
    by_breach: np.ndarray


def audit_options(order: Order, criterion: Criterion, breach: BooleanArray, frame: pd.DataFrame) -> AuditOptions:
    """What is known of the audit of each of the n organisations of a frame; `breach` is the criterion's evaluated condition."""
    audit = evaluate(order, criterion.audited, frame)
    undecided = np.asarray(breach.isna())
    either: BooleanArray = operator.or_(breach, audit)
    audited, unaudited = is_certain(either), is_certain(~either)
    certain, by_breach = undecided & is_certain(audit), undecided & is_certain(~audit)
    both = undecided & np.asarray(audit.isna())
    shared = sorted(_compared(criterion.breach) & _compared(criterion.audited))
    if shared and both.any():
        read = sorted(codes(criterion.breach) | codes(criterion.audited))
        # If one indicator decides everything, its blank means the same for every organisation.
        rows = np.flatnonzero(both)[:1] if read == shared and len(read) == 1 else both
        part = pd.DataFrame({code: frame[code].array[rows] for code in read})
        never_unaudited, never_audited_alone = _excluded(order, criterion.breach, criterion.audited, part, shared)
        certain[both], by_breach[both] = never_unaudited, never_audited_alone & ~never_unaudited
    return AuditOptions(audited | certain, unaudited, ~undecided & ~audited & ~unaudited, certain, by_breach)


def _excluded(
    order: Order, breach: Condition, audit: Condition, frame: pd.DataFrame, shared: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    """For which of n organisations "neither in breach nor audited" is impossible, and for which "audited, not in breach"."""
    options = [_decisive_values(order, order.by_code[code], (breach, audit), frame) for code in shared]
    combinations = list(product(*options))
    repeated = np.tile(np.arange(len(frame)), len(combinations))
    columns = {code: frame[code].array[repeated] for code in frame}
    for code, values in zip(shared, zip(*combinations, strict=True), strict=True):
        blank = np.asarray(columns[code].isna())
        columns[code][blank] = np.concatenate(values)[blank]
    filled = pd.DataFrame(columns, copy=False)
    is_breach, is_audited = (evaluate(order, condition, filled) for condition in (breach, audit))
    without_breach = _is_possible(~is_breach)
    unaudited, audited_alone = (
        (without_breach & _is_possible(other)).reshape(len(combinations), len(frame)).any(axis=0)
        for other in (~is_audited, is_audited)
    )
    return ~unaudited, ~audited_alone


def _compared(condition: Condition) -> frozenset[str]:
    """The codes of the answers that a condition compares; whether an answer is present is never open."""
    names = (name for leaf in leaves(condition) if isinstance(leaf, Compare) for name in (leaf.left, leaf.right))
    return codes(condition) & {str(name) for name in names}


def _is_possible(condition: BooleanArray) -> np.ndarray:
    return condition.to_numpy(dtype=bool, na_value=True)


def _decisive_values(order: Order, item: Indicator, conditions: tuple[Condition, ...], frame: pd.DataFrame) -> list[np.ndarray]:
    """Values of an indicator, each for n organisations, that represent all: choices, or those beside what it is compared with."""
    if item.type == "yes_no":
        return [np.full(len(frame), value) for value in (False, True)]
    if item.type == "choice":
        return [np.full(len(frame), position) for position in range(len(order.choices[item.choices or ""]))]
    centres = [np.zeros(len(frame), dtype=np.int64)]
    for leaf in (leaf for condition in conditions for leaf in leaves(condition) if isinstance(leaf, Compare)):
        if leaf.right_is_column and item.code in (leaf.left, leaf.right):
            other = str(leaf.right) if leaf.left == item.code else leaf.left
            centres.append(frame[other].to_numpy(dtype=np.int64, na_value=0))
        elif leaf.left == item.code:
            centres.append(np.full(len(frame), int(constant_in_frame(order, item.code, leaf.right))))
    lowest = int(constant_in_frame(order, item.code, item.min)) if item.min is not None else np.iinfo(np.int64).min
    return [np.maximum(centre + offset, lowest) for centre in centres for offset in (-1, 0, 1)]
