"""A trial: what other answers would give a body. The answers of the form are scored in memory; nothing is stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, render_template, request

from evaluation.answers.model import ReportSnapshot, same_value
from evaluation.answers.values import format_value
from evaluation.answers.year_data import YearData, read_year_data
from evaluation.clock import today
from evaluation.comparison.improvement.model import YearTotal
from evaluation.comparison.improvement.trial import RankMove, rank_moves, with_answers
from evaluation.comparison.ranking.labels import scope_name
from evaluation.comparison.ranking.queries import region_names
from evaluation.criteria.model import Indicator, Order
from evaluation.language import Language, heading
from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.registry.models import Body
from evaluation.registry.queries import SupervisedOrganisation
from evaluation.results.operations import refresh
from evaluation.sheets import Sheet, SheetRow
from evaluation.sheets.queries import sheet_of_data
from evaluation.submissions.models import ACCEPTED
from evaluation.web.core.access import allow
from evaluation.web.core.request_context import YEAR, current_language, current_viewer, find_body, order_of
from evaluation.web.review.year_summary import row_name
from evaluation.web.sheets.sheets import sheet_in_force
from forms.entry.report import ReportForm, answer_name, report_form

MAX_ORGANISATIONS = 10
"""Organisations whose answers one trial can change."""
ADDRESS = f"/bodies/<bin_>/{YEAR}/trial"

blueprint = Blueprint("trial", __name__)


@dataclass(frozen=True)
class TrialQuestion:
    """An indicator with its field; `stored` is the stored answer as text where the trial has another one."""

    item: Indicator
    field: Any
    stored: str | None


@dataclass(frozen=True)
class TrialOrganisation:
    """A chosen organisation with its questions and the answers that were submitted, by code; invalid ones are left out."""

    organisation: SupervisedOrganisation
    questions: tuple[TrialQuestion, ...]
    answers: Mapping[str, Any]

    @property
    def changed_count(self) -> int:
        """How many answers of the trial differ from the stored ones."""
        return sum(question.stored is not None for question in self.questions)


@dataclass(frozen=True)
class TrialResult:
    """The sheet as stored and with the answers of the trial; `rows` are the rows whose points differ, before and after."""

    before: Sheet
    after: Sheet
    rows: tuple[tuple[str, SheetRow, SheetRow], ...]
    ranks: tuple[tuple[str, RankMove], ...]


@blueprint.route(ADDRESS, methods=["GET", "POST"])
@allow(Action.VIEW)
def page(bin_: str, year: int) -> str:
    """Show the form of the chosen organisations and, once it was sent, the points and ranks that its answers would give."""
    order = order_of(year)
    refresh([year])
    body, viewer, language = find_body(bin_), current_viewer(), current_language()
    data = read_year_data(viewer, order, year, body.id)
    listed = [item for item in registry.organisations(viewer, body.id, year, language.code) if item.kind in order.kind]
    chosen = _chosen(listed)
    reports = {report.organisation_id: report for report in data.reports}
    trials = [_trial_organisation(order, year, reports[item.id], item, language) for item in chosen if item.id in reports]
    is_outdated = _is_outdated(body, data)
    has_result = request.method == "POST" and not is_outdated
    return render_template(
        "comparison/improvement/trial.html",
        body=body,
        year=year,
        order=order,
        trials=trials,
        others=_by_kind(order, [item for item in listed if item not in chosen], language),
        may_add=len(chosen) < MAX_ORGANISATIONS,
        max_organisations=MAX_ORGANISATIONS,
        lock=data.lock(today()),
        is_outdated=is_outdated,
        result=_result(order, body, data, trials, language) if has_result else None,
    )


def _is_outdated(body: Body, data: YearData) -> bool:
    """Whether the accepted sheet in force has other points than the stored answers: a trial would have no points before it."""
    if data.submission is None or data.submission.status != ACCEPTED:
        return False
    stored = sheet_of_data(current_viewer(), body, data) or abort(404)
    return _row_points(sheet_in_force(body, data)) != _row_points(stored)


def _row_points(sheet: Sheet) -> list[tuple[str, bool, str, int, int]]:
    return [
        (table.table.kind, table.applicable, row.row.number, row.low, row.high)
        for table in sheet.tables
        for row in table.scored_rows
    ]


def _chosen(listed: Sequence[SupervisedOrganisation]) -> list[SupervisedOrganisation]:
    """The organisations that the request names, in its order, without the one that it removes."""
    by_bin = {item.bin: item for item in listed}
    bins = dict.fromkeys(request.values.getlist("organisation"))
    removed = request.form.get("remove")
    return [by_bin[bin_] for bin_ in bins if bin_ in by_bin and bin_ != removed][:MAX_ORGANISATIONS]


def _by_kind(
    order: Order, organisations: Sequence[SupervisedOrganisation], language: Language
) -> list[tuple[str, list[SupervisedOrganisation]]]:
    groups = [(kind, [item for item in organisations if item.kind == kind.code]) for kind in order.kinds]
    return [(heading(kind.plural[language.code]), items) for kind, items in groups if items]


def _trial_organisation(
    order: Order, year: int, report: ReportSnapshot, organisation: SupervisedOrganisation, language: Language
) -> TrialOrganisation:
    formdata = request.form if request.method == "POST" else None
    form: ReportForm = report_form(order, report.kind)(
        report.answers, year, language, formdata=formdata, prefix=f"o{organisation.bin}", meta={"csrf": False}
    )
    answers: dict[str, Any] = {}
    if formdata is not None:
        form.validate()
        fields = {item.code: form[answer_name(item)] for item in order.indicators_of(report.kind)}
        # An organisation that was just added has no fields in the request yet.
        answers = {code: field.value for code, field in fields.items() if field.name in formdata and not field.errors}
    questions = []
    for item in order.indicators_of(report.kind):
        stored = report.answers.get(item.code)
        is_changed = item.code in answers and not same_value(answers[item.code], stored)
        text = format_value(order, item, stored, language) if is_changed else None
        questions.append(TrialQuestion(item, form[answer_name(item)], text))
    return TrialOrganisation(organisation, tuple(questions), answers)


def _result(order: Order, body: Body, data: YearData, trials: Sequence[TrialOrganisation], language: Language) -> TrialResult:
    viewer = current_viewer()
    changed = with_answers(data, {trial.organisation.id: trial.answers for trial in trials})
    before, after = (sheet_of_data(viewer, body, of_year) or abort(404) for of_year in (data, changed))
    rows = tuple(
        (f"{heading(order.kind[old.table.kind].plural[language.code])}: {row_name(first, language)}", first, second)
        for old, new in zip(before.tables, after.tables, strict=True)
        for first, second in zip(old.rows, new.rows, strict=True)
        if (first.low, first.high) != (second.low, second.high)
    )
    moves = rank_moves(viewer, data.year, body.id, YearTotal(after.low, after.high, after.max))
    regions = region_names(viewer)
    return TrialResult(before, after, rows, tuple((scope_name(move.scope, order, language, regions), move) for move in moves))
