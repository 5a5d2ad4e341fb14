"""The ranking of a year's bodies, as a page and as files."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, abort, g, redirect, render_template, request, url_for
from werkzeug import Response as Redirection

from evaluation.answers.queries import latest_year_with_entries
from evaluation.comparison.queries import access_of
from evaluation.comparison.ranking import queries
from evaluation.comparison.ranking.export import export_table, workbook_table
from evaluation.comparison.ranking.labels import SCOPE_KIND_NAMES, region_name, scope_name, tables_name
from evaluation.comparison.ranking.members import Members
from evaluation.comparison.ranking.model import (
    LEVEL,
    REGION,
    SORTS,
    TABLE_PREFIX,
    TABLES,
    RankingQuery,
    Scope,
    may_count,
)
from evaluation.comparison.ranking.operations import record_ranking_export
from evaluation.comparison.ranking.pdf import INTERVAL_NOTE, as_pdf
from evaluation.criteria.model import Order
from evaluation.language import Language
from evaluation.policy import Action, Viewer
from evaluation.registry import queries as registry
from evaluation.registry.admin.labels import LEVEL_NAMES
from evaluation.results.operations import refresh
from evaluation.review.body_list import export
from evaluation.web.comparison import context
from evaluation.web.comparison.ranking_rows import shown_rows
from evaluation.web.core.access import allow
from evaluation.web.core.pagination import page_urls, requested_page
from evaluation.web.core.request_context import (
    YEAR,
    current_language,
    current_viewer,
    find_year,
    order_of,
    search_words,
    send_bytes,
)

blueprint = Blueprint("ranking", __name__)
blueprint.app_context_processor(context)

FORMATS = export.FORMATS | {"pdf": "application/pdf"}
"""Format → its media type."""


@dataclass(frozen=True)
class ScopeGroup:
    """The scopes of one kind to choose from, each with its value in the address and its name."""

    label: str
    scopes: Sequence[tuple[str, str]]


@blueprint.get("/ranking")
@allow(Action.VIEW)
def index() -> Redirection:
    """Redirect to the ranking of the latest year with entries; without entries, of the newest year."""
    years = [year.year for year in registry.years()] or abort(404)
    latest = latest_year_with_entries(current_viewer(), years)
    return redirect(url_for(".page", year=latest if latest in years else years[0]), 303)


@blueprint.get(f"/ranking/{YEAR}")
@allow(Action.VIEW)
def page(year: int) -> str:
    """Show the ranking of a year within a scope."""
    reporting_year, order = find_year(year), order_of(year)
    refresh([year - 1, year])
    viewer, language, query = current_viewer(), current_language(), _requested(order)
    access, everyone, regions = access_of(viewer, year), queries.members(viewer, year), queries.region_names(viewer)
    shares, parts = everyone.distribution(query.scope), query.to_query()
    kinds = [table.kind for table in order.form.tables]
    shown = queries.ranking(access.reader, year, query, language.code, everyone, requested_page())
    return render_template(
        "comparison/ranking/page.html",
        year=reporting_year,
        years=registry.years(),
        query=query,
        scope_label=scope_name(query.scope, order, language, regions),
        scope_groups=_scope_groups(everyone, access.reader, order, regions, language),
        tables=[(TABLE_PREFIX + kind, order.kind[kind].plural[language.code]) for kind in kinds],
        sorts=SORTS,
        page=shown.with_items(shown_rows(shown.items, viewer, kinds, year, language)),
        access=access,
        ranked=shares.total,
        tenths=shares.tenths() if may_count(access, query.scope) and shares.total else (),
        without_tables=everyone.count(access.reader, query.scope, without_tables=True),
        interval_note=INTERVAL_NOTE,
        # url_for leaves out the parts that are None.
        page_url=page_urls(".page", year=year, **parts),
        sort_url=lambda key: url_for(".page", year=year, **query.sorted_by(key).to_query()),
        file_url=lambda format_: url_for(".file", year=year, format_=format_, **parts),
        year_url=lambda other: url_for(".page", year=other, **parts),
        formats=list(FORMATS),
    )


@blueprint.get(f"/ranking/{YEAR}.<any(xlsx, csv, pdf):format_>")
@allow(Action.VIEW)
def file(year: int, format_: str) -> Response:
    """Download the whole ranking, filtered and sorted like the page; the download is recorded in the audit log."""
    reporting_year, order = find_year(year), order_of(year)
    refresh([year - 1, year])
    viewer, language, query = current_viewer(), current_language(), _requested(order)
    everyone = queries.members(viewer, year)
    rows = queries.ranking(access_of(viewer).reader, year, query, language.code, everyone, None).items
    label = scope_name(query.scope, order, language, queries.region_names(viewer))
    writers: dict[str, Callable[[], bytes]] = {
        "xlsx": lambda: export.as_xlsx(workbook_table(export_table(rows, order, reporting_year, language)), str(year)),
        "csv": lambda: export.as_csv(export_table(rows, order, reporting_year, language)),
        "pdf": lambda: as_pdf(rows, order, reporting_year, language, label, everyone.distribution(query.scope).total),
    }
    content = writers[format_]()
    record_ranking_export(viewer, year, format_, query, content)
    g.commit_get = True
    return send_bytes(content, FORMATS[format_], f"ranking-{year}-{query.scope}.{format_}")


def _requested(order: Order) -> RankingQuery:
    query = request.args.to_dict()
    return RankingQuery.from_query(query, search_words(query.get("q")), order)


def _scope_groups(
    everyone: Members, viewer: Viewer, order: Order, regions: Mapping[str, tuple[str, str]], language: Language
) -> list[ScopeGroup]:
    """Return the scopes of the ranked bodies that the viewer can see, in groups by their kind."""
    levels = [(str(Scope(LEVEL, level)), language.gettext(LEVEL_NAMES[level])) for level in everyone.levels(viewer)]
    codes = everyone.regions(viewer)
    names = [(str(Scope(REGION, code)), region_name(code, regions, language)) for code in codes]
    tables = [(str(scope), tables_name(scope, order, language)) for scope in everyone.table_scopes(viewer)]
    groups = ((LEVEL, levels), (REGION, names), (TABLES, tables))
    return [ScopeGroup(SCOPE_KIND_NAMES[kind], scopes) for kind, scopes in groups if scopes]
