"""What the commands share: the language option, the database opened and committed in one place, problems printed."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import IO, Any

import click
import orjson
from flask.cli import with_appcontext
from sqlalchemy.exc import OperationalError

from evaluation import database
from evaluation.answers.issues import Problem, Refused
from evaluation.errors import EvaluationError
from evaluation.language import CODES, N_, Language, language

FAILED = N_("Error:")
UNUSABLE = N_("The database cannot be used: %(reason)s")

language_option = click.option(
    "--lang", type=click.Choice(CODES), default="kk", show_default=True, help="Language of messages and names."
)


class Failure(click.ClickException):
    """What a command could not do, said in its language."""

    def __init__(self, message: str, in_language: Language):
        super().__init__(message)
        self.in_language = in_language

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(f"{self.in_language.gettext(FAILED)} {self.format_message()}", file=file, err=file is None)


def command(*decorators: Callable[[Any], Any], **settings: Any) -> Callable[[Callable[..., Any]], click.Command]:
    """A command inside the app; what the user can mend ends as a message and exit 1, not as a traceback."""

    def decorate(function: Callable[..., Any]) -> click.Command:
        @wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            try:
                return function(*args, **kwargs)
            except EvaluationError as error:
                raise Failure(error.message(_language(kwargs)), _language(kwargs)) from error
            except OperationalError as error:
                message = _language(kwargs).gettext(UNUSABLE, reason=error.orig)
                raise Failure(message, _language(kwargs)) from error
            except OSError as error:
                raise Failure(f"{error.filename or ''}: {error.strerror or error}", _language(kwargs)) from error

        run_in_app: Any = with_appcontext(run)
        for decorator in reversed(decorators):
            run_in_app = decorator(run_in_app)
        text, _, example = (function.__doc__ or "").partition("Example:")
        made: click.Command = click.command(**settings, help=text, epilog=f"Example: {example.strip()}")(run_in_app)  # type: ignore[no-untyped-call]
        return made

    return decorate


def _language(options: dict[str, Any]) -> Language:
    """The language of messages among a command's options: of `kk+ru` the first."""
    return language(options.get("lang", "kk").split("+")[0])


@contextmanager
def transaction(dry_run: bool = False) -> Iterator[None]:
    """The database, created or upgraded first; everything is kept when the block ends well, nothing when it does not."""
    database.upgrade()
    session = database.db.session
    try:
        yield
        if dry_run:
            session.rollback()
        else:
            session.commit()
    except BaseException:
        session.rollback()
        raise


def print_json(value: object) -> None:
    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())


def print_problems(problems: Iterable[Problem], in_language: Language) -> None:
    """One line for each on standard error: worksheet!cell, column, what is wrong and what to do."""
    for problem in problems:
        place = "!".join(filter(None, (problem.worksheet, problem.cell)))
        name = f" ({problem.code})" if problem.code else ""
        click.echo(f"{place}{name}: {problem.message(in_language)}" if place else problem.message(in_language), err=True)


def refuse(refused: Refused, code: str, as_json: bool = False) -> None:
    """Print why nothing was taken and exit with 1."""
    in_language = language(code)
    if as_json:
        print_json({"errors": [problem.as_json(in_language) for problem in refused.problems]})
    else:
        print_problems(refused.problems, in_language)
        count = len(refused.problems)
        click.echo(
            in_language.ngettext("%(num)d error; nothing was taken.", "%(num)d errors; nothing was taken.", count), err=True
        )
    sys.exit(1)


def table(lines: Sequence[Sequence[str]]) -> str:
    """Lines of words, the first of them the heads, in columns as wide as their longest word."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)).rstrip() for line in lines)
