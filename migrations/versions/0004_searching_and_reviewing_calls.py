"""searching and reviewing calls: what a search reads, notes, ratings, tags, corrections, saved searches

Revision: 0004
Before: 0003
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

# calls that are stored already; records/search_rows.py as it was with this version
FILL = r"""
insert into ivr.call_search (call, at, line, caller, duration_s, failures, confidence, marks, words)
select c.id, coalesce(c.offered_at, c.ended_at, 'epoch'), c.line, c.caller, c.duration_s, c.failures, t.confidence,
       array(select distinct left(mark, 200) from (
               select unnest(array['flow:' || c.flow, 'version:' || c.version, 'outcome:' || c.outcome,
                                   'language:' || c.language, 'line:' || c.line]) as mark
               union all select 'node:' || node from ivr.path where call = c.id
               union all select 'node:' || node from ivr.turns where call = c.id and node <> ''
               union all select 'intent:' || intent from ivr.turns where call = c.id and intent <> ''
               union all select 'tag:' || tag from ivr.call_tags where call = c.id) as marks order by 1),
       to_tsvector('simple', left(coalesce(t.words, ''), 100000))
  from ivr.calls c
  left join lateral (
       select min(confidence) as confidence, string_agg(
                case when text = heard_text then heard_text else heard_text || ' ' || text end, E'\n' order by turn
              ) as words
         from ivr.turns where call = c.id) t on true
"""


def upgrade() -> None:
    op.create_table('saved_searches',
    sa.Column('owner', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('filters', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.PrimaryKeyConstraint('owner', 'name', name=op.f('saved_searches_pkey')),
    schema='ivr'
    )
    op.create_table('call_notes',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('call', sa.UUID(as_uuid=False), nullable=False),
    sa.Column('made_by', sa.Text(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['call'], ['ivr.calls.id'], name=op.f('call_notes_call_fkey'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('call_notes_pkey')),
    schema='ivr'
    )
    op.create_index(op.f('call_notes_call_idx'), 'call_notes', ['call'], unique=False, schema='ivr')
    op.create_table('call_ratings',
    sa.Column('call', sa.UUID(as_uuid=False), nullable=False),
    sa.Column('made_by', sa.Text(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('stars', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['call'], ['ivr.calls.id'], name=op.f('call_ratings_call_fkey'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('call', 'made_by', name=op.f('call_ratings_pkey')),
    schema='ivr'
    )
    op.create_table('call_search',
    sa.Column('call', sa.UUID(as_uuid=False), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('line', sa.Text(), server_default='', nullable=False),
    sa.Column('caller', sa.Text(), server_default='', nullable=False),
    sa.Column('duration_s', sa.Float(), nullable=True),
    sa.Column('failures', sa.Integer(), server_default='0', nullable=False),
    sa.Column('confidence', sa.Float(), nullable=True),
    sa.Column('marks', postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'::text[]"), nullable=False),
    sa.Column('words', postgresql.TSVECTOR(), server_default=sa.text("''::tsvector"), nullable=False),
    sa.ForeignKeyConstraint(['call'], ['ivr.calls.id'], name=op.f('call_search_call_fkey'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('call', name=op.f('call_search_pkey')),
    schema='ivr'
    )
    op.create_index(op.f('call_search_at_call_idx'), 'call_search', ['at', 'call'], unique=False, schema='ivr')
    op.create_index(op.f('call_search_caller_at_idx'), 'call_search', ['caller', 'at'], unique=False, schema='ivr', postgresql_ops={'caller': 'text_pattern_ops'})
    op.create_index(op.f('call_search_confidence_idx'), 'call_search', ['confidence'], unique=False, schema='ivr')
    op.create_index(op.f('call_search_duration_s_idx'), 'call_search', ['duration_s'], unique=False, schema='ivr')
    op.create_index(op.f('call_search_failures_idx'), 'call_search', ['failures'], unique=False, schema='ivr')
    op.create_index('call_search_marks_words_idx', 'call_search', ['marks', 'words'], unique=False, schema='ivr', postgresql_using='gin')
    op.create_table('call_tags',
    sa.Column('call', sa.UUID(as_uuid=False), nullable=False),
    sa.Column('tag', sa.Text(), nullable=False),
    sa.Column('made_by', sa.Text(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['call'], ['ivr.calls.id'], name=op.f('call_tags_call_fkey'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('call', 'tag', name=op.f('call_tags_pkey')),
    schema='ivr'
    )
    op.create_index(op.f('call_tags_tag_idx'), 'call_tags', ['tag'], unique=False, schema='ivr')
    op.create_table('turn_corrections',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('call', sa.UUID(as_uuid=False), nullable=False),
    sa.Column('turn', sa.Integer(), nullable=False),
    sa.Column('made_by', sa.Text(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('heard', sa.Text(), nullable=False),
    sa.Column('said', sa.Text(), nullable=False),
    sa.Column('intent', sa.Text(), server_default='', nullable=False),
    sa.ForeignKeyConstraint(['call'], ['ivr.calls.id'], name=op.f('turn_corrections_call_fkey'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('turn_corrections_pkey')),
    schema='ivr'
    )
    op.create_index(op.f('turn_corrections_call_turn_idx'), 'turn_corrections', ['call', 'turn'], unique=False, schema='ivr')
    op.execute(FILL)


def downgrade() -> None:
    op.drop_table('turn_corrections', schema='ivr')
    op.drop_table('call_tags', schema='ivr')
    op.drop_table('call_search', schema='ivr')
    op.drop_table('call_ratings', schema='ivr')
    op.drop_table('call_notes', schema='ivr')
    op.drop_table('saved_searches', schema='ivr')
