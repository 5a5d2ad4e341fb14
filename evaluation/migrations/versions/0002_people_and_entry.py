"""People and what is entered."""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('account',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('role', sa.String(length=16), nullable=False),
    sa.Column('region', sa.String(length=2), nullable=True),
    sa.Column('language', sa.String(length=2), nullable=True),
    sa.Column('active', sa.Boolean(), server_default=sa.true(), nullable=False),
    sa.Column('password', sa.String(length=255), nullable=True),
    sa.Column('fs_uniquifier', sa.String(length=64), nullable=False),
    sa.Column('tf_primary_method', sa.String(length=64), nullable=True),
    sa.Column('tf_totp_secret', sa.String(length=255), nullable=True),
    sa.Column('tf_counter', sa.Integer(), nullable=True),
    sa.Column('mf_recovery_codes', sa.JSON(), nullable=True),
    sa.Column('failures', sa.Integer(), server_default='0', nullable=False),
    sa.Column('locked_until', sa.DateTime(), nullable=True),
    sa.Column('known_failures', sa.Integer(), server_default='0', nullable=False),
    sa.Column('known_locked_until', sa.DateTime(), nullable=True),
    sa.Column('signed_in_at', sa.DateTime(), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.CheckConstraint("role IN ('clerk', 'head', 'reviewer', 'administrator', 'observer')", name=op.f('ck_account_role')),
    sa.CheckConstraint('region IS NULL OR length(region) = 2', name=op.f('ck_account_region')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_account')),
    sa.UniqueConstraint('email', name=op.f('uq_account_email')),
    sa.UniqueConstraint('fs_uniquifier', name=op.f('uq_account_fs_uniquifier'))
    )
    op.create_table('account_body',
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('body_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_account_body_account_id_account')),
    sa.ForeignKeyConstraint(['body_id'], ['body.id'], name=op.f('fk_account_body_body_id_body')),
    sa.PrimaryKeyConstraint('account_id', 'body_id', name=op.f('pk_account_body'))
    )
    with op.batch_alter_table('account_body', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_account_body_body_id'), ['body_id'], unique=False)

    op.create_table('evidence_file',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('criterion', sa.String(length=16), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('media_type', sa.String(length=100), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('given_by', sa.String(length=320), nullable=False),
    sa.Column('given_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_evidence_file_organisation_id_organisation')),
    sa.ForeignKeyConstraint(['year'], ['reporting_year.year'], name=op.f('fk_evidence_file_year_reporting_year')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_evidence_file'))
    )
    with op.batch_alter_table('evidence_file', schema=None) as batch_op:
        batch_op.create_index('ix_evidence_file_report', ['organisation_id', 'year'], unique=False)

    op.create_table('former_name',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('body_id', sa.Integer(), nullable=True),
    sa.Column('organisation_id', sa.Integer(), nullable=True),
    sa.Column('until', sa.Date(), nullable=False),
    sa.Column('name_kk', sa.String(length=1000), nullable=False),
    sa.Column('name_ru', sa.String(length=1000), nullable=False),
    sa.CheckConstraint('(body_id IS NULL) <> (organisation_id IS NULL)', name=op.f('ck_former_name_owner')),
    sa.ForeignKeyConstraint(['body_id'], ['body.id'], name=op.f('fk_former_name_body_id_body')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_former_name_organisation_id_organisation')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_former_name')),
    sa.UniqueConstraint('body_id', 'until', name=op.f('uq_former_name_body_id_until')),
    sa.UniqueConstraint('organisation_id', 'until', name=op.f('uq_former_name_organisation_id_until'))
    )
    op.create_table('justification',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=False),
    sa.Column('rule', sa.String(length=64), nullable=False),
    sa.Column('code', sa.String(length=64), nullable=False),
    sa.Column('value', sa.JSON(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('given_by', sa.String(length=320), nullable=False),
    sa.Column('given_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_justification_organisation_id_organisation')),
    sa.ForeignKeyConstraint(['year'], ['reporting_year.year'], name=op.f('fk_justification_year_reporting_year')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_justification')),
    sa.UniqueConstraint('year', 'organisation_id', 'rule', 'code', name=op.f('uq_justification_year_organisation_id_rule_code'))
    )
    with op.batch_alter_table('justification', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_justification_organisation_id'), ['organisation_id'], unique=False)

    op.create_table('organisation_status',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=False),
    sa.Column('status', sa.String(length=16), nullable=False),
    sa.Column('since', sa.Date(), nullable=False),
    sa.CheckConstraint("status IN ('active', 'liquidation', 'bankrupt', 'closed')", name=op.f('ck_organisation_status_status')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_organisation_status_organisation_id_organisation')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_organisation_status')),
    sa.UniqueConstraint('organisation_id', 'since', name=op.f('uq_organisation_status_organisation_id_since'))
    )
    op.create_table('upload',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=True),
    sa.Column('year', sa.Integer(), nullable=True),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('mode', sa.String(length=16), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('batch', sa.String(length=32), nullable=True),
    sa.Column('sent_at', sa.DateTime(), nullable=False),
    sa.CheckConstraint("mode IN ('blanks', 'overwrite')", name=op.f('ck_upload_mode')),
    sa.CheckConstraint("state IN ('seen', 'applied', 'undone')", name=op.f('ck_upload_state')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_upload_account_id_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_upload'))
    )
    with op.batch_alter_table('upload', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_upload_account_id'), ['account_id'], unique=False)

    # Plain ALTER TABLE: rebuilding a table that others refer to would break their references on SQLite.
    op.add_column('body', sa.Column('since', sa.Date(), nullable=True))
    op.add_column('body', sa.Column('closed_on', sa.Date(), nullable=True))
    op.execute("ALTER TABLE organisation ADD COLUMN state_share INTEGER "
               "CONSTRAINT ck_organisation_state_share CHECK (state_share BETWEEN 0 AND 10000)")
    op.add_column('organisation', sa.Column('state_body', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column('organisation', sa.Column('national_company', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column('reporting_year', sa.Column('deadline', sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column('reporting_year', 'deadline')
    op.drop_column('organisation', 'national_company')
    op.drop_column('organisation', 'state_body')
    op.drop_column('organisation', 'state_share')
    op.drop_column('body', 'closed_on')
    op.drop_column('body', 'since')

    with op.batch_alter_table('upload', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_upload_account_id'))

    op.drop_table('upload')
    op.drop_table('organisation_status')
    with op.batch_alter_table('justification', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_justification_organisation_id'))

    op.drop_table('justification')
    op.drop_table('former_name')
    with op.batch_alter_table('evidence_file', schema=None) as batch_op:
        batch_op.drop_index('ix_evidence_file_report')

    op.drop_table('evidence_file')
    with op.batch_alter_table('account_body', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_account_body_body_id'))

    op.drop_table('account_body')
    op.drop_table('account')
