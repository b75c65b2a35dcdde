"""Table of what is known of callers by their number, from call to call."""

from sqlalchemy import Boolean, Column, DateTime, Index, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB, UUID

from ivr.records.tables import metadata

profiles = Table(
    "profiles",
    metadata,
    Column("number", Text, primary_key=True),
    Column("remember", Boolean),  # the caller's choice; null: none was made; false: nothing but this is kept
    Column("language", Text, nullable=False, server_default=""),
    Column("last_request", Text, nullable=False, server_default=""),
    Column("values", JSONB, nullable=False, server_default=text("'{}'::jsonb")),  # of `profile` nodes
    Column("call", UUID(as_uuid=False)),  # the last one
    Column("at", DateTime(timezone=True), nullable=False, server_default=text("now()")),  # its end
    Index(None, "at"),
)
