"""Commands of stored files."""

import sys

import click
from flask.cli import AppGroup

from evaluation.cli.context import command, language_option, transaction
from evaluation.language import N_, language
from evaluation.policy import Viewer
from evaluation.review.stored_files import operations
from evaluation.review.stored_files.operations import Pruning
from evaluation.settings import MEGABYTE

PRUNED = N_("Deleted: %(files)s files, %(megabytes)s MB; incomplete files: %(leftovers)s.")
WOULD_PRUNE = N_("Would be deleted: %(files)s files, %(megabytes)s MB.")
DAMAGED = N_("Missing or damaged: %(table)s %(id)s, %(name)s, SHA-256 %(sha256)s")
ALL_INTACT = N_("All files are there and intact.")

files = AppGroup("files", help="Delete stored files that nothing needs, and check the others.")


@command(
    click.option("--dry-run", is_flag=True, help="Only count what would be deleted."),
    language_option,
    name="prune",
)
def prune(dry_run: bool, lang: str) -> None:
    """Delete the bytes of files that nothing needs any more, such as discarded workbooks; for cron, once a day.

    Bytes of removed evidence stay if the body's year had been submitted before, and REMOVED_FILE_DAYS otherwise.

    Example: flask --app app files prune --dry-run
    """
    viewer, total = Viewer.system(), Pruning()
    for hashes in operations.candidates(viewer):
        # A short transaction for each step: nobody can send a file while it runs.
        with transaction(dry_run):
            done = operations.delete_unneeded(viewer, hashes, dry_run)
        total = Pruning(total.files + done.files, total.bytes + done.bytes)
    if not dry_run:
        with transaction():
            total = operations.finish_pruning(viewer, total)
    values = {"files": total.files, "megabytes": total.bytes // MEGABYTE, "leftovers": total.leftovers}
    click.echo(language(lang).gettext(WOULD_PRUNE if dry_run else PRUNED, **values))


@command(language_option, name="check")
def check(lang: str) -> None:
    """Read all files that evidence, budgets and workbooks name; list missing and damaged ones, and end with status 1 then.

    Example: flask --app app files check
    """
    with transaction(dry_run=True):
        is_complete = True
        for file in operations.damaged_files(Viewer.system()):
            is_complete = False
            values = {"table": file.table, "id": file.id, "name": file.name, "sha256": file.sha256}
            click.echo(language(lang).gettext(DAMAGED, **values), err=True)
    if not is_complete:
        sys.exit(1)
    click.echo(language(lang).gettext(ALL_INTACT))


files.add_command(prune)
files.add_command(check)
