"""A subsystem that fails is started again, and the others go on."""

import asyncio
import threading
from typing import Any

from ivr.services.guard import Guard


class Work:
    """Fails the first time."""

    name = "work"

    def __init__(self) -> None:
        self.runs = 0
        self.second = threading.Event()
        self._stop = threading.Event()

    def run(self) -> None:
        self.runs += 1
        if self.runs == 1:
            raise RuntimeError("first time")
        self.second.set()
        self._stop.wait()

    def stop(self) -> None:
        self._stop.set()

    def status(self) -> dict[str, Any]:
        return {}


def test_what_fails_runs_again_and_the_others_never_stopped() -> None:
    async def main() -> None:
        guard, runs, beats = Guard(), [0], [0]
        again = asyncio.Event()

        async def failing() -> None:
            runs[0] += 1
            if runs[0] == 1:
                raise RuntimeError("out of order")
            again.set()
            await asyncio.Event().wait()

        async def steady() -> None:
            while True:
                beats[0] += 1
                await asyncio.sleep(0.01)

        work = Work()
        guard.keep("failing", failing)
        guard.keep("steady", steady)
        guard.thread(work)
        await asyncio.sleep(0.1)
        assert guard.troubles["failing"] == "RuntimeError: out of order"
        assert guard.troubles["work"] == "RuntimeError: first time"
        async with asyncio.timeout(10):
            await again.wait()
        assert await asyncio.to_thread(work.second.wait, 10)
        assert beats[0] > 5
        assert guard.troubles == {}
        await guard.stop()

    asyncio.run(main())
