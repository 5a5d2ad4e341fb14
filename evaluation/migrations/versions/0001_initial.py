"""Initial schema: every table, with the triggers that the database itself enforces."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SORT_TEXT = sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql")

APPEND_ONLY_TABLES = {
    # No condition for events: it would cost more than the insertion. The application turns recursive triggers on, so SQLite's
    # INSERT OR REPLACE fires the DELETE trigger.
    "audit_event": "",
    "checkpoint": "number = NEW.number",
    "sheet_revision": "id = NEW.id OR sha256 = NEW.sha256 OR code = NEW.code "
    "OR (body_id = NEW.body_id AND year = NEW.year AND revision = NEW.revision)",
    "export": "id = NEW.id",
}
"""Tables that only accept new rows. The value is the SQL condition under which a stored row collides with a new one."""
SEARCHED_TABLES = ("body", "organisation")
"""Tables with a column `search_text` in which searches look for parts of words."""
FORWARD_ONLY_TABLES = ("chain_head", "checkpoint_coverage")
"""Tables whose rows are never deleted and whose `seq` only grows."""


def create_triggers() -> None:
    """Create the triggers that refuse updates and deletions in append-only tables and a step back in forward-only tables."""
    if op.get_bind().dialect.name == "postgresql":
        _create_postgresql_triggers()
    else:
        _create_sqlite_triggers()


def _create_postgresql_triggers() -> None:
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% of % is refused: the table is append-only', TG_OP, TG_TABLE_NAME; END $$"
    )
    refusal = "EXECUTE FUNCTION refuse_change()"
    for table in APPEND_ONLY_TABLES:
        op.execute(f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW {refusal}")
    for table in FORWARD_ONLY_TABLES:
        op.execute(f"CREATE TRIGGER no_delete BEFORE DELETE ON {table} FOR EACH ROW {refusal}")
        op.execute(
            f"CREATE TRIGGER forward_only BEFORE UPDATE ON {table} FOR EACH ROW "
            f"WHEN (NEW.chain <> OLD.chain OR NEW.seq <= OLD.seq) {refusal}"
        )
    for table in (*APPEND_ONLY_TABLES, *FORWARD_ONLY_TABLES):
        op.execute(f"CREATE TRIGGER no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {refusal}")


def _create_sqlite_triggers() -> None:
    for table in (*APPEND_ONLY_TABLES, *FORWARD_ONLY_TABLES):
        condition = "" if table in APPEND_ONLY_TABLES else "WHEN NEW.chain <> OLD.chain OR NEW.seq <= OLD.seq"
        op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {_sqlite_refusal(table)}")
        op.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {condition} {_sqlite_refusal(table)}")
    # INSERT OR REPLACE deletes a row without firing the DELETE trigger unless the connection has recursive triggers on.
    for table, collision in {**APPEND_ONLY_TABLES, "chain_head": "chain = NEW.chain"}.items():
        if collision:
            colliding_row = f"SELECT 1 FROM {table} WHERE {collision}"  # noqa: S608 (constants of this module)
            condition = f"WHEN EXISTS ({colliding_row})"
            op.execute(f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} {condition} {_sqlite_refusal(table)}")


def _sqlite_refusal(table: str) -> str:
    """Return the body of a trigger that refuses the statement."""
    return f"BEGIN SELECT RAISE(ABORT, 'change of {table} is refused: the table is append-only'); END"


def create_search_indexes() -> None:
    """Create the indexes of groups of three letters by which searches look for parts of names."""
    if op.get_bind().dialect.name == "postgresql":
        _create_trigram_indexes()
        return
    for table in SEARCHED_TABLES:
        index = f"search_{table}"
        op.execute(
            f"CREATE VIRTUAL TABLE {index} USING fts5(search_text, content='{table}', content_rowid='id', "
            "tokenize='trigram case_sensitive 1')"
        )
        add = f"INSERT INTO {index} (rowid, search_text) VALUES (NEW.id, NEW.search_text);"  # noqa: S608
        remove = f"INSERT INTO {index} ({index}, rowid, search_text) VALUES ('delete', OLD.id, OLD.search_text);"  # noqa: S608
        op.execute(f"CREATE TRIGGER {index}_insert AFTER INSERT ON {table} BEGIN {add} END")
        op.execute(f"CREATE TRIGGER {index}_delete AFTER DELETE ON {table} BEGIN {remove} END")
        op.execute(f"CREATE TRIGGER {index}_update AFTER UPDATE OF search_text ON {table} BEGIN {remove} {add} END")


def _create_trigram_indexes() -> None:
    # Only some users may create the extension; without it, a search reads all names.
    op.execute("DO $$ BEGIN CREATE EXTENSION IF NOT EXISTS pg_trgm; EXCEPTION WHEN OTHERS THEN NULL; END $$")
    if op.get_bind().scalar(sa.text("SELECT count(*) FROM pg_extension WHERE extname = 'pg_trgm'")):
        for table in SEARCHED_TABLES:
            op.execute(f"CREATE INDEX search_{table} ON {table} USING gin (search_text gin_trgm_ops)")


def drop_search_indexes() -> None:
    """Drop the indexes of searches; the triggers and the indexes of PostgreSQL go with their tables."""
    if op.get_bind().dialect.name == "sqlite":
        for table in SEARCHED_TABLES:
            for operation in ("insert", "delete", "update"):
                op.execute(f"DROP TRIGGER search_{table}_{operation}")
            op.execute(f"DROP TABLE search_{table}")


def drop_triggers() -> None:
    """Drop the triggers, so that a downgrade can drop the tables."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_change() CASCADE")
        return
    for table in (*APPEND_ONLY_TABLES, *FORWARD_ONLY_TABLES):
        for operation in ("delete", "update", "replace"):
            op.execute(f"DROP TRIGGER IF EXISTS {table}_no_{operation}")


def upgrade() -> None:
    """Create the schema."""
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("region", sa.String(length=2), nullable=True),
        sa.Column("language", sa.String(length=2), nullable=True),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("password", sa.String(length=255), nullable=True),
        sa.Column("fs_uniquifier", sa.String(length=64), nullable=False),
        sa.Column("tf_primary_method", sa.String(length=64), nullable=True),
        sa.Column("tf_totp_secret", sa.String(length=255), nullable=True),
        sa.Column("tf_counter", sa.Integer(), nullable=True),
        sa.Column("mf_recovery_codes", sa.JSON(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("locked_until", sa.DateTime(), nullable=True),
        sa.Column("trusted_failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("trusted_locked_until", sa.DateTime(), nullable=True),
        sa.Column("signed_in_at", sa.DateTime(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("sort_name", SORT_TEXT, nullable=False),
        sa.CheckConstraint("role IN ('clerk', 'head', 'reviewer', 'administrator', 'observer')", name=op.f("ck_account_role")),
        sa.CheckConstraint("region IS NULL OR length(region) = 2", name=op.f("ck_account_region")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("email", name=op.f("uq_account_email")),
        sa.UniqueConstraint("fs_uniquifier", name=op.f("uq_account_fs_uniquifier")),
    )
    op.create_index(op.f("ix_account_sort_name"), "account", ["sort_name"], unique=False)
    op.create_table(
        "account_session",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.Column("last_request_at", sa.DateTime(), nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("is_trusted", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_account_session_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_session")),
    )
    op.create_index(op.f("ix_account_session_account_id"), "account_session", ["account_id"], unique=False)
    op.create_table(
        "used_challenge",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("used_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_used_challenge")),
    )
    op.create_index(op.f("ix_used_challenge_used_at"), "used_challenge", ["used_at"], unique=False)
    op.create_table(
        "passkey",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("transports", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("last_used_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_passkey_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("account_id", "name", name=op.f("uq_passkey_account_id_name")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkey_credential_id")),
    )
    op.create_table(
        "body",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bin", sa.String(length=12), nullable=False),
        sa.Column("name_kk", sa.String(length=1000), nullable=False),
        sa.Column("name_ru", sa.String(length=1000), nullable=False),
        sa.Column("level", sa.String(length=16), nullable=True),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("kato", sa.String(length=9), nullable=True),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("sort_kk", SORT_TEXT, nullable=False),
        sa.Column("sort_ru", SORT_TEXT, nullable=False),
        sa.CheckConstraint("level IN ('central', 'region', 'district', 'rural')", name=op.f("ck_body_level")),
        sa.CheckConstraint("kato IS NULL OR length(kato) = 9", name=op.f("ck_body_kato")),
        sa.CheckConstraint("length(bin) = 12", name=op.f("ck_body_bin")),
        sa.CheckConstraint("parent_id IS NULL OR parent_id <> id", name=op.f("ck_body_parent")),
        sa.ForeignKeyConstraint(["parent_id"], ["body.id"], name=op.f("fk_body_parent_id_body")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_body")),
        sa.UniqueConstraint("bin", name=op.f("uq_body_bin")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_body_kato"), "body", ["kato"], unique=False)
    op.create_index(op.f("ix_body_level"), "body", ["level"], unique=False)
    op.create_index(op.f("ix_body_parent_id"), "body", ["parent_id"], unique=False)
    op.create_table(
        "chain_head",
        sa.Column("chain", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("mac", sa.String(length=64), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("chain", name=op.f("pk_chain_head")),
    )
    op.create_table(
        "checkpoint",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("heads", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_checkpoint")),
    )
    op.create_table(
        "checkpoint_coverage",
        sa.Column("chain", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("chain", name=op.f("pk_checkpoint_coverage")),
    )
    op.create_table(
        "audit_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("chain", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("mac", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("actor", sa.String(length=320), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("body_id", sa.Integer(), nullable=True),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("batch", sa.String(length=32), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.CheckConstraint("chain = coalesce(body_id, 0)", name=op.f("ck_audit_event_chain")),
        sa.CheckConstraint("seq >= 1", name=op.f("ck_audit_event_seq")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_event")),
        sa.UniqueConstraint("chain", "seq", name=op.f("uq_audit_event_chain_seq")),
    )
    op.create_index("ix_audit_event_account", "audit_event", ["account_id", "id"], unique=False)
    op.create_index("ix_audit_event_actor", "audit_event", ["actor", "at"], unique=False)
    op.create_index("ix_audit_event_at", "audit_event", ["at", "id"], unique=False)
    batched = sa.text("batch IS NOT NULL")
    op.create_index(
        "ix_audit_event_batch", "audit_event", ["batch"], unique=False, sqlite_where=batched, postgresql_where=batched
    )
    op.create_index("ix_audit_event_organisation", "audit_event", ["organisation_id", "year", "id"], unique=False)
    single = sa.text("batch IS NULL")
    single_columns = {"": ["at", "id", "action"], "_actor": ["actor", "at", "id"], "_chain": ["chain", "at", "id"]}
    for name, columns in single_columns.items():
        op.create_index(
            f"ix_audit_event_single{name}", "audit_event", columns, unique=False, sqlite_where=single, postgresql_where=single
        )
    op.create_table(
        "audit_batch",
        sa.Column("batch", sa.String(length=32), nullable=False),
        sa.Column("chain", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("actor", sa.String(length=320), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("organisations", sa.Integer(), nullable=False),
        sa.Column("first_chain", sa.Integer(), nullable=False),
        sa.Column("last_chain", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(), nullable=False),
        sa.Column("last_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("batch", "chain", "action", "year", name=op.f("pk_audit_batch")),
    )
    country = sa.text("chain <= 0")
    op.create_index("ix_audit_batch_chain", "audit_batch", ["chain", "last_at", "last_id"], unique=False)
    op.create_index(
        "ix_audit_batch_country",
        "audit_batch",
        ["last_at", "last_id"],
        unique=False,
        sqlite_where=country,
        postgresql_where=country,
    )
    op.create_table(
        "organisation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bin", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("name_kk", sa.String(length=1000), nullable=False),
        sa.Column("name_ru", sa.String(length=1000), nullable=False),
        sa.Column("state_share", sa.Integer(), nullable=True),
        sa.Column("state_body", sa.Boolean(), nullable=True),
        sa.Column("national_company", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("sort_kk", SORT_TEXT, nullable=False),
        sa.Column("sort_ru", SORT_TEXT, nullable=False),
        sa.CheckConstraint("length(bin) = 12", name=op.f("ck_organisation_bin")),
        sa.CheckConstraint("state_share BETWEEN 0 AND 10000", name=op.f("ck_organisation_state_share")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("bin", name=op.f("uq_organisation_bin")),
        sqlite_autoincrement=True,
    )
    for language in ("kk", "ru"):
        op.create_index(f"ix_organisation_sort_{language}", "organisation", [f"sort_{language}", "bin"], unique=False)
    op.create_table(
        "reporting_year",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("order_code", sa.String(length=64), nullable=False),
        sa.Column("invented", sa.Boolean(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("deadline", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "starts_on IS NULL OR deadline IS NULL OR starts_on <= deadline", name=op.f("ck_reporting_year_period")
        ),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_reporting_year")),
    )
    op.create_table(
        "account_body",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("body_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_body_account_id_account")),
        sa.ForeignKeyConstraint(["body_id"], ["body.id"], name=op.f("fk_account_body_body_id_body")),
        sa.PrimaryKeyConstraint("account_id", "body_id", name=op.f("pk_account_body")),
    )
    op.create_index(op.f("ix_account_body_body_id"), "account_body", ["body_id"], unique=False)
    op.create_table(
        "declared_count",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("body_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("criterion", sa.String(length=16), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.CheckConstraint("count >= 0", name=op.f("ck_declared_count_count")),
        sa.ForeignKeyConstraint(["body_id"], ["body.id"], name=op.f("fk_declared_count_body_id_body")),
        sa.ForeignKeyConstraint(["year"], ["reporting_year.year"], name=op.f("fk_declared_count_year_reporting_year")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_declared_count")),
        sa.UniqueConstraint("year", "body_id", "kind", "criterion", name=op.f("uq_declared_count_year_body_id_kind_criterion")),
    )
    op.create_index(op.f("ix_declared_count_body_id"), "declared_count", ["body_id"], unique=False)
    op.create_table(
        "evidence_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("criterion", sa.String(length=16), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("uploaded_by", sa.String(length=320), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_evidence_file_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(["year"], ["reporting_year.year"], name=op.f("fk_evidence_file_year_reporting_year")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence_file")),
    )
    op.create_index("ix_evidence_file_report", "evidence_file", ["organisation_id", "year"], unique=False)
    op.create_index("ix_evidence_file_sha256", "evidence_file", ["sha256"], unique=False)
    op.create_table(
        "budget_source",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("body_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("is_pasted", sa.Boolean(), nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.Column("sent_by", sa.String(length=320), nullable=False),
        sa.Column("sent_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("size > 0", name=op.f("ck_budget_source_size")),
        sa.ForeignKeyConstraint(["body_id"], ["body.id"], name=op.f("fk_budget_source_body_id_body"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budget_source")),
    )
    op.create_index(op.f("ix_budget_source_body_id"), "budget_source", ["body_id"], unique=False)
    op.create_index(op.f("ix_budget_source_sha256"), "budget_source", ["sha256"], unique=False)
    op.create_table(
        "budget_draft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("body_id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("entries", sa.JSON(), nullable=False),
        sa.Column("corrections", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_budget_draft_account_id_account")),
        sa.ForeignKeyConstraint(["body_id"], ["body.id"], name=op.f("fk_budget_draft_body_id_body"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["source_id"], ["budget_source.id"], name=op.f("fk_budget_draft_source_id_budget_source")),
        sa.ForeignKeyConstraint(
            ["year"], ["reporting_year.year"], name=op.f("fk_budget_draft_year_reporting_year"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budget_draft")),
    )
    op.create_index(op.f("ix_budget_draft_account_id"), "budget_draft", ["account_id"], unique=False)
    op.create_index(op.f("ix_budget_draft_body_id"), "budget_draft", ["body_id"], unique=False)
    op.create_index(op.f("ix_budget_draft_source_id"), "budget_draft", ["source_id"], unique=False)
    op.create_table(
        "budget_decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("body_id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=100), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("body_name", sa.String(length=1000), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("totals", sa.JSON(), nullable=False),
        sa.Column("printed", sa.JSON(), nullable=False),
        sa.Column("settlements", sa.JSON(), nullable=False),
        sa.Column("inconsistencies", sa.JSON(), nullable=False),
        sa.Column("planned", sa.JSON(), nullable=False),
        sa.Column("corrections", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("stored_by", sa.String(length=320), nullable=False),
        sa.Column("stored_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("corrections >= 0", name=op.f("ck_budget_decision_corrections")),
        sa.CheckConstraint("number <> ''", name=op.f("ck_budget_decision_number")),
        sa.ForeignKeyConstraint(["body_id"], ["body.id"], name=op.f("fk_budget_decision_body_id_body")),
        sa.ForeignKeyConstraint(["source_id"], ["budget_source.id"], name=op.f("fk_budget_decision_source_id_budget_source")),
        sa.ForeignKeyConstraint(["year"], ["reporting_year.year"], name=op.f("fk_budget_decision_year_reporting_year")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budget_decision")),
        sa.UniqueConstraint("body_id", "year", "number", "date", name=op.f("uq_budget_decision_body_id_year_number_date")),
    )
    op.create_index(op.f("ix_budget_decision_source_id"), "budget_decision", ["source_id"], unique=False)
    op.create_index(op.f("ix_budget_decision_year"), "budget_decision", ["year"], unique=False)
    op.create_table(
        "budget_line",
        sa.Column("decision_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("section", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("source_line", sa.Integer(), nullable=False),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("printed", sa.JSON(none_as_null=True), nullable=True),
        sa.CheckConstraint("(origin = 'corrected') = (printed IS NOT NULL)", name=op.f("ck_budget_line_printed")),
        sa.CheckConstraint("amount BETWEEN -9007199254740992 AND 9007199254740992", name=op.f("ck_budget_line_amount")),
        sa.CheckConstraint("code <> ''", name=op.f("ck_budget_line_code")),
        sa.CheckConstraint("origin IN ('read', 'corrected', 'entered', 'removed')", name=op.f("ck_budget_line_origin")),
        sa.CheckConstraint(
            "section IN ('income', 'costs', 'net_lending', 'financial_assets', 'deficit', 'financing')",
            name=op.f("ck_budget_line_section"),
        ),
        sa.CheckConstraint("source_line >= 1", name=op.f("ck_budget_line_source_line")),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["budget_decision.id"], name=op.f("fk_budget_line_decision_id_budget_decision"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("decision_id", "position", name=op.f("pk_budget_line")),
    )
    op.create_table(
        "budget_explanation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("body_id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("group_key", sa.String(length=64), nullable=False),
        sa.Column("planned", sa.BigInteger(), nullable=False),
        sa.Column("paid", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("author", sa.String(length=320), nullable=False),
        sa.Column("explained_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_budget_explanation_reason")),
        sa.ForeignKeyConstraint(["body_id"], ["body.id"], name=op.f("fk_budget_explanation_body_id_body")),
        sa.ForeignKeyConstraint(["year"], ["reporting_year.year"], name=op.f("fk_budget_explanation_year_reporting_year")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budget_explanation")),
        sa.UniqueConstraint("body_id", "year", "group_key", name=op.f("uq_budget_explanation_body_id_year_group_key")),
    )
    op.create_index("ix_budget_explanation_year", "budget_explanation", ["year"], unique=False)
    op.create_table(
        "file_receipt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("body_id", sa.Integer(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_receipt")),
    )
    op.create_index("ix_file_receipt_account", "file_receipt", ["account_id", "at"], unique=False)
    op.create_index("ix_file_receipt_at", "file_receipt", ["at"], unique=False)
    op.create_index("ix_file_receipt_body", "file_receipt", ["body_id", "at"], unique=False)
    op.create_table(
        "extension",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("body_id", sa.Integer(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("granted_by", sa.String(length=320), nullable=False),
        sa.Column("granted_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_extension_reason")),
        sa.ForeignKeyConstraint(["body_id"], ["body.id"], name=op.f("fk_extension_body_id_body")),
        sa.ForeignKeyConstraint(["year"], ["reporting_year.year"], name=op.f("fk_extension_year_reporting_year")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_extension")),
    )
    op.create_index("ix_extension_body", "extension", ["body_id", "year", "id"], unique=False)
    op.create_table(
        "former_name",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("body_id", sa.Integer(), nullable=True),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("name_kk", sa.String(length=1000), nullable=False),
        sa.Column("name_ru", sa.String(length=1000), nullable=False),
        sa.Column("sort_kk", SORT_TEXT, nullable=False),
        sa.Column("sort_ru", SORT_TEXT, nullable=False),
        sa.CheckConstraint("(body_id IS NULL) <> (organisation_id IS NULL)", name=op.f("ck_former_name_owner")),
        sa.ForeignKeyConstraint(["body_id"], ["body.id"], name=op.f("fk_former_name_body_id_body")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_former_name_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_former_name")),
        sa.UniqueConstraint("body_id", "until", name=op.f("uq_former_name_body_id_until")),
        sa.UniqueConstraint("organisation_id", "until", name=op.f("uq_former_name_organisation_id_until")),
    )
    op.create_table(
        "sheet_revision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("body_id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("accepted_by", sa.String(length=320), nullable=False),
        sa.Column("accepted_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_sheet_revision_revision")),
        sa.ForeignKeyConstraint(["body_id"], ["body.id"], name=op.f("fk_sheet_revision_body_id_body")),
        sa.ForeignKeyConstraint(["year"], ["reporting_year.year"], name=op.f("fk_sheet_revision_year_reporting_year")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sheet_revision")),
        sa.UniqueConstraint("body_id", "year", "revision", name=op.f("uq_sheet_revision_body_id_year_revision")),
        sa.UniqueConstraint("code", name=op.f("uq_sheet_revision_code")),
        sa.UniqueConstraint("sha256", name=op.f("uq_sheet_revision_sha256")),
    )
    op.create_table(
        "justification",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("rule", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("author", sa.String(length=320), nullable=False),
        sa.Column("justified_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_justification_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(["year"], ["reporting_year.year"], name=op.f("fk_justification_year_reporting_year")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_justification")),
        sa.UniqueConstraint(
            "year", "organisation_id", "rule", "code", name=op.f("uq_justification_year_organisation_id_rule_code")
        ),
    )
    op.create_index(op.f("ix_justification_organisation_id"), "justification", ["organisation_id"], unique=False)
    op.create_table(
        "job",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("bodies", sa.JSON(), nullable=True),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("language", sa.String(length=2), server_default="kk", nullable=False),
        sa.Column("urgent", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("dedup_key", sa.String(length=64), nullable=True),
        sa.Column("status", sa.String(length=16), server_default="waiting", nullable=False),
        sa.Column("failure", sa.JSON(), nullable=True),
        sa.Column("file_name", sa.String(length=255), nullable=True),
        sa.Column("media_type", sa.String(length=128), nullable=True),
        sa.Column("file_size", sa.BigInteger(), nullable=True),
        sa.Column("request_id", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=True),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint("status IN ('waiting', 'running', 'done', 'failed', 'cancelled')", name=op.f("ck_job_status")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_job_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
    )
    op.create_index("ix_job_account", "job", ["account_id", "id"], unique=False)
    op.create_index("ix_job_status", "job", ["status"], unique=False)
    op.create_index(
        "uq_job_dedup_key",
        "job",
        ["dedup_key"],
        unique=True,
        sqlite_where=sa.text("status = 'waiting'"),
        postgresql_where=sa.text("status = 'waiting'"),
    )
    op.create_table(
        "job_worker",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("seen_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_job_worker")),
    )
    op.create_table(
        "job_part",
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("stage", sa.String(length=8), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("status", sa.String(length=16), server_default="waiting", nullable=False),
        sa.Column("worker", sa.String(length=64), nullable=True),
        sa.Column("leased_until", sa.DateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("total", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("status IN ('waiting', 'running', 'done')", name=op.f("ck_job_part_status")),
        sa.CheckConstraint("stage IN ('split', 'run', 'join')", name=op.f("ck_job_part_stage")),
        sa.CheckConstraint("(status = 'running') = (worker IS NOT NULL)", name=op.f("ck_job_part_worker")),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_job_part_job_id_job"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id", "number", name=op.f("pk_job_part")),
    )
    op.create_index("ix_job_part_status", "job_part", ["status", "leased_until"], unique=False)
    op.create_table(
        "notification",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("body_id", sa.Integer(), nullable=True),
        sa.Column("job_id", sa.Integer(), nullable=True),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("code", sa.String(length=64), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("dedup_key", sa.String(length=64), nullable=True),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("read_at", sa.DateTime(), nullable=True),
        sa.Column("mail_status", sa.String(length=16), server_default="none", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("claimed_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('submitted', 'returned', 'accepted', 'reopened', 'remark', 'deadline', 'opened', 'rescheduled', "
            "'extended', 'ready', 'job', 'account')",
            name=op.f("ck_notification_kind"),
        ),
        sa.CheckConstraint(
            "CASE WHEN kind = 'account' THEN job_id IS NULL AND body_id IS NULL AND year IS NULL "
            "ELSE (job_id IS NULL) = (body_id IS NOT NULL AND year IS NOT NULL) END",
            name=op.f("ck_notification_subject"),
        ),
        sa.CheckConstraint("mail_status IN ('none', 'waiting', 'sent', 'failed')", name=op.f("ck_notification_mail_status")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_notification_account_id_account")),
        sa.ForeignKeyConstraint(["body_id"], ["body.id"], name=op.f("fk_notification_body_id_body")),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_notification_job_id_job"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_notification_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(
            ["year"], ["reporting_year.year"], name=op.f("fk_notification_year_reporting_year"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
        sa.UniqueConstraint("account_id", "dedup_key", name=op.f("uq_notification_account_id_dedup_key")),
    )
    op.create_index("ix_notification_account", "notification", ["account_id", "id"], unique=False)
    op.create_index("ix_notification_mail_status", "notification", ["mail_status"], unique=False)
    op.create_index(
        "ix_notification_unread",
        "notification",
        ["account_id"],
        unique=False,
        sqlite_where=sa.text("read_at IS NULL"),
        postgresql_where=sa.text("read_at IS NULL"),
    )
    op.create_table(
        "organisation_status",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.CheckConstraint(
            "status IN ('active', 'liquidation', 'bankrupt', 'closed')", name=op.f("ck_organisation_status_status")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_organisation_status_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_status")),
        sa.UniqueConstraint("organisation_id", "since", name=op.f("uq_organisation_status_organisation_id_since")),
    )
    op.create_table(
        "remark",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("body_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("code", sa.String(length=64), nullable=True),
        sa.Column("kind", sa.String(length=64), nullable=True),
        sa.Column("row", sa.String(length=16), nullable=True),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("author", sa.String(length=320), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("resolved_at", sa.DateTime(), nullable=True),
        sa.Column("resolved_by", sa.String(length=320), nullable=True),
        sa.CheckConstraint('(kind IS NULL) = ("row" IS NULL)', name=op.f("ck_remark_row")),
        sa.CheckConstraint("(organisation_id IS NULL) = (code IS NULL)", name=op.f("ck_remark_answer")),
        sa.CheckConstraint("(resolved_at IS NULL) = (resolved_by IS NULL)", name=op.f("ck_remark_resolved")),
        sa.CheckConstraint("organisation_id IS NULL OR kind IS NULL", name=op.f("ck_remark_one_target")),
        sa.ForeignKeyConstraint(["author_id"], ["account.id"], name=op.f("fk_remark_author_id_account")),
        sa.ForeignKeyConstraint(["body_id"], ["body.id"], name=op.f("fk_remark_body_id_body")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_remark_organisation_id_organisation")),
        sa.ForeignKeyConstraint(["year"], ["reporting_year.year"], name=op.f("fk_remark_year_reporting_year")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remark")),
    )
    op.create_index("ix_remark_body", "remark", ["body_id", "year"], unique=False)
    op.create_index(op.f("ix_remark_organisation_id"), "remark", ["organisation_id"], unique=False)
    op.create_table(
        "report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("version >= 1", name=op.f("ck_report_version")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_report_organisation_id_organisation")),
        sa.ForeignKeyConstraint(["year"], ["reporting_year.year"], name=op.f("fk_report_year_reporting_year")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
        sa.UniqueConstraint("year", "organisation_id", name=op.f("uq_report_year_organisation_id")),
    )
    op.create_index(op.f("ix_report_organisation_id"), "report", ["organisation_id"], unique=False)
    op.create_table(
        "supervision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("body_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.CheckConstraint("until IS NULL OR until >= since", name=op.f("ck_supervision_period")),
        sa.ForeignKeyConstraint(["body_id"], ["body.id"], name=op.f("fk_supervision_body_id_body")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_supervision_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supervision")),
    )
    op.create_index("ix_supervision_body", "supervision", ["body_id", "since"], unique=False)
    op.create_index("ix_supervision_organisation", "supervision", ["organisation_id", "since"], unique=False)
    op.create_index(
        "uq_supervision_open",
        "supervision",
        ["organisation_id"],
        unique=True,
        sqlite_where=sa.text("until IS NULL"),
        postgresql_where=sa.text("until IS NULL"),
    )
    op.create_table(
        "upload",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("mode", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("batch", sa.String(length=32), nullable=True),
        sa.Column("sent_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("mode IN ('blanks', 'overwrite', 'clear')", name=op.f("ck_upload_mode")),
        sa.CheckConstraint("status IN ('previewed', 'applied', 'undone')", name=op.f("ck_upload_status")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_upload_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
    )
    op.create_index(op.f("ix_upload_account_id"), "upload", ["account_id"], unique=False)
    op.create_index(op.f("ix_upload_sha256"), "upload", ["sha256"], unique=False)
    op.create_table(
        "export",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("format", sa.String(length=16), nullable=False),
        sa.Column("languages", sa.String(length=16), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("actor", sa.String(length=320), nullable=False),
        sa.ForeignKeyConstraint(["revision_id"], ["sheet_revision.id"], name=op.f("fk_export_revision_id_sheet_revision")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export")),
        sa.UniqueConstraint("revision_id", "sha256", name=op.f("uq_export_revision_id_sha256")),
    )
    op.create_index("ix_export_sha256", "export", ["sha256"], unique=False)
    op.create_table(
        "reply",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("remark_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("author", sa.String(length=320), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["account.id"], name=op.f("fk_reply_author_id_account")),
        sa.ForeignKeyConstraint(["remark_id"], ["remark.id"], name=op.f("fk_reply_remark_id_remark")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reply")),
    )
    op.create_index(op.f("ix_reply_remark_id"), "reply", ["remark_id"], unique=False)
    op.create_table(
        "submission",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("body_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("nil_return", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), server_default="0", nullable=False),
        sa.Column("revision", sa.Integer(), server_default="0", nullable=False),
        sa.Column("changed_by", sa.String(length=320), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("correct_by", sa.Date(), nullable=True),
        sa.Column("submitted_id", sa.Integer(), nullable=True),
        sa.Column("submitted_by", sa.String(length=320), nullable=True),
        sa.Column("submitted_at", sa.DateTime(), nullable=True),
        sa.Column("first_submitted_on", sa.Date(), nullable=True),
        sa.Column("accepted_id", sa.Integer(), nullable=True),
        sa.Column("revision_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("(status = 'accepted') = (accepted_id IS NOT NULL)", name=op.f("ck_submission_accepted_by")),
        sa.CheckConstraint("(status = 'accepted') = (revision_id IS NOT NULL)", name=op.f("ck_submission_accepted_has_revision")),
        sa.CheckConstraint("status <> 'accepted' OR accepted_id <> submitted_id", name=op.f("ck_submission_not_self_accepted")),
        sa.CheckConstraint("status <> 'reopened' OR reason <> ''", name=op.f("ck_submission_reopened_with_reason")),
        sa.CheckConstraint("status IN ('returned', 'reopened') OR correct_by IS NULL", name=op.f("ck_submission_correct_by")),
        sa.CheckConstraint(
            "status = 'draft' OR (submitted_id IS NOT NULL AND submitted_at IS NOT NULL AND first_submitted_on IS NOT NULL)",
            name=op.f("ck_submission_submitted"),
        ),
        sa.CheckConstraint("status = 'draft' OR round >= 1", name=op.f("ck_submission_round")),
        sa.CheckConstraint(
            "status IN ('draft', 'submitted', 'returned', 'accepted', 'reopened')", name=op.f("ck_submission_status")
        ),
        sa.CheckConstraint("status NOT IN ('accepted', 'reopened') OR revision >= 1", name=op.f("ck_submission_revision")),
        sa.ForeignKeyConstraint(["accepted_id"], ["account.id"], name=op.f("fk_submission_accepted_id_account")),
        sa.ForeignKeyConstraint(["body_id"], ["body.id"], name=op.f("fk_submission_body_id_body")),
        sa.ForeignKeyConstraint(["revision_id"], ["sheet_revision.id"], name=op.f("fk_submission_revision_id_sheet_revision")),
        sa.ForeignKeyConstraint(["submitted_id"], ["account.id"], name=op.f("fk_submission_submitted_id_account")),
        sa.ForeignKeyConstraint(["year"], ["reporting_year.year"], name=op.f("fk_submission_year_reporting_year")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission")),
        sa.UniqueConstraint("year", "body_id", name=op.f("uq_submission_year_body_id")),
    )
    op.create_index(op.f("ix_submission_body_id"), "submission", ["body_id"], unique=False)
    op.create_table(
        "body_result",
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("body_id", sa.Integer(), nullable=False),
        sa.Column("generation", sa.Integer(), server_default="0", nullable=False),
        sa.Column("scored_generation", sa.Integer(), server_default="-1", nullable=False),
        sa.Column("accepted", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("low", sa.Integer(), server_default="0", nullable=False),
        sa.Column("high", sa.Integer(), server_default="0", nullable=False),
        sa.Column("max", sa.Integer(), server_default="0", nullable=False),
        sa.Column("share_low", sa.Double(), nullable=True),
        sa.Column("share_high", sa.Double(), nullable=True),
        sa.Column("kinds", sa.Text(), server_default="", nullable=False),
        sa.Column("organisations", sa.Integer(), server_default="0", nullable=False),
        sa.Column("begun", sa.Integer(), server_default="0", nullable=False),
        sa.Column("breaches", sa.Integer(), server_default="0", nullable=False),
        sa.Column("undecided", sa.Integer(), server_default="0", nullable=False),
        sa.Column("digest", sa.String(length=32), server_default="", nullable=False),
        sa.CheckConstraint("low <= high AND high <= max", name=op.f("ck_body_result_bounds")),
        sa.CheckConstraint(
            "(max = 0) = (share_low IS NULL) AND (max = 0) = (share_high IS NULL)", name=op.f("ck_body_result_shares")
        ),
        sa.ForeignKeyConstraint(["body_id"], ["body.id"], name=op.f("fk_body_result_body_id_body"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["year"], ["reporting_year.year"], name=op.f("fk_body_result_year_reporting_year"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("year", "body_id", name=op.f("pk_body_result")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_body_result_body_id", "body_result", ["body_id"], unique=False)
    op.create_index(
        "ix_body_result_stale",
        "body_result",
        ["year", "body_id"],
        unique=False,
        sqlite_where=sa.text("scored_generation <> generation"),
        postgresql_where=sa.text("scored_generation <> generation"),
    )
    op.create_table(
        "result_year",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["year"], ["reporting_year.year"], name=op.f("fk_result_year_year_reporting_year"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_result_year")),
    )
    op.create_table(
        "table_result",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("low", sa.Integer(), nullable=False),
        sa.Column("high", sa.Integer(), nullable=False),
        sa.Column("max", sa.Integer(), nullable=False),
        sa.Column("organisations", sa.Integer(), nullable=False),
        sa.Column("organisation_ids", sa.Text(), nullable=False),
        sa.CheckConstraint("low <= high AND high <= max", name=op.f("ck_table_result_bounds")),
        sa.ForeignKeyConstraint(
            ["year", "body_id"],
            ["body_result.year", "body_result.body_id"],
            name=op.f("fk_table_result_year_body_result"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("year", "body_id", "kind", name=op.f("pk_table_result")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "row_result",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("row", sa.String(length=16), nullable=False),
        sa.Column("criterion", sa.String(length=16), nullable=False),
        sa.Column("low", sa.Integer(), nullable=False),
        sa.Column("high", sa.Integer(), nullable=False),
        sa.Column("max", sa.Integer(), nullable=False),
        sa.Column("organisations", sa.Integer(), nullable=False),
        sa.Column("in_breach", sa.Integer(), nullable=False),
        sa.Column("undecided", sa.Integer(), nullable=False),
        sa.Column("audited", sa.Integer(), nullable=False),
        sa.Column("unaudited", sa.Integer(), nullable=False),
        sa.Column("previous", sa.Integer(), nullable=True),
        sa.Column("worst", sa.String(length=64), nullable=False),
        sa.Column("best", sa.String(length=64), nullable=False),
        sa.Column("states", sa.Text(), nullable=False),
        sa.CheckConstraint("low <= high AND high <= max", name=op.f("ck_row_result_bounds")),
        sa.ForeignKeyConstraint(
            ["year", "body_id"],
            ["body_result.year", "body_result.body_id"],
            name=op.f("fk_row_result_year_body_result"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("year", "body_id", "kind", "row", name=op.f("pk_row_result")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ranking_setting",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("is_open", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_ranking_setting_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ranking_setting")),
    )
    op.execute("INSERT INTO ranking_setting (id) VALUES (1)")
    op.create_table(
        "body_change",
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("body_id", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), server_default="", nullable=False),
        sa.Column("generation", sa.Integer(), nullable=True),
        sa.Column("previous_generation", sa.Integer(), nullable=True),
        sa.Column("low", sa.Integer(), server_default="0", nullable=False),
        sa.Column("max", sa.Integer(), server_default="0", nullable=False),
        sa.Column("previous_low", sa.Integer(), server_default="0", nullable=False),
        sa.Column("previous_max", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["body_id"], ["body.id"], name=op.f("fk_body_change_body_id_body"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["year"], ["reporting_year.year"], name=op.f("fk_body_change_year_reporting_year"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("year", "body_id", name=op.f("pk_body_change")),
    )
    op.create_table(
        "change_part",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("row", sa.String(length=16), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("numerator", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["year", "body_id"],
            ["body_change.year", "body_change.body_id"],
            name=op.f("fk_change_part_year_body_change"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("year", "body_id", "kind", "row", "source", name=op.f("pk_change_part")),
    )
    op.create_table(
        "anomaly",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("body_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("other_body_id", sa.Integer(), nullable=True),
        sa.Column("other_organisation_id", sa.Integer(), nullable=True),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("stake", sa.Integer(), nullable=False),
        sa.Column("detected_at", sa.DateTime(), nullable=False),
        sa.Column("vanished_at", sa.DateTime(), nullable=True),
        sa.Column("state", sa.String(length=16), server_default="open", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("decided_by", sa.String(length=320), server_default="", nullable=False),
        sa.Column("decided_at", sa.DateTime(), nullable=True),
        sa.Column("reply", sa.Text(), server_default="", nullable=False),
        sa.Column("reply_by", sa.String(length=320), server_default="", nullable=False),
        sa.Column("reply_at", sa.DateTime(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("state IN ('open', 'explained', 'set_aside')", name=op.f("ck_anomaly_state")),
        sa.CheckConstraint("state = 'open' OR reason <> ''", name=op.f("ck_anomaly_reason")),
        sa.CheckConstraint("(reply = '') = (reply_at IS NULL)", name=op.f("ck_anomaly_reply")),
        sa.CheckConstraint("stake >= 0", name=op.f("ck_anomaly_stake")),
        sa.ForeignKeyConstraint(["body_id"], ["body.id"], name=op.f("fk_anomaly_body_id_body"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_anomaly_organisation_id_organisation"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["other_body_id"], ["body.id"], name=op.f("fk_anomaly_other_body_id_body"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["other_organisation_id"],
            ["organisation.id"],
            name=op.f("fk_anomaly_other_organisation_id_organisation"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["year"], ["reporting_year.year"], name=op.f("fk_anomaly_year_reporting_year"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_anomaly")),
        sa.UniqueConstraint("year", "code", "body_id", "subject", name=op.f("uq_anomaly_year_code_body_id_subject")),
    )
    op.create_index("ix_anomaly_body", "anomaly", ["body_id", "year"], unique=False)
    op.create_index("ix_anomaly_queue", "anomaly", ["year", "state", "stake"], unique=False)
    op.create_index(op.f("ix_anomaly_organisation_id"), "anomaly", ["organisation_id"], unique=False)
    op.create_table(
        "anomaly_search",
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("recent_changes", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["year"], ["reporting_year.year"], name=op.f("fk_anomaly_search_year_reporting_year"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_anomaly_search")),
    )
    create_triggers()
    create_search_indexes()


def downgrade() -> None:
    """Drop the schema."""
    drop_triggers()
    drop_search_indexes()
    op.drop_table("anomaly_search")
    op.drop_index(op.f("ix_anomaly_organisation_id"), table_name="anomaly")
    op.drop_index("ix_anomaly_queue", table_name="anomaly")
    op.drop_index("ix_anomaly_body", table_name="anomaly")
    op.drop_table("anomaly")
    op.drop_table("change_part")
    op.drop_table("body_change")
    op.drop_table("ranking_setting")
    op.drop_table("row_result")
    op.drop_table("table_result")
    op.drop_table("result_year")
    op.drop_index(
        "ix_body_result_stale",
        table_name="body_result",
        sqlite_where=sa.text("scored_generation <> generation"),
        postgresql_where=sa.text("scored_generation <> generation"),
    )
    op.drop_index("ix_body_result_body_id", table_name="body_result")
    op.drop_table("body_result")
    op.drop_index(op.f("ix_submission_body_id"), table_name="submission")
    op.drop_table("submission")
    op.drop_index(op.f("ix_reply_remark_id"), table_name="reply")
    op.drop_table("reply")
    op.drop_index("ix_export_sha256", table_name="export")
    op.drop_table("export")
    op.drop_index(op.f("ix_upload_sha256"), table_name="upload")
    op.drop_index(op.f("ix_upload_account_id"), table_name="upload")
    op.drop_table("upload")
    op.drop_index(
        "uq_supervision_open",
        table_name="supervision",
        sqlite_where=sa.text("until IS NULL"),
        postgresql_where=sa.text("until IS NULL"),
    )
    op.drop_index("ix_supervision_organisation", table_name="supervision")
    op.drop_index("ix_supervision_body", table_name="supervision")
    op.drop_table("supervision")
    op.drop_index(op.f("ix_report_organisation_id"), table_name="report")
    op.drop_table("report")
    op.drop_index(op.f("ix_remark_organisation_id"), table_name="remark")
    op.drop_index("ix_remark_body", table_name="remark")
    op.drop_table("remark")
    op.drop_table("organisation_status")
    op.drop_index(
        "ix_notification_unread",
        table_name="notification",
        sqlite_where=sa.text("read_at IS NULL"),
        postgresql_where=sa.text("read_at IS NULL"),
    )
    op.drop_index("ix_notification_mail_status", table_name="notification")
    op.drop_index("ix_notification_account", table_name="notification")
    op.drop_table("notification")
    op.drop_table("job_worker")
    op.drop_index("ix_job_part_status", table_name="job_part")
    op.drop_table("job_part")
    op.drop_index(
        "uq_job_dedup_key",
        table_name="job",
        sqlite_where=sa.text("status = 'waiting'"),
        postgresql_where=sa.text("status = 'waiting'"),
    )
    op.drop_index("ix_job_status", table_name="job")
    op.drop_index("ix_job_account", table_name="job")
    op.drop_table("job")
    op.drop_index(op.f("ix_justification_organisation_id"), table_name="justification")
    op.drop_table("justification")
    op.drop_table("sheet_revision")
    op.drop_table("former_name")
    op.drop_index("ix_extension_body", table_name="extension")
    op.drop_table("extension")
    op.drop_index("ix_file_receipt_body", table_name="file_receipt")
    op.drop_index("ix_file_receipt_at", table_name="file_receipt")
    op.drop_index("ix_file_receipt_account", table_name="file_receipt")
    op.drop_table("file_receipt")
    op.drop_index("ix_budget_explanation_year", table_name="budget_explanation")
    op.drop_table("budget_explanation")
    op.drop_table("budget_line")
    op.drop_index(op.f("ix_budget_decision_year"), table_name="budget_decision")
    op.drop_index(op.f("ix_budget_decision_source_id"), table_name="budget_decision")
    op.drop_table("budget_decision")
    op.drop_index(op.f("ix_budget_draft_source_id"), table_name="budget_draft")
    op.drop_index(op.f("ix_budget_draft_body_id"), table_name="budget_draft")
    op.drop_index(op.f("ix_budget_draft_account_id"), table_name="budget_draft")
    op.drop_table("budget_draft")
    op.drop_index(op.f("ix_budget_source_sha256"), table_name="budget_source")
    op.drop_index(op.f("ix_budget_source_body_id"), table_name="budget_source")
    op.drop_table("budget_source")
    op.drop_index("ix_evidence_file_sha256", table_name="evidence_file")
    op.drop_index("ix_evidence_file_report", table_name="evidence_file")
    op.drop_table("evidence_file")
    op.drop_index(op.f("ix_declared_count_body_id"), table_name="declared_count")
    op.drop_table("declared_count")
    op.drop_index(op.f("ix_account_body_body_id"), table_name="account_body")
    op.drop_table("account_body")
    op.drop_table("reporting_year")
    for language in ("kk", "ru"):
        op.drop_index(f"ix_organisation_sort_{language}", table_name="organisation")
    op.drop_table("organisation")
    op.drop_index("ix_audit_batch_country", table_name="audit_batch")
    op.drop_index("ix_audit_batch_chain", table_name="audit_batch")
    op.drop_table("audit_batch")
    op.drop_index("ix_audit_event_single_chain", table_name="audit_event")
    op.drop_index("ix_audit_event_single_actor", table_name="audit_event")
    op.drop_index("ix_audit_event_single", table_name="audit_event")
    op.drop_index("ix_audit_event_organisation", table_name="audit_event")
    op.drop_index("ix_audit_event_batch", table_name="audit_event")
    op.drop_index("ix_audit_event_at", table_name="audit_event")
    op.drop_index("ix_audit_event_actor", table_name="audit_event")
    op.drop_index("ix_audit_event_account", table_name="audit_event")
    op.drop_table("audit_event")
    op.drop_table("checkpoint_coverage")
    op.drop_table("checkpoint")
    op.drop_table("chain_head")
    op.drop_index(op.f("ix_body_parent_id"), table_name="body")
    op.drop_index(op.f("ix_body_level"), table_name="body")
    op.drop_index(op.f("ix_body_kato"), table_name="body")
    op.drop_table("body")
    op.drop_table("passkey")
    op.drop_index(op.f("ix_used_challenge_used_at"), table_name="used_challenge")
    op.drop_table("used_challenge")
    op.drop_index(op.f("ix_account_session_account_id"), table_name="account_session")
    op.drop_table("account_session")
    op.drop_index(op.f("ix_account_sort_name"), table_name="account")
    op.drop_table("account")
