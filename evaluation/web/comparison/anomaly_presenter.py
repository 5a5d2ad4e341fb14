"""Presents anomalies: what was seen, as labelled facts with links to the answers."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import url_for

from evaluation.anomalies.models import Anomaly
from evaluation.anomalies.queries import AnomalyRow
from evaluation.answers.values import format_value
from evaluation.criteria.anomaly_kinds import AnomalyTest
from evaluation.criteria.model import AnomalyKind, Order
from evaluation.language import N_, Language
from evaluation.sheets.model import LegalEntity
from evaluation.web.core.request_context import named

OTHER_VALUE: dict[AnomalyTest, str] = {
    "times_last_year": N_("%(value)s; last year %(other)s"),
    "two_results": N_("%(value)s; elsewhere %(other)s"),
}
"""Test → how an answer is shown beside the other value."""


@dataclass(frozen=True)
class AnomalyFact:
    """One fact with its label; `url` leads to the answer or to the row of the sheet."""

    label: str
    text: str
    url: str = ""


@dataclass(frozen=True)
class AnomalyView:
    """An anomaly as a page shows it."""

    row: AnomalyRow
    kind: AnomalyKind | None
    facts: tuple[AnomalyFact, ...]
    url: str

    @property
    def anomaly(self) -> Anomaly:
        """The stored anomaly."""
        return self.row.anomaly

    @property
    def body(self) -> LegalEntity:
        """The body."""
        return named(self.row.body)

    @property
    def organisation(self) -> LegalEntity | None:
        """The organisation; None where the anomaly is of the body's year as a whole."""
        return named(self.row.organisation) if self.row.organisation else None


class AnomalyPresenter:
    """Presents the anomalies of one year in one language. `order` is the year's order."""

    def __init__(self, order: Order, year: int, language: Language):
        self.order, self.year, self.language = order, year, language

    def view(self, row: AnomalyRow) -> AnomalyView:
        """Present an anomaly; a kind that the order no longer has is shown without its texts."""
        kind = self.order.anomaly.get(row.anomaly.code)
        facts = tuple(self._facts(row, kind)) if kind else ()
        url = url_for("anomalies.anomaly", bin_=row.body.bin, year=self.year, anomaly_id=row.anomaly.id)
        return AnomalyView(row, kind, facts, url)

    def _facts(self, row: AnomalyRow, kind: AnomalyKind) -> Iterator[AnomalyFact]:
        facts, text = row.anomaly.facts, self.language.gettext
        # The other result is an answer of the counterpart: whoever does not see its body does not learn it, nor its year.
        is_hidden = row.has_hidden_counterpart
        for code, value, *other in facts.get("values", ()):
            yield self._answer(row, kind, code, value, *(() if is_hidden else other))
        for code, value in facts.get("document", ()):
            yield self._answer(row, kind, code, value)
        if "median" in facts:
            of_peers = text(N_("Median of similar organisations"))
            yield AnomalyFact(of_peers, self._value(facts["values"][0][0], facts["median"]))
            yield AnomalyFact(text(N_("Similar organisations")), self.language.number(facts["peers"]))
        if not is_hidden and facts.get("other_year", self.year) != self.year:
            yield AnomalyFact(text(N_("The other result")), self.language.period(facts["other_year"]))
        if "criterion" in facts:
            yield from self._row_of_form(row, facts)
        if "seconds" in facts:
            yield AnomalyFact(text(N_("Answers")), self.language.number(facts["answers"]))
            seconds = self.language.ngettext("%(num)d second", "%(num)d seconds", facts["seconds"])
            yield AnomalyFact(text(N_("Entered within")), seconds)
        if facts.get("others", 0) > 1:
            yield AnomalyFact(text(N_("Other organisations concerned")), self.language.number(facts["others"]))

    def _answer(self, row: AnomalyRow, kind: AnomalyKind, code: str, value: Any, other: Any = None) -> AnomalyFact:
        item = self.order.by_code.get(code)
        label = item.label[self.language.code] if item else code
        shown = self._value(code, value)
        if other is not None and kind.test in OTHER_VALUE:
            shown = self.language.gettext(OTHER_VALUE[kind.test], value=shown, other=self._value(code, other))
        if row.organisation is None:
            return AnomalyFact(label, shown)
        url = url_for(
            "report.page",
            bin_=row.body.bin,
            year=self.year,
            organisation_bin=row.organisation.bin,
            field=code,
            _anchor=f"field-{code}",
        )
        return AnomalyFact(label, shown, url)

    def _value(self, code: str, value: Any) -> str:
        item = self.order.by_code.get(code)
        return format_value(self.order, item, value, self.language) if item else str(value)

    def _row_of_form(self, row: AnomalyRow, facts: dict[str, Any]) -> Iterator[AnomalyFact]:
        text, number = self.language.gettext, self.order.row_number(facts["kind"], facts["criterion"])
        table = self.order.table.get(facts["kind"])
        line = next((item for item in table.rows if item.number == number), None) if table else None
        if line is not None:
            sheet = url_for("sheets.page", bin_=row.body.bin, year=self.year, _anchor=f"row-{facts['kind']}-{number}")
            yield AnomalyFact(text(N_("Row of the form")), f"{number}. {line.text[self.language.code]}", sheet)
        last, as_if, now = facts["points"]
        template = N_("last year %(last)s, now %(now)s; if it had stayed %(as_if)s")
        yield AnomalyFact(text(N_("Points")), text(template, last=last, now=now, as_if=as_if))
