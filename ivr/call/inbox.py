"""What other threads hand to the audio loop: a queue, and a descriptor that wakes the loop's selector."""

import os
import selectors
from collections import deque
from collections.abc import Callable

import structlog

from ivr.call.defect import place_of
from ivr.wire.sockets import Ready

log = structlog.get_logger()


class Inbox(Ready):
    """One a loop."""

    def __init__(self, selector: selectors.BaseSelector) -> None:
        self._event = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._jobs: deque[Callable[[], None]] = deque()
        self._closed = False
        selector.register(self._event, selectors.EVENT_READ, self)

    def put(self, job: Callable[[], None]) -> None:
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
            except Exception as error:  # of one call's news; the other calls go on
                log.error("news from another thread failed", **place_of(error))

    def close(self) -> None:
        self._closed = True
        os.close(self._event)
