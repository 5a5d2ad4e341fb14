"""Pages for who looks at results: the list of bodies, a body's year, its assessment sheet and the sheet's files."""

from dataclasses import dataclass

from flask import Blueprint, Response, abort, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from evaluation.clock import today
from evaluation.collection import queries as collection
from evaluation.collection import values
from evaluation.collection.checks import Finding
from evaluation.collection.evidence import queries as evidence
from evaluation.collection.models import SUBMITTED, Submission
from evaluation.collection.state.model import OrganisationState
from evaluation.collection.state.queries import body_state
from evaluation.collection.submission import queries as submissions
from evaluation.collection.submission.due import STANDINGS, Standing, standing_of
from evaluation.criteria.model import Order
from evaluation.language import N_
from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.registry.models import LEVELS, Body, Organisation, ReportingYear
from evaluation.registry.upkeep.words import LEVEL_NAMES
from evaluation.sheets import Sheet, SheetTable, queries
from evaluation.sheets.compose import shares
from evaluation.sheets.document import LANGUAGES
from evaluation.sheets.writers import FORMATS, file_name, write
from evaluation.web.access import allow
from evaluation.web.common import (
    YEAR,
    current_language,
    current_viewer,
    find_body,
    find_year,
    search_words,
    send_bytes,
    show_year,
)
from evaluation.web.sheet_page import sheet_page
from forms.submission import GiveBackForm

SHORT_LEVEL_NAMES = LEVEL_NAMES | {"rural": N_("Rural level")}
"""Where there is little room."""
DATA = ["json"]
"""Formats for programs, alike in every language."""
DOCUMENTS = [format_ for format_ in FORMATS if format_ not in DATA]

blueprint = Blueprint("review", __name__)
blueprint.app_context_processor(lambda: {"level_names": SHORT_LEVEL_NAMES, "full_level_names": LEVEL_NAMES})


@dataclass(frozen=True)
class Filters:
    """What the list of bodies is kept to."""

    search: str
    level: str
    region: str
    state: str

    @classmethod
    def of(cls, given: MultiDict[str, str]) -> "Filters":
        level, region, state = given.get("level", ""), given.get("region", ""), given.get("state", "")
        return cls(
            search_words(given.get("q")),
            level if level in LEVELS else "",
            region if region.isdigit() and region.isascii() else "",
            state if state in STANDINGS else "",
        )

    @property
    def any(self) -> bool:
        return bool(self.search or self.level or self.region or self.state)


@dataclass(frozen=True)
class Line:
    """A body in the list: the higher body where the viewer may see it, organisations, those that have begun to answer, where the
    year stands, and points; the maximum is 0 where nothing is assessed."""

    body: Body
    parent: Body | None
    organisations: int
    begun: int
    standing: Standing | None
    low: int
    high: int
    max: int


@blueprint.get("/bodies")
@allow(Action.SEE)
def bodies() -> str:
    """The list of bodies with their points of a year."""
    years = registry.years()
    wanted = request.args.get("year", 0, type=int)
    filters, viewer = Filters.of(request.args), current_viewer()
    year = next((each for each in years if each.year == wanted), None) or _first_year(years)
    number, spoken = request.args.get("page", 1, type=int), current_language().code
    only = (submissions.standing_so(viewer, year.year, filters.state),) if year and filters.state else ()
    of_year = year.year if year else None
    page = registry.bodies(viewer, filters.search, filters.level, filters.region, number, spoken, of_year, only)
    lines = _lines(show_year(year), list(page.items)) if year else []

    def page_url(number: int) -> str:
        # A part that is None is left out of the address.
        return url_for(
            ".bodies",
            year=year and year.year,
            q=filters.search or None,
            level=filters.level or None,
            region=filters.region or None,
            state=filters.state or None,
            page=number,
        )

    return render_template(
        "review/bodies.html",
        years=years,
        year=year,
        filters=filters,
        regions=registry.regions(viewer),
        page=page,
        lines=lines,
        page_url=page_url,
    )


def _first_year(years: list[ReportingYear]) -> ReportingYear | None:
    """The latest year that any body has begun, else the newest: there is nothing to look at in a year that was opened today."""
    begun = collection.latest_begun(current_viewer(), [each.year for each in years])
    return next((each for each in years if each.year == begun), years[0] if years else None)


def _lines(year: ReportingYear, found: list[Body]) -> list[Line]:
    viewer, ids = current_viewer(), [body.id for body in found]
    parents, begun = registry.parents(viewer, found), collection.answered(viewer, year.year, ids)
    standings = {each.body_id: each for each in submissions.standings(viewer, found, [year])}
    scores = queries.scores(viewer, year.year, ids)
    points = shares(scores, year.year) if scores else {}

    def totals(body: Body) -> tuple[int, int, int]:
        tables = points.get(body.bin, ())
        return sum(each.low for each in tables), sum(each.high for each in tables), sum(each.max for each in tables)

    return [
        Line(body, parents.get(body.id), *begun.get(body.id, (0, 0)), standings.get(body.id), *totals(body)) for body in found
    ]


@dataclass(frozen=True)
class KindLine:
    """One of the sheet's tables on a body's page: its points, organisations, and how much of what is asked is answered."""

    table: SheetTable
    organisations: list[tuple[Organisation, OrganisationState]]

    @property
    def answered(self) -> int:
        return sum(state.answered for _, state in self.organisations)

    @property
    def asked(self) -> int:
        return sum(state.asked for _, state in self.organisations)


@dataclass(frozen=True)
class KeptLine:
    """A warning that stands by a reason: its question and answer as people read them (empty: the whole report)."""

    organisation: Organisation
    label: str
    answer: str
    finding: Finding


@blueprint.get(f"/bodies/<bin_>/{YEAR}")
@allow(Action.SEE)
def body(bin_: str, year: int) -> str:
    """A body's year: its state, points, completeness, organisations, reasons given for warnings; files for who may see them."""
    opened, found, viewer = find_year(year), find_body(bin_), current_viewer()
    sheet = _sheet(found, year)
    states = body_state(viewer, sheet.order, year, found.id, today()).organisations
    organisations = registry.organisations(viewer, found.id, year, current_language().code)
    pairs = [(each, states[each.id]) for each in organisations if each.id in states]
    kinds = [KindLine(table, [pair for pair in pairs if pair[0].kind == table.table.kind]) for table in sheet.tables]
    submission, sees_files = submissions.submission(viewer, year, found.id), viewer.may(Action.FILES, found.id)
    return render_template(
        "review/body.html",
        body=next(iter(registry.bodies_in(viewer, [found], year))),
        parent=registry.parents(viewer, [found]).get(found.id),
        year=opened,
        years=[each for each in registry.years() if found.had_begun(each.year)],
        sheet=sheet,
        kinds=kinds,
        submission=submission,
        standing=standing_of(submission),
        kept=_kept(sheet.order, pairs),
        files=evidence.counts(viewer, year, found.id) if sees_files else {},
        may_edit=viewer.may(Action.EDIT, found.id),
        give_back=_give_back(viewer.may(Action.REVIEW, found.id), submission),
        formats=DOCUMENTS,
        data_formats=DATA,
        sheet_languages=list(LANGUAGES),
    )


def _kept(order: Order, pairs: list[tuple[Organisation, OrganisationState]]) -> list[KeptLine]:
    """The warnings that reasons were given for."""
    language, found = current_language(), []
    for organisation, state in pairs:
        for finding in state.findings:
            if finding.kept is not None:
                item = order.by_code.get(finding.code or "")
                label = item.label[language.code] if item else ""
                answer = values.typed(order, item, finding.value, language) if item else ""
                found.append(KeptLine(organisation, label, answer, finding))
    return found


def _give_back(may: bool, submission: Submission | None) -> GiveBackForm | None:
    """The form by which a reviewer gives a handed-over year back; None for others and for a year that was not handed over."""
    handed_over = submission is not None and submission.state == SUBMITTED
    return GiveBackForm(formdata=None, version=submission.version) if may and submission and handed_over else None


@blueprint.get(f"/bodies/<bin_>/{YEAR}/sheet")
@allow(Action.SEE)
def sheet(bin_: str, year: int) -> str:
    """The assessment sheet: the approved form with reasons under its rows, then the annex."""
    find_year(year)
    found = find_body(bin_)
    chosen = request.args.get("lang", "")
    if chosen not in LANGUAGES:
        chosen = _usual_languages()
    made = _sheet(found, year)
    return render_template(
        "review/sheet.html",
        body=found,
        year=year,
        page=sheet_page(made, chosen),
        chosen=chosen,
        provisional=made.provisional,
        formats=DOCUMENTS,
        data_formats=DATA,
        sheet_languages=list(LANGUAGES),
    )


@blueprint.get(f"/bodies/<bin_>/{YEAR}/sheet.<format_>")
@allow(Action.SEE)
def sheet_file(bin_: str, year: int, format_: str) -> Response:
    """The sheet as a file."""
    find_year(year)
    found = find_body(bin_)
    chosen = request.args.get("lang", "kk")
    if format_ not in FORMATS or chosen not in LANGUAGES:
        abort(404)
    made = _sheet(found, year)
    return send_bytes(write(made, format_, chosen), FORMATS[format_].media_type, file_name(made, format_, chosen))


def _sheet(found: Body, year: int) -> Sheet:
    made = next(iter(queries.sheets(current_viewer(), year, [found])), None)
    if made is None:
        abort(404)
    return made


def _usual_languages() -> str:
    """The sheet's languages where none are asked for: the page's, or both where the sheet is not written in it."""
    spoken = current_language().code
    return spoken if spoken in LANGUAGES else list(LANGUAGES)[-1]
