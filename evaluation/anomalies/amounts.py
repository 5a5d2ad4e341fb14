"""Tests of amounts: equal ones in two organisations or two years, a thousand times last year's, and outliers.

Amounts are compared in stored form (whole tiyn, or whole numbers). A blank and 0 say nothing and are not compared.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from evaluation.anomalies.model import CountryYear, Detection, Sources
from evaluation.criteria.model import AnomalyKind

SIZES = 4
"""Groups of organisations of a kind by the size of last year's amount: quarters."""
ROBUST = 1.4826
"""The median absolute deviation times this is the standard deviation of a normal distribution."""
MIN_DEVIATION = 0.05
"""The least deviation of logarithms, for groups in which more than half have the same amount."""


def same_values(kind: AnomalyKind, sources: Sources) -> Iterator[Detection]:
    """Report organisations whose amounts are all, or one by one, those of another organisation of the year."""
    amounts = _amounts(sources.this, kind.indicators)
    is_reported = np.zeros(len(amounts), dtype=bool)
    subsets = [kind.indicators, *((code,) for code in kind.indicators if len(kind.indicators) > 1)]
    for codes in subsets:
        digits = _digits_together(amounts, codes)
        positions = np.flatnonzero(digits >= kind.min_digits)
        if not len(positions):
            continue
        groups = amounts.iloc[positions].groupby(list(codes), sort=False).ngroup().to_numpy()
        by_group = np.argsort(groups, kind="stable")
        for group in np.split(positions[by_group], np.flatnonzero(np.diff(groups[by_group])) + 1):
            for index, position in enumerate(group if len(group) > 1 else ()):
                if not is_reported[position]:
                    is_reported[position] = True
                    other = amounts.iloc[group[0 if index else 1]]
                    yield _detection(kind, amounts.iloc[position], codes, {"others": len(group) - 1}, other=other)


def same_as_last_year(kind: AnomalyKind, sources: Sources) -> Iterator[Detection]:
    """Report organisations whose amounts are those of the year before."""
    pairs = _pairs(kind, sources)
    if pairs is None:
        return
    for code in kind.indicators:
        pairs[code] = np.where(pairs[code] == pairs[f"last_{code}"], pairs[code], 0)
    digits = _digits_together(pairs, kind.indicators)
    for position in np.flatnonzero(digits >= kind.min_digits):
        yield _detection(kind, pairs.iloc[position], kind.indicators)


def times_last_year(kind: AnomalyKind, sources: Sources) -> Iterator[Detection]:
    """Report amounts that are, within the tolerance, so many times last year's, or last year's so many times these."""
    pairs = _pairs(kind, sources)
    if pairs is None:
        return
    is_so = np.zeros((len(pairs), len(kind.indicators)), dtype=bool)
    width = 1 + kind.tolerance / 100
    for column, code in enumerate(kind.indicators):
        this, last = (np.abs(pairs[name].to_numpy(np.float64)) for name in (code, f"last_{code}"))
        larger, smaller = np.maximum(this, last), np.minimum(this, last)
        is_so[:, column] = (smaller > 0) & (larger <= kind.factor * width * smaller) & (larger * width >= kind.factor * smaller)
    for position in np.flatnonzero(is_so.any(axis=1)):
        codes = tuple(code for code, shown in zip(kind.indicators, is_so[position], strict=True) if shown)
        yield _detection(kind, pairs.iloc[position], codes, with_last=True)


def outlier(kind: AnomalyKind, sources: Sources) -> Iterator[Detection]:
    """Report amounts far above those of the organisations of the same kind and of a similar size.

    The size is last year's amount of the same indicator; organisations without one are a group of their own. Logarithms of
    amounts are compared, by their median and the median absolute deviation, which a few outliers do not move.
    """
    amounts = _amounts(sources.this, kind.indicators)
    earlier = _amounts(sources.last, kind.indicators).set_index("organisation_id") if sources.last else None
    for code in kind.indicators:
        answered = amounts[amounts[code] != 0]
        last = earlier[code].reindex(answered["organisation_id"], fill_value=0).abs().to_numpy() if earlier is not None else 0
        lines = pd.DataFrame(
            {"kind": answered["kind"].to_numpy(), "log": np.log10(answered[code].abs().to_numpy()), "last": last}
        )
        lines["size"] = _sizes(lines)
        peers = lines.groupby(["kind", "size"], sort=False)
        median, count = peers["log"].transform("median"), peers["log"].transform("size")
        above = lines["log"] - median
        spread = above.abs().groupby([lines["kind"], lines["size"]], sort=False).transform("median") * ROBUST
        is_far = (above >= kind.deviations * spread.clip(lower=MIN_DEVIATION)) & (above >= np.log10(kind.factor))
        for position in np.flatnonzero(is_far & (count >= kind.min_peers)):
            of_peers = {"median": round(10 ** float(median.iloc[position])), "peers": int(count.iloc[position])}
            yield _detection(kind, answered.iloc[position], (code,), of_peers)


def _sizes(lines: pd.DataFrame) -> np.ndarray:
    """Return the group of each line by the size of `last` among the lines of its kind; -1 where it is 0."""
    with_last = lines["last"].where(lines["last"] > 0)
    rank = with_last.groupby(lines["kind"], sort=False).rank(pct=True).to_numpy()
    return np.where(np.isnan(rank), -1, np.minimum(np.nan_to_num(rank) * SIZES, SIZES - 1)).astype(np.int64)


def _amounts(data: CountryYear, codes: Sequence[str]) -> pd.DataFrame:
    """Return a line for each organisation: its members' columns and its amounts, 0 for a blank; under two bodies, the first."""
    parts = [
        pd.DataFrame(
            {
                code: frame[code].to_numpy(dtype=np.int64, na_value=0) if code in frame else np.zeros(len(frame), np.int64)
                for code in codes
            }
        )
        for frame in data.frames.values()
    ]
    values = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({code: [] for code in codes})
    return pd.concat([data.members, values], axis=1).drop_duplicates("organisation_id", ignore_index=True)


def _pairs(kind: AnomalyKind, sources: Sources) -> pd.DataFrame | None:
    """Return the amounts of the organisations of both years, last year's in columns `last_<code>`."""
    if sources.last is None:
        return None
    last = _amounts(sources.last, kind.indicators)[["organisation_id", *kind.indicators]]
    last = last.rename(columns={code: f"last_{code}" for code in kind.indicators})
    return _amounts(sources.this, kind.indicators).merge(last, on="organisation_id")


def _digits_together(amounts: pd.DataFrame, codes: Sequence[str]) -> np.ndarray:
    """Return the significant digits of the different amounts of each line, added up."""
    columns = {code: np.abs(amounts[code].to_numpy(np.int64)) for code in codes}
    digits = {code: significant_digits(values) for code, values in columns.items()}
    for first, second in combinations(codes, 2):
        # What was due and paid in full is one amount.
        digits[second] = np.where(columns[first] == columns[second], 0, digits[second])
    return np.asarray(np.sum(list(digits.values()), axis=0, dtype=np.int64))


def significant_digits(values: np.ndarray) -> np.ndarray:
    """Return the number of digits of whole numbers from 0, without the zeros at the end; 0 has none."""
    rest, digits = values.copy(), np.zeros(len(values), np.int64)
    while (ends_in_zero := (rest > 0) & (rest % 10 == 0)).any():
        rest[ends_in_zero] //= 10
    while (rest > 0).any():
        digits += rest > 0
        rest //= 10
    return digits


def _detection(
    kind: AnomalyKind,
    line: pd.Series,
    codes: Sequence[str],
    facts: Mapping[str, Any] | None = None,
    *,
    other: pd.Series | None = None,
    with_last: bool = False,
) -> Detection:
    shown = tuple(code for code in codes if line[code])
    values = [[code, int(line[code]), *([int(line[f"last_{code}"])] if with_last else [])] for code in shown]
    return Detection(
        kind.code,
        int(line["body_id"]),
        int(line["organisation_id"]),
        ";".join("=".join(map(str, value)) for value in values),
        shown,
        {"values": values, **(facts or {})},
        None if other is None else int(other["body_id"]),
        None if other is None else int(other["organisation_id"]),
    )
