"""The command that checks a criteria file before it is used."""

import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

import click
from flask.cli import AppGroup

from evaluation.cli.context import command, language_option
from evaluation.criteria.comparison import differences
from evaluation.criteria.key_lines import lines_of_keys
from evaluation.criteria.loader import AddedFile, Orders, criteria_files, read_added_file, read_text
from evaluation.criteria.model import Order
from evaluation.criteria.problem import Problem, with_lines
from evaluation.language import N_, Language, language
from evaluation.registry import queries as registry
from evaluation.scoring.trial import REPORT_COUNT, try_order

criteria = AppGroup("criteria", help="Check criteria files before they are used.")

SEVERITIES = {"error": N_("error"), "warning": N_("warning")}


@command(click.argument("file", type=click.Path(exists=True, path_type=Path)), language_option, name="check")
def check(file: Path, lang: str) -> None:
    """Check a criteria file or a folder of them: every mistake with its line and key, a trial on random reports, what changes.

    Nothing is stored. The exit status is 1 if the file has errors; it cannot be used then. Warnings ask to look again.

    Example: flask --app app criteria check instance/criteria/order_2030.toml --lang ru
    """
    checked = [_check(path, language(lang)) for path in criteria_files(file)]
    if not all(checked):
        sys.exit(1)


def _check(file: Path, message_language: Language) -> bool:
    """Print what is wrong with a file, or what it changes; whether it can be used."""
    orders = registry.orders()
    others = tuple(order for order in orders.all if orders.paths[order.code].resolve() != file.resolve())
    added = read_added_file(file, others)
    if added.order is None:
        _print_problems(added.problems, message_language)
        click.echo(_count_text(added, message_language), err=True)
        return False
    _try(added, added.order, message_language)
    superseded = Orders(others).before(added.order)
    if superseded is not None:
        _print_differences(file, added.order, superseded, orders.paths[superseded.code], message_language)
    return True


def _try(added: AddedFile, order: Order, message_language: Language) -> None:
    """Score random reports and print all warnings, then what was tried."""
    trial = try_order(order)
    text = read_text(added.path)
    located = with_lines(trial.problems, lines_of_keys(text, tomllib.loads(text))) if trial.problems else ()
    _print_problems(sorted((*added.problems, *located), key=lambda problem: problem.line or 0), message_language)
    click.echo(
        message_language.gettext(
            "The file can be used. It was tried on %(count)s random reports of each kind; points of its tables:",
            count=message_language.number(REPORT_COUNT),
        )
    )
    rows = trial.scores.totals.groupby("kind", sort=False).agg({"low": "min", "high": "max", "max": "max"})
    for kind, low, high, maximum in rows.itertuples():
        click.echo(f"  {order.kind[str(kind)].name[message_language.code]}: {message_language.points_of(low, high, maximum)}")


def _print_differences(file: Path, order: Order, superseded: Order, path: Path, message_language: Language) -> None:
    click.echo(
        message_language.gettext(
            "From %(year)s it supersedes the order %(code)s. What differs (+ added, - dropped, ~ changed):",
            year=order.from_year,
            code=superseded.code,
        )
    )
    before, after = (tomllib.loads(read_text(part)) for part in (path, file))
    for difference in differences(before, after):
        click.echo(f"  {difference.text(message_language.code)}")
    for kind in order.kind:
        maxima = [_maximum(item, kind) for item in (superseded, order)]
        if maxima[0] != maxima[1]:
            name = order.kind[kind].plural[message_language.code]
            click.echo(
                message_language.gettext(
                    "The maximum of “%(table)s”: %(before)s → %(after)s", table=name, before=maxima[0], after=maxima[1]
                )
            )


def _maximum(order: Order, kind: str) -> int:
    table = order.table.get(kind)
    return sum(order.criterion[str(row.criterion)].max for row in table.scored_rows) if table else 0


def _print_problems(problems: Iterable[Problem], message_language: Language) -> None:
    for problem in problems:
        severity = message_language.gettext(SEVERITIES[problem.severity])
        click.echo(f"{severity}: {problem.text(message_language)}", err=True)


def _count_text(added: AddedFile, message_language: Language) -> str:
    count = sum(problem.severity == "error" for problem in added.problems)
    return message_language.ngettext("%(num)d error; the file cannot be used.", "%(num)d errors; the file cannot be used.", count)


criteria.add_command(check)
