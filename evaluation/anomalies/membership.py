"""Tests of membership: points gained only because an organisation left, and an organisation under two bodies."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from evaluation.anomalies.model import CountryYear, Detection, Sources
from evaluation.criteria.model import AnomalyKind
from evaluation.scoring.frames import ReportFrames
from evaluation.scoring.score import IN_BREACH, Scores, score

KEY = ["body", "kind", "criterion"]


def gained_by_leaving(kind: AnomalyKind, sources: Sources) -> Iterator[Detection]:
    """Report rows whose points rose only because organisations in breach left the body.

    The year is scored again as if they had not left and had answered as last year: a row whose points rose for certain, and would
    not have risen then, is reported.
    """
    this, last = sources.this, sources.last
    left = None if last is None else _left(this, last)
    if last is None or left is None or left.empty:
        return
    leavers = _leavers_in_breach(last.scores, left)
    frames = _frames_with(this, last, left)
    as_if = score(this.order, frames, this.previous)
    rows = _points(this.scores).join(_points(last.scores).add_suffix("_last"), how="inner")
    rows = rows.join(_points(as_if).add_suffix("_as_if"), how="inner")
    gained = rows[(rows["low"] > rows["high_last"]) & (rows["high_as_if"] <= rows["high_last"])]
    body_ids = dict(zip(left["body"], left["body_id"], strict=True))
    lines: Any = gained.iterrows()
    for (body, of_kind, criterion), points in lines:
        if ids := leavers.get((body, of_kind, criterion)):
            yield Detection(
                kind.code,
                int(body_ids[body]),
                ids[0],
                f"{of_kind}/{criterion}/{','.join(map(str, ids))}",
                facts={
                    "kind": of_kind,
                    "criterion": criterion,
                    "points": [int(points[name]) for name in ("high_last", "high_as_if", "low")],
                    "others": len(ids) - 1,
                },
                stake=int(points["low"] - points["low_as_if"]),
            )


def _left(this: CountryYear, last: CountryYear) -> pd.DataFrame:
    """Return last year's members whose body no longer has them in the table of the kind, where it still has the table."""
    keys = ["organisation_id", "body_id", "kind"]
    merged = last.members.merge(this.members[keys], on=keys, how="left", indicator=True)
    gone = merged[merged["_merge"] == "left_only"]
    return gone.merge(this.members[["body_id", "kind"]].drop_duplicates(), on=["body_id", "kind"])


def _leavers_in_breach(scores: Scores, left: pd.DataFrame) -> Mapping[tuple[str, str, str], list[int]]:
    """Return (body BIN, kind, criterion) → ids of the organisations that left and were in breach."""
    criterion = {(table.kind, row.number): row.criterion for table in scores.order.form.tables for row in table.scored_rows}
    named = scores.named_organisations
    named = named[named["status"] == IN_BREACH]
    lines: Any = named.merge(left, on=["body", "kind", "organisation"]).itertuples()
    result: dict[tuple[str, str, str], list[int]] = {}
    for line in lines:
        key = line.body, line.kind, str(criterion[line.kind, line.row])
        result.setdefault(key, []).append(int(line.organisation_id))
    return {key: sorted(set(ids)) for key, ids in result.items()}


def _frames_with(this: CountryYear, last: CountryYear, left: pd.DataFrame) -> ReportFrames:
    """Return this year's frames of the bodies that organisations left, with these organisations' answers of last year."""
    frames = {}
    for of_kind, leavers in left.groupby("kind", sort=False):
        now, before = this.frames[str(of_kind)], last.frames[str(of_kind)]
        pairs = set(zip(leavers["body_id"], leavers["organisation_id"], strict=True))
        stayed = now[now["body_id"].isin(leavers["body_id"])]
        is_leaver = [pair in pairs for pair in zip(before["body_id"], before["organisation_id"], strict=True)]
        columns = [name for name in now.columns if name in before.columns]
        together = pd.concat([stayed, before.loc[np.array(is_leaver), columns]], ignore_index=True)
        # An indicator that last year's order did not have is blank; the columns keep their nullable types.
        frames[str(of_kind)] = together.astype({name: now[name].dtype for name in now.columns})
    return frames


def _points(scores: Scores) -> pd.DataFrame:
    """Return low and high by body, kind and criterion; a criterion that scores two rows of a table is taken once."""
    rows = scores.rows.drop_duplicates(KEY)
    return rows.set_index(KEY)[["low", "high"]]


def claimed_twice(kind: AnomalyKind, sources: Sources) -> Iterator[Detection]:
    """Report the organisations that are under two bodies on 31 December of the year, once for each body."""
    members = sources.this.members
    twice = members[members.groupby("organisation_id")["body_id"].transform("size") > 1]
    by_organisation: Any = twice.groupby("organisation_id", sort=False)
    for organisation_id, lines in by_organisation:
        body_ids = sorted(int(body_id) for body_id in lines["body_id"])
        for body_id in body_ids:
            other = next(item for item in body_ids if item != body_id)
            yield Detection(kind.code, body_id, int(organisation_id), f"also {other}", other_body_id=other)
