"""Tests of audit results: one document under two different results, and a result without a document."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from evaluation.anomalies.model import CountryYear, Detection, Sources
from evaluation.criteria.anomaly_kinds import DocumentedResult
from evaluation.criteria.model import AnomalyKind
from evaluation.text import comparable


def two_results(kind: AnomalyKind, sources: Sources) -> Iterator[Detection]:
    """Report results that rest on the same document as another result of the same audit, in this year or the year before.

    Auditors of two regions may have the same name and number their documents alike, so a document is one of its region.
    """
    for result in kind.results:
        years = [year for year in (sources.this, sources.last) if year is not None]
        parts = [part for year in years for part in _documented(year, result)]
        if not parts:
            continue
        lines = pd.concat(parts, ignore_index=True)
        differing = lines.groupby("document")["result"].transform("nunique") > 1
        for _, group in lines[differing].groupby("document", sort=False):
            for line in group.itertuples():
                if line.year == sources.this.year:
                    others = group[group["result"] != line.result].iloc[0]
                    yield _contradiction(kind, result, line, others)


def _contradiction(kind: AnomalyKind, result: DocumentedResult, line: Any, other: pd.Series) -> Detection:
    is_other = int(other["organisation_id"]) != int(line.organisation_id)
    return Detection(
        kind.code,
        int(line.body_id),
        int(line.organisation_id),
        f"{result.indicator}={line.result};{line.document}",
        (result.indicator,),
        {
            "values": [[result.indicator, line.result, other["result"]]],
            "document": [[code, getattr(line, code)] for code in result.document],
            "other_year": int(other["year"]),
        },
        int(other["body_id"]) if is_other else None,
        int(other["organisation_id"]) if is_other else None,
    )


def without_document(kind: AnomalyKind, sources: Sources) -> Iterator[Detection]:
    """Report the results of organisations that name no document, where naming one is usual in the country."""
    codes_by_organisation: dict[tuple[int, int], list[list[Any]]] = {}
    for result in kind.results:
        stated, documented = 0, 0
        missing: list[pd.DataFrame] = []
        for lines in _stated(sources.this, result, kind.exempt):
            has_document = lines[list(result.document)].notna().all(axis=1) | lines["has_file"]
            stated, documented = stated + len(lines), documented + int(has_document.sum())
            missing.append(lines[~has_document])
        if stated and 100 * documented >= kind.min_percent * stated:
            lines_without: Any = pd.concat(missing).itertuples()
            for line in lines_without:
                key = int(line.body_id), int(line.organisation_id)
                codes_by_organisation.setdefault(key, []).append([result.indicator, line.result])
    for (body_id, organisation_id), values in codes_by_organisation.items():
        seen = ";".join(f"{code}={value}" for code, value in values)
        codes = tuple(code for code, _ in values)
        yield Detection(kind.code, body_id, organisation_id, seen, codes, {"values": values})


def _documented(data: CountryYear, result: DocumentedResult) -> Iterator[pd.DataFrame]:
    """Yield the lines of one kind with a result and all of its document: also `document`, the same for the same document."""
    for lines in _stated(data, result, ()):
        named = lines[lines[list(result.document)].notna().all(axis=1)]
        texts = [named[code].map(lambda value: comparable(str(value))) for code in result.document]
        yield named.assign(year=data.year, document=sum(("|" + text for text in texts), start=named["region"]))


def _stated(data: CountryYear, result: DocumentedResult, exempt: tuple[str, ...]) -> Iterator[pd.DataFrame]:
    """Yield for each kind that has the result and its document the lines with a result other than the exempt ones."""
    item = data.order.by_code.get(result.indicator)
    if item is None:
        return
    values = [choice.value for choice in data.order.choices[item.choices]] if item.choices else [False, True]
    choices = np.array(values, dtype=object)
    with_file = frozenset[int]().union(*(data.files.get(criterion, frozenset()) for criterion in item.criteria))
    for frame in data.frames.values():
        if result.indicator not in frame or not set(result.document) <= set(frame.columns):
            continue
        answered = frame[frame[result.indicator].notna()]
        stated = choices[answered[result.indicator].to_numpy(dtype=np.int64)]
        lines = answered[["organisation_id", "body_id", "region", *result.document]].assign(
            result=pd.Series(stated, index=answered.index, dtype=object),
            has_file=answered["organisation_id"].isin(with_file),
        )
        yield lines[~lines["result"].isin(exempt)]
