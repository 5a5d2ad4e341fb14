"""Registry and reports."""

import sqlalchemy as sa
from alembic import op

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Names in alphabetical order, quotation marks passed over; on SQLite every connection brings its own.
    if op.get_bind().dialect.name == "postgresql":
        for language in ("kk", "ru"):
            op.execute(f"CREATE COLLATION alphabetical_{language} (provider = icu, locale = '{language}-u-ka-shifted')")
    op.create_table('body',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('bin', sa.String(length=12), nullable=False),
    sa.Column('name_kk', sa.String(length=1000), nullable=False),
    sa.Column('name_ru', sa.String(length=1000), nullable=False),
    sa.Column('level', sa.String(length=16), nullable=True),
    sa.Column('parent_id', sa.Integer(), nullable=True),
    sa.Column('kato', sa.String(length=9), nullable=True),
    sa.CheckConstraint("level IN ('central', 'region', 'district', 'rural')", name=op.f('ck_body_level')),
    sa.CheckConstraint('kato IS NULL OR length(kato) = 9', name=op.f('ck_body_kato')),
    sa.CheckConstraint('length(bin) = 12', name=op.f('ck_body_bin')),
    sa.CheckConstraint('parent_id IS NULL OR parent_id <> id', name=op.f('ck_body_parent')),
    sa.ForeignKeyConstraint(['parent_id'], ['body.id'], name=op.f('fk_body_parent_id_body')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_body')),
    sa.UniqueConstraint('bin', name=op.f('uq_body_bin'))
    )
    with op.batch_alter_table('body', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_body_kato'), ['kato'], unique=False)
        batch_op.create_index(batch_op.f('ix_body_parent_id'), ['parent_id'], unique=False)

    op.create_table('organisation',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('bin', sa.String(length=12), nullable=False),
    sa.Column('kind', sa.String(length=64), nullable=False),
    sa.Column('name_kk', sa.String(length=1000), nullable=False),
    sa.Column('name_ru', sa.String(length=1000), nullable=False),
    sa.CheckConstraint('length(bin) = 12', name=op.f('ck_organisation_bin')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_organisation')),
    sa.UniqueConstraint('bin', name=op.f('uq_organisation_bin'))
    )
    op.create_table('reporting_year',
    sa.Column('year', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('order_code', sa.String(length=64), nullable=False),
    sa.Column('invented', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('year', name=op.f('pk_reporting_year'))
    )
    op.create_table('declared_count',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('body_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=64), nullable=False),
    sa.Column('criterion', sa.String(length=16), nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.CheckConstraint('count >= 0', name=op.f('ck_declared_count_count')),
    sa.ForeignKeyConstraint(['body_id'], ['body.id'], name=op.f('fk_declared_count_body_id_body')),
    sa.ForeignKeyConstraint(['year'], ['reporting_year.year'], name=op.f('fk_declared_count_year_reporting_year')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_declared_count')),
    sa.UniqueConstraint('year', 'body_id', 'kind', 'criterion', name=op.f('uq_declared_count_year_body_id_kind_criterion'))
    )
    with op.batch_alter_table('declared_count', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_declared_count_body_id'), ['body_id'], unique=False)

    op.create_table('report',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('answers', sa.JSON(), nullable=False),
    sa.Column('evidence', sa.JSON(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('changed_at', sa.DateTime(), nullable=False),
    sa.CheckConstraint('version >= 1', name=op.f('ck_report_version')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_report_organisation_id_organisation')),
    sa.ForeignKeyConstraint(['year'], ['reporting_year.year'], name=op.f('fk_report_year_reporting_year')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_report')),
    sa.UniqueConstraint('year', 'organisation_id', name=op.f('uq_report_year_organisation_id'))
    )
    with op.batch_alter_table('report', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_report_organisation_id'), ['organisation_id'], unique=False)

    op.create_table('supervision',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('body_id', sa.Integer(), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=False),
    sa.Column('since', sa.Date(), nullable=False),
    sa.Column('until', sa.Date(), nullable=True),
    sa.CheckConstraint('until IS NULL OR until >= since', name=op.f('ck_supervision_period')),
    sa.ForeignKeyConstraint(['body_id'], ['body.id'], name=op.f('fk_supervision_body_id_body')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_supervision_organisation_id_organisation')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_supervision'))
    )
    with op.batch_alter_table('supervision', schema=None) as batch_op:
        batch_op.create_index('ix_supervision_body', ['body_id', 'since'], unique=False)
        batch_op.create_index('ix_supervision_organisation', ['organisation_id', 'since'], unique=False)
        batch_op.create_index('uq_supervision_open', ['organisation_id'], unique=True, sqlite_where=sa.text('until IS NULL'), postgresql_where=sa.text('until IS NULL'))


def downgrade() -> None:
    with op.batch_alter_table('supervision', schema=None) as batch_op:
        batch_op.drop_index('uq_supervision_open', sqlite_where=sa.text('until IS NULL'), postgresql_where=sa.text('until IS NULL'))
        batch_op.drop_index('ix_supervision_organisation')
        batch_op.drop_index('ix_supervision_body')

    op.drop_table('supervision')
    with op.batch_alter_table('report', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_report_organisation_id'))

    op.drop_table('report')
    with op.batch_alter_table('declared_count', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_declared_count_body_id'))

    op.drop_table('declared_count')
    op.drop_table('reporting_year')
    op.drop_table('organisation')
    with op.batch_alter_table('body', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_body_parent_id'))
        batch_op.drop_index(batch_op.f('ix_body_kato'))

    op.drop_table('body')
    if op.get_bind().dialect.name == "postgresql":
        for language in ("kk", "ru"):
            op.execute(f"DROP COLLATION alphabetical_{language}")
