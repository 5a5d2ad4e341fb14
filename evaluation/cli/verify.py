"""The command that verifies files of assessment sheets."""

import sys
from pathlib import Path

import click

from evaluation.cli.context import command, format_table, language_option, transaction
from evaluation.language import Language, language
from evaluation.policy import Viewer
from evaluation.review.verification.code_extraction import MAX_FILE_BYTES
from evaluation.review.verification.messages import VerdictText, describe_verdict
from evaluation.review.verification.model import Outcome
from evaluation.review.verification.verify import verify as verify_file

EXIT_IN_FORCE, EXIT_NOT_VERIFIED, EXIT_NOT_IN_FORCE = 0, 1, 2
EXIT_STATUSES = {
    Outcome.ACCEPTED: EXIT_IN_FORCE,
    Outcome.SUPERSEDED: EXIT_NOT_IN_FORCE,
    Outcome.REOPENED: EXIT_NOT_IN_FORCE,
}
"""The exit status by outcome; every other outcome has EXIT_NOT_VERIFIED."""


@command(
    click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)),
    language_option,
    name="verify",
)
def verify(files: tuple[Path, ...], lang: str) -> None:
    """Verify sheet files: each is an accepted sheet in force, superseded, or altered; print the true points.

    The exit code is 0 if all are in force, 1 if one is altered, unknown or unreadable, 2 if one is no longer in force.

    Example: flask --app app verify bagalau-paragy-2024-990140900064-r1-kk.pdf --lang ru
    """
    message_language, statuses = language(lang), set()
    with transaction():
        for position, path in enumerate(files):
            with path.open("rb") as file:
                verdict = verify_file(Viewer.system(), file.read(MAX_FILE_BYTES + 1))
            statuses.add(EXIT_STATUSES.get(verdict.outcome, EXIT_NOT_VERIFIED))
            text = _verdict_text(path, describe_verdict(verdict, message_language), message_language)
            click.echo(("\n" if position else "") + text)
    sys.exit(next(status for status in (EXIT_NOT_VERIFIED, EXIT_NOT_IN_FORCE, EXIT_IN_FORCE) if status in statuses))


def _verdict_text(path: Path, verdict: VerdictText, language: Language) -> str:
    """Return the lines about one file: the verdict, its facts, and the points of a verified sheet."""
    facts = [f"{label}: {text}" for label, text in verdict.facts]
    headings = tuple(map(language.gettext, ("Row", "Points", "Maximum")))
    points = []
    for table in verdict.tables:
        rows = [(row.number, row.points, row.max) for row in table.rows]
        points += [table.title, format_table([headings, *rows, (table.total.text, table.total.points, table.total.max)])]
    if verdict.total:
        points.append(f"{verdict.total.text}: {verdict.total.points} / {verdict.total.max}")
    return "\n".join([f"{path}: {verdict.title}.", *verdict.sentences, *facts, *points])
