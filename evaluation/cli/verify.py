"""The command that says what files of assessment sheets are."""

import sys
from pathlib import Path

import click

from evaluation.cli.context import command, language_option, table, transaction
from evaluation.language import Language, language
from evaluation.policy import Viewer
from evaluation.review.verification.code_extraction import MAX_SIZE
from evaluation.review.verification.messages import Told, in_words
from evaluation.review.verification.model import Outcome
from evaluation.review.verification.verify import verify as judge

IN_FORCE, WRONG, NOT_IN_FORCE = 0, 1, 2
EXITS = {Outcome.ACCEPTED: IN_FORCE, Outcome.SUPERSEDED: NOT_IN_FORCE, Outcome.REOPENED: NOT_IN_FORCE}
"""The exit status by outcome; of every other one it is WRONG."""


@command(
    click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)),
    language_option,
    name="verify",
)
def verify(files: tuple[Path, ...], lang: str) -> None:
    """Say of files whether each is an accepted sheet in force, superseded, or altered, with the true points.

    Ends with 0 where all are in force, 1 where one is altered, unknown or cannot be judged, 2 where one is no longer in force.

    Example: flask --app app verify bagalau-paragy-2024-990140900064-r1-kk.pdf --lang ru
    """
    spoken, exits = language(lang), set()
    with transaction():
        for position, path in enumerate(files):
            with path.open("rb") as file:
                verdict = judge(Viewer.system(), file.read(MAX_SIZE + 1))
            exits.add(EXITS.get(verdict.outcome, WRONG))
            click.echo(("\n" if position else "") + _text(path, in_words(verdict, spoken), spoken))
    sys.exit(next(each for each in (WRONG, NOT_IN_FORCE, IN_FORCE) if each in exits))


def _text(path: Path, told: Told, spoken: Language) -> str:
    """What is said of one file."""
    facts = [f"{label}: {words}" for label, words in told.facts]
    head = tuple(map(spoken.gettext, ("Table", "Points", "Maximum")))
    points = [table([head, *told.points])] if told.points else []
    return "\n".join([f"{path}: {told.title}.", *told.sentences, *facts, *points])
