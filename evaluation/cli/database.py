"""The command that creates and upgrades the database."""

import click
from flask.cli import AppGroup

from evaluation import schema
from evaluation.cli.context import command, language_option
from evaluation.language import N_, language

database = AppGroup("database", help="Create and upgrade the database.")

CURRENT = N_("The database is at the newest version.")


@command(language_option, name="upgrade")
def upgrade(lang: str) -> None:
    """Create the database, or upgrade it to the newest version. A second call changes nothing.

    Make a backup first. Pages answer only while the database is at the newest version.

    Example: flask --app app database upgrade
    """
    schema.upgrade()
    click.echo(language(lang).gettext(CURRENT))


database.add_command(upgrade)
