"""Whether what is stored is what the record says: frozen sheets, files handed out, answers, the registry and the states of years.

The record itself is verified by :mod:`evaluation.record.verification`; here it is believed, and the tables are compared with it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from evaluation.clock import precise
from evaluation.collection.models import DRAFT
from evaluation.collection.submission import queries as submissions
from evaluation.criteria import Orders
from evaluation.language import N_, Language
from evaluation.policy import Viewer
from evaluation.registry import queries as registry
from evaluation.registry.models import Body
from evaluation.review import queries
from evaluation.review.freezing import Unfrozen, sha256_of
from evaluation.review.known import queries as record
from evaluation.review.known.rebuild import Known, known, rebuilt
from evaluation.review.models import FrozenSheet
from evaluation.sheets import queries as sheets
from evaluation.sheets.source import OfYear, Source

WRONG = {
    "frozen_altered": N_(
        "The accepted sheet of revision %(revision)s was altered outside the product. Restore it from a backup."
    ),
    "frozen_missing": N_("The accepted sheet of revision %(revision)s is missing. Restore it from a backup."),
    "frozen_unknown": N_(
        "The record tells of no acceptance of revision %(revision)s: the sheet was inserted outside the product."
    ),
    "rebuilt_differs": N_(
        "The accepted sheet of revision %(revision)s is not what the record rebuilds. Its order's criteria file is perhaps not "
        "the one it was accepted under."
    ),
    "export_unknown": N_(
        "The record does not tell of a file of revision %(revision)s that is kept as handed out (SHA-256 %(sha256)s): it was "
        "inserted or altered outside the product."
    ),
    "export_missing": N_(
        "A file of revision %(revision)s was handed out (SHA-256 %(sha256)s), but what is kept of it is missing or altered. "
        "Restore it from a backup."
    ),
    "answers_differ": N_("The answers of %(organisation)s are not those that the record tells of. Compare them with its lines."),
    "registry_differs": N_("The names or organisations of the body are not those that the record tells of."),
    "figures_differ": N_("The body's own figures of the year before are not those that the record tells of."),
    "state_differs": N_("The state of the year is “%(state)s”, but the record tells of “%(told)s”."),
}
"""What may differ, and what to do."""


@dataclass(frozen=True)
class Discrepancy:
    """Something stored that is not what the record says, of a body's year."""

    kind: str
    bin: str
    year: int
    values: Mapping[str, Any] = field(default_factory=dict)

    def message(self, language: Language) -> str:
        return language.gettext(WRONG[self.kind], **self.values)


def discrepancies(viewer: Viewer) -> Iterator[Discrepancy]:
    """Everything of the bodies that the viewer may see, body by body, by BIN."""
    orders, years = registry.orders(), sorted(each.year for each in registry.years())
    for body in registry.all_bodies(viewer):
        for year in years:
            yield from _frozen(viewer, orders, body, year)
            yield from _state(viewer, body, year)
        if years:
            yield from _tables(viewer, orders, body, years[-1])


def _frozen(viewer: Viewer, orders: Orders, body: Body, year: int) -> Iterator[Discrepancy]:
    told = {each.data["revision"]: each.data for each in record.acceptances(viewer, body.id, year)}
    there = {each.revision: each for each in queries.revisions(viewer, body.id, year)}
    for revision in sorted({*told, *there}):
        frozen, found = there.get(revision), {"revision": revision}
        if frozen is None:
            yield Discrepancy("frozen_missing", body.bin, year, found)
        elif revision not in told:
            yield Discrepancy("frozen_unknown", body.bin, year, found)
        elif sha256_of(frozen.content) != frozen.sha256 or (frozen.sha256, frozen.code) != _named(told[revision]):
            yield Discrepancy("frozen_altered", body.bin, year, found)
        elif not _rebuilds(viewer, orders, body, frozen):
            yield Discrepancy("rebuilt_differs", body.bin, year, found)
    yield from _exports(viewer, body, year)


def _named(told: Mapping[str, Any]) -> tuple[str, str]:
    return told["sha256"], told["code"]


def _rebuilds(viewer: Viewer, orders: Orders, body: Body, frozen: FrozenSheet) -> bool:
    try:
        return rebuilt(viewer, orders, body, frozen.year, frozen.revision) == frozen.content
    except Unfrozen:
        return False


def _exports(viewer: Viewer, body: Body, year: int) -> Iterator[Discrepancy]:
    """Files kept as handed out against the lines that tell of them. The frozen text itself is known by its own hash."""
    told, there = record.exports(viewer, body.id, year), queries.exports(viewer, body.id, year)
    for kind, some in (("export_unknown", there - told), ("export_missing", told - there)):
        for revision, sha256 in sorted(some):
            yield Discrepancy(kind, body.bin, year, {"revision": revision, "sha256": sha256})


def _state(viewer: Viewer, body: Body, year: int) -> Iterator[Discrepancy]:
    stored = submissions.submission(viewer, year, body.id)
    state, told = stored.state if stored else DRAFT, record.state(viewer, body.id, year)
    if state != told:
        yield Discrepancy("state_differs", body.bin, year, {"state": state, "told": told})


def _tables(viewer: Viewer, orders: Orders, body: Body, year: int) -> Iterator[Discrepancy]:
    """The registry's names and periods and the answers of all years, of the body's organisations of today and of each year."""
    stored: Source | None = sheets.source(viewer, body, year)
    past: Known | None = known(viewer, orders, body, year, precise())
    if stored is None or past is None:
        if stored is not None:
            yield Discrepancy("registry_differs", body.bin, year)
        return
    if stored.body != past.source.body:
        yield Discrepancy("registry_differs", body.bin, year)
    for one, other in zip(stored.years, past.source.years, strict=False):
        yield from _year(body, one, other, reasons=one is stored.current)


def _year(body: Body, stored: OfYear, told: OfYear, reasons: bool) -> Iterator[Discrepancy]:
    mine, theirs = ({each.named.bin: each for each in of_year.organisations} for of_year in (stored, told))
    if {own: (each.named, each.kind) for own, each in mine.items()} != {
        own: (each.named, each.kind) for own, each in theirs.items()
    }:
        yield Discrepancy("registry_differs", body.bin, stored.year)
    for own in sorted(mine.keys() & theirs.keys()):
        one, other = mine[own], theirs[own]
        if (one.answers, one.evidence) != (other.answers, other.evidence) or (reasons and one.kept != other.kept):
            yield Discrepancy("answers_differ", body.bin, stored.year, {"organisation": own})
    if stored.declared != told.declared:
        yield Discrepancy("figures_differ", body.bin, stored.year)
