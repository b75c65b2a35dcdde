"""who waits for an agent, who talks with one, how long it takes

Revision: 0006
Before: 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def _now(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False)


def upgrade() -> None:
    op.create_table('queue_entries',
    sa.Column('call', postgresql.UUID(as_uuid=False), nullable=False),
    sa.Column('destination', sa.Text(), server_default='', nullable=False),
    sa.Column('node', sa.Text(), server_default='', nullable=False),
    sa.Column('agent', sa.Text(), server_default='', nullable=False),
    sa.Column('state', sa.Text(), server_default='waiting', nullable=False),
    sa.Column('agents', postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
    _now('entered_at'),
    _now('since'),
    _now('seen_at'),
    sa.PrimaryKeyConstraint('call', name=op.f('queue_entries_pkey')),
    schema='ivr'
    )
    op.create_table('queue_rests',
    sa.Column('agent', sa.Text(), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('agent', name=op.f('queue_rests_pkey')),
    schema='ivr'
    )
    op.create_table('queue_talks',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('destination', sa.Text(), server_default='', nullable=False),
    sa.Column('waited_s', sa.Float(), nullable=False),
    sa.Column('talked_s', sa.Float(), nullable=False),
    _now('ended_at'),
    sa.PrimaryKeyConstraint('id', name=op.f('queue_talks_pkey')),
    schema='ivr'
    )
    op.create_index('queue_talks_destination_ended_at_idx', 'queue_talks', ['destination', 'ended_at'], schema='ivr')


def downgrade() -> None:
    op.drop_table('queue_talks', schema='ivr')
    op.drop_table('queue_rests', schema='ivr')
    op.drop_table('queue_entries', schema='ivr')
