"""A body's year for who looks at it and reviews it."""

from dataclasses import dataclass

from flask import Blueprint, render_template

from evaluation.answers import values
from evaluation.answers.checks import Finding
from evaluation.answers.evidence import queries as evidence
from evaluation.answers.progress.model import OrganisationState
from evaluation.answers.progress.queries import body_state
from evaluation.answers.readiness import queries as submissions
from evaluation.clock import today
from evaluation.criteria.model import Order
from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.registry.models import Organisation
from evaluation.review import queries as reviews
from evaluation.sheets import SheetTable
from evaluation.sheets.document import LANGUAGES
from evaluation.submissions.models import ACCEPTED, SUBMITTED, Submission
from evaluation.submissions.status import standing_of
from evaluation.submissions.timeliness import punctuality
from evaluation.web.core.access import allow
from evaluation.web.core.request_context import YEAR, current_language, current_viewer, find_body, find_year
from evaluation.web.sheets.sheets import DATA, DOCUMENTS, sheet_in_force
from forms.entry.submission import AcceptForm, GiveBackForm, ReopenForm, StepForm

blueprint = Blueprint("review", __name__)


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
    sheet = sheet_in_force(found, year)
    states = body_state(viewer, sheet.order, year, found.id, today()).organisations
    organisations = registry.organisations(viewer, found.id, year, current_language().code)
    pairs = [(each, states[each.id]) for each in organisations if each.id in states]
    kinds = [KindLine(table, [pair for pair in pairs if pair[0].kind == table.table.kind]) for table in sheet.tables]
    submission, sees_files = submissions.submission(viewer, year, found.id), viewer.may(Action.FILES, found.id)
    sees_remarks = viewer.may(Action.REPLY, found.id)
    return render_template(
        "review/body_year.html",
        body=next(iter(registry.bodies_in(viewer, [found], year))),
        parent=registry.parents(viewer, [found]).get(found.id),
        year=opened,
        years=[each for each in registry.years() if found.had_begun(each.year)],
        sheet=sheet,
        kinds=kinds,
        submission=submission,
        standing=standing_of(submission),
        punctuality=punctuality(viewer, opened, [found.id], today())[found.id],
        today=today(),
        kept=_kept(sheet.order, pairs),
        files=evidence.counts(viewer, year, found.id) if sees_files else {},
        may_edit=viewer.may(Action.EDIT, found.id),
        steps=_steps(viewer.may(Action.REVIEW, found.id), submission),
        own_submission=submission is not None and submission.submitted_id == viewer.account_id,
        sees_remarks=sees_remarks,
        open_remarks=reviews.open_remarks(viewer, year, [found.id]).get(found.id, 0) if sees_remarks else 0,
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


def _steps(may: bool, submission: Submission | None) -> dict[str, StepForm]:
    """The forms of the steps that a reviewer can take now, the usual one first; none for others."""
    if not may or submission is None:
        return {}
    version = submission.version
    if submission.state == SUBMITTED:
        return {"accept": AcceptForm(formdata=None, version=version), "give_back": GiveBackForm(formdata=None, version=version)}
    return {"reopen": ReopenForm(formdata=None, version=version)} if submission.state == ACCEPTED else {}
