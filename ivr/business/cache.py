"""Answers kept for a while, one request in flight a key."""

import asyncio
import json
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Answer:
    """Outcome of a query, as events.Queried carries it."""

    status: str
    value: Any = None
    cached: bool = False


class Store(Protocol):
    """A second place that outlives this process: redis_cache.RedisAnswers. Never raises."""

    async def get(self, key: str) -> tuple[Answer, float] | None:
        """The answer and for how many seconds it still holds."""

    async def put(self, key: str, keep_s: float, answer: Answer) -> None: ...


class AnswerCache:
    """Keeps `ok` and `not_found` answers. Used on one event loop."""

    def __init__(
        self, size: int = 10_000, clock: Callable[[], float] = time.monotonic, store: Store | None = None
    ) -> None:
        self._size = size
        self._store = store
        self._clock = clock
        self._kept: OrderedDict[str, tuple[float, Answer]] = OrderedDict()
        self._asking: dict[str, asyncio.Task[Answer]] = {}

    async def get(self, key: str, keep_s: float, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        """The kept answer, or that of the request under way, or a new one.

        Who waits may be cancelled without cancelling the request for the others.
        """
        kept = self._kept.get(key)
        if kept is not None and kept[0] > self._clock():
            self._kept.move_to_end(key)
            return Answer(kept[1].status, kept[1].value, cached=True)
        task = self._asking.get(key)
        joined = task is not None
        if task is None:
            task = asyncio.ensure_future(self._found(key, keep_s, ask))
            self._asking[key] = task
            task.add_done_callback(lambda _: self._asking.pop(key, None))
        answer = await asyncio.shield(task)
        return Answer(answer.status, answer.value, cached=joined or answer.cached)

    async def _found(self, key: str, keep_s: float, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        """From the store, else by asking; kept from now on."""
        stored = await self._store.get(key) if self._store is not None else None
        if stored is not None:
            self._keep(key, min(stored[1], keep_s), stored[0])
            return Answer(stored[0].status, stored[0].value, cached=True)
        answer = await ask()
        if answer.status in {"ok", "not_found"}:
            self._keep(key, keep_s, answer)
            if self._store is not None:
                await self._store.put(key, keep_s, answer)
        return answer

    def _keep(self, key: str, keep_s: float, answer: Answer) -> None:
        self._kept[key] = (self._clock() + keep_s, answer)
        while len(self._kept) > self._size:
            self._kept.popitem(last=False)


def key(scope: str, node: str, request: dict[str, Any], parameters: dict[str, Any]) -> str:
    """`scope`: whose answer it is (a call, or empty for everybody)."""
    return json.dumps([scope, node, request, parameters], sort_keys=True, default=str)
