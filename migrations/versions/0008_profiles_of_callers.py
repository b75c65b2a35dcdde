"""what is known of callers by their number, from call to call

Revision: 0008
Before: 0007
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('profiles',
    sa.Column('number', sa.Text(), nullable=False),
    sa.Column('remember', sa.Boolean(), nullable=True),
    sa.Column('language', sa.Text(), server_default='', nullable=False),
    sa.Column('last_request', sa.Text(), server_default='', nullable=False),
    sa.Column('values', postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
    sa.Column('call', postgresql.UUID(as_uuid=False), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.PrimaryKeyConstraint('number', name=op.f('profiles_pkey')),
    schema='ivr'
    )
    op.create_index('profiles_at_idx', 'profiles', ['at'], schema='ivr')


def downgrade() -> None:
    op.drop_table('profiles', schema='ivr')
