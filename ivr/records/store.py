"""Writing folds into Postgres, and the connection to it. Writing the same rows again changes nothing."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Table, TextClause, create_engine, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import make_url

from ivr.records import inbox_tables as _  # noqa: F401 - the table joins the others
from ivr.records import profile_rows, search_rows, tables
from ivr.records.fold import Row

ORDER = ("calls", "turns", "keys", "path", "prompts", "queries", "recordings", "transfers", "troubles", "sip_messages",
         "inbox", "journal")  # fmt: skip
"""Calls first: the others refer to it."""


def engine(url: str, pool: int = 2, timeout_s: int = 5) -> Engine:
    """An engine for a postgresql:// address (psycopg 3). Connects when it is first used."""
    address = make_url(url)
    if address.drivername in {"postgresql", "postgres"}:
        address = address.set(drivername="postgresql+psycopg")
    return create_engine(
        address,
        pool_size=pool,
        max_overflow=2,
        pool_pre_ping=True,
        pool_recycle=1800,
        connect_args={
            "connect_timeout": timeout_s,
            "application_name": "ivr",
            # a server whose machine is gone says nothing: without these a write waits for it for hours
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 20_000,
        },
    )


def clean(value: Any) -> Any:
    """PostgreSQL stores no NUL in texts; callers' systems send them all the same."""
    match value:
        case str():
            return value.replace("\x00", "\N{REPLACEMENT CHARACTER}") if "\x00" in value else value
        case dict():
            return {clean(k): clean(v) for k, v in value.items()}
        case list() | tuple():
            return [clean(v) for v in value]
    return value


def write(connection: Connection, changes: Sequence[dict[str, list[Row]]]) -> None:
    """Insert or update the rows of several calls (CallFold.changed), in the caller's transaction."""
    for name in ORDER:
        known = {column.name for column in _table(name).columns}
        shapes: dict[tuple[str, ...], list[Row]] = {}
        for change in changes:
            for row in change.get(name, ()):
                shapes.setdefault(tuple(sorted(known & row.keys())), []).append(clean(row))
        for shape, alike in shapes.items():
            rows = msgspec.json.encode(alike, enc_hook=str).decode()
            connection.execute(_statement(name, shape), {"rows": rows})
    profile_rows.write(connection, [row for change in changes for row in change.get("profiles", ())])
    search_rows.refresh(connection, _searched(changes))


def _searched(changes: Sequence[dict[str, list[Row]]]) -> set[str]:
    """Calls of which something changed that searches read: a call's own row changes with every line of its journal, and
    what is searched of it is known with a node, a turn or its end."""
    ended = {str(row["id"]) for change in changes for row in change.get("calls", ()) if row.get("complete")}
    return ended | {
        str(row["call"]) for change in changes for part in ("turns", "path") for row in change.get(part, ())
    }


def _table(name: str) -> Table:
    return tables.metadata.tables[f"{tables.SCHEMA}.{name}"]


@cache
def _statement(name: str, shape: tuple[str, ...]) -> TextClause:
    """Rows of one shape, as one JSON text, into a table: one statement and one way to the server whatever their number.
    A line of the journal never changes; other rows are those that are known last."""
    table, dialect = _table(name), postgresql.dialect()  # type: ignore[no-untyped-call]
    keys = [column.name for column in table.primary_key]
    quoted = {column: f'"{column}"' for column in shape}
    types = ", ".join(f"{quoted[column]} {table.c[column].type.compile(dialect)}" for column in shape)
    columns = ", ".join(quoted.values())
    values = [column for column in shape if column not in keys] if name != "journal" else []
    changed = ", ".join(f"{quoted[column]} = excluded.{quoted[column]}" for column in values)
    where = ", ".join(f'"{key}"' for key in keys)
    then = f"({where}) DO UPDATE SET {changed}" if changed else "DO NOTHING"
    return text(
        f"INSERT INTO {table.schema}.{name} ({columns}) SELECT {columns}"
        f" FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS row({types}) ON CONFLICT {then}"
    )


def complete(connection: Connection, calls: Iterable[str]) -> set[str]:
    """Which of these calls are delivered to their last line."""
    wanted = list(calls)
    found: set[str] = set()
    for start in range(0, len(wanted), 1000):
        part = wanted[start : start + 1000]
        query = select(tables.calls.c.id).where(tables.calls.c.id.in_(part), tables.calls.c.complete)
        found.update(str(row[0]) for row in connection.execute(query))
    return found


def migrated(url: str) -> Engine:
    """An engine on a database with the newest tables. Raises SQLAlchemyError while it is away."""
    from ivr.records import schema

    made = engine(url)
    try:
        schema.migrate(made)
    except BaseException:
        made.dispose()
        raise
    return made
