"""The first page by role, and the clerk's home: what is due, the progress, and what to do next."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from http import HTTPStatus
from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug import Response as Redirection
from werkzeug.datastructures import MultiDict

from evaluation.answers.prior_year_counts import CountConflict, save_declared_counts
from evaluation.answers.progress.model import OrganisationProgress, ProgressTotals
from evaluation.answers.readiness.compose import readiness_of
from evaluation.answers.readiness.model import Readiness
from evaluation.answers.year_data import YearData, read_year_data
from evaluation.audit.models import AuditEvent
from evaluation.budgets import queries as budgets
from evaluation.clock import today
from evaluation.criteria.model import Order
from evaluation.language import N_
from evaluation.pagination import Page
from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.registry.models import Body, ReportingYear
from evaluation.registry.queries import SupervisedOrganisation
from evaluation.review import queries as review
from evaluation.submissions import queries as submissions
from evaluation.submissions.locks import Lock, is_open
from evaluation.submissions.models import REOPENED, RETURNED, Submission
from evaluation.submissions.status import STATUS_LABELS, other_open_years
from evaluation.submissions.timeliness import Timeliness
from evaluation.text import parse_search
from evaluation.web.admin.first_steps import first_steps
from evaluation.web.core.access import allow
from evaluation.web.core.errors import errors_shown_in
from evaluation.web.core.pagination import page_urls, requested_page
from evaluation.web.core.request_context import (
    YEAR,
    current_language,
    current_viewer,
    find_body,
    find_year,
    matches,
    moment,
    order_of,
    search_words,
)
from evaluation.web.entry.body_choice import choice_page, first_year
from forms.entry.prior_year_counts import PriorYearCountsForm

PROGRESS_LABELS = {
    "blank": N_("Not started"),
    "partial": N_("Partly filled"),
    "complete": N_("Filled"),
    "errors": N_("With errors"),
    "warnings": N_("With warnings"),
}
"""The stage of a report, or the severity of its issues → label."""
COUNT_LABELS = PROGRESS_LABELS | {
    "blank": N_("Reports not started"),
    "partial": N_("Reports partly filled"),
    "complete": N_("Reports filled"),
}
"""The same → label of the number of such reports."""
UNFINISHED = "unfinished"
PROGRESS_FILTERS = {UNFINISHED: N_("Incomplete")} | PROGRESS_LABELS
"""The values of the list's progress filter and their labels."""

blueprint = Blueprint("home", __name__)
blueprint.app_context_processor(
    lambda: {
        "sections": sections,
        "progress_labels": PROGRESS_LABELS,
        "progress_count_labels": COUNT_LABELS,
        "status_labels": STATUS_LABELS,
    }
)


SECTIONS = (
    (Action.EDIT, "home.index", N_("My year")),
    (Action.VIEW, "bodies.index", N_("Bodies")),
    (Action.VIEW, "ranking.index", N_("Comparison")),
    (Action.EDIT, "uploads.workbook", N_("Workbook")),
    (Action.VIEW, "audit.index", N_("Audit log")),
    (Action.MANAGE_REGISTRY, "registry.bodies", N_("Registry")),
    (Action.MANAGE_ACCOUNTS, "people.people", N_("People")),
)
"""The sections in the head of every page: the action that a viewer needs, the endpoint and the label."""
SECTION_PAGES = {"home.index": "home.entry", "ranking.index": "ranking.page"}
"""Endpoint of a section that redirects → the page to which it does."""


def sections() -> list[tuple[str, str, bool]]:
    """Return the sections that the viewer can open: address, label, and whether the current page is the section's page."""
    viewer, current = current_viewer(), request.endpoint
    return [
        (url_for(endpoint), label, current in (endpoint, SECTION_PAGES.get(endpoint)))
        for action, endpoint, label in SECTIONS
        if viewer.may(action) and endpoint in current_app.view_functions
    ]


@dataclass(frozen=True)
class OrganisationRow:
    """An organisation in the list."""

    organisation: SupervisedOrganisation
    progress: OrganisationProgress

    def matches(self, progress_filter: str) -> bool:
        """Return whether the report matches a key of `PROGRESS_FILTERS`."""
        if progress_filter == UNFINISHED:
            return self.progress.is_unfinished
        if progress_filter in ("errors", "warnings"):
            return bool(getattr(self.progress, progress_filter))
        return self.progress.stage == progress_filter


@dataclass(frozen=True)
class Filters:
    """The filters of the list of organisations; empty means all."""

    search: str
    kind: str
    state: str

    @classmethod
    def of(cls, query: MultiDict[str, str], order: Order) -> "Filters":
        """Read the filters from a query string; unknown values count as empty."""
        kind, state = query.get("kind", ""), query.get("state", "")
        return cls(search_words(query.get("q")), kind if kind in order.kind else "", state if state in PROGRESS_FILTERS else "")

    @property
    def any(self) -> bool:
        """Whether any filter is set."""
        return bool(self.search or self.kind or self.state)

    def apply(self, rows: list[OrganisationRow]) -> list[OrganisationRow]:
        """Return the rows that match all filters."""
        search = parse_search(self.search)
        return [
            row
            for row in rows
            if (not self.kind or row.organisation.kind == self.kind)
            and (not self.state or row.matches(self.state))
            and matches(row.organisation, search)
        ]

    def query(self) -> dict[str, Any]:
        """Return the query string of these filters; None leaves a part out."""
        return {"q": self.search or None, "kind": self.kind or None, "state": self.state or None}


@dataclass(frozen=True)
class Home:
    """A body's year as its people see it, read once; `rows` are its organisations in the form's order of kinds."""

    body: Body
    year: ReportingYear
    data: YearData
    readiness: Readiness
    rows: list[OrganisationRow]
    today: date

    @property
    def order(self) -> Order:
        """The order of the year."""
        return self.data.order

    @property
    def submission(self) -> Submission | None:
        """The submission row; None for a draft that was never submitted."""
        return self.data.submission

    @cached_property
    def lock(self) -> Lock | None:
        """What prevents changes of the answers today; None when they can be changed."""
        return self.data.lock(self.today)

    @cached_property
    def timeliness(self) -> Timeliness:
        """How the submission relates to the deadline."""
        return self.data.timeliness(self.today)

    @property
    def is_returned(self) -> bool:
        """Whether the body was asked to correct the year."""
        return self.data.status in (RETURNED, REOPENED)

    @property
    def open(self) -> bool:
        """Whether the year can still be submitted, whether its answers are locked or not."""
        return is_open(self.data.status)

    @cached_property
    def kinds(self) -> list[tuple[Any, ProgressTotals]]:
        """The kinds of the form's tables that apply, with their totals."""
        totals = self.readiness.progress.totals
        return [(self.order.kind[table.kind], totals[table.kind]) for table in self.order.form.tables if table.kind in totals]

    def next(self, after: str = "") -> OrganisationRow | None:
        """Return the next organisation with a blank after the one with this BIN, continuing at the beginning of the list."""
        start = next((position for position, row in enumerate(self.rows, 1) if row.organisation.bin == after), 0)
        return next((row for row in self.rows[start:] + self.rows[:start] if row.progress.blank), None)

    def cell(self, row: OrganisationRow, code: str | None) -> str:
        """Return the address of a cell in the report's form, which receives the focus; of the form when `code` is None."""
        anchor, organisation_bin = f"field-{code}" if code else None, row.organisation.bin
        return url_for(
            "report.page", bin_=self.body.bin, year=self.year.year, organisation_bin=organisation_bin, field=code, _anchor=anchor
        )

    @cached_property
    def step(self) -> tuple[str, str] | None:
        """The next cell to fill in or correct: its address and a label; None when no answer needs anything."""
        if row := self.next():
            return self.cell(row, row.progress.blank[0]), N_("Next blank answer")
        for severity, label in (("error", N_("Next error")), ("warning", N_("Next warning"))):
            for row in self.rows:
                for issue in row.progress.issues:
                    if issue.severity == severity and issue.is_open:
                        return self.cell(row, issue.code), label
        return None


def read_home(bin_: str, year: int) -> Home:
    """Read what the clerk's home shows. Raises Forbidden for people who cannot edit the body's answers; aborts with 404."""
    reporting_year, body, viewer = find_year(year), find_body(bin_), current_viewer()
    viewer.require(Action.EDIT, body.id)
    order, day = order_of(year), today()
    data = read_year_data(viewer, order, year, body.id)
    readiness = readiness_of(data, day)
    progress = readiness.progress.organisations
    rank = {table.kind: position for position, table in enumerate(order.form.tables)}
    organisations = registry.organisations(viewer, body.id, year, current_language().code)
    rows = [OrganisationRow(item, progress[item.id]) for item in organisations if item.id in progress]
    rows.sort(key=lambda row: rank.get(row.organisation.kind, len(rank)))
    return Home(body, reporting_year, data, readiness, rows, day)


@blueprint.get("/")
@allow(Action.VIEW)
def index() -> str | Redirection:
    """Redirect people who enter answers to the year of their body that is due, and other people to the list of bodies.

    Administrators see the first steps until all of them are done.
    """
    viewer, years = current_viewer(), registry.years()
    steps = first_steps(viewer) if viewer.may(Action.MANAGE_REGISTRY) else []
    if not all(step.is_done for step in steps):
        return render_template("admin/first_steps.html", steps=steps)
    if not viewer.may(Action.EDIT) or viewer.bodies is None:
        return redirect(url_for("bodies.index"), 303)
    all_bodies = registry.all_bodies(viewer)
    bodies = [body for body in all_bodies if any(body.has_begun_by(opened.year) for opened in years)]
    if not bodies:
        return render_template("entry/home/no_bodies.html", bodies=all_bodies)
    if len(bodies) == 1:
        year = first_year(submissions.year_statuses(viewer, bodies, years), years)
        return redirect(url_for(".entry", bin_=bodies[0].bin, year=year.year), 303)
    return choice_page(bodies, years)


@blueprint.get(f"/bodies/<bin_>/{YEAR}/entry")
@allow(Action.EDIT)
def entry(bin_: str, year: int) -> str:
    """The clerk's home: one body's year."""
    home = read_home(bin_, year)
    return _page(home, PriorYearCountsForm.of(home.readiness.prior_year_counts, formdata=None))


@blueprint.post(f"/bodies/<bin_>/{YEAR}/entry")
@allow(Action.EDIT)
def declare_counts(bin_: str, year: int) -> str | Redirection | tuple[str, int]:
    """Store the counts of the year before that the body declares itself."""
    home = read_home(bin_, year)
    form = PriorYearCountsForm.of(home.readiness.prior_year_counts)
    if not form.validate():
        return _page(home, form), HTTPStatus.UNPROCESSABLE_ENTITY
    with errors_shown_in(form, lambda: _page(home, form)):
        conflicts = save_declared_counts(current_viewer(), home.order, year, home.body.id, form.inputs())
    if conflicts:
        by_key = {conflict.count_input.count_key: conflict for conflict in conflicts}
        for entry_ in form.entries:
            if conflict := by_key.get(entry_.key):
                form.show_conflict(entry_, conflict, _conflict_message(conflict))
        return _page(home, form), HTTPStatus.CONFLICT
    return redirect(url_for(".entry", bin_=bin_, year=year, _anchor="last-year"), 303)


@blueprint.get(f"/bodies/<bin_>/{YEAR}/entry/next")
@allow(Action.EDIT)
def next_blank(bin_: str, year: int) -> Redirection:
    """Redirect to the next blank answer after the organisation whose BIN is in the parameter `after`."""
    home = read_home(bin_, year)
    row = home.next(request.args.get("after", ""))
    return redirect(home.cell(row, row.progress.blank[0]) if row else url_for(".entry", bin_=bin_, year=year), 303)


def head_notice(home: Home) -> AuditEvent | None:
    """Return by whom and when the heads were notified that the year is ready, for a person who cannot submit it."""
    viewer = current_viewer()
    if not home.open or not home.readiness.ready or viewer.may(Action.SUBMIT, home.body.id):
        return None
    return review.head_notice(viewer, home.year.year, home.body.id)


def _page(home: Home, form: PriorYearCountsForm) -> str:
    filters = Filters.of(request.args, home.order)
    address: dict[str, Any] = {"bin_": home.body.bin, "year": home.year.year}
    years = [opened for opened in registry.years() if home.body.has_begun_by(opened.year)]
    statuses = submissions.year_statuses(current_viewer(), [home.body], years)
    return render_template(
        "entry/home/entry.html",
        home=home,
        budget=budgets.comparison(current_viewer(), home.data),
        body=home.body,
        year=home.year,
        years=years,
        other_years=other_open_years(statuses, home.year.year),
        filters=filters,
        progress_filters=PROGRESS_FILTERS,
        page=Page.from_list(filters.apply(home.rows), requested_page()),
        page_url=page_urls(".entry", **address, **filters.query(), _anchor="organisations"),
        list_url=lambda kind, state: url_for(".entry", **address, kind=kind or None, state=state, _anchor="organisations"),
        heads=submissions.head_names(current_viewer(), home.body.id),
        may_submit=current_viewer().may(Action.SUBMIT, home.body.id),
        head_notice=head_notice(home),
        form=form,
    )


def _conflict_message(conflict: CountConflict) -> str:
    stored: str = gettext("blank") if conflict.stored_count is None else current_language().number(conflict.stored_count)
    return current_language().gettext(
        N_("%(who)s changed this in the meantime (%(when)s): now %(theirs)s. Save again to replace it with yours."),
        who=conflict.author or gettext("Someone"),
        when=moment(conflict.changed_at),
        theirs=stored,
    )
