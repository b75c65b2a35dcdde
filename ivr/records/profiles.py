"""Callers' profiles: asked as calls begin, forgotten on request or when they are old. profile_rows.py writes them."""

import asyncio
from collections.abc import Callable
from typing import Any

import psycopg
import structlog
from sqlalchemy import Engine, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from ivr.actions import Query
from ivr.events import Queried
from ivr.records import audit
from ivr.records.profile_tables import profiles

log = structlog.get_logger("profiles")

PURGE_EVERY_S = 3600.0
_KNOWN = """select remember, language, last_request, "values", at from ivr.profiles
    where number = %s and at > now() - make_interval(days => %s)"""


def known(engine: Engine, number: str) -> dict[str, Any] | None:
    """The row of a number. Raises SQLAlchemyError."""
    with engine.connect() as connection:
        row = connection.execute(select(profiles).where(profiles.c.number == number)).mappings().first()
    return dict(row) if row is not None else None


def forget(engine: Engine, number: str, *, by: str, refuse: bool = False) -> bool:
    """Take everything about a number out. `refuse`: and keep nothing of its later calls. False: nothing was known. The
    audit trail tells that it was done, and not of whom but by the number's last digits. Raises SQLAlchemyError."""
    with engine.begin() as connection:
        gone = connection.execute(delete(profiles).where(profiles.c.number == number)).rowcount > 0
        if refuse:
            connection.execute(insert(profiles).values(number=number, remember=False, at=func.now()))
        audit.write(connection, "profile.forgotten", name=by, about=f"...{number[-4:]}")
    return gone


def purge(engine: Engine, days: int) -> int:
    """Take out profiles of callers who did not call for so long; returns how many. A wish not to be remembered
    stays. Raises SQLAlchemyError."""
    old = profiles.c.at < func.now() - func.make_interval(0, 0, 0, days)
    with engine.begin() as connection:
        return connection.execute(delete(profiles).where(old, profiles.c.remember.is_not(False))).rowcount


def _purged(engine: Callable[[], Engine], days: int) -> int:
    made = engine()
    try:
        return purge(made, days)
    finally:
        made.dispose()


class Profiles:
    """Asked as calls begin. On the services process's event loop; one connection, made when it is needed."""

    def __init__(self, url: str, days: int) -> None:
        """`days`: older ones are as if they were not."""
        self._url = url.replace("+psycopg://", "://", 1)
        self._days = days
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._lock = asyncio.Lock()

    async def answer(self, query: Query) -> Queried:
        """Never raises: a database that is away knows nobody."""
        number = str(query.parameters.get("number", ""))
        try:
            async with self._lock:
                row = await self._row(number)
        except (psycopg.Error, OSError) as error:
            log.warning("profiles cannot be asked", error=type(error).__name__)
            return Queried(call=query.call, id=query.id, status="error")
        if row is None:
            return Queried(call=query.call, id=query.id, status="not_found")
        remember, language, last_request, values, at = row
        chosen = {True: "yes", False: "no"}.get(remember, "")
        found = {"language": language, "last_request": last_request, "last_call": at.date().isoformat()}
        found = {} if remember is False else {**values, **found}
        return Queried(call=query.call, id=query.id, value={**found, "remember": chosen})

    async def _row(self, number: str) -> Any:
        if self._connection is None or self._connection.closed:
            self._connection = await psycopg.AsyncConnection.connect(
                self._url, autocommit=True, connect_timeout=2, application_name="ivr profiles",
                keepalives_idle=10, keepalives_interval=5, keepalives_count=3,
            )  # fmt: skip
        try:
            return await (await self._connection.execute(_KNOWN, (number, self._days))).fetchone()
        except (psycopg.Error, asyncio.CancelledError):
            await self._connection.close()  # whatever state it is in; the next question makes another one
            raise

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()


async def keep_young(engine: Callable[[], Engine], days: int) -> None:
    """Purge now and then, until cancelled. `engine`: gives one, which is disposed of; may raise."""
    while True:
        try:
            if gone := await asyncio.to_thread(_purged, engine, days):
                log.info("old profiles are forgotten", count=gone)
        except Exception as error:  # the database is away; tried again
            log.debug("profiles are not purged now", error=type(error).__name__)
        await asyncio.sleep(PURGE_EVERY_S)
