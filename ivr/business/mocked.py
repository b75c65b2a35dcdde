"""Answers of business systems in tests over real calls: `ivr services --mocks FOLDER`, never in production.

A test writes `FOLDER/<call>.json`, `{node: [{"status", "value", "after_s"}]}`: the next answer at the node's next
query, the last one stays. A node that is not in it asks the real system; so does a call for which no file comes.
"""

import asyncio
import json
from collections import Counter
from pathlib import Path
from typing import Any, Protocol

from ivr.actions import Query
from ivr.events import Queried

WAIT_S = 2.0
"""A call's file may come a moment after its first query."""


class Real(Protocol):
    """business.queries.Queries."""

    async def answer(self, query: Query) -> Queried: ...

    async def finish(self) -> None: ...


class MockedQueries:
    """In place of Queries; `answer` never raises."""

    def __init__(self, folder: Path, real: Real) -> None:
        self._folder = folder
        self._real = real
        self._asked: Counter[tuple[str, str]] = Counter()

    async def answer(self, query: Query) -> Queried:
        answers = (await self._of(query.call)).get(query.node)
        if not answers:
            return await self._real.answer(query)
        key = (query.call, query.node)
        mock: dict[str, Any] = answers[min(self._asked[key], len(answers) - 1)]
        self._asked[key] += 1
        late = float(mock.get("after_s", 0.0))
        await asyncio.sleep(late)
        return Queried(
            call=query.call,
            leg=query.leg,
            turn=query.turn,
            id=query.id,
            status=str(mock.get("status", "ok")),
            value=mock.get("value"),
            query_s=late,
        )

    async def finish(self) -> None:
        await self._real.finish()

    async def _of(self, call: str) -> dict[str, Any]:
        path = self._folder / f"{call}.json"
        for _ in range(int(WAIT_S / 0.05)):
            try:
                found = json.loads(path.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                await asyncio.sleep(0.05)
                continue
            return found if isinstance(found, dict) else {}
        return {}
