"""Each subsystem by itself: one that fails is started again, and the others go on."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from ivr.services.parts import Background

log = structlog.get_logger("services")

LONGEST_WAIT_S = 30.0


class Guard:
    """Runs subsystems until `stop`. `troubles`: which ones wait to be started again, and why; `failures`: how often."""

    def __init__(self) -> None:
        self.troubles: dict[str, str] = {}
        self.failures: dict[str, int] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._threads: list[tuple[Background, threading.Thread]] = []
        self._stopping = threading.Event()

    def keep(self, name: str, run: Callable[[], Awaitable[Any]]) -> None:
        """A coroutine function that should run forever."""
        self._tasks.append(asyncio.create_task(self._kept(name, run), name=name))

    async def _kept(self, name: str, run: Callable[[], Awaitable[Any]]) -> None:
        wait_s = 0.5
        while True:
            try:
                self.troubles.pop(name, None)
                await run()
                return
            except asyncio.CancelledError:
                raise
            except Exception as error:
                self._failed(name, error, wait_s)
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, LONGEST_WAIT_S)

    def thread(self, work: Background) -> None:
        """Work in a daemon thread of its own."""
        thread = threading.Thread(target=self._threaded, args=(work,), name=work.name, daemon=True)
        self._threads.append((work, thread))
        thread.start()

    def _threaded(self, work: Background) -> None:
        wait_s = 0.5
        while not self._stopping.is_set():
            try:
                self.troubles.pop(work.name, None)
                work.run()
                return
            except Exception as error:
                self._failed(work.name, error, wait_s)
            self._stopping.wait(wait_s)
            wait_s = min(wait_s * 2, LONGEST_WAIT_S)

    def _failed(self, name: str, error: Exception, wait_s: float) -> None:
        self.failures[name] = self.failures.get(name, 0) + 1
        self.troubles[name] = f"{type(error).__name__}: {error}"[:300]
        log.error("a part of services failed and is started again", part=name, error=self.troubles[name], wait_s=wait_s)

    async def stop(self, wait_s: float = 5.0) -> None:
        self._stopping.set()
        for work, _ in self._threads:
            work.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for _, thread in self._threads:
            await asyncio.to_thread(thread.join, wait_s)
