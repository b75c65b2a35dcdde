"""drafts of flows, as pages edit them

Revision: 0003
Before: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('flow_drafts',
    sa.Column('flow', sa.Text(), nullable=False),
    sa.Column('began_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('home', sa.Text(), server_default='', nullable=False),
    sa.Column('changed_by', sa.Text(), server_default='', nullable=False),
    sa.Column('base', sa.Integer(), server_default='0', nullable=False),
    sa.Column('revision', sa.Integer(), server_default='0', nullable=False),
    sa.PrimaryKeyConstraint('flow', name=op.f('flow_drafts_pkey')),
    schema='ivr'
    )
    op.create_table('flow_draft_files',
    sa.Column('flow', sa.Text(), nullable=False),
    sa.Column('path', sa.Text(), nullable=False),
    sa.Column('revision', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('data', sa.LargeBinary(), nullable=True),
    sa.Column('saved_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('saved_by', sa.Text(), server_default='', nullable=False),
    sa.ForeignKeyConstraint(['flow'], ['ivr.flow_drafts.flow'], name='flow_draft_files_flow_fkey', ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('flow', 'path', 'revision', name=op.f('flow_draft_files_pkey')),
    schema='ivr'
    )


def downgrade() -> None:
    op.drop_table('flow_draft_files', schema='ivr')
    op.drop_table('flow_drafts', schema='ivr')
