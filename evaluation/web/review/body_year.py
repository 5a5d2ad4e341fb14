"""The page of a body's year for its readers and reviewers, and the page on which a reviewer confirms its acceptance."""

from dataclasses import dataclass

from flask import Blueprint, render_template

from evaluation.answers.evidence import queries as evidence
from evaluation.answers.progress.compose import progress_of
from evaluation.answers.year_data import YearData, read_year_data
from evaluation.budgets import queries as budgets
from evaluation.clock import today
from evaluation.configuration import configuration
from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.registry.models import Body
from evaluation.review.queries import open_remark_counts
from evaluation.sheets.document import LANGUAGES
from evaluation.sheets.writers import DATA_FORMATS
from evaluation.submissions.models import ACCEPTED, SUBMITTED, Submission
from evaluation.submissions.status import status_of
from evaluation.web.comparison.body_ranks import read_body_ranks
from evaluation.web.core.access import allow
from evaluation.web.core.request_context import YEAR, current_language, current_viewer, find_body, find_year, order_of
from evaluation.web.review.year_summary import YearSummary, summarise
from evaluation.web.sheets.sheet_presenter import present_charts
from evaluation.web.sheets.sheets import DOCUMENT_FORMATS, sheet_in_force
from forms.entry.submission import AcceptForm, ReopenForm, ReturnForm, StepForm

blueprint = Blueprint("review", __name__)


@dataclass(frozen=True)
class BodyYear:
    """A body's year, read once, with its sheet in force or its draft."""

    body: Body
    data: YearData
    summary: YearSummary

    @property
    def submission(self) -> Submission | None:
        """The submission row; None for a draft that was never submitted."""
        return self.data.submission


@blueprint.get(f"/bodies/<bin_>/{YEAR}")
@allow(Action.VIEW)
def body(bin_: str, year: int) -> str:
    """Show a body's year: status, points, progress of its organisations, justified warnings, and what a reviewer can do."""
    reporting_year, viewer, body_year = find_year(year), current_viewer(), _read(bin_, year)
    ranks = read_body_ranks(viewer, order_of(year), year, body_year.body.id)
    current_body, body_id, submission = body_year.body, body_year.body.id, body_year.submission
    may_see_remarks = viewer.may(Action.REPLY, body_id)
    return render_template(
        "review/body_year.html",
        body=next(iter(registry.bodies_as_named_in(viewer, [current_body], year))),
        parent=registry.parents(viewer, [current_body]).get(body_id),
        year=reporting_year,
        years=[item for item in registry.years() if current_body.has_begun_by(item.year)],
        summary=body_year.summary,
        budget=budgets.comparison(viewer, body_year.data),
        ranks=ranks,
        charts=present_charts(body_year.summary.sheet, current_language()),
        submission=submission,
        status=status_of(submission),
        timeliness=body_year.data.timeliness(today()),
        today=today(),
        files=evidence.counts(viewer, year, body_id) if viewer.may(Action.VIEW_FILES, body_id) else {},
        may_edit=viewer.may(Action.EDIT, body_id),
        is_locked=body_year.data.lock(today()) is not None,
        steps=_steps(viewer.may(Action.REVIEW, body_id), submission),
        is_submitted_by_viewer=submission is not None and submission.submitted_id == viewer.account_id,
        may_see_remarks=may_see_remarks,
        open_remarks=open_remark_counts(viewer, year, [body_id]).get(body_id, 0) if may_see_remarks else 0,
        formats=DOCUMENT_FORMATS,
        data_formats=DATA_FORMATS,
        sheet_languages=list(LANGUAGES),
    )


@blueprint.get(f"/bodies/<bin_>/{YEAR}/submission/accept")
@allow(Action.REVIEW)
def acceptance(bin_: str, year: int) -> str:
    """Ask before a year is accepted: show its points, what costs them, and the warnings that were kept."""
    reporting_year, viewer, body_year = find_year(year), current_viewer(), _read(bin_, year)
    body, submission = body_year.body, body_year.submission
    viewer.require(Action.REVIEW, body.id)
    return render_template(
        "review/acceptance.html",
        body=body,
        year=reporting_year,
        summary=body_year.summary,
        budget=budgets.comparison(viewer, body_year.data),
        submission=submission,
        form=_steps(True, submission).get("accept"),
        is_submitted_by_viewer=submission is not None and submission.submitted_id == viewer.account_id,
        open_remarks=open_remark_counts(viewer, year, [body.id]).get(body.id, 0),
        has_public_url=bool(configuration().settings.public_url),
    )


def _read(bin_: str, year: int) -> BodyYear:
    """Read a body's year and its sheet in force; without one, its draft."""
    body, viewer, language = find_body(bin_), current_viewer(), current_language()
    data = read_year_data(viewer, order_of(year), year, body.id)
    progress = progress_of(data, today()).organisations
    organisations = registry.organisations(viewer, body.id, year, language.code)
    members = [(organisation, progress[organisation.id]) for organisation in organisations if organisation.id in progress]
    return BodyYear(body, data, summarise(sheet_in_force(body, data), members, language))


def _steps(may_review: bool, submission: Submission | None) -> dict[str, StepForm]:
    """Return the forms of the steps that the reviewer can take now, the usual one first."""
    if not may_review or submission is None:
        return {}
    version = submission.version
    if submission.status == SUBMITTED:
        return {
            "accept": AcceptForm(formdata=None, version=version),
            "return_submission": ReturnForm(formdata=None, version=version),
        }
    return {"reopen": ReopenForm(formdata=None, version=version)} if submission.status == ACCEPTED else {}
