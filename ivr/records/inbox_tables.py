"""Tables of what callers left: `inbox` is a fold of the journal, `inbox_work` is written by people alone."""

from typing import Any

from sqlalchemy import Column, DateTime, Float, ForeignKey, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import UUID

from ivr.records.tables import SCHEMA, metadata


def _keys() -> list[Column[Any]]:
    """Of the note in the journal."""
    call = ForeignKey(f"{SCHEMA}.calls.id", ondelete="CASCADE")
    return [
        Column("call", UUID(as_uuid=False), call, primary_key=True, nullable=False),
        Column("seq", Integer, primary_key=True, nullable=False, autoincrement=False),
    ]


def _text(name: str, default: str = "") -> "Column[str]":
    return Column(name, Text, nullable=False, server_default=default)


inbox = Table(
    "inbox",
    metadata,
    *_keys(),
    Column("t", Integer, nullable=False, server_default="0"),
    _text("kind"),  # message | call_back
    _text("name"),  # of the message: recordings/messages/<name>.wav
    _text("mailbox"),
    _text("number"),  # that wants to be called
    _text("destination"),  # whose queue they left
    Column("position", Integer, nullable=False, server_default="0"),  # place that they had
    Column("seconds", Float),  # length of the message
)

inbox_work = Table(
    "inbox_work",  # no row: new
    metadata,
    *_keys(),
    _text("state", "new"),  # new | taken | done
    _text("owner"),
    Column("changed_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
)
