"""The reviewer's home: the bodies of a year with status and points, as a page and as files."""

from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, Response, abort, g, render_template, request, url_for

from evaluation.answers.queries import latest_year_with_entries
from evaluation.clock import today
from evaluation.criteria.model import Order
from evaluation.language import N_, heading
from evaluation.policy import Action
from evaluation.registry import queries as registry
from evaluation.registry.admin.labels import LEVEL_NAMES
from evaluation.registry.models import ReportingYear
from evaluation.review.body_list import export
from evaluation.review.body_list.model import (
    AKIMAT_LABELS,
    BASIC_SORTS,
    COUNT_SORTS,
    LATENESS_LABELS,
    POINT_SORTS,
    PREVIOUS_YEAR_SORTS,
    REMARK_LABELS,
    TABLE_PREFIX,
    BodyFilters,
    Sort,
)
from evaluation.review.body_list.operations import record_body_list_export
from evaluation.review.body_list.queries import list_bodies
from evaluation.submissions.status import STATUS_LABELS
from evaluation.web.core.access import allow
from evaluation.web.core.pagination import page_urls, query_urls, requested_page
from evaluation.web.core.request_context import current_language, current_viewer, send_bytes, show_year
from evaluation.web.review.body_filters import body_filters, body_query
from evaluation.web.review.body_list_presenter import SHORT_LEVEL_NAMES, list_rows

WRITERS: dict[str, Callable[[export.ExportTable, str], bytes]] = {
    "xlsx": export.as_xlsx,
    "csv": lambda table, _title: export.as_csv(table),
}
WITHOUT_FULL_POINTS = N_("Only bodies that may not have full points in row %(row)s: %(table)s.")
WITH_SHARE = N_("Only bodies with %(low)s–%(high)s %% of the maximum.")

blueprint = Blueprint("bodies", __name__)
blueprint.app_context_processor(lambda: {"level_names": SHORT_LEVEL_NAMES, "full_level_names": LEVEL_NAMES})


@blueprint.get("/bodies")
@allow(Action.VIEW)
def index() -> str:
    """Show the list of bodies with their points of a year."""
    years = registry.years()
    year = _requested_year(years)
    if year is None:
        return render_template("review/body_list/empty.html")
    viewer, language, order = current_viewer(), current_language(), registry.orders().get(year.order_code)
    filters, sort = _requested_filters(order)
    filter_query: dict[str, Any] = {"year": year.year, **filters.to_query()}
    filtered_url = query_urls(".index", **filter_query)
    page = list_bodies(viewer, year, today(), language.code, filters, sort, requested_page())
    return render_template(
        "review/body_list/index.html",
        years=years,
        year=year,
        filters=filters,
        sort=sort,
        sort_names=_sort_names(order, year.year),
        regions=registry.regions(viewer),
        statuses=STATUS_LABELS,
        lateness=LATENESS_LABELS,
        remark_options=REMARK_LABELS if viewer.may(Action.REPLY) else {},
        tables=[(TABLE_PREFIX + table.kind, order.kind[table.kind]) for table in order.form.tables] if order else [],
        page=page,
        rows=list_rows(page.items, year.year, order, language),
        page_url=page_urls(".index", **filter_query, **sort.to_query()),
        sort_url=lambda key: filtered_url(**sort.toggled(key).to_query()),
        picture_filters=_picture_filters(filters, order, year.year),
        # url_for leaves out the parts that are None.
        file_url=lambda format_: url_for(".file", **filter_query, **sort.to_query(), format_=format_),
        formats=list(WRITERS),
    )


@blueprint.get("/bodies.<any(xlsx, csv):format_>")
@allow(Action.VIEW)
def file(format_: str) -> Response:
    """Download the whole list, filtered and sorted like the page; the download is recorded in the audit log."""
    viewer, language = current_viewer(), current_language()
    year = _requested_year(registry.years()) or abort(404)
    order = registry.orders().get(year.order_code)
    filters, sort = _requested_filters(order)
    rows = list_bodies(viewer, year, today(), language.code, filters, sort).items
    table = export.export_table(rows, order, year, language, with_remarks=viewer.may(Action.REPLY))
    content = WRITERS[format_](table, str(year.year))
    record_body_list_export(viewer, year.year, format_, filters.to_query() | sort.to_query(), content)
    g.commit_get = True
    return send_bytes(content, export.FORMATS[format_], f"bodies-{year.year}.{format_}")


def _requested_year(years: Sequence[ReportingYear]) -> ReportingYear | None:
    """Return the year of the query string; None when no year is open.

    Without a valid year in the query string it is the latest year with entries, because a year that was just opened has nothing
    to show; without any entries it is the newest year.
    """
    number = request.args.get("year", 0, type=int)
    year = next((year for year in years if year.year == number), None)
    if year is None and years:
        latest = latest_year_with_entries(current_viewer(), [year.year for year in years])
        year = next((year for year in years if year.year == latest), years[0])
    return show_year(year) if year else None


def _requested_filters(order: Order | None) -> tuple[BodyFilters, Sort]:
    """Return the filters and the sort order of the query string."""
    return body_filters(), Sort.from_query(body_query(), order)


def _picture_filters(filters: BodyFilters, order: Order | None, year: int) -> list[tuple[str, str, str, str]]:
    """Return name, value and description of the filters that only links of figures set, and the address without each."""
    language, descriptions = current_language(), {}
    if filters.row_parts:
        kind, row = filters.row_parts
        table = order.kind[kind].plural[language.code] if order and kind in order.kind else kind
        descriptions["row"] = language.gettext(WITHOUT_FULL_POINTS, row=row, table=table)
    if filters.share_bounds:
        from_, to = filters.share_bounds
        descriptions["share"] = language.gettext(WITH_SHARE, low=from_, high=to)
    if filters.akimat:
        descriptions["akimat"] = language.gettext(AKIMAT_LABELS[filters.akimat])
    query = {"year": year, **filters.to_query()}
    return [(name, query[name], text, url_for(".index", **(query | {name: None}))) for name, text in descriptions.items()]


def _sort_names(order: Order | None, year: int) -> dict[str, str]:
    """Return sort key → its name, for the sort menu of narrow screens, where the table has no header."""
    language = current_language()
    kinds = [order.kind[table.kind] for table in order.form.tables] if order else []
    tables = {TABLE_PREFIX + kind.code: heading(kind.plural[language.code]) for kind in kinds}
    names = {key: language.gettext(label) for key, label in (BASIC_SORTS | COUNT_SORTS | POINT_SORTS).items()}
    return names | tables | {key: language.gettext(label, year=year - 1) for key, label in PREVIOUS_YEAR_SORTS.items()}
