"""From the answers or the accepted sheets of bodies to the lines of their results."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import numpy as np
import orjson
import pandas as pd

from evaluation.memory import gc_paused
from evaluation.policy import Viewer
from evaluation.registry.queries import ids_by_bin
from evaluation.results.models import KIND_SEPARATOR, STATE_DIGITS
from evaluation.results.queries import Sources
from evaluation.scoring.frames import ReportFrames
from evaluation.scoring.outcomes import UNKNOWN_COUNT
from evaluation.scoring.score import AUDITED_BIT, BREACH_BIT, UNAUDITED_BIT, Scores, score

BODY_COLUMNS = (
    *("accepted", "low", "high", "max", "share_low", "share_high", "kinds"),
    *("organisations", "begun", "breaches", "undecided"),
)
TABLE_COLUMNS = ("body_id", "kind", "low", "high", "max", "organisations", "organisation_ids")
ROW_COLUMNS = (
    "body_id",
    "kind",
    "row",
    "criterion",
    "low",
    "high",
    "max",
    "organisations",
    "in_breach",
    "undecided",
    "audited",
    "unaudited",
    "previous",
    "worst",
    "best",
    "states",
)
BOUNDS, COUNTS = ("low", "high", "max"), ("organisations", "in_breach", "undecided", "audited", "unaudited")
Line = tuple[Any, ...]
"""Values of the columns of a table, the body's id first."""
DIGITS = np.frombuffer(STATE_DIGITS.encode(), dtype=np.uint8)


@dataclass
class Results:
    """Lines of results of one year: of bodies (body id → values of `BODY_COLUMNS`), of tables and of rows (tuples)."""

    bodies: dict[int, Line] = field(default_factory=dict)
    tables: list[Line] = field(default_factory=list)
    rows: list[Line] = field(default_factory=list)

    def digests(self, body_ids: Collection[int]) -> dict[int, str]:
        """Return body id → what names the lines of its tables and rows: 32 hexadecimal digits."""
        lines: dict[int, list[Line]] = {body_id: [] for body_id in body_ids}
        for line in (*self.tables, *self.rows):
            if line[0] in lines:
                lines[line[0]].append(line)
        return {body_id: blake2b(orjson.dumps(group), digest_size=16).hexdigest() for body_id, group in lines.items()}


@dataclass(frozen=True)
class TableMembers:
    """The organisations of one kind, by body and BIN.

    `order` are their positions in the frame; `spans` is the body's BIN → where its organisations begin and end in `order`.
    """

    order: np.ndarray
    bins: np.ndarray
    spans: Mapping[str, tuple[int, int]]


@gc_paused()
def compute_results(sources: Sources, body_ids: Sequence[int]) -> Results:
    """Compute the results of these bodies: of the accepted sheet where there is one, else of the answers."""
    frames = sources.reports.frames
    scores = score(sources.order, frames, sources.previous)
    members = {kind: _members(frame) for kind, frame in frames.items()}
    digits = {
        (kind, row): DIGITS[states[members[kind].order]].tobytes().decode() for (kind, row), states in scores.states.items()
    }
    results = Results()
    drafts = set(body_ids) - sources.revisions.keys()
    _add_drafts(results, sources, scores, members, digits, drafts)
    contents = {body_id: orjson.loads(sources.revisions[body_id]) for body_id in sorted(sources.revisions.keys() & set(body_ids))}
    if contents:
        audits, ids = _audit_states(frames, scores), _organisation_ids(sources, contents)
        for body_id, content in contents.items():
            _add_accepted(results, body_id, content, audits, ids)
    _add_bodies(results, sources, body_ids)
    return results


def _members(frame: pd.DataFrame) -> TableMembers:
    bodies, bins = (frame[name].to_numpy(dtype=object) for name in ("body", "organisation"))
    numbers, names = pd.factorize(bodies, sort=True)
    order = np.lexsort((pd.factorize(bins, sort=True)[0], numbers))
    ends = np.cumsum(np.bincount(numbers, minlength=len(names)))
    starts = [0, *ends[:-1].tolist()]
    return TableMembers(order, bins[order], dict(zip(names, zip(starts, ends.tolist(), strict=True), strict=True)))


def _add_drafts(
    results: Results,
    sources: Sources,
    scores: Scores,
    members: Mapping[str, TableMembers],
    digits: Mapping[tuple[str, str], str],
    drafts: set[int],
) -> None:
    """Add the lines of bodies without an accepted sheet."""
    ids, table_ids = sources.reports.body_ids, sources.reports.organisation_ids
    names = ("body", "kind", "row", "criterion", *BOUNDS, *COUNTS, "previous", "worst", "best")
    sums: dict[tuple[int, str], list[int]] = {}
    for bin_, kind, row, criterion, low, high, max_, *counts, previous, worst, best in zip(
        *(scores.rows[name].tolist() for name in names), strict=True
    ):
        body_id = ids[bin_]
        if body_id not in drafts:
            continue
        start, end = members[kind].spans[bin_]
        prior_count = None if previous == UNKNOWN_COUNT else previous
        states = digits[kind, row][start:end]
        results.rows.append((body_id, kind, row, criterion, low, high, max_, *counts, prior_count, worst, best, states))
        total = sums.setdefault((body_id, kind), [0, 0, 0])
        total[0], total[1], total[2] = total[0] + low, total[1] + high, total[2] + max_
    for kind, table in members.items():
        for bin_, (start, end) in table.spans.items():
            body_id = ids[bin_]
            if body_id in drafts:
                id_list = orjson.dumps([table_ids[organisation] for organisation in table.bins[start:end]]).decode()
                results.tables.append((body_id, kind, *sums[body_id, kind], end - start, id_list))


def _audit_states(frames: ReportFrames, scores: Scores) -> dict[tuple[str, str], dict[str, int]]:
    """Return (kind, row) → BIN → the bits of the audit: an accepted sheet only has the number of audited organisations."""
    audit_bits = AUDITED_BIT | UNAUDITED_BIT
    return {
        (kind, row): dict(zip(frames[kind]["organisation"], (states & audit_bits).tolist(), strict=True))
        for (kind, row), states in scores.states.items()
    }


def _organisation_ids(sources: Sources, contents: Mapping[int, Mapping[str, Any]]) -> Mapping[str, int]:
    """Return BIN → id of the organisations of the reports and of accepted sheets: some may have left the bodies since."""
    named = {organisation["bin"] for content in contents.values() for organisation in content["organisations"]}
    ids = sources.reports.organisation_ids
    _, others = ids_by_bin(Viewer.system(), named - ids.keys())
    return ids | others


def _add_accepted(
    results: Results,
    body_id: int,
    content: Mapping[str, Any],
    audits: Mapping[tuple[str, str], Mapping[str, int]],
    ids: Mapping[str, int],
) -> None:
    """Add the lines of an accepted sheet, from its canonical JSON."""
    bins: dict[str, list[str]] = {}
    for organisation in content["organisations"]:
        bins.setdefault(organisation["kind"], []).append(organisation["bin"])
    for table in content["tables"]:
        if not table["applicable"]:
            continue
        kind, points = table["kind"], table["points"]
        members = sorted(bins[kind])
        id_list = orjson.dumps([ids[bin_] for bin_ in members]).decode()
        results.tables.append((body_id, kind, points, points, table["max_points"], len(members), id_list))
        for row in table["rows"]:
            breaches = {breach["bin"] for breach in row["breaches"]}
            bits = audits.get((kind, row["number"]), {})
            states = "".join(STATE_DIGITS[bits.get(bin_, 0) | (BREACH_BIT if bin_ in breaches else 0)] for bin_ in members)
            bounds = (row["points"], row["points"], row["max_points"])
            counts = (row["organisations"], len(breaches), 0, row["audited"], row["unaudited"], row["prior_year_count"])
            outcomes = (row["worst_outcome"], row["best_outcome"])
            results.rows.append((body_id, kind, row["number"], row["criterion"], *bounds, *counts, *outcomes, states))


def _add_bodies(results: Results, sources: Sources, body_ids: Sequence[int]) -> None:
    """Add the sums of each body: points and organisations of its tables, breaches and undecided of its rows."""
    sums: dict[int, list[int]] = {body_id: [0] * 6 for body_id in body_ids}
    kinds: dict[int, list[str]] = {body_id: [] for body_id in body_ids}
    for body_id, kind, low, high, max_, organisations, _ in results.tables:
        total = sums[body_id]
        kinds[body_id].append(kind)
        for position, value in enumerate((low, high, max_, organisations)):
            total[position] += value
    breaches, undecided = ROW_COLUMNS.index("in_breach"), ROW_COLUMNS.index("undecided")
    for row in results.rows:
        total = sums[row[0]]
        total[4] += row[breaches]
        total[5] += row[undecided]
    for body_id, (low, high, max_, organisations, in_breach, open_) in sums.items():
        shares = (low / max_, high / max_) if max_ else (None, None)
        begun = sources.reports.begun.get(body_id, 0)
        counts = (organisations, begun, in_breach, open_)
        tables = KIND_SEPARATOR.join(sorted(kinds[body_id]))
        results.bodies[body_id] = (body_id in sources.revisions, low, high, max_, *shares, tables, *counts)
