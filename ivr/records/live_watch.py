"""Live values as a node follows them: told by Postgres at each change, kept in a file while Postgres is away.

LISTEN where the database lets us; a look each POLL_S besides, for a notification that was lost and for poolers
(PgBouncer in transaction mode) through which none comes.
"""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import psycopg
import structlog

from ivr.records.live_values import CHANNEL
from ivr.wire.messages import LiveValue, LiveValues

log = structlog.get_logger("live values")

POLL_S = 15.0
AGAIN_S = 1.0
"""Before a database that does not answer is asked again."""
_QUERY = """select kind, name, key, value, extract(epoch from until)::float8 from ivr.live_values
    where until is null or until > now() order by kind, name, key"""


class LiveWatch:
    """One a services process. `run` on its event loop."""

    def __init__(self, url: str, file: Path, tell: Callable[[LiveValues], None], poll_s: float = POLL_S) -> None:
        """`file`: what media reads when it starts. `tell` is called on the event loop, at the start and at changes."""
        self._url = url.replace("+psycopg://", "://", 1)
        self._file = file
        self._tell = tell
        self._poll_s = poll_s
        self._told: LiveValues | None = None
        self._away = False

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self._follow()
            except (psycopg.Error, OSError) as error:  # also: the tables are not made yet
                if self._told is not None and not self._away:
                    log.warning("live values are as they were until the database is back", error=type(error).__name__)
                self._away = True
            await asyncio.sleep(AGAIN_S)

    async def _follow(self) -> None:
        async with await psycopg.AsyncConnection.connect(
            self._url, autocommit=True, connect_timeout=5, application_name="ivr live",
            keepalives_idle=10, keepalives_interval=5, keepalives_count=3,
        ) as connection:  # fmt: skip
            await connection.execute(f"listen {CHANNEL}")
            while True:
                rows = await (await connection.execute(_QUERY)).fetchall()
                self._away = False
                self._take(LiveValues(values=[LiveValue(*row) for row in rows]))
                async for _ in connection.notifies(timeout=self._poll_s, stop_after=1):
                    pass

    def _take(self, now: LiveValues) -> None:
        if now == self._told:
            return
        self._told = now
        fresh = self._file.with_name(f".{self._file.name}.{os.getpid()}.tmp")
        try:
            fresh.write_bytes(msgspec.json.encode(now))
            fresh.replace(self._file)
        except OSError as error:  # a media process that starts now goes without until it is told
            log.error("live values cannot be kept", error=type(error).__name__)
        self._tell(now)
