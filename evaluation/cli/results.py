"""Commands on stored results: score the stale ones, and compare all with a fresh scoring."""

import sys

import click
from flask.cli import AppGroup

from evaluation import schema
from evaluation.cli.context import command, language_option
from evaluation.language import N_, language
from evaluation.policy import Viewer
from evaluation.registry import queries as registry
from evaluation.results import operations

results = AppGroup("results", help="Score stale results, and check the stored ones.")

STALE_COUNT = N_("Results that are not up to date and were not compared: %(count)s.")

year_option = click.option("--year", type=int, help="Only this reporting year.")


@command(year_option, language_option, name="refresh")
def refresh(year: int | None, lang: str) -> None:
    """Score the results that are not up to date, and store them.

    Pages do this by themselves; run it after an upgrade, so that nobody waits.

    Example: flask --app app results refresh
    """
    schema.require_current()
    count = operations.refresh(None if year is None else [year])
    click.echo(language(lang).ngettext("%(num)d result was scored.", "%(num)d results were scored.", count))


@command(year_option, language_option, name="check")
def check(year: int | None, lang: str) -> None:
    """Compare the stored results with a fresh scoring.

    Prints a line for each body and year that differs. The exit code is 1 if there is one.

    Example: flask --app app results check
    """
    schema.require_current()
    comparison = operations.check(None if year is None else [year])
    message_language = language(lang)
    bins = registry.bins_of_bodies(Viewer.system(), {difference.body_id for difference in comparison.differences})
    for difference in comparison.differences:
        click.echo(f"{difference.year} {bins[difference.body_id]}: {difference.table}")
    if comparison.stale:
        click.echo(message_language.gettext(STALE_COUNT, count=comparison.stale))
    text = message_language.ngettext("%(num)d result was compared.", "%(num)d results were compared.", comparison.compared)
    click.echo(text)
    if comparison.differences:
        sys.exit(1)


results.add_command(refresh)
results.add_command(check)
