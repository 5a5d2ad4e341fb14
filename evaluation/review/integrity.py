"""Comparison of the tables with the audit log: sheet revisions, exports, answers, the registry and the workflow of years.

The audit log is verified by :mod:`evaluation.audit.verification`. This module takes it as true and reports where the tables
differ.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evaluation.audit.queries import AuditEntry
from evaluation.criteria import Orders
from evaluation.language import N_, Language
from evaluation.policy import Viewer
from evaluation.registry import queries as registry
from evaluation.registry.admin.queries import body_states, organisation_states
from evaluation.registry.models import Body
from evaluation.review import queries
from evaluation.review.budget_snapshot import altered_years
from evaluation.review.history import queries as history
from evaluation.review.history import reconcile
from evaluation.review.history.reconstruct import reconstruct, sheet_as_of
from evaluation.review.remarks.queries import remarks
from evaluation.review.snapshot import SnapshotError
from evaluation.review.verification.export_file import is_intact
from evaluation.sheets.input import OrganisationInput, YearInput
from evaluation.sheets.queries import read_sheet_input
from evaluation.submissions.extensions.queries import extensions_of_body
from evaluation.submissions.models import SheetRevision
from evaluation.submissions.queries import submission
from evaluation.submissions.status import STATUS_LABELS

MESSAGES = {
    "revision_altered": N_(
        "The accepted sheet of revision %(revision)s was altered outside the product. Restore it from a backup."
    ),
    "revision_missing": N_("The accepted sheet of revision %(revision)s is missing. Restore it from a backup."),
    "revision_unknown": N_(
        "The audit log has no acceptance of revision %(revision)s: the sheet was inserted outside the product."
    ),
    "reconstruction_differs": N_(
        "The accepted sheet of revision %(revision)s differs from the one reconstructed from the audit log. The criteria "
        "file may not be the one it was accepted under."
    ),
    "export_unknown": N_(
        "The audit log has no export of the stored file of revision %(revision)s (SHA-256 %(sha256)s): it was inserted or "
        "altered outside the product."
    ),
    "export_missing": N_(
        "A file of revision %(revision)s was exported (SHA-256 %(sha256)s), but its stored copy is missing or altered. "
        "Restore it from a backup."
    ),
    "answers_differ": N_("The answers of %(organisation)s differ from the audit log. Compare them with its events."),
    "membership_differs": N_("The names or organisations of the body differ from the audit log."),
    "prior_year_counts_differ": N_("The prior-year figures declared by the body differ from the audit log."),
    "status_differs": N_("The status of the year is “%(state)s”, but the audit log has “%(logged)s”."),
    "workflow_differs": N_(
        "The submission or acceptance of the year (person, time, reason or revision) differs from the audit log."
    ),
    "remarks_differ": N_("The remarks and replies of the year differ from the audit log."),
    "extensions_differ": N_("The extensions of the deadline differ from the audit log."),
    "registry_entry_differs": N_("The entry of %(bin)s in the registry differs from the audit log."),
    "evidence_differs": N_("The evidence files of %(bin)s differ from the audit log."),
    "budget_differs": N_("The budget decisions of the year, or the explanations beside them, differ from the audit log."),
    "year_settings_differ": N_("The order of the year, its first day or its deadline differs from the audit log."),
}
"""Kind of discrepancy → what differs and what to do."""


@dataclass(frozen=True)
class Discrepancy:
    """A stored value that differs from the audit log.

    `kind` is a key of `MESSAGES`, `values` fill its placeholders. `bin` is that of the body, organisation or, for a discrepancy
    of a reporting year, empty; `year` is None for a registry entry.
    """

    kind: str
    bin: str
    year: int | None
    values: Mapping[str, Any] = field(default_factory=dict)

    def message(self, language: Language) -> str:
        """Return the message in a language."""
        statuses = {name: language.gettext(STATUS_LABELS[value]) for name, value in self.values.items() if value in STATUS_LABELS}
        return language.gettext(MESSAGES[self.kind], **{**self.values, **statuses})


def discrepancies(viewer: Viewer) -> Iterator[Discrepancy]:
    """Yield all discrepancies of the bodies that the viewer can see, body by body, ordered by BIN.

    For a viewer who can see all bodies, those of the registry and of the evidence files come first.
    """
    orders, years = registry.orders(), sorted(year.year for year in registry.years())
    if viewer.bodies is None:
        yield from _registry_discrepancies(viewer)
        yield from _evidence_discrepancies(viewer)
    yield from _year_setting_discrepancies(viewer)
    for body in registry.all_bodies(viewer):
        workflow_entries = history.workflow_entries(viewer, body.id)
        for year in sorted({*years, *workflow_entries}):
            yield from _revision_discrepancies(viewer, orders, body, year)
            yield from _export_discrepancies(viewer, body, year)
            yield from _workflow_discrepancies(viewer, body, year, workflow_entries.get(year, []))
        for year in altered_years(viewer, body.id, workflow_entries):
            yield Discrepancy("budget_differs", body.bin, year)
        if years:
            yield from _sheet_input_discrepancies(viewer, orders, body, years[-1])


def _revision_discrepancies(viewer: Viewer, orders: Orders, body: Body, year: int) -> Iterator[Discrepancy]:
    """Compare the sheet revisions of a body's year with the acceptances."""
    accepted = {entry.data["revision"]: entry.data for entry in history.acceptance_entries(viewer, body.id, year)}
    stored = {revision.revision: revision for revision in queries.sheet_revisions(viewer, body.id, year)}
    for number in sorted({*accepted, *stored}):
        kind = _revision_discrepancy(viewer, orders, body, stored.get(number), accepted.get(number))
        if kind:
            yield Discrepancy(kind, body.bin, year, {"revision": number})


def _revision_discrepancy(
    viewer: Viewer, orders: Orders, body: Body, revision: SheetRevision | None, accepted: Mapping[str, Any] | None
) -> str:
    """Return the kind of discrepancy of one revision; empty if there is none."""
    if revision is None:
        return "revision_missing"
    if accepted is None:
        return "revision_unknown"
    if not is_intact(revision) or (revision.sha256, revision.code) != (accepted["sha256"], accepted["code"]):
        return "revision_altered"
    return "" if _is_reconstructed(viewer, orders, body, revision) else "reconstruction_differs"


def _is_reconstructed(viewer: Viewer, orders: Orders, body: Body, revision: SheetRevision) -> bool:
    """Return whether the audit log reconstructs exactly the stored canonical JSON."""
    try:
        return reconstruct(viewer, orders, body, revision.year, revision.revision) == revision.content
    except SnapshotError:
        return False


def _export_discrepancies(viewer: Viewer, body: Body, year: int) -> Iterator[Discrepancy]:
    """Compare the stored exports of a body's year with the export events."""
    audited, stored = history.export_hashes(viewer, body.id, year), queries.export_hashes(viewer, body.id, year)
    for kind, differing in (("export_unknown", stored - audited), ("export_missing", audited - stored)):
        for revision, sha256 in sorted(differing):
            yield Discrepancy(kind, body.bin, year, {"revision": revision, "sha256": sha256})


def _workflow_discrepancies(viewer: Viewer, body: Body, year: int, entries: Sequence[AuditEntry]) -> Iterator[Discrepancy]:
    """Compare the workflow, remarks and extensions of a body's year with their events."""
    current = submission(viewer, year, body.id)
    in_force = queries.revision_in_force(viewer, current) if current else None
    stored, audited = reconcile.stored_workflow(current, in_force), reconcile.audited_workflow(entries)
    if stored["status"] != audited["status"]:
        # The message names its placeholders "state" and "logged".
        yield Discrepancy("status_differs", body.bin, year, {"state": stored["status"], "logged": audited["status"]})
    elif stored != audited:
        yield Discrepancy("workflow_differs", body.bin, year)
    if reconcile.stored_remarks(remarks(viewer, year, body.id)) != reconcile.audited_remarks(entries):
        yield Discrepancy("remarks_differ", body.bin, year)
    extensions = extensions_of_body(viewer, year, body.id)
    if reconcile.stored_extensions(extensions) != reconcile.audited_extensions(entries):
        yield Discrepancy("extensions_differ", body.bin, year)


def _registry_discrepancies(viewer: Viewer) -> Iterator[Discrepancy]:
    """Compare all registry entries with their events."""
    audited = reconcile.audited_registry(history.registry_entries(viewer))
    stored = {(False, bin_): reconcile.stored_registry_entry(state) for bin_, state in body_states(viewer).items()}
    stored |= {(True, bin_): reconcile.stored_registry_entry(state) for bin_, state in organisation_states(viewer).items()}
    for key in sorted({*audited, *stored}):
        if audited.get(key) != stored.get(key):
            yield Discrepancy("registry_entry_differs", key[1], None, {"bin": key[1]})


def _evidence_discrepancies(viewer: Viewer) -> Iterator[Discrepancy]:
    """Compare the list of evidence files with the events of attaching and removing files."""
    audited, stored = history.evidence_by_audit(viewer), history.stored_evidence(viewer)
    differing = {(organisation_id, year) for organisation_id, year, *_ in (audited - stored) + (stored - audited)}
    if not differing:
        return
    bins = {id_: bin_ for bin_, (id_, _) in registry.registry_index(viewer).organisations.items()}
    for organisation_id, year in sorted(differing):
        bin_ = bins.get(organisation_id, "")
        yield Discrepancy("evidence_differs", bin_, year, {"bin": bin_})


def _year_setting_discrepancies(viewer: Viewer) -> Iterator[Discrepancy]:
    """Compare the settings of all reporting years with their events."""
    audited = history.year_settings(viewer)
    stored = {
        year.year: {
            "order": year.order_code,
            "invented": year.invented,
            "starts_on": str(year.starts_on) if year.starts_on else None,
            "deadline": str(year.deadline) if year.deadline else None,
        }
        for year in registry.years()
    }
    for number in sorted({*audited, *stored}):
        settings = audited.get(number)
        expected = settings and {name: settings.get(name) for name in ("order", "invented", "starts_on", "deadline")}
        if stored.get(number) != expected:
            yield Discrepancy("year_settings_differ", "", number)


def _sheet_input_discrepancies(viewer: Viewer, orders: Orders, body: Body, year: int) -> Iterator[Discrepancy]:
    """Compare the names, membership and answers of all years up to this one with their events."""
    stored, historical = read_sheet_input(viewer, body, year), sheet_as_of(viewer, orders, body, year)
    if stored is None:
        return
    if historical is None:
        yield Discrepancy("membership_differs", body.bin, year)
        return
    if stored.body != historical.sheet_input.body:
        yield Discrepancy("membership_differs", body.bin, year)
    for stored_year, audited_year in zip(stored.years, historical.sheet_input.years, strict=False):
        yield from _year_input_discrepancies(body, stored_year, audited_year)


def _year_input_discrepancies(body: Body, stored: YearInput, audited: YearInput) -> Iterator[Discrepancy]:
    stored_by_bin, audited_by_bin = _organisations_by_bin(stored), _organisations_by_bin(audited)
    if _identities(stored_by_bin) != _identities(audited_by_bin):
        yield Discrepancy("membership_differs", body.bin, stored.year)
    for bin_ in sorted(stored_by_bin.keys() & audited_by_bin.keys()):
        if _report_of(stored_by_bin[bin_]) != _report_of(audited_by_bin[bin_]):
            yield Discrepancy("answers_differ", body.bin, stored.year, {"organisation": bin_})
    if stored.declared_counts != audited.declared_counts:
        yield Discrepancy("prior_year_counts_differ", body.bin, stored.year)


def _organisations_by_bin(year_input: YearInput) -> dict[str, OrganisationInput]:
    return {organisation.entity.bin: organisation for organisation in year_input.organisations}


def _identities(organisations: Mapping[str, OrganisationInput]) -> dict[str, Any]:
    return {bin_: (organisation.entity, organisation.kind) for bin_, organisation in organisations.items()}


def _report_of(organisation: OrganisationInput) -> tuple[Any, ...]:
    return organisation.answers, organisation.evidence, organisation.justifications
