"""Whether what is stored is what the record says: frozen sheets, files handed out, answers, the registry and the states of years.

The record itself is verified by :mod:`evaluation.audit.verification`; here it is believed, and the tables are compared with it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evaluation.answers.readiness import queries as submissions
from evaluation.audit.models import Event
from evaluation.clock import precise
from evaluation.criteria import Orders
from evaluation.language import N_, Language
from evaluation.policy import Viewer
from evaluation.registry import queries as registry
from evaluation.registry.admin.queries import body_states, organisation_states
from evaluation.registry.models import Body
from evaluation.review import queries
from evaluation.review.history import queries as record
from evaluation.review.history import reconcile as course
from evaluation.review.history.reconstruct import Known, known, rebuilt
from evaluation.review.models import FrozenSheet
from evaluation.review.remarks.queries import remarks
from evaluation.review.snapshot import Unfrozen
from evaluation.review.verification.export_file import is_whole
from evaluation.sheets import queries as sheets
from evaluation.sheets.input import OfYear, Source
from evaluation.submissions.extensions import queries as extensions
from evaluation.submissions.status import STANDINGS

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
    "step_differs": N_(
        "Who handed the year over or accepted it, when, why, or as which revision is not stored as the record tells of it."
    ),
    "remarks_differ": N_("The remarks and replies of the year are not those that the record tells of."),
    "extensions_differ": N_("The extensions of the deadline are not those that the record tells of."),
    "entry_differs": N_("The entry of %(bin)s in the registry is not the one that the record tells of."),
    "files_differ": N_("The files of evidence of %(bin)s are not those that the record tells of."),
    "term_differs": N_("The order of the year, its first day or its deadline is not the one that the record tells of."),
}
"""What may differ, and what to do."""


@dataclass(frozen=True)
class Discrepancy:
    """Something stored that is not what the record says, of a body's year; `bin` is empty for a year of all bodies, `year` None
    for an entry of the registry."""

    kind: str
    bin: str
    year: int | None
    values: Mapping[str, Any] = field(default_factory=dict)

    def message(self, language: Language) -> str:
        states = {name: language.gettext(STANDINGS[value]) for name, value in self.values.items() if value in STANDINGS}
        return language.gettext(WRONG[self.kind], **{**self.values, **states})


def discrepancies(viewer: Viewer) -> Iterator[Discrepancy]:
    """Everything of the bodies that the viewer may see, body by body, by BIN; before that, for who sees all, of the registry."""
    orders, years = registry.orders(), sorted(each.year for each in registry.years())
    if viewer.bodies is None:
        yield from _entries(viewer)
        yield from _files(viewer)
    yield from _terms(viewer)
    for body in registry.all_bodies(viewer):
        told = record.course(viewer, body.id)
        for year in sorted({*years, *told}):
            yield from _frozen(viewer, orders, body, year)
            yield from _course(viewer, body, year, told.get(year, []))
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
        elif not is_whole(frozen) or (frozen.sha256, frozen.code) != _named(told[revision]):
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


def _course(viewer: Viewer, body: Body, year: int, lines: Sequence[Event]) -> Iterator[Discrepancy]:
    """The steps of a year, its remarks and its extensions."""
    stored = submissions.submission(viewer, year, body.id)
    frozen = queries.in_force(viewer, stored) if stored else None
    mine, theirs = course.steps_stored(stored, frozen), course.steps_told(lines)
    if mine["state"] != theirs["state"]:
        yield Discrepancy("state_differs", body.bin, year, {"state": mine["state"], "told": theirs["state"]})
    elif mine != theirs:
        yield Discrepancy("step_differs", body.bin, year)
    if course.remarks_stored(remarks(viewer, year, body.id)) != course.remarks_told(lines):
        yield Discrepancy("remarks_differ", body.bin, year)
    if course.extensions_stored(extensions.of_body(viewer, year, body.id)) != course.extensions_told(lines):
        yield Discrepancy("extensions_differ", body.bin, year)


def _entries(viewer: Viewer) -> Iterator[Discrepancy]:
    told = course.entries_told(record.entered(viewer))
    stored = {(False, bin_): course.entry_stored(state) for bin_, state in body_states(viewer).items()}
    stored |= {(True, bin_): course.entry_stored(state) for bin_, state in organisation_states(viewer).items()}
    for key in sorted({*told, *stored}):
        if told.get(key) != stored.get(key):
            yield Discrepancy("entry_differs", key[1], None, {"bin": key[1]})


def _files(viewer: Viewer) -> Iterator[Discrepancy]:
    told, stored = record.files_told(viewer), record.files_stored(viewer)
    wrong = {(own, year) for own, year, *_ in (told - stored) + (stored - told)}
    bins = {own: bin_ for bin_, (own, _) in registry.known(viewer).organisations.items()} if wrong else {}
    for own, year in sorted(wrong):
        yield Discrepancy("files_differ", bins.get(own, ""), year, {"bin": bins.get(own, "")})


def _terms(viewer: Viewer) -> Iterator[Discrepancy]:
    told = record.terms(viewer)
    stored = {each.year: each for each in registry.years()}
    for year in sorted({*told, *stored}):
        one, other = stored.get(year), told.get(year, {})
        days = (str(day) if day else None for day in ((one.starts_on, one.deadline) if one else ()))
        mine = (one.order_code, one.invented, *days) if one else ()
        if mine != tuple(map(other.get, ("order", "invented", "starts_on", "deadline"))):
            yield Discrepancy("term_differs", "", year)


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
        yield from _year(body, one, other)


def _year(body: Body, stored: OfYear, told: OfYear) -> Iterator[Discrepancy]:
    mine, theirs = ({each.named.bin: each for each in of_year.organisations} for of_year in (stored, told))
    if {own: (each.named, each.kind) for own, each in mine.items()} != {
        own: (each.named, each.kind) for own, each in theirs.items()
    }:
        yield Discrepancy("registry_differs", body.bin, stored.year)
    for own in sorted(mine.keys() & theirs.keys()):
        one, other = mine[own], theirs[own]
        if (one.answers, one.evidence, one.kept) != (other.answers, other.evidence, other.kept):
            yield Discrepancy("answers_differ", body.bin, stored.year, {"organisation": own})
    if stored.declared != told.declared:
        yield Discrepancy("figures_differ", body.bin, stored.year)
