"""Tables of those who use the pages: people, their sessions and tokens, tries to sign in, and the audit trail."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from ivr.records.tables import SCHEMA, metadata

_now = text("now()")


def _when(name: str, *, null: bool = False) -> "Column[object]":
    return Column(name, DateTime(timezone=True), nullable=null, server_default=None if null else _now)


def _number() -> "Column[int]":
    return Column("id", BigInteger, Identity(always=True), primary_key=True)


def _person() -> "Column[int]":
    target = ForeignKey(f"{SCHEMA}.people.id", ondelete="CASCADE")
    return Column("person", BigInteger, target, nullable=False)


def _text(name: str) -> "Column[str]":
    return Column(name, Text, nullable=False, server_default="")


people = Table(
    "people",
    metadata,
    _number(),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("lines", JSONB(none_as_null=True)),  # names; null: all lines
    _text("language"),
    _text("password"),  # argon2id, with its parameters; empty: no password
    Column("second_factor", LargeBinary),  # secret of TOTP, encrypted (web/secret_box.py)
    Column(
        "second_factor_step", BigInteger, nullable=False, server_default="0"
    ),  # the last one used: none serves twice
    Column("subject", Text),  # issuer and subject of OpenID Connect
    Column("disabled", Boolean, nullable=False, server_default=text("false")),
    _when("made_at"),
    _when("signed_in_at", null=True),
)
Index("people_name_idx", text("lower(name)"), unique=True, _table=people)
Index("people_subject_idx", people.c.subject, unique=True)

web_sessions = Table(
    "web_sessions",
    metadata,
    Column("token", LargeBinary, primary_key=True),  # SHA-256 of what the cookie holds
    _person(),
    _text("csrf"),
    Column("complete", Boolean, nullable=False, server_default=text("false")),  # second factor given, or none needed
    _text("address"),
    _text("program"),
    _when("made_at"),
    _when("seen_at"),
)
Index("web_sessions_person_idx", web_sessions.c.person)

api_tokens = Table(
    "api_tokens",
    metadata,
    _number(),
    _person(),
    Column("name", Text, nullable=False),
    Column("token", LargeBinary, nullable=False, unique=True),  # SHA-256
    Column("scopes", JSONB, nullable=False),
    _when("made_at"),
    _when("until", null=True),
    _when("used_at", null=True),
)
Index("api_tokens_person_idx", api_tokens.c.person)

sign_in_tries = Table(
    "sign_in_tries",
    metadata,
    _number(),
    _when("at"),
    _text("name"),
    _text("address"),
)
Index("sign_in_tries_at_idx", sign_in_tries.c.at)

audit = Table(
    "audit",
    metadata,
    _number(),
    _when("at"),
    _text("name"),
    _text("role"),
    _text("what"),
    _text("about"),
    _text("call"),
    _text("address"),
)
Index("audit_at_idx", audit.c.at)
Index("audit_call_idx", audit.c.call)
