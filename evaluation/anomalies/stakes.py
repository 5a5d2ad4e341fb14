"""The points at stake: what a body's low bound loses if the answers in doubt count as blank."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from evaluation.anomalies.model import CountryYear, Detection
from evaluation.scoring.score import score

MAX_LINES = 100_000
"""Lines of organisations that are scored at once."""


def with_stakes(data: CountryYear, detections: Sequence[Detection]) -> list[Detection]:
    """Return the detections with their points at stake.

    A blank allows the answer itself too, so that the low bound never rises. For each detection the tables of its body that it
    concerns are scored once more, as if they were those of a body of their own.
    """
    open_ = [index for index, detection in enumerate(detections) if detection.stake is None]
    stakes = dict.fromkeys(open_, 0)
    for kind, frame in data.frames.items():
        positions: Any = frame.groupby("body_id", sort=False).indices
        organisations = set(frame["organisation_id"])
        concerned = [
            index
            for index in open_
            if detections[index].body_id in positions
            and (detections[index].organisation_id is None or detections[index].organisation_id in organisations)
        ]
        for part in _parts(concerned, [len(positions[detections[index].body_id]) for index in concerned]):
            lost = _lost(data, kind, frame, positions, [detections[index] for index in part])
            for index, points in zip(part, lost, strict=True):
                stakes[index] += points
    return [replace(item, stake=stakes[index]) if index in stakes else item for index, item in enumerate(detections)]


def _parts(indices: Sequence[int], sizes: Sequence[int]) -> Iterator[Sequence[int]]:
    """Yield the indices in parts of at most MAX_LINES lines, or of one index."""
    start, lines = 0, 0
    for end, size in enumerate(sizes):
        if lines and lines + size > MAX_LINES:
            yield indices[start:end]
            start, lines = end, 0
        lines += size
    if indices:
        yield indices[start:]


def _lost(
    data: CountryYear, kind: str, frame: pd.DataFrame, positions: Mapping[int, np.ndarray], detections: Sequence[Detection]
) -> list[int]:
    """Return the points that each detection's table of this kind loses."""
    lines = [positions[detection.body_id] for detection in detections]
    copy_of = np.repeat(np.arange(len(detections)), [len(part) for part in lines])
    copied = frame.iloc[np.concatenate(lines)].reset_index(drop=True)
    names = np.array([f"{number}" for number in range(len(detections))], dtype=object)
    bodies = copied["body"].to_numpy(dtype=object)
    body_of = bodies[np.unique(copy_of, return_index=True)[1]]
    copied["body"] = names[copy_of]
    blank = _blanks(data, kind, copied["organisation_id"].to_numpy(), copy_of, detections)
    for code, is_blank in blank.items():
        values = copied[code].array.copy()
        values[is_blank] = pd.NA
        copied[code] = values
    previous = {
        (name, of_kind, criterion): data.previous[body, of_kind, criterion]
        for name, body in zip(names, body_of, strict=True)
        for of_kind, criterion in [(kind, code) for code in data.order.criterion]
        if (body, of_kind, criterion) in data.previous
    }
    after = score(data.order, {kind: copied}, previous).totals["low"]
    before = data.scores.totals["low"]
    return [int(before[body, kind] - after[name, kind]) for name, body in zip(names, body_of, strict=True)]


def _blanks(
    data: CountryYear, kind: str, organisation_ids: np.ndarray, copy_of: np.ndarray, detections: Sequence[Detection]
) -> dict[str, np.ndarray]:
    """Return code → which lines are blank; a detection without codes makes all answers of its organisations blank."""
    codes = [item.code for item in data.order.indicators_of(kind)]
    whose = np.array([-1 if detection.organisation_id is None else detection.organisation_id for detection in detections])
    is_in_doubt = (whose[copy_of] == organisation_ids) | (whose[copy_of] == -1)
    doubted = {code: np.array([not item.codes or code in item.codes for item in detections]) for code in codes}
    return {code: is_in_doubt & of_copy[copy_of] for code, of_copy in doubted.items() if of_copy.any()}
