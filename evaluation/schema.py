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


class SchemaOutdated(EvaluationError):
    """The database has not the newest schema, or none at all."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    title = OUTDATED_TITLE

    def __init__(self) -> None:
        super().__init__(OUTDATED)


def known_revisions() -> set[str]:
    """Return the revisions of this version's migrations: the numbers that their file names start with, without Alembic."""
    return {path.stem.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py")}


def newest_revision() -> str:
    """Return the newest migration's revision."""
    return max(known_revisions())


def is_current() -> bool:
    """Return whether the database has the newest schema. A database that does not exist is not created."""
    path = db.engine.url.database
    if db.engine.dialect.name == "sqlite" and path and path != ":memory:" and not Path(path).exists():
        return False
    with db.engine.connect() as connection:
        return stored_revision(connection) == newest_revision()


def require_current() -> None:
    """Check the schema.

    Raises:
        SchemaOutdated: The database has not the newest schema.
    """
    if not is_current():
        raise SchemaOutdated


def upgrade(revision: str = "head") -> None:
    """Create the current application's database or upgrade it to `revision`, one process at a time."""
    make_folder()
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
