"""The commands that copy everything the product stores into one file, and restore it."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from evaluation.audit.checkpoints import checkpoint_content, take_checkpoint
from evaluation.audit.verification import AuditIssue
from evaluation.backup.archive import Manifest
from evaluation.backup.operations import make_backup, make_dated_backup
from evaluation.backup.restoration import Transfer
from evaluation.backup.restoration import restore as restore_backup
from evaluation.backup.soundness import Problem, Unsound
from evaluation.cli.audit import issue_text
from evaluation.cli.context import command, language_option, transaction
from evaluation.errors import EvaluationError
from evaluation.language import N_, Language, language
from evaluation.policy import Viewer

ONE_TARGET = N_("Give either --out with a new file or --folder with a folder; --keep goes with --folder.")
NOT_A_ZIP = N_("A backup is one file whose name ends in .zip; %(path)s does not.")
DONE = N_("Everything was copied to %(file)s, and the copy was read back. Checkpoint of the audit log: %(number)s.")
CONTENT = N_("Rows: %(rows)s. Files: %(files)s.")
KEYS_APART = N_("AUDIT_KEY and SECRET_KEY are not included: store them elsewhere. A backup can be restored only with AUDIT_KEY.")
FILES_MISSING = N_("Files that the database names and that are missing or damaged in the store: %(count)s, such as %(name)s.")
REMOVED = N_("Older backups that were removed: %(count)s.")

RESTORED = N_("%(file)s was restored: the state of %(at)s UTC.")
ROWS_EQUAL = N_("Rows, read back and equal to the source: %(rows)s in %(tables)s tables.")
FILES_EQUAL = N_("Files, each with its SHA-256: %(files)s.")
LOG_SOUND = N_("The audit log is sound: %(lines)s events in %(chains)s chains; what is stored agrees with it.")
LOG_UNSOUND = N_("Problems of the source, which were stored as they were: %(count)s. They are listed above.")
SHEETS_SOUND = N_("Accepted sheets, each as it was accepted: %(sheets)s.")
RESULTS_EQUAL = N_("Results equal to a fresh scoring: %(results)s. Results that were to be scored anew: %(stale)s.")
SESSIONS_OVER = N_("Nobody is signed in. Passwords are those of that time.")
NEW_SECRET_KEY = N_(
    "SECRET_KEY is not that of the backup: reset the second factors of %(count)s people with `flask user reset --second-factor`."
)

despite_problems_option = click.option(
    "--despite-problems",
    is_flag=True,
    help="Also copy an installation that is not sound: whose audit log or results differ from what is stored.",
)


@command(
    click.option("--out", type=click.Path(path_type=Path), help="A new file, ending in .zip."),
    click.option(
        "--folder", type=click.Path(path_type=Path, file_okay=False), help="A folder in which the file is named by the time."
    ),
    click.option("--keep", "limit", type=click.IntRange(min=1), help="How many backups of this installation the folder keeps."),
    language_option,
    name="backup",
)
def backup(out: Path | None, folder: Path | None, limit: int | None, lang: str) -> None:
    """Copy everything that is stored as of one moment into one sealed file.

    It has the database, the files and a checkpoint of the audit log, in a form that either database can restore. People can go on
    working. The keys are not copied. With --keep, older backups are removed once the new one is complete and was read back.

    Example: flask --app app backup --folder /var/backups/evaluation --keep 14
    """
    if (out is None) == (folder is None) or (limit is not None and folder is None):
        raise EvaluationError(ONE_TARGET)
    if out is not None and out.suffix.lower() != ".zip":
        raise EvaluationError(NOT_A_ZIP, path=out)
    viewer, message_language = Viewer.system(), language(lang)
    with transaction():
        take_checkpoint(viewer)
        checkpoint = checkpoint_content(viewer)
    result = make_backup(viewer, out, checkpoint) if out else make_dated_backup(viewer, folder or Path(), limit, checkpoint)
    manifest = result.manifest
    rows = sum(member.rows for member in manifest.tables.values())
    click.echo(message_language.gettext(DONE, file=result.path, number=checkpoint["number"]))
    click.echo(message_language.gettext(CONTENT, rows=rows, files=len(manifest.files)))
    _show_missing(manifest, message_language)
    if result.removed_paths:
        click.echo(message_language.gettext(REMOVED, count=len(result.removed_paths)))
    click.echo(message_language.gettext(KEYS_APART))


@command(
    click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path)),
    click.option("--new-secret-key", is_flag=True, help="SECRET_KEY of the backup is lost; second factors will be reset."),
    despite_problems_option,
    language_option,
    name="restore",
)
def restore(file: Path, new_secret_key: bool, despite_problems: bool, lang: str) -> None:
    """Restore a backup into an empty installation, and prove that it is sound.

    The database (SQLite or PostgreSQL, whichever the backup was made of) and the store of files must be empty; tables are
    created.
    Set the AUDIT_KEY and the SECRET_KEY of the backup before. A damaged file, another key or a problem stores nothing.

    Example: flask --app app restore backup-20260201T020000Z.zip
    """
    viewer, message_language = Viewer.system(), language(lang)
    with transaction(creates_schema=True), problem_listing(message_language):
        manifest, transfer = restore_backup(viewer, file, new_secret_key, despite_problems)
        list_problems(transfer.soundness.problems, message_language)
    click.echo(message_language.gettext(RESTORED, file=file, at=manifest.at))
    show_transfer(transfer, message_language)
    click.echo(message_language.gettext(FILES_EQUAL, files=len(manifest.files)))
    _show_missing(manifest, message_language)
    click.echo(message_language.gettext(SESSIONS_OVER))
    if new_secret_key and manifest.second_factors:
        click.echo(message_language.gettext(NEW_SECRET_KEY, count=manifest.second_factors))


def show_transfer(transfer: Transfer, message_language: Language) -> None:
    """Print what was proved of a restored or copied installation."""
    soundness, rows = transfer.soundness, transfer.rows
    click.echo(message_language.gettext(ROWS_EQUAL, rows=sum(rows.values()), tables=len(rows)))
    if soundness.problems:
        click.echo(message_language.gettext(LOG_UNSOUND, count=len(soundness.problems)))
        return
    click.echo(message_language.gettext(LOG_SOUND, lines=soundness.events, chains=soundness.chains))
    click.echo(message_language.gettext(SHEETS_SOUND, sheets=transfer.sheets))
    click.echo(message_language.gettext(RESULTS_EQUAL, results=soundness.results, stale=soundness.stale_results))


@contextmanager
def problem_listing(message_language: Language) -> Iterator[None]:
    """Print the problems of a source that is not copied because of them."""
    try:
        yield
    except Unsound as error:
        list_problems(error.problems, message_language)
        raise


def list_problems(problems: Iterable[Problem], message_language: Language) -> None:
    """Print a line for each problem; the database is still the one that they were found in."""
    for problem in problems:
        if isinstance(problem, AuditIssue):
            click.echo(issue_text(message_language, problem))
        else:
            click.echo(problem.message(message_language))


def _show_missing(manifest: Manifest, message_language: Language) -> None:
    if missing := manifest.missing_files:
        click.echo(message_language.gettext(FILES_MISSING, count=len(missing), name=missing[0]))
