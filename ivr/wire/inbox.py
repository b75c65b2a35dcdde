"""What other threads hand to a thread that waits in a selector: a queue, and a descriptor that wakes it."""

import os
import selectors
from collections import deque
from collections.abc import Callable

from ivr.wire.sockets import Ready


class Inbox(Ready):
    """One a thread. `failed` hears of what a job raised; the next ones are done."""

    def __init__(self, selector: selectors.BaseSelector, failed: Callable[[Exception], None]) -> None:
        self._event = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._jobs: deque[Callable[[], object]] = deque()
        self._failed = failed
        self._closed = False
        selector.register(self._event, selectors.EVENT_READ, self)

    def put(self, job: Callable[[], object]) -> None:
        """From any thread; after `close` it is dropped."""
        self._jobs.append(job)
        if not self._closed:
            os.eventfd_write(self._event, 1)

    def ready(self, mask: int) -> None:
        os.eventfd_read(self._event)
        while self._jobs:
            job = self._jobs.popleft()
            try:
                job()
            except Exception as error:
                self._failed(error)

    def close(self) -> None:
        self._closed = True
        os.close(self._event)
