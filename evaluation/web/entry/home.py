"""The first page by role, and the clerk's home: what is due, how far it has come, and what to do next."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug import Response as Redirection
from werkzeug.datastructures import MultiDict

from evaluation.answers.prior_year_counts import CountConflict, declare
from evaluation.answers.progress.model import OrganisationProgress, Totals
from evaluation.submissions import queries as submissions
from evaluation.answers.readiness.model import Readiness
from evaluation.answers.save import ConcurrentChange
from evaluation.clock import today
from evaluation.criteria.model import Order
from evaluation.language import N_
from evaluation.pagination import Page
from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.registry.models import Body, Organisation, ReportingYear
from evaluation.submissions.extensions import queries as extensions
from evaluation.submissions.deadlines import EntryPeriod
from evaluation.submissions.locks import Lock, Locked, is_open, lock_of
from evaluation.submissions.models import Submission
from evaluation.submissions.status import STATUS_LABELS, other_open_years
from evaluation.submissions.timeliness import Timeliness, timeliness_of
from evaluation.web.core.access import allow
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
from forms.entry.prior_year_counts import LastYearForm

STATES = {
    "blank": N_("Not begun"),
    "partly": N_("Partly filled"),
    "done": N_("Filled"),
    "errors": N_("With errors"),
    "warnings": N_("With warnings"),
}
"""How far a report has come, and what is wrong with it."""
COUNTED = STATES | {"blank": N_("Reports not begun"), "partly": N_("Reports partly filled"), "done": N_("Reports filled")}
"""The same over how many there are."""
LEFT = "left"
CHOICES = {LEFT: N_("Something left to do")} | STATES
"""What the list can be kept to."""

blueprint = Blueprint("home", __name__)
blueprint.app_context_processor(
    lambda: {"sections": sections, "stage_names": STATES, "stage_counts": COUNTED, "standing_names": STATUS_LABELS}
)


SECTIONS = (
    (Action.EDIT, "home.index", N_("My year")),
    (Action.VIEW, "bodies.index", N_("Bodies")),
    (Action.EDIT, "uploads.workbook", N_("Workbook")),
    (Action.VIEW, "record.index", N_("Record")),
    (Action.MANAGE_REGISTRY, "registry.bodies", N_("Registry")),
    (Action.MANAGE_ACCOUNTS, "people.people", N_("People")),
)
"""What stands in the head of every page for who may do this: its page and its words."""


def sections() -> list[tuple[str, str, bool]]:
    """The main parts of the product for who is looking: address, words, whether this page is it."""
    viewer, here = current_viewer(), request.endpoint
    return [
        (url_for(endpoint), words, here == endpoint or (endpoint == "home.index" and here == "home.entry"))
        for action, endpoint, words in SECTIONS
        if viewer.may(action) and endpoint in current_app.view_functions
    ]


@dataclass(frozen=True)
class Line:
    """An organisation in the list."""

    organisation: Organisation
    state: OrganisationProgress

    def has(self, wanted: str) -> bool:
        """Whether its report is in this of `CHOICES`."""
        if wanted == LEFT:
            return bool(self.state.blank or self.state.errors or self.state.warnings)
        if wanted in ("errors", "warnings"):
            return bool(getattr(self.state, wanted))
        return self.state.stage == wanted


@dataclass(frozen=True)
class Filters:
    """What the list of organisations is kept to; empty means all."""

    search: str
    kind: str
    state: str

    @classmethod
    def of(cls, given: MultiDict[str, str], order: Order) -> "Filters":
        kind, state = given.get("kind", ""), given.get("state", "")
        return cls(search_words(given.get("q")), kind if kind in order.kind else "", state if state in CHOICES else "")

    @property
    def any(self) -> bool:
        return bool(self.search or self.kind or self.state)

    def keep(self, lines: list[Line]) -> list[Line]:
        return [
            line
            for line in lines
            if (not self.kind or line.organisation.kind == self.kind)
            and (not self.state or line.has(self.state))
            and matches(line.organisation, self.search)
        ]

    def given(self, **other: Any) -> dict[str, Any]:
        """The parts of an address that say the same; one that is None is left out of it."""
        return {"q": self.search or None, "kind": self.kind or None, "state": self.state or None, **other}


@dataclass(frozen=True)
class Home:
    """A body's year as its people see it: `lock` is what keeps its answers from being changed, if anything does."""

    body: Body
    year: ReportingYear
    order: Order
    submission: Submission | None
    readiness: Readiness
    lines: list[Line]
    today: date
    lock: Lock | None
    punctuality: Timeliness

    @property
    def open(self) -> bool:
        """Whether the year can still be handed over, be its answers locked or not."""
        return is_open(self.submission.status if self.submission else None)

    @cached_property
    def kinds(self) -> list[tuple[Any, Totals]]:
        """The form's tables that apply, with their sums."""
        totals = self.readiness.progress.totals
        return [(self.order.kind[table.kind], totals[table.kind]) for table in self.order.form.tables if table.kind in totals]

    def next(self, after: str = "") -> "Line | None":
        """The next organisation with a blank, after that of a BIN, around to the beginning."""
        place = next((place for place, line in enumerate(self.lines, 1) if line.organisation.bin == after), 0)
        return next((line for line in self.lines[place:] + self.lines[:place] if line.state.blank), None)

    def cell(self, line: Line, code: str | None) -> str:
        """The address of a cell in the report's form, which takes the keyboard there; of the form where there is no cell."""
        anchor, own = f"field-{code}" if code else None, line.organisation.bin
        return url_for("report.page", bin_=self.body.bin, year=self.year.year, own=own, field=code, _anchor=anchor)

    @cached_property
    def step(self) -> tuple[str, str] | None:
        """What to do next: the address of the cell and the words that lead there; None where no answer needs anything."""
        if line := self.next():
            return self.cell(line, line.state.blank[0]), N_("Next blank answer")
        for severity, words in (("error", N_("Next error")), ("warning", N_("Next warning"))):
            for line in self.lines:
                for finding in line.state.issues:
                    if finding.severity == severity and finding.is_open:
                        return self.cell(line, finding.code), words
        return None


def home_of(bin_: str, year: int) -> Home:
    """What the entry home shows. Raises Forbidden for who enters nothing there; 404 as every page."""
    opened, body, viewer = find_year(year), find_body(bin_), current_viewer()
    viewer.require(Action.EDIT, body.id)
    order, now_ = order_of(year), today()
    readiness = submissions.readiness(viewer, order, year, body, now_)
    states, places = readiness.progress.organisations, {table.kind: place for place, table in enumerate(order.form.tables)}
    found = registry.organisations(viewer, body.id, year, current_language().code)
    lines = [Line(each, states[each.id]) for each in found if each.id in states]
    lines.sort(key=lambda line: places.get(line.organisation.kind, len(places)))
    return _home(body, opened, order, readiness, lines, now_)


def _home(body: Body, year: ReportingYear, order: Order, readiness: Readiness, lines: list[Line], now_: date) -> Home:
    submission = submissions.submission(current_viewer(), year.year, body.id)
    extension = extensions.extensions_in_force(current_viewer(), year.year, [body.id]).get(body.id)
    term = EntryPeriod(year.starts_on, year.deadline, extension.until if extension else None)
    lock = lock_of(submission.status if submission else None, year.year, term, now_)
    first = submission.first_submitted_on if submission else None
    when = timeliness_of(year.deadline, first, now_, extension)
    return Home(body, year, order, submission, readiness, lines, now_, lock, when)


@blueprint.get("/")
@allow(Action.VIEW)
def index() -> str | Redirection:
    """Where everybody begins: who enters answers with the year of their body that is due, others with the list of bodies."""
    viewer, years = current_viewer(), registry.years()
    if not viewer.may(Action.EDIT) or viewer.bodies is None:
        return redirect(url_for("bodies.index"), 303)
    own = registry.all_bodies(viewer)
    bodies = [body for body in own if any(body.had_begun(each.year) for each in years)]
    if not bodies:
        return render_template("entry/home/no_bodies.html", bodies=own)
    if len(bodies) == 1:
        year = first_year(submissions.year_statuses(viewer, bodies, years), years)
        return redirect(url_for(".entry", bin_=bodies[0].bin, year=year.year), 303)
    return choice_page(bodies, years)


@blueprint.get(f"/bodies/<bin_>/{YEAR}/entry")
@allow(Action.EDIT)
def entry(bin_: str, year: int) -> str:
    """The clerk's home: one body's year."""
    home = home_of(bin_, year)
    return _page(home, LastYearForm.of(home.readiness.prior_year_counts, formdata=None))


@blueprint.post(f"/bodies/<bin_>/{YEAR}/entry")
@allow(Action.EDIT)
def declare_last_year(bin_: str, year: int) -> str | Redirection | tuple[str, int]:
    """Store the figures of the year before that the body declares itself."""
    home = home_of(bin_, year)
    form = LastYearForm.of(home.readiness.prior_year_counts)
    if not form.validate():
        return _page(home, form), 422
    try:
        conflicts = declare(current_viewer(), home.order, year, home.body.id, form.declarations())
    except (Locked, ConcurrentChange) as error:
        return _page(home, form, refused=error.message(current_language())), 409
    if conflicts:
        by_key = {each.count_input.figure: each for each in conflicts}
        for figure in form.figures:
            if conflict := by_key.get(figure.key):
                form.tell(figure, conflict, _taken(conflict))
        return _page(home, form), 409
    return redirect(url_for(".entry", bin_=bin_, year=year, _anchor="last-year"), 303)


@blueprint.get(f"/bodies/<bin_>/{YEAR}/entry/next")
@allow(Action.EDIT)
def next_blank(bin_: str, year: int) -> Redirection:
    """Go to the next blank answer, after the organisation whose BIN is given as `after`."""
    home = home_of(bin_, year)
    line = home.next(request.args.get("after", ""))
    return redirect(home.cell(line, line.state.blank[0]) if line else url_for(".entry", bin_=bin_, year=year), 303)


def _page(home: Home, form: LastYearForm, refused: str = "") -> str:
    filters = Filters.of(request.args, home.order)
    address: dict[str, Any] = {"bin_": home.body.bin, "year": home.year.year}
    years = [each for each in registry.years() if home.body.had_begun(each.year)]
    return render_template(
        "entry/home/entry.html",
        home=home,
        body=home.body,
        year=home.year,
        years=years,
        others=others(submissions.year_statuses(current_viewer(), [home.body], years), home.year.year),
        filters=filters,
        choices=CHOICES,
        page=Page.from_list(filters.keep(home.lines), requested_page()),
        page_url=page_urls(".entry", **address, **filters.given(), _anchor="organisations"),
        list_url=lambda kind, state: url_for(".entry", **address, kind=kind or None, state=state, _anchor="organisations"),
        heads=submissions.head_names(current_viewer(), home.body.id),
        may_submit=current_viewer().may(Action.SUBMIT, home.body.id),
        form=form,
        refused=refused,
    )


def _taken(conflict: CountConflict) -> str:
    theirs: str = gettext("blank") if conflict.stored_count is None else current_language().number(conflict.stored_count)
    return current_language().gettext(
        N_("%(who)s changed this meanwhile (%(when)s): now %(theirs)s. Save again to put yours in its place."),
        who=conflict.author or gettext("Somebody"),
        when=moment(conflict.changed_at),
        theirs=theirs,
    )
