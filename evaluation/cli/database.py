"""The commands that create and upgrade the database, and copy it to another one."""

import click
from flask.cli import AppGroup

from evaluation import schema
from evaluation.cli import LazyCommand
from evaluation.cli.context import command, language_option
from evaluation.language import N_, language

database = AppGroup("database", help="Create and upgrade the database, and copy it to another one.")

CURRENT = N_("The database is at the newest version.")
COPY_HELP = "Copy all tables to another, empty database, such as from SQLite to PostgreSQL, and prove that they arrived."


@command(language_option, name="upgrade")
def upgrade(lang: str) -> None:
    """Create the database, or upgrade it to the newest version. A second call changes nothing.

    Make a backup first. Pages answer only while the database is at the newest version.

    Example: flask --app app database upgrade
    """
    schema.upgrade()
    click.echo(language(lang).gettext(CURRENT))


database.add_command(upgrade)
database.add_command(LazyCommand("copy", "evaluation.cli.database_copy:copy", COPY_HELP))
