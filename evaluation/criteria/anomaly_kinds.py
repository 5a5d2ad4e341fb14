"""Kinds of anomalies: what looks wrong in the answers of a year, which test finds it, and what a person checks then.

The tests are code (:mod:`evaluation.anomalies`); which answers they read, from which threshold on, and all texts are data of the
order. They are a matter of the product: no anomaly changes points.
"""

from typing import Literal

from pydantic import Field, StrictInt

from evaluation.criteria.base import Code, OrderModel, Text

AnomalyTest = Literal[
    "same_values",
    "same_as_last_year",
    "times_last_year",
    "outlier",
    "two_results",
    "without_document",
    "gained_by_leaving",
    "claimed_twice",
    "haste",
]

TEST_KEYS: dict[AnomalyTest, frozenset[str]] = {
    "same_values": frozenset({"indicators", "min_digits"}),
    "same_as_last_year": frozenset({"indicators", "min_digits"}),
    "times_last_year": frozenset({"indicators", "factor", "tolerance"}),
    "outlier": frozenset({"indicators", "factor", "deviations", "min_peers"}),
    "two_results": frozenset({"results"}),
    "without_document": frozenset({"results", "exempt", "min_percent"}),
    "gained_by_leaving": frozenset(),
    "claimed_twice": frozenset(),
    "haste": frozenset({"seconds", "minutes", "min_answers"}),
}
"""The keys that each test needs besides code, test and texts; it has no other ones."""
OPTIONAL_KEYS = frozenset().union(*TEST_KEYS.values())


class DocumentedResult(OrderModel):
    """An answer that states the result of an audit, and the items of evidence that name the document it rests on."""

    indicator: Code
    document: tuple[Code, ...] = Field(min_length=1)


class AnomalyKind(OrderModel):
    """A kind of anomaly: `test` names the test that finds it, with the answers that it reads and its thresholds.

    - `indicators`: amounts that the test compares; `results`: results with their documents.
    - `min_digits`: significant digits that the equal amounts have together. Fewer are equal by chance.
    - `factor`, `tolerance`: times last year's amount, with a tolerance in percent; for outliers times the median of the peers.
    - `deviations`: distance from the median of the peers, in robust standard deviations of the logarithms.
    - `min_peers`: fewer organisations of the kind and size are not compared.
    - `exempt`: results that need no document. `min_percent`: the share of the year's results with a document from which on a
      result without one is unusual.
    - `seconds`, `minutes`: all answers within so many seconds, in so many minutes before the year was submitted or the entry
      ended; `min_answers`: fewer answers are entered quickly by anyone.
    """

    code: Code
    test: AnomalyTest
    name: Text
    text: Text
    check: Text
    indicators: tuple[Code, ...] = ()
    results: tuple[DocumentedResult, ...] = ()
    exempt: tuple[Code, ...] = ()
    min_digits: StrictInt = Field(default=0, ge=0, le=30)
    factor: StrictInt = Field(default=0, ge=0, le=1_000_000)
    tolerance: StrictInt = Field(default=0, ge=0, le=50)
    deviations: StrictInt = Field(default=0, ge=0, le=100)
    min_peers: StrictInt = Field(default=0, ge=0)
    min_percent: StrictInt = Field(default=0, ge=0, le=100)
    seconds: StrictInt = Field(default=0, ge=0)
    minutes: StrictInt = Field(default=0, ge=0)
    min_answers: StrictInt = Field(default=0, ge=0)

    @property
    def keys(self) -> frozenset[str]:
        """The keys of thresholds and answers that the file sets."""
        return OPTIONAL_KEYS & self.model_fields_set

    @property
    def document_codes(self) -> frozenset[str]:
        """The codes of all items of evidence that the test reads."""
        return frozenset(code for result in self.results for code in result.document)
