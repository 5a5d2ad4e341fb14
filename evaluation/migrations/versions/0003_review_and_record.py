"""Review and record."""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

KEPT = {
    # Not asked of a line, which would cost more than its insertion: connections of the product have recursive triggers on.
    'event': '',
    'checkpoint': 'number = NEW.number',
    'frozen_sheet': 'id = NEW.id OR sha256 = NEW.sha256 OR code = NEW.code '
                    'OR (body_id = NEW.body_id AND year = NEW.year AND revision = NEW.revision)',
    'export': 'id = NEW.id',
}
"""Tables that rows are only ever added to, with what a new row must not share with one that is there."""
ENDS = ('chain', 'covered')
"""Tables whose rows go forward and never away."""


def refuse_changes() -> None:
    """Have the database itself refuse to change or remove what is kept, and to set back where a chain ends."""
    if op.get_bind().dialect.name == 'postgresql':
        op.execute("CREATE FUNCTION kept() RETURNS trigger LANGUAGE plpgsql AS "
                   "$$ BEGIN RAISE EXCEPTION '% of % is refused: it is kept', TG_OP, TG_TABLE_NAME; END $$")
        for table in KEPT:
            op.execute(f"CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION kept()")
        for table in ENDS:
            op.execute(f"CREATE TRIGGER kept BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION kept()")
            op.execute(f"CREATE TRIGGER forward BEFORE UPDATE ON {table} FOR EACH ROW "
                       "WHEN (NEW.chain <> OLD.chain OR NEW.seq <= OLD.seq) EXECUTE FUNCTION kept()")
        for table in (*KEPT, *ENDS):
            op.execute(f"CREATE TRIGGER whole BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION kept()")
        return
    for table in (*KEPT, *ENDS):
        refused = f"BEGIN SELECT RAISE(ABORT, '{table} is kept: this is refused'); END"
        changed = '' if table in KEPT else 'WHEN NEW.chain <> OLD.chain OR NEW.seq <= OLD.seq'
        op.execute(f"CREATE TRIGGER {table}_not_removed BEFORE DELETE ON {table} {refused}")
        op.execute(f"CREATE TRIGGER {table}_not_changed BEFORE UPDATE ON {table} {changed} {refused}")
    # INSERT OR REPLACE removes without asking the triggers above, unless the connection has recursive triggers on.
    for table, same in {**KEPT, 'chain': 'chain = NEW.chain'}.items():
        if not same:
            continue
        op.execute(f"CREATE TRIGGER {table}_not_replaced BEFORE INSERT ON {table} "
                   f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) "
                   f"BEGIN SELECT RAISE(ABORT, '{table} is kept: this is refused'); END")


def allow_changes() -> None:
    """Undo the above, for a downgrade."""
    if op.get_bind().dialect.name == 'postgresql':
        op.execute("DROP FUNCTION kept() CASCADE")
        return
    for table in (*KEPT, *ENDS):
        for what in ('removed', 'changed', 'replaced'):
            op.execute(f"DROP TRIGGER IF EXISTS {table}_not_{what}")


def upgrade() -> None:
    op.create_table('chain',
    sa.Column('chain', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('mac', sa.String(length=64), nullable=False),
    sa.Column('seal', sa.String(length=64), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.PrimaryKeyConstraint('chain', name=op.f('pk_chain'))
    )
    op.create_table('checkpoint',
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('heads', sa.JSON(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('seal', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_checkpoint'))
    )
    op.create_table('covered',
    sa.Column('chain', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('chain', name=op.f('pk_covered'))
    )
    op.create_table('event',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('chain', sa.Integer(), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('mac', sa.String(length=64), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('actor', sa.String(length=320), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=True),
    sa.Column('action', sa.String(length=32), nullable=False),
    sa.Column('year', sa.Integer(), nullable=True),
    sa.Column('body_id', sa.Integer(), nullable=True),
    sa.Column('organisation_id', sa.Integer(), nullable=True),
    sa.Column('batch', sa.String(length=32), nullable=True),
    sa.Column('data', sa.JSON(), nullable=False),
    sa.CheckConstraint('chain = coalesce(body_id, 0)', name=op.f('ck_event_chain')),
    sa.CheckConstraint('seq >= 1', name=op.f('ck_event_seq')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_event')),
    sa.UniqueConstraint('chain', 'seq', name=op.f('uq_event_chain_seq'))
    )
    with op.batch_alter_table('event', schema=None) as batch_op:
        batch_op.create_index('ix_event_account', ['account_id', 'id'], unique=False)
        batch_op.create_index('ix_event_actor', ['actor', 'at'], unique=False)
        batch_op.create_index('ix_event_at', ['at', 'id'], unique=False)
        batch_op.create_index('ix_event_batch', ['batch'], unique=False)
        batch_op.create_index('ix_event_organisation', ['organisation_id', 'year', 'id'], unique=False)

    op.create_table('extension',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('body_id', sa.Integer(), nullable=False),
    sa.Column('until', sa.Date(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('given_by', sa.String(length=320), nullable=False),
    sa.Column('given_at', sa.DateTime(), nullable=False),
    sa.CheckConstraint("reason <> ''", name=op.f('ck_extension_reason')),
    sa.ForeignKeyConstraint(['body_id'], ['body.id'], name=op.f('fk_extension_body_id_body')),
    sa.ForeignKeyConstraint(['year'], ['reporting_year.year'], name=op.f('fk_extension_year_reporting_year')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_extension'))
    )
    with op.batch_alter_table('extension', schema=None) as batch_op:
        batch_op.create_index('ix_extension_body', ['body_id', 'year', 'id'], unique=False)

    op.create_table('frozen_sheet',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('body_id', sa.Integer(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('content', sa.Text(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('code', sa.String(length=16), nullable=False),
    sa.Column('accepted_by', sa.String(length=320), nullable=False),
    sa.Column('accepted_at', sa.DateTime(), nullable=False),
    sa.CheckConstraint('revision >= 1', name=op.f('ck_frozen_sheet_revision')),
    sa.ForeignKeyConstraint(['body_id'], ['body.id'], name=op.f('fk_frozen_sheet_body_id_body')),
    sa.ForeignKeyConstraint(['year'], ['reporting_year.year'], name=op.f('fk_frozen_sheet_year_reporting_year')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_frozen_sheet')),
    sa.UniqueConstraint('body_id', 'year', 'revision', name=op.f('uq_frozen_sheet_body_id_year_revision')),
    sa.UniqueConstraint('code', name=op.f('uq_frozen_sheet_code')),
    sa.UniqueConstraint('sha256', name=op.f('uq_frozen_sheet_sha256'))
    )
    op.create_table('message',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('body_id', sa.Integer(), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=True),
    sa.Column('code', sa.String(length=64), nullable=True),
    sa.Column('data', sa.JSON(), nullable=False),
    sa.Column('once', sa.String(length=64), nullable=True),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('read_at', sa.DateTime(), nullable=True),
    sa.Column('mail', sa.String(length=16), server_default='none', nullable=False),
    sa.Column('tries', sa.Integer(), server_default='0', nullable=False),
    sa.Column('claimed_at', sa.DateTime(), nullable=True),
    sa.CheckConstraint("kind IN ('submitted', 'returned', 'accepted', 'reopened', 'remark', 'deadline')", name=op.f('ck_message_kind')),
    sa.CheckConstraint("mail IN ('none', 'waiting', 'sent', 'failed')", name=op.f('ck_message_mail')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_message_account_id_account')),
    sa.ForeignKeyConstraint(['body_id'], ['body.id'], name=op.f('fk_message_body_id_body')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_message_organisation_id_organisation')),
    sa.ForeignKeyConstraint(['year'], ['reporting_year.year'], name=op.f('fk_message_year_reporting_year')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_message')),
    sa.UniqueConstraint('account_id', 'once', name=op.f('uq_message_account_id_once'))
    )
    with op.batch_alter_table('message', schema=None) as batch_op:
        batch_op.create_index('ix_message_account', ['account_id', 'id'], unique=False)
        batch_op.create_index('ix_message_mail', ['mail'], unique=False)
        batch_op.create_index('ix_message_unread', ['account_id'], unique=False, sqlite_where=sa.text('read_at IS NULL'), postgresql_where=sa.text('read_at IS NULL'))

    op.create_table('remark',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('body_id', sa.Integer(), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=True),
    sa.Column('code', sa.String(length=64), nullable=True),
    sa.Column('kind', sa.String(length=64), nullable=True),
    sa.Column('row', sa.String(length=16), nullable=True),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('author_id', sa.Integer(), nullable=True),
    sa.Column('author', sa.String(length=320), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('resolved_at', sa.DateTime(), nullable=True),
    sa.Column('resolved_by', sa.String(length=320), nullable=True),
    sa.CheckConstraint('(kind IS NULL) = ("row" IS NULL)', name=op.f('ck_remark_place')),
    sa.CheckConstraint('(organisation_id IS NULL) = (code IS NULL)', name=op.f('ck_remark_answer')),
    sa.CheckConstraint('(resolved_at IS NULL) = (resolved_by IS NULL)', name=op.f('ck_remark_resolved')),
    sa.CheckConstraint('organisation_id IS NULL OR kind IS NULL', name=op.f('ck_remark_one_place')),
    sa.ForeignKeyConstraint(['author_id'], ['account.id'], name=op.f('fk_remark_author_id_account')),
    sa.ForeignKeyConstraint(['body_id'], ['body.id'], name=op.f('fk_remark_body_id_body')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_remark_organisation_id_organisation')),
    sa.ForeignKeyConstraint(['year'], ['reporting_year.year'], name=op.f('fk_remark_year_reporting_year')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_remark'))
    )
    with op.batch_alter_table('remark', schema=None) as batch_op:
        batch_op.create_index('ix_remark_body', ['body_id', 'year'], unique=False)
        batch_op.create_index(batch_op.f('ix_remark_organisation_id'), ['organisation_id'], unique=False)

    op.create_table('export',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('frozen_id', sa.Integer(), nullable=False),
    sa.Column('format', sa.String(length=16), nullable=False),
    sa.Column('languages', sa.String(length=16), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('actor', sa.String(length=320), nullable=False),
    sa.ForeignKeyConstraint(['frozen_id'], ['frozen_sheet.id'], name=op.f('fk_export_frozen_id_frozen_sheet')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_export')),
    sa.UniqueConstraint('frozen_id', 'sha256', name=op.f('uq_export_frozen_id_sha256'))
    )
    with op.batch_alter_table('export', schema=None) as batch_op:
        batch_op.create_index('ix_export_sha256', ['sha256'], unique=False)

    op.create_table('reply',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('remark_id', sa.Integer(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('author_id', sa.Integer(), nullable=True),
    sa.Column('author', sa.String(length=320), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['author_id'], ['account.id'], name=op.f('fk_reply_author_id_account')),
    sa.ForeignKeyConstraint(['remark_id'], ['remark.id'], name=op.f('fk_reply_remark_id_remark')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reply'))
    )
    with op.batch_alter_table('reply', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_reply_remark_id'), ['remark_id'], unique=False)

    op.create_table('submission',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('body_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('nil', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('round', sa.Integer(), server_default='0', nullable=False),
    sa.Column('revision', sa.Integer(), server_default='0', nullable=False),
    sa.Column('changed_by', sa.String(length=320), nullable=False),
    sa.Column('changed_at', sa.DateTime(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('submitted_id', sa.Integer(), nullable=True),
    sa.Column('submitted_by', sa.String(length=320), nullable=True),
    sa.Column('submitted_at', sa.DateTime(), nullable=True),
    sa.Column('first_submitted_on', sa.Date(), nullable=True),
    sa.Column('accepted_id', sa.Integer(), nullable=True),
    sa.Column('frozen_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("(state = 'accepted') = (frozen_id IS NOT NULL)", name=op.f('ck_submission_accepted_is_frozen')),
    sa.CheckConstraint("state <> 'accepted' OR accepted_id <> submitted_id", name=op.f('ck_submission_not_self_accepted')),
    sa.CheckConstraint("state <> 'reopened' OR reason <> ''", name=op.f('ck_submission_reopened_with_reason')),
    sa.CheckConstraint("(state = 'accepted') = (accepted_id IS NOT NULL)", name=op.f('ck_submission_accepted_by')),
    sa.CheckConstraint("state = 'draft' OR (submitted_id IS NOT NULL AND submitted_at IS NOT NULL AND first_submitted_on IS NOT NULL)", name=op.f('ck_submission_submitted')),
    sa.CheckConstraint("state = 'draft' OR round >= 1", name=op.f('ck_submission_round')),
    sa.CheckConstraint("state IN ('draft', 'submitted', 'returned', 'accepted', 'reopened')", name=op.f('ck_submission_state')),
    sa.CheckConstraint("state NOT IN ('accepted', 'reopened') OR revision >= 1", name=op.f('ck_submission_revision')),
    sa.ForeignKeyConstraint(['accepted_id'], ['account.id'], name=op.f('fk_submission_accepted_id_account')),
    sa.ForeignKeyConstraint(['body_id'], ['body.id'], name=op.f('fk_submission_body_id_body')),
    sa.ForeignKeyConstraint(['frozen_id'], ['frozen_sheet.id'], name=op.f('fk_submission_frozen_id_frozen_sheet')),
    sa.ForeignKeyConstraint(['submitted_id'], ['account.id'], name=op.f('fk_submission_submitted_id_account')),
    sa.ForeignKeyConstraint(['year'], ['reporting_year.year'], name=op.f('fk_submission_year_reporting_year')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_submission')),
    sa.UniqueConstraint('year', 'body_id', name=op.f('uq_submission_year_body_id'))
    )
    with op.batch_alter_table('submission', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_submission_body_id'), ['body_id'], unique=False)

    # Plain ALTER TABLE: rebuilding a table that others refer to would break their references on SQLite.
    op.execute("ALTER TABLE reporting_year ADD COLUMN starts_on DATE "
               "CONSTRAINT ck_reporting_year_period CHECK (starts_on IS NULL OR deadline IS NULL OR starts_on <= deadline)")

    refuse_changes()


def downgrade() -> None:
    allow_changes()

    if op.get_bind().dialect.name == 'postgresql':
        op.drop_constraint('ck_reporting_year_period', 'reporting_year')
    op.drop_column('reporting_year', 'starts_on')

    with op.batch_alter_table('submission', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_submission_body_id'))

    op.drop_table('submission')
    with op.batch_alter_table('reply', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_reply_remark_id'))

    op.drop_table('reply')
    with op.batch_alter_table('export', schema=None) as batch_op:
        batch_op.drop_index('ix_export_sha256')

    op.drop_table('export')
    with op.batch_alter_table('remark', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_remark_organisation_id'))
        batch_op.drop_index('ix_remark_body')

    op.drop_table('remark')
    with op.batch_alter_table('message', schema=None) as batch_op:
        batch_op.drop_index('ix_message_unread')
        batch_op.drop_index('ix_message_mail')
        batch_op.drop_index('ix_message_account')

    op.drop_table('message')
    op.drop_table('frozen_sheet')
    with op.batch_alter_table('extension', schema=None) as batch_op:
        batch_op.drop_index('ix_extension_body')

    op.drop_table('extension')
    with op.batch_alter_table('event', schema=None) as batch_op:
        batch_op.drop_index('ix_event_organisation')
        batch_op.drop_index('ix_event_batch')
        batch_op.drop_index('ix_event_at')
        batch_op.drop_index('ix_event_actor')
        batch_op.drop_index('ix_event_account')

    op.drop_table('event')
    op.drop_table('covered')
    op.drop_table('checkpoint')
    op.drop_table('chain')
