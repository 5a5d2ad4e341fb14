"""The assessment sheet as of a day, reconstructed from the audit log."""

from datetime import date

from flask import Blueprint, render_template, request
from flask_babel import gettext

from evaluation.answers import values
from evaluation.clock import today
from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.review.history.reconstruct import end_of_day, sheet_as_of
from evaluation.sheets.document import LANGUAGES
from evaluation.sheets.input import build_sheet
from evaluation.submissions.models import ACCEPTED
from evaluation.web.core.access import allow
from evaluation.web.core.request_context import YEAR, current_viewer, find_body, order_of
from evaluation.web.sheets.sheet_presenter import present_sheet
from evaluation.web.sheets.sheets import chosen_languages

blueprint = Blueprint("as_of", __name__)


@blueprint.get(f"/bodies/<bin_>/{YEAR}/as-of")
@allow(Action.VIEW)
def page(bin_: str, year: int) -> str | tuple[str, int]:
    """Show the sheet as of the end of a day in Asia/Almaty; without a day, only the form for the day."""
    order_of(year)
    body, typed, latest = find_body(bin_), request.args.get("on", ""), today()
    languages, day, message, historical = chosen_languages(), _parse_day(typed), "", None
    if typed and (day is None or day > latest):
        day, message = None, gettext("Enter a date in the past, such as %(day)s.", day=f"{latest:%d.%m.%Y}")
    if day is not None:
        historical = sheet_as_of(current_viewer(), registry.orders(), body, year, end_of_day(day))
        if historical is None:
            message = gettext("On %(day)s the body was not in the registry yet, or the year was not open.", day=f"{day:%d.%m.%Y}")
    status = historical.status if historical else ""
    sheet = build_sheet(historical.sheet_input) if historical else None
    content = render_template(
        "sheets/as_of.html",
        body=body,
        year=year,
        typed=typed,
        day=day,
        latest=latest,
        message=message,
        status=status,
        page=present_sheet(sheet, languages, accepted=status == ACCEPTED) if sheet else None,
        chosen=languages,
        sheet_languages=list(LANGUAGES),
    )
    return (content, 422) if message else content


def _parse_day(typed: str) -> date | None:
    """The day that a browser sends or a person types; None if it is not a date."""
    try:
        return date.fromisoformat(values.parse_date(typed))
    except values.InvalidValue:
        return None
