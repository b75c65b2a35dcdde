"""Where calls of browsers come in: a thread of the media process that accepts connections of services at a Unix socket
and is the clock of their sound, as pjmedia's thread is for SIP. The audio loop knows nothing of sockets or clocks."""

import selectors
import socket
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import structlog

from ivr.legs.browser import FRAME_S, BrowserLeg
from ivr.ports import CallTaker
from ivr.wire.inbox import Inbox
from ivr.wire.leg_messages import ToLeg
from ivr.wire.sockets import Link, Listener, Ready

SILENT_S = 5.0
"""A page that sent no frame this long is taken for gone."""
BUFFER_BYTES = 4096
"""What the kernel keeps for the other side, about 20 frames: more would be heard late."""


class BrowserLine:
    """One a media process. `start`, then `stop`."""

    def __init__(self, path: Path, taker: CallTaker, silent_s: float = SILENT_S) -> None:
        """`path` of the socket; `taker` takes the calls."""
        self.taker = taker
        self.silent_s = silent_s
        self.log = structlog.get_logger("browser")
        self._path = path
        self._selector = selectors.DefaultSelector()
        self._inbox = Inbox(self._selector, self._failed)
        self._listener: Listener | None = None
        self._legs: set[BrowserLeg] = set()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="browser legs", daemon=True)

    # --- from any thread ----------------------------------------------------------------------------------------

    def start(self) -> None:
        """Listen. Raises OSError."""
        self._listener = Listener(self._selector, self._path, self._accept)
        self._thread.start()

    def do(self, job: Callable[[], object]) -> None:
        """On the thread, soon and in order."""
        self._inbox.put(job)

    def stop(self) -> None:
        """End all calls and the thread."""
        if self._stopping or not self._thread.is_alive():
            return
        self.do(self._stop)
        self._thread.join(3.0)

    @staticmethod
    def now() -> float:
        """The line's clock, seconds."""
        return time.monotonic()

    # --- the thread ---------------------------------------------------------------------------------------------

    def _run(self) -> None:
        next_tick = self.now()
        while not (self._stopping and not self._legs):
            wait = max(0.0, next_tick - self.now()) if self._legs else None
            for key, mask in self._selector.select(wait):
                ready: Ready = key.data
                self._guarded(partial(ready.ready, mask))
            now = self.now()
            if now < next_tick:
                continue
            next_tick = max(next_tick + FRAME_S, now)
            for leg in list(self._legs):
                self._guarded(partial(leg.step, now))
                if now >= leg.close_at:
                    self._legs.discard(leg)
                    leg.link.close()
        self._inbox.close()
        self._selector.close()

    def _accept(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER_BYTES)
        leg = BrowserLeg(self)
        leg.link = Link(self._selector, ToLeg, leg.came, on_down=leg.lost, connection=connection)
        self._legs.add(leg)

    def _stop(self) -> None:
        self._stopping = True
        if self._listener is not None:
            self._listener.close()
        for leg in self._legs:
            leg.end("system", "the server is stopped")

    def _guarded(self, step: Callable[[], object]) -> None:
        try:
            step()
        except Exception as error:  # of one leg; the others go on
            self._failed(error)

    def _failed(self, error: Exception) -> None:
        self.log.error("a browser's leg failed", error=type(error).__name__)
