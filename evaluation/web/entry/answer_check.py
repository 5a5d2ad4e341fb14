"""The answers of a body's year to check before they are submitted: beside last year's, with the warnings kept with a reason."""

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Blueprint, render_template

from evaluation.answers import values
from evaluation.answers.checks import Issue
from evaluation.criteria.model import Order
from evaluation.language import Language
from evaluation.pagination import Page
from evaluation.policy import Action
from evaluation.web.core.access import allow
from evaluation.web.core.pagination import page_urls, requested_page
from evaluation.web.core.request_context import YEAR, current_language
from evaluation.web.entry.home import OrganisationRow, read_home

ORGANISATIONS_PER_PAGE = 20

blueprint = Blueprint("answer_check", __name__)


@dataclass(frozen=True)
class CheckedAnswer:
    """An answer as text, last year's answer to the same question (empty without one), and the warnings kept with a reason."""

    code: str
    label: str
    text: str
    last_year_text: str
    justified_warnings: tuple[Issue, ...]


@blueprint.get(f"/bodies/<bin_>/{YEAR}/submission/answers")
@allow(Action.EDIT)
def page(bin_: str, year: int) -> str:
    """Show the answers, some organisations at a time."""
    home, language = read_home(bin_, year), current_language()
    shown = Page.from_list(home.rows, requested_page(), ORGANISATIONS_PER_PAGE)
    last_order = home.data.last_order or home.order
    return render_template(
        "entry/submission/answers.html",
        home=home,
        body=home.body,
        year=home.year,
        page=shown,
        page_url=page_urls(".page", bin_=bin_, year=year),
        answers={row.organisation.bin: list(_answers(home.order, last_order, row, language)) for row in shown.items},
    )


def _answers(order: Order, last_order: Order, row: OrganisationRow, language: Language) -> Iterator[CheckedAnswer]:
    """Yield the answers of an organisation in the form's order; blanks that are not required are left out."""
    progress = row.progress
    for item in (*order.indicators_of(progress.kind), *order.evidence_of(progress.kind)):
        value = progress.report.value(item.code)
        last_item = last_order.by_code.get(item.code)
        last_value = (progress.last_year_answers or {}).get(item.code)
        if value is None and last_value is None and item.code not in progress.blank:
            continue
        is_comparable = last_item is not None and last_item.type == item.type
        yield CheckedAnswer(
            item.code,
            item.label[language.code],
            values.format_value(order, item, value, language),
            values.format_value(last_order, last_item, last_value, language) if last_item and is_comparable else "",
            tuple(issue for issue in progress.issues if issue.code == item.code and issue.reason),
        )
