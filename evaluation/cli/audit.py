"""Commands that verify the audit log and take checkpoints of it."""

import sys
from pathlib import Path
from typing import Any

import click
import orjson
from flask.cli import AppGroup

from evaluation.audit import queries
from evaluation.audit.chain import COMMON_CHAIN
from evaluation.audit.checkpoints import NOT_A_CHECKPOINT, InvalidCheckpoint, checkpoint_content, take_checkpoint
from evaluation.audit.verification import AuditIssue, clock_notes, verify_audit_log
from evaluation.backup.soundness import stored_problems
from evaluation.cli.context import command, language_option, transaction
from evaluation.language import N_, Language, language
from evaluation.policy import Viewer
from evaluation.registry import queries as registry

audit = AppGroup("audit", help="Verify the audit log, and take checkpoints of it.")

INTACT = N_("The audit log is sound: %(lines)s events in %(chains)s chains.")
COMPARED = N_("It agrees with checkpoint %(number)s, which was stored elsewhere.")
EVENT_NUMBER = N_("event %(number)s")


@command(
    click.option(
        "--checkpoint",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="A checkpoint stored elsewhere.",
    ),
    language_option,
    name="verify",
)
def verify(checkpoint: Path | None, lang: str) -> None:
    """Verify every event of the audit log, and compare the stored data with it.

    Prints a line for each problem. The exit code is 1 if there is one. Times in the future and where the clock went back are
    printed too, without changing the exit code. A checkpoint that was stored elsewhere also reveals
    that the whole database was restored to an earlier state or created again.

    Example: flask --app app audit verify --checkpoint checkpoint-12.json
    """
    viewer, message_language = Viewer.system(), language(lang)
    with transaction():
        checkpoint_data = _read(checkpoint) if checkpoint else None
        issues = verify_audit_log(viewer, checkpoint_data)
        issue_texts = [issue_text(message_language, issue) for issue in issues]
        if any(issue.kind == "wrong_key" for issue in issues):
            # With this key all other stored data would differ too, such as every account.
            click.echo("\n".join(issue_texts))
            sys.exit(1)
        issue_texts += [problem.message(message_language) for problem in stored_problems(viewer)]
        size, chains = queries.log_size(viewer)
        notes = [note.message(message_language) for note in clock_notes(viewer)]
    # A wrong clock is no problem of the log: it must not hide one behind an exit code that is always 1.
    for line in notes:
        click.echo(line)
    if not issue_texts:
        click.echo(message_language.gettext(INTACT, lines=size, chains=chains))
        if checkpoint_data is not None:
            click.echo(message_language.gettext(COMPARED, number=checkpoint_data["number"]))
        return
    for line in issue_texts:
        click.echo(line)
    count = len(issue_texts)
    click.echo(
        message_language.ngettext("%(num)d problem in the audit log.", "%(num)d problems in the audit log.", count),
        err=True,
    )
    sys.exit(1)


@command(
    click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="The file to write; without it, it is printed."),
    language_option,
    name="checkpoint",
)
def checkpoint(out: Path | None, lang: str) -> None:
    """Take a checkpoint of the audit log and write it to a file.

    Store the file where no administrator of the database can change it.

    Example: flask --app app audit checkpoint --out checkpoint.json
    """
    viewer = Viewer.system()
    with transaction():
        take_checkpoint(viewer)
        content = checkpoint_content(viewer)
    text = checkpoint_json(content)
    if out is None:
        click.echo(text)
        return
    out.write_text(text + "\n", encoding="utf-8")
    message_language = language(lang)
    click.echo(message_language.gettext(N_("Checkpoint %(number)s was written to %(file)s."), number=content["number"], file=out))


audit.add_command(verify)
audit.add_command(checkpoint)


def checkpoint_json(content: dict[str, Any]) -> str:
    """Return the text of a checkpoint's file."""
    return orjson.dumps(content, option=orjson.OPT_INDENT_2).decode()


def _read(file: Path) -> Any:
    try:
        return orjson.loads(file.read_bytes())
    except ValueError as error:
        raise InvalidCheckpoint(NOT_A_CHECKPOINT) from error


def issue_text(language: Language, issue: AuditIssue) -> str:
    """Return the chain, the event's number and the message of an issue."""
    position = _chain_name(language, issue.chain)
    if issue.seq is not None:
        position += f", {language.gettext(EVENT_NUMBER, number=issue.seq)}"
    return f"{position}: {issue.message(language)}"


def _chain_name(language: Language, chain: Any) -> str:
    """Return the name of a chain: the BIN of its body."""
    if chain is None:
        return language.gettext(N_("the audit log as a whole"))
    if chain == COMMON_CHAIN:
        return language.gettext(N_("common"))
    bins = {body.id: body.bin for body in registry.all_bodies(Viewer.system())}
    return bins.get(chain) or language.gettext(N_("chain %(number)s, of an unknown body"), number=chain)
