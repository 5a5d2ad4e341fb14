"""The reviewer's home: the bodies of a year with where they stand and their points, and the same list as a file."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, abort, g, render_template, request, url_for

from evaluation.answers import queries as collection
from evaluation.clock import today
from evaluation.criteria.model import Order
from evaluation.language import N_, heading
from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.registry.admin.labels import LEVEL_NAMES
from evaluation.registry.models import ReportingYear
from evaluation.review.body_list import export
from evaluation.review.body_list.model import COUNTS, LAST, LATENESS, PLAIN, POINTS, REMARKS, TABLE, Sort, Sought
from evaluation.review.body_list.operations import record_export
from evaluation.review.body_list.queries import list_bodies
from evaluation.submissions.status import STATUS_LABELS
from evaluation.web.core.access import allow
from evaluation.web.core.pagination import page_urls, requested_page
from evaluation.web.core.request_context import current_language, current_viewer, search_words, send_bytes, show_year

SHORT_LEVEL_NAMES = LEVEL_NAMES | {"rural": N_("Rural level")}
"""Where there is little room."""
FORMATS: dict[str, Callable[[export.Table, str], bytes]] = {
    "xlsx": export.as_xlsx,
    "csv": lambda made, _: export.as_csv(made),
}

blueprint = Blueprint("bodies", __name__)
blueprint.app_context_processor(lambda: {"level_names": SHORT_LEVEL_NAMES, "full_level_names": LEVEL_NAMES})


@blueprint.get("/bodies")
@allow(Action.VIEW)
def index() -> str:
    """The list of bodies with their points of a year."""
    years, year = registry.years(), year_asked()
    if year is None:
        return render_template("review/body_list/empty.html")
    viewer, order = current_viewer(), registry.orders().get(year.order_code)
    sought, sort = _asked(order)
    page = list_bodies(viewer, year, today(), current_language().code, sought, sort, requested_page())
    asked: dict[str, Any] = {"year": year.year, **sought.given()}

    # A part that is None is left out of the address.
    return render_template(
        "review/body_list/index.html",
        years=years,
        year=year,
        sought=sought,
        sort=sort,
        sorts=_sort_names(order, year.year),
        regions=registry.regions(viewer),
        states=STATUS_LABELS,
        lateness=LATENESS,
        remarks=REMARKS if viewer.may(Action.REPLY) else {},
        tables=[(TABLE + each.kind, order.kind[each.kind]) for each in order.form.tables] if order else [],
        page=page,
        page_url=page_urls(".index", **asked, **sort.given()),
        sort_url=lambda key: url_for(".index", **asked, **sort.toward(key).given()),
        file_url=lambda format_: url_for(".file", **asked, **sort.given(), format_=format_),
        formats=list(FORMATS),
    )


@blueprint.get("/bodies.<any(xlsx, csv):format_>")
@allow(Action.VIEW)
def file(format_: str) -> Response:
    """The whole list, kept and sorted as the page's, as a file; the record tells that it was taken."""
    viewer, language = current_viewer(), current_language()
    year = year_asked() or abort(404)
    order = registry.orders().get(year.order_code)
    sought, sort = _asked(order)
    lines = list_bodies(viewer, year, today(), language.code, sought, sort).items
    made = export.table(lines, order, year, language, remarks=viewer.may(Action.REPLY))
    content = FORMATS[format_](made, str(year.year))
    record_export(viewer, year.year, format_, sought.given() | sort.given(), content)
    g.keep = True
    return send_bytes(content, export.FORMATS[format_], f"bodies-{year.year}.{format_}")


def year_asked() -> ReportingYear | None:
    """The year that the address names by `year`; else the latest that any body has begun, else the newest, None without any.

    There is nothing to look at in a year that was opened today.
    """
    years, wanted = registry.years(), request.args.get("year", 0, type=int)
    year = next((each for each in years if each.year == wanted), None)
    if year is None and years:
        begun = collection.latest_begun(current_viewer(), [each.year for each in years])
        year = next((each for each in years if each.year == begun), years[0])
    return show_year(year) if year else None


def _asked(order: Order | None) -> tuple[Sought, Sort]:
    """What the address keeps the list to and sorts it by; remarks are for those who answer them."""
    given = request.args.to_dict()
    if not current_viewer().may(Action.REPLY):
        given = {name: value for name, value in given.items() if "remarks" not in (name, value)}
    return Sought.of(given, search_words(given.get("q"))), Sort.of(given, order)


def _sort_names(order: Order | None, year: int) -> dict[str, str]:
    """What the list can be sorted by in words, for who has no column heads before them."""
    language = current_language()
    kinds = [order.kind[each.kind] for each in order.form.tables] if order else []
    tables = {TABLE + kind.code: heading(kind.plural[language.code]) for kind in kinds}
    plain = {key: language.gettext(words) for key, words in (PLAIN | COUNTS | POINTS).items()}
    return plain | tables | {key: language.gettext(words, year=year - 1) for key, words in LAST.items()}
