"""Everything about one body and year, read once.

A request reads a :class:`YearData` and passes it on. Progress, readiness, scores and the assessment sheet are pure functions of
it, so that no report is read twice and no year is scored twice.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from evaluation.answers import queries
from evaluation.answers.checks import BreachCost, WarningReason, breach_costs
from evaluation.answers.model import ReportSnapshot
from evaluation.criteria.model import Criterion, Order
from evaluation.policy import Viewer
from evaluation.registry import queries as registry
from evaluation.registry.models import ReportingYear
from evaluation.scoring.conditions import apply_implications
from evaluation.scoring.frames import ReportFrames, report_frame
from evaluation.scoring.score import PriorYearCounts, Scores, depends_on_last_year, prior_year_counts, score
from evaluation.submissions.deadlines import EntryPeriod
from evaluation.submissions.locks import Lock, lock_of
from evaluation.submissions.models import Extension, Submission
from evaluation.submissions.queries import BodyWorkflow, body_workflow
from evaluation.submissions.timeliness import Timeliness, timeliness_of

IssueKey = tuple[int, str, str]
"""Organisation id, rule, and indicator code; the code is empty for an issue of the organisation as a whole."""


@dataclass(frozen=True)
class YearData:
    """One body and year as the database has them at one moment.

    - `reports`: the reports of the body's organisations of 31 December, by BIN.
    - `last_order`: last year's order; None when last year is not open.
    - `last_year_reports`: last year's reports of the organisations that the body had then or has now.
    - `declared_counts`: (kind, criterion) → the body's declared count for the year before.
    - `reasons`: issue → (value that was justified, reason).
    - `submission`, `extension`: the workflow row and the extension in force; None when there is none.

    Everything is empty when the viewer cannot see the body.
    """

    year: int
    order: Order
    body_id: int
    body_bin: str = ""
    reports: tuple[ReportSnapshot, ...] = ()
    last_order: Order | None = None
    last_year_reports: tuple[ReportSnapshot, ...] = ()
    declared_counts: Mapping[tuple[str, str], int] = field(default_factory=dict)
    reasons: Mapping[IssueKey, tuple[Any, WarningReason]] = field(default_factory=dict)
    reporting_year: ReportingYear | None = None
    submission: Submission | None = None
    extension: Extension | None = None

    # ---- this year ----

    @cached_property
    def reports_by_kind(self) -> Mapping[str, tuple[ReportSnapshot, ...]]:
        """Kind → its reports, in the order's order of kinds; kinds without organisations are left out."""
        by_kind: dict[str, list[ReportSnapshot]] = {kind: [] for kind in self.order.kind}
        for report in self.reports:
            if report.kind in by_kind:
                by_kind[report.kind].append(report)
        return {kind: tuple(reports) for kind, reports in by_kind.items() if reports}

    @cached_property
    def entry_has_started(self) -> bool:
        """Whether at least half of the body's organisations have answered something.

        Before that, an organisation without answers causes no warning: on the day on which a year opens all organisations are
        without answers. Nothing is missed, because a year with blank answers cannot be submitted.
        """
        reports = [report for of_kind in self.reports_by_kind.values() for report in of_kind]
        return 2 * sum(report.has_answers for report in reports) >= len(reports)

    def frame(self, kind: str) -> Any:
        """Return the frame of this year's answers of a kind, built once."""
        if kind not in self._frames:
            self._frames[kind] = frame_of_reports(self.order, kind, self.reports_by_kind[kind])
        return self._frames[kind]

    def frame_with_implications(self, kind: str) -> Any:
        """Return the frame of this year's answers of a kind with the values that implications fill in, built once."""
        if kind not in self._frames_with_implications:
            self._frames_with_implications[kind] = apply_implications(self.order, kind, self.frame(kind))
        return self._frames_with_implications[kind]

    @cached_property
    def frames(self) -> ReportFrames:
        """The frames of this year's answers by kind."""
        return {kind: self.frame(kind) for kind in self.reports_by_kind}

    @cached_property
    def scores(self) -> Scores:
        """The scores of this year."""
        return self._score(self.reports_by_kind)

    def breach_costs(self, kinds: Collection[str]) -> Mapping[str, tuple[BreachCost, ...]]:
        """Return organisation BIN → what its breaches cost the body, for the organisations of these kinds.

        Costs depend on all organisations of a kind. Only these kinds are scored, unless all are scored already.
        """
        scores = self.scores if "scores" in self.__dict__ else self._score(kinds)
        costs = [breach_costs(scores, kind, self.frame_with_implications(kind)) for kind in kinds]
        return {organisation_bin: of_bin for of_kind in costs for organisation_bin, of_bin in of_kind.items()}

    def depends_on_last_year(self, kind: str, criterion: Criterion) -> bool:
        """Return whether the points by the answers at hand depend on the count of the year before."""
        return depends_on_last_year(self.order, criterion, self.frame_with_implications(kind))

    def _score(self, kinds: Collection[str]) -> Scores:
        return score(self.order, {kind: self.frame_with_implications(kind) for kind in kinds}, self.prior_year_counts)

    # ---- the year before ----

    @cached_property
    def supervised_last_year_reports(self) -> tuple[ReportSnapshot, ...]:
        """Last year's reports of the organisations that the body had on 31 December of last year."""
        return tuple(report for report in self.last_year_reports if report.body_id == self.body_id)

    @cached_property
    def last_year_answers(self) -> Mapping[int, Mapping[str, Any]]:
        """Organisation id → last year's stored answers; organisations without a stored report are left out."""
        return {report.organisation_id: report.answers for report in self.last_year_reports if report.report_id is not None}

    @cached_property
    def counted_prior_year(self) -> PriorYearCounts:
        """(body BIN, kind, criterion) → count of breaches by last year's reports, where the kind answered in full."""
        if self.last_order is None:
            return {}
        compared = self.order.compared_criteria
        only = queries.counted_codes(self.last_order, compared)
        frames = frames_of_reports(self.last_order, self.supervised_last_year_reports, only)
        return prior_year_counts(self.last_order, frames, compared)

    @cached_property
    def prior_year_counts(self) -> PriorYearCounts:
        """The counts that this year is scored with: counted ones, else declared ones (reading R13)."""
        declared = {(self.body_bin, kind, criterion): count for (kind, criterion), count in self.declared_counts.items()}
        return {**declared, **self.counted_prior_year}

    # ---- workflow ----

    @property
    def status(self) -> str | None:
        """The status of the submission; None for a draft that was never submitted."""
        return self._workflow.status

    @property
    def entry_period(self) -> EntryPeriod:
        """The days between which a draft takes changes."""
        return self._workflow.period(self.reporting_year)

    @property
    def year_state(self) -> str:
        """The state of the body's year, in which its pages' answers are typed."""
        return self._workflow.year_state(self.reporting_year)

    def lock(self, today: date) -> Lock | None:
        """Return what prevents changes on a day (Asia/Almaty); None when the year is open."""
        return lock_of(self.status, self.year, self.entry_period, today)

    def timeliness(self, today: date) -> Timeliness:
        """Return how the year's submission relates to the deadline on a day (Asia/Almaty)."""
        submitted_on = self.submission.first_submitted_on if self.submission else None
        return timeliness_of(self.entry_period.deadline, submitted_on, today, self.extension)

    @property
    def _workflow(self) -> BodyWorkflow:
        return BodyWorkflow(self.body_bin, self.submission, self.extension)

    @cached_property
    def _frames(self) -> dict[str, Any]:
        return {}

    @cached_property
    def _frames_with_implications(self) -> dict[str, Any]:
        return {}


def read_year_data(viewer: Viewer, order: Order, year: int, body_id: int) -> YearData:
    """Read one body and year, each table once."""
    workflow = body_workflow(viewer, year, body_id)
    if workflow is None:
        return YearData(year, order, body_id)
    last_order = registry.order_of(year - 1)
    return YearData(
        year,
        order,
        body_id,
        workflow.body_bin,
        queries.body_reports(viewer, year, body_id),
        last_order,
        queries.reports_of_last_year(viewer, year, body_id) if last_order else (),
        queries.declared_counts_of_body(viewer, [year], body_id)[year],
        {
            key: (stored.value, WarningReason(stored.reason, stored.author, stored.justified_at))
            for key, stored in queries.justifications(viewer, year, body_id).items()
        },
        registry.reporting_year(year),
        workflow.submission,
        workflow.extension,
    )


def frame_of_reports(order: Order, kind: str, reports: Collection[ReportSnapshot], only: frozenset[str] | None = None) -> Any:
    """Build the frame of one kind from its reports; `only` restricts the columns to these indicators."""
    bodies, organisations = [report.body_bin for report in reports], [report.organisation_bin for report in reports]
    return report_frame(order, kind, bodies, organisations, [report.answers for report in reports], only)


def frames_of_reports(order: Order, reports: Collection[ReportSnapshot], only: frozenset[str] | None = None) -> ReportFrames:
    """Build the frames by kind of reports of any kinds; kinds that the order does not have are left out."""
    by_kind: dict[str, list[ReportSnapshot]] = {kind: [] for kind in order.kind}
    for report in reports:
        if report.kind in by_kind:
            by_kind[report.kind].append(report)
    return {kind: frame_of_reports(order, kind, of_kind, only) for kind, of_kind in by_kind.items() if of_kind}
