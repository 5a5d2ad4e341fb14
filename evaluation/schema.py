"""The database schema: creates and upgrades it by migrations, and tells whether it is current.

Only the commands `flask --app app database upgrade` and `demo` migrate. Requests and other commands call :func:`require_current`.
"""

from http import HTTPStatus
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from evaluation.database import begin_immediate, db
from evaluation.errors import EvaluationError
from evaluation.language import N_

MIGRATIONS = Path(__file__).parent / "migrations"
LOCK_ID = 193_2015
"""The key of the PostgreSQL advisory lock that a migration holds."""
VERSION_TABLE = "alembic_version"

OUTDATED_TITLE = N_("The database must be upgraded")
OUTDATED = N_("The database is not at the newest version. Run `flask --app app database upgrade`, then try again.")

NEWER_TITLE = N_("The database belongs to a newer version of the product")
NEWER = N_(
    "The database has the version %(revision)s, which this version of the product does not know. Nothing was changed. Install "
    "the newer version again, or restore the backup from before its upgrade."
)


class SchemaOutdated(EvaluationError):
    """The database has not the newest schema, or none at all."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    title = OUTDATED_TITLE

    def __init__(self) -> None:
        super().__init__(OUTDATED)


class SchemaNewer(EvaluationError):
    """The database has been upgraded by a newer version of the product, whose tables this one does not know."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    title = NEWER_TITLE

    def __init__(self, revision: str) -> None:
        super().__init__(NEWER, revision=revision)


def all_revisions() -> set[str]:
    """Return the revisions of this version's migrations: the numbers that their file names start with, without Alembic."""
    return {path.stem.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py")}


def newest_revision() -> str:
    """Return the newest migration's revision."""
    return max(all_revisions())


def database_exists() -> bool:
    """Return whether the file of an SQLite database exists; opening it would create it."""
    path = db.engine.url.database
    return db.engine.dialect.name != "sqlite" or not path or path == ":memory:" or Path(path).exists()


def is_current() -> bool:
    """Return whether the database has the newest schema. A database that does not exist is not created."""
    if not database_exists():
        return False
    with db.engine.connect() as connection:
        return stored_revision(connection) == newest_revision()


def require_current() -> None:
    """Check the schema.

    Raises:
        SchemaNewer: The database belongs to a newer version.
        SchemaOutdated: The database has not the newest schema.
    """
    if not is_current():
        refuse_newer()
        raise SchemaOutdated


def refuse_newer() -> None:
    """Check that the database does not belong to a newer version. Raises SchemaNewer."""
    if not database_exists():
        return
    with db.engine.connect() as connection:
        revision = stored_revision(connection)
    if revision is not None and revision not in all_revisions():
        raise SchemaNewer(revision)


def upgrade(revision: str = "head") -> None:
    """Create the current application's database or upgrade it to `revision`, one process at a time. Raises SchemaNewer."""
    make_folder()
    refuse_newer()
    with db.engine.connect() as connection:
        if revision == "head" and stored_revision(connection) == newest_revision():
            return
        connection.rollback()
        upgrade_within(connection, revision)
        connection.commit()


def make_folder() -> None:
    """Create the folder of an SQLite database."""
    path = db.engine.url.database
    if db.engine.dialect.name == "sqlite" and path:
        Path(path).parent.mkdir(parents=True, exist_ok=True)


def upgrade_within(connection: Connection, revision: str = "head") -> None:
    """Create or upgrade the schema in the transaction of a connection; the caller commits."""
    # Alembic takes a third of a second to import; only this function needs it.
    from alembic import command
    from alembic.config import Config

    # The lock ends with the transaction, also when the migration fails.
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK_ID})")
    else:
        begin_immediate(connection)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def stored_revision(connection: Connection) -> str | None:
    """Return the revision of the stored schema; None for an empty database."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision
