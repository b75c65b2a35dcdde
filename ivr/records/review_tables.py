"""Tables of people who look at calls: what a search reads, and notes, ratings, tags, corrections, saved searches.

`call_search` is a fold of the other tables (search_rows.py) and can be made again; the rest is written by people alone.
"""

from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, Float, ForeignKey, Identity, Index, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR, UUID

from ivr.records.tables import SCHEMA, metadata


def _call(primary_key: bool = False) -> Column[Any]:
    target = ForeignKey(f"{SCHEMA}.calls.id", ondelete="CASCADE")
    return Column("call", UUID(as_uuid=False), target, primary_key=primary_key, nullable=False)


def _number() -> Column[Any]:
    return Column("id", BigInteger, Identity(always=True), primary_key=True)


def _made() -> list[Column[Any]]:
    """Who and when."""
    return [
        Column("made_by", Text, nullable=False),
        Column("made_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    ]


call_search = Table(
    "call_search",
    metadata,
    _call(primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),  # offered; when that is not known, ended
    Column("line", Text, nullable=False, server_default=""),
    Column("caller", Text, nullable=False, server_default=""),
    Column("duration_s", Float),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("confidence", Float),  # the lowest of its turns
    Column(
        "marks", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")
    ),  # flow:orders, node:menu, tag:vip
    Column("words", TSVECTOR, nullable=False, server_default=text("''::tsvector")),  # what the caller said
    Index(None, "at", "call"),
    Index(None, "caller", "at", postgresql_ops={"caller": "text_pattern_ops"}),
    Index(None, "duration_s"),
    Index(None, "failures"),
    Index(None, "confidence"),
    Index("call_search_marks_words_idx", "marks", "words", postgresql_using="gin"),
)

call_notes = Table("call_notes", metadata, _number(), _call(), *_made(), Column("note", Text, nullable=False),
                   Index(None, "call"))  # fmt: skip

call_ratings = Table(
    "call_ratings",
    metadata,
    _call(primary_key=True),
    Column("made_by", Text, primary_key=True),
    Column("made_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("stars", Integer, nullable=False),  # 1 to 5
)

call_tags = Table(
    "call_tags",
    metadata,
    _call(primary_key=True),
    Column("tag", Text, primary_key=True),
    *_made(),
    Index(None, "tag"),
)

turn_corrections = Table(
    "turn_corrections",  # "this was misheard": the newest of a turn counts
    metadata,
    _number(),
    _call(),
    Column("turn", Integer, nullable=False),
    *_made(),
    Column("heard", Text, nullable=False),  # what the record said when it was corrected
    Column("said", Text, nullable=False),
    Column("intent", Text, nullable=False, server_default=""),  # what was meant; empty: not told
    Index(None, "call", "turn"),
)

saved_searches = Table(
    "saved_searches",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("made_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("filters", JSONB, nullable=False),  # CallFilter.address()
)
