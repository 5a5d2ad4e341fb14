"""The database schema: creates and upgrades it by migrations, and tells whether it is current.

Only the commands `flask --app app database upgrade` and `demo` migrate. Requests and other commands call :func:`require_current`.
"""

from http import HTTPStatus
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from evaluation.database import db
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


def newest_revision() -> str:
    """Return the newest migration's revision: the number that its file name starts with. Alembic is not imported for this."""
    return max(path.stem.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def is_current() -> bool:
    """Return whether the database has the newest schema. A database that does not exist is not created."""
    path = db.engine.url.database
    if db.engine.dialect.name == "sqlite" and path and path != ":memory:" and not Path(path).exists():
        return False
    with db.engine.connect() as connection:
        return _revision(connection) == newest_revision()


def require_current() -> None:
    """Check the schema.

    Raises:
        SchemaOutdated: The database has not the newest schema.
    """
    if not is_current():
        raise SchemaOutdated


def upgrade(revision: str = "head") -> None:
    """Create the current application's database or upgrade it to `revision`, one process at a time."""
    # Alembic takes a third of a second to import; only this function needs it.
    from alembic import command
    from alembic.config import Config

    engine = db.engine
    if engine.dialect.name == "sqlite" and engine.url.database:
        Path(engine.url.database).parent.mkdir(parents=True, exist_ok=True)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.connect() as connection:
        if revision == "head" and _revision(connection) == newest_revision():
            return
        connection.rollback()
        # The lock ends with the transaction, also when the migration fails.
        lock = f"SELECT pg_advisory_xact_lock({LOCK_ID})" if engine.dialect.name == "postgresql" else "BEGIN IMMEDIATE"
        connection.exec_driver_sql(lock)
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()


def _revision(connection: Connection) -> str | None:
    """Return the revision of the stored schema; None for an empty database."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision
