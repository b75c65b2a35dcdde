"""Waiting for what another task, thread or process does; the test's own time limit ends it."""

import asyncio
from collections.abc import Callable


async def until(what: Callable[[], object]) -> None:
    while not what():  # noqa: ASYNC110 - what is waited for has no event of its own
        await asyncio.sleep(0.01)
