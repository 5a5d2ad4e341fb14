"""The page of a body's budget decisions: the year's plan beside what the organisations report, income over years, the list."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from flask import abort, redirect, render_template, url_for
from markupsafe import Markup
from werkzeug import Response as Redirection

from evaluation.answers.year_data import read_year_data
from evaluation.budgets import explanations, queries
from evaluation.budgets.classification import Group, classification
from evaluation.budgets.comparison import GroupComparison
from evaluation.budgets.labels import amount_text
from evaluation.budgets.queries import PlannedYear
from evaluation.budgets.records import to_thousands
from evaluation.charts import Link, to_svg
from evaluation.charts.amounts import Amount, YearAmounts, amount_chart
from evaluation.clock import today
from evaluation.language import N_, Language
from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.registry.models import Body
from evaluation.web.budgets.blueprint import ADDRESS, blueprint
from evaluation.web.core.access import allow
from evaluation.web.core.errors import errors_shown_in
from evaluation.web.core.request_context import current_language, current_viewer, find_body, find_year, order_of
from forms.budgets.decision import ReasonForm

CHART_TITLE = N_("Planned income from state property, its sale and costs of its management by year, thousand tenge")


@dataclass(frozen=True)
class GroupRow:
    """A group of planned income with its sums; `depth` is 1 for a part of the group above."""

    group: Group
    depth: int
    sums: GroupComparison
    form: ReasonForm | None


@blueprint.get(ADDRESS)
@allow(Action.VIEW_FILES)
def index(bin_: str, year: int) -> str:
    """Show the decisions of a body, and the year's plan beside what was reported."""
    return _page(bin_, year)


@blueprint.post(f"{ADDRESS}/explanations/<group>")
@allow(Action.EDIT)
def explain(bin_: str, year: int, group: str) -> str | Redirection | tuple[str, int]:
    """Store why the plan and the reports differ; an empty reason withdraws the explanation."""
    order, body, viewer, form = order_of(year), find_body(bin_), current_viewer(), ReasonForm()
    viewer.require(Action.EDIT, body.id)
    if group not in classification().groups:
        abort(404)
    reason = (form.reason.data or "").strip()
    if not form.validate():
        return _page(bin_, year, group, form), HTTPStatus.UNPROCESSABLE_ENTITY
    with errors_shown_in(form, lambda: _page(bin_, year, group, form)):
        if reason:
            explanations.explain(viewer, order, year, body.id, group, reason, today())
        else:
            explanations.withdraw(viewer, year, body.id, group, today())
    return redirect(url_for(".index", bin_=bin_, year=year, _anchor=f"group-{group}"), 303)


def _page(bin_: str, year: int, group: str = "", form: ReasonForm | None = None) -> str:
    reporting_year, order, body, viewer = find_year(year), order_of(year), find_body(bin_), current_viewer()
    viewer.require(Action.VIEW_FILES, body.id)
    data = read_year_data(viewer, order, year, body.id)
    comparison = queries.comparison(viewer, data)
    may_edit = viewer.may(Action.EDIT, body.id)
    is_open = may_edit and data.lock(today()) is None
    series = queries.series(viewer, body.id)
    return render_template(
        "budgets/index.html",
        body=body,
        year=reporting_year,
        years=[item for item in registry.years() if body.has_begun_by(item.year)],
        comparison=comparison,
        rows=_rows(comparison.groups, group, form, is_open) if comparison else [],
        thousands=to_thousands,
        chart=_chart(body, series, current_language()) if series else None,
        chart_title=CHART_TITLE,
        chart_groups=_chart_groups(),
        series=series,
        decisions=queries.decisions(viewer, body.id),
        drafts=queries.drafts(viewer, body.id) if may_edit else [],
        may_add=is_open,
    )


def _rows(groups: Sequence[GroupComparison], group: str, form: ReasonForm | None, is_open: bool) -> list[GroupRow]:
    by_key = classification().groups
    rows = []
    for sums in groups:
        row_form = None
        if sums.is_warning and is_open:
            stored = sums.explanation.reason if sums.explanation else ""
            row_form = form if form and sums.group == group else ReasonForm(formdata=None, prefix="", reason=stored)
        rows.append(GroupRow(by_key[sums.group], int(bool(by_key[sums.group].parent)), sums, row_form))
    return rows


def _chart_groups() -> list[Group]:
    """Return the groups of the chart: those that no other one contains."""
    return [group for group in classification().groups.values() if not group.parent]


def _chart(body: Body, series: Sequence[PlannedYear], language: Language) -> Markup:
    groups = _chart_groups()
    names = [group.names[language.code] for group in groups]

    def amount(planned: PlannedYear, key: str, name: str) -> Amount | None:
        if key not in planned.planned:
            return None
        value = to_thousands(planned.planned[key])
        text = amount_text(value, language)
        url = url_for(".decision", bin_=body.bin, year=planned.year, decision_id=planned.decision.id)
        return Amount(value, text, Link(url, f"{planned.year}, {name}: {text}"))

    years = [
        YearAmounts(item.year, tuple(amount(item, group.key, name) for group, name in zip(groups, names, strict=True)))
        for item in series
    ]
    return Markup(to_svg(amount_chart(language.gettext(CHART_TITLE), names, years, language)))  # noqa: S704 - the application drew it
