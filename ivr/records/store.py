"""Writing folds into Postgres, and the connection to it. Writing the same rows again changes nothing."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import make_url

from ivr.records import tables
from ivr.records.fold import Row

ORDER = ("calls", "turns", "keys", "path", "prompts", "queries", "recordings", "transfers", "troubles", "sip_messages",
         "journal")  # fmt: skip
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
        table = tables.metadata.tables[f"{tables.SCHEMA}.{name}"]
        rows = [clean(row) for change in changes for row in change.get(name, ())]
        if name == "journal":
            _insert(connection, table, rows)
        else:
            _upsert(connection, table, rows)


def _insert(connection: Connection, table: Table, rows: list[Row]) -> None:
    if rows:
        connection.execute(insert(table).on_conflict_do_nothing(), rows)


def _upsert(connection: Connection, table: Table, rows: list[Row]) -> None:
    """Rows of one shape go in one statement."""
    keys = {c.name for c in table.primary_key}
    known = {c.name for c in table.columns}
    shapes: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        shapes.setdefault(tuple(sorted(known & row.keys())), []).append(row)
    for shape, alike in shapes.items():
        statement = insert(table)
        values = {name: statement.excluded[name] for name in shape if name not in keys}
        done = (
            statement.on_conflict_do_update(index_elements=sorted(keys), set_=values)
            if values
            else statement.on_conflict_do_nothing()
        )
        connection.execute(done, [{name: row[name] for name in shape} for row in alike])


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
