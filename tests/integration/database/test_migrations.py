"""The migrations make exactly the tables the models describe, on both databases, up and down."""

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from flask import Flask
from sqlalchemy import inspect, text

import evaluation.answers.models
import evaluation.registry.models  # noqa: F401
from evaluation import schema
from evaluation.database import Base, db


def test_the_tables_are_those_of_the_models(app: Flask) -> None:
    with app.app_context(), db.engine.connect() as connection:
        # The indexes of parts of names are no tables and indexes of models.
        options = {
            "compare_type": True,
            "include_name": lambda name, kind, _: kind == "column" or not (name or "").startswith("search_"),
        }
        assert compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata) == []


def test_upgrading_again_changes_nothing_and_down_leaves_nothing(app: Flask) -> None:
    with app.app_context():
        schema.upgrade()
        with db.engine.connect() as connection:
            config = Config()
            config.set_main_option("script_location", str(schema.MIGRATIONS))
            config.attributes["connection"] = connection
            command.downgrade(config, "base")
            connection.commit()
            assert inspect(connection).get_table_names() == ["alembic_version"]
        schema.upgrade()


def test_sqlite_uses_wal_and_foreign_keys(app: Flask) -> None:
    with app.app_context(), db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
            assert connection.scalar(text("PRAGMA foreign_keys")) == 1
