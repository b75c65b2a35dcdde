"""people who use the pages, their sessions and tokens, tries to sign in, the audit trail

Revision: 0007
Before: 0006
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def text(name: str, default: bool = True) -> sa.Column:
    return sa.Column(name, sa.Text(), server_default='' if default else None, nullable=False)


def when(name: str, null: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=None if null else sa.text('now()'), nullable=null)


def number() -> sa.Column:
    return sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False)


def upgrade() -> None:
    op.create_table('people',
    number(),
    text('name', default=False),
    text('role', default=False),
    sa.Column('lines', postgresql.JSONB(none_as_null=True), nullable=True),
    text('language'),
    text('password'),
    sa.Column('second_factor', sa.LargeBinary(), nullable=True),
    sa.Column('second_factor_step', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('subject', sa.Text(), nullable=True),
    sa.Column('disabled', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    when('made_at'),
    when('signed_in_at', null=True),
    sa.PrimaryKeyConstraint('id', name=op.f('people_pkey')),
    schema='ivr'
    )
    op.create_index('people_name_idx', 'people', [sa.text('lower(name)')], unique=True, schema='ivr')
    op.create_index('people_subject_idx', 'people', ['subject'], unique=True, schema='ivr')
    op.create_table('web_sessions',
    sa.Column('token', sa.LargeBinary(), nullable=False),
    sa.Column('person', sa.BigInteger(), nullable=False),
    text('csrf'),
    sa.Column('complete', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    text('address'),
    text('program'),
    when('made_at'),
    when('seen_at'),
    sa.ForeignKeyConstraint(['person'], ['ivr.people.id'], name=op.f('web_sessions_person_fkey'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('token', name=op.f('web_sessions_pkey')),
    schema='ivr'
    )
    op.create_index('web_sessions_person_idx', 'web_sessions', ['person'], unique=False, schema='ivr')
    op.create_table('api_tokens',
    number(),
    sa.Column('person', sa.BigInteger(), nullable=False),
    text('name', default=False),
    sa.Column('token', sa.LargeBinary(), nullable=False),
    sa.Column('scopes', postgresql.JSONB(), nullable=False),
    when('made_at'),
    when('until', null=True),
    when('used_at', null=True),
    sa.ForeignKeyConstraint(['person'], ['ivr.people.id'], name=op.f('api_tokens_person_fkey'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('api_tokens_pkey')),
    sa.UniqueConstraint('token', name=op.f('api_tokens_token_key')),
    schema='ivr'
    )
    op.create_index('api_tokens_person_idx', 'api_tokens', ['person'], unique=False, schema='ivr')
    op.create_table('sign_in_tries',
    number(),
    when('at'),
    text('name'),
    text('address'),
    sa.PrimaryKeyConstraint('id', name=op.f('sign_in_tries_pkey')),
    schema='ivr'
    )
    op.create_index('sign_in_tries_at_idx', 'sign_in_tries', ['at'], unique=False, schema='ivr')
    op.create_table('audit',
    number(),
    when('at'),
    *[text(name) for name in ('name', 'role', 'what', 'about', 'call', 'address')],
    sa.PrimaryKeyConstraint('id', name=op.f('audit_pkey')),
    schema='ivr'
    )
    op.create_index('audit_at_idx', 'audit', ['at'], unique=False, schema='ivr')
    op.create_index('audit_call_idx', 'audit', ['call'], unique=False, schema='ivr')


def downgrade() -> None:
    for name in ('audit', 'sign_in_tries', 'api_tokens', 'web_sessions', 'people'):
        op.drop_table(name, schema='ivr')
