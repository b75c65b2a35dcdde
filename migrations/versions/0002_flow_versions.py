"""flow versions: snapshots, what serves since when

Revision: 0002
Before: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('flow_versions',
    sa.Column('flow', sa.Text(), nullable=False),
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('made_by', sa.Text(), server_default='', nullable=False),
    sa.Column('note', sa.Text(), server_default='', nullable=False),
    sa.Column('forced', sa.Text(), server_default='', nullable=False),
    sa.Column('content', sa.Text(), server_default='', nullable=False),
    sa.Column('base', sa.Integer(), server_default='0', nullable=False),
    sa.Column('called', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False),
    sa.PrimaryKeyConstraint('flow', 'number', name=op.f('flow_versions_pkey')),
    schema='ivr'
    )
    op.create_table('flow_blobs',
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('data', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('digest', name=op.f('flow_blobs_pkey')),
    schema='ivr'
    )
    op.create_table('flow_files',
    sa.Column('flow', sa.Text(), nullable=False),
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('path', sa.Text(), nullable=False),
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('trained', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.ForeignKeyConstraint(['digest'], ['ivr.flow_blobs.digest'], name=op.f('flow_files_digest_fkey')),
    sa.ForeignKeyConstraint(['flow', 'number'], ['ivr.flow_versions.flow', 'ivr.flow_versions.number'], name='flow_files_version_fkey', ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('flow', 'number', 'path', name=op.f('flow_files_pkey')),
    schema='ivr'
    )
    op.create_table('flow_releases',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('flow', sa.Text(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('from_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('share', sa.Float(), server_default='1', nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('kind', sa.Text(), server_default='', nullable=False),
    sa.Column('made_by', sa.Text(), server_default='', nullable=False),
    sa.Column('note', sa.Text(), server_default='', nullable=False),
    sa.Column('approved_by', sa.Text(), server_default='', nullable=False),
    sa.Column('needs_approval', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('approved_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['flow', 'number'], ['ivr.flow_versions.flow', 'ivr.flow_versions.number'], name='flow_releases_version_fkey'),
    sa.PrimaryKeyConstraint('id', name=op.f('flow_releases_pkey')),
    schema='ivr'
    )


def downgrade() -> None:
    op.drop_table('flow_releases', schema='ivr')
    op.drop_table('flow_files', schema='ivr')
    op.drop_table('flow_blobs', schema='ivr')
    op.drop_table('flow_versions', schema='ivr')
