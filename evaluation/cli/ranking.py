"""The command that prints a year's ranking."""

import click

from evaluation.cli.context import command, format_table, language_option, print_json
from evaluation.comparison.notes import NO_RANK_IN_ORDER
from evaluation.comparison.ranking import queries
from evaluation.comparison.ranking.export import row_as_json, row_texts
from evaluation.comparison.ranking.labels import scope_name
from evaluation.comparison.ranking.model import RankingQuery, Scope
from evaluation.errors import EvaluationError
from evaluation.language import N_, language
from evaluation.policy import Viewer
from evaluation.registry import queries as registry
from evaluation.results.operations import refresh
from evaluation.schema import require_current


@command(
    click.option("--year", type=int, required=True, help="Reporting year."),
    click.option(
        "--scope",
        "scope_text",
        default="country",
        show_default=True,
        help="country, level-LEVEL, region-DIGITS (of the KATO code), or tables-KIND.KIND for bodies with exactly these tables.",
    ),
    click.option("--json", "as_json", is_flag=True, help="Print JSON."),
    language_option,
    name="ranking",
)
def ranking(year: int, scope_text: str, as_json: bool, lang: str) -> None:
    """Print the ranking of a year's bodies by their share of the maximum; the Order itself knows no rank.

    Example: flask --app app ranking --year 2024 --scope region-75 --json
    """
    require_current()
    viewer, order, output_language = Viewer.system(), registry.order_of(year), language(lang)
    if order is None:
        raise EvaluationError(N_("The reporting year %(year)s is not open."), year=year)
    scope = Scope.parse(scope_text, order)
    if scope is None:
        raise EvaluationError(N_("“%(scope)s” is not a group of bodies to rank; see --help."), scope=scope_text)
    refresh([year - 1, year])
    everyone = queries.members(viewer, year)
    rows = queries.ranking(viewer, year, RankingQuery(scope), lang, everyone, None).items
    if as_json:
        without = RankingQuery(scope, without_tables=True)
        apart = queries.ranking(viewer, year, without, lang, everyone, None).items
        print_json(
            {
                "year": year,
                "order": order.code,
                "scope": str(scope),
                "note": output_language.gettext(NO_RANK_IN_ORDER),
                "ranked": [row_as_json(row, output_language) for row in rows],
                "without_tables": [row_as_json(row, output_language) for row in apart],
            }
        )
        return
    click.echo(f"{scope_name(scope, order, output_language, queries.region_names(viewer))}, {output_language.period(year)}")
    click.echo(output_language.gettext(NO_RANK_IN_ORDER))
    if rows:
        click.echo(format_table([row_texts(row, output_language) for row in rows]))
