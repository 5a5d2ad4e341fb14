"""The command that copies everything the product stores, together with a checkpoint of the audit log."""

import os
import shutil
import sqlite3
import subprocess
import zipfile
from contextlib import closing
from pathlib import Path

import click
from sqlalchemy import URL

from evaluation.audit.checkpoints import checkpoint_content, take_checkpoint
from evaluation.cli.audit import checkpoint_json
from evaluation.cli.context import command, language_option, transaction
from evaluation.configuration import configuration
from evaluation.database import db
from evaluation.errors import EvaluationError
from evaluation.language import N_, language
from evaluation.policy import Viewer

TAKEN = N_("%(path)s already exists. Choose another path: a backup replaces nothing.")
NO_PG_DUMP = N_(
    "A PostgreSQL database is copied by pg_dump, which is not installed here. Install PostgreSQL's client programs, or run the "
    "command where they are."
)
NOT_COPIED = N_("pg_dump did not copy the database: %(reason)s")
DONE = N_(
    "Everything was copied to %(file)s, with checkpoint %(number)s of the audit log. AUDIT_KEY and SECRET_KEY are not "
    "included: store them elsewhere."
)


@command(
    click.option("--out", required=True, type=click.Path(path_type=Path), help="A new folder, or a new file ending in .zip."),
    language_option,
    name="backup",
)
def backup(out: Path, lang: str) -> None:
    """Copy the database as of one moment, the evidence files, and a checkpoint of the audit log.

    People can continue to work during the copy. The keys are not copied.

    Example: flask --app app backup --out backup-2026-02-01.zip
    """
    if out.exists():
        raise EvaluationError(TAKEN, path=out)
    viewer, draft = Viewer.system(), out.with_name(f"{out.name}.{os.getpid()}.part")
    with transaction():
        take_checkpoint(viewer)
        taken = checkpoint_content(viewer)
    try:
        draft.mkdir(mode=0o700, parents=True)
        copy_database(db.engine.url, draft)
        files = configuration().settings.files_folder
        if files.is_dir():
            shutil.copytree(files, draft / "files", symlinks=True)
        (draft / "checkpoint.json").write_text(checkpoint_json(taken) + "\n", encoding="utf-8")
        _finish(draft, out)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    click.echo(language(lang).gettext(DONE, file=out, number=taken["number"]))


def copy_database(url: URL, folder: Path) -> None:
    """Copy a database into a folder as of one moment. Raises EvaluationError if it cannot be copied."""
    if url.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(str(url.database))) as source, closing(sqlite3.connect(folder / "evaluation.db")) as target:
            source.backup(target)
        return
    program = shutil.which("pg_dump")
    if program is None:
        raise EvaluationError(NO_PG_DUMP)
    # Environment variables, because every user of the computer can read a program's arguments.
    connection_variables = {
        "PGHOST": url.host,
        "PGPORT": url.port,
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
    }
    environment = os.environ | {name: str(value) for name, value in connection_variables.items() if value is not None}
    command = [program, "--format=custom", "--no-password", f"--file={folder / 'evaluation.dump'}"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - nothing typed
    if done.returncode:
        raise EvaluationError(NOT_COPIED, reason=done.stderr.strip())


def _finish(draft: Path, out: Path) -> None:
    """Rename the complete copy to its final name."""
    if out.suffix.lower() != ".zip":
        draft.rename(out)
        return
    packed = draft.with_suffix(".zip")
    try:
        with (
            open(os.open(packed, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file,
            zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            for path in sorted(draft.rglob("*")):
                if path.is_file():
                    archive.write(path, path.relative_to(draft))
        packed.rename(out)
    finally:
        packed.unlink(missing_ok=True)
