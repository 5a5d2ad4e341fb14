"""The page of a body's year for its readers and reviewers."""

from dataclasses import dataclass

from flask import Blueprint, render_template

from evaluation.answers import values
from evaluation.answers.checks import Issue
from evaluation.answers.evidence import queries as evidence
from evaluation.answers.progress.compose import progress_of
from evaluation.answers.progress.model import OrganisationProgress
from evaluation.answers.year_data import read_year_data
from evaluation.clock import today
from evaluation.criteria.model import Order
from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.registry.queries import SupervisedOrganisation
from evaluation.review.queries import open_remark_counts
from evaluation.sheets import SheetTable
from evaluation.sheets.document import LANGUAGES
from evaluation.submissions.models import ACCEPTED, SUBMITTED, Submission
from evaluation.submissions.status import status_of
from evaluation.web.core.access import allow
from evaluation.web.core.request_context import YEAR, current_language, current_viewer, find_body, find_year, order_of
from evaluation.web.sheets.sheets import DATA_FORMATS, DOCUMENT_FORMATS, sheet_in_force
from forms.entry.submission import AcceptForm, ReopenForm, ReturnForm, StepForm

blueprint = Blueprint("review", __name__)


@dataclass(frozen=True)
class TableSummary:
    """A table of the sheet with the progress of its organisations."""

    table: SheetTable
    organisations: list[tuple[SupervisedOrganisation, OrganisationProgress]]

    @property
    def answered(self) -> int:
        """The number of answers that are given."""
        return sum(progress.answered for _, progress in self.organisations)

    @property
    def required(self) -> int:
        """The number of answers that are required."""
        return sum(progress.required for _, progress in self.organisations)


@dataclass(frozen=True)
class JustifiedWarning:
    """A warning with its justification; `label` and `answer` are empty if it concerns the whole report."""

    organisation: SupervisedOrganisation
    label: str
    answer: str
    issue: Issue


@blueprint.get(f"/bodies/<bin_>/{YEAR}")
@allow(Action.VIEW)
def body(bin_: str, year: int) -> str:
    """Show a body's year: status, points, progress of its organisations, justified warnings, and what a reviewer can do."""
    reporting_year, current_body, viewer = find_year(year), find_body(bin_), current_viewer()
    body_id, data = current_body.id, read_year_data(viewer, order_of(year), year, current_body.id)
    sheet, progress = sheet_in_force(current_body, data), progress_of(data, today()).organisations
    members = registry.organisations(viewer, body_id, year, current_language().code)
    organisations = [(member, progress[member.id]) for member in members if member.id in progress]
    submission, may_see_remarks = data.submission, viewer.may(Action.REPLY, body_id)
    return render_template(
        "review/body_year.html",
        body=next(iter(registry.bodies_as_named_in(viewer, [current_body], year))),
        parent=registry.parents(viewer, [current_body]).get(body_id),
        year=reporting_year,
        years=[item for item in registry.years() if current_body.has_begun_by(item.year)],
        sheet=sheet,
        tables=[
            TableSummary(table, [pair for pair in organisations if pair[0].kind == table.table.kind]) for table in sheet.tables
        ],
        submission=submission,
        status=status_of(submission),
        timeliness=data.timeliness(today()),
        today=today(),
        justified_warnings=_justified_warnings(sheet.order, organisations),
        files=evidence.counts(viewer, year, body_id) if viewer.may(Action.VIEW_FILES, body_id) else {},
        may_edit=viewer.may(Action.EDIT, body_id),
        steps=_steps(viewer.may(Action.REVIEW, body_id), submission),
        is_submitted_by_viewer=submission is not None and submission.submitted_id == viewer.account_id,
        may_see_remarks=may_see_remarks,
        open_remarks=open_remark_counts(viewer, year, [body_id]).get(body_id, 0) if may_see_remarks else 0,
        formats=DOCUMENT_FORMATS,
        data_formats=DATA_FORMATS,
        sheet_languages=list(LANGUAGES),
    )


def _justified_warnings(
    order: Order, organisations: list[tuple[SupervisedOrganisation, OrganisationProgress]]
) -> list[JustifiedWarning]:
    language, warnings = current_language(), []
    for organisation, progress in organisations:
        for issue in progress.issues:
            if issue.justification is not None:
                item = order.by_code.get(issue.code or "")
                label = item.label[language.code] if item else ""
                answer = values.format_value(order, item, issue.value, language) if item else ""
                warnings.append(JustifiedWarning(organisation, label, answer, issue))
    return warnings


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
