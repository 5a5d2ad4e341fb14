"""What the commands share: the language option, one place that commits, errors as messages, output of issues and tables."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import IO, Any

import click
import orjson
from flask.cli import with_appcontext
from sqlalchemy.exc import OperationalError

from evaluation import schema
from evaluation.answers.issues import CellIssue, WorkbookRejected
from evaluation.database import db
from evaluation.errors import EvaluationError
from evaluation.language import LANGUAGE_CODES, N_, Language, language

ERROR_PREFIX = N_("Error:")
UNUSABLE_DATABASE = N_("The database cannot be used: %(reason)s")
CHECK_ADDRESS = N_("Check the address and the names of the database and its user, and whether the server runs.")

language_option = click.option(
    "--lang",
    "--language",
    "lang",
    type=click.Choice(LANGUAGE_CODES),
    default="kk",
    show_default=True,
    help="Language of messages and names.",
)


class CommandError(click.ClickException):
    """A command failed; the message is in the command's language."""

    def __init__(self, message: str, message_language: Language):
        super().__init__(message)
        self.message_language = message_language

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the message on standard error."""
        click.echo(f"{self.message_language.gettext(ERROR_PREFIX)} {self.format_message()}", file=file, err=file is None)


def command(*decorators: Callable[[Any], Any], **settings: Any) -> Callable[[Callable[..., Any]], click.Command]:
    """Make a function a command inside the application.

    An error that the operator can repair ends the command with its message and exit status 1, without a traceback.

    Args:
        decorators: Options and arguments of click.
        settings: Keyword arguments of :func:`click.command`, such as `name`.
    """

    def decorate(function: Callable[..., Any]) -> click.Command:
        @wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            try:
                return function(*args, **kwargs)
            except EvaluationError as error:
                raise CommandError(error.message(_message_language(kwargs)), _message_language(kwargs)) from error
            except OperationalError as error:
                message = _message_language(kwargs).gettext(UNUSABLE_DATABASE, reason=str(error.orig).strip())
                # Only an error of psycopg before the server answered has no SQLSTATE.
                if getattr(error.orig, "sqlstate", "") is None:
                    message += "\n" + _message_language(kwargs).gettext(CHECK_ADDRESS)
                raise CommandError(message, _message_language(kwargs)) from error
            except OSError as error:
                raise CommandError(f"{error.filename or ''}: {error.strerror or error}", _message_language(kwargs)) from error

        run_in_app: Any = with_appcontext(run)
        for decorator in reversed(decorators):
            run_in_app = decorator(run_in_app)
        text, _, example = (function.__doc__ or "").partition("Example:")
        decorated: click.Command = click.command(  # type: ignore[no-untyped-call]
            **settings, help=text, epilog=f"Example: {example.strip()}"
        )(run_in_app)
        return decorated

    return decorate


def _message_language(options: dict[str, Any]) -> Language:
    """Return the language of messages from a command's options: the first one of `kk+ru`."""
    return language(options.get("lang", "kk").split("+")[0])


@contextmanager
def transaction(dry_run: bool = False, creates_schema: bool = False) -> Iterator[None]:
    """Run the block in one transaction; commit at its end, or roll back after an error or with `dry_run`.

    Raises:
        SchemaOutdated: The database must be upgraded first, unless the block itself creates the schema.
    """
    if creates_schema:
        schema.make_folder()
    else:
        schema.require_current()
    try:
        yield
        if dry_run:
            db.session.rollback()
        else:
            db.session.commit()
    except BaseException:
        db.session.rollback()
        raise


def print_json(value: object) -> None:
    """Print indented JSON."""
    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())


def print_issues(issues: Iterable[CellIssue], message_language: Language) -> None:
    """Print one line for each issue on standard error: worksheet!cell, column, organisation, what is wrong and what to do."""
    for issue in issues:
        cell = "!".join(filter(None, (issue.title or issue.worksheet, issue.cell)))
        column = f" ({issue.code})" if issue.code else ""
        location = ", ".join(filter(None, (f"{cell}{column}", issue.organisation)))
        click.echo(": ".join(filter(None, (location, issue.message(message_language)))), err=True)


def exit_with_issues(rejected: WorkbookRejected, language_code: str, as_json: bool = False) -> None:
    """Print the issues of a rejected workbook and exit with status 1."""
    message_language = language(language_code)
    if as_json:
        print_json({"errors": [issue.as_json(message_language) for issue in rejected.issues]})
    else:
        print_issues(rejected.issues, message_language)
        count = len(rejected.issues)
        click.echo(
            message_language.ngettext(
                "%(num)d error; nothing was stored from the file.", "%(num)d errors; nothing was stored from the file.", count
            ),
            err=True,
        )
    sys.exit(1)


def format_table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows of text, the first of them the headings, in columns as wide as their longest text."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows)
