"""The tables of schema `ivr` (docs/records.md). `migrations/` makes them; a test compares both.

Times named `*_t` are 20 ms frames since the answer, `*_s` seconds, `*_at` wall time. Everything is a fold of the
journal (fold.py): what is here can be made again from the journals.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

SCHEMA = "ivr"

metadata = MetaData(
    schema=SCHEMA,
    naming_convention={
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
        "pk": "%(table_name)s_pkey",
    },
)

_empty_object = text("'{}'::jsonb")
_empty_list = text("'[]'::jsonb")


def _texts(*names: str) -> list[Column[Any]]:
    """Texts that are empty, never null."""
    return [Column(name, Text, nullable=False, server_default="") for name in names]


def _counts(*names: str) -> list[Column[Any]]:
    return [Column(name, Integer, nullable=False, server_default="0") for name in names]


def _flags(*names: str) -> list[Column[Any]]:
    return [Column(name, Boolean, nullable=False, server_default=text("false")) for name in names]


def _objects(*names: str) -> list[Column[Any]]:
    return [Column(name, JSONB, nullable=False, server_default=_empty_object) for name in names]


def _lists(*names: str) -> list[Column[Any]]:
    return [Column(name, JSONB, nullable=False, server_default=_empty_list) for name in names]


def _call() -> Column[Any]:
    """Which call the row belongs to; erasing the call erases the row."""
    return Column(
        "call",
        UUID(as_uuid=False),
        ForeignKey(f"{SCHEMA}.calls.id", ondelete="CASCADE"),
        primary_key=True,
        nullable=False,
    )


def _key(name: str, kind: type[Integer] | type[Text] = Integer) -> Column[Any]:
    return Column(name, kind, primary_key=True, nullable=False, autoincrement=False)


calls = Table(
    "calls",
    metadata,
    Column("id", UUID(as_uuid=False), primary_key=True),  # UUIDv7: sorted by time
    *_texts("node", "instance", "caller", "dialled", "line", "flow", "version", "language", "codec", "sip_call_id"),
    *_texts("peer"),
    *_objects("models"),
    Column("offered_at", DateTime(timezone=True)),
    Column("answered_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    Column("duration_s", Float),
    *_texts("outcome", "ended_in", "ended_by", "close_reason", "task"),
    Column("sip_status", Integer),
    *_counts("failures", "turn_count"),
    *_objects("slots"),
    *_flags("keys_only"),
    *_counts("late_frames", "lost_packets", "received_packets", "sent_packets"),
    Column("jitter_ms", Float),
    *_counts("delivered_seq"),
    *_flags("complete"),
    Index(None, "offered_at"),
    Index(None, "caller", "offered_at"),
    Index(None, "flow", "offered_at"),
)

turns = Table(
    "turns",
    metadata,
    _call(),
    _key("turn"),
    *_texts("node", "part", "language", "asked", "grammar"),
    *_lists("input"),
    *_counts("attempt", "asked_t"),
    *_lists("heard"),
    *_texts("heard_text", "engine"),
    Column("in_grammar", Boolean),
    *_lists("intents", "entities"),
    *_texts("understood_by", "understood_why"),
    *_texts("result", "how", "text", "intent", "option", "source"),
    Column("confidence", Float),
    *_objects("slots"),
    *_texts("barged_in_by"),
    Column("barged_in_t", Integer),
    *_counts("false_pauses"),
    Column("voice_start_t", Integer),
    Column("voice_stop_t", Integer),
    Column("answered_t", Integer),
    Column("pause_s", Float),
    Column("recognition_s", Float),
    Column("decode_s", Float),
    Column("understand_s", Float),
    Column("query_s", Float),
    Column("synthesis_s", Float),
    Column("answer_s", Float),
)

keys = Table(
    "keys",
    metadata,
    _call(),
    _key("seq"),
    *_counts("turn", "t"),
    *_texts("node", "keys", "via"),
    *_flags("sensitive"),
)

path = Table(
    "path",
    metadata,
    _call(),
    _key("seq"),
    *_counts("turn", "t"),
    *_texts("flow", "node", "node_type"),
    *_counts("visit"),
    *_texts("why"),
    Index(None, "flow", "node"),
)

prompts = Table(
    "prompts",
    metadata,
    _call(),
    _key("id"),
    *_counts("turn", "t"),
    *_texts("text", "language"),
    *_lists("sources"),
    Column("started_t", Integer),
    Column("frames", Integer),
    *_texts("ended"),
)

queries = Table(
    "queries",
    metadata,
    _call(),
    _key("id"),
    *_counts("turn", "t"),
    *_texts("node", "kind", "status"),
    *_flags("changes", "cached"),
    Column("query_s", Float),
)

recordings = Table(
    "recordings",
    metadata,
    _call(),
    _key("path", Text),
    *_counts("from_t"),
    Column("frames", Integer),
    *_texts("why"),
)

transfers = Table(
    "transfers",
    metadata,
    _call(),
    _key("id"),
    *_counts("turn", "t"),
    *_texts("destination", "uri", "kind"),
    *_objects("headers"),
    Column("ok", Boolean),
    Column("done_t", Integer),
    *_texts("how", "reason"),
    Column("sip_status", Integer),
)

troubles = Table(
    "troubles",
    metadata,
    _call(),
    _key("seq"),
    *_counts("turn", "t"),
    *_texts("part", "what"),
)

sip_messages = Table(
    "sip_messages",
    metadata,
    _call(),
    _key("seq"),
    Column("at", DateTime(timezone=True)),
    *_flags("sent"),
    *_texts("leg", "first_line"),
)

journal = Table(
    "journal",
    metadata,
    _call(),
    _key("seq"),
    *_counts("turn", "t"),
    *_texts("type", "leg"),
    *_objects("entry"),
)

nodes = Table(
    "nodes",
    metadata,
    Column("name", Text, primary_key=True),
    *_texts("address", "sip", "version"),
    *_counts("pid", "max_calls", "live_calls"),
    *_flags("draining"),
    Column("started_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("heartbeat_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
)

flow_versions = Table(
    "flow_versions",
    metadata,
    _key("flow", Text),
    _key("number"),  # 0: the draft
    Column("made_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    *_texts("made_by", "note", "forced", "content"),
    *_counts("base"),
    *_lists("called"),
)

flow_blobs = Table(
    "flow_blobs",
    metadata,
    Column("digest", Text, primary_key=True),  # SHA-256 of `data`
    Column("data", LargeBinary, nullable=False),
)

flow_files = Table(
    "flow_files",
    metadata,
    _key("flow", Text),
    _key("number"),
    _key("path", Text),
    Column("digest", Text, ForeignKey(f"{SCHEMA}.flow_blobs.digest"), nullable=False),
    *_flags("trained"),
    ForeignKeyConstraint(
        ["flow", "number"],
        [f"{SCHEMA}.flow_versions.flow", f"{SCHEMA}.flow_versions.number"],
        name="flow_files_version_fkey",
        ondelete="CASCADE",
    ),
)

flow_releases = Table(
    "flow_releases",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("flow", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("from_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("share", Float, nullable=False, server_default="1"),
    Column("made_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    *_texts("kind", "made_by", "note", "approved_by"),
    *_flags("needs_approval"),
    Column("approved_at", DateTime(timezone=True)),
    ForeignKeyConstraint(
        ["flow", "number"],
        [f"{SCHEMA}.flow_versions.flow", f"{SCHEMA}.flow_versions.number"],
        name="flow_releases_version_fkey",
    ),
)

flow_drafts = Table(
    "flow_drafts",  # what pages edit (flow_drafts.py); lines with `version: draft` answer with flow_versions 0
    metadata,
    Column("flow", Text, primary_key=True),
    Column("began_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("changed_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    *_texts("home", "changed_by"),
    *_counts("base", "revision"),
)

flow_draft_files = Table(
    "flow_draft_files",
    metadata,
    _key("flow", Text),
    _key("path", Text),
    _key("revision"),
    Column("data", LargeBinary),  # null: taken out
    Column("saved_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    *_texts("saved_by"),
    ForeignKeyConstraint(
        ["flow"], [f"{SCHEMA}.flow_drafts.flow"], name="flow_draft_files_flow_fkey", ondelete="CASCADE"
    ),
)

live_values = Table(
    "live_values",  # what is switched now (live_values.py)
    metadata,
    _key("kind", Text),  # switch | table | bulletin
    _key("name", Text),  # of the switch or table; a bulletin's line, or * for every line
    _key("key", Text),  # row of the table, language of the bulletin, else empty
    *_texts("value", "note", "changed_by"),
    Column("until", DateTime(timezone=True)),  # null: until it is cleared
    Column("changed_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
)

live_changes = Table(
    "live_changes",  # who did what, never changed afterwards
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    *_texts("kind", "name", "key", "note", "by"),
    Column("value", Text),  # null: cleared
    Column("until", DateTime(timezone=True)),
)

queue_entries = Table(
    "queue_entries",  # who waits for an agent or talks with one, on all nodes (agent_line.py)
    metadata,
    Column("call", UUID(as_uuid=False), primary_key=True),
    *_texts("destination", "node", "agent"),
    Column("state", Text, nullable=False, server_default="waiting"),  # waiting | ringing | talking
    *_lists("agents"),
    Column("entered_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("since", DateTime(timezone=True), nullable=False, server_default=text("now()")),  # of the state
    Column("seen_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
)

queue_rests = Table(
    "queue_rests",  # agents who did not answer are left alone for a while
    metadata,
    Column("agent", Text, primary_key=True),
    Column("until", DateTime(timezone=True), nullable=False),
)

queue_talks = Table(
    "queue_talks",  # how long agents talked: the expected wait
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    *_texts("destination"),
    Column("waited_s", Float, nullable=False),
    Column("talked_s", Float, nullable=False),
    Column("ended_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Index(None, "destination", "ended_at"),
)
