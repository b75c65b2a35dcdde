"""Query nodes that ask a database by SQL.

A login of its own (or a role taken on after the login) that may read what flows may read; a read-only transaction
unless the node says `changes`; a time limit in the server and one here; plain JSON out.
"""

import asyncio
import datetime
import decimal
import math
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from psycopg import AsyncConnection, errors, sql
from psycopg.rows import dict_row

from ivr.business.cache import Answer
from ivr.business.statement import StatementError, compile_statement

log = structlog.get_logger("query")

MAX_ROWS = 500
"""More rows than a caller could ever be read are cut off."""


@dataclass(frozen=True)
class SqlRequest:
    """What a node asks."""

    statement: str
    parameters: Mapping[str, Any]
    many: bool = False
    changes: bool = False
    deadline_s: float = 4.0


def plain(value: Any) -> Any:  # noqa: PLR0911 - one line a kind of value
    """A column's value as JSON has it; dates as ISO 8601."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else None
        case decimal.Decimal():
            if not value.is_finite():
                return None
            return int(value) if value == value.to_integral_value() and value.as_tuple().exponent == 0 else float(value)
        case datetime.datetime() | datetime.date() | datetime.time():
            return value.isoformat()
        case datetime.timedelta():
            return value.total_seconds()
        case uuid.UUID():
            return str(value)
        case Mapping():
            return {str(k): plain(v) for k, v in value.items()}
        case list() | tuple():
            return [plain(v) for v in value]
        case bytes() | memoryview():
            return None  # nothing that could be said
    return str(value)


class SqlQueries:
    """Runs queries on a small set of connections; `ask` never raises."""

    def __init__(self, url: str, role: str = "", connections: int = 4) -> None:
        """`role`: taken on after the login; empty when the login itself is the query role."""
        self._url = url
        self._role = role
        self._idle: list[AsyncConnection[dict[str, Any]]] = []
        self._free = asyncio.Semaphore(connections)

    async def ask(self, request: SqlRequest) -> Answer:
        """`ok`, `not_found`, `error` or `timeout`. What changes something is finished even when the caller is gone:
        await it shielded."""
        try:
            statement = compile_statement(request.statement)
        except StatementError as error:
            log.warning("a query's statement cannot be used", reason=str(error))
            return Answer("error")
        missing = [name for name in statement.names if name not in request.parameters]
        if missing:
            log.warning("a query lacks a value", names=missing)
            return Answer("error")
        values = {name: _argument(request.parameters[name]) for name in statement.names}
        try:
            async with asyncio.timeout(request.deadline_s + 0.25):  # the server's own limit answers first
                return await self._ask(statement.text, values, request)
        except (TimeoutError, errors.QueryCanceled, errors.LockNotAvailable):
            return Answer("timeout")
        except (errors.InvalidTextRepresentation, errors.NumericValueOutOfRange, errors.InvalidDatetimeFormat,
                errors.DatetimeFieldOverflow, errors.UntranslatableCharacter) as error:  # fmt: skip
            # what was said cannot be a value of that column: no row has it
            log.info("a query's value does not fit its column", reason=type(error).__name__)
            return Answer("not_found")
        except (errors.Error, OSError, ValueError) as error:
            log.warning("a query failed", reason=_reason(error))
            return Answer("error")

    async def _ask(self, text: str, values: dict[str, Any], request: SqlRequest) -> Answer:
        async with self._free:
            connection = await self._connection()
            kept = False
            try:
                answer = await self._run(connection, text, values, request)
                kept = True
                return answer
            except errors.DatabaseError as error:
                kept = not connection.closed and isinstance(error, errors.DataError | errors.QueryCanceled)
                if kept:
                    await connection.rollback()
                raise
            finally:
                if kept and not connection.closed:
                    self._idle.append(connection)
                else:
                    await connection.close()

    async def _run(
        self, connection: AsyncConnection[dict[str, Any]], text: str, values: dict[str, Any], request: SqlRequest
    ) -> Answer:
        mode = "read write" if request.changes else "read only"
        limit_ms = max(int(request.deadline_s * 1000), 1)
        await connection.execute(f"begin {mode}")
        await connection.execute(f"set local statement_timeout = {limit_ms}")
        await connection.execute(f"set local lock_timeout = {limit_ms}")
        # `prepare` keeps to the extended protocol even without values: one statement, whatever its text holds
        cursor = await connection.execute(text, values or None, prepare=True)
        rows = await cursor.fetchmany(MAX_ROWS) if cursor.description else []
        changed = cursor.rowcount
        await connection.execute("commit")
        found = [{str(k): plain(v) for k, v in row.items()} for row in rows]
        if request.many:
            return Answer("ok" if found else "not_found", found)
        if found:
            return Answer("ok", found[0])
        if cursor.description is None and changed > 0:
            return Answer("ok", {"changed": changed})
        return Answer("not_found")

    async def _connection(self) -> AsyncConnection[dict[str, Any]]:
        while self._idle:
            connection = self._idle.pop()
            if not connection.closed:
                try:
                    await connection.execute("select 1")
                    return connection
                except errors.Error:
                    await connection.close()  # the server was restarted meanwhile
        connection = await AsyncConnection.connect(
            self._url, autocommit=True, row_factory=dict_row, connect_timeout=5, application_name="ivr query"
        )
        if self._role:
            await connection.execute(sql.SQL("set role {}").format(sql.Identifier(self._role)))
        return connection

    async def close(self) -> None:
        while self._idle:
            await self._idle.pop().close()


def _argument(value: Any) -> Any:
    """A value as a parameter. Scalars go as text of unknown type, so that the column decides what they are ("0123" and
    123 both fit a text column); texts lose what PostgreSQL cannot store."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value).replace("\x00", "\N{REPLACEMENT CHARACTER}")
    if isinstance(value, dict | list):
        from psycopg.types.json import Jsonb

        return Jsonb(value)
    return value


def _reason(error: BaseException) -> str:
    """The server's code, and its words only where they cannot carry a value."""
    state = getattr(error, "sqlstate", None) or ""
    words = str(error).split("\n", 1)[0][:200] if state[:2] in {"", "08", "28", "3D", "3F", "42", "57"} else ""
    return f"{type(error).__name__} {state} {words}".strip()
