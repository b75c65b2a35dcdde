"""What a `query` node asks, whatever the kind: answers `Query` with `Queried`."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Protocol

import structlog

from ivr.actions import Query
from ivr.business.cache import Answer, AnswerCache, key
from ivr.business.sql import SqlRequest
from ivr.events import Queried
from ivr.flow.answer_shape import misfit

log = structlog.get_logger("query")


class Sql(Protocol):
    """business.sql.SqlQueries."""

    async def ask(self, request: SqlRequest) -> Answer: ...


class Asker(Protocol):
    """Another kind: business.http.HttpQueries, business.knowledge.Knowledge."""

    async def ask(self, query: Query) -> Answer: ...


class Queries:
    """Queries of all calls. `answer` never raises; a change is finished even when who asked is gone."""

    def __init__(self, sql: Sql, cache: AnswerCache | None = None, kinds: Mapping[str, Asker] | None = None) -> None:
        """`kinds`: who answers what is not SQL, by `Query.kind`."""
        self._sql = sql
        self._kinds = dict(kinds or {})
        self._cache = cache or AnswerCache()
        self._changes: set[asyncio.Task[Answer]] = set()

    async def answer(self, query: Query) -> Queried:
        started = time.monotonic()
        try:
            async with asyncio.timeout(query.deadline_s + 0.5):
                answer = await self._find(query)
        except TimeoutError:
            answer = Answer("timeout")
        return Queried(
            call=query.call,
            leg=query.leg,
            turn=query.turn,
            id=query.id,
            status=answer.status,
            value=answer.value,
            query_s=round(time.monotonic() - started, 4),
            cached=answer.cached,
        )

    async def _find(self, query: Query) -> Answer:
        if query.changes:
            if query.speculative:
                return Answer("error")  # a guess must not change anything
            task = asyncio.ensure_future(self._ask(query))
            self._changes.add(task)
            task.add_done_callback(self._changes.discard)
            return await asyncio.shield(task)
        if query.cache_s <= 0:
            return await self._ask(query)
        scope = "" if query.shared else query.call
        return await self._cache.get(
            key(scope, query.node, query.request, query.parameters), query.cache_s, lambda: self._ask(query)
        )

    async def _ask(self, query: Query) -> Answer:
        answer = await self._asked(query)
        wanted = query.request.get("returns")
        if wanted is not None and answer.status == "ok" and query.request.get("wait", True):
            trouble = misfit(wanted, answer.value)
            if trouble:
                log.warning("an answer has another shape than the flow says", node=query.node, where=trouble)
                return Answer("wrong_shape")
        return answer

    async def _asked(self, query: Query) -> Answer:
        if query.kind != "sql":
            asker = self._kinds.get(query.kind)
            return await asker.ask(query) if asker is not None else Answer("error")
        request: dict[str, Any] = query.request
        return await self._sql.ask(
            SqlRequest(
                statement=str(request.get("statement", "")),
                parameters=query.parameters,
                many=request.get("rows", "one") == "many",
                changes=query.changes,
                deadline_s=query.deadline_s,
            )
        )

    async def finish(self, wait_s: float = 5.0) -> None:
        """Wait for changes under way (the process stops)."""
        if self._changes:
            await asyncio.wait(set(self._changes), timeout=wait_s)
