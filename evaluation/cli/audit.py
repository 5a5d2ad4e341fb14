"""The commands that verify the record and take its checkpoints."""

import sys
from pathlib import Path
from typing import Any

import click
import orjson
from flask.cli import AppGroup

from evaluation.audit import checkpoints, queries
from evaluation.audit.chain import COMMON
from evaluation.audit.checkpoints import NOT_A_CHECKPOINT, BadCheckpoint
from evaluation.audit.messages import Finding
from evaluation.audit.verification import verify as findings
from evaluation.cli.context import command, language_option, transaction
from evaluation.language import N_, Language, language
from evaluation.policy import Viewer
from evaluation.registry import queries as registry
from evaluation.review.integrity import discrepancies

record = AppGroup("record", help="Verify the record of who did what, and take checkpoints of it.")

SOUND = N_("The record is sound: %(lines)s lines in %(chains)s chains.")
LINE = N_("line %(number)s")


@command(
    click.option(
        "--checkpoint", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A checkpoint kept elsewhere."
    ),
    language_option,
    name="verify",
)
def verify(checkpoint: Path | None, lang: str) -> None:
    """Verify every line of the record, and what is stored against it; ends with 1 and a line for each thing that is wrong.

    With a checkpoint kept elsewhere it is also found when the whole database was set back or made anew.

    Example: flask --app app record verify --checkpoint checkpoint-12.json
    """
    viewer, spoken = Viewer.system(), language(lang)
    with transaction():
        given = _read(checkpoint) if checkpoint else None
        told = [_line(spoken, finding) for finding in findings(viewer, given)]
        told += [
            f"{', '.join(map(str, filter(None, (each.bin, each.year))))}: {each.message(spoken)}"
            for each in discrepancies(viewer)
        ]
        lines, chains = queries.size(viewer)
    if not told:
        click.echo(spoken.gettext(SOUND, lines=lines, chains=chains))
        return
    for line in told:
        click.echo(line)
    many = len(told)
    click.echo(
        spoken.ngettext("%(num)d thing is wrong with the record.", "%(num)d things are wrong with the record.", many), err=True
    )
    sys.exit(1)


@command(
    click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="The file to write; without it, it is printed."),
    language_option,
    name="checkpoint",
)
def checkpoint(out: Path | None, lang: str) -> None:
    """Take a checkpoint of the record and write it, to be kept where no administrator of the database gets at it.

    Example: flask --app app record checkpoint --out checkpoint.json
    """
    viewer = Viewer.system()
    with transaction():
        checkpoints.take(viewer)
        taken = checkpoints.full(viewer)
    text = as_text(taken)
    if out is None:
        click.echo(text)
        return
    out.write_text(text + "\n", encoding="utf-8")
    spoken = language(lang)
    click.echo(spoken.gettext(N_("Checkpoint %(number)s was written to %(file)s."), number=taken["number"], file=out))


record.add_command(verify)
record.add_command(checkpoint)


def as_text(taken: dict[str, Any]) -> str:
    """A checkpoint as its file has it."""
    return orjson.dumps(taken, option=orjson.OPT_INDENT_2).decode()


def _read(file: Path) -> Any:
    try:
        return orjson.loads(file.read_bytes())
    except ValueError as error:
        raise BadCheckpoint(NOT_A_CHECKPOINT) from error


def _line(spoken: Language, finding: Finding) -> str:
    place, wrong = _place(spoken, finding.chain), finding.message(spoken)
    if finding.seq is None:
        return f"{place}: {wrong}"
    return f"{place}, {spoken.gettext(LINE, number=finding.seq)}: {wrong}"


def _place(spoken: Language, chain: Any) -> str:
    """The chain that something is wrong with, by its body's BIN."""
    if chain is None:
        return spoken.gettext(N_("the record as a whole"))
    if chain == COMMON:
        return spoken.gettext(N_("common"))
    bins = {body.id: body.bin for body in registry.all_bodies(Viewer.system())}
    return bins.get(chain) or spoken.gettext(N_("chain %(number)s, of no body that is known"), number=chain)
