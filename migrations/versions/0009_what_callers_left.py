"""messages that callers left and call-backs that they want, and who works on them

Revision: 0009
Before: 0008
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def text(name: str, default: str = '') -> sa.Column:
    return sa.Column(name, sa.Text(), server_default=default, nullable=False)


def whole(name: str) -> sa.Column:
    return sa.Column(name, sa.Integer(), server_default='0', nullable=False)


def upgrade() -> None:
    op.create_table('inbox',
    sa.Column('call', postgresql.UUID(as_uuid=False), nullable=False),
    sa.Column('seq', sa.Integer(), autoincrement=False, nullable=False),
    whole('t'),
    *[text(name) for name in ('kind', 'name', 'mailbox', 'number', 'destination')],
    whole('position'),
    sa.Column('seconds', sa.Float(), nullable=True),
    sa.ForeignKeyConstraint(['call'], ['ivr.calls.id'], name=op.f('inbox_call_fkey'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('call', 'seq', name=op.f('inbox_pkey')),
    schema='ivr'
    )
    op.create_table('inbox_work',
    sa.Column('call', postgresql.UUID(as_uuid=False), nullable=False),
    sa.Column('seq', sa.Integer(), autoincrement=False, nullable=False),
    text('state', 'new'),
    text('owner'),
    sa.Column('changed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['call'], ['ivr.calls.id'], name=op.f('inbox_work_call_fkey'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('call', 'seq', name=op.f('inbox_work_pkey')),
    schema='ivr'
    )


def downgrade() -> None:
    for name in ('inbox_work', 'inbox'):
        op.drop_table(name, schema='ivr')
