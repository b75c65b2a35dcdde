"""What is to be done on the pjsua2 thread: a queue that any thread may fill, and timers of the thread's own."""

import contextlib
import heapq
import os
import time
from collections import deque
from collections.abc import Callable
from itertools import count

from ivr.sip.defect import guarded

Command = Callable[[], None]


class Commands:
    """The queue wakes the thread by a pipe: whoever sleeps in poll on `descriptor` is awake at once."""

    def __init__(self) -> None:
        self._queue: deque[Command] = deque()
        self._timers: list[tuple[float, int, Command]] = []
        self._numbers = count()
        self.descriptor, self._wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def do(self, command: Command) -> None:
        """Any thread: soon, and in order."""
        self._queue.append(command)
        with contextlib.suppress(OSError):  # the pipe is full of wake-ups, or the endpoint is gone
            os.write(self._wake, b"x")

    def later(self, seconds: float, command: Command) -> None:
        """The thread: after a time."""
        heapq.heappush(self._timers, (time.monotonic() + seconds, next(self._numbers), command))

    def carry_out(self) -> None:
        """The thread: what was asked so far, and the timers that are due."""
        with contextlib.suppress(BlockingIOError):
            while os.read(self.descriptor, 4096):
                pass
        for _ in range(len(self._queue)):
            guarded("command", self._queue.popleft())
        now = time.monotonic()
        while self._timers and self._timers[0][0] <= now:
            guarded("timer", heapq.heappop(self._timers)[2])

    def close(self) -> None:
        os.close(self._wake)
        os.close(self.descriptor)
