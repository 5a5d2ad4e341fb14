"""The command that searches a year for anomalies."""

import click
from flask.cli import AppGroup

from evaluation.anomalies.operations import search
from evaluation.cli.context import CommandError, command, language_option, transaction
from evaluation.language import N_, language
from evaluation.policy import Viewer

anomalies = AppGroup("anomalies", help="Search the answers of a year for what looks wrong.")

RESULT = N_("%(year)s: anomalies %(total)s, of these new %(new)s, seen again %(returned)s; no longer seen %(vanished)s.")
NOT_OPEN = N_("The reporting year %(year)s is not open.")


@command(
    click.option("--year", type=int, required=True, help="The reporting year to search; it is compared with the year before."),
    click.option("--dry-run", is_flag=True, help="Say what would be seen; store nothing."),
    language_option,
    name="detect",
)
def detect(year: int, dry_run: bool, lang: str) -> None:
    """Search the answers of all bodies in a year for anomalies and store them in the register.

    Anomalies of earlier searches retain their state and reason; those that are not detected again are marked.
    Let cron run it at night.

    Example: flask --app app anomalies detect --year 2024
    """
    message_language = language(lang)
    with transaction(dry_run):
        result = search(Viewer.system(), year)
    if result is None:
        raise CommandError(message_language.gettext(NOT_OPEN, year=year), message_language)
    counts = {name: message_language.number(count) for name, count in vars(result).items()}
    click.echo(message_language.gettext(RESULT, year=year, **counts))


anomalies.add_command(detect)
