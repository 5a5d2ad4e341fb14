"""The command that scores a year under another reading or another order."""

import click

from evaluation.cli.context import command, format_table, language_option, print_json, transaction
from evaluation.comparison.notes import NO_RANK_IN_ORDER
from evaluation.comparison.readings.bases import bases_of, basis_of
from evaluation.comparison.readings.export import as_json
from evaluation.comparison.readings.model import BodyChange, Points
from evaluation.comparison.readings.queries import compare
from evaluation.language import N_, Language, language
from evaluation.policy import Viewer

HEADINGS = (
    N_("BIN"),
    N_("Points today"),
    N_("Points under the other reading"),
    N_("Rank today"),
    N_("Rank under the other reading"),
)


@command(
    click.option("--year", type=int, required=True, help="Reporting year."),
    click.option("--reading", default="", help="Another reading of the order, such as R3."),
    click.option("--order", "order_code", default="", help="Code of another order; by default the order of the year."),
    click.option("--json", "as_json_", is_flag=True, help="Print JSON: all bodies, sums by table and by region."),
    language_option,
    name="readings",
)
def readings(year: int, reading: str, order_code: str, as_json_: bool, lang: str) -> None:
    """Score a year under another reading or another order beside today's points; nothing is stored.

    Without a reading and an order, the readings and orders that can be applied are listed.

    Example: flask --app app readings --year 2024 --reading R3 --json
    """
    message_language = language(lang)
    with transaction():
        if not reading and not order_code:
            for item in bases_of(year):
                text = item.order.title if item.reading is None else item.reading.alternative
                click.echo(f"{item.code}  {text[lang]}")
            return
        basis = basis_of(year, order_code, reading)
        changes = compare(Viewer.system(), year, basis)
    if as_json_:
        print_json(as_json(year, basis, changes, message_language))
    else:
        _print_table(changes, message_language)


def _print_table(changes: list[BodyChange], message_language: Language) -> None:
    rows = [tuple(message_language.gettext(text) for text in HEADINGS)]
    for change in changes:
        if change.before != change.after:
            before, after = (_points(points, message_language) for points in change.totals)
            rows.append((change.bin, before, after, str(change.rank_before or "–"), str(change.rank_after or "–")))
    click.echo(format_table(rows))
    click.echo(message_language.gettext(NO_RANK_IN_ORDER))


def _points(points: Points, message_language: Language) -> str:
    return message_language.points_of(points.low, points.high, points.max)
