"""Answers of queries in Redis: kept over a restart, and shared by the machines that use one Redis."""

import hashlib

import msgspec
import structlog
from redis import RedisError
from redis.asyncio import Redis

from ivr.breaker import Breaker
from ivr.business.cache import Answer

log = structlog.get_logger("query")

PREFIX = "ivr:answer:"
PATIENCE_S = 0.2
"""A turn waits no longer for what may save it a query."""


class RedisAnswers:
    """cache.Store. A Redis that is away costs a turn nothing once it was late twice."""

    def __init__(self, address: str) -> None:
        self._redis = Redis.from_url(address, socket_timeout=PATIENCE_S, socket_connect_timeout=PATIENCE_S)
        self._breaker = Breaker(2)

    async def get(self, key: str) -> tuple[Answer, float] | None:
        """The answer and for how many seconds it still holds."""
        if self._breaker.open:
            return None
        try:
            async with self._redis.pipeline(transaction=False) as both:
                both.get(_named(key))
                both.pttl(_named(key))
                data, left_ms = await both.execute()
            self._breaker.worked()
            return (msgspec.json.decode(data, type=Answer), left_ms / 1000) if data and left_ms > 0 else None
        except (RedisError, OSError) as error:
            self._failed(error)
        except msgspec.MsgspecError:
            pass  # somebody else's: it is asked for again
        return None

    async def put(self, key: str, keep_s: float, answer: Answer) -> None:
        if self._breaker.open:
            return
        try:
            await self._redis.set(_named(key), msgspec.json.encode(answer), px=max(int(keep_s * 1000), 1))
            self._breaker.worked()
        except (RedisError, OSError) as error:
            self._failed(error)

    async def close(self) -> None:
        await self._redis.aclose()

    def _failed(self, error: Exception) -> None:
        self._breaker.failed(type(error).__name__)
        log.warning("Redis does not answer: answers are kept in memory only", why=type(error).__name__)


def _named(key: str) -> str:
    """Keys hold what was asked, so Redis sees only their hash."""
    return PREFIX + hashlib.sha256(key.encode()).hexdigest()
