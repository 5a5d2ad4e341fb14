"""The command that copies the database to another one."""

from importlib import import_module

import click
from flask import Flask, current_app
from sqlalchemy import Connection

from evaluation import schema
from evaluation.audit.verification.queries import database_snapshot
from evaluation.backup.restoration import Transfer, copy_database
from evaluation.cli.backup import despite_problems_option, list_problems, problem_listing, show_transfer
from evaluation.cli.context import command, language_option, transaction
from evaluation.configuration import configuration
from evaluation.errors import EvaluationError
from evaluation.language import N_, Language, language
from evaluation.policy import Viewer
from evaluation.settings.types import InvalidSetting, check_database_url

NOT_AN_ADDRESS = N_("This is no address of a database of the product. Give one such as postgresql://user@host/name.")
NO_TARGET = N_("Give the address of the new database: with --to, or in the environment variable TARGET_DATABASE_URL.")
COPIED = N_("The database was copied, as of the moment when the command began. What was stored afterwards is not in the copy.")
NEXT_SETTINGS = N_("Set DATABASE_URL to the new database for all servers and workers, and so that the files stay where they are:")


@command(
    click.option(
        "--to",
        "url",
        envvar="TARGET_DATABASE_URL",
        help="The address of an empty database; its tables are created. Or set TARGET_DATABASE_URL, which hides a password.",
    ),
    despite_problems_option,
    language_option,
    name="copy",
)
def copy(url: str | None, despite_problems: bool, lang: str) -> None:
    """Copy all tables to another, empty database, such as from SQLite to PostgreSQL, and prove that they arrived.

    The source is read as of one moment and not changed. Stop the servers and workers before, so that nothing is stored in it
    afterwards. Sessions are not copied: everybody signs in again. An error leaves the other database empty.

    Example: flask --app app database copy --to postgresql://evaluation@db.example.kz/evaluation
    """
    if not url:
        raise EvaluationError(NO_TARGET)
    schema.require_current()
    viewer, message_language = Viewer.system(), language(lang)
    target = _app_on(url)
    with database_snapshot(viewer) as source:
        transfer = _copy(viewer, source, target, despite_problems, message_language)
    click.echo(message_language.gettext(COPIED))
    show_transfer(transfer, message_language)
    settings = configuration().settings
    click.echo(message_language.gettext(NEXT_SETTINGS))
    if not settings.files_url:
        click.echo(f"FILES_FOLDER={settings.files_folder}")
    click.echo(f"JOB_FOLDER={settings.job_folder}")


def _copy(viewer: Viewer, source: Connection, target: Flask, despite_problems: bool, message_language: Language) -> Transfer:
    with target.app_context(), transaction(creates_schema=True), problem_listing(message_language):
        transfer = copy_database(viewer, source, despite_problems)
        list_problems(transfer.soundness.problems, message_language)
        return transfer


def _app_on(url: str) -> Flask:
    """Return the application with the same settings on another database. Raises EvaluationError."""
    try:
        check_database_url(url)
    except InvalidSetting as error:
        raise EvaluationError(NOT_AN_ADDRESS) from error
    settings = configuration().settings
    config = {name.upper(): getattr(settings, name) for name in type(settings).model_fields}
    # The application's factory is above the commands; it is the one that made the current application.
    create_app = import_module(current_app.import_name).create_app
    app: Flask = create_app({**config, "DATABASE_URL": url})
    # Wires the application, also under the `flask` command.
    app.url_map  # noqa: B018
    return app
