"""The assessment sheet as it stood on a day, rebuilt from the record."""

from datetime import date

from flask import Blueprint, render_template, request
from flask_babel import gettext

from evaluation.answers import values
from evaluation.clock import today
from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.review.history.reconstruct import end_of, known
from evaluation.sheets.document import LANGUAGES
from evaluation.sheets.input import sheet_of
from evaluation.submissions.models import ACCEPTED
from evaluation.web.core.access import allow
from evaluation.web.core.request_context import YEAR, current_viewer, find_body, order_of
from evaluation.web.sheets.sheet_presenter import sheet_page
from evaluation.web.sheets.sheets import chosen_languages

blueprint = Blueprint("known", __name__)


@blueprint.get(f"/bodies/<bin_>/{YEAR}/known")
@allow(Action.SEE)
def page(bin_: str, year: int) -> str | tuple[str, int]:
    """The sheet of a body's year as it was known at the end of a day in Kazakhstan; without a day, the form that asks for it."""
    order_of(year)
    body, typed, latest = find_body(bin_), request.args.get("on", ""), today()
    chosen, day, refused, found = chosen_languages(), _day(typed), "", None
    if typed and (day is None or day > latest):
        day, refused = None, gettext("Give a day that has been, such as %(day)s.", day=f"{latest:%d.%m.%Y}")
    if day is not None:
        found = known(current_viewer(), registry.orders(), body, year, end_of(day))
        if found is None:
            refused = gettext("On %(day)s the body was not in the registry yet, or the year was not open.", day=f"{day:%d.%m.%Y}")
    shown = render_template(
        "sheets/as_of.html",
        body=body,
        year=year,
        typed=typed,
        day=day,
        latest=latest,
        refused=refused,
        state=found.state if found else "",
        page=sheet_page(sheet_of(found.source), chosen, accepted=found.state == ACCEPTED) if found else None,
        chosen=chosen,
        sheet_languages=list(LANGUAGES),
    )
    return (shown, 422) if refused else shown


def _day(typed: str) -> date | None:
    """A day as a browser sends it, or as people type it where the browser has no calendar; None for what is none."""
    try:
        return date.fromisoformat(values.day(typed))
    except values.Wrong:
        return None
